"""Services as kube-proxy sees them: one entry per port, found by address, protocol and number.

Headless and ExternalName Services are not among them, nor those with the label of another proxy. Each address
family has entries of its own, for its own kube-proxy: a Service of both stands in both.
Source: pkg/proxy/serviceport.go and config of Kubernetes 1.35.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from sim.cluster.cluster import Cluster, Endpoint, LinkedPort, LinkedService
from sim.cluster.families import Family, canonical, family_of
from sim.cluster.life.figures import FIGURES
from sim.routing.kube_proxy.names import service_port_name

Network = IPv4Network | IPv6Network

OTHER_PROXY = ("service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless")
DEFAULT_AFFINITY_S = int(FIGURES["session-affinity"].value)


@dataclass(frozen=True, eq=False)
class ServicePortInfo:
    """One port of a Service.

    Args:
        name: as in chains and logs: `NAMESPACE/SERVICE:PORT`.
        vips: addresses of its load balancer that kube-proxy answers for (ipMode VIP).
        rules_before: rules of other Services that iptables reads first. kube-proxy writes Services in no
            fixed order; here they stand in the order of reading.
    """

    service: LinkedService
    port: LinkedPort
    name: str
    cluster_ip: str
    external_ips: tuple[str, ...]
    vips: tuple[str, ...]
    source_ranges: tuple[Network, ...]
    rules_before: int = 0

    @property
    def protocol(self) -> str:
        """TCP, UDP or SCTP."""
        return self.port.protocol

    @property
    def node_port(self) -> int:
        """0 if there is none."""
        return self.port.node_port or 0

    @property
    def is_external(self) -> bool:
        """Whether something besides the ClusterIP leads to it."""
        return bool(self.node_port or self.vips or self.external_ips)

    @property
    def external_local(self) -> bool:
        """Whether externalTrafficPolicy Local holds; a Service that nobody reaches from outside has none."""
        spec = self.service.manifest.spec
        reachable = spec.type in {"LoadBalancer", "NodePort"} or bool(spec.external_ips)
        return spec.external_traffic_policy == "Local" and reachable

    @property
    def internal_local(self) -> bool:
        """Whether internalTrafficPolicy is Local."""
        return self.service.manifest.spec.internal_traffic_policy == "Local"

    @property
    def affinity_s(self) -> int | None:
        """How long sessionAffinity ClientIP remembers a client, in seconds; None: no affinity."""
        spec = self.service.manifest.spec
        if spec.session_affinity != "ClientIP":
            return None
        stated = (spec.session_affinity_config.get("clientIP") or {}).get("timeoutSeconds")
        return DEFAULT_AFFINITY_S if stated is None else int(stated)

    @property
    def health_check_node_port(self) -> int:
        """Where a load balancer asks whether Pods are here; 0 unless type LoadBalancer with policy Local."""
        spec = self.service.manifest.spec
        wanted = spec.type == "LoadBalancer" and self.external_local
        return (spec.health_check_node_port or 0) if wanted else 0

    @property
    def family(self) -> Family:
        """The address family that it is an entry of."""
        return "IPv6" if ":" in self.cluster_ip else "IPv4"

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints of its address family, in the order of their names, as rules list them."""
        return tuple(sorted(self.port.over(self.family), key=lambda e: e.target))

    @property
    def addresses(self) -> tuple[tuple[str, str], ...]:
        """(kind, address) of every address that leads to it; a ClusterIP first."""
        external = [("external IP", a) for a in self.external_ips]
        return (("cluster IP", self.cluster_ip), *external, *(("load balancer IP", a) for a in self.vips))


@dataclass(frozen=True, eq=False)
class ServicePortIndex:
    """All Service ports, found in one look.

    Args:
        by_address: (address, protocol, port) -> the kind of address and the Service port.
        by_node_port: (protocol, port) -> Service port.
        by_health_port: health check node port -> Service port.
        service_ips: every address with which some Service is reached.
    """

    ports: tuple[ServicePortInfo, ...]
    by_address: Mapping[tuple[str, str, int], tuple[str, ServicePortInfo]] = field(repr=False)
    by_node_port: Mapping[tuple[str, int], ServicePortInfo] = field(repr=False)
    by_health_port: Mapping[int, ServicePortInfo] = field(repr=False)

    @cached_property
    def cluster_ips(self) -> frozenset[str]:
        """Every ClusterIP."""
        return frozenset(p.cluster_ip for p in self.ports)

    @property
    def rules(self) -> int:
        """How many rules for addresses iptables has: what a packet for no Service passes."""
        return self.ports[-1].rules_before + len(self.ports[-1].addresses) if self.ports else 0

    @cached_property
    def service_ips(self) -> frozenset[str]:
        """Every address of a Service; in mode ipvs they stand on a device of the node."""
        return frozenset(address for p in self.ports for _, address in p.addresses)


@lru_cache(maxsize=16)
def index_of(cluster: Cluster, family: Family = "IPv4") -> ServicePortIndex:
    """Compile the Services of a cluster; done once a family, whatever the number of questions."""
    ports = tuple(_service_ports(cluster, family))
    by_address: dict[tuple[str, str, int], tuple[str, ServicePortInfo]] = {}
    for port in ports:
        for kind, address in port.addresses:
            by_address.setdefault((address, port.protocol, port.port.number), (kind, port))
    return ServicePortIndex(
        ports,
        by_address,
        {(p.protocol, p.node_port): p for p in reversed(ports) if p.node_port},
        {p.health_check_node_port: p for p in reversed(ports) if p.health_check_node_port},
    )


def _service_ports(cluster: Cluster, family: Family) -> Iterator[ServicePortInfo]:
    rules = 0
    for service in cluster.services.values():
        labels = service.manifest.metadata.labels
        cluster_ip = service.cluster_ip_of(family)
        if cluster_ip is None or any(label in labels for label in OTHER_PROXY):
            continue
        for port in service.ports:
            made = _service_port(service, cluster_ip, port, rules)
            rules += len(made.addresses)
            yield made


def _service_port(service: LinkedService, cluster_ip: str, port: LinkedPort, rules: int) -> ServicePortInfo:
    manifest = service.manifest
    family = family_of(cluster_ip)
    ranges = networks(manifest.spec.load_balancer_source_ranges)
    return ServicePortInfo(
        service,
        port,
        service_port_name(manifest.namespace, manifest.name, port.name),
        cluster_ip,
        tuple(canonical(a) for a in manifest.spec.external_ips if family_of(a) == family),
        tuple(a for a in vips_of(service) if family_of(a) == family),
        tuple(r for r in ranges if (r.version == 6) == (family == "IPv6")),
        rules,
    )


def networks(texts: Iterable[str]) -> Iterator[Network]:
    """Ranges as networks; blanks are forgiven, and what the API server would refuse is left out."""
    for text in texts:
        with suppress(ValueError):
            yield ip_network(text.strip(), strict=False)


def vips_of(service: LinkedService) -> tuple[str, ...]:
    """The load balancer addresses that nodes answer for themselves (KEP-1860).

    An entry with ipMode Proxy, or with a name alone, is left to the load balancer. An address that the
    simulator made up counts as a VIP.
    """
    stated = service.manifest.status.load_balancer.ingress
    if not stated:
        return tuple(a for a in service.load_balancer if parsed_address(a))
    return tuple(canonical(i.ip) for i in stated if i.ip and i.ip_mode != "Proxy")


@lru_cache(maxsize=4096)
def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """A text as an IP address; None if it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None
