"""Mode iptables: chains of rules, read from the top until one decides.

KUBE-SERVICES has rules for every address of every Service, so the first packet of a connection passes more of
them the more Services there are. Within a Service the i-th of n rules is taken with probability 1/(n-i).
Source: pkg/proxy/iptables/proxier.go of Kubernetes 1.35.
"""

from __future__ import annotations

from dataclasses import replace

from sim.routing.kube_proxy.categories import Categories
from sim.routing.kube_proxy.names import endpoint_name, iptables_chain
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.policy import ServiceChains, from_outside, to_cluster_ip
from sim.routing.kube_proxy.proxy import Proxy, is_loopback
from sim.routing.kube_proxy.service_ports import ServicePortInfo
from sim.routing.kube_proxy.verdict import Verdict, VerdictKind, even_steps, hairpins


def iptables(proxy: Proxy, packet: Packet) -> Verdict:
    """A new connection on a node in mode iptables."""
    hit = proxy.external(packet)
    if hit is not None:
        kind, port = hit
        return _internal(proxy, port, packet) if kind == "cluster IP" else _outside(proxy, kind, port, packet)
    port_by_number = proxy.node_port(packet) if proxy.is_own(packet.destination) else None
    if port_by_number is not None:
        return _node_port(proxy, port_by_number, packet)
    chains = ("filter:KUBE-NODEPORTS",) if proxy.is_health_check(packet) else ()
    because = "a health check node port" if chains else f"{packet.destination}:{packet.port} is no Service's"
    return Verdict("accept", because, chains, rules_passed=_rules(proxy, None))


def _internal(proxy: Proxy, port: ServicePortInfo, packet: Packet) -> Verdict:
    found = proxy.categories(port)
    if not found.exists:
        return _reject(proxy, port, "filter:KUBE-SERVICES")
    way = to_cluster_ip(proxy, port, packet, found)
    if not way.endpoints:
        return _drop(proxy, port, way, ("filter:KUBE-SERVICES",))
    return _dnat(proxy, port, packet, way, ("nat:KUBE-SERVICES",))


def _outside(proxy: Proxy, kind: str, port: ServicePortInfo, packet: Packet) -> Verdict:
    """To an external IP or a load balancer's address."""
    found = proxy.categories(port)
    if not found.exists:
        return _reject_outside(proxy, port, packet)
    guarded = kind == "load balancer IP" and bool(port.source_ranges)
    entered: tuple[str, ...] = ("nat:KUBE-SERVICES",)
    if guarded:
        entered = (*entered, _chain("FW", port))
        if not proxy.in_source_ranges(port, packet.source):
            because = f"{packet.source} is in none of loadBalancerSourceRanges"
            dropped = _ended("drop", proxy, port, because, (*entered, "filter:KUBE-PROXY-FIREWALL"))
            return replace(dropped, filtered=True)
    last = "filter:KUBE-PROXY-FIREWALL" if guarded else "filter:KUBE-EXTERNAL-SERVICES"
    return _by_policy(proxy, port, packet, found, entered, last)


def _node_port(proxy: Proxy, port: ServicePortInfo, packet: Packet) -> Verdict:
    found = proxy.categories(port)
    if not found.exists:
        return _reject(proxy, port, "filter:KUBE-EXTERNAL-SERVICES")
    if not _listens(proxy, packet.destination):
        return Verdict("accept", f"NodePorts do not answer on {packet.destination}", service_port=port)
    entered = ("nat:KUBE-SERVICES", "nat:KUBE-NODEPORTS")
    return _by_policy(proxy, port, packet, found, entered, "filter:KUBE-EXTERNAL-SERVICES")


def _listens(proxy: Proxy, address: str) -> bool:
    allowed = proxy.options.localhost_node_ports or not is_loopback(address)
    return allowed and proxy.takes_node_ports(address, everywhere=True)


def _by_policy(
    proxy: Proxy,
    port: ServicePortInfo,
    packet: Packet,
    found: Categories,
    entered: tuple[str, ...],
    last: str,
) -> Verdict:
    """Through the chain EXT.

    Args:
        last: the chain that drops what leaves EXT without a choice.
    """
    way = from_outside(proxy, port, packet, found)
    if not way.endpoints:
        return _drop(proxy, port, way, (*entered, _chain("EXT", port), last))
    return _dnat(proxy, port, packet, way, entered)


def _dnat(
    proxy: Proxy, port: ServicePortInfo, packet: Packet, way: ServiceChains, entered: tuple[str, ...]
) -> Verdict:
    everyone, own = hairpins(way.endpoints, packet.source, way.marked)
    targets = (endpoint_name(e.address, e.port) for e in way.endpoints)
    names = tuple(iptables_chain("SEP", port.name, port.protocol, t) for t in targets)
    return Verdict(
        "dnat",
        f"Service {port.service.key}: {way.because}",
        (*entered, *(_chain(kind, port) for kind in way.chains)),
        way.endpoints,
        names,
        everyone,
        own,
        port,
        rules_passed=_rules(proxy, port),
        steps=even_steps(way.endpoints, names),
    )


def _reject(proxy: Proxy, port: ServicePortInfo, chain: str) -> Verdict:
    because = f"Service {port.service.key} has no endpoint: REJECT"
    return _ended("reject", proxy, port, because, (chain,))


def _reject_outside(proxy: Proxy, port: ServicePortInfo, packet: Packet) -> Verdict:
    """On the way out of the node itself no chain looks for external addresses without endpoints."""
    if proxy.is_own(packet.source) and not proxy.is_own(packet.destination):
        because = f"Service {port.service.key} has no endpoint, and the node's own packets are not rejected"
        return _ended("accept", proxy, port, because, ())
    return _reject(proxy, port, "filter:KUBE-EXTERNAL-SERVICES")


def _drop(proxy: Proxy, port: ServicePortInfo, way: ServiceChains, chains: tuple[str, ...]) -> Verdict:
    because = f"Service {port.service.key}: {way.because}: DROP"
    return _ended("drop", proxy, port, because, chains)


def _ended(
    verdict: VerdictKind, proxy: Proxy, port: ServicePortInfo, because: str, chains: tuple[str, ...]
) -> Verdict:
    return Verdict(verdict, because, chains, service_port=port, rules_passed=_rules(proxy, port))


def _chain(kind: str, port: ServicePortInfo) -> str:
    return f"nat:{iptables_chain(kind, port.name, port.protocol)}"


def _rules(proxy: Proxy, port: ServicePortInfo | None) -> int:
    """How many rules of KUBE-SERVICES a packet passes up to its own; all of them if none is."""
    return proxy.index.rules if port is None else port.rules_before + 1
