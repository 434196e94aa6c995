"""Mode iptables: chains of rules, read from the top until one decides.

KUBE-SERVICES has rules for every address of every Service, so the first packet of a connection passes more of
them the more Services there are. Within a Service the i-th of n rules is taken with probability 1/(n-i).
Source: pkg/proxy/iptables/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Iterator

from sim.cluster.families import at_port
from sim.routing.kube_proxy.names import endpoint_name, iptables_chain
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.policy import ServiceChains, dnat, filtered, service_chains
from sim.routing.kube_proxy.proxy import Proxy, is_loopback
from sim.routing.kube_proxy.service_ports import ServicePortInfo
from sim.routing.kube_proxy.verdict import Verdict, VerdictKind, share_of

_FIREWALL = "filter:KUBE-PROXY-FIREWALL"


def iptables(proxy: Proxy, packet: Packet) -> Verdict:
    """A new connection on a node in mode iptables."""
    hit = proxy.hit(packet, proxy.is_own(packet.destination))
    if hit is None:
        return _no_service(proxy, packet)
    kind, port = hit
    found = proxy.categories(port)
    if not found.exists:
        return _unserved(proxy, kind, port, packet)
    if kind == "node port" and not _listens(proxy, packet.destination):
        if port.external_local and not found.local:
            # The filter asks for any local address, those without node ports too.
            why = f": policy Local and no endpoint on {proxy.node.name}: DROP"
            return _ended("drop", port, why, (_refusing(kind),))
        only = "neither nodePortAddresses nor localhostNodePorts of kube-proxy take it in"
        if proxy.family == "IPv6" and is_loopback(packet.destination):
            only = "node ports do not answer on loopback over IPv6"
        return proxy.unanswered(packet, only) or _no_service(proxy, packet)
    guarded = kind == "load balancer IP" and bool(port.source_ranges)
    more = ("nat:KUBE-NODEPORTS",) if kind == "node port" else (_chain("FW", port),) if guarded else ()
    entered = ("nat:KUBE-SERVICES", *more)
    if proxy.refuses(kind, port, packet.source):
        return filtered(port, packet.source, (*entered, _FIREWALL), _rules(port))
    way = service_chains(proxy, kind, port, packet, found)
    if way.endpoints:
        return _dnat(port, packet, way, entered)
    last = _FIREWALL if guarded else _refusing(kind)
    chains = (last,) if kind == "cluster IP" else (*entered, _chain("EXT", port), last)
    return _ended("drop", port, f": {way.because}: DROP", chains)


def _no_service(proxy: Proxy, packet: Packet) -> Verdict:
    chains = ("filter:KUBE-NODEPORTS",) if proxy.is_health_check(packet) else ()
    because = (
        "a health check node port"
        if chains
        else f"{at_port(packet.destination, packet.port)} is no Service's"
    )
    return Verdict("accept", because, chains, rules_passed=proxy.index.rules)


def _unserved(proxy: Proxy, kind: str, port: ServicePortInfo, packet: Packet) -> Verdict:
    """On the way out of the node itself no chain looks for external addresses without endpoints."""
    leaves = proxy.is_own(packet.source) and not proxy.is_own(packet.destination)
    if kind != "cluster IP" and leaves:
        because = " has no endpoint, and the node's own packets are not rejected"
        return _ended("accept", port, because, ())
    return _ended("reject", port, " has no endpoint: REJECT", (_refusing(kind),))


def _refusing(kind: str) -> str:
    return f"filter:KUBE-{'' if kind == 'cluster IP' else 'EXTERNAL-'}SERVICES"


def _listens(proxy: Proxy, address: str) -> bool:
    # Over IPv6 they never answer on loopback: there is no route_localnet for it.
    localhost = proxy.options.localhost_node_ports and proxy.family == "IPv4"
    allowed = localhost or not is_loopback(address)
    return allowed and proxy.takes_node_ports(address, everywhere=True)


def _dnat(port: ServicePortInfo, packet: Packet, way: ServiceChains, entered: tuple[str, ...]) -> Verdict:
    targets = (endpoint_name(e.address, e.port) for e in way.endpoints)
    names = tuple(iptables_chain("SEP", port.name, port.protocol, t) for t in targets)
    own = tuple(e for e in way.endpoints if e.address == packet.source)
    chains = (*entered, *(_chain(kind, port) for kind in way.chains))
    return dnat(way, port, own, chains, names, _shares(names), _rules(port))


def _shares(names: tuple[str, ...]) -> Iterator[str]:
    """The i-th of n rules is taken with 1/(n-i), so all are equally likely."""
    count = len(names)
    for index, name in enumerate(names):
        share = f"1/{count - index} of what comes here" if index < count - 1 else "the rest"
        yield f"{share_of(count)} {name}, takes {share}"


def _ended(verdict: VerdictKind, port: ServicePortInfo, why: str, chains: tuple[str, ...]) -> Verdict:
    because = f"Service {port.service.key}{why}"
    return Verdict(verdict, because, chains, service_port=port, rules_passed=_rules(port))


def _chain(kind: str, port: ServicePortInfo) -> str:
    return f"nat:{iptables_chain(kind, port.name, port.protocol)}"


def _rules(port: ServicePortInfo) -> int:
    """How many rules of KUBE-SERVICES a packet passes up to its own."""
    return port.rules_before + 1
