"""Which node a cloud load balancer gives a connection to.

It passes TCP and spreads new connections over healthy nodes. Under policy Cluster a node is healthy while its
kube-proxy is; under policy Local only while it has a ready Pod of the Service (the health check node port).
Source: Kubernetes documentation, "Create an External Load Balancer"; pkg/proxy/healthcheck.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.cluster.cluster import LinkedPort, LinkedService, Node
from sim.routing.trace import Step


@dataclass(frozen=True)
class Targets:
    """The nodes that a load balancer may choose; every one as likely as the others."""

    healthy: tuple[Node, ...]
    steps: tuple[Step, ...]


def targets(service: LinkedService, port: LinkedPort, nodes: tuple[Node, ...]) -> Targets:
    """Check the health of every node as this Service's load balancer sees it."""
    local = service.manifest.spec.external_traffic_policy == "Local"
    with_pod = {e.node for e in port.ready}
    healthy = tuple(n for n in nodes if not local or n.name in with_pod)
    return Targets(healthy, tuple(_step(n, n in healthy, local) for n in nodes))


def _step(node: Node, held: bool, local: bool) -> Step:
    if not local:
        return Step(node.name, held, "healthy: kube-proxy answers (policy Cluster)")
    because = "healthy: a ready Pod is here" if held else "unhealthy: no ready Pod here (policy Local)"
    return Step(node.name, held, because)
