"""The pictures to begin with: what stands in them is a cluster's and a trace's, and nothing touches."""

from __future__ import annotations

import pytest
from clusters import cluster as built
from crowded import crowded
from matplotlib.colors import to_hex

import sim
from sim.analysis.trace import Client
from sim.errors import UsageError
from sim.report.charts.computers import MOST_PODS, computers_picture
from sim.report.charts.layers import ROWS, layers_picture
from sim.report.charts.picture import Picture
from sim.report.charts.shapes import TEXTBOOK
from sim.report.charts.switchboard import MOST_ROWS, call_of, switchboard_picture
from sim.report.theme import LONGEST_TITLE, THEMES

URL = "http://shop.example.com/cart"
LONG = "a-name-that-is-as-long-as-names-may-be-and-a-little-longer-still"
APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec:
  replicas: {1}
  selector: {{matchLabels: {{app: {0}}}}}
  template: {{metadata: {{labels: {{app: {0}}}}}, spec: {{containers: [{{name: a, image: a}}]}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {0}}}
spec: {{selector: {{app: {0}}}, ports: [{{port: 80}}]}}
"""
PATH = "      - {{path: /{0}/{0}, pathType: Prefix, backend: {{service: {{name: {1}, port: {{number: 80}}}}}}}}\n"
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: shop}}
spec:
  rules:
  - host: {0}
    http:
      paths:
{1}"""


@pytest.fixture(scope="module")
def shop() -> sim.Cluster:
    return sim.load_experiment("00-the-switchboard").plan_to_run(None).cluster


@pytest.fixture(scope="module")
def crowd() -> sim.Cluster:
    """Names that are too long, more rules, Pods and nodes than a picture has room for."""
    names = [f"{letter}-{LONG}"[:60].rstrip("-") for letter in "abcde"]
    rules = INGRESS.format(f"{LONG}.example.com"[-63:].lstrip("-"), "".join(PATH.format(n, n) for n in names))
    return built(*(APP.format(name, 9) for name in names), rules)


def asked(cluster: sim.Cluster, url: str, seed: int | None = None) -> sim.Trace:
    return Client(cluster, seed=seed).trace(sim.Request.parse(url))


def pictures(cluster: sim.Cluster, url: str, size: str, theme: str = "light") -> list[Picture]:
    trace = asked(cluster, url)
    return [
        switchboard_picture(trace, size, theme),
        layers_picture(trace, size, theme),
        computers_picture(cluster, size, theme),
    ]


@pytest.mark.parametrize("size", ["slide", "notebook"])  # docs is a slide made smaller
def test_nothing_touches_in_the_lesson_and_with_names_as_long_as_they_come(size, shop, crowd):
    rule = crowd.ingresses[0].spec.rules[0]
    far = f"http://{rule.host}{rule.http.paths[4].path}/{LONG}"
    for picture in (*pictures(shop, URL, size), *pictures(crowd, far, size)):
        assert crowded(picture.figure) == []
        assert len(picture.title) <= LONGEST_TITLE


def test_dark_pictures_stand_on_the_dark_page_and_say_the_same(shop):
    for light, dark in zip(pictures(shop, URL, "docs"), pictures(shop, URL, "docs", "dark"), strict=True):
        assert dark.alt == light.alt
        assert to_hex(dark.figure.get_facecolor()).upper() == THEMES["dark"].page
        inks = {to_hex(text.get_color()).upper() for text in dark.figure.texts}
        assert inks <= {THEMES["dark"].ink, THEMES["dark"].ink2, THEMES["dark"].page}


def test_a_switchboard_says_what_the_trace_says(shop):
    trace = asked(shop, URL, seed=1)
    told = call_of(trace)
    assert (told.host, told.path) == ("shop.example.com", "/cart")
    assert trace.hops[0].before["destination"] == f"{told.address}:80"
    assert told.rows == (("/cart", "cart", True), ("/help", "help", False), ("/news", "news", False))
    assert {name for name, _, _ in told.pods} == {"cart-1", "cart-2"}
    assert [f"shop/{name}" for name, _, takes in told.pods if takes] == [trace.final.pod]
    alt = switchboard_picture(trace).alt
    assert all(word in alt for word in TEXTBOOK)
    assert all(pod in alt for pod in ("cart-1 on node-b", "cart-2 on node-a"))


def test_the_rule_that_wins_is_among_those_shown_however_many_there_are(crowd):
    rule = crowd.ingresses[0].spec.rules[0]
    told = call_of(asked(crowd, f"http://{rule.host}{rule.http.paths[4].path}"))
    assert len(told.rows) == MOST_ROWS
    assert [row for row in told.rows if row[2]] == [(rule.http.paths[4].path, told.service, True)]


def test_where_the_pod_is_open_one_of_those_that_may_take_it_does(shop):
    assert sum(takes for *_, takes in call_of(asked(shop, URL)).pods) == 1


@pytest.mark.parametrize("url", ["http://shop.example.com/jobs", "http://nobody.example.com/"])
def test_a_switchboard_needs_a_request_that_is_passed_on(url, shop):
    with pytest.raises(UsageError, match="that a rule sends to a Pod"):
        sim.draw(shop, url, kind="switchboard")


def test_an_envelope_shows_the_request_that_was_asked(shop):
    alt = sim.draw(shop, "http://shop.example.com/help", kind="layers").alt
    assert "198.51.100.1, TCP, port 80" in alt
    assert "GET shop.example.com /help" in alt
    assert all(one in alt and other in alt for _, one, other in ROWS)


def test_computers_are_the_nodes_and_programs_the_pods(shop, crowd):
    picture = sim.draw(shop, kind="computers")
    assert picture.title == f"{len(shop.pods)} programs on {len(shop.nodes)} computers"
    assert all(f" {key.rpartition('/')[2]}" in picture.alt for key in shop.pods)
    more = [t.get_text() for t in computers_picture(crowd).figure.texts if "more" in t.get_text()]
    placed = [sum(pod.node == node.name for pod in crowd.pods.values()) for node in crowd.nodes]
    assert more == [f"and {count - MOST_PODS} more" for count in placed[:2]]


def test_a_kind_that_is_none_is_answered_with_those_there_are(shop):
    with pytest.raises(UsageError, match="layers"):
        sim.draw(shop, URL, kind="layer")
    with pytest.raises(UsageError, match="give its URL"):
        sim.draw(shop, kind="switchboard")
