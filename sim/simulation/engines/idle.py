"""Idle time-outs along the connections of clients: who closes one that carries nothing, and who finds out.

Which of them ends a connection first is decided in `sim.cluster.life.connections`; here stands who has which.
Without a key of the scenario about them nobody closes anything.
"""

from functools import lru_cache
from math import inf

from sim.cluster.life.connections import IdleTimeouts, Reuse
from sim.scenario import Scenario, TrafficRow
from sim.simulation.design import Design, Flow
from sim.simulation.engines.connection import Connection
from sim.simulation.engines.health import SILENCE_S

KEEP_ALIVE_RACE = "keep-alive-race"
"""The other side closed while the request was on its way."""

IDLE_RESET, IDLE_TIMEOUT = "idle-reset", "idle-timeout"
"""A load balancer had forgotten the connection, and says so with a reset, or does not answer."""

ENDS = {Reuse.RACE: KEEP_ALIVE_RACE, Reuse.RESET: IDLE_RESET, Reuse.TIMEOUT: IDLE_TIMEOUT}
IDLE_ENDS = frozenset(ENDS.values())
"""How a request ends that would have gone over a connection which is no longer there."""

timeouts = lru_cache(maxsize=256)(IdleTimeouts)


def are_stated(scenario: Scenario) -> bool:
    """Whether any key says how long connections are kept."""
    controller, rows = scenario.controller_key, scenario.traffic
    others = (scenario.load_balancer.idle_timeout, controller.keep_alive)
    own = (app.idle_timeout for app in scenario.apps.values())
    aged = (age for row in rows for age in (row.idle_timeout, row.max_connection_age))
    return any(stated is not None for stated in (*others, *own, *aged))


class IdleClocks:
    """The idle time-outs of all connections of clients."""

    def __init__(self, scenario: Scenario, design: Design) -> None:
        self._balancer_s = scenario.load_balancer.idle_timeout or inf
        self._stations, self._silent = design.stations, design.forgets_silently
        self._client_way_s = design.delays.client_s

    def is_closed(self, known: Connection, row: TrafficRow, flow: Flow, now_s: float) -> bool:
        """Whether a client knows that a connection is closed, by itself or by the other side.

        With HTTP/2 it loses nothing in the race either: GOAWAY says that the request was not looked at.
        """
        most_s = row.max_connection_age
        if most_s is not None and now_s - known.opened_s >= most_s:
            return True
        met = self._met(known, row, flow, now_s)
        return met is Reuse.NEW_CONNECTION or (met is Reuse.RACE and row.protocol == "http2")

    def broke(self, known: Connection, row: TrafficRow, flow: Flow, now_s: float) -> bool:
        """Whether a request finds out that a connection is not there any more; it then carries the end."""
        met = self._met(known, row, flow, now_s)
        if met not in ENDS:
            return False
        told_s = {Reuse.RACE: known.way_s, Reuse.RESET: self._client_way_s, Reuse.TIMEOUT: SILENCE_S}
        known.trouble, known.left, known.ready_s = ENDS[met], 0, now_s + told_s[met]
        known.reused = True
        return True

    def _met(self, known: Connection, row: TrafficRow, flow: Flow, now_s: float) -> Reuse:
        """What the next request of a client meets; what carries a request is not idle."""
        if known.busy or row.protocol == "udp":
            return Reuse.REUSE
        gap_s, client_s = now_s - known.last_s, row.idle_timeout or inf
        if known.station < 0:
            return timeouts(client_s, self._balancer_s, inf, known.way_s).reuse(gap_s).outcome
        own_s = self._stations[known.station].idle_s
        server_s = own_s if own_s < inf else flow.idle_s or inf
        resets = flow.destination not in self._silent
        return timeouts(client_s, server_s, self._balancer_s, known.way_s, resets).reuse(gap_s).outcome
