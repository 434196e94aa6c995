"""A cluster is built by functions in order, each linear: what is assumed comes in that order, calls grow with objects."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from benchmarks.large_cluster import services
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.inspect import inspect
from sim.cluster.cluster import Node, RunningPod
from sim.cluster.labels import ByLabels, selects
from sim.cluster.pods import placed
from sim.cluster.setup import Setup
from sim.manifests.reading.loading import documents, from_document, load, merge
from sim.routing.building import build

ALL_ASSUMED = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""
NODE_PORT = "apiVersion: v1\nkind: Service\nmetadata: {{name: web-{n}}}\nspec: {{type: NodePort, ports: [{{port: 80}}]}}\n"


def read(*texts: str):
    return merge(from_document(d) for t in texts for d in documents(t, "a.yaml"))


def test_what_is_assumed_comes_in_the_order_of_building():
    words = [a.what for a in build(read(ALL_ASSUMED)).assumptions]
    parts = ["three nodes", "two ready Pods", "Ingress controller", "Gateway controller"]
    assert len(words) == len(parts)
    assert all(part in what for part, what in zip(parts, words, strict=True))


def test_the_pods_of_an_application_are_placed_alike_with_and_without_controllers():
    bare, full = (build(read(ALL_ASSUMED), Setup(controllers=c)).pods for c in ((), None))
    assert full.items() > bare.items()


def _calls(task) -> int:
    """Calls of functions, of Python and of C."""
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        task()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("task", [build, inspect], ids=["to build", "to inspect"])
def test_ten_times_the_services_make_ten_times_the_calls(task, tmp_path):
    counts = []
    for size in (40, 400):
        file = tmp_path / f"{size}.yaml"
        file.write_text(services(size))
        manifests = load([str(file)])
        task(manifests)
        counts.append(_calls(lambda m=manifests: task(m)))
    assert counts[1] < 10.5 * counts[0]


def test_a_thousand_nodes_do_not_make_a_pod_cost_more():
    drafts = [[RunningPod(f"a/p{n}", "", "", "", {}, {})] for n in range(500)]
    counts = [_calls(lambda s=size: placed(drafts, _nodes([0] * s))) for size in (10, 1_000)]
    assert counts[1] - counts[0] < 10 * 1_000


def _nodes(zones) -> tuple[Node, ...]:
    return tuple(Node(f"n{i}", f"z{zone}", "") for i, zone in enumerate(zones))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=7), st.lists(st.integers(0, 9), max_size=8))
def test_pods_go_where_a_look_at_every_node_would_put_them(zones, counts):
    nodes = _nodes(zones)
    groups = [[RunningPod(f"a/{g}-{n}", "", "", "", {}, {}) for n in range(c)] for g, c in enumerate(counts)]
    load_of: Counter[str] = Counter()
    wanted = []
    for count in counts:
        in_zone: Counter[str] = Counter()
        mine: Counter[str] = Counter()
        for _ in range(count):
            node = min(nodes, key=lambda n: (in_zone[n.zone], mine[n.name], load_of[n.name]))
            for counter, name in ((in_zone, node.zone), (mine, node.name), (load_of, node.name)):
                counter[name] += 1
            wanted.append(node.name)
    assert [p.node for p in placed(groups, nodes).values()] == wanted


LABELS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))


@given(st.lists(st.tuples(st.sampled_from("nm"), LABELS)), LABELS)
def test_an_index_finds_what_a_selector_fits(labelled, selector):
    found = ByLabels((space, labels, i) for i, (space, labels) in enumerate(labelled)).fitting("n", selector)
    assert found == [
        i for i, (space, labels) in enumerate(labelled) if space == "n" and selects(selector, labels)
    ]


def test_addresses_are_never_given_twice_and_stay_addresses():
    taken = SERVICE_AT.format(ip="10.96.0.1", name="old")
    found = build(read(services(300), taken))
    pods = [p.address for p in found.pods.values()]
    inside = [s.cluster_ip for s in found.services.values()]
    assert len(set(pods)) == len(pods) == 600
    assert len(set(inside)) == len(inside) == 301
    assert all(0 <= int(part) <= 255 for address in (*pods, *inside) for part in address.split("."))


SERVICE_AT = "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{clusterIP: {ip}, ports: [{{port: 80}}]}}\n"


def test_where_all_node_ports_are_taken_the_others_get_none_and_it_is_said():
    found = build(read("---\n".join(NODE_PORT.format(n=n) for n in range(2_770))))
    ports = [s.ports[0].node_port for s in found.services.values()]
    assert len({p for p in ports if p}) == 2_768
    assert ports[-2:] == [None, None]
    assert "no nodePort for 2 Services" in found.assumptions[-1].what
