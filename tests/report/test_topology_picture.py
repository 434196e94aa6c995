"""The picture of a cluster: its finding, names that are not cut, and that nothing touches or leaves the page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from crowded import crowded

from sim.api import route
from sim.cluster.cluster import Cluster
from sim.manifests.reading.loading import load, load_text
from sim.report.charts.picture import Picture
from sim.report.theme import LONGEST_TITLE
from sim.report.topology.picture import topology_picture
from sim.routing.building import build
from sim.routing.trace import Request

SCENARIOS = Path(__file__).parents[2] / "scenarios"
LONG = "recommendations-v2"
RULES = f"""
apiVersion: v1
kind: Service
metadata: {{name: {LONG}, namespace: shop}}
spec: {{selector: {{app: long}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: shop}}
spec: {{selector: {{app: cart}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: test}}
spec: {{selector: {{app: cart}}, ports: [{{port: 80}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: long, namespace: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: long}}}}
  template:
    metadata: {{labels: {{app: long}}}}
    spec: {{containers: [{{name: web, image: web, ports: [{{containerPort: 80}}]}}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: shop, namespace: shop}}
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - {{path: /what-others-bought, pathType: Prefix, backend: {{service: {{name: {LONG}, port: {{number: 80}}}}}}}}
      - {{path: /cart, pathType: Prefix, backend: {{service: {{name: cart, port: {{number: 80}}}}}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: test, namespace: test}}
spec:
  rules:
  - host: test.example.com
    http:
      paths:
      - {{path: /, pathType: Prefix, backend: {{service: {{name: cart, port: {{number: 80}}}}}}}}
"""
BOUGHT = "http://shop.example.com/what-others-bought"
ASKED = {
    "fanout": "http://fanout.example.com/foo",
    "virtual-hosts": "http://bar.foo.com/",
    "tls-edge": "https://secure.example.com/",
    "shop": "http://cart.shop/",
    "07-which-rule-wins": "http://shop.local/cart/items/7",
    "no-controller": "http://x.example.com/",
}


@cache
def cluster_of(scenario: str) -> Cluster:
    if scenario == "long names":
        return build(load_text(RULES))
    return build(load([str(SCENARIOS / scenario / "manifests")]))


def drawn(scenario: str, url: str, size: str = "slide", theme: str = "light") -> Picture:
    cluster = cluster_of(scenario)
    return topology_picture(cluster, route(cluster, Request.parse(url)) if url else None, size, theme)


def lines_of(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.figure.texts]


@pytest.mark.parametrize(
    ("scenario", "url", "size", "theme"),
    [
        ("fanout", ASKED["fanout"], "slide", "light"),
        ("tls-edge", ASKED["tls-edge"], "docs", "dark"),
        ("shop", ASKED["shop"], "notebook", "light"),
        ("shop", "", "slide", "dark"),
        ("07-which-rule-wins", ASKED["07-which-rule-wins"], "notebook", "dark"),
        ("long names", BOUGHT, "slide", "light"),
        ("long names", BOUGHT, "notebook", "light"),
    ],
)
def test_nothing_touches_or_leaves_the_page(scenario: str, url: str, size: str, theme: str) -> None:
    picture = drawn(scenario, url, size, theme)
    assert [fault for fault in crowded(picture.figure) if "outline" not in fault] == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title


@pytest.mark.parametrize(
    ("scenario", "title"),
    [
        ("fanout", "Rule /foo wins: a Pod of default/service1 answers"),
        ("virtual-hosts", "Rule bar.foo.com wins: a Pod of sites/bar answers"),
        ("shop", "No controller on the way: a Pod of shop/cart answers"),
        ("no-controller", "404, written by the controller: no rule fits the host"),
    ],
)
def test_the_title_says_what_decided(scenario: str, title: str) -> None:
    assert drawn(scenario, ASKED[scenario]).title == title


def test_names_of_rules_are_whole_and_a_name_is_the_same_in_every_row() -> None:
    lines = lines_of(drawn("fanout", ASKED["fanout"]))
    assert not any("…" in line for line in lines)
    assert lines.count("ingress-nginx") == 1 + 2 * 3
    assert {"endpoints of service1", "endpoints of service2"} <= set(lines)


def test_a_winner_with_a_long_name_takes_two_lines_and_is_not_cut() -> None:
    picture = drawn("long names", BOUGHT)
    bold = [text.get_text() for text in picture.figure.texts if text.get_weight() == "bold"]
    assert {"/what-others-bought", LONG} <= set(bold)
    assert picture.title == "Rule /what-others-bought leads to shop/recommendations-v2"


def test_a_name_in_two_namespaces_keeps_its_namespace_and_others_stand_alone() -> None:
    lines = lines_of(drawn("long names", ""))
    assert {"shop/cart", "test/cart"} <= set(lines)
    assert not any(line.startswith("shop/rec") for line in lines)


def test_the_alt_text_names_services_in_full_and_the_way() -> None:
    alt = drawn("fanout", ASKED["fanout"]).alt
    assert "/foo default/service1" in alt
    assert alt.endswith("pod default/service1-1. It ends as delivered.")
