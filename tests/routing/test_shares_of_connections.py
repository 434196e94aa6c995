"""Which Pods new connections reach: the trace, the shares of `sim spread` and the design of a run say the same."""

from __future__ import annotations

from typing import Any

import pytest
from clusters import behind_gateway, cluster
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from sim.manifests.reading.loading import load_text
from sim.routing import Request, Trace, route
from sim.routing.kube_proxy import MODES
from sim.routing.spreading import spread
from sim.scenario.experiment import from_manifests
from sim.simulation.design import compile_design
from sim.simulation.design.values import Design
from sim.simulation.spread import open_connections

NODES = ("a", "b", "c")
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: web, annotations: {{}}}}
spec:
  type: LoadBalancer
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: 8080}}]
  externalTrafficPolicy: {policy}
  sessionAffinity: {affinity}
---
"""
NODE = """
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{topology.kubernetes.io/zone: zone-{name}}}}}
status: {{addresses: [{{type: InternalIP, address: 172.18.0.{number}}}]}}
---
"""
CLASS = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: lab}
spec: {controllerName: example.com/lab}
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080, protocol: TCP, name: ""}]
endpoints:
"""


def manifests(policy: str, affinity: str, pods: list[tuple[str, bool]], hints: str) -> str:
    """A Service with one endpoint per (node, ready).

    Args:
        hints: `zone` or `node`, as trafficDistribution asks the control plane to write them; empty: none.
    """
    nodes = "".join(NODE.format(name=n, number=i + 1) for i, n in enumerate(NODES))
    return SERVICE.format(policy=policy, affinity=affinity) + nodes + SLICE + "".join(_endpoints(pods, hints))


def _endpoints(pods: list[tuple[str, bool]], hints: str) -> Any:
    for number, (node, ready) in enumerate(pods):
        yield f"- addresses: [10.244.0.{number + 1}]\n  nodeName: {node}\n  zone: zone-{node}\n"
        yield f"  conditions: {{ready: {str(ready).lower()}}}\n"
        if hints:
            name = node if hints == "node" else f"zone-{node}"
            yield f"  hints: {{for{hints.title()}s: [{{name: {name}}}]}}\n"


drawn = st.builds(
    manifests,
    st.sampled_from(["Cluster", "Local"]),
    st.sampled_from(["None", "ClientIP"]),
    st.lists(
        st.tuples(st.sampled_from(NODES), st.sampled_from([True, True, True, False])), min_size=1, max_size=5
    ),
    st.sampled_from(["", "", "zone", "node"]),
)


def traced(text: str, mode: str = "iptables") -> Trace:
    """A TCP connection from outside to the load balancer."""
    return route(cluster(text), Request.parse("tcp://web.default:80"), to="lb:default/web", mode=mode)


def shares_of_design(design: Design) -> dict[str, float]:
    """What an engine draws: a node, each as likely as the others, then a Pod of it."""
    (flow,) = design.flows
    found: dict[str, float] = {}
    for pods in flow.pods:
        for pod in pods:
            name = design.stations[pod].name
            found[name] = found.get(name, 0.0) + 1 / len(flow.pods) / len(pods)
    return found


@given(drawn, st.sampled_from(sorted(MODES)))
@examples(40)
def test_trace_and_shares_agree(text: str, mode: str) -> None:
    there, trace = cluster(text), traced(text, mode)
    service = there.services["default/web"]
    wanted = spread(there, service, service.ports[0], mode).per_pod
    if trace.final.state != "delivered":
        assert not wanted
        return
    for hop in (h for h in trace.hops if h.kind in {"node", "pod"}):
        assert {b.to: b.probability for b in hop.branches} == pytest.approx(wanted)
    assert sum(wanted.values()) == pytest.approx(1)
    dealt = open_connections(there, service, mode, 10, 1)
    assert {row.pod: row.probability for row in dealt.pods} == pytest.approx(wanted)


@given(drawn)
@examples(20)
def test_trace_and_design_agree(text: str) -> None:
    found = from_manifests(load_text(text), "drawn")
    plan = found.plans(["lb-per-service"])[0]
    design = compile_design(plan, found.scenario, found.rules)
    trace = route(plan.cluster, Request.parse("tcp://web.default:80"), to="lb:default/web")
    branches = {b.to: b.probability for b in trace.hops[-1].branches} if trace.hops[-1].kind == "pod" else {}
    assert shares_of_design(design) == pytest.approx(branches)


@given(drawn)
@examples(20)
def test_one_pod_is_named_only_if_one_alone_can_be(text: str) -> None:
    final = traced(text).final
    if final.state == "delivered":
        assert (final.pod is not None or len(final.endpoints) == 1) == (len(final.reached) == 1)
        assert final.endpoints == tuple(one.endpoint.target for one in final.reached)


@given(drawn)
@examples(20)
def test_at_an_external_ip_any_node_decides_and_all_ends_are_kept(text: str) -> None:
    there = cluster(text.replace("type: LoadBalancer", "externalIPs: [192.0.2.7]"))
    final = route(there, Request.parse("tcp://192.0.2.7:80")).final
    assert sum(o.probability for o in final.shares()) == pytest.approx(1)
    service = there.services["default/web"]
    ready = {e.node for e in service.ports[0].ready}
    if service.manifest.spec.external_traffic_policy == "Local" and ready:
        served = {o.state: o.probability for o in final.shares()}
        assert served == pytest.approx(
            {"delivered": len(ready) / 3} | ({"dropped": 1 - len(ready) / 3} if len(ready) < 3 else {})
        )
        assert final.state == ("dropped" if len(ready) == 1 else "delivered")


@given(st.lists(st.tuples(st.sampled_from(["web", "nobody"]), st.integers(0, 3)), min_size=1, max_size=4))
@examples(20)
def test_weights_of_a_gateway_are_kept_along_the_way(weights: list[tuple[str, int]]) -> None:
    backends = ", ".join(f"{{name: {name}, port: 80, weight: {weight}}}" for name, weight in weights)
    text = manifests("Cluster", "None", [("a", True), ("b", True)], "")
    there = cluster(CLASS, behind_gateway(f"backendRefs: [{backends}]", "lab"), text)
    trace = route(there, Request.parse("http://shop.example/"), to="gateway:default/edge")
    total = sum(weight for _, weight in weights)
    served = sum(weight for name, weight in weights if name == "web") / total if total else 0
    shares = {o.status: o.probability for o in trace.final.shares()}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares.get(None, 0) == pytest.approx(served)
    assert (trace.hops[-1].kind == "pod") == (served > 0.5 or (served == 0.5 and _first(weights) == "web"))


def _first(weights: list[tuple[str, int]]) -> str:
    return next(name for name, weight in weights if weight)


def test_four_pods_on_three_nodes_under_policy_local_are_four_branches() -> None:
    pods = [("a", True), ("b", True), ("c", True), ("c", True)]
    for text in (manifests("Local", "None", pods, ""), manifests("Cluster", "None", pods, "node")):
        trace = traced(text)
        assert [round(b.probability, 3) for b in trace.hops[-1].branches] == [0.333, 0.333, 0.167, 0.167]
        assert trace.final.pod is None
        assert trace.hops[-2].says == "Service default/web: 4 Pods, 33 %, 33 %, 17 %, 17 %"


@pytest.mark.parametrize("stated", [None, "random", "least-conn"])
@pytest.mark.parametrize("plan", ["single-ingress", "gateway"])
def test_a_trace_names_the_balancing_that_the_run_uses(plan: str, stated: str | None) -> None:
    keys = {"controller": {"balancing": stated}} if stated else {}
    found = from_manifests(
        load_text(manifests("Cluster", "None", [("a", True), ("b", True)], "")), "drawn", keys=keys
    )
    made = found.plans([plan])[0]
    design = compile_design(made, found.scenario, found.rules)
    row = found.scenario.traffic[0]
    says = route(made.cluster, Request(row.host, row.path or "/")).hops[-1].says
    (upstream,) = design.upstreams
    usual = {"single-ingress": "round-robin", "gateway": "least-request"}[plan]
    assert upstream.method.name == (stated or usual)
    assert (stated or usual) in says
