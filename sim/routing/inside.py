"""A bare connection at one node: opened there, in a Pod of it, or come from outside.

That node's kube-proxy decides at once, even for the address of a load balancer. What is meant for another
node's own address is decided there.
"""

from sim.cluster.cluster import Cluster, LinkedService, Node
from sim.errors import UsageError, there_are
from sim.routing.by_dns import by_dns
from sim.routing.kube_proxy import DEFAULT_MODE, Packet
from sim.routing.legs import Taken, ToNode, Trip
from sim.routing.route import traced, walk
from sim.routing.trace import Request, Trace

SCHEMES = ("tcp", "udp", "sctp")


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
    if request.scheme not in SCHEMES:
        what = "--from" if at is None else "--to node:NAME"
        raise UsageError(
            f"{what} goes with tcp://, udp:// and sctp://; a web request starts at the client and enters by a"
            " load balancer: leave it out, or write tcp://NAME.NAMESPACE:PORT"
        )
    node, source = _start(cluster, origin) if at is None else _arrival(cluster, origin, at, request.client_ip)
    trip = Trip(request, cluster.setup.delays, mode=mode, inside=True)
    named = _named(cluster, request.host)
    if named is not None and named.cluster_ip is None:
        taken = by_dns(named, trip, node, origin, source)
    else:
        taken = _opened(trip, node, origin, source, _destination(cluster, request.host), cluster)
    return traced(cluster, request, walk(cluster, taken))


def _opened(trip: Trip, node: Node, origin: str, source: str, address: str, cluster: Cluster) -> Taken:
    """The first packet, on its way to the kube-proxy of the node."""
    request = trip.request
    packet = Packet(source, address, request.target_port, request.protocol)
    before = {"source": source, "destination": f"{address}:{packet.port}", "protocol": request.scheme}
    hop = trip.hop(origin, "client", _meaning(cluster, request.host, address), before=before)
    return trip.takes(ToNode(trip, ((node, packet),)), hop)


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
    raise UsageError(f"--from {origin}: there is no such place; {there_are(origin, there)}")


def _arrival(cluster: Cluster, origin: str, at: str, client: str) -> tuple[Node, str]:
    """The node that a packet from outside reaches, and its source address."""
    if origin != "client":
        raise UsageError(f"--to node:{at} says where a client's packet arrives; it does not go with --from")
    if at not in cluster.node_by_name:
        raise UsageError(f"--to node:{at}: {there_are(at, cluster.node_by_name)}")
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
    found = [s.manifest for s in cluster.services.values() if s.cluster_ip]
    there = there_are(host, (f"{s.name}.{s.namespace}" for s in found))
    raise UsageError(f"{host}: no Service with a ClusterIP is called so; {there}")


def _meaning(cluster: Cluster, host: str, address: str) -> str:
    """What the destination is."""
    if host != address:
        return f"{host} is {address}"
    addresses = {
        s.key: (s.cluster_ip, *s.manifest.spec.external_ips, *s.load_balancer)
        for s in cluster.services.values()
    }
    owner = next((key for key, own in addresses.items() if address in own), None)
    node = next((n.name for n in cluster.nodes if n.address == address), None)
    whose = f"an address of Service {owner}" if owner else f"{node}'s own address" if node else "an address"
    return f"{address}, {whose}"


def _named(cluster: Cluster, host: str) -> LinkedService | None:
    """The Service that a name means: NAME.NAMESPACE, with or without what follows."""
    name, _, rest = host.partition(".")
    return cluster.services.get(f"{rest.partition('.')[0] or 'default'}/{name}")
