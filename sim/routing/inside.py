"""A bare connection at one node: opened there, in a Pod of it, or come from outside.

That node's kube-proxy decides at once, even for the address of a load balancer. What is meant for another
node's own address is decided there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sim.cluster.cluster import Assumption, Cluster, LinkedService, Node
from sim.cluster.families import FAMILIES, at_port, family_of, first_of
from sim.errors import UsageError, there_are
from sim.routing.by_dns import by_dns
from sim.routing.final import Final
from sim.routing.hops.doors import doors
from sim.routing.hops.proxy_protocol import spoken
from sim.routing.kube_proxy import DEFAULT_MODE, Packet, vips_of
from sim.routing.legs import Taken, ToLoadBalancer, ToNode, Trip
from sim.routing.route import traced, walk
from sim.routing.trace import CLIENTS, Note, Request, Trace

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
    node, sources = _start(cluster, origin) if at is None else _arrival(cluster, origin, at, request)
    trip = Trip(request, cluster.setup.delays, mode=mode, inside=True)
    named = _named(cluster, request.host)
    if named is not None and named.cluster_ip is None:
        taken = by_dns(cluster, named, trip, node, origin, sources)
    else:
        taken = _connected(trip, node, origin, sources, cluster)
    return traced(cluster, request, walk(cluster, taken))


def _connected(trip: Trip, node: Node, origin: str, sources: Sequence[str], cluster: Cluster) -> Taken:
    """The connection over a family that both ends have; IPv4, where they have both."""
    addresses = _destinations(cluster, trip.request.host)
    pairs = ((first_of(sources, family), first_of(addresses, family)) for family in FAMILIES)
    both = [(source, address) for source, address in pairs if source and address]
    if not both and family_of(addresses[0]) is not None:
        return _no_common_family(trip, origin, sources, addresses)
    source, address = both[0] if both else (sources[0], addresses[0])
    outside = doors(cluster).by_address.get(trip.request.host.lower())
    if outside is not None and address not in vips_of(outside) and trip.request.host == address:
        return _leaves(trip, node, origin, source, outside)
    taken = _opened(trip, node, origin, source, address, cluster)
    if len(both) < 2:
        return taken
    what = f"the client takes IPv4, for {trip.request.host} has IPv4 and IPv6 addresses"
    said = Assumption(
        what, f"ask for {trip.request.scheme}://{at_port(both[1][1], trip.request.target_port)}"
    )
    return replace(taken, assumptions=(*taken.assumptions, said))


def _leaves(trip: Trip, node: Node, origin: str, source: str, service: LinkedService) -> Taken:
    """No rule of kube-proxy has the address: the packet leaves the node and comes back by the balancer."""
    request = trip.request
    says = f"{request.host} is the load balancer of Service {service.key}; kube-proxy has no rule for it"
    why = "ipMode Proxy" if family_of(request.host) is not None else "a host name, not an address"
    before = {
        "source": source,
        "destination": f"{request.host}:{request.target_port}",
        "protocol": request.scheme,
    }
    hop = trip.hop(origin, "client", f"{says} ({why}): the packet leaves the node", before=before)
    out = replace(trip, inside=False, request=replace(request, client_ip=source))
    return out.takes(ToLoadBalancer(out, service, node), hop)


def _no_common_family(trip: Trip, origin: str, sources: Sequence[str], addresses: Sequence[str]) -> Taken:
    """No packet is sent: DNS has no record that the caller could use, or its network knows no way."""
    host, theirs, own = trip.request.host, family_of(addresses[0]), family_of(sources[0])
    fix = f"ask for an {own} address, or from a place with {theirs}"
    if host in addresses:
        says = f"{origin} has no {theirs} address: network is unreachable"
        final = Final("refused", says, code="SIM2131", fix=fix)
    else:
        record = "AAAA" if own == "IPv6" else "A"
        says = f"{host} has no {record} record, its address is {addresses[0]}; {origin} has {own} alone"
        final = Final("dns-no-record", says, code="SIM2130", fix=fix)
    return trip.takes(final, trip.hop(origin, "client", says))


def _opened(trip: Trip, node: Node, origin: str, source: str, address: str, cluster: Cluster) -> Taken:
    """The first packet, on its way to the kube-proxy of the node."""
    request = trip.request
    packet = Packet(source, address, request.target_port, request.protocol)
    notes = tuple(_without_line(cluster, address, request))
    before = {"source": source, "destination": at_port(address, packet.port), "protocol": request.scheme}
    hop = trip.hop(origin, "client", _meaning(cluster, request.host, address), before=before)
    return trip.takes(ToNode(trip, ((node, packet),)), hop, notes=notes)


def _without_line(cluster: Cluster, address: str, request: Request) -> Iterator[Note]:
    """What is missed where kube-proxy takes a short cut past a load balancer that writes PROXY lines."""
    service = doors(cluster).by_address.get(address)
    port = service.port(request.target_port) if service is not None else None
    line = spoken(service, port) if service is not None and port is not None else None
    if line is not None:
        what = "kube-proxy answers for the load balancer's address, so the packet never passes it"
        so = f"the PROXY line that the Pods wait for ({line.what}) is missing, and they drop the connection"
        yield Note("SIM2152", f"{what}: {so}", line.source)


def _start(cluster: Cluster, origin: str) -> tuple[Node, tuple[str, ...]]:
    """The node where the connection opens, and the addresses that may be its source."""
    kind, _, name = origin.partition(":")
    if kind == "node" and name in cluster.node_by_name:
        node = cluster.node_by_name[name]
        return node, node.addresses
    if kind == "pod" and name in cluster.pods:
        pod = cluster.pods[name]
        return cluster.node_by_name.get(pod.node) or cluster.nodes[0], pod.addresses
    there = [f"node:{n}" for n in cluster.node_by_name] + [f"pod:{p}" for p in cluster.pods]
    raise UsageError(f"--from {origin}: there is no such place; {there_are(origin, there)}")


def _arrival(cluster: Cluster, origin: str, at: str, request: Request) -> tuple[Node, tuple[str, ...]]:
    """The node that a packet from outside reaches, and the addresses that may be its source."""
    if origin != "client":
        raise UsageError(f"--to node:{at} says where a client's packet arrives; it does not go with --from")
    if at not in cluster.node_by_name:
        raise UsageError(f"--to node:{at}: {there_are(at, cluster.node_by_name)}")
    every = tuple(CLIENTS.values()) if request.client_ip in CLIENTS.values() else (request.client_ip,)
    return cluster.node_by_name[at], every


def _destinations(cluster: Cluster, host: str) -> tuple[str, ...]:
    """The addresses of a name: a Service's ClusterIPs by NAME.NAMESPACE, a node's, else the text itself."""
    service = _named(cluster, host)
    if service is not None and service.cluster_ip:
        return service.cluster_ips or (service.cluster_ip,)
    if host in cluster.node_by_name:
        return cluster.node_by_name[host].addresses
    if host.replace(".", "").isdigit() or ":" in host or host.lower() in doors(cluster).by_address:
        return (host,)
    found = [s.manifest for s in cluster.services.values() if s.cluster_ip]
    there = there_are(host, (f"{s.name}.{s.namespace}" for s in found))
    raise UsageError(f"{host}: no Service with a ClusterIP is called so; {there}")


def _meaning(cluster: Cluster, host: str, address: str) -> str:
    """What the destination is."""
    if host != address:
        return f"{host} is {address}"
    addresses = {
        s.key: (*s.cluster_ips, *s.manifest.spec.external_ips, *s.load_balancer)
        for s in cluster.services.values()
    }
    owner = next((key for key, own in addresses.items() if address in own), None)
    node = next((n.name for n in cluster.nodes if address in n.addresses), None)
    whose = f"an address of Service {owner}" if owner else f"{node}'s own address" if node else "an address"
    return f"{address}, {whose}"


def _named(cluster: Cluster, host: str) -> LinkedService | None:
    """The Service that a name means: NAME.NAMESPACE, with or without what follows."""
    name, _, rest = host.partition(".")
    return cluster.services.get(f"{rest.partition('.')[0] or 'default'}/{name}")
