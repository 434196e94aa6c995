"""What chooses a Pod for every request: a controller Pod, or a load balancer that reads HTTP.

Each controller Pod remembers for itself whose turn it is and what is open. Where a Pod does not answer, the
controller tries the next one, as often as its kind does; then it answers 502, 503 or 504 itself.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from math import inf
from typing import Any

import simpy

from sim.routing.balancing import ALGORITHMS, SCORED, View, decayed
from sim.routing.controllers import Retries
from sim.simulation.design import Design, Flow
from sim.simulation.design.values import Upstream
from sim.simulation.engines.connections import Connections
from sim.simulation.engines.health import Health
from sim.simulation.engines.record import Visit
from sim.simulation.engines.station import Station

Attempt = Generator[simpy.Event, Any, str | None]
Status = Generator[simpy.Event, Any, int | None]

BALANCER = Retries(connect_timeout_s=10.0, read_timeout_s=60.0)
"""How long an Application Load Balancer waits. Source: AWS, "Troubleshoot", 504, and its idle time-out."""

NOT_REPEATED = frozenset({"POST", "LOCK", "PATCH"})
"""Methods that are not sent twice once a Pod has them. Source: nginx, proxy_next_upstream non_idempotent."""


@dataclass(slots=True)
class Scores:
    """How slow each Pod of an upstream was of late, as one controller Pod knows it; places as listed.

    Args:
        touched_s: when each was last changed.
    """

    values_s: list[float]
    touched_s: list[float]

    @classmethod
    def of(cls, count: int) -> Scores:
        """Nobody has answered yet."""
        return cls([0.0] * count, [-inf] * count)

    def at(self, place: int, now_s: float) -> float:
        """The score of a Pod now."""
        return decayed(self.values_s[place], now_s - self.touched_s[place])

    def saw(self, place: int, answer_s: float, now_s: float) -> None:
        """An answer, or that none came."""
        self.values_s[place] = decayed(self.values_s[place], now_s - self.touched_s[place], answer_s)
        self.touched_s[place] = now_s


class Proxies:
    """The choices of all controller Pods, and those of load balancers that read HTTP."""

    def __init__(
        self,
        env: simpy.Environment,
        design: Design,
        stations: list[Station],
        health: Health | None,
        connections: Connections,
    ) -> None:
        self._env, self._design, self._stations = env, design, stations
        self._health, self._connections, self._zones = health, connections, connections.zones
        self._turns: dict[tuple[int, int], int] = {}
        self._targets_turns: dict[tuple[tuple[int, ...], ...], int] = {}
        self._open_at: dict[tuple[int, int], list[int]] = {}
        self._scores: dict[tuple[int, int], Scores] = {}

    def forward(self, visit: Visit, controller: int, upstream: int, service_s: float) -> Attempt:
        """From a controller Pod to Pods of its choice until one answers."""
        behind, status = self._design.upstreams[upstream], None
        tried: list[int] = []
        goes_on, began_s = behind.retries, self._env.now
        for _ in range(goes_on.tries):
            if tried and goes_on.within_s and self._env.now - began_s >= goes_on.within_s:
                break
            chosen = self.choose(controller, upstream, visit.draws.balance[visit.number], tried)
            if chosen is None:
                break
            tried.append(chosen)
            station = behind.stations[chosen]
            zone, other = self._zones[controller], self._zones[station]
            visit.entry.crossings += zone != other
            open_at = self._open_at[controller, upstream]
            open_at[chosen] += 1
            way_s, asked_s = self._design.delays.between(zone, other), self._env.now
            if (controller, station) in behind.silent:
                yield self._env.timeout(goes_on.connect_timeout_s)
                status = 504
            else:
                status = yield from self.ask(visit, -1, station, way_s, service_s, goes_on)
            open_at[chosen] -= 1
            last = status is None or not goes_on.tries_another(status)
            if behind.algorithm in SCORED:
                self._scores[controller, upstream].saw(chosen, self._env.now - asked_s, self._env.now)
            if last:
                break
        if tried and status is None:
            return None
        return f"answered-by-proxy {503 if status is None else goes_on.answers(abs(status))}"

    def choose(self, controller: int, upstream: int, draw: float, tried: list[int]) -> int | None:
        """The controller Pod's own choice; what it remembers is its own too. None: nobody is left."""
        behind, key = self._design.upstreams[upstream], (controller, upstream)
        open_at = self._open_at.get(key)
        if open_at is None:
            open_at = self._open_at[key] = [0] * len(behind.stations)
        places = None
        seen = open_at
        if self._health is not None or behind.silent:
            places = [p for p in self._usable(behind) if p not in tried]
            if not places:
                return None
            seen = [open_at[p] for p in places]
        scores = self._scored(behind, key, places)
        choice = ALGORITHMS[behind.algorithm](View(seen, scores), self._turns.get(key, 0), lambda _: draw)
        self._turns[key] = choice.state
        return choice.index if places is None else places[choice.index]

    def _usable(self, behind: Upstream) -> list[int]:
        """Places of the Pods that are not known to be out of order."""
        every = list(range(len(behind.stations)))
        return every if self._health is None else self._health.usable(behind.stations)

    def _scored(self, behind: Upstream, key: tuple[int, int], places: list[int] | None) -> list[float]:
        """How slow each of the places was of late, for an algorithm that asks."""
        if behind.algorithm not in SCORED:
            return []
        scores = self._scores.setdefault(key, Scores.of(len(behind.stations)))
        return [
            scores.at(p, self._env.now) for p in (range(len(behind.stations)) if places is None else places)
        ]

    def to_target(self, visit: Visit, flow: Flow) -> Attempt:
        """From a load balancer that reads HTTP to the target whose turn it is; on a node kube-proxy picks."""
        turn = self._targets_turns.get(flow.pods, 0)
        self._targets_turns[flow.pods] = turn + 1
        count = len(flow.nodes) if self._health is None else len(self._health.left(flow)[0])
        place = (turn % count + 0.5) / count if count else 0.0
        chosen = self._connections.choose(visit, flow, place)
        if isinstance(chosen, str):
            return "answered-by-proxy 503"
        node, station = chosen
        visit.entry.node = node
        visit.entry.crossings += self._connections.crosses(flow, node, station)
        way_s = self._connections.behind_s(flow, node, station)
        if (node, station) in flow.silent:
            yield self._env.timeout(BALANCER.connect_timeout_s)
            return "answered-by-proxy 504"
        status = yield from self.ask(visit, node, station, way_s, visit.service_s, BALANCER)
        return None if status is None else f"answered-by-proxy {abs(status)}"

    def ask(
        self, visit: Visit, node: int, station: int, way_s: float, service_s: float, goes_on: Retries
    ) -> Status:
        """One Pod, there and back.

        Returns:
            None if it answered, else the status; negative if no other Pod may be asked.
        """
        env = self._env
        if self._health is not None and (outage := self._health.blocked(-1, node, station)) is not None:
            yield env.timeout(goes_on.connect_timeout_s if outage.silent else way_s)
            return 504 if outage.silent else 502
        if way_s > 0:
            yield env.timeout(way_s / 2)
        if not (yield from self.at_pod(visit, station, service_s)):
            return (yield from self._died(visit, station, goes_on))
        if way_s > 0:
            yield env.timeout(way_s / 2)
        return None

    def at_pod(self, visit: Visit, station: int, service_s: float) -> Generator[simpy.Event, Any, bool]:
        """The request at the application's Pod; returns whether it was served to the end."""
        visit.entry.pod = station
        visit.entry.arrival_s = self._env.now
        start_s = yield from self._stations[station].serve(service_s)
        if start_s is None:
            return False
        visit.entry.start_s = start_s
        visit.entry.departure_s = self._env.now
        return True

    def _died(self, visit: Visit, station: int, goes_on: Retries) -> Status:
        """The Pod died with the request in it."""
        assert self._health is not None
        outage = self._health.blocked(-1, -1, station)
        sign = -1 if visit.traffic.method in NOT_REPEATED and not goes_on.repeats else 1
        if outage is None or not outage.silent:
            return sign * 502
        yield self._env.timeout(goes_on.read_timeout_s)
        return sign * 504
