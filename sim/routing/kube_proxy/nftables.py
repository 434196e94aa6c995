"""Mode nftables: maps from address, protocol and port to a chain, so one look finds the Service.

Within a Service one random number picks the endpoint. What iptables leaves alone is decided here too: a wrong
port of a ClusterIP is rejected, an unallocated service address dropped, and source ranges hold before DNAT.
Node ports answer on the primary address alone, never on loopback (KEP-3866).
Source: pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Iterator

from sim.cluster.families import at_port
from sim.routing.kube_proxy.names import NFT_KINDS, endpoint_name, nftables_chain
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.policy import ServiceChains, dnat, filtered, service_chains
from sim.routing.kube_proxy.proxy import Proxy, is_loopback
from sim.routing.kube_proxy.service_ports import ServicePortInfo
from sim.routing.kube_proxy.verdict import Verdict


def nftables(proxy: Proxy, packet: Packet) -> Verdict:
    """A new connection on a node in mode nftables."""
    hit = proxy.hit(packet, _listens(proxy, packet.destination))
    if hit is None:
        return _no_service(proxy, packet)
    kind, port = hit
    if proxy.refuses(kind, port, packet.source):
        return filtered(port, packet.source, ("firewall-check", _chain("FW", port)))
    found, service = proxy.categories(port), f"Service {port.service.key}"
    check = "nodeport-endpoints-check" if kind == "node port" else "service-endpoints-check"
    if not found.exists:
        chains: tuple[str, ...] = (check, "reject-chain")
        because = f"{service} has no endpoint: reject"
        return Verdict("reject", because, chains, service_port=port, rules_passed=1)
    way = service_chains(proxy, kind, port, packet, found)
    if way.endpoints:
        return _dnat(port, packet, way)
    chains = (check,) if kind == "cluster IP" else ("services", _chain("EXT", port), check)
    return Verdict("drop", f"{service}: {way.because}: drop", chains, service_port=port, rules_passed=1)


def _no_service(proxy: Proxy, packet: Packet) -> Verdict:
    address = packet.destination
    if address in proxy.index.cluster_ips:
        because = f"{address} is a ClusterIP without port {packet.port}/{packet.protocol}"
        return Verdict("reject", because, ("cluster-ips-check",), rules_passed=1)
    if proxy.is_service_range(address):
        because = f"{address} is a service address that no Service has"
        return Verdict("drop", because, ("cluster-ips-check",), rules_passed=1)
    only = "mode nftables serves them on the node's primary address alone, never on loopback"
    nobody = Verdict("accept", f"{at_port(address, packet.port)} is no Service's", rules_passed=1)
    return proxy.unanswered(packet, only) or nobody


def _listens(proxy: Proxy, address: str) -> bool:
    return not is_loopback(address) and proxy.takes_node_ports(address, everywhere=False)


def _dnat(port: ServicePortInfo, packet: Packet, way: ServiceChains) -> Verdict:
    targets = (endpoint_name(e.address, e.port) for e in way.endpoints)
    names = tuple(nftables_chain("endpoint", port.name, port.protocol, t) for t in targets)
    own = tuple(e for e in way.endpoints if e.address == packet.source)
    chains = ("services", *(_chain(kind, port) for kind in way.chains))
    return dnat(way, port, own, chains, names, _shares(names))


def _shares(names: tuple[str, ...]) -> Iterator[str]:
    """The probability of each endpoint, and the number that stands for it."""
    for index, name in enumerate(names):
        yield f"1/{len(names)} if the draw is {index}: {name}" if len(names) > 1 else f"always: {name}"


def _chain(kind: str, port: ServicePortInfo) -> str:
    return nftables_chain(NFT_KINDS[kind], port.name, port.protocol)
