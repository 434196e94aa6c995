"""A bare connection at one node: opened there, in a Pod of it, or come from outside.

That node's kube-proxy decides at once, even for the address of a load balancer. What is meant for another
node's own address is decided there.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.cluster.cluster import Cluster, LinkedService, Node
from sim.cluster.delays import Delays
from sim.errors import UsageError
from sim.routing import ends
from sim.routing.by_dns import by_dns
from sim.routing.hops import node as node_hop
from sim.routing.kube_proxy import DEFAULT_MODE, Packet, Verdict, decide, proxy_of
from sim.routing.kube_proxy.health import health_answer
from sim.routing.trace import Final, Hop, Request, Trace

PROTOCOLS = {"tcp": "TCP", "udp": "UDP", "sctp": "SCTP"}


def connect(
    cluster: Cluster, request: Request, origin: str, mode: str = DEFAULT_MODE, at: str | None = None
) -> Trace:
    """Follow a connection that one node decides about.

    Args:
        origin: `node:NAME`, `pod:NAMESPACE/NAME`, or `client`.
        mode: of kube-proxy.
        at: the node that a client's packet reaches; goes with `client` alone.

    Raises:
        UsageError: no such node, Pod or Service, or the request is no tcp://, udp:// or sctp://.
    """
    if request.scheme not in PROTOCOLS:
        what = "--from" if at is None else "--to node:NAME"
        raise UsageError(
            f"{what} goes with tcp://, udp:// and sctp://; a web request starts at the client and enters by a"
            " load balancer: leave it out, or write tcp://NAME.NAMESPACE:PORT"
        )
    node, source = _start(cluster, origin) if at is None else _arrival(cluster, origin, at, request.client_ip)
    named = _named(cluster, request.host)
    if named is not None and named.cluster_ip is None:
        hops, final = by_dns(named, request, node, origin, source)
        return Trace(request, None, hops, final, 0.0, (), cluster.assumptions, cluster.unmodelled)
    address = _destination(cluster, request.host)
    packet = Packet(source, address, request.target_port, PROTOCOLS[request.scheme])
    verdict = decide(proxy_of(cluster, node), packet, mode)
    passed: tuple[Hop, ...] = ()
    other = next((n for n in cluster.nodes if n.address == address and n is not node), None)
    if verdict.verdict == "accept" and other is not None:
        passed = (kube_proxy_hop(node, packet, verdict, mode),)
        node, verdict = other, decide(proxy_of(cluster, other), packet, mode)
    before = {"source": source, "destination": f"{address}:{packet.port}", "protocol": request.scheme}
    start = Hop(origin, "client", 0.0, _meaning(cluster, request.host, address), before)
    final = _final(cluster, node, verdict, packet)
    done_s = _leg_s(node, verdict)
    hops = (start, *passed, kube_proxy_hop(node, packet, verdict, mode), *_pods(verdict, done_s / 2))
    return Trace(request, None, hops, final, done_s, (), cluster.assumptions, cluster.unmodelled)


def kube_proxy_hop(node: Node, packet: Packet, verdict: Verdict, mode: str) -> Hop:
    """Chains in the order entered, then each branch with its probability."""
    says = f"{node.name}, {mode}: {verdict.because}"
    steps = node_hop.steps(verdict, mode)
    before, after = node_hop.before(packet), node_hop.after(node, verdict)
    return Hop("node kube-proxy", "node", 0.0, says, before, after, steps, node_hop.branches(verdict))


def _start(cluster: Cluster, origin: str) -> tuple[Node, str]:
    """The node where the connection opens, and its source address."""
    kind, _, name = origin.partition(":")
    if kind == "node" and name in cluster.node_by_name:
        node = cluster.node_by_name[name]
        return node, node.address
    if kind == "pod" and name in cluster.pods:
        pod = cluster.pods[name]
        return cluster.node_by_name.get(pod.node) or cluster.nodes[0], pod.address
    there = [f"node:{n}" for n in cluster.node_by_name] + [f"pod:{p}" for p in cluster.pods]
    raise UsageError(f"--from {origin}: there is no such place; there are: {', '.join(there[:6])}")


def _arrival(cluster: Cluster, origin: str, at: str, client: str) -> tuple[Node, str]:
    """The node that a packet from outside reaches, and its source address."""
    if origin != "client":
        raise UsageError(f"--to node:{at} says where a client's packet arrives; it does not go with --from")
    if at not in cluster.node_by_name:
        raise UsageError(f"--to node:{at}: there are: {', '.join(cluster.node_by_name)}")
    return cluster.node_by_name[at], client


def _destination(cluster: Cluster, host: str) -> str:
    """The address of a name: a Service's ClusterIP by NAME.NAMESPACE, a node's, else the text itself."""
    service = _named(cluster, host)
    if service is not None and service.cluster_ip:
        return service.cluster_ip
    if host in cluster.node_by_name:
        return cluster.node_by_name[host].address
    if host.replace(".", "").isdigit() or ":" in host:
        return host
    there = ", ".join(_names(cluster)) or "none"
    raise UsageError(f"{host}: no Service with a ClusterIP is called so; there are: {there}")


def _meaning(cluster: Cluster, host: str, address: str) -> str:
    """What the destination is."""
    if host != address:
        return f"{host} is {address}"
    owner = next((s.key for s in cluster.services.values() if address in _addresses(s)), None)
    node = next((n.name for n in cluster.nodes if n.address == address), None)
    whose = f"an address of Service {owner}" if owner else f"{node}'s own address" if node else "an address"
    return f"{address}, {whose}"


def _addresses(service: LinkedService) -> tuple[str | None, ...]:
    return (service.cluster_ip, *service.manifest.spec.external_ips, *service.load_balancer)


def _named(cluster: Cluster, host: str) -> LinkedService | None:
    """The Service that a name means: NAME.NAMESPACE, with or without what follows."""
    name, _, rest = host.partition(".")
    return cluster.services.get(f"{rest.partition('.')[0] or 'default'}/{name}")


def _names(cluster: Cluster) -> Iterator[str]:
    found = [s for s in cluster.services.values() if s.cluster_ip]
    yield from (f"{s.manifest.name}.{s.manifest.namespace}" for s in found[:5])


def _final(cluster: Cluster, node: Node, verdict: Verdict, packet: Packet) -> Final:
    port = verdict.service_port
    if port is None or verdict.verdict == "accept":
        return _beside(cluster, node, verdict, packet)
    if verdict.verdict == "reject":
        return ends.refused(port.service, port.port)
    if verdict.verdict == "drop":
        return ends.dropped(port.service, port.port, node, verdict.because)
    return ends.delivered(port.service, port.port, verdict.endpoints, None, {})


def _beside(cluster: Cluster, node: Node, verdict: Verdict, packet: Packet) -> Final:
    """No rule of a Service port decides: a Pod's own address, or nothing that listens."""
    pod = next((p for p in cluster.pods.values() if p.address == packet.destination), None)
    if verdict.verdict == "accept" and pod is not None:
        said = f"to Pod {pod.key} itself: kube-proxy does not touch it"
        target = f"{pod.address}:{packet.port}"
        return Final(
            "delivered", said, answered_by="the application", pod=pod.key, details={"endpoints": [target]}
        )
    answer = health_answer(proxy_of(cluster, node), packet.port)
    if answer is not None and proxy_of(cluster, node).is_health_check(packet):
        return ends.health(answer, node, packet.port)
    state = {"reject": "refused", "drop": "dropped"}.get(verdict.verdict, "no-listener")
    code = {"refused": "SIM2012", "dropped": "SIM2013"}.get(state, "SIM2011")
    return Final(state, verdict.because, code=code, fix="use an address and port of a Service")


def _pods(verdict: Verdict, at_s: float) -> tuple[Hop, ...]:
    port = verdict.service_port
    if verdict.verdict != "dnat" or port is None:
        return ()
    count = len(verdict.endpoints)
    branches = node_hop.branches(verdict)
    says = f"one of {count}, 1/{count} each: one draw per connection" if count > 1 else branches[0].to
    return (Hop(f"Pod of {_name(port.service)}", "pod", at_s, says, branches=branches),)


def _name(service: LinkedService) -> str:
    return service.manifest.name


def _leg_s(node: Node, verdict: Verdict) -> float:
    """The mean round trip to the endpoints, with typical delays."""
    trips = [Delays().between(node.zone, e.zone) for e in verdict.endpoints]
    return sum(trips) / len(trips) if trips else 0.0
