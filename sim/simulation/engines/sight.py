"""The life of Pods in a run: what each part of the cluster knows of it, and from when on.

Every part hears of a Pod by itself and in parallel: a node's kube-proxy, a controller Pod, a load balancer
whose targets are Pods. How long each takes is drawn once for each change, from a stream of its own.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import inf
from typing import Any

import simpy

from sim.cluster.life.course import AppLife
from sim.cluster.life.pods import PodLife
from sim.scenario.distributions import Distribution
from sim.simulation.design import Design
from sim.simulation.design.lives import played
from sim.simulation.engines.station import Station
from sim.simulation.workload import Workload, generator, sampler


@dataclass(frozen=True)
class Seen:
    """From when to when a part opens connections to a Pod; until when it would if nobody else were left."""

    from_s: float
    until_s: float
    at_last_s: float

    def is_listed(self, now_s: float) -> bool:
        """Whether it is one of those that take new connections."""
        return self.from_s <= now_s < self.until_s

    def still_serves(self, now_s: float) -> bool:
        """Whether it terminates and serves: asked where no other is left."""
        return self.until_s <= now_s < self.at_last_s


class Sight:
    """What the parts of a cluster know of Pods that come and go."""

    def __init__(
        self, env: simpy.Environment, design: Design, workload: Workload, stations: list[Station]
    ) -> None:
        self._env, self._design, self._workload = env, design, workload
        assert design.before is not None
        lives = played(design.before, workload.scenario, partial(life_of_app, workload)).lives
        self.lives = {n: lives[s.name] for n, s in enumerate(design.stations) if s.name in lives}
        self._seen, self._targeted = cache(self._heard), cache(self._as_target)
        self._went_on: list[tuple[str, str, float]] = []
        for number, life in self.lives.items():
            env.process(self._end(stations[number], life))

    def _end(self, station: Station, life: PodLife) -> Generator[simpy.Event, Any, None]:
        if life.ends_s < inf:
            yield self._env.timeout(max(0.0, life.ends_s - self._env.now))
            station.die()

    def _heard(self, kind: str, observer: str, number: int) -> Seen:
        """When a part hears of a Pod's changes."""
        life = self.lives[number]
        added_s, removed_s, gone_s = (
            self._delay_s(kind, observer, life.key, change) for change in ("ready", "deleted", "gone")
        )
        if life.deleted_s < inf:
            self._went_on.append((life.key, kind, removed_s))
        return Seen(life.ready_s + added_s, life.deleted_s + removed_s, life.ends_s + gone_s)

    def _delay_s(self, kind: str, observer: str, key: str, change: str) -> float:
        told = self._workload.scenario.propagation
        own: Distribution = getattr(told, kind)
        slice_s = self._drawn(told.endpointslice, f"endpointslice/{key}/{change}")
        return slice_s + self._drawn(own, f"{kind}/{observer}/{key}/{change}")

    def _drawn(self, distribution: Distribution, name: str) -> float:
        stream = generator(self._workload.seed, f"propagation/{name}")
        return float(sampler(distribution)(stream, 1)[0])

    def at_node(self, node: int, stations: Sequence[int]) -> tuple[int, ...]:
        """Those that a node's kube-proxy sends new connections to."""
        return self._left("kube_proxy", self._design.nodes[node], stations)

    def at_controller(self, controller: int, stations: Sequence[int]) -> list[int]:
        """Places of those that a controller Pod sends requests to."""
        left = set(self._left("controller", self._design.stations[controller].name, stations))
        return [place for place, station in enumerate(stations) if station in left]

    def _left(self, kind: str, observer: str, stations: Sequence[int]) -> tuple[int, ...]:
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
        from_s, until_s = self._targeted(destination, station)
        return from_s <= self._env.now < until_s

    def _as_target(self, destination: int, station: int) -> tuple[float, float]:
        """From when to when a load balancer opens connections to a Pod that comes or goes."""
        told, life, lags = self._workload.scenario, self.lives[station], self._design.lags[destination]
        key, name = told.load_balancer, f"{self._design.destinations[destination]}/{life.key}"
        registration = key.registration or Distribution("constant", lags.registration_s)
        stated_s = key.deregistration.still_new
        still_new_s = lags.still_new_s if stated_s is None else stated_s
        slices = told.propagation.endpointslice
        in_slice_s, out_s = (
            self._drawn(slices, f"endpointslice/{life.key}/{c}") for c in ("ready", "deleted")
        )
        added_s = life.ready_s + in_slice_s + self._drawn(registration, f"load_balancer/{name}/ready")
        if life.deleted_s < inf:
            self._went_on.append((life.key, "load_balancer", out_s + still_new_s))
        return added_s, life.deleted_s + out_s + still_new_s

    @property
    def told_last(self) -> dict[str, tuple[str, float]]:
        """Pod -> the kind of part that heard last that it goes, and how long after, in seconds."""
        last: dict[str, tuple[str, float]] = {}
        for key, kind, delay_s in self._went_on:
            if key not in last or delay_s > last[key][1]:
                last[key] = (kind, delay_s)
        return last

    def refuses(self, station: int) -> bool:
        """Whether a Pod takes no new connection."""
        life = self.lives.get(station)
        return life is not None and not life.ready_s <= self._env.now < life.closes_s

    def closed_since(self, station: int, since_s: float) -> bool:
        """Whether a Pod has closed the connections that carry nothing, after a moment."""
        life = self.lives.get(station)
        return life is not None and since_s <= life.closes_s <= self._env.now

    def is_gone(self, station: int) -> bool:
        """Whether its process has ended."""
        life = self.lives.get(station)
        return life is not None and self._env.now >= life.ends_s


def life_of_app(workload: Workload, key: str) -> AppLife:
    """How the Pods of an application start and end in a run: each start is drawn."""
    app = workload.scenario.app_of(key)
    drawn = sampler(app.start)(generator(workload.seed, f"app/{key}/start"), MOST_NEW)
    return AppLife(tuple(drawn.tolist()), app.on_sigterm)


MOST_NEW = 1_000
"""New Pods of one workload whose starts are drawn; then the first times come again."""
