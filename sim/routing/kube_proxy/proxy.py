"""The kube-proxy of one node: what it knows of the cluster, and where a packet comes from and goes to."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

from sim.cluster.cluster import Node
from sim.cluster.families import Family
from sim.routing.kube_proxy.categories import Categories, categorize
from sim.routing.kube_proxy.packet import Options, Packet
from sim.routing.kube_proxy.service_ports import Network, ServicePortIndex, ServicePortInfo, parsed_address
from sim.routing.kube_proxy.verdict import Verdict


@dataclass(frozen=True, eq=False)
class Proxy:
    """What a node's kube-proxy decides from.

    Args:
        pod_addresses: addresses that are known to be Pods', besides the ranges of the options.
        family: whose packets it decides about.
    """

    index: ServicePortIndex
    node: Node
    options: Options
    pod_addresses: frozenset[str] = frozenset()
    family: Family = "IPv4"

    @property
    def address(self) -> str:
        """The node's own address of its family."""
        return self.node.address_of(self.family)

    def categories(self, port: ServicePortInfo) -> Categories:
        """The endpoints of a Service port as this node sees them."""
        return categorize(port, self.node)

    def is_own(self, address: str) -> bool:
        """Whether an address is one of the node itself."""
        return address in self.node.addresses or is_loopback(address)

    def is_pod(self, address: str) -> bool:
        """Whether the local detector takes a source for a Pod; without a detector nothing is."""
        if not self.options.local_detector:
            return False
        return address in self.pod_addresses or within(address, _networks(self.options.pod_cidrs))

    def is_service_range(self, address: str) -> bool:
        """Whether an address belongs to the ranges of ClusterIPs."""
        return within(address, _networks(self.options.service_cidrs))

    def takes_node_ports(self, address: str, everywhere: bool) -> bool:
        """Whether NodePorts answer on one of the node's addresses.

        Args:
            everywhere: the default of the mode: all local addresses, or only the primary one.
        """
        stated = self.options.node_port_addresses
        if not self.is_own(address):
            return False
        if not stated:
            return everywhere or address == self.address
        ranges = _networks(tuple(c for c in stated if c != "primary"))
        return ("primary" in stated and address == self.address) or within(address, ranges)

    def hit(self, packet: Packet, node_ports: bool) -> tuple[str, ServicePortInfo] | None:
        """The kind of address and the Service port that a packet is for; None: no Service.

        Args:
            node_ports: whether its address may be one that serves NodePorts.
        """
        found = self.index.by_address.get((packet.destination, packet.protocol, packet.port))
        port = self.index.by_node_port.get((packet.protocol, packet.port)) if node_ports else None
        return found or (("node port", port) if port else None)

    def unanswered(self, packet: Packet, only: str) -> Verdict | None:
        """A node port that is a Service's, asked on an address of the node where none answers; else None.

        Args:
            only: where they answer in this mode.
        """
        port = self.index.by_node_port.get((packet.protocol, packet.port))
        if port is None or not self.is_own(packet.destination):
            return None
        whose = f"node port {packet.port} of Service {port.service.key}"
        because = f"{whose} does not answer on {packet.destination}: {only}"
        return Verdict("accept", because, service_port=port, rules_passed=1, unanswered=True)

    def is_health_check(self, packet: Packet) -> bool:
        """Whether a packet asks for a health check node port of this node."""
        known = packet.port in self.index.by_health_port
        return known and packet.protocol == "TCP" and self.is_own(packet.destination)

    def refuses(self, kind: str, port: ServicePortInfo, source: str) -> bool:
        """Whether loadBalancerSourceRanges keep a source out; a VIP itself passes where the node may."""
        if kind != "load balancer IP" or not port.source_ranges or within(source, port.source_ranges):
            return False
        return not (source in port.vips and within(self.address, port.source_ranges))


@lru_cache(maxsize=64)
def _networks(ranges: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(map(ip_network, ranges))


def within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of the networks; what is no address does not."""
    known = parsed_address(address) if networks else None
    return known is not None and any(known in network for network in networks)


def is_loopback(address: str) -> bool:
    """Whether an address is the node's way to itself."""
    known = parsed_address(address)
    return known is not None and known.is_loopback
