"""What a list of changes makes of the Pods of a cluster: who comes, who goes, and when.

Changes of one workload are played one after the other; the next begins with the Pods that the last one
leaves, but that a roll-out stops where another begins (`rollover`). Left out: what changes of two workloads
do to each other; scheduling by resources, taints, affinity.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import inf

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.life.asked import AppLife, ClusterChange, PlayedWorkload
from sim.cluster.life.changed import new_pods
from sim.cluster.life.held import Held
from sim.cluster.life.ordinals import following_names, name_of, ordinal_of
from sim.cluster.life.pods import OnSigterm, PodLife, ending
from sim.cluster.life.scaled import ReplicaChange
from sim.cluster.life.started import ready_after_s
from sim.cluster.life.workloads import bare_spec, is_controller, pods_of, usual_end, workloads_of
from sim.cluster.pods import draft_of, first_number


@dataclass
class ClusterCourse:
    """The changes of a cluster, played.

    Args:
        apps: of a workload, or of a Pod that none makes.
        places: where Pods come that are known before; one that is not is put where there is room.
        pods: all that come, by key.
        ended: those that are gone, or will be.
        closed: nodes that take no Pods, each until when.
        scaled: how many Pods each workload is given whose number is changed.
        held: what is asked and does not happen, or not at once.
    """

    cluster: Cluster
    apps: Callable[[str], AppLife]
    places: Mapping[str, RunningPod] = field(default_factory=dict)
    pods: dict[str, RunningPod] = field(default_factory=dict)
    workloads: dict[str, PlayedWorkload] = field(default_factory=dict)
    ended: list[PodLife] = field(default_factory=list)
    closed: dict[str, float] = field(default_factory=dict)
    scaled: dict[str, list[ReplicaChange]] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)

    @property
    def lives(self) -> dict[str, PodLife]:
        """Of every Pod that a change makes or ends, by key."""
        there = (life for workload in self.workloads.values() for life in workload.now)
        return {life.key: self._drained(life) for life in (*self.ended, *there) if life.because}

    def on_sigterm(self, key: str) -> OnSigterm:
        """What the Pods of a workload do when they are told to go."""
        return self.apps(key).on_sigterm or usual_end(self.cluster, key)

    def _drained(self, life: PodLife) -> PodLife:
        """A controller's own Pod goes on with what it has for so long."""
        pod = self.pods.get(life.key) or self.cluster.pods.get(life.key)
        key = "" if pod is None else (pod.workload or "").partition(" ")[2]
        if not life.exits_when_empty or not is_controller(self.cluster, key):
            return life
        return replace(life, ends_s=min(life.ends_s, life.closes_s + self.apps(key).drain_s))

    @property
    def changed(self) -> Mapping[str, RunningPod]:
        """All Pods that there ever are."""
        return dict(self.cluster.pods) | self.pods

    def replicas(self, key: str) -> int:
        """How many Pods a workload is to have."""
        workload = self.workload(key)
        return 0 if workload is None else len(workload.now)

    def workload(self, key: str) -> PlayedWorkload | None:
        """A workload that makes Pods; None: there is none of this name."""
        if key in self.workloads:
            return self.workloads[key]
        manifest = workloads_of(self.cluster).get(key)
        if manifest is None:
            return None
        own = pods_of(self.cluster, manifest)
        self.workloads[key] = PlayedWorkload(key, manifest, [PodLife(pod.key, "") for pod in own])
        return self.workloads[key]

    def added(self, change: ClusterChange) -> PlayedWorkload | None:
        """A workload that is new; None: the change brings none."""
        if change.manifest is None:
            return None
        self.workloads[change.target] = PlayedWorkload(change.target, change.manifest, [])
        return self.workloads[change.target]

    def on(self, node: str) -> Iterator[PlayedWorkload]:
        """The workloads that have Pods on a node."""
        for key in workloads_of(self.cluster):
            workload = self.workload(key)
            if workload is not None and self.here(workload, node):
                yield workload

    def here(self, workload: PlayedWorkload, node: str) -> list[PodLife]:
        """Those of its Pods that are on a node."""
        return [life for life in workload.now if self.changed[life.key].node == node]

    def owner(self, pod: str) -> PlayedWorkload | None:
        """The workload that has a Pod, by the Pod's key; one that nobody makes has a place of its own."""
        keys = (*workloads_of(self.cluster), *self.workloads)
        for workload in filter(None, map(self.workload, keys)):
            if any(life.key == pod for life in workload.now):
                return workload
        if pod not in self.cluster.pods or any(life.key == pod for life in self.ended):
            return None
        alone = self.workloads[f"pod {pod}"] = PlayedWorkload(
            pod, None, [PodLife(pod, "")], bare_spec(self.cluster, pod)
        )
        return alone

    def present(self, pod: str) -> str:
        """The key of the Pod that has this name now; its own where none has."""
        if "#" in pod or pod in self._keys_now:
            return pod
        return next((key for key in self._keys_now if name_of(key) == pod), pod)

    @property
    def _keys_now(self) -> list[str]:
        return [life.key for workload in self.workloads.values() for life in workload.now]

    def born(
        self,
        workload: PlayedWorkload,
        because: str,
        created_s: Iterable[float],
        at_s: float,
        gone: Sequence[str] = (),
    ) -> list[PodLife]:
        """New Pods of a workload.

        Args:
            gone: keys of those that they replace, whose names come back in a StatefulSet.
        """
        moments = list(created_s)
        starts_s = self.starts(workload, len(moments))
        names = self.names(workload, len(moments), at_s, gone)
        return [
            PodLife(name, because, made_s, made_s + start_s)
            for name, made_s, start_s in zip(names, moments, starts_s, strict=False)
        ]

    def names(self, workload: PlayedWorkload, count: int, at_s: float, gone: Sequence[str] = ()) -> list[str]:
        """Names of new Pods, which have a place from then on."""
        found = self._named(workload, count, at_s, gone)
        workload.made_of |= dict.fromkeys(found, workload.revision)
        return found

    def _named(self, workload: PlayedWorkload, count: int, at_s: float, gone: Sequence[str]) -> list[str]:
        assert workload.manifest is not None
        closed = frozenset(node for node, until_s in self.closed.items() if until_s > at_s)
        workload.made += count
        wanted = self._following(workload, count, gone)
        if self.places:
            known = self._known(workload, at_s, closed)
            found = _nearest(wanted, known) if workload.waits_for_the_old else known[:count]
            self.pods |= {name: self.places[name] for name in found}
            return found
        taken, found = self.changed, wanted
        like = [taken[life.key] for life in workload.now] or pods_of(self.cluster, workload.manifest)
        draft = like[0] if like else draft_of(workload.manifest)
        for pod in new_pods(replace(self.cluster, pods=taken), draft, like, found, closed):
            self.pods[pod.key] = pod
        return found

    def _following(self, workload: PlayedWorkload, count: int, gone: Sequence[str]) -> list[str]:
        """What the next Pods of a workload are called, if there is a place for all."""
        assert workload.manifest is not None
        taken, first = self.changed, first_number(workload.manifest)
        if workload.waits_for_the_old:
            there = [life.key for life in workload.now]
            known = [key for key in taken if key.rpartition("-")[0] == workload.key]
            return following_names(workload.key, count, first, there, known, gone)
        numbered = (f"{workload.key}-{number}" for number in range(first, len(taken) + count + 1))
        return list(islice((name for name in numbered if name not in taken), count))

    def _known(self, workload: PlayedWorkload, at_s: float, closed: frozenset[str]) -> list[str]:
        """Places that are free, the first ones; then those whose Pod is gone, the longest one first."""
        own = [name for name in self.places if name.rpartition("-")[0] == workload.key]
        free = [name for name in own if name not in self.pods]
        ends_s = {life.key: life.ends_s for life in (*self.ended, *workload.now)}
        again = sorted((name for name in own if ends_s.get(name, inf) <= at_s), key=lambda n: ends_s[n])
        return [name for name in (*free, *again) if self.places[name].node not in closed]

    def starts(self, workload: PlayedWorkload, count: int) -> list[float]:
        """How long each of the next new Pods takes to be ready."""
        starts_s = self.apps(workload.key).starts_s
        upcoming = (starts_s[(workload.made + n) % len(starts_s)] for n in range(count))
        return [ready_after_s(workload.pod, start_s) for start_s in upcoming]

    def ended_at(self, workload: PlayedWorkload, life: PodLife, at_s: float, because: str) -> PodLife:
        """A Pod that is deleted at a moment; one that would be made later is not."""
        if life.created_s > at_s:
            return replace(life, because=because, created_s=inf, ready_s=inf, deleted_s=at_s, ends_s=at_s)
        return ending(life, at_s, workload.pod_of(life.key), self.on_sigterm(workload.key), because)

    def leave(self, workload: PlayedWorkload, old: Iterable[PodLife], new: Iterable[PodLife]) -> None:
        """Who goes is written down; who stays and who comes are its Pods from now on."""
        listed = list(old)
        self.ended += [life for life in listed if life.deleted_s < inf]
        workload.now = [*(life for life in listed if life.deleted_s == inf), *new]
        if workload.waits_for_the_old:
            workload.now.sort(key=lambda life: ordinal_of(life.key))


def _nearest(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """For each name a place that is kept: its own, else one of the same name, else any."""
    found: list[str] = []
    for name in wanted:
        left = (place for place in known if place not in found)
        nearest = min(left, key=lambda p: (p != name, name_of(p) != name_of(name)), default=None)
        found += [] if nearest is None else [nearest]
    return found
