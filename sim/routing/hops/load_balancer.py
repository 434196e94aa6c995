"""The hop of a cloud load balancer: which target gets a connection, and whether TLS ends here.

It passes TCP and spreads new connections over healthy nodes. Under policy Cluster a node is healthy while
its kube-proxy is; under policy Local only while it has a ready Pod of the Service (the health check node
port). Source: Kubernetes documentation, "Create an External Load Balancer"; pkg/proxy/healthcheck.

Which load balancer it is, whether targets are nodes or Pods, where TLS ends and whose address is seen is
decided in `sim.cluster.load_balancers`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sim.cluster.cluster import Cluster, Controller, LinkedPort, LinkedService, Node
from sim.cluster.families import is_private
from sim.cluster.life.hearing import ClusterPart
from sim.cluster.load_balancers.makers import in_words
from sim.cluster.load_balancers.targets import BalancerTarget
from sim.cluster.load_balancers.values import LoadBalancer
from sim.routing import ends, ends_at_nodes
from sim.routing.controllers import PROFILES
from sim.routing.controllers.settings import Told
from sim.routing.final import Final, Reached
from sim.routing.hops.balanced import Targets, keeps_client, port_of, targets_at, to_pods
from sim.routing.hops.clock import connected
from sim.routing.hops.controller import table_of
from sim.routing.hops.node import arriving, from_balancer
from sim.routing.hops.opened import from_address, guarded
from sim.routing.hops.proxy_protocol import spoken
from sim.routing.kube_proxy import BALANCER_ADDRESS, networks, within
from sim.routing.legs import Ended, Fork, Leg, Taken, ToController, ToLoadBalancer, ToNode, Trip
from sim.routing.running import running_of
from sim.routing.trace import Hop, Note, Request, Step


def load_balancer(cluster: Cluster, leg: ToLoadBalancer) -> Taken:
    """Pass a connection on to a node or a Pod, or apply rules and go straight to the Service."""
    trip, service = leg.trip, leg.service
    controller = cluster.controller_of_service.get(service.key)
    if controller is not None and controller.listeners and controller.gateway is None:
        return _cloud(cluster, trip, service, controller)
    if not service.load_balancer:
        return trip.takes(ends.pending(service))
    wanted, protocol = trip.request.target_port, trip.request.protocol
    port = next((p for p in service.ports if p.number == wanted and p.protocol == protocol), None)
    if port is None:
        return _closed(trip, service, protocol)
    if service.balancer is not None and port_of(service, port) is None:
        return _stops(trip, ends.no_rule(service, port))
    if service.balancer is not None and not _lets_in(leg, service.balancer):
        client = trip.request.client_ip
        return _stops(trip, ends_at_nodes.kept_out(service, port, service.balancer, client))
    return _passes(cluster, leg, port)


def _stops(trip: Trip, final: Final) -> Taken:
    """The first packet comes as far as the load balancer, and no further."""
    there = trip.waits(trip.delays.dns_s + trip.delays.client_s / 2)
    return there.takes(final, there.hop("load balancer", "load-balancer", final.message))


def _passes(cluster: Cluster, leg: ToLoadBalancer, port: LinkedPort) -> Taken:
    """A layer 4 load balancer: one of the healthy targets."""
    trip, service = leg.trip, leg.service
    found, tls = targets_at(cluster, service, port), ended(service, port)
    there = connected(trip, port, found.healthy, trip.delays.client_s + trip.behind_balancer_s)
    hop = _hop(there, service, port, found, tls)
    if cluster.moment is not None and to_pods(service):
        hop = replace(hop, news=cluster.moment.news(service, (ClusterPart("load_balancer", service.key),)))
    if not found.chosen:
        return there.takes(ends_at_nodes.no_healthy_target(service, port), hop)
    if tls is not None and trip.request.scheme == "http":
        return there.takes(ends.plain_to_tls(service, port.number, tls.source), hop)
    onward, notes = there.travels(trip.behind_balancer_s), tuple(_reach(trip, service))
    if tls is not None and trip.request.scheme == "https":
        what = "TLS ends at the load balancer: the client sees its certificate and no other"
        onward = replace(onward, request=behind(trip.request, tls))
        notes += (Note("SIM2085", what, tls.source),)
    line = spoken(service, port)
    if line is not None:
        onward = replace(onward, request=replace(onward.request, proxied_port=port.number))
        notes += _proxied(cluster, service, line)
    to_node = ToNode(onward, (), service, port, ended=tls, proxied=line)
    return _onward(cluster, leg, to_node, found, hop, notes)


def _lets_in(leg: ToLoadBalancer, balancer: LoadBalancer) -> bool:
    """Whether a client outside may come in; whose address a caller inside shows outside is not known."""
    if not balancer.allows or leg.caller is not None:
        return True
    return within(leg.trip.request.client_ip, tuple(networks(balancer.allows)))


def _onward(
    cluster: Cluster, leg: ToLoadBalancer, to_node: ToNode, found: Targets, hop: Hop, notes: tuple[Note, ...]
) -> Taken:
    """On to the targets; of a caller inside, those of its own machine may not answer it."""
    onward, service, port = to_node.trip, leg.service, to_node.port
    assert port is not None
    back = _coming_back(leg, port, found)
    if not back or leg.caller is None:
        return onward.takes(_to(cluster, to_node, port, found.chosen), hop, notes=notes)
    final = ends_at_nodes.returned(service, port, leg.caller)
    rest, lost = [t for t in found.chosen if t not in back], float(sum(t.share for t in back))
    if not rest:
        return onward.takes(final, hop, notes=notes)
    notes += (
        Note("SIM2151", f"{lost * 100:.0f} % of such connections time out: {final.message}", final.source),
    )
    ways = Fork(((1 - lost, _to(cluster, to_node, port, rest)), (lost, final)))
    return onward.takes(ways, hop, notes=notes)


def _hop(there: Trip, service: LinkedService, port: LinkedPort, found: Targets, tls: Ended | None) -> Hop:
    """What it does, and to whom it may go; of one that is known, who made it too."""
    does = f"passes {there.request.protocol}" if tls is None else _does(tls)
    total, straight = len(found.steps), to_pods(service)
    kind = "Pods" if straight else "nodes"
    says = f"port {port.number} open, {does}; {len(found.chosen)} of {total} {kind} healthy"
    if straight:
        says += "; straight to Pods, past the nodes' kube-proxy"
    steps = (*_made(service), *found.steps)
    return there.hop("load balancer", "load-balancer", says, steps=steps, branches=found.branches)


def _made(service: LinkedService) -> Iterator[Step]:
    """Who makes it and why it is so, where that is known."""
    found = service.balancer
    if found is not None and found.kind:
        line = service.line("metadata", "annotations", found.cause) if found.cause else None
        yield Step(in_words(found), True, found.because, line)


def _coming_back(leg: ToLoadBalancer, port: LinkedPort, found: Targets) -> tuple[BalancerTarget, ...]:
    """The targets that cannot answer a caller inside: those of its own machine, where its address is kept."""
    balancer = leg.service.balancer
    if leg.caller is None or balancer is None or balancer.answers_its_targets(port_of(leg.service, port)):
        return ()
    return tuple(t for t in found.chosen if _is_on(t, leg.caller))


def _is_on(target: BalancerTarget, node: Node) -> bool:
    """Whether a target is a node, or a Pod on it."""
    return target.node == node or (target.endpoint is not None and target.endpoint.node == node.name)


def _to(cluster: Cluster, to_node: ToNode, port: LinkedPort, chosen: Sequence[BalancerTarget]) -> Leg | Final:
    """To the kube-proxy of the nodes, or to the Pods themselves."""
    service, trip = to_node.service, to_node.trip
    assert service is not None
    client = trip.request.client_ip
    nodes = [(t.node, t.share) for t in chosen if t.node is not None]
    if nodes:
        packets = from_balancer(service, port, client, [node for node, _ in nodes])
        return replace(to_node, packets=packets, weights=tuple(share for _, share in nodes))
    whole = sum(t.share for t in chosen)
    reached = tuple(Reached(t.endpoint, float(t.share / whole)) for t in chosen if t.endpoint is not None)
    source = client if keeps_client(service, port) else BALANCER_ADDRESS
    by = (ClusterPart("load_balancer", service.key),)
    onward = arriving(cluster, to_node, trip, service, port, reached, (source,), by)
    return guarded(cluster, onward, from_address(cluster, source, reached, port.protocol))


def _reach(trip: Trip, service: LinkedService) -> Iterator[Note]:
    """What must be known of one that only clients inside reach."""
    found = service.balancer
    if found is None or not found.is_internal or is_private(trip.request.client_ip):
        return
    by = found.scheme_by
    line = service.line("metadata", "annotations", by) if by else service.line("spec", "type")
    why = "" if by else ", as its maker makes them by default"
    what = f"the load balancer of Service {service.key} is internal{why}: its addresses are private"
    client = trip.request.client_ip
    yield Note("SIM2150", f"{what}, and {client} outside has a way to it by a VPN or peering alone", line)


def _proxied(cluster: Cluster, service: LinkedService, line: Told) -> tuple[Note, ...]:
    """What must be known about a PROXY line where nobody tells whether it is expected."""
    controller = cluster.controller_of_service.get(service.key)
    if controller is not None and running_of(controller).proxy_protocol != "unknown":
        return ()
    who = "the application" if controller is None else f"the {controller.profile} controller"
    what = f"the load balancer writes a PROXY line before the first byte ({line.what}); {who} must expect it"
    return (Note("SIM2090", what, line.source),)


def _cloud(cluster: Cluster, trip: Trip, service: LinkedService, controller: Controller) -> Taken:
    """A load balancer that applies the rules itself; TLS ends there."""
    name, wanted = trip.profile or controller.profile, trip.request.target_port
    problem = PROFILES[name].problem(table_of(cluster, controller, name))
    if problem is not None:
        final = ends.not_made(name, problem.message, problem.fix, problem.source)
        return trip.takes(final, answered_by=name)
    port = next((p for p in service.ports if p.number == wanted), None)
    if port is None or not trip.request.is_http:
        udp = trip.request.scheme == "udp"
        opens = PROFILES[name].opens(wanted, trip.request.scheme == "https") if trip.request.is_http else ""
        return replace(_closed(trip, service, "UDP" if udp else "TCP", opens), answered_by=name)
    delays = trip.delays
    tls_s = delays.tls_round_trips * delays.client_s + delays.tls_cpu_s
    open_s = delays.dns_s + delays.client_s + (tls_s if trip.request.scheme == "https" else 0)
    there = trip.waits(open_s).travels(delays.client_s)
    says = f"port {wanted} open; applies the rules itself, no controller Pod follows"
    hop = there.hop("load balancer", "load-balancer", says)
    return there.takes(ToController(there, controller, port), hop)


def _closed(trip: Trip, service: LinkedService, protocol: str, opens: str = "") -> Taken:
    wanted = trip.request.target_port
    there = trip.waits(trip.delays.dns_s + trip.delays.client_s / 2)
    says = f"port {wanted}/{protocol} closed; it listens on {ends.listening(service)}"
    return there.takes(
        ends.closed(service, wanted, protocol, opens), there.hop("load balancer", "load-balancer", says)
    )


def ended(service: LinkedService, port: LinkedPort) -> Ended | None:
    """How TLS of this port ends at the load balancer; None: it passes the bytes on."""
    found = port_of(service, port)
    if found is None or found.tls is None:
        return None
    line = service.line("metadata", "annotations", found.tls.annotation)
    return Ended(found.tls.again, found.tls.forwarded, line)


def behind(request: Request, found: Ended) -> Request:
    """The request as what stands behind the load balancer receives it; the Host header stays."""
    headers = dict(request.headers) | ({"X-Forwarded-Proto": "https"} if found.forwarded else {})
    if found.again:
        return replace(request, headers=headers)
    return replace(request, scheme="http", headers=headers)


def _does(found: Ended) -> str:
    """What the load balancer does, in one phrase."""
    onward = "opens TLS of its own behind" if found.again else "sends plain TCP on, without TLS"
    return f"ends TLS with its own certificate and {onward}"
