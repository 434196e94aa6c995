"""`sim spread --at controller`: requests through proxy Pods and workers, one algorithm against another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import sim, width
from jsonschema import Draft202012Validator

from sim.cluster.cluster import Cluster
from sim.comparison.proxy_spread import proxy_spread, way_to
from sim.errors import UsageError
from sim.manifests.reading.loading import load_text
from sim.report.charts.proxy_spread import proxy_chart, titles
from sim.report.theme import LONGEST_TITLE
from sim.routing.building import build
from sim.simulation.proxy_shares import interval

SET = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {ANNOTATION}}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 80}]}]}
"""
SCHEMA = Path(__file__).parents[2] / "docs/schemas/spread.json"
NGINX = "nginx.ingress.kubernetes.io"


def cluster(annotation: str = "") -> Cluster:
    """Six Pods behind ingress-nginx."""
    return build(load_text(SET.replace("ANNOTATION", annotation and f"{NGINX}/{annotation}")))


def got(
    annotation: str = "", against: tuple[str, ...] = (), requests: int = 120, **how: int
) -> list[list[int]]:
    """For each algorithm what each Pod got."""
    found = proxy_spread(cluster(annotation), "shop/web", against, requests=requests, **how)
    return [[row.drawn for row in one.pods] for one in found.algorithms]


def test_turns_are_even_to_one_for_each_state_and_chance_is_not() -> None:
    """Two proxy Pods with a turn each are at most two requests apart; chance is further."""
    turns, chance = got(against=("random",))
    assert sum(turns) == sum(chance) == 120
    assert max(turns) - min(turns) <= 2
    assert max(chance) - min(chance) > 2


def test_a_hash_by_what_all_share_has_one_pod() -> None:
    """A header that is the same in each request leads to the same Pod, many values to all of them."""
    shared = "upstream-hash-by: $http_host"
    assert sorted(got(shared)[0]) == [0] * 5 + [120]
    assert min(got(shared, keys=1000)[0]) > 0


def test_behind_policy_cluster_an_address_is_that_of_a_node() -> None:
    """Three nodes are three clients, however many there are."""
    (counts,) = got("upstream-hash-by: $remote_addr")
    assert sum(count > 0 for count in counts) <= 3


def test_a_session_keeps_a_client_at_its_pod() -> None:
    """Four clients with a cookie come to at most four of six Pods."""
    (counts,) = got("affinity: cookie", clients=4)
    assert sum(count > 0 for count in counts) <= 4


def test_what_is_open_counts_for_the_fewest() -> None:
    """The first of equals gets all where each is answered at once, and a part where many are open."""
    alone, busy = (got(against=("textbook/least-conn",), at_once=n)[1] for n in (1, 12))
    assert max(alone) == 120
    assert min(busy) > 0


def test_the_interval_leaves_out_as_many_on_both_sides() -> None:
    """Of forty runs the lowest and the highest."""
    assert interval(list(range(40))) == (1, 38)


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    """Draws are functions of the seed."""
    assert got(against=("random",), seed=3) == got(against=("random",), seed=3)
    assert got(against=("random",), seed=3) != got(against=("random",), seed=4)


def test_no_rule_leads_there() -> None:
    """A Service that no controller sends to, a name that is none, too many requests."""
    with pytest.raises(UsageError, match="no controller chooses among Pods of Service shop/none"):
        way_to(cluster(), "shop/none")
    with pytest.raises(UsageError, match="no algorithm rondom"):
        got(against=("rondom",))
    with pytest.raises(UsageError, match="at most 20,000"):
        got(requests=20_001)


def test_the_command_prints_draws_and_publishes_it(tmp_path: Path) -> None:
    """Text of at most 80 columns, a picture with a title that fits, JSON with the same counts."""
    file = tmp_path / "web.yaml"
    file.write_text(SET.replace("ANNOTATION", ""))
    asked = ("spread", "-f", str(file), "--service", "shop/web", "--at", "controller", "--against", "random")
    asked += ("--connections", "60")
    text = sim(*asked, "--chart", str(tmp_path / "a.svg")).out
    assert max(map(width, text.splitlines())) <= 80
    whole = json.loads(sim(*asked, "-o", "json").out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(whole)
    shown = whole["at_controller"]
    assert [one["algorithm"] for one in shown["algorithms"]] == ["round-robin", "random"]
    for one in shown["algorithms"]:
        assert f"{one['algorithm']} of {one['program']}" in text
        assert sum(row["drawn"] for row in one["pods"]) == 60
    assert (tmp_path / "a.svg").stat().st_size > 1000


def test_titles_say_who_gets_nothing() -> None:
    """The finding stands in the title."""
    found = proxy_spread(cluster("upstream-hash-by: $http_host"), "shop/web", requests=30)
    picture = proxy_chart(found)
    assert picture.title == "5 of 6 Pods get nothing from hash-consistent"
    assert len(picture.title) <= LONGEST_TITLE
    assert "web-1 0" in picture.alt


def test_where_all_have_no_room_the_title_names_the_one_that_is_least_even() -> None:
    others = ("textbook/random", "textbook/least-conn")
    found = proxy_spread(cluster(), "shop/web", against=others, requests=3000)
    assert "round-robin" in titles(found)[-2]
    assert titles(found)[-2].endswith("least-conn: 0 to 3,000")
