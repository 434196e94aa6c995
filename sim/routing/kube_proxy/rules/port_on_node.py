"""A port of a Service as the rules of one node have it: addresses, policies, and the endpoints they lead to.

IPv4 only. Endpoints are texts `ADDRESS:PORT`, in the order of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.cluster.cluster import Endpoint
from sim.routing.kube_proxy import Proxy, ServicePortInfo
from sim.routing.kube_proxy.proxy import within


@dataclass(frozen=True)
class PortOnNode:
    """What one port of a Service means on one node.

    Args:
        name: `NAMESPACE/SERVICE:PORT`, without the colon for a port without a name.
        protocol: tcp, udp or sctp.
        node_port: 0 if there is none; so is `health_check_port`.
        load_balancer_ips: addresses that the load balancer leaves in its packets (ipMode VIP).
        affinity_s: None: each connection is on its own.
        external: whether anything but the ClusterIP leads here.
        cluster: endpoints for policy Cluster, if anything asks for it.
        local: endpoints for policy Local, if anything asks for it.
        reachable: both together.
        exists: whether any node has a usable endpoint.
        here: every endpoint of this node, usable or not.
        known: how many endpoints there are, usable or not.
    """

    name: str
    protocol: str
    cluster_ip: str
    port: int
    node_port: int
    external_ips: tuple[str, ...]
    load_balancer_ips: tuple[str, ...]
    source_ranges: tuple[str, ...]
    node_in_ranges: bool
    affinity_s: int | None
    health_check_port: int
    internal_local: bool
    external_local: bool
    external: bool
    cluster: tuple[str, ...]
    local: tuple[str, ...]
    reachable: tuple[str, ...]
    exists: bool
    here: tuple[str, ...]
    known: int

    @property
    def internal_served(self) -> bool:
        """Whether a packet to the ClusterIP finds an endpoint."""
        return self.exists and not (self.internal_local and not self.local)

    @property
    def external_served(self) -> bool:
        """Whether a packet from outside finds an endpoint."""
        return self.exists and not (self.external_local and not self.local)

    @property
    def firewalled(self) -> bool:
        """Whether only some may use the load balancer's addresses."""
        return bool(self.load_balancer_ips and self.source_ranges)

    @property
    def allowed_sources(self) -> tuple[str, ...]:
        """The source ranges; and the load balancer's own addresses, if the node itself is in a range.

        Such an address is often the node's own, so that a packet of the node bears it as its source.
        """
        return (*self.source_ranges, *(self.load_balancer_ips if self.node_in_ranges else ()))


def ports_on(proxy: Proxy) -> tuple[PortOnNode, ...]:
    """Every Service port that kube-proxy acts on, in order of reading."""
    return tuple(_port(p, proxy) for p in proxy.index.ports if ":" not in p.cluster_ip)


def pod_range(proxy: Proxy) -> str | None:
    """The addresses by which rules know a Pod; None: they cannot (no local detector)."""
    ranges = proxy.options.pod_cidrs if proxy.options.local_detector else ()
    return next((r for r in ranges if ":" not in r), None)


def _port(port: ServicePortInfo, proxy: Proxy) -> PortOnNode:
    found = proxy.categories(port)
    return PortOnNode(
        name=port.name,
        protocol=port.protocol.lower(),
        cluster_ip=port.cluster_ip,
        port=port.port.number,
        node_port=port.node_port,
        external_ips=port.external_ips,
        load_balancer_ips=port.vips,
        source_ranges=tuple(map(str, port.source_ranges)),
        node_in_ranges=within(proxy.node.address, port.source_ranges),
        affinity_s=port.affinity_s,
        health_check_port=port.health_check_node_port,
        internal_local=port.internal_local,
        external_local=port.external_local,
        external=port.is_external,
        cluster=_texts(found.cluster),
        local=_texts(found.local),
        reachable=_texts(found.reachable),
        exists=found.exists,
        here=_texts(e for e in port.endpoints if e.node == proxy.node.name),
        known=len(port.endpoints),
    )


def _texts(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    return tuple(e.target for e in endpoints)
