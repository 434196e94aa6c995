"""Mode ipvs: a virtual server in the kernel for every address of a Service, with its real servers.

The addresses of Services stand on a device of the node (kube-ipvs0). Sets of addresses decide what is
masqueraded. Policy Local without an endpoint here falls back to all endpoints instead of dropping.
Source: pkg/proxy/ipvs/proxier.go of Kubernetes 1.34; the mode is deprecated since 1.35 (KEP-5495).
"""

from dataclasses import replace

from sim.cluster.families import at_port
from sim.routing.kube_proxy.categories import Categories, Endpoints
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.policy import ServiceChains, dnat, filtered
from sim.routing.kube_proxy.proxy import Proxy, is_loopback
from sim.routing.kube_proxy.service_ports import ServicePortInfo
from sim.routing.kube_proxy.verdict import Verdict, VirtualServer, share_of

FIREWALL = ("filter:KUBE-PROXY-FIREWALL", "filter:KUBE-SOURCE-RANGES-FIREWALL")


def ipvs(proxy: Proxy, packet: Packet) -> Verdict:
    """A new connection on a node in mode ipvs."""
    hit = proxy.hit(packet, _listens(proxy, packet.destination))
    if hit is None:
        return _no_service(proxy, packet)
    kind, port = hit
    if proxy.refuses(kind, port, packet.source):
        return filtered(port, packet.source, FIREWALL)
    return _schedule(proxy, kind, port, packet)


def _no_service(proxy: Proxy, packet: Packet) -> Verdict:
    address = packet.destination
    if address in proxy.index.service_ips:
        because = f"{address} is a service address without port {packet.port}/{packet.protocol}"
        return Verdict("reject", because, ("filter:KUBE-IPVS-FILTER",), rules_passed=1)
    only = "mode ipvs serves them on the node's own addresses, not on loopback"
    nobody = Verdict("accept", f"{at_port(address, packet.port)} is no Service's", rules_passed=1)
    return proxy.unanswered(packet, only) or nobody


def _listens(proxy: Proxy, address: str) -> bool:
    return not is_loopback(address) and proxy.takes_node_ports(address, everywhere=True)


def _schedule(proxy: Proxy, kind: str, port: ServicePortInfo, packet: Packet) -> Verdict:
    asked = at_port(packet.destination, packet.port)
    server, endpoints, because = virtual_server(proxy, port, asked, internal=kind == "cluster IP")
    if not endpoints:
        because = f"the virtual server {server.name} has no real server: refused"
        return Verdict("reject", because, service_port=port, virtual_server=server, rules_passed=1)
    way = ServiceChains((), endpoints, _marked(proxy, kind, port, packet), because)
    own = tuple(e for e in endpoints if e.address == packet.source and e.node == proxy.node.name)
    says = [f"{share_of(len(endpoints))} real server, weight 1"] * len(endpoints)
    return replace(dnat(way, port, own, (), (), says), virtual_server=server)


def virtual_server(
    proxy: Proxy, port: ServicePortInfo, address: str, internal: bool = False
) -> tuple[VirtualServer, Endpoints, str]:
    """The virtual server of a Service port at `ADDRESS:PORT`, its endpoints, and why these.

    Args:
        internal: whether the address is the ClusterIP.
    """
    endpoints, because = _real_servers(proxy.categories(port), port, internal)
    name = f"{address}/{port.protocol.lower()}"
    weights = {e.target: 1 for e in endpoints}
    return VirtualServer(name, proxy.options.scheduler, port.affinity_s, weights), endpoints, because


def _real_servers(found: Categories, port: ServicePortInfo, internal: bool) -> tuple[Endpoints, str]:
    local = port.internal_local if internal else port.external_local
    if not local:
        return found.cluster, "policy Cluster: all Pods"
    if found.local:
        return found.local, "policy Local: this node's Pods"
    return found.cluster, "policy Local and none here: all Pods all the same"


def _marked(proxy: Proxy, kind: str, port: ServicePortInfo, packet: Packet) -> bool:
    """Whether a set of addresses marks the connection for masquerading."""
    if kind != "cluster IP":
        return not port.external_local
    if proxy.options.masquerade_all:
        return True
    if proxy.options.local_detector:
        return not proxy.is_pod(packet.source)
    # Without a detector only the node's own packets are marked: their source is the ClusterIP itself.
    return packet.source in proxy.index.cluster_ips
