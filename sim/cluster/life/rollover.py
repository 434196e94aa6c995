"""A roll-out that begins in the middle of another of the same workload.

The Deployment controller lets the ReplicaSet in the middle grow no more, and shrinks it as an old one, Pods
that are not available first; a template that there was before has its ReplicaSet again. A StatefulSet waits
until its Pods are ready, and goes on from the last one. Source: kubernetes.io, Deployments, "Rollover";
kubernetes, pkg/controller/statefulset.
"""

from collections.abc import Mapping, Sequence
from math import inf

from sim.cluster.life.asked import ClusterChange, PlayedRollout, PlayedWorkload
from sim.cluster.life.course import ClusterCourse
from sim.cluster.life.held import Held
from sim.cluster.life.pods import PodLife
from sim.cluster.life.rollout import PodsBefore


def halt(course: ClusterCourse, workload: PlayedWorkload, at_s: float) -> list[PodLife]:
    """What a roll-out has not done by then it does not do: Pods that would go stay, others do not come.

    Returns:
        The Pods that it has deleted by then.
    """
    rolling = workload.rolling
    if rolling is None or at_s >= rolling.ends_s:
        return []
    back = [life for life in course.ended if life in rolling.before and life.deleted_s >= at_s]
    dropped = [life for life in workload.now if rolling.decided_s.get(life, -inf) >= at_s]
    course.ended = [life for life in course.ended if life not in back]
    if course.places:
        for life in dropped:
            course.pods.pop(life.key, None)
    there = (life for life in workload.now if life not in dropped)
    workload.rolling = None
    course.leave(workload, [*(rolling.before[life] for life in back), *there], ())
    return [life for life in rolling.before if life not in back]


def by_age(workload: PlayedWorkload) -> tuple[list[list[PodLife]], list[PodLife]]:
    """The Pods of each old ReplicaSet, the oldest first, and those of the template that is new."""
    sets: dict[int, list[PodLife]] = {}
    for life in workload.now:
        sets.setdefault(workload.made_of.get(life.key, 0), []).append(life)
    return [sets[n] for n in sorted(sets) if n != workload.revision], sets.get(workload.revision, [])


def found_by(
    workload: PlayedWorkload,
    old: Sequence[Sequence[PodLife]],
    kept: Sequence[PodLife],
    leaving: Sequence[PodLife],
    at_s: float,
) -> PodsBefore | None:
    """What a roll-out finds, in seconds of its own clock; None: one set, all of it available.

    Args:
        leaving: Pods that terminate.
    """
    assert workload.manifest is not None
    least_s = workload.manifest.spec.min_ready_seconds
    sets = tuple(tuple(life.ready_s + least_s - at_s for life in pods) for pods in old)
    gone_s = tuple(life.closes_s - at_s for life in leaving if life.closes_s > at_s)
    if len(sets) == 1 and not kept and not gone_s and all(s <= 0 for s in sets[0]):
        return None
    return PodsBefore(sets, tuple(life.ready_s - at_s for life in kept), gone_s)


def played_rollout(
    before: Mapping[PodLife, PodLife], decided_s: Mapping[PodLife, float], replicas: int
) -> PlayedRollout:
    """What is remembered of a roll-out, should another begin in its middle.

    Args:
        before: each Pod that goes, and as it was.
        decided_s: each Pod that comes, and when that was decided.
        replicas: how many there are to be.
    """
    ready_s = (life.ready_s for life in decided_s)
    return PlayedRollout(
        before, decided_s, max((*ready_s, *(life.ends_s for life in before)), default=-inf), replicas
    )


def met_rollout(workload: PlayedWorkload, change: ClusterChange) -> list[Held]:
    """What is not played as it would be: another change in the middle of a roll-out."""
    rolling = workload.rolling
    if rolling is None or change.at_s >= rolling.ends_s:
        return []
    because = (
        "both are played as if the other were not there; a cluster would share the Pods among ReplicaSets"
    )
    what = f"{change.title} meets the roll-out of {workload.key}"
    return [Held(what, change.at_s, because, "let them be further apart", rolling.ends_s)]
