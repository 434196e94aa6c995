"""Kept connections: whether the next request finds one, who closed it, and the race of idle time-outs.

The client counts idle time from the last response it got, the server from when it sent that; both close when
their own time is over. A request that is on its way while the server's FIN comes the other way meets a closed
connection. So the side that sends requests must idle shorter, by more than one round trip. A box between them
(a load balancer or NAT that follows connections) forgets in silence. Source: RFC 9112, section 9.5; AWS,
"Application Load Balancers", HTTP 502.
"""

from dataclasses import dataclass
from enum import Enum
from math import exp, inf
from typing import NamedTuple


class Reuse(Enum):
    """What a request meets that would go over a kept connection."""

    REUSE = "reuse"
    NEW_CONNECTION = "new-connection"
    RACE = "race"
    RESET = "reset"
    TIMEOUT = "timeout"


class Closer(Enum):
    """Who closed a connection, or forgot it."""

    CLIENT = "client"
    SERVER = "server"
    BOX = "box"


class ReuseOutcome(NamedTuple):
    """What a request meets, and whose doing it is; None: nobody closed."""

    outcome: Reuse
    closed_by: Closer | None = None


@dataclass(frozen=True)
class IdleTimeouts:
    """Idle time-outs along a connection; infinite: there is none.

    Args:
        rtt_s: the round trip between client and server.
        box_resets: whether the box answers what it has forgotten with a reset, or not at all.
    """

    client_s: float = inf
    server_s: float = inf
    box_s: float = inf
    rtt_s: float = 0.0
    box_resets: bool = True

    @property
    def server_seen_s(self) -> float:
        """When the client learns that the server has closed; a box that forgot before keeps it from that."""
        return self.server_s if self.server_s <= self.box_s else inf

    def reuse(self, gap_s: float) -> ReuseOutcome:
        """What the next request meets.

        Args:
            gap_s: from the response at the client to the request.
        """
        if min(self.client_s, self.server_seen_s) <= gap_s:
            first = Closer.CLIENT if self.client_s <= self.server_seen_s else Closer.SERVER
            return ReuseOutcome(Reuse.NEW_CONNECTION, first)
        if self.box_s <= gap_s:
            return ReuseOutcome(Reuse.RESET if self.box_resets else Reuse.TIMEOUT, Closer.BOX)
        if self.server_seen_s - self.rtt_s < gap_s:
            return ReuseOutcome(Reuse.RACE, Closer.SERVER)
        return ReuseOutcome(Reuse.REUSE)

    def race_share(self, rate: float) -> float:
        """The part of exponential gaps that ends in the race.

        Args:
            rate: of requests on this connection, per second.

        >>> f"{IdleTimeouts(server_s=5, rtt_s=0.001).race_share(0.2):.2%}"
        '0.01%'
        """
        last_s = min(self.server_seen_s, self.client_s)
        first_s = max(0.0, self.server_seen_s - self.rtt_s)
        return exp(-rate * first_s) - exp(-rate * last_s) if first_s < last_s else 0.0
