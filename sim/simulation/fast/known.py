"""What is known of faults from when on: tables for each time between two changes."""

from collections.abc import Generator, Iterator
from itertools import chain
from math import gcd, inf
from typing import Any, cast

import simpy

from sim.simulation.design import Design, Outage
from sim.simulation.engines.health import Health
from sim.simulation.engines.station import Station
from sim.simulation.fast.flows import Flows
from sim.simulation.fast.given import BackendRow, ListingRow, OutageRow, Stretch


class StillEnvironment:
    """An environment that stands still: whoever asks what is known at a time."""

    now = 0.0

    def process(self, process: Generator[Any, Any, Any]) -> None:
        """Nothing happens in it."""
        process.close()


class Known:
    """What load balancers, nodes and controller Pods go by in each epoch.

    Args:
        at_s: when each begins.
    """

    def __init__(self, design: Design, flows: Flows) -> None:
        self._design, self._flows, self._env = design, flows, StillEnvironment()
        self.health = None
        if design.outages:
            stations = cast(list[Station], [None] * len(design.stations))
            self.health = Health(cast(simpy.Environment, self._env), design, stations)
        changes = {moment for outage in self._outages() for moment in _changes(outage)}
        changes |= {moment for one in design.broken for moment in (one.at_s, one.until_s)}
        self.at_s = [0.0, *sorted(moment for moment in changes if 0 < moment < inf)]
        self.listings: list[ListingRow] = []
        self.backends: list[BackendRow] = []
        self._numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self.whole = [
            self._listing(u, tuple(range(len(up.stations)))) for u, up in enumerate(design.upstreams)
        ]

    def _outages(self) -> Iterator[Outage]:
        found = self._design.outages
        return chain.from_iterable(
            chain(found.destinations.values(), found.nodes.values(), found.stations.values())
        )

    def outages(self) -> tuple[list[OutageRow], list[Stretch], list[int]]:
        """The outages, and which each load balancer, node and station has."""
        rows, stretches, breaks = list[OutageRow](), list[Stretch](), list[int]()
        design, found = self._design, self._design.outages
        counts = len(design.destinations), len(design.nodes), len(design.stations)
        for count, by_number in zip(counts, (found.destinations, found.nodes, found.stations), strict=True):
            for number in range(count):
                own = by_number.get(number, ())
                stretches.append(Stretch(len(breaks), len(own)))
                breaks += range(len(rows), len(rows) + len(own))
                rows += [_row(one) for one in own]
        return rows, stretches, breaks

    def entrances(self) -> list[int]:
        """In each epoch the flow of each row."""
        found = list[int]()
        for at_s in self.at_s:
            held = [n for n, one in enumerate(self._design.broken) if one.at_s <= at_s < one.until_s]
            found += self._flows.broken[held[0]] if held else self._flows.first
        return found

    def lefts(self) -> list[Stretch]:
        """In each epoch the nodes of each flow that are left."""
        found = []
        for at_s in self.at_s:
            self._env.now = at_s
            for _, flow in self._flows.listed:
                nodes, pods = (flow.nodes, flow.pods) if self.health is None else self.health.left(flow)
                found.append(Stretch(self._flows.put_down(nodes, pods), len(nodes)))
        return found

    def usable(self) -> list[int]:
        """In each epoch the listing of each upstream."""
        found = []
        for at_s in self.at_s:
            self._env.now = at_s
            for u, upstream in enumerate(self._design.upstreams):
                every = range(len(upstream.stations))
                left = every if self.health is None else self.health.usable(upstream.stations)
                found.append(self._listing(u, tuple(left)))
        return found

    def _listing(self, u: int, places: tuple[int, ...]) -> int:
        """The number of these places of an upstream."""
        if (u, places) not in self._numbers:
            self._numbers[u, places] = len(self.listings)
            upstream, upto = self._design.upstreams[u], 0
            weights = [upstream.listed[place].weight for place in places]
            self.listings.append(
                ListingRow(
                    len(self.backends), len(places), sum(weights), gcd(*weights), max(weights, default=1)
                )
            )
            for place, weight in zip(places, weights, strict=True):
                upto += weight
                self.backends.append(BackendRow(place, upstream.stations[place], weight, upto))
        return self._numbers[u, places]


def _changes(outage: Outage) -> tuple[float, ...]:
    return outage.at_s, outage.until_s, outage.detected_s, outage.until_s + outage.back_s


def _row(outage: Outage) -> OutageRow:
    silent, hard = outage.badness()
    return OutageRow(
        outage.at_s, outage.until_s, int(silent), int(not hard), 2 * silent + hard, outage.number
    )
