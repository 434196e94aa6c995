"""Mode nftables: maps from address, protocol and port to a chain, so one look finds the Service.

Within a Service one random number picks the endpoint. What iptables leaves alone is decided here too: a wrong
port of a ClusterIP is rejected, an unallocated service address dropped, and source ranges hold before DNAT.
Source: pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from __future__ import annotations

from sim.routing.kube_proxy.categories import Categories
from sim.routing.kube_proxy.names import endpoint_name, nftables_chain
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.policy import ServiceChains, from_outside, to_cluster_ip
from sim.routing.kube_proxy.proxy import Proxy, is_loopback
from sim.routing.kube_proxy.service_ports import ServicePortInfo
from sim.routing.kube_proxy.verdict import Verdict, hairpins, share_of
from sim.routing.trace import Step

NFT_KINDS = {"SVC": "service", "SVL": "local", "EXT": "external", "FW": "firewall"}


def nftables(proxy: Proxy, packet: Packet) -> Verdict:
    """A new connection on a node in mode nftables."""
    hit = proxy.external(packet)
    if hit is not None:
        kind, port = hit
        return _internal(proxy, port, packet) if kind == "cluster IP" else _outside(proxy, kind, port, packet)
    port_by_number = proxy.node_port(packet) if _listens(proxy, packet.destination) else None
    if port_by_number is not None:
        found = proxy.categories(port_by_number)
        return _by_policy(proxy, port_by_number, packet, found, "nodeport-endpoints-check")
    return _no_service(proxy, packet)


def _no_service(proxy: Proxy, packet: Packet) -> Verdict:
    address = packet.destination
    if address in proxy.index.cluster_ips:
        because = f"{address} is a ClusterIP without port {packet.port}/{packet.protocol}"
        return Verdict("reject", because, ("cluster-ips-check",), rules_passed=1)
    if proxy.is_service_range(address):
        because = f"{address} is a service address that no Service has"
        return Verdict("drop", because, ("cluster-ips-check",), rules_passed=1)
    return Verdict("accept", f"{address}:{packet.port} is no Service's", rules_passed=1)


def _listens(proxy: Proxy, address: str) -> bool:
    return not is_loopback(address) and proxy.takes_node_ports(address, everywhere=False)


def _internal(proxy: Proxy, port: ServicePortInfo, packet: Packet) -> Verdict:
    found = proxy.categories(port)
    if not found.exists:
        return _reject(port, "service-endpoints-check")
    way = to_cluster_ip(proxy, port, packet, found)
    if not way.endpoints:
        return _drop(port, way, ("service-endpoints-check",))
    return _dnat(port, packet, way)


def _outside(proxy: Proxy, kind: str, port: ServicePortInfo, packet: Packet) -> Verdict:
    guarded = kind == "load balancer IP" and bool(port.source_ranges)
    if guarded and not proxy.in_source_ranges(port, packet.source):
        because = f"{packet.source} is in none of loadBalancerSourceRanges"
        chains = ("firewall-check", _chain("FW", port))
        return Verdict("drop", because, chains, service_port=port, rules_passed=1, filtered=True)
    return _by_policy(proxy, port, packet, proxy.categories(port), "service-endpoints-check")


def _by_policy(proxy: Proxy, port: ServicePortInfo, packet: Packet, found: Categories, check: str) -> Verdict:
    """Through the chain external-.

    Args:
        check: the chain that ends what has no endpoint.
    """
    if not found.exists:
        return _reject(port, check)
    way = from_outside(proxy, port, packet, found)
    if not way.endpoints:
        return _drop(port, way, ("services", _chain("EXT", port), check))
    return _dnat(port, packet, way)


def _dnat(port: ServicePortInfo, packet: Packet, way: ServiceChains) -> Verdict:
    everyone, own = hairpins(way.endpoints, packet.source, way.marked)
    targets = (endpoint_name(e.address, e.port) for e in way.endpoints)
    names = tuple(nftables_chain("endpoint", port.name, port.protocol, t) for t in targets)
    count = len(names)
    return Verdict(
        "dnat",
        f"Service {port.service.key}: {way.because}",
        ("services", *(_chain(kind, port) for kind in way.chains)),
        way.endpoints,
        names,
        everyone,
        own,
        port,
        rules_passed=1,
        steps=tuple(
            Step(e.target, True, f"{drawn_share(i, count)} {name}", e.source)
            for i, (name, e) in enumerate(zip(names, way.endpoints, strict=True))
        ),
    )


def drawn_share(index: int, count: int) -> str:
    """The probability of one of `count` endpoints, and the number that stands for it."""
    return f"1/{count} if the draw is {index}:" if count > 1 else share_of(count)


def _reject(port: ServicePortInfo, check: str) -> Verdict:
    because = f"Service {port.service.key} has no endpoint: reject"
    return Verdict("reject", because, (check, "reject-chain"), service_port=port, rules_passed=1)


def _drop(port: ServicePortInfo, way: ServiceChains, chains: tuple[str, ...]) -> Verdict:
    because = f"Service {port.service.key}: {way.because}: drop"
    return Verdict("drop", because, chains, service_port=port, rules_passed=1)


def _chain(kind: str, port: ServicePortInfo) -> str:
    return nftables_chain(NFT_KINDS[kind], port.name, port.protocol)
