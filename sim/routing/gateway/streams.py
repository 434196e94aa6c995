"""Connections that a Gateway passes on as they are: TLSRoute, TCPRoute, UDPRoute.

Over TLS the server name of the handshake picks the listener, then the TLSRoute that names it most closely;
what none takes goes to a TCPRoute of that listener, if there is one. Over TCP and UDP a port has one
listener, and its oldest route gets everything. What nobody takes is refused at once (UDP: dropped), and so is
the share of a backend that is not valid or has no ready endpoint. Source: Gateway API v1, TLSRoute, TCPRoute,
UDPRoute.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sim.manifests.objects.gateway_routes import StreamRoute, StreamRouteRule, TCPRoute, TLSRoute
from sim.routing.gateway.attachment import Attachment
from sim.routing.gateway.rule_row import RuleRow, younger
from sim.routing.trace import Step

STREAM_PROTOCOLS = frozenset({"TCP", "UDP"})


@dataclass(frozen=True)
class StreamRow(RuleRow):
    """The one rule of a route that is attached to the listener."""

    route: StreamRoute
    match: None

    @property
    def spec(self) -> StreamRouteRule:
        """The rule."""
        return self.route.spec.rules[self.rule_index]

    @property
    def source(self) -> str | None:
        """The line of the rule."""
        return self.route.line("spec", "rules", self.rule_index)

    @property
    def shown(self) -> str:
        """What it takes, in one phrase."""
        names = ", ".join(filter(None, self.hostnames))
        if isinstance(self.route, TLSRoute):
            return f"TLS for {names or 'any name'}"
        return "every connection" if isinstance(self.route, TCPRoute) else "every datagram"

    def closeness(self, server_name: str) -> tuple[bool, tuple[int, int]]:
        """How closely it names a server: a TLSRoute goes before a TCPRoute."""
        return isinstance(self.route, TLSRoute), self.closest(server_name)


def rows_at(number: int, found: Iterable[Attachment[StreamRoute]]) -> Iterator[StreamRow]:
    """The rows of a listener, the oldest first; a route that names it twice counts once.

    Args:
        number: of the listener.
    """
    mine = {a.route.key + type(a.route).__name__: a for a in found if a.held and a.state.number == number}
    rows = (StreamRow(a.route, n, 0, None, a.hostnames) for a in mine.values() for n in _first_rule(a.route))
    in_order = sorted(rows, key=lambda row: row.age)
    yield from (replace(row, order=order) for order, row in enumerate(in_order))


def _first_rule(route: StreamRoute) -> Iterator[int]:
    """The API allows one rule."""
    return iter(range(min(1, len(route.spec.rules))))


def decide(rows: Iterable[StreamRow], server_name: str) -> StreamRow | None:
    """The row that takes a connection.

    Args:
        server_name: of the handshake, lower case; empty: none was sent, or there is no handshake.
    """
    fitting = [row for row in rows if row.fits_host(server_name)]
    return max(fitting, key=lambda row: row.closeness(server_name), default=None)


def explain(rows: Iterable[StreamRow], server_name: str) -> Iterator[Step]:
    """Every row against the connection, the winner first."""
    every = tuple(rows)
    winner = None
    for row in every:
        better = winner is None or row.closeness(server_name) > winner.closeness(server_name)
        if row.fits_host(server_name) and better:
            winner = row
    for row in sorted(every, key=lambda r: (r is not winner, not r.fits_host(server_name), r.age)):
        if not row.fits_host(server_name):
            asked = f"the server name is {server_name}" if server_name else "no server name was sent"
            yield row.step(False, asked, "host")
        elif winner is None or row is winner:
            yield row.step(True, "wins: the closest name" if len(every) > 1 else "the only route", wins=True)
        else:
            yield row.step(True, _loses_to(row, winner, server_name))


def _loses_to(row: StreamRow, winner: StreamRow, server_name: str) -> str:
    if row.closeness(server_name) != winner.closeness(server_name):
        return "another route names the server more closely"
    return f"one route gets everything: {younger(row, winner)}"
