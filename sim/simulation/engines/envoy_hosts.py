"""What Envoy keeps of the hosts of a cluster: connections with their breakers, and who is ejected."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.routing.proxies.retries import NOT_SENT, Circuit, Outcome, Outlier

Ask = Callable[[int], Generator[simpy.Event, Any, Outcome]]
"""Sends the request to the backend at a place, and gives back how it ended."""


@dataclass(slots=True)
class Pending:
    """A request that waits for a backend that is full, or for a connection of one host.

    Args:
        wanted: the backend that it waits for; None: for any.
    """

    granted: simpy.Event
    place: int | None = None
    wanted: int | None = None


class Pools:
    """Envoy's HTTP/1 connections to each host, one request at a time on each; breakers are for all hosts.

    Connections are made in no time, so that who waits for a new one counts nowhere.
    Source: envoyproxy/envoy 1.40, source/common/conn_pool/conn_pool_base.cc.

    Args:
        in_flight: requests of each host, by place; one that waits for a connection is none of them meanwhile.
    """

    def __init__(self, env: simpy.Environment, circuit: Circuit, in_flight: list[int]) -> None:
        self._env, self._circuit, self._in_flight = env, circuit, in_flight
        self._busy, self._idle, self._drained = ([0] * len(in_flight) for _ in range(3))
        self._waiting: deque[Pending] = deque()

    def carry(self, ask: Ask, place: int) -> Generator[simpy.Event, Any, Outcome | None]:
        """A request on a connection to a host; None: a breaker is open."""
        if not self._idle[place] and len(self._waiting) >= self._circuit.pending:
            return None
        ticket = Pending(self._env.event(), place)
        self._waiting.append(ticket)
        self._in_flight[place] -= 1
        self._use(place)
        if not (yield ticket.granted):
            return None
        drained = self._drained[place]
        outcome = yield from ask(place)
        self._leave(place, outcome, drained == self._drained[place])
        return outcome

    def drain(self, place: int) -> None:
        """No connection that a host has is kept: those that are busy end with their request."""
        self._idle[place] = 0
        self._drained[place] += 1

    def _connect(self, place: int) -> None:
        """Make connections for those that wait for a host, as far as the breaker lets it.

        A host that has none gets one over the limit, so that nothing waits for ever.
        """
        missing = sum(t.place == place for t in self._waiting) - self._idle[place]
        for _ in range(missing):
            has = self._busy[place] + self._idle[place]
            if has and sum(self._busy) + sum(self._idle) >= self._circuit.connections:
                return
            self._idle[place] += 1

    def _use(self, place: int) -> None:
        """Who waits longest for a host gets an idle connection; whoever is left over may have new ones.

        Where too many requests are open, it is refused, and so are all that wait behind it.
        """
        for ticket in [t for t in self._waiting if t.place == place]:
            if not self._idle[place]:
                self._connect(place)
            if not self._idle[place]:
                return
            self._waiting.remove(ticket)
            self._in_flight[place] += 1
            fits = sum(self._busy) < self._circuit.requests
            self._idle[place] -= fits
            self._busy[place] += fits
            ticket.granted.succeed(fits)

    def _leave(self, place: int, outcome: Outcome, keeps: bool) -> None:
        """A request is over: an answer leaves its connection, a failed attempt to connect fails all."""
        self._busy[place] -= 1
        if isinstance(outcome, int):
            self._idle[place] += keeps
        elif outcome in NOT_SENT:
            self._idle[place] = sum(t.place == place for t in self._waiting)
        self._use(place)


class Ejections:
    """Envoy's outlier detection: hosts that answered with too many errors in a row stay away for a while."""

    def __init__(self, env: simpy.Environment, rules: Outlier, up: list[bool]) -> None:
        self._env, self._rules, self._up = env, rules, up
        self._errors, self._times, self._since_s = [0] * len(up), [0] * len(up), [0.0] * len(up)
        env.process(self._looks())

    def saw(self, place: int, outcome: Outcome) -> bool:
        """Count it; eject the host where it was one too many, unless as many are away as may be.

        Returns:
            Whether it is ejected now.
        """
        bad = not isinstance(outcome, int) or outcome >= 500
        self._errors[place] = self._errors[place] + 1 if bad else 0
        if self._errors[place] < self._rules.consecutive_5xx or not self._up[place]:
            return False
        self._errors[place] = 0
        away = sum(not up for up in self._up)
        if 100 * (away + 1) > self._rules.most_percent * len(self._up):
            return False
        self._up[place], self._since_s[place] = False, self._env.now
        self._times[place] += 1
        return True

    def _looks(self) -> Generator[simpy.Event, Any, None]:
        """Who has been away long enough comes back."""
        while True:
            yield self._env.timeout(self._rules.interval_s)
            for place, up in enumerate(self._up):
                if not up and self._env.now - self._since_s[place] >= self._rules.base_s * self._times[place]:
                    self._up[place] = True
