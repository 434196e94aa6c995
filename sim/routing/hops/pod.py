"""The last hops: the Service that a rule names, and the Pods behind it."""

from collections.abc import Sequence
from dataclasses import replace

from sim.cluster.cluster import Cluster, Endpoint, LinkedService
from sim.cluster.families import Family, family_of, first_of
from sim.cluster.life.hearing import ClusterPart
from sim.routing import ends
from sim.routing.final import Reached
from sim.routing.hops.balanced import targets
from sim.routing.hops.clock import mean_s
from sim.routing.hops.hashed import shares
from sim.routing.hops.node import branches_of, from_balancer, in_shares, named_shares
from sim.routing.hops.opened import from_senders, guarded
from sim.routing.kube_proxy import Packet
from sim.routing.legs import Leg, Sending, Taken, ToNode, ToPod, ToService
from sim.routing.trace import Note, Step


def service(cluster: Cluster, leg: ToService) -> Taken:
    """What a rule names: on to its Pods, or why nobody is there."""
    sending, found = leg.sending, leg.found
    if not sending.passed:
        return _asked(cluster, leg)
    if leg.via == "service" and found.code is None and not (found.service and found.service.cluster_ip):
        return leg.trip.takes(ends.not_passed(sending, found, "it has no ClusterIP to connect to"))
    # TLS that is passed through adds its round trips between the controller and the Pod.
    trip = leg.trip.waits((1 + leg.trip.delays.tls_round_trips) * _between_s(leg, found.endpoints))
    taken = _asked(cluster, replace(leg, trip=trip, sending=replace(sending, note=None)))
    return replace(taken, notes=(*_noted(sending), *taken.notes))


def _noted(sending: Sending) -> tuple[Note, ...]:
    return (sending.note,) if sending.note is not None else ()


def _between_s(leg: ToService, endpoints: tuple[Endpoint, ...]) -> float:
    """The mean round trip between the controller's Pods and those of the Service."""
    return mean_s(leg.trip.delays, (r.endpoint for r in leg.pods), endpoints)


def _asked(cluster: Cluster, leg: ToService) -> Taken:
    found, sending = leg.found, leg.sending
    over = _over_kube_proxy(cluster, leg)
    if over is not None:
        return leg.trip.takes(over)
    if found.code is not None:
        rows = (Step(e.pod or e.target, False, e.state or "not ready", e.source) for e in found.left_out)
        hop = leg.trip.hop("no Pod", "service", found.message, steps=tuple(rows))
        return leg.trip.takes(ends.nothing_behind(sending, found), hop)
    assert found.service is not None
    if found.external is not None:
        return _outside(leg, found.service, found.external)
    assert found.port is not None
    endpoints = reachable_from(cluster, leg.pods, found.endpoints)
    if not endpoints:
        because = f"its Pods have no address of the family of {found.endpoints[0].target}"
        return leg.trip.takes(ends.cannot_connect(sending, found, because))
    behind_s = _between_s(leg, endpoints) if leg.pods else leg.trip.behind_balancer_s
    trip = leg.trip.travels(behind_s)
    reached = tuple(Reached(e, share) for e, share in zip(endpoints, shares(leg, endpoints), strict=True))
    by = tuple(ClusterPart("controller", one.name) for one in leg.pods)
    following = ToPod(trip, found.service, found.port, reached, sending.how, sending, chosen_by=by)
    opened = from_senders(cluster, leg.pods, reached, found.port.protocol)
    return trip.takes(guarded(cluster, following, opened), notes=_noted(sending))


def reachable_from(
    cluster: Cluster, senders: tuple[Reached, ...], endpoints: tuple[Endpoint, ...]
) -> tuple[Endpoint, ...]:
    """The endpoints at addresses of a family that the sending Pods have; the others fail at once.

    Proxies go on to the next where a connection fails, so that none that can be reached is missed.
    """
    if not senders or cluster.families == ("IPv4",):
        return endpoints
    own = {family_of(a) for r in senders for a in _addresses(cluster, r.endpoint)}
    found = (e.over(f) for e in endpoints for f in _preferred(e) if f in own)
    first: dict[str, Endpoint] = {}
    for endpoint in found:
        if endpoint is not None:
            first.setdefault(endpoint.pod or endpoint.target, endpoint)
    return tuple(first.values())


def _preferred(endpoint: Endpoint) -> tuple[Family, ...]:
    """The family of its first address, then the other."""
    return ("IPv6", "IPv4") if family_of(endpoint.address) == "IPv6" else ("IPv4", "IPv6")


def _addresses(cluster: Cluster, endpoint: Endpoint) -> tuple[str, ...]:
    known = cluster.pods.get(endpoint.pod or "")
    return known.addresses if known is not None else (endpoint.address, endpoint.second)


def _over_kube_proxy(cluster: Cluster, leg: ToService) -> Leg | None:
    """A connection to the ClusterIP, or to the NodePort of any node; None: straight to the Pods."""
    found, trip = leg.found, leg.trip
    if found.service is None or found.port is None:
        return None
    if leg.via == "service" and found.service.cluster_ip:
        own, virtual = leg.pods[0].endpoint, found.service.cluster_ip
        node = cluster.node_by_name.get(own.node or "") or cluster.nodes[0]
        source = first_of(_addresses(cluster, own), family_of(virtual) or "IPv4") or own.address
        packet = Packet(source, virtual, found.port.number, found.port.protocol)
        return ToNode(trip, ((node, packet),), found.service, found.port, leg.sending, leg.pods, found)
    if leg.via != "nodes":
        return None
    nodes = targets(found.service, found.port, cluster.nodes).healthy or cluster.nodes
    packets = from_balancer(found.service, found.port, trip.request.client_ip, nodes)
    there = trip.travels(trip.behind_balancer_s)
    return ToNode(there, packets, found.service, found.port, leg.sending, (), found)


def _outside(leg: ToService, named: LinkedService, name: str) -> Taken:
    hop = leg.trip.hop(f"Service {named.key}", "service", f"ExternalName: leaves the cluster for {name}")
    message = f"{name} is outside the cluster; what it answers is not modelled"
    notes = (*_noted(leg.sending), Note("SIM2022", message))
    return leg.trip.takes(ends.outside(leg.found, leg.sending), hop, notes=notes)


def pod(cluster: Cluster, leg: ToPod) -> Taken:
    """One of the Pods, and the end."""
    likely = tuple(r for r in leg.reached if r.probability)
    hop = leg.trip.hop(
        f"Pod of {leg.service.manifest.name}", "pod", _says(leg, likely), branches=branches_of(likely)
    )
    return leg.trip.takes(ends.delivered(leg.service, leg.port, leg.reached, leg.sending, leg.virtual), hop)


def _says(leg: ToPod, likely: Sequence[Reached]) -> str:
    several = len(likely) > 1
    if leg.trip.inside:
        return f"one of {len(likely)}, {in_shares(likely)}: {leg.how}" if several else likely[0].name
    return named_shares(likely) + (f" ({leg.how})" if len(leg.reached) > 1 else "")
