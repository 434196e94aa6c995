"""When each Pod of a workload is there: created, ready, told to go, closed, gone.

Seconds are those of the clock that the event has. Source: kubernetes.io, "Pod Lifecycle".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Literal, NamedTuple

from sim.cluster.life.figures import GRACE_S
from sim.cluster.life.rolling import RolloutStrategy
from sim.cluster.life.rollout import UNTIL_S, PodsBefore, RolloutCourse, RolloutPace
from sim.cluster.life.termination import ContainerEnd, StoppingContainer, container_end
from sim.manifests.objects.workloads import PodSpec, WorkloadSpec

SLEEP = re.compile(
    r"(?:^|[\s/;&])sleep (?P<length>(?P<number>\d+(?:\.\d+)?|(?i:inf(?:inity)?))(?P<unit>[smhd]?))\b"
)
"""A command that waits: in seconds, with a unit, or for ever; so GNU and BusyBox read it."""

UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

OnSigterm = Literal["exit", "drain", "ignore"]


class PodBreak(NamedTuple):
    """A time in which a Pod is there, and serves nobody.

    Args:
        from_s: its container has ended, or its node has fallen silent.
        unready_s: from when its endpoint is not ready.
        started_s: its container runs again, or its node is back.
        ready_s: from when its endpoint is ready again; infinite: never.
        silent: its node is lost: the Pod itself knows nothing of it.
    """

    from_s: float
    unready_s: float
    started_s: float
    ready_s: float
    silent: bool = False


@dataclass(frozen=True)
class PodLife:
    """One Pod's life; -infinite: before the clock begins, infinite: never.

    Args:
        key: `NAMESPACE/NAME`.
        because: the event that makes or ends it.
        ready_s: from when its endpoint is ready.
        deleted_s: from when it is being deleted: its endpoint is not ready, but terminating.
        sigterm_s: from when its process is asked to end; until then its preStop hook runs.
        closes_s: from when it takes no new connection, and closes those that carry nothing.
        ends_s: when its process is gone at the latest; what is in it then is lost.
        exits_when_empty: whether it is gone as soon as nothing is in it.
        breaks: times between in which it serves nobody, in order.
    """

    key: str
    because: str
    created_s: float = -inf
    ready_s: float = -inf
    deleted_s: float = inf
    closes_s: float = inf
    ends_s: float = inf
    exits_when_empty: bool = False
    sigterm_s: float = inf
    breaks: tuple[PodBreak, ...] = ()

    def is_down(self, at_s: float) -> bool:
        """Whether its container has ended and does not run again yet; in the instant of its end always."""
        own = (b for b in self.breaks if not b.silent)
        return any(b.from_s <= at_s < b.started_s or at_s == b.from_s for b in own)

    def is_ready(self, at_s: float) -> bool:
        """Whether its endpoint is ready."""
        resting = any(b.unready_s <= at_s < b.ready_s for b in self.breaks)
        return self.ready_s <= at_s < self.deleted_s and not resting

    def is_there(self, at_s: float) -> bool:
        """Whether it is made, and not being deleted."""
        return self.created_s <= at_s < self.deleted_s


def strategy_of(spec: WorkloadSpec, replicas: int) -> RolloutStrategy:
    """How a Deployment replaces its Pods, as its manifest says."""
    stated = spec.strategy
    rolling: Mapping[str, Any] = stated.get("rollingUpdate") or {}
    usual = RolloutStrategy(replicas)
    return RolloutStrategy(
        replicas,
        rolling.get("maxSurge", usual.max_surge),
        rolling.get("maxUnavailable", usual.max_unavailable),
        stated.get("type") == "Recreate",
    )


def partition_of(spec: WorkloadSpec) -> int:
    """How many Pods of a StatefulSet, the first ones, keep their old template; with OnDelete all do."""
    if spec.update_strategy.get("type") == "OnDelete":
        return spec.replicas if spec.replicas is not None else 1
    rolling: Mapping[str, Any] = spec.update_strategy.get("rollingUpdate") or {}
    return int(rolling.get("partition") or 0)


def course_of(
    strategy: RolloutStrategy, pace: RolloutPace, before: PodsBefore | None = None, until_s: float = UNTIL_S
) -> RolloutCourse:
    """What a roll-out that begins at 0 does, Pod by Pod.

    Args:
        before: the Pods that it finds; None: all of one template, and available.
    """
    course, at_s = RolloutCourse(strategy, pace, before=before), 0.0
    while at_s <= until_s:
        course = course.settled(at_s)
        at_s = course.after(at_s)
    return course


def ending(life: PodLife, deleted_s: float, spec: PodSpec, on_sigterm: OnSigterm, because: str) -> PodLife:
    """The same Pod, deleted at a moment."""
    end = end_of(spec, on_sigterm)
    closes_s = end.exit_s if on_sigterm == "ignore" else end.sigterm_s
    return replace(
        life,
        because=because,
        deleted_s=deleted_s,
        closes_s=deleted_s + closes_s,
        ends_s=deleted_s + end.exit_s,
        exits_when_empty=on_sigterm == "drain",
        sigterm_s=deleted_s + end.sigterm_s,
    )


def end_of(spec: PodSpec, on_sigterm: OnSigterm) -> ContainerEnd:
    """The end of its first container, seconds from the request to delete the Pod."""
    stopping = StoppingContainer(0.0 if on_sigterm == "exit" else inf, prestop_s(spec))
    return container_end(stopping, grace_s(spec))


def grace_s(spec: PodSpec) -> float:
    """How long a Pod may take to end; a negative time counts as a second, as the API server has it."""
    stated = spec.termination_grace_period_seconds
    return GRACE_S if stated is None else 1.0 if stated < 0 else float(stated)


def prestop_s(spec: PodSpec) -> float:
    """How long the longest preStop hook sleeps; one that does anything else takes no time."""
    return max((_hook_s(c.lifecycle or {}) for c in spec.serving), default=0.0)


def rollout_of(
    course: RolloutCourse,
    old: Sequence[PodLife],
    new: Sequence[str],
    end: Callable[[PodLife, float], PodLife],
    at_s: float,
    because: str,
) -> tuple[list[PodLife], list[PodLife]]:
    """The lives of old and new Pods of a roll-out that begins at a moment; the oldest go first.

    Args:
        old: the Pods that it finds, through all sets.
        end: a Pod that is deleted at a moment.
    """
    gone = {n: end(old[n], at_s + s) for n, s in zip(course.going, course.deleted_s, strict=True)}
    come = [
        PodLife(key, because, at_s + created_s, at_s + ready_s)
        for key, created_s, ready_s in zip(new, course.created_s, course.ready_s, strict=False)
    ]
    return [*gone.values(), *(life for n, life in enumerate(old) if n not in gone)], come


def _hook_s(lifecycle: Mapping[str, Any]) -> float:
    """Of one container's lifecycle."""
    hook = lifecycle.get("preStop") or {}
    slept = hook.get("sleep")
    if isinstance(slept, Mapping):
        return float(slept.get("seconds") or 0)
    found = SLEEP.search(_command(hook))
    return float(found["number"]) * UNITS_S[found["unit"]] if found else 0.0


def hook_of_unknown_length(lifecycle: Mapping[str, Any]) -> bool:
    """Whether one container has a preStop hook that does not say how long it takes: it counts as no time.

    >>> hook_of_unknown_length({"preStop": {"exec": {"command": ["/stop.sh"]}}})
    True
    """
    hook = lifecycle.get("preStop") or {}
    return bool(hook) and "sleep" not in hook and not SLEEP.search(_command(hook))


def _command(hook: Mapping[str, Any]) -> str:
    return " ".join(map(str, (hook.get("exec") or {}).get("command") or ()))
