"""Nodes: stated, read, named by Pods and EndpointSlices, or three in three zones."""

from collections.abc import Sequence
from contextlib import suppress

from sim.cluster.addresses import given
from sim.cluster.cluster import Assumption, Node
from sim.cluster.dual_stack import internal_addresses
from sim.cluster.families import Family, canonical, family_of
from sim.errors import InputError
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import EndpointSlice
from sim.manifests.objects.workloads import NodeObject, Pod
from sim.units import cores

EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
"""The label that keeps a node out of load balancers, whatever its value."""


def nodes_of(
    manifests: Manifests, stated: tuple[tuple[str, str], ...] | None, families: Sequence[Family] = ("IPv4",)
) -> tuple[tuple[Node, ...], list[Assumption]]:
    """The machines, and what is assumed about them.

    Args:
        stated: (name, zone) of each; None: as the manifests show them.
        families: of the cluster; a node has an address of each.
    """
    if stated is not None:
        made = (Node(n, z, *given(f"192.168.0.{i + 2}", families)) for i, (n, z) in enumerate(stated))
        return tuple(made), []
    objects = list(manifests.of(NodeObject))
    if objects:
        return tuple(_read(o, i, families) for i, o in enumerate(objects)), []
    return _assumed(_named(manifests), families)


def _read(node: NodeObject, index: int, families: Sequence[Family]) -> Node:
    """A node at its first address of each family; what is missing of the cluster's families is given."""
    zone = node.metadata.labels.get("topology.kubernetes.io/zone", "")
    addresses = [*map(canonical, internal_addresses(node)), *given(f"192.168.0.{index + 2}", families)]
    first = addresses[0]
    second = next((a for a in addresses if family_of(a) != family_of(first)), "")
    excluded = EXCLUDED in node.metadata.labels
    return Node(node.name, zone, first, second, excluded, _cpu(node), _left_out(node))


def _cpu(node: NodeObject) -> float | None:
    """Allocatable, else all that there is, as the API server fills it in; None: neither is said."""
    found = (node.status.allocatable or node.status.capacity).cpu
    with suppress(InputError):
        return None if found is None else cores(found)
    return None


def _left_out(node: NodeObject) -> str:
    """Why a node counts for no endpoints; one that says nothing of being ready is taken for ready.

    Source: topologycache, hasExcludedLabels and isNodeReady.
    """
    if any(f"node-role.kubernetes.io/{role}" in node.metadata.labels for role in ("control-plane", "master")):
        return "it is of the control plane"
    ready = next((c for c in node.status.conditions if c.type == "Ready"), None)
    return "it is not ready" if ready is not None and ready.status != "True" else ""


def _named(manifests: Manifests) -> dict[str, str]:
    """Nodes that no object describes and others name, with their zone where a slice says it."""
    pods = [p.spec.node_name for p in manifests.of(Pod)]
    endpoints = [e for s in manifests.of(EndpointSlice) for e in s.endpoints]
    found = {name: "" for name in (*pods, *(e.node_name for e in endpoints)) if name}
    return found | {e.node_name: e.zone for e in endpoints if e.node_name and e.zone}


def _assumed(named: dict[str, str], families: Sequence[Family]) -> tuple[tuple[Node, ...], list[Assumption]]:
    said = f"the nodes that Pods and EndpointSlices name ({', '.join(list(named)[:5])}), three at least"
    what = said if named else "three nodes in three zones"
    usual = [f"node-{letter}" for letter in "abc"]
    more = [name for name in usual if name not in named][: max(0, 3 - len(named))]
    names = usual if set(named) <= set(usual) else [*named, *more]
    nodes = (
        Node(name, named.get(name) or f"zone-{'abc'[i % 3]}", *given(_address(i), families))
        for i, name in enumerate(names)
    )
    return tuple(nodes), [Assumption(what, "give Node objects, or nodes in a scenario")]


def _address(index: int) -> str:
    return f"192.168.{index // 250}.{index % 250 + 2}"
