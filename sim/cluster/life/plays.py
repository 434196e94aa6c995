"""How each kind of change is played on the Pods of a cluster: one function for each, and one table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf

from sim.cluster.life.asked import ChangeKind, ClusterChange, PlayedWorkload
from sim.cluster.life.course import ClusterCourse
from sim.cluster.life.drain import DrainedWorkload, drained
from sim.cluster.life.figures import FIGURES
from sim.cluster.life.held import held_drain
from sim.cluster.life.nodes import lost_node
from sim.cluster.life.pods import (
    PodBreak,
    PodLife,
    course_of,
    ending,
    partition_of,
    rollout_of,
    strategy_of,
)
from sim.cluster.life.restarts import waits_s
from sim.cluster.life.rollout import UNTIL_S, RolloutPace
from sim.cluster.life.rollover import by_age, found_by, halt, met_rollout, played_rollout
from sim.cluster.life.scaled import ReplicaChange
from sim.cluster.life.workloads import budget_of, limits_of

SEEN_S = FIGURES["kubelet-status"].value
"""Until the kubelet sees that a container has ended."""


def play(course: ClusterCourse, change: ClusterChange) -> None:
    """Play the next change."""
    PLAYED[change.kind](course, change)


def roll_out(course: ClusterCourse, change: ClusterChange) -> None:
    """All Pods of a workload are replaced, as its strategy says."""
    workload = course.workload(change.target)
    if workload is None or workload.manifest is None:
        return
    if not workload.now or (change.manifest or workload.manifest).spec.paused:
        workload.manifest = change.manifest or workload.manifest
        return
    wanted = workload.wanted(change.at_s)
    leaving = halt(course, workload, change.at_s)
    workload.renew(change.manifest)
    if workload.waits_for_the_old:
        _one_by_one(course, workload, change)
    else:
        _roll_out(course, workload, change, wanted, leaving)


def _roll_out(
    course: ClusterCourse,
    workload: PlayedWorkload,
    change: ClusterChange,
    wanted: int,
    leaving: Sequence[PodLife],
) -> None:
    """The Pods of a Deployment: new ones come, and old ones go, as far as its strategy lets them.

    Args:
        wanted: how many there are to be.
        leaving: Pods that a roll-out has deleted in whose middle this one begins.
    """
    assert workload.manifest is not None
    spec, at_s, (sets, kept) = workload.manifest.spec, change.at_s, by_age(workload)
    old = [life for pods in sets for life in pods]
    end = partial(course.ended_at, workload, because=change.title)
    starts_s = course.starts(workload, max(1, wanted - len(kept)))
    pod = workload.pod_of(old[0].key) if old else workload.pod
    going = ending(PodLife("", ""), 0.0, pod, course.on_sigterm(workload.key), "")
    pace = RolloutPace(starts_s, spec.min_ready_seconds, going.closes_s)
    found = found_by(workload, sets, kept, leaving, at_s)
    steps = course_of(strategy_of(spec, wanted), pace, found)
    names = course.names(workload, max(0, wanted - len(kept)), at_s)
    gone, come = rollout_of(steps, old, names, end, at_s, change.title)
    _remember(workload, old, gone, {life: life.created_s for life in come}, wanted)
    course.leave(workload, [*gone, *kept], come)


def _remember(
    workload: PlayedWorkload,
    was: list[PodLife],
    now: list[PodLife],
    decided_s: dict[PodLife, float],
    replicas: int,
) -> None:
    """Note what a roll-out does, should another begin in its middle."""
    there = {life.key: life for life in was}
    before = {life: there[life.key] for life in now if life.deleted_s < inf}
    workload.rolling = played_rollout(before, decided_s, replicas)


def _one_by_one(course: ClusterCourse, workload: PlayedWorkload, change: ClusterChange) -> None:
    """The Pods of a StatefulSet, the last one first, each when the one before is ready again.

    Source: kubernetes.io, StatefulSets, "Rolling Updates"; those below a partition stay. One whose place is
    empty just then is made of the new template at once.
    """
    assert workload.manifest is not None
    spec, first_s = workload.manifest.spec, change.at_s
    unready_s = (life.ready_s + spec.min_ready_seconds for life in workload.now)
    at_s = max(first_s, *unready_s) if workload.is_in_order else first_s
    there = workload.now[partition_of(spec) :]
    going = [life for life in there if life.created_s <= first_s]
    workload.made_of |= {life.key: workload.revision for life in there if life not in going}
    old: list[PodLife] = []
    decided_s: dict[PodLife, float] = {}
    for life in reversed(going):
        if at_s == inf:
            break
        old.append(course.ended_at(workload, life, at_s, change.title))
        (new,) = course.born(workload, change.title, [old[-1].ends_s], at_s, [life.key])
        decided_s[new] = at_s
        at_s = new.ready_s + spec.min_ready_seconds
    ended = {life.key for life in old}
    _remember(workload, going, old, decided_s, len(workload.now))
    staying = [life for life in workload.now if life.key not in ended]
    course.leave(workload, [*staying, *old], list(decided_s))


def scale(course: ClusterCourse, change: ClusterChange) -> None:
    """More Pods at once, or the youngest go; those of a StatefulSet one after the other."""
    workload = course.workload(change.target) or course.added(change)
    if workload is None or change.to == workload.wanted(change.at_s):
        return
    lives, to, at_s = workload.now, change.to, change.at_s
    course.held += met_rollout(workload, change)
    if workload.rolling is not None:
        workload.rolling = workload.rolling._replace(replicas=to)
    noted = course.scaled.setdefault(workload.key, [ReplicaChange(0.0, len(lives))])
    noted.append(ReplicaChange(at_s, to, change.title))
    more = max(0, to - len(lives))
    new = course.born(workload, change.title, _created_s(course, workload, more, at_s), at_s)
    old: list[PodLife] = []
    for life in reversed(lives[to:]):
        old.insert(0, course.ended_at(workload, life, at_s, change.title))
        at_s = old[0].ends_s if workload.is_in_order else at_s
    course.leave(workload, [*lives[:to], *old], new)


def _created_s(course: ClusterCourse, workload: PlayedWorkload, count: int, at_s: float) -> Iterator[float]:
    """When each of some new Pods is created: at once, or each when the one before is available."""
    assert workload.manifest is not None
    for start_s in course.starts(workload, count):
        yield at_s
        at_s += start_s + workload.manifest.spec.min_ready_seconds if workload.is_in_order else 0.0


def drain(course: ClusterCourse, change: ClusterChange) -> None:
    """The Pods of a node are evicted as soon as their budgets let them go; each is replaced at once.

    Of a StatefulSet it is once it is gone.
    """
    course.closed[change.target] = inf
    for workload in list(course.on(change.target)):
        _drain(course, workload, change)


def _drain(course: ClusterCourse, workload: PlayedWorkload, change: ClusterChange) -> None:
    assert workload.manifest is not None
    course.held += met_rollout(workload, change)
    on_sigterm, here = course.on_sigterm(workload.key), course.here(workload, change.target)
    starts_s = course.starts(workload, len(here))
    stops_s = ending(here[0], 0.0, workload.pod, on_sigterm, "").closes_s
    budget = budget_of(course.cluster, workload.manifest)
    gone_s = ending(here[0], 0.0, workload.pod, on_sigterm, "").ends_s if workload.waits_for_the_old else 0.0
    asked = DrainedWorkload(len(workload.now), len(here), limits_of(budget), gone_s + max(starts_s), stops_s)
    going = [change.at_s + s for s in drained(asked, UNTIL_S).evictions_s]
    if budget is not None:
        course.held += held_drain(change.target, workload.key, budget.key, len(here), change.at_s, going)
    gone = {
        life.key: ending(life, at_s, workload.pod, on_sigterm, change.title)
        for life, at_s in zip(here, going, strict=False)
    }
    created_s = [life.ends_s for life in gone.values()] if workload.waits_for_the_old else going
    new = course.born(workload, change.title, created_s, change.at_s, list(gone))
    course.leave(workload, [gone.get(life.key, life) for life in workload.now], new)


def delete(course: ClusterCourse, change: ClusterChange) -> None:
    """All Pods of a workload go."""
    workload = course.workload(change.target)
    if workload is None:
        return
    noted = course.scaled.setdefault(workload.key, [ReplicaChange(0.0, len(workload.now))])
    noted.append(ReplicaChange(change.at_s, 0, change.title))
    halt(course, workload, change.at_s)
    gone = [course.ended_at(workload, life, change.at_s, change.title) for life in workload.now]
    course.leave(workload, gone, ())


def delete_pod(course: ClusterCourse, change: ClusterChange) -> None:
    """A Pod goes; its workload, if it has one, replaces it."""
    pod = course.present(change.target)
    owner = course.owner(pod)
    if owner is not None:
        _replace(course, owner, [pod], change)


def _replace(course: ClusterCourse, owner: PlayedWorkload, pods: list[str], change: ClusterChange) -> None:
    """These Pods go, and others come: at once, of a StatefulSet when they are gone."""
    title, at_s = change.title, change.at_s
    old = {life.key: course.ended_at(owner, life, at_s, title) for life in owner.now if life.key in pods}
    there = [life for life in old.values() if life.created_s < inf and owner.manifest is not None]
    moments = [life.ends_s if owner.waits_for_the_old else at_s for life in there]
    new = course.born(owner, title, moments, at_s, [life.key for life in there]) if moments else []
    course.leave(owner, [old.get(life.key, life) for life in owner.now], new)


def restart(course: ClusterCourse, change: ClusterChange) -> None:
    """The container of a Pod ends at once and starts again, after a pause if it has not lived for long."""
    pod = course.present(change.target)
    owner = course.owner(pod)
    if owner is None:
        return
    starts_s, title = course.starts(owner, 1), change.title
    owner.made += 1
    owner.now = [
        replace(life, because=title, breaks=(*life.breaks, _break(life, change.at_s, starts_s[0])))
        if life.key == pod and life.is_there(change.at_s)
        else life
        for life in owner.now
    ]


def _break(life: PodLife, at_s: float, start_s: float) -> PodBreak:
    begins_s = [life.created_s, *(b.started_s for b in life.breaks if not b.silent)]
    ends_s = [*(b.from_s for b in life.breaks if not b.silent), at_s]
    lived_s = (max(0.0, end_s - begin_s) for begin_s, end_s in zip(begins_s, ends_s, strict=True))
    started_s = max(at_s, begins_s[-1]) + waits_s(lived_s)[-1]
    return PodBreak(at_s, at_s + SEEN_S, started_s, started_s + start_s)


def lose(course: ClusterCourse, change: ClusterChange) -> None:
    """A node falls silent: its Pods are not ready once it counts as lost, and again when it is back."""
    course.closed[change.target] = change.until_s
    lost_s = change.at_s + lost_node().not_ready_s
    if lost_s >= change.until_s:
        return
    silence = PodBreak(change.at_s, lost_s, change.until_s, change.until_s, silent=True)
    for key in [key for key, pod in course.changed.items() if pod.node == change.target]:
        owner = course.owner(key)
        if owner is not None:
            owner.now = [
                replace(life, because=change.title, breaks=(*life.breaks, silence))
                if life.key == key and life.is_there(change.at_s)
                else life
                for life in owner.now
            ]


def evict(course: ClusterCourse, change: ClusterChange) -> None:
    """The Pods of a node that is lost for too long are deleted, and made anew elsewhere.

    Those of a StatefulSet are not: nobody says that they are gone (kubernetes.io, "Force Delete StatefulSet
    Pods").
    """
    for workload in list(course.on(change.target)):
        if not workload.waits_for_the_old:
            here = [life.key for life in course.here(workload, change.target)]
            _replace(course, workload, here, change)


PLAYED: Mapping[ChangeKind, Callable[[ClusterCourse, ClusterChange], None]] = {
    "rollout": roll_out,
    "scale": scale,
    "drain": drain,
    "restart": restart,
    "delete": delete,
    "delete-pod": delete_pod,
    "lose": lose,
    "evict": evict,
}
