"""Where the mode of kube-proxy decides the end, an answer says which one it took, and what the others do."""

from __future__ import annotations

from itertools import product

import pytest
from clusters import cluster

from sim.routing import Request
from sim.routing.inside import connect
from sim.routing.kube_proxy import MODES

POD = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: NAME}}
spec: {nodeName: node-a, containers: [{name: c}]}
---
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: {type: LoadBalancer, SPEC selector: {app: NAME}, ports: [{port: 80, targetPort: 8080, nodePort: PORT}]}
---
"""


def service(name, port, spec=""):
    return SERVICE.replace("NAME", name).replace("PORT", str(port)).replace("SPEC", spec)


FOUND = cluster(
    POD.replace("NAME", "web"),
    POD.replace("NAME", "here"),
    service("web", 31000),
    service("here", 31001, "externalTrafficPolicy: Local,"),
    service("empty", 31002),
    service("few", 31003, "loadBalancerSourceRanges: [10.9.0.0/16],"),
    nodes=(("node-a", "a"), ("node-b", "b")),
)
HOSTS = (
    "127.0.0.1",
    "node-a",
    "node-b",
    "10.96.0.1",
    "10.96.0.3",
    "10.96.77.7",
    "198.51.100.2",
    "198.51.100.4",
)
ASKED = [f"tcp://{host}:{port}" for host, port in product(HOSTS, (80, 81, 31000, 31001, 31002, 31003))]
WORD = {
    "delivered": "passed on",
    "refused": "refused",
    "dropped": "dropped",
    "no-listener": "no rule touches",
}


def ends(url, origin):
    return {m: connect(FOUND, Request.parse(url), origin, m) for m in MODES}


def said(trace):
    return [a for a in trace.assumptions if a.what.startswith("kube-proxy of Kubernetes")]


@pytest.mark.parametrize("origin", ["node:node-a", "node:node-b", "pod:default/web"])
def test_the_mode_is_said_where_another_ends_otherwise_and_only_there(origin):
    depends = 0
    for url in ASKED:
        traces = ends(url, origin)
        states = {m: t.final.state for m, t in traces.items()}
        for mode, trace in traces.items():
            others = {m: state for m, state in states.items() if state != states[mode]}
            shown = " ".join(a.what for a in said(trace))
            depends += bool(others)
            assert bool(others) <= bool(shown), (url, mode, states)
            for other, state in others.items():
                assert f"in mode {mode};" in shown
                assert f"in mode {other} " in shown
                assert WORD[state] in shown.partition(f"in mode {other} ")[2].partition(";")[0]
            assert all(a.otherwise.startswith("--mode ") for a in said(trace))
    assert depends > 5


@pytest.mark.parametrize("mode", ["nftables", "ipvs"])
def test_a_node_port_on_loopback_says_where_it_answers(mode):
    final = connect(FOUND, Request.parse("tcp://127.0.0.1:31000"), "node:node-a", mode).final
    assert (final.state, final.code) == ("no-listener", "SIM2106")
    assert "node port 31000 of Service default/web" in final.message
    advised = next(word for word in final.fix.replace(";", "").split() if word.startswith("tcp://"))
    again = connect(FOUND, Request.parse(advised), "node:node-a", mode).final
    assert (again.state, again.backend) == ("delivered", "default/web:80")


@pytest.mark.parametrize("mode", MODES)
def test_a_port_that_no_service_has_is_said_to_be_none(mode):
    final = connect(FOUND, Request.parse("tcp://127.0.0.1:32767"), "node:node-a", mode).final
    assert (final.state, final.code) == ("no-listener", "SIM2011")
    assert "is no Service's" in final.message
