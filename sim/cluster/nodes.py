"""Nodes: stated, read, named by Pods and EndpointSlices, or three in three zones."""

from sim.cluster.cluster import Assumption, Node
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import EndpointSlice
from sim.manifests.objects.workloads import NodeObject, Pod


def nodes_of(
    manifests: Manifests, stated: tuple[tuple[str, str], ...] | None
) -> tuple[tuple[Node, ...], list[Assumption]]:
    """The machines, and what is assumed about them.

    Args:
        stated: (name, zone) of each; None: as the manifests show them.
    """
    if stated is not None:
        return tuple(Node(n, z, f"192.168.0.{i + 2}") for i, (n, z) in enumerate(stated)), []
    objects = list(manifests.of(NodeObject))
    if objects:
        return tuple(_read(o, i) for i, o in enumerate(objects)), []
    return _assumed(_named(manifests))


def _read(node: NodeObject, index: int) -> Node:
    zone = node.metadata.labels.get("topology.kubernetes.io/zone", "")
    addresses = {a.type: a.address for a in node.status.addresses}
    return Node(node.name, zone, addresses.get("InternalIP", f"192.168.0.{index + 2}"))


def _named(manifests: Manifests) -> dict[str, str]:
    """Nodes that no object describes and others name, with their zone where a slice says it."""
    pods = [p.spec.node_name for p in manifests.of(Pod)]
    endpoints = [e for s in manifests.of(EndpointSlice) for e in s.endpoints]
    found = {name: "" for name in (*pods, *(e.node_name for e in endpoints)) if name}
    return found | {e.node_name: e.zone for e in endpoints if e.node_name and e.zone}


def _assumed(named: dict[str, str]) -> tuple[tuple[Node, ...], list[Assumption]]:
    said = f"the nodes that Pods and EndpointSlices name ({', '.join(list(named)[:5])}), three at least"
    what = said if named else "three nodes in three zones"
    usual = [f"node-{letter}" for letter in "abc"]
    more = [name for name in usual if name not in named][: max(0, 3 - len(named))]
    names = usual if set(named) <= set(usual) else [*named, *more]
    nodes = (
        Node(name, named.get(name) or f"zone-{'abc'[i % 3]}", f"192.168.{i // 250}.{i % 250 + 2}")
        for i, name in enumerate(names)
    )
    return tuple(nodes), [Assumption(what, "give Node objects, or nodes in a scenario")]
