"""How long legs take, with typical delays and without queues. Times are added here, never chosen."""

from collections.abc import Iterable
from typing import Protocol

from sim.cluster.cluster import LinkedPort, Node
from sim.cluster.delays import Delays
from sim.routing.legs import Trip


class Placed(Protocol):
    """What stands in a zone: a node, or an endpoint."""

    @property
    def zone(self) -> str | None:
        """Its zone, None if it is not known."""


def mean_s(delays: Delays, here: Iterable[Placed], there: Iterable[Placed]) -> float:
    """The mean round trip over all pairs; 0 if there is none."""
    others = tuple(there)
    trips = [delays.between(one.zone, other.zone) for one in here for other in others]
    return sum(trips) / len(trips) if trips else 0.0


def connected(trip: Trip, port: LinkedPort, nodes: tuple[Node, ...], to_node_s: float) -> Trip:
    """DNS, the TCP handshake and TLS, all the way to where they end; then half a trip for the request.

    Args:
        to_node_s: round trip between the client and a node.
    """
    delays, scheme = trip.delays, trip.request.scheme
    whole_s = to_node_s + mean_s(delays, nodes, port.ready)
    open_s = delays.dns_s + (whole_s if scheme != "udp" else 0)
    tls_s = delays.tls_round_trips * whole_s + delays.tls_cpu_s if scheme == "https" else 0
    return trip.waits(open_s + tls_s).travels(delays.client_s)
