"""How often and how long a rule lets a backend be tried, and that a comparison sees it change."""

import pytest

from sim.analysis.diff import Side, compared
from sim.manifests.reading.loading import load_text
from sim.routing import Request, route
from sim.routing.building import build

TEXT = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: any, listeners: [{name: http, protocol: HTTP, port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [shop.example]
  rules: [{SAID backendRefs: [{name: api, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {ports: [{port: 80}], selector: {app: api}}
"""


def cluster(said: str = ""):
    return build(load_text(TEXT.replace("SAID", f"{said}," if said else ""), "shop.yaml"))


@pytest.mark.parametrize(
    ("said", "tries", "timeout_s"),
    [
        pytest.param("", None, None, id="nothing said"),
        pytest.param("retry: {attempts: 1}", 2, None, id="the first try counts"),
        pytest.param("retry: {codes: [503]}", 3, None, id="twice more by itself"),
        pytest.param("timeouts: {request: 2s, backendRequest: 1s}", None, 1.0, id="one try"),
        pytest.param("timeouts: {request: 1m30s}", None, 90.0, id="all of it"),
        pytest.param("timeouts: {request: 0s}", None, None, id="no limit"),
    ],
)
def test_what_a_rule_says(said, tries, timeout_s):
    sent = route(cluster(said), Request("shop.example")).final.sent
    assert (sent.tries, sent.timeout_s) == (tries, timeout_s)


def test_a_comparison_sees_it():
    old, new = (
        cluster("retry: {attempts: 1}, timeouts: {request: 1s}"),
        cluster("retry: {attempts: 3}, timeouts: {request: 2s}"),
    )
    found = {change for one in compared(Side(old), Side(new)).found for change in one.changes}
    assert {(c.name, c.old, c.new) for c in found} == {("tries", 2, 4), ("timeout_s", 1.0, 2.0)}
