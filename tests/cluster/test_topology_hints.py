"""Topology hints against the EndpointSlice controller's own rules (topologycache, trafficdist, reconciler.go)."""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.inspect import inspect
from sim.analysis.trace import Client
from sim.cluster.topology_hints import (
    MODE,
    OLD_MODE,
    EndpointPlace,
    HintsReason,
    NodeCapacity,
    TopologyHints,
    topology_hints,
)
from sim.manifests.reading.loading import load_text
from sim.routing import Request
from sim.routing.building import build

AUTO = {MODE: "Auto"}


def places(per_zone: dict[str, int]) -> list[EndpointPlace]:
    return [EndpointPlace(f"{z}-{n}", z, f"node-{z}") for z, count in per_zone.items() for n in range(count)]


def nodes(cpu: dict[str, float]) -> list[NodeCapacity]:
    return [NodeCapacity(f"node-{zone}", zone, cores) for zone, cores in cpu.items()]


def auto(per_zone: dict[str, int], cpu: dict[str, float]) -> TopologyHints:
    return topology_hints(AUTO, None, places(per_zone), nodes(cpu))


def per_zone(found: TopologyHints) -> dict[str, int]:
    return dict(Counter(found.zones.values()))


@pytest.mark.parametrize(
    ("endpoints", "cpu", "reason", "expected"),
    [
        pytest.param({"a": 2, "b": 2}, {"a": 4, "b": 4}, "SHARED", {"a": 2, "b": 2}, id="even already"),
        pytest.param({"a": 4}, {"a": 4, "b": 4}, "SHARED", {"a": 2, "b": 2}, id="two go to the other zone"),
        pytest.param({"a": 5, "b": 1}, {"a": 2, "b": 1}, "SHARED", {"a": 4, "b": 2}, id="by the CPU of zones"),
        pytest.param({"a": 6, "b": 3}, {"a": 4, "b": 3}, "SHARED", {"a": 5, "b": 4}, id="the nearest whole number"),
        pytest.param({"a": 5, "b": 4}, {"a": 4, "b": 4}, "SHARED", {"a": 5, "b": 4}, id="half of one is let be"),
        pytest.param({"a": 1, "b": 1}, {"a": 1, "b": 1, "c": 1}, "FEW_ENDPOINTS", {}, id="a zone would get none"),
        pytest.param({"a": 2, "b": 2}, {"a": 1, "b": 1, "c": 1}, "OVERLOAD", {}, id="4 over 3 zones: one over 120 %"),
        pytest.param({"a": 3, "b": 2}, {"a": 1, "b": 1, "c": 1}, "OVERLOAD", {}, id="5 over 3 zones: at least 2 each"),
        pytest.param({"a": 4, "b": 2}, {"a": 1, "b": 1, "c": 1}, "SHARED", {"a": 2, "b": 2, "c": 2}, id="6 over 3 zones"),
        pytest.param({"a": 3, "b": 1}, {"a": 9, "b": 1}, "SHARED", {"a": 3, "b": 1}, id="a small zone keeps its one"),
        pytest.param({"a": 2}, {"a": 4}, "ONE_ZONE", {}, id="one zone"),
        pytest.param({"a": 2}, {"a": 4, "": 4}, "NO_NODE_CPU", {}, id="a node without a zone"),
        pytest.param({"a": 2}, {"a": 4, "b": 0}, "NO_NODE_CPU", {}, id="a node without CPU"),
        pytest.param({"a": 3, "": 1}, {"a": 4, "b": 4}, "NO_ZONE", {}, id="an endpoint without a zone"),
        pytest.param({"a": 2, "z": 2}, {"a": 1, "b": 1}, "SHARED", {"a": 2, "z": 2}, id="a zone without nodes keeps its own"),
        pytest.param({}, {"a": 4, "b": 4}, "NO_READY", {}, id="nothing ready"),
    ],
)  # fmt: skip
def test_topology_mode_shares_out_by_cpu(endpoints, cpu, reason, expected):
    found = auto(endpoints, cpu)
    assert (found.reason, per_zone(found)) == (HintsReason[reason], expected)
    assert found.says.startswith("topology-mode: Auto: " + ("hints" if expected else "no hints"))


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        pytest.param("", "SHARED", id="it counts"),
        pytest.param("it is not ready", "ONE_ZONE", id="it does not"),
    ],
)
def test_nodes_that_do_not_count_are_no_zone(left_out, reason):
    there = [NodeCapacity("node-a", "a", 4.0), NodeCapacity("node-b", "b", 4.0, left_out)]
    assert topology_hints(AUTO, None, places({"a": 4}), there).reason is HintsReason[reason]


@pytest.mark.parametrize(
    ("annotations", "distribution", "asked", "ignored"),
    [
        pytest.param({MODE: "Auto"}, None, "topology-mode: Auto", "", id="the annotation"),
        pytest.param({MODE: "auto"}, None, "topology-mode: auto", "", id="in small letters"),
        pytest.param({MODE: "AUTO"}, None, "", "", id="any other spelling asks for nothing"),
        pytest.param({OLD_MODE: "Auto"}, None, "topology-aware-hints: Auto", "", id="the old annotation"),
        pytest.param({OLD_MODE: "Disabled", MODE: "Auto"}, None, "", "", id="the old one counts"),
        pytest.param({}, "PreferClose", "trafficDistribution: PreferClose", "", id="the field"),
        pytest.param({MODE: "Auto"}, "PreferSameNode", "topology-mode: Auto", "trafficDistribution: PreferSameNode", id="both"),
        pytest.param({MODE: "Disabled"}, "PreferSameZone", "trafficDistribution: PreferSameZone", "", id="off, and the field"),
        pytest.param({}, "PreferFar", "", "", id="a value that nothing knows"),
    ],
)  # fmt: skip
def test_the_annotation_wins_over_the_field(annotations, distribution, asked, ignored):
    found = topology_hints(annotations, distribution, places({"a": 2, "b": 2}), nodes({"a": 1, "b": 1}))
    assert (found.asked, found.ignored) == (asked, ignored)


def test_traffic_distribution_gives_each_to_its_own_zone_whatever_the_cpu():
    found = topology_hints({}, "PreferClose", places({"a": 3, "b": 1}), [])
    assert (found.reason, per_zone(found), found.nodes) == (HintsReason.CLOSE, {"a": 3, "b": 1}, {})
    same = topology_hints({}, "PreferSameNode", places({"a": 1}), [])
    assert (same.zones, same.nodes) == ({"a-0": "a"}, {"a-0": "node-a"})


ZONES = st.sampled_from("abcde")


@given(
    st.dictionaries(ZONES, st.integers(0, 9), max_size=5),
    st.dictionaries(ZONES, st.integers(1, 64), min_size=1, max_size=5),
)
def test_all_endpoints_have_a_hint_or_none_and_no_zone_is_overloaded(endpoints, cpu):
    ready = places(endpoints)
    found = topology_hints(AUTO, None, ready, nodes(cpu))
    assert len(found.zones) in (0, len(ready))
    if not found.are_set:
        return
    has, total = Counter(found.zones.values()), sum(cpu.values())
    assert set(has) <= set(cpu) | set(endpoints)
    spare = {z: has[z] - s.desired for z, s in found.shares.items()}
    for zone, cores in cpu.items():
        least = ceil(cores / total * len(ready) * (1 / 1.2))
        # The controller lets be what is less than half of an endpoint, so a zone may lack its last one then.
        assert has[zone] >= least or max(spare.values()) < 0.5 or -spare[zone] < 1
        assert found.shares[zone].least == least
    moved = sum(found.zones[e.name] != e.zone for e in ready)
    assert moved <= sum(max(0.0, n - found.shares[z].desired) + 0.5 for z, n in endpoints.items() if z in cpu)


SET = """
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop, annotations: {annotations}}}
spec: {{type: LoadBalancer, selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}], {spec}}}
status: {{loadBalancer: {{ingress: [{{ip: 203.0.113.90}}]}}}}
"""


def cluster_text(annotations="{}", spec="", cpu=("4", "4000m"), pods=(2, 2), conditions=None):
    objects = []
    for zone, cores, count in zip("ab", cpu, pods, strict=True):
        status = {"allocatable": {"cpu": cores, "memory": "8Gi"}} | (
            {"conditions": conditions} if conditions else {}
        )
        labels = {"topology.kubernetes.io/zone": zone}
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": f"n-{zone}", "labels": labels},
                "status": status,
            }
        )
        objects += [
            {
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": f"web-{zone}{n}", "namespace": "shop", "labels": {"app": "web"}},
                "spec": {"nodeName": f"n-{zone}", "containers": [{"name": "c", "image": "web"}]},
            }
            for n in range(count)
        ]  # fmt: skip
    return SET.format(annotations=annotations, spec=spec) + "---\n" + yaml.safe_dump_all(objects)


def traced(text):
    return Client(build(load_text(text, "s.yaml"))).trace(Request("203.0.113.90", scheme="tcp", port=80))


def rows(trace):
    hop = next(h for h in trace.hops if h.kind == "node")
    return {s.row: s.because for s in hop.steps if "hints" in s.row}


def test_a_trace_says_the_hints_and_what_each_node_makes_of_them():
    found = traced(cluster_text("{service.kubernetes.io/topology-mode: Auto}", pods=(3, 1)))
    assert rows(found) == {
        "topology hints": "topology-mode: Auto: hints, a 2 of 4 for 50% of the CPU, b 2 of 4 for 50% of the CPU",
        "hints on n-a": "2 Pods of 4, given to zone a",
        "hints on n-b": "2 Pods of 4, given to zone b",
    }
    shares = {b.to: b.probability for b in found.hops[-1].branches}
    assert shares == dict.fromkeys(("shop/web-a0", "shop/web-a1", "shop/web-a2", "shop/web-b0"), 0.25)
    assert not [n for n in found.notes if n.code == "SIM1407"]


def test_a_trace_says_why_there_are_no_hints():
    found = traced(cluster_text("{service.kubernetes.io/topology-mode: Auto}", pods=(1, 0)))
    (note,) = [n for n in found.notes if n.code == "SIM1407"]
    assert note.message == rows(found)["topology hints"]
    assert "1 ready endpoint for 2 zones" in note.message


def test_policy_local_and_a_zone_without_a_hint_use_no_hints():
    local = traced(cluster_text(spec="trafficDistribution: PreferClose, externalTrafficPolicy: Local"))
    assert rows(local)["hints on"] == "policy Local does not look at hints"
    lonely = traced(cluster_text(spec="trafficDistribution: PreferClose", pods=(2, 0)))
    assert rows(lonely)["hints on n-b"] == "all Pods: no hint names zone b"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        pytest.param({"cpu": ("4", "")}, "node n-b has no allocatable CPU", id="no quantity"),
        pytest.param(
            {"conditions": [{"type": "Ready", "status": "False"}]}, "two zones are needed", id="not ready"
        ),
    ],
)
def test_what_a_node_object_lacks_is_said(status, says):
    cluster = build(
        load_text(cluster_text("{service.kubernetes.io/topology-mode: Auto}", **status), "s.yaml")
    )
    assert says in cluster.services["shop/web"].hints.says


def test_inspect_says_what_came_of_it_at_its_line():
    found = inspect(load_text(cluster_text(spec="trafficDistribution: PreferClose"), "s.yaml"))
    (said,) = [f for f in found.findings if f.code == "SIM1407"]
    assert said.message.endswith(
        "trafficDistribution: PreferClose: hints, every ready endpoint to its own zone"
    )
    assert said.severity == "note"
    assert said.source.startswith("s.yaml:5")
