"""The life of Pods in a run: what each part of the cluster knows of it, and from when on.

Every part hears of a Pod by itself and in parallel: a node's kube-proxy, a controller Pod, a load balancer
whose targets are Pods. How long each takes is drawn once for each change, from a stream of its own.
"""

from collections.abc import Generator, Mapping, Sequence
from math import inf
from operator import attrgetter
from typing import Any

import simpy

from sim.cluster.life.hearing import ClusterPart, PartKind, Seen, is_listening, seen_as_target, seen_by
from sim.cluster.life.node_checks import CheckedNode, checked_node
from sim.cluster.life.pods import PodLife
from sim.simulation.design import Design
from sim.simulation.engines.station import Station
from sim.simulation.propagation import DrawnDelays
from sim.simulation.result import ToldPart
from sim.simulation.workload import Workload

ALWAYS = Seen(-inf, inf, inf)
"""What is heard of a Pod that is there from the beginning to the end."""


class Sight:
    """What the parts of a cluster know of Pods that come and go."""

    def __init__(
        self, env: simpy.Environment, design: Design, workload: Workload, stations: list[Station]
    ) -> None:
        self._env, self._design, self._stations = env, design, stations
        self._delays = DrawnDelays(workload.scenario, workload.seed)
        self._lives = {n: PodLife(s.name, "", inf, inf) for n, s in enumerate(design.stations)}
        self._lives = {n: life for n, life in self._lives.items() if life.key in design.places}
        self._seen: dict[int, dict[ClusterPart, Seen]] = {}
        self._listed: dict[tuple[str, str, tuple[int, ...]], tuple[float, tuple[int, ...]]] = {}
        self._checked: dict[tuple[int, tuple[int, ...]], CheckedNode] = {}
        self._told: list[ToldPart] = []

    @property
    def lives(self) -> dict[int, PodLife]:
        """Of the Pods that came or went, by the number of their station."""
        return {number: life for number, life in self._lives.items() if life.because}

    @property
    def came(self) -> int:
        """How many of the stations to count: behind them are those of Pods that never came."""
        there = (n for n in range(len(self._stations)) if n not in self._lives or self._lives[n].because)
        return max(there, default=-1) + 1

    def learn(self, lives: Mapping[str, PodLife]) -> None:
        """Take note of what became of Pods, by their keys; of some that would come or go nothing becomes."""
        for number in [n for n, life in self._lives.items() if life.because and life.key not in lives]:
            self._forget(number)
        for number, spec in enumerate(self._design.stations):
            life = lives.get(spec.name)
            if life is not None and self._lives.get(number) != life:
                if number in self._lives:
                    self._forget(number)
                self._lives[number] = life
                self._env.process(self._ends(number, life))
        self._listed.clear()
        self._checked.clear()

    def _forget(self, number: int) -> None:
        """A Pod that was to come does not, or one that was to go stays."""
        key = self._lives[number].key
        self._seen.pop(number, None)
        self._told = [told for told in self._told if told.pod != key]
        if key in self._design.places:
            self._lives[number] = PodLife(key, "", inf, inf)
        else:
            del self._lives[number]

    def _ends(self, number: int, life: PodLife) -> Generator[simpy.Event, Any, None]:
        """What is in a Pod is lost each time that its process ends."""
        for at_s in (*(b.from_s for b in life.breaks if not b.silent), life.ends_s):
            if self._env.now <= at_s < inf:
                yield self._env.timeout(at_s - self._env.now)
                if self._lives.get(number) is life:
                    self._stations[number].die()

    def _heard(self, part: ClusterPart, number: int) -> Seen:
        """When a part hears of a Pod's changes."""
        known = self._seen.setdefault(number, {})
        if part not in known:
            life = self._lives[number]
            known[part] = self._as_heard(part, life)
            if life.deleted_s < inf:
                self._told.append(ToldPart(life.key, *part, known[part].until_s))
        return known[part]

    def _as_heard(self, part: ClusterPart, life: PodLife) -> Seen:
        if part.kind != "load_balancer":
            return seen_by(part, life, self._delays)
        lags = self._design.lags[self._design.destinations.index(part.name)]
        return seen_as_target(part.name, lags, life, self._delays)

    def at_node(self, node: int, stations: Sequence[int]) -> tuple[int, ...]:
        """Those that a node's kube-proxy sends new connections to."""
        return self._left("kube_proxy", self._design.nodes[node], stations)

    def takes_node(self, node: int, stations: tuple[int, ...], left: tuple[int, ...]) -> bool:
        """Whether load balancers take a node for one that has a ready Pod, by their checks of it.

        Args:
            stations: of the Pods that ever are there.
            left: without those that are known to be out of order, which counts at once.
        """
        found = self._as_checked(node, stations)
        broken = left != stations and found.has_ready and not self._as_checked(node, left).has_ready
        return found.healthy and not broken

    def _as_checked(self, node: int, stations: tuple[int, ...]) -> CheckedNode:
        known = self._checked.get((node, stations))
        if known is None or self._env.now >= known.until_s:
            part = ClusterPart("kube_proxy", self._design.nodes[node])
            seen = [self._heard(part, s) if s in self._lives else ALWAYS for s in stations]
            known = checked_node(seen, self._delays.node_check, self._env.now)
            self._checked[node, stations] = known
        return known

    def at_controller(self, controller: int, stations: Sequence[int]) -> list[int]:
        """Places of those that a controller Pod sends requests to."""
        left = set(self._left("controller", self._design.stations[controller].name, stations))
        return [place for place, station in enumerate(stations) if station in left]

    def _left(self, kind: PartKind, observer: str, stations: Sequence[int]) -> tuple[int, ...]:
        """Those that a part sends to; the same until it hears of the next change."""
        asked, now_s = (kind, observer, tuple(stations)), self._env.now
        until_s, left = self._listed.get(asked, (-inf, ()))
        if now_s < until_s:
            return left
        part = ClusterPart(kind, observer)
        seen = {s: self._heard(part, s) for s in stations if s in self._lives}
        left = tuple(s for s in stations if s not in seen or seen[s].is_listed(now_s))
        if not left and kind == "kube_proxy":
            left = tuple(s for s in stations if seen[s].still_serves(now_s))
        until_s = min((one.changes_after(now_s) for one in seen.values()), default=inf)
        self._listed[asked] = until_s, left
        return left

    def at_balancer(self, destination: int, stations: Sequence[int]) -> tuple[int, ...]:
        """Those that a load balancer whose targets are Pods opens connections to."""
        return self._left("load_balancer", self._design.destinations[destination], stations)

    def cut_s(self, destination: int, station: int) -> float:
        """When a load balancer whose targets are Pods closes the connections to one; infinite: never.

        Args:
            destination: -1: nobody whose targets are Pods.
        """
        life = self._lives.get(station)
        if destination < 0 or life is None or life.deleted_s == inf:
            return inf
        return life.deleted_s + self._delays.closed_s(self._design.lags[destination], life.key)

    def has_cleared(self, destination: int, node: int, station: int) -> bool:
        """Whether flows of UDP to a Pod are forgotten: it serves no more, and its sender has heard of that.

        Args:
            node: whose kube-proxy clears them; -1: the load balancer sends to Pods itself.
        """
        life = self._lives.get(station)
        if life is None or life.deleted_s == inf:
            return False
        if node < 0:
            return not self.at_balancer(destination, (station,))
        part = ClusterPart("kube_proxy", self._design.nodes[node])
        return self._heard(part, station).at_last_s <= self._env.now

    @property
    def told(self) -> tuple[ToldPart, ...]:
        """Who heard when that a Pod goes, in order of time."""
        going = (life for life in self.lives.values() if life.deleted_s < inf)
        slices = (
            ToldPart(
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
        life = self._lives.get(station)
        return life is not None and not is_listening(life, self._env.now)

    def closed_since(self, station: int, since_s: float, ago_s: float = 0.0) -> bool:
        """Whether a Pod has closed the connections that carry nothing, after a moment.

        Args:
            ago_s: and so long ago at least.
        """
        life = self._lives.get(station)
        if life is None:
            return False
        own = (life.closes_s, *(b.from_s for b in life.breaks if not b.silent))
        return any(since_s <= at_s <= self._env.now - ago_s for at_s in own)

    def ends_s(self, station: int) -> float:
        """When its process ends, as far as that is decided."""
        life = self._lives.get(station)
        return inf if life is None else life.ends_s

    def is_gone(self, station: int) -> bool:
        """Whether its process has ended."""
        life = self._lives.get(station)
        return life is not None and (self._env.now >= life.ends_s or life.is_down(self._env.now))
