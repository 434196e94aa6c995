"""One try at a Pod, by a controller Pod or a load balancer that reads HTTP: there, in it, and back.

Where a scenario says how long they wait or keep connections, `sim.simulation.engines.transport` is between.
"""

from collections.abc import Generator
from typing import Any, Protocol

import simpy

from sim.routing.proxies.retries import Failure, Outcome, Retries
from sim.simulation.engines.health import Health
from sim.simulation.engines.idle import KEEP_ALIVE_RACE
from sim.simulation.engines.record import Visit
from sim.simulation.engines.station import QUEUE_FULL, Station

Trying = Generator[simpy.Event, Any, Outcome]

Sender = tuple[int, int]
"""Who sends: the station of a controller Pod and its worker, or a load balancer as -1 - its number, and 0."""

SERVED = 200
"""What a Pod of the model answers where it answers."""


class PodTransport(Protocol):
    """Whatever takes a request to a Pod."""

    def ask(
        self,
        visit: Visit,
        sender: Sender,
        where: tuple[int, int],
        way_s: float,
        service_s: float,
        goes_on: Retries,
    ) -> Trying:
        """One Pod, there and back.

        Args:
            where: the node on the way, -1 if there is none, and the station.
        """


class DirectTransport:
    """Asks Pods over connections that cost nothing to open."""

    def __init__(self, env: simpy.Environment, stations: list[Station], health: Health | None) -> None:
        self._env, self._stations, self._health = env, stations, health

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
        found = self.failing(visit, where, way_s, goes_on)
        return self.exchange(visit, where[1], way_s, service_s, goes_on) if found is None else found

    def failing(self, visit: Visit, where: tuple[int, int], way_s: float, goes_on: Retries) -> Trying | None:
        """What happens instead where no connection can be opened; None: one can."""
        health, (node, station) = self._health, where
        if health is None:
            return None
        if (outage := health.blocked(-1, node, station)) is not None:
            visit.entry.fault = outage.number
            if outage.silent:
                return self._failed(visit, goes_on.connect_timeout_s, "unreachable")
            return self._failed(visit, way_s, "refused")
        if not health.refuses(station):
            return None
        visit.entry.cause = station
        return self._failed(visit, way_s, "refused")

    def _failed(self, visit: Visit, after_s: float, outcome: Failure) -> Trying:
        yield self._env.timeout(after_s)
        visit.entry.note(outcome)
        return outcome

    def exchange(
        self,
        visit: Visit,
        station: int,
        way_s: float,
        service_s: float,
        goes_on: Retries,
        is_kept: bool = False,
    ) -> Trying:
        """A request over an open connection, and its answer.

        Args:
            is_kept: whether the connection carried nothing before.
        """
        env = self._env
        if way_s > 0:
            yield env.timeout(way_s / 2)
        if is_kept and self._health is not None and self._health.closed_since(station, env.now - way_s):
            visit.entry.cause = station
            visit.entry.note(KEEP_ALIVE_RACE)
            yield env.timeout(way_s / 2)
            return "closed"
        if self._stations[station].is_full:
            visit.entry.note(QUEUE_FULL)
            yield env.timeout(way_s / 2)
            return "refused"
        if not (yield from self.at_pod(visit, station, service_s)):
            return (yield from self._died(visit, station, goes_on))
        if way_s > 0:
            yield env.timeout(way_s / 2)
        return SERVED

    def at_pod(self, visit: Visit, station: int, service_s: float) -> Generator[simpy.Event, Any, bool]:
        """The request at the application's Pod; returns whether it was served to the end."""
        visit.entry.pod, visit.entry.arrival_s = station, self._env.now
        if self._health is not None and self._health.is_gone(station):
            return False
        start_s = yield from self._stations[station].serve(service_s)
        if start_s is None:
            return False
        visit.entry.start_s, visit.entry.departure_s = start_s, self._env.now
        return True

    def _died(self, visit: Visit, station: int, goes_on: Retries) -> Trying:
        """The Pod died with the request in it."""
        outage = None if self._health is None else self._health.death_of(visit.entry, station)
        visit.entry.note("closed")
        if outage is None or not outage.silent:
            return "closed"
        return (yield from self._failed(visit, goes_on.read_timeout_s, "timeout"))
