"""What a list of changes makes of the Pods of a cluster: who comes, who goes, and when.

Changes of one workload are played one after the other; the next begins with the Pods that the last one
leaves. Left out: what changes of two workloads do to each other; scheduling by resources, taints, affinity.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.life.changed import new_pods
from sim.cluster.life.disruption import DisruptionBudget
from sim.cluster.life.drain import DrainedWorkload, drained
from sim.cluster.life.pods import OnSigterm, PodLife, course_of, ending, rollout_of, strategy_of
from sim.cluster.life.rollout import UNTIL_S, RolloutPace
from sim.cluster.pods import draft_of
from sim.manifests.objects.disruption import PodDisruptionBudget
from sim.manifests.objects.workloads import PodSpec, WorkloadResource

ChangeKind = Literal["rollout", "scale", "drain"]
REPLACING = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")
"""Kinds whose Pods are made anew where one goes."""


@dataclass(frozen=True)
class ClusterChange:
    """Something that is asked of the control plane.

    Args:
        target: `NAMESPACE/NAME` of a workload; for a drain the node.
        to: replicas, for a change of scale.
    """

    kind: ChangeKind
    target: str
    at_s: float
    to: int = 0

    @property
    def title(self) -> str:
        """What happens, to whom."""
        return f"{self.kind} {self.target}"


@dataclass(frozen=True)
class AppLife:
    """How the Pods of a workload start and end.

    Args:
        starts_s: how long the first, the second, … new Pod takes from its creation until it is ready.
    """

    starts_s: Sequence[float] = (0.0,)
    on_sigterm: OnSigterm = "exit"


@dataclass
class PlayedWorkload:
    """A workload while changes are played.

    Args:
        manifest: None: nothing is known of it but its Pods.
        now: its Pods, the oldest first.
        made: how many new ones there have been.
    """

    key: str
    manifest: WorkloadResource
    now: list[PodLife]
    made: int = 0

    @property
    def pod(self) -> PodSpec:
        """What its Pods are made of."""
        return self.manifest.spec.template.spec


@dataclass
class ClusterCourse:
    """The changes of a cluster, played.

    Args:
        pods: all that there ever are, by key.
        ended: those that are gone, or will be.
    """

    cluster: Cluster
    apps: Callable[[str], AppLife]
    pods: dict[str, RunningPod] = field(default_factory=dict)
    workloads: dict[str, PlayedWorkload] = field(default_factory=dict)
    ended: list[PodLife] = field(default_factory=list)
    drained: set[str] = field(default_factory=set)

    @property
    def lives(self) -> dict[str, PodLife]:
        """Of every Pod that a change makes or ends, by key."""
        there = (life for workload in self.workloads.values() for life in workload.now)
        return {life.key: life for life in (*self.ended, *there) if life.because}

    @property
    def changed(self) -> Mapping[str, RunningPod]:
        """All Pods that there ever are."""
        return dict(self.cluster.pods) | self.pods

    def play(self, change: ClusterChange) -> None:
        """Play the next change."""
        if change.kind == "drain":
            self.drained.add(change.target)
            for there in list(self._on(change.target)):
                self._drain(there, change)
        elif (asked := self._workload(change.target)) is not None:
            (self._roll_out if change.kind == "rollout" else self._scale)(asked, change)

    def _workload(self, key: str) -> PlayedWorkload | None:
        """A workload that makes Pods; None: there is none of this name."""
        if key in self.workloads:
            return self.workloads[key]
        manifest = workloads_of(self.cluster).get(key)
        if manifest is None:
            return None
        own = pods_of(self.cluster, manifest)
        self.workloads[key] = PlayedWorkload(key, manifest, [PodLife(pod.key, "") for pod in own])
        return self.workloads[key]

    def _on(self, node: str) -> Iterator[PlayedWorkload]:
        """The workloads that have Pods on a node."""
        for key in workloads_of(self.cluster):
            workload = self._workload(key)
            if workload is not None and any(self.changed[life.key].node == node for life in workload.now):
                yield workload

    def _more(self, workload: PlayedWorkload, count: int) -> list[str]:
        """New Pods, by key."""
        taken = self.changed
        names: list[str] = []
        number = 0
        while len(names) < count:
            number += 1
            if (name := f"{workload.key}-{number}") not in taken:
                names.append(name)
        like = [taken[life.key] for life in workload.now] or pods_of(self.cluster, workload.manifest)
        seen = replace(self.cluster, pods=taken)
        draft = like[0] if like else draft_of(workload.manifest)
        for pod in new_pods(seen, draft, like, names, frozenset(self.drained)):
            self.pods[pod.key] = pod
        workload.made += count
        return names

    def _starts(self, workload: PlayedWorkload, count: int) -> list[float]:
        """How long each of the next new Pods takes to be ready."""
        starts_s = self.apps(workload.key).starts_s
        return [starts_s[(workload.made + n) % len(starts_s)] for n in range(count)]

    def _roll_out(self, workload: PlayedWorkload, change: ClusterChange) -> None:
        lives, on_sigterm = workload.now, self.apps(workload.key).on_sigterm
        if not lives:
            return
        spec, starts_s = workload.manifest.spec, self._starts(workload, len(lives))
        stops_s = ending(lives[0], 0.0, workload.pod, on_sigterm, "").closes_s
        course = course_of(
            strategy_of(spec, len(lives)), RolloutPace(starts_s, spec.min_ready_seconds, stops_s)
        )
        names = self._more(workload, len(lives))
        old, new = rollout_of(course, lives, names, workload.pod, on_sigterm, change.at_s, change.title)
        self._leave(workload, old, new)

    def _scale(self, workload: PlayedWorkload, change: ClusterChange) -> None:
        lives, on_sigterm = workload.now, self.apps(workload.key).on_sigterm
        more = max(0, change.to - len(lives))
        starts_s = self._starts(workload, more)
        new = [
            PodLife(name, change.title, change.at_s, change.at_s + start_s)
            for name, start_s in zip(self._more(workload, more), starts_s, strict=True)
        ]
        old = [
            ending(life, change.at_s, workload.pod, on_sigterm, change.title) for life in lives[change.to :]
        ]
        self._leave(workload, [*lives[: change.to], *old], new)

    def _drain(self, workload: PlayedWorkload, change: ClusterChange) -> None:
        """Evict its Pods on the node as soon as its budget lets them go; each is replaced at once."""
        on_sigterm = self.apps(workload.key).on_sigterm
        here = [life for life in workload.now if self.changed[life.key].node == change.target]
        starts_s = self._starts(workload, len(here))
        stops_s = ending(here[0], 0.0, workload.pod, on_sigterm, "").closes_s
        asked = DrainedWorkload(
            len(workload.now), len(here), budget_of(self.cluster, workload.manifest), max(starts_s), stops_s
        )
        going = drained(asked, UNTIL_S).evictions_s
        names = self._more(workload, len(going))
        gone = {
            life.key: ending(life, change.at_s + s, workload.pod, on_sigterm, change.title)
            for life, s in zip(here, going, strict=False)
        }
        new = [
            PodLife(name, change.title, change.at_s + s, change.at_s + s + start_s)
            for name, s, start_s in zip(names, going, starts_s, strict=False)
        ]
        self._leave(workload, [gone.get(life.key, life) for life in workload.now], new)

    def _leave(self, workload: PlayedWorkload, old: Iterable[PodLife], new: Iterable[PodLife]) -> None:
        """Who goes is written down; who stays and who comes are its Pods from now on."""
        listed = list(old)
        self.ended += [life for life in listed if life.deleted_s < inf]
        workload.now = [*(life for life in listed if life.deleted_s == inf), *new]


def workloads_of(cluster: Cluster) -> dict[str, WorkloadResource]:
    """Those whose Pods are made anew where one goes, by `NAMESPACE/NAME`; the first of a name counts."""
    found: dict[str, WorkloadResource] = {}
    for workload in cluster.manifests.of(WorkloadResource):
        if workload.kind in REPLACING:
            found.setdefault(workload.key, workload)
    return found


def pods_of(cluster: Cluster, workload: WorkloadResource) -> list[RunningPod]:
    """The Pods of a workload: those that were made of it, else those that its selector finds."""
    made = [p for p in cluster.pods.values() if p.workload == f"{workload.kind} {workload.key}"]
    wanted = workload.spec.selector.match_labels
    if made or not wanted:
        return made
    inside = (p for p in cluster.pods.values() if p.namespace == workload.namespace)
    return [p for p in inside if all(p.labels.get(k) == v for k, v in wanted.items())]


def budget_of(cluster: Cluster, workload: WorkloadResource) -> DisruptionBudget | None:
    """The PodDisruptionBudget that selects a workload's Pods; None: none does."""
    labels = workload.spec.template.metadata.labels
    for budget in cluster.manifests.of(PodDisruptionBudget):
        wanted = budget.spec.selector.match_labels
        if budget.namespace == workload.namespace and all(labels.get(k) == v for k, v in wanted.items()):
            return DisruptionBudget(budget.spec.max_unavailable, budget.spec.min_available)
    return None
