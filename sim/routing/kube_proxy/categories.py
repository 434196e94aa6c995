"""Which endpoints of a Service port a node may use: ready ones, hinted ones, its own, or terminating ones.

Source: pkg/proxy/topology.go of Kubernetes 1.35; KEP-1669 (terminating), KEP-2433 and KEP-3015 (hints).
"""

from dataclasses import dataclass

from sim.cluster.cluster import Endpoint, Node
from sim.routing.kube_proxy.service_ports import ServicePortInfo

Endpoints = tuple[Endpoint, ...]


@dataclass(frozen=True)
class Categories:
    """The endpoints of one Service port as one node sees them.

    Args:
        cluster: for policy Cluster, hints applied.
        local: for policy Local: on this node.
        exists: whether any node has a usable one; it decides between REJECT and DROP.
        hints: the topology in use: `node`, `zone`, or empty.
    """

    cluster: Endpoints
    local: Endpoints
    exists: bool
    hints: str = ""

    @property
    def reachable(self) -> Endpoints:
        """Both lists together: what this node has chains for."""
        both = {e.target: e for e in (*self.cluster, *self.local)}
        return tuple(both[t] for t in sorted(both))


def usable(endpoints: Endpoints) -> Endpoints:
    """Ready endpoints; only if there are none, those that terminate but still serve (KEP-1669)."""
    ready = tuple(e for e in endpoints if e.ready)
    return ready or tuple(e for e in endpoints if e.terminating and e.serving)


def categorize(port: ServicePortInfo, node: Node) -> Categories:
    """Sort the endpoints of a Service port for a node."""
    uses_cluster = not port.internal_local or port.is_external
    uses_local = port.internal_local or (port.external_local and port.is_external)
    hints = topology(port.endpoints, node) if uses_cluster else ""
    hinted = tuple(e for e in _hinted(port.endpoints, node, hints) if e.ready)
    # The fallback to terminating endpoints does not look at hints.
    cluster = (hinted or usable(port.endpoints)) if uses_cluster else ()
    local = usable(tuple(e for e in port.endpoints if e.node == node.name)) if uses_local else ()
    return Categories(cluster, local, bool(usable(port.endpoints)), hints)


def topology(endpoints: Endpoints, node: Node) -> str:
    """`node` if every ready endpoint has node hints and one names this node; else `zone` likewise."""
    ready = [e for e in endpoints if e.ready]
    for kind, here in (("node", node.name), ("zone", node.zone)):
        hinted = [e.node_hints if kind == "node" else e.zone_hints for e in ready]
        if all(hinted) and any(here in names for names in hinted):
            return kind
    return ""


def _hinted(endpoints: Endpoints, node: Node, hints: str) -> Endpoints:
    if hints == "node":
        return tuple(e for e in endpoints if node.name in e.node_hints)
    return tuple(e for e in endpoints if node.zone in e.zone_hints) if hints else endpoints
