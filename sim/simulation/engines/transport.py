"""What a proxy keeps open to Pods, and how long it waits for an answer, where a scenario says so.

Connections are kept by a worker of a controller Pod, or by the Pod as a whole, as its program does it; the
last one that was used comes first. Opening one takes a round trip. A Pod closes those that carry nothing when
its own time is over, or when it is told to go: a request that is on its way then meets a closed connection.
"""

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, replace
from math import inf
from typing import Any, cast

import simpy

from sim.cluster.life.connections import Reuse
from sim.routing.proxies.retries import REPLAYED, Outcome, Retries
from sim.scenario import Scenario
from sim.simulation.design import Design
from sim.simulation.engines.asking import DirectTransport, PodTransport, Sender, Trying
from sim.simulation.engines.health import Health
from sim.simulation.engines.idle import KEEP_ALIVE_RACE, timeouts
from sim.simulation.engines.record import NOT_YET, Visit

BALANCER = Retries(connect_timeout_s=10.0, read_timeout_s=60.0)
"""How long an Application Load Balancer waits. Source: AWS, "Troubleshoot", 504, and its idle time-out."""

HUNG_UP = 0
"""The status of a proxy that closes the client's connection without a word, as HAProxy logs it."""


def behind_controllers(
    env: simpy.Environment, asking: DirectTransport, design: Design, scenario: Scenario, health: Health | None
) -> PodTransport:
    """How controller Pods reach Pods."""
    key = scenario.controller_key
    if key.upstream_keep_alive is None and key.read_timeout is None:
        return asking
    kept = None
    if key.upstream_keep_alive is not None:
        kept = KeptToPods(env, design, key.upstream_keep_alive, health)
    return TimedTransport(env, asking, kept, key.read_timeout is not None, health)


def behind_balancers(
    env: simpy.Environment, asking: DirectTransport, design: Design, scenario: Scenario, health: Health | None
) -> tuple[PodTransport, Retries]:
    """How load balancers that read HTTP reach targets, and how long they wait: one time-out is both."""
    idle_s = scenario.load_balancer.idle_timeout
    if idle_s is None:
        return asking, BALANCER
    kept = KeptToPods(env, design, idle_s, health)
    return TimedTransport(env, asking, kept, True, health), replace(BALANCER, read_timeout_s=idle_s)


@dataclass(slots=True)
class KeptConnection:
    """An open connection to a Pod that carries nothing."""

    opened_s: float
    last_s: float


class KeptToPods:
    """The connections that proxies keep open to Pods.

    Args:
        idle_s: how long, while they carry nothing.
    """

    def __init__(self, env: simpy.Environment, design: Design, idle_s: float, health: Health | None) -> None:
        self._env, self._stations, self._idle_s, self._health = env, design.stations, idle_s, health
        self._idle: defaultdict[tuple[Sender, int], list[KeptConnection]] = defaultdict(list)

    def take(self, sender: Sender, station: int, way_s: float) -> tuple[KeptConnection | None, Reuse]:
        """The last one that is still open as far as its proxy knows, and what a request on it meets."""
        idle, server_s = self._idle[sender, station], self._stations[station].idle_s
        clock = timeouts(self._idle_s, server_s, inf, way_s)
        while idle:
            known = idle.pop()
            if self._health is not None and self._health.is_stale(-1, -1, station, known.opened_s, way_s):
                continue
            met = clock.reuse(self._env.now - known.last_s).outcome
            if met is not Reuse.NEW_CONNECTION:
                return known, met
        return None, Reuse.NEW_CONNECTION

    def give_back(self, sender: Sender, station: int, opened_s: float) -> None:
        """A connection carries nothing any more."""
        if self._idle_s > 0:
            self._idle[sender, station].append(KeptConnection(opened_s, self._env.now))


class TimedTransport:
    """Takes requests to Pods over kept connections, or gives up an answer that is late.

    Args:
        kept: None: opening a connection takes no time.
        limited: whether a late answer is given up.
    """

    def __init__(
        self,
        env: simpy.Environment,
        asking: DirectTransport,
        kept: KeptToPods | None,
        limited: bool,
        health: Health | None,
    ) -> None:
        self._env, self._asking, self._kept, self._limited = env, asking, kept, limited
        self._health = health

    def ask(
        self,
        visit: Visit,
        sender: Sender,
        where: tuple[int, int],
        way_s: float,
        service_s: float,
        goes_on: Retries,
    ) -> Trying:
        """One Pod, there and back."""
        if self._kept is None:
            return (yield from self._anew(visit, where, way_s, service_s, goes_on))
        pool = (sender[0], 0) if goes_on.shares_kept else sender
        known, met = None, Reuse.NEW_CONNECTION
        if not (visit.is_first and goes_on.first_anew):
            known, met = self._kept.take(pool, where[1], way_s)
        opened_s = self._env.now if known is None else known.opened_s
        if known is not None:
            outcome = yield from self._over_kept(visit, where, way_s, service_s, goes_on, met)
            if outcome is None:
                opened_s, known = self._env.now, None
        if known is None:
            outcome = yield from self._anew(visit, where, way_s, service_s, goes_on)
        assert outcome is not None
        if isinstance(outcome, int) and outcome != HUNG_UP:
            self._kept.give_back(pool, where[1], opened_s)
        return outcome

    def _anew(
        self, visit: Visit, where: tuple[int, int], way_s: float, service_s: float, goes_on: Retries
    ) -> Trying:
        """Over a new connection."""
        failing = self._asking.failing(visit, where, way_s, goes_on)
        if failing is not None:
            return (yield from failing)
        if self._kept is not None and way_s > 0:
            yield self._env.timeout(way_s)
        return (yield from self._exchange(visit, where[1], way_s, service_s, goes_on, is_kept=False))

    def _over_kept(
        self,
        visit: Visit,
        where: tuple[int, int],
        way_s: float,
        service_s: float,
        goes_on: Retries,
        met: Reuse,
    ) -> Generator[simpy.Event, Any, Outcome | None]:
        """Over a kept connection; None: the Pod has closed it, and the program sends the request again."""
        outage = None if self._health is None else self._health.blocked(-1, *where)
        if outage is not None and outage.silent:
            visit.entry.fault = outage.number
            return (yield from self._late(visit, goes_on.read_timeout_s))
        if met is Reuse.RACE:
            yield self._env.timeout(way_s)
            visit.entry.note(KEEP_ALIVE_RACE)
            return after_close(goes_on, visit.traffic.method)
        outcome = yield from self._exchange(visit, where[1], way_s, service_s, goes_on, is_kept=True)
        return after_close(goes_on, visit.traffic.method) if outcome == "closed" else outcome

    def _late(self, visit: Visit, after_s: float) -> Trying:
        yield self._env.timeout(after_s)
        visit.entry.note("timeout")
        return "timeout"

    def _exchange(
        self, visit: Visit, station: int, way_s: float, service_s: float, goes_on: Retries, is_kept: bool
    ) -> Trying:
        """Request and answer; where the answer is late the Pod goes on with it in vain."""
        if not self._limited:
            return (
                yield from self._asking.exchange(visit, station, way_s, service_s, goes_on, is_kept=is_kept)
            )
        mine = visit.below = replace(visit, below=None)
        process = self._env.process(
            self._asking.exchange(mine, station, way_s, service_s, goes_on, is_kept=is_kept)
        )
        yield process | self._env.timeout(goes_on.read_timeout_s)
        if process.triggered:
            return cast(Outcome, process.value)
        mine.give_up()
        visit.entry.start_s = visit.entry.departure_s = NOT_YET
        visit.entry.note("timeout")
        return "timeout"


def after_close(goes_on: Retries, method: str) -> Outcome | None:
    """What a program makes of a kept connection that closes without an answer; None: it sends it again."""
    if goes_on.kept_closed == "again" and method in REPLAYED:
        return None
    if goes_on.kept_closed in ("free", "not-last"):
        return "kept-closed"
    return HUNG_UP if goes_on.kept_closed == "hang-up" else "closed"
