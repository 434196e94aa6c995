"""Which endpoint a node's kube-proxy gives a new connection to, and what it does to the addresses.

It decides per connection, not per request: once conntrack has an entry, rules are not asked again. The three
modes answer the same question, each with its own structure. What is written into the kernel is another
module's business, and time is that of `connections`.
"""

from functools import lru_cache

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService, Node
from sim.cluster.families import Family, family_of
from sim.errors import one_of
from sim.routing.kube_proxy.modes import DEFAULT_MODE, MODES, Mode
from sim.routing.kube_proxy.packet import Options, Packet
from sim.routing.kube_proxy.proxy import Proxy, within
from sim.routing.kube_proxy.service_ports import ServicePortInfo, index_of, networks, vips_of
from sim.routing.kube_proxy.verdict import Verdict, VirtualServer

DEFAULT_OPTIONS = Options()

BALANCER_ADDRESS = "0.0.0.0"
"""The source of a connection that a load balancer opens from an address of its own, which no file shows."""


@lru_cache(maxsize=1024)
def proxy_of(
    cluster: Cluster, node: Node, options: Options = DEFAULT_OPTIONS, family: Family = "IPv4"
) -> Proxy:
    """The kube-proxy of a node for an address family: each family has one of its own.

    Pods of the cluster count as Pods even outside the ranges of the options.
    """
    return Proxy(index_of(cluster, family), node, options, _pod_addresses(cluster), family)


def proxy_for(cluster: Cluster, node: Node, destination: str, options: Options = DEFAULT_OPTIONS) -> Proxy:
    """The one of a node's proxies that a packet to an address meets."""
    return proxy_of(cluster, node, options, family_of(destination) or "IPv4")


@lru_cache(maxsize=16)
def _pod_addresses(cluster: Cluster) -> frozenset[str]:
    pods = frozenset(a for p in cluster.pods.values() for a in p.addresses)
    return pods - {a for n in cluster.nodes for a in n.addresses}


@lru_cache(maxsize=4096)
def decide(proxy: Proxy, packet: Packet, mode: str = DEFAULT_MODE) -> Verdict:
    """What happens to a new connection on a node.

    Args:
        mode: a key of MODES.

    Raises:
        UsageError: there is no such mode.
    """
    return MODES[one_of(mode, MODES, "mode of kube-proxy")].decide(proxy, packet)


def behind_balancer(service: LinkedService, port: LinkedPort, node: Node, source: str) -> Packet:
    """The packet that a load balancer brings to a node: to its own address, or to the node's NodePort.

    A balancer with ipMode Proxy, or with a name alone, opens a connection of its own to the NodePort, and so
    does one whose maker registers node ports. One that does not keep the client's address shows its own.

    Args:
        source: its family is that of the packet.
    """
    balancer, family = service.balancer, family_of(source)
    known = balancer.port(port.number, port.protocol) if balancer is not None else None
    if known is not None and not known.keeps_client:
        source = BALANCER_ADDRESS if "IPv4" in service.families else "::"
        family = family_of(source)
    vips = [a for a in vips_of(service) if family_of(a) == family]
    if vips and (balancer is None or balancer.destination == "balancer-address"):
        return Packet(source, vips[0], port.number, port.protocol)
    return Packet(source, node.address_of(family), port.node_port or port.number, port.protocol)


def allowed_client(service: LinkedService, client: str) -> str:
    """A client that loadBalancerSourceRanges let pass: this one, or else the first address of a range."""
    ranges, version = service.manifest.spec.load_balancer_source_ranges, 6 if ":" in client else 4
    allowed = tuple(n for n in networks(ranges) if n.version == version)
    return client if not allowed or within(client, allowed) else str(allowed[0][0])


__all__ = [
    "BALANCER_ADDRESS", "DEFAULT_MODE", "MODES", "Mode", "Options", "Packet", "Proxy", "ServicePortInfo",
    "Verdict", "VirtualServer", "allowed_client", "behind_balancer", "decide", "networks", "proxy_for",
    "proxy_of", "vips_of", "within",
]  # fmt: skip
