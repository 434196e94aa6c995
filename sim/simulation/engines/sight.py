"""The life of Pods in a run: what each part of the cluster knows of it, and from when on.

Every part hears of a Pod by itself and in parallel: a node's kube-proxy, a controller Pod, a load balancer
whose targets are Pods. How long each takes is drawn once for each change, from a stream of its own.
"""

from collections.abc import Generator, Sequence
from functools import cache, partial
from math import inf
from operator import attrgetter
from typing import Any

import simpy

from sim.cluster.life.hearing import ClusterPart, PartKind, Seen, is_listening, seen_as_target, seen_by
from sim.cluster.life.pods import PodLife
from sim.simulation.design import Design
from sim.simulation.design.lives import played
from sim.simulation.engines.station import Station
from sim.simulation.propagation import DrawnDelays, drawn_app
from sim.simulation.result import Told
from sim.simulation.workload import Workload


class Sight:
    """What the parts of a cluster know of Pods that come and go."""

    def __init__(
        self, env: simpy.Environment, design: Design, workload: Workload, stations: list[Station]
    ) -> None:
        self._env, self._design = env, design
        assert design.before is not None
        scenario, seed = workload.scenario, workload.seed
        lives = played(design.before, scenario, partial(drawn_app, scenario, seed)).lives
        self._delays = DrawnDelays(scenario, seed)
        self.lives = {n: lives[s.name] for n, s in enumerate(design.stations) if s.name in lives}
        self._seen, self._targeted = cache(self._heard), cache(self._as_target)
        self._told: list[Told] = []
        for number, life in self.lives.items():
            env.process(self._end(stations[number], life))

    def _end(self, station: Station, life: PodLife) -> Generator[simpy.Event, Any, None]:
        if life.ends_s < inf:
            yield self._env.timeout(max(0.0, life.ends_s - self._env.now))
            station.die()

    def _heard(self, kind: PartKind, observer: str, number: int) -> Seen:
        """When a part hears of a Pod's changes."""
        life = self.lives[number]
        part = ClusterPart(kind, observer)
        return self._noted(part, life, seen_by(part, life, self._delays))

    def _noted(self, part: ClusterPart, life: PodLife, seen: Seen) -> Seen:
        """Write down when a part hears that a Pod goes."""
        if life.deleted_s < inf:
            self._told.append(Told(life.key, *part, seen.until_s))
        return seen

    def at_node(self, node: int, stations: Sequence[int]) -> tuple[int, ...]:
        """Those that a node's kube-proxy sends new connections to."""
        return self._left("kube_proxy", self._design.nodes[node], stations)

    def at_controller(self, controller: int, stations: Sequence[int]) -> list[int]:
        """Places of those that a controller Pod sends requests to."""
        left = set(self._left("controller", self._design.stations[controller].name, stations))
        return [place for place, station in enumerate(stations) if station in left]

    def _left(self, kind: PartKind, observer: str, stations: Sequence[int]) -> tuple[int, ...]:
        now_s, lives = self._env.now, self.lives
        listed = tuple(
            s for s in stations if s not in lives or self._seen(kind, observer, s).is_listed(now_s)
        )
        if listed or kind != "kube_proxy":
            return listed
        return tuple(s for s in stations if self._seen(kind, observer, s).still_serves(now_s))

    def is_target(self, destination: int, station: int) -> bool:
        """Whether a load balancer whose targets are Pods opens connections to one."""
        if station not in self.lives:
            return True
        return self._targeted(destination, station).is_listed(self._env.now)

    def _as_target(self, destination: int, station: int) -> Seen:
        """From when to when a load balancer opens connections to a Pod that comes or goes."""
        life, balancer = self.lives[station], self._design.destinations[destination]
        lags = self._design.lags[destination]
        part = ClusterPart("load_balancer", balancer)
        return self._noted(part, life, seen_as_target(balancer, lags, life, self._delays))

    @property
    def told(self) -> tuple[Told, ...]:
        """Who heard when that a Pod goes, in order of time."""
        going = (life for life in self.lives.values() if life.deleted_s < inf)
        slices = (
            Told(
                life.key,
                "endpointslice",
                life.key,
                life.deleted_s + self._delays.in_slice_s(life.key, "deleted"),
            )
            for life in going
        )
        return tuple(sorted((*slices, *self._told), key=attrgetter("at_s", "pod", "kind", "observer")))

    def refuses(self, station: int) -> bool:
        """Whether a Pod takes no new connection."""
        life = self.lives.get(station)
        return life is not None and not is_listening(life, self._env.now)

    def closed_since(self, station: int, since_s: float) -> bool:
        """Whether a Pod has closed the connections that carry nothing, after a moment."""
        life = self.lives.get(station)
        return life is not None and since_s <= life.closes_s <= self._env.now

    def is_gone(self, station: int) -> bool:
        """Whether its process has ended."""
        life = self.lives.get(station)
        return life is not None and self._env.now >= life.ends_s
