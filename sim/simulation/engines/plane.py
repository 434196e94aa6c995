"""The control plane of a run: it plays what is asked of it, and its autoscalers look every sync period.

What is asked is played as far ahead as nothing else decides: to the next sync of an autoscaler; without one
to the end, before the run begins.
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

import simpy

from sim.cluster.life.asked import ClusterChange, PlayedWorkload
from sim.cluster.life.autoscaler import ScalerMemory
from sim.cluster.life.course import ClusterCourse
from sim.cluster.life.figures import HPA
from sim.cluster.life.held import Held
from sim.cluster.life.hpa import PodCpu, WorkloadScaler, autoscalers_of, blind, cpu_of, measured, said
from sim.cluster.life.plays import play
from sim.cluster.life.replicas import METRIC_WINDOW_S, MeasuredPod
from sim.cluster.life.scaled import ReplicaChange, ScaledWorkload, ScalerSync
from sim.simulation.design import Design
from sim.simulation.design.lives import changes_of
from sim.simulation.engines.sight import Sight
from sim.simulation.engines.station import Station
from sim.simulation.propagation import drawn_app
from sim.simulation.workload import Workload

SYNC_S: float = HPA["sync_s"]


@dataclass
class RunningScaler:
    """An autoscaler at work.

    Args:
        syncs: what it saw.
    """

    key: str
    scaler: WorkloadScaler
    memory: ScalerMemory
    syncs: list[ScalerSync]


class Plane:
    """Decides over the Pods of a run, and tells those that must know."""

    def __init__(
        self,
        env: simpy.Environment,
        design: Design,
        workload: Workload,
        stations: list[Station],
    ) -> None:
        assert design.before is not None
        self._env, self._stations = env, stations
        self.sight = Sight(env, design, workload, stations)
        self._scenario = workload.scenario
        apps = partial(drawn_app, workload.scenario, workload.seed)
        self._course = ClusterCourse(design.before, apps, design.places)
        self._waiting = deque(changes_of(workload.scenario, design.before))
        self._numbers = {spec.name: number for number, spec in enumerate(design.stations)}
        self._workers = [spec.workers for spec in design.stations]
        self._scalers = [self._begun(key, one) for key, one in autoscalers_of(design.before).items()]
        self._busy: deque[tuple[float, list[float]]] = deque([(0.0, [0.0] * len(stations))])
        self._play_until(SYNC_S if self._scalers else inf)
        if self._scalers:
            env.process(self._syncs())

    def _begun(self, key: str, scaler: WorkloadScaler) -> RunningScaler:
        replicas, workload = self._course.replicas(key), self._course.workload(key)
        if workload is not None and (found := blind(scaler, key, workload.pod, SYNC_S)) is not None:
            self._course.held.append(found)
        self._course.scaled[key] = [ReplicaChange(0.0, replicas)]
        return RunningScaler(key, scaler, ScalerMemory(((0.0, replicas),), ((SYNC_S, replicas),)), [])

    def _play_until(self, until_s: float) -> None:
        """Play what is asked before a moment, and tell it."""
        while self._waiting and self._waiting[0].at_s < until_s:
            play(self._course, self._waiting.popleft())
        self.sight.learn(self._course.lives)

    def _syncs(self) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self._env.timeout(SYNC_S)
            self._measure()
            for running in self._scalers:
                self._sync(running)
            self._play_until(self._env.now + SYNC_S)

    def _measure(self) -> None:
        """Note the busy time of every Pod, and forget what no figure covers any more."""
        now_s = self._env.now
        for station in self._stations:
            station.integrate()
        self._busy.append((now_s, [station.busy_s for station in self._stations]))
        while len(self._busy) > 2 and self._busy[1][0] <= now_s - METRIC_WINDOW_S:
            self._busy.popleft()

    def _sync(self, running: RunningScaler) -> None:
        """One look of an autoscaler, and what it makes of it."""
        workload, now_s = self._course.workload(running.key), self._env.now
        if workload is None:
            return
        replicas, scaler = len(workload.now), running.scaler
        found = scaler.proposals(replicas, self._measured(workload))
        asked = [proposal for proposal in found if proposal is not None]
        wanted = max(asked, key=lambda proposal: proposal.replicas, default=None)
        running.syncs.append(ScalerSync(now_s, None if wanted is None else wanted.shows))
        memory = running.memory.corrected(replicas)
        failed = wanted is None or (len(asked) < len(found) and wanted.replicas < replicas)
        proposal = None if wanted is None or failed else wanted.replicas
        running.memory = scaler.autoscaler.after(memory, now_s, proposal)
        if (to := running.memory.replicas) != replicas:
            because = said(scaler, replicas, wanted)
            play(self._course, ClusterChange("scale", running.key, now_s, to, because=because))

    def _measured(self, workload: PlayedWorkload) -> list[MeasuredPod]:
        """Its Pods with their CPU over the last window."""
        now_s, cpu = self._env.now, cpu_of(workload.pod)
        return [
            measured(life, self._usage(workload.key, life.key, cpu), cpu, now_s)
            for life in workload.now
            if life.created_s <= now_s
        ]

    def _usage(self, key: str, pod: str, cpu: PodCpu) -> float:
        """Milli-units that a Pod used, by how many of its workers were busy."""
        number = self._numbers.get(pod)
        if number is None:
            return 0.0
        (began_s, before), (now_s, after) = self._busy[0], self._busy[-1]
        busy, workers = (after[number] - before[number]) / (now_s - began_s), self._workers[number]
        stated = self._scenario.app_of(key).cpu
        return busy / workers * cpu.at_most(None if stated is None else stated * 1000, workers)

    @property
    def held(self) -> tuple[Held, ...]:
        """What was asked by then and did not happen, or not at once."""
        return tuple(one for one in self._course.held if one.since_s <= self._env.now)

    @property
    def scaled(self) -> tuple[ScaledWorkload, ...]:
        """The workloads whose number of Pods was changed, or might have been."""
        scalers = {running.key: running for running in self._scalers}
        return tuple(
            ScaledWorkload(
                key,
                tuple(changes),
                tuple(scalers[key].syncs) if key in scalers else (),
                scalers[key].scaler.percent if key in scalers else None,
            )
            for key, changes in sorted(self._course.scaled.items())
        )
