"""A port of a Service as kube-proxy on one node sees it: addresses, policies, and the endpoints it may use.

IPv4 only. Endpoints are texts `ADDRESS:PORT`, in the order of their texts, which is the order of the rules.
Source: pkg/proxy/serviceport.go and pkg/proxy/topology.go of Kubernetes 1.35.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address, ip_network

from sim.cluster import Cluster, Endpoint, LinkedPort, LinkedService, Node
from sim.manifests import ServiceSpec
from sim.routing.kube_proxy.names import service_port_name

DEFAULT_AFFINITY_S = 10800
"""`sessionAffinityConfig.clientIP.timeoutSeconds` where nothing is said. Source: core/v1 defaults."""


@dataclass(frozen=True)
class ServicePort:
    """What one port of a Service means on one node.

    Args:
        name: `NAMESPACE/SERVICE:PORT`, without the colon for a port without a name.
        protocol: tcp, udp or sctp.
        load_balancer_ips: addresses that the load balancer leaves in its packets (ipMode VIP).
        affinity_s: None: each connection is on its own.
        cluster: endpoints for policy Cluster.
        local: endpoints for policy Local.
        anywhere: whether any node has a usable endpoint.
        here: every endpoint of this node, usable or not.
        known: how many endpoints there are, usable or not.
    """

    name: str
    protocol: str
    cluster_ip: str
    port: int
    node_port: int | None
    external_ips: tuple[str, ...]
    load_balancer_ips: tuple[str, ...]
    source_ranges: tuple[str, ...]
    affinity_s: int | None
    health_check_port: int | None
    internal_local: bool
    external_local: bool
    cluster: tuple[str, ...]
    local: tuple[str, ...]
    anywhere: bool
    here: tuple[str, ...]
    known: int

    @property
    def external(self) -> bool:
        """Whether anything but the ClusterIP leads here."""
        return bool(self.node_port or self.external_ips or self.load_balancer_ips)

    @property
    def uses_cluster(self) -> bool:
        """Whether policy Cluster is asked for: also under external policy Local, for Pods and the node."""
        return bool(self.cluster) and (not self.internal_local or self.external)

    @property
    def uses_local(self) -> bool:
        """Whether policy Local is asked for, and has endpoints."""
        return bool(self.local) and (self.internal_local or (self.external_local and self.external))

    @property
    def internal_served(self) -> bool:
        """Whether a packet to the ClusterIP finds an endpoint."""
        return self.anywhere and not (self.internal_local and not self.local)

    @property
    def external_served(self) -> bool:
        """Whether a packet from outside finds an endpoint."""
        return self.anywhere and not (self.external_local and not self.local)

    @property
    def firewalled(self) -> bool:
        """Whether only some may use the load balancer's addresses."""
        return bool(self.load_balancer_ips and self.source_ranges)

    @property
    def reachable(self) -> tuple[str, ...]:
        """Every endpoint that a rule of this node leads to."""
        used = {*(self.cluster if self.uses_cluster else ()), *(self.local if self.uses_local else ())}
        return tuple(sorted(used))


def service_ports(cluster: Cluster, node: Node) -> tuple[ServicePort, ...]:
    """Every Service port that kube-proxy acts on, in order of reading; without a ClusterIP there is none."""
    return tuple(
        _service_port(service, port, service.cluster_ip, node)
        for service in cluster.services.values()
        if service.cluster_ip and _is_ipv4(service.cluster_ip)
        for port in service.ports
    )


def allowed_sources(port: ServicePort, node: Node) -> tuple[str, ...]:
    """The source ranges; and the load balancer's own addresses, if the node itself is in a range.

    Such an address is often the node's own, so that a packet of the node bears it as its source.
    """
    node_is_in = any(ip_address(node.address) in ip_network(r) for r in port.source_ranges)
    return (*port.source_ranges, *(port.load_balancer_ips if node_is_in else ()))


def _service_port(service: LinkedService, port: LinkedPort, cluster_ip: str, node: Node) -> ServicePort:
    spec, manifest = service.manifest.spec, service.manifest
    endpoints = sorted((e for e in port.endpoints if _is_ipv4(e.address)), key=lambda e: e.target)
    local = [e for e in endpoints if e.node == node.name]
    return ServicePort(
        name=service_port_name(manifest.namespace, manifest.name, port.name),
        protocol=port.protocol.lower(),
        cluster_ip=cluster_ip,
        port=port.number,
        node_port=port.node_port,
        external_ips=tuple(filter(_is_ipv4, spec.external_ips)),
        load_balancer_ips=_virtual_addresses(service),
        source_ranges=tuple(_ranges(spec.load_balancer_source_ranges)),
        affinity_s=_affinity(spec),
        health_check_port=_health_check_port(spec),
        internal_local=spec.internal_traffic_policy == "Local",
        external_local=spec.external_traffic_policy == "Local",
        cluster=_texts(usable(endpoints)),
        local=_texts(usable(local)),
        anywhere=bool(usable(endpoints)),
        here=_texts(local),
        known=len(endpoints),
    )


def usable(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Ready endpoints; only if there are none, those that terminate but still serve (KEP-1669)."""
    known = tuple(endpoints)
    ready = tuple(e for e in known if e.ready)
    return ready or tuple(e for e in known if e.terminating and e.serving)


def _texts(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    return tuple(e.target for e in endpoints)


def _is_ipv4(address: str) -> bool:
    return ":" not in address


def _virtual_addresses(service: LinkedService) -> tuple[str, ...]:
    """Ingress addresses; one of ipMode Proxy is left out, for its packets come to a node port (KEP-1860)."""
    entries = service.manifest.status.load_balancer.ingress
    if not entries:
        return tuple(filter(_is_ipv4, service.load_balancer))
    return tuple(e.ip for e in entries if e.ip and _is_ipv4(e.ip) and e.ip_mode in {None, "VIP"})


def _ranges(texts: Iterable[str]) -> Iterator[str]:
    """As networks: blanks and bits of a host are tolerated, what is no network is left out."""
    for text in texts:
        with suppress(ValueError):
            yield str(IPv4Network(text.strip(), strict=False))


def _affinity(spec: ServiceSpec) -> int | None:
    if spec.session_affinity != "ClientIP":
        return None
    stated = (spec.session_affinity_config.get("clientIP") or {}).get("timeoutSeconds")
    return DEFAULT_AFFINITY_S if stated is None else int(stated)


def _health_check_port(spec: ServiceSpec) -> int | None:
    asked = spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"
    return spec.health_check_node_port if asked else None
