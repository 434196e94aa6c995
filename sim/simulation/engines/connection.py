"""A connection of a client: what was chosen for it once, and what it can still carry."""

from dataclasses import dataclass

from sim.routing.kube_proxy.connections import ENTRY_S, UDP_STREAM_AFTER_S, UDP_STREAM_S
from sim.simulation.design import Flow
from sim.simulation.engines.record import Client, Visit

Spoken = tuple[Client, int, str, bool]
"""Client, destination, protocol, and whether TLS is spoken."""


@dataclass(slots=True)
class Connection:
    """What was chosen once for a client, and what the connection can still carry.

    Args:
        station: -1 where the load balancer itself reads HTTP.
        way_s: round trip to where the connection ends.
        ready_s: when it is open, or when the client knows that it is not.
        left: requests that it can still carry; 0 once it broke.
        trouble: why it could not be opened; None: it was.
        cpu_s: TLS work that the first request brings to where TLS ends.
        worker: of the controller Pod, that has the connection.
        busy: requests that are on it now.
        reused: whether it carried a request before the one that it carries now.
    """

    number: int
    destination: int
    node: int
    station: int
    way_s: float
    crosses: bool
    opened_s: float
    ready_s: float
    last_s: float
    left: float = 0
    cpu_s: float = 0.0
    trouble: str | None = None
    worker: int = 0
    busy: int = 0
    reused: bool = False

    @property
    def is_alone(self) -> bool:
        """Whether its request came to a connection that carried nothing."""
        return self.reused and self.busy <= 1


def spoken(visit: Visit, flow: Flow) -> Spoken:
    """Which open connections can carry a request: those of its client that speak its protocol, TLS or not."""
    return visit.client, flow.destination, visit.traffic.protocol, flow.tls_ends is not None


def entry_s(known: Connection) -> float:
    """How long conntrack keeps a silent flow of UDP."""
    streams = known.last_s - known.opened_s > UDP_STREAM_AFTER_S
    return UDP_STREAM_S if streams else ENTRY_S["UDP"]
