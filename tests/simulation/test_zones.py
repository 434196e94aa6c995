"""Load balancers without cross-zone balancing: a run gives each target the share that a trace names.

The first zone has one node, the second two. At 10 s something changes, and with it the shares.
"""

from __future__ import annotations

from collections import Counter
from math import sqrt

import pytest
from small import NO_DELAY, app, design, experiment

from sim.routing import Request, route
from sim.simulation.engines import run
from sim.simulation.moment import cluster_at

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
NODES = "".join(
    f"""
---
apiVersion: v1
kind: Node
metadata: {{name: n{number}, labels: {{topology.kubernetes.io/zone: {zone}}}}}
spec: {{providerID: "aws:///{zone}/n{number}"}}
status: {{conditions: [{{type: Ready, status: "True"}}]}}
"""
    for number, zone in ((1, "a"), (2, "b"), (3, "b"))
)
AT_ONCE = {"interval": "1ms"}
"""Nodes are checked so often that a change is known at once."""
RPS, CHANGE_S, END_S = 100, 10, 20


def drawn(kind, key, pods, event, policy="Cluster"):
    annotations = f"{AWS}type: external, {AWS}nlb-target-type: {kind}"
    text = app(pods=pods).replace(
        "{type: LoadBalancer,", f"{{type: LoadBalancer, externalTrafficPolicy: {policy},"
    )
    text = text.replace(
        "kind: Service\nmetadata: {name: web, namespace: shop}",
        f"kind: Service\nmetadata: {{name: web, namespace: shop, annotations: {{{annotations}}}}}",
    )
    key = {} if key is None else {"cross_zone": key}
    return experiment(
        text + NODES,
        events=[{"at": f"{CHANGE_S}s"} | event] if event else [],
        load_balancer={"registration": "0s", "deregistration": {"still_new": "0s"}, "health": AT_ONCE, **key},
        propagation={"endpointslice": "0s", "kube_proxy": "0s", "controller": "0s"},
        apps={"default": {"start": "0s"}},
        latency=NO_DELAY,
        traffic=[
            {"host": "web.shop.example", "rps": RPS, "duration_s": END_S, "keep_alive": 1},
        ],
    )


def said(found, at_s):
    """What the load balancer's hop of a trace names, by node or Pod."""
    trace = route(cluster_at(found, at_s, "lb-per-service"), Request.parse("http://web.shop.example/"))
    (hop,) = (hop for hop in trace.hops if hop.kind == "load-balancer")
    return {branch.to: branch.probability for branch in hop.branches}


def met(result, kind, begin_s, end_s):
    """The shares of a run's requests of a time."""
    mine = (result.sent_s >= begin_s) & (result.sent_s < end_s)
    if kind == "instance":
        names = [result.nodes[n] for n in result.node[mine] if n >= 0]
    else:
        names = [result.stations[n].spec.name for n in result.pod[mine] if n >= 0]
    counted = Counter(names)
    return {name: n / len(names) for name, n in counted.items()}, len(names)


@pytest.mark.parametrize(
    ("kind", "policy", "key", "pods", "event", "shares"),
    [
        pytest.param("instance", "Cluster", None, 3, {}, {1 / 2, 1 / 4}, id="nodes-as-aws-has-it"),
        pytest.param("instance", "Cluster", True, 3, {}, {1 / 3}, id="nodes-and-the-key-over-all"),
        pytest.param("ip", "Cluster", None, 3, {}, {1 / 2, 1 / 4}, id="pods-as-aws-has-it"),
        pytest.param("ip", "Cluster", True, 3, {}, {1 / 3}, id="pods-and-the-key-over-all"),
        pytest.param("ip", "Cluster", None, 3, {"scale": "shop/web", "to": 2}, {1 / 2}, id="pods-go"),
        pytest.param(
            "ip", "Cluster", None, 2, {"scale": "shop/web", "to": 3}, {1 / 2, 1 / 4}, id="pods-come"
        ),
        pytest.param("ip", "Cluster", None, 3, {"scale": "shop/web", "to": 1}, {1.0}, id="a-zone-is-empty"),
        pytest.param(
            "instance", "Local", None, 3, {"scale": "shop/web", "to": 2}, {1 / 2}, id="nodes-that-have-a-pod"
        ),
        pytest.param(
            "instance", "Local", False, 2, {"scale": "shop/web", "to": 3}, {1 / 2, 1 / 4}, id="local-grows"
        ),
    ],
)
def test_a_run_gives_each_target_the_share_that_a_trace_names(kind, policy, key, pods, event, shares):
    found = drawn(kind, key, pods, event, policy)
    result = run(design(found, "lb-per-service"), found.scenario, 1)
    for begin_s, end_s in ((0, CHANGE_S), (CHANGE_S, END_S)):
        named = said(found, begin_s + 0.5)
        got, count = met(result, kind, begin_s, end_s)
        assert got.keys() == named.keys()
        for name, share in named.items():
            assert abs(got[name] - share) <= 4 * sqrt(share * (1 - share) / count), (name, share, got)
    assert {round(share, 6) for share in named.values()} == {round(share, 6) for share in shares}
