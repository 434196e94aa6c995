"""The connections that kube-proxy or a proxy opens to endpoints: from whom, as the packet then is, to whom.

The address of a Service is replaced by then. The source is the client's, that of the Pod that sends, or that
of the node that masquerades it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sim.cluster.cluster import Cluster, Endpoint, Node
from sim.cluster.families import family_of
from sim.routing.final import Final, Reached
from sim.routing.kube_proxy import BALANCER_ADDRESS, Packet, Verdict
from sim.routing.legs import Opened, ToController, ToPod, ToPolicies, Trip
from sim.routing.network_policy import End, NewConnection, end_of, policies_of

BALANCER = End(BALANCER_ADDRESS)
"""A load balancer that connects from an address of its own, which no file shows."""


@dataclass(frozen=True)
class Arrival:
    """A new connection at one node: its first packet there, and what kube-proxy does with it.

    Args:
        weight: how likely this node is, against the weights of the others.
    """

    node: Node
    packet: Packet
    verdict: Verdict
    weight: Fraction = Fraction(1)


def guarded(
    cluster: Cluster, onward: ToController | ToPod | Final, opened: Iterable[Opened], trip: Trip | None = None
) -> ToController | ToPod | ToPolicies | Final:
    """What is next, past the policies of the cluster if there are any.

    Args:
        trip: of an end, which has none of its own.
    """
    there = trip if isinstance(onward, Final) else onward.trip
    if there is None or not policies_of(cluster).there_are:
        return onward
    return ToPolicies(there, onward, tuple(opened))


def behind_nodes(cluster: Cluster, found: Iterable[Arrival]) -> Iterator[Opened]:
    """The connections that nodes pass on to endpoints."""
    passing = [a for a in found if a.verdict.endpoints]
    whole = sum(a.weight for a in passing)
    for arrival in passing:
        packet, endpoints = arrival.packet, arrival.verdict.endpoints
        source, node = policies_of(cluster).end(packet.source), node_end(arrival.node, packet.destination)
        for endpoint in endpoints:
            seen = node if arrival.verdict.masquerades(endpoint) else None
            target = endpoint_end(cluster, endpoint)
            connection = NewConnection(source, target, endpoint.port, packet.protocol, seen)
            yield Opened(endpoint, float(arrival.weight / whole / len(endpoints)), connection)


def untouched(cluster: Cluster, arrival: Arrival) -> Iterator[Opened]:
    """The connection that no rule of kube-proxy touches."""
    packet, known = arrival.packet, policies_of(cluster)
    target = known.end(packet.destination)
    pod = target.pod.key if target.pod is not None else None
    there = Endpoint(packet.destination, packet.port, True, True, False, pod, None, None, None)
    yield Opened(there, 1.0, NewConnection(known.end(packet.source), target, packet.port, packet.protocol))


def from_senders(
    cluster: Cluster, senders: Iterable[Reached], reached: Iterable[Reached], protocol: str
) -> Iterator[Opened]:
    """The connections of a proxy's Pods straight to endpoints; without Pods, those of a load balancer."""
    listed = [(endpoint_end(cluster, one.endpoint), one.probability) for one in senders]
    targets = [(one, endpoint_end(cluster, one.endpoint)) for one in reached]
    for source, share in listed or [(BALANCER, 1.0)]:
        for one, target in targets:
            connection = NewConnection(source, target, one.endpoint.port, protocol)
            yield Opened(one.endpoint, share * one.probability, connection)


def from_address(
    cluster: Cluster, source: str, reached: Iterable[Reached], protocol: str
) -> Iterator[Opened]:
    """The connections that a load balancer opens straight to Pods.

    Args:
        source: the client's address where it keeps that, else its own.
    """
    known = policies_of(cluster).end(source)
    for one in reached:
        connection = NewConnection(known, endpoint_end(cluster, one.endpoint), one.endpoint.port, protocol)
        yield Opened(one.endpoint, one.probability, connection)


def endpoint_end(cluster: Cluster, endpoint: Endpoint) -> End:
    """Who an endpoint is."""
    pod = cluster.pods.get(endpoint.pod or "")
    if pod is None:
        return policies_of(cluster).end(endpoint.address)
    return end_of(pod, endpoint.address)


def node_end(node: Node, destination: str = "") -> End:
    """A node as the end of a connection to an address: at its own one of that family, else the first."""
    return End(node.address_of(family_of(destination)), None, node.name)
