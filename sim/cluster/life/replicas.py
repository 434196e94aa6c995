"""How many replicas a metric asks for: the arithmetic of the HorizontalPodAutoscaler.

Usage, targets and requests are whole milli-units (1000 is one core), as the controller has them, and its
divisions are kept: a utilisation is cut to whole percent before it is compared. Left out: metrics of single
containers. Source: kubernetes, pkg/controller/podautoscaler (replica_calculator.go, metrics/utilization.go)
of 1.34.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import NamedTuple

from sim.cluster.life.figures import HPA

TOLERANCE: float = HPA["tolerance"]
INITIALIZATION_S: float = HPA["cpu_initialization_s"]
READINESS_S: float = HPA["initial_readiness_delay_s"]
METRIC_WINDOW_S = 30.0


class PodGroup(Enum):
    """What the autoscaler does with a Pod."""

    COUNTED = "counted"
    SET_ASIDE = "set-aside"
    MISSING = "missing"
    LEFT_OUT = "left-out"


@dataclass(frozen=True)
class MeasuredPod:
    """A Pod with its figure.

    Args:
        usage: None: the metrics have none of it.
        request: None: one of its containers has none.
    """

    group: PodGroup
    usage: int | None
    request: int | None = None


class Proposal(NamedTuple):
    """Replicas that a metric asks for, and what the status shows: whole percent, or milli-units per Pod."""

    replicas: int
    shows: int


def is_tolerated(ratio: float, tolerance: float = TOLERANCE) -> bool:
    """Whether usage is so near to its target that nothing changes."""
    return 1.0 - tolerance <= ratio <= 1.0 + tolerance


class UsageRatio(NamedTuple):
    """Usage by target, and the usage itself as it is shown."""

    ratio: float
    shows: int


@dataclass(frozen=True)
class _Measure:
    """How usage is compared to its target, and what a Pod without a figure counts as if usage is low."""

    ratio: Callable[[Mapping[int, int]], UsageRatio]
    high: Callable[[int], int]


def _counted(pods: Sequence[MeasuredPod]) -> dict[int, int]:
    """The usage of Pods that count, by their number."""
    return {
        n: pod.usage for n, pod in enumerate(pods) if pod.group is PodGroup.COUNTED and pod.usage is not None
    }


def _proposed(
    replicas: int, pods: Sequence[MeasuredPod], measure: _Measure, tolerance: float
) -> Proposal | None:
    """What a metric of Pods proposes: unready Pods count as idle, those without figure against the change."""
    usage = _counted(pods)
    aside = [n for n, pod in enumerate(pods) if pod.group is PodGroup.SET_ASIDE]
    missing = [n for n, pod in enumerate(pods) if pod.group is PodGroup.MISSING]
    if not usage:
        return None
    ratio, shows = measure.ratio(usage)
    idle = aside if ratio > 1.0 else []
    if not idle and not missing:
        enough = is_tolerated(ratio, tolerance)
        return Proposal(replicas if enough else ceil(ratio * len(usage)), shows)
    if ratio != 1.0:
        usage |= {n: measure.high(n) if ratio < 1.0 else 0 for n in missing}
    usage |= dict.fromkeys(idle, 0)
    return Proposal(_with_guesses(replicas, ratio, measure.ratio(usage).ratio, len(usage), tolerance), shows)


def _with_guesses(replicas: int, was: float, now: float, pods: int, tolerance: float) -> int:
    """Replicas by the ratio with guessed figures; none of them may turn the direction."""
    turned = (was < 1.0 < now) or (now < 1.0 < was)
    wanted = ceil(now * pods)
    against = (now < 1.0 and wanted > replicas) or (now > 1.0 and wanted < replicas)
    return replicas if is_tolerated(now, tolerance) or turned or against else wanted


def by_utilization(
    replicas: int, target: int, pods: Sequence[MeasuredPod], tolerance: float = TOLERANCE
) -> Proposal | None:
    """Replicas by a resource, as a percentage of what the Pods request. Source: GetResourceReplicas.

    Args:
        target: whole percent.

    Returns:
        None: the metric fails, for no Pod that counts has a figure, or Pods request nothing.
    """

    def requested(usage: Mapping[int, int]) -> int:
        return sum(pods[n].request or 0 for n in usage)

    def ratio(usage: Mapping[int, int]) -> UsageRatio:
        percent = sum(usage.values()) * 100 // requested(usage)
        return UsageRatio(percent / target, percent)

    if any(pod.request is None for pod in pods) or not requested(_counted(pods)):
        return None
    return _proposed(
        replicas,
        pods,
        _Measure(ratio, lambda number: (pods[number].request or 0) * max(100, target) // 100),
        tolerance,
    )


def by_average(
    replicas: int, target: int, pods: Sequence[MeasuredPod], tolerance: float = TOLERANCE
) -> Proposal | None:
    """Replicas by the mean of a metric of Pods. Source: calcPlainMetricReplicas.

    Args:
        target: per Pod.

    Returns:
        None: the metric fails, for no Pod that counts has a figure.
    """

    def ratio(usage: Mapping[int, int]) -> UsageRatio:
        mean = sum(usage.values()) // len(usage)
        return UsageRatio(mean / target, mean)

    return _proposed(replicas, pods, _Measure(ratio, lambda number: target), tolerance)


def by_value(replicas: int, value: int, target: int, ready: int, tolerance: float = TOLERANCE) -> int:
    """Replicas by one value of an object, or from outside. Source: getUsageRatioReplicaCount.

    Args:
        ready: Pods that are ready; without replicas the value alone decides.
    """
    ratio = value / target
    if not replicas:
        return ceil(ratio)
    return replicas if is_tolerated(ratio, tolerance) else ceil(ratio * ready)


def by_value_per_pod(replicas: int, value: int, target: int, tolerance: float = TOLERANCE) -> Proposal:
    """Replicas by one value that all Pods share. Source: GetExternalPerPodMetricReplicas.

    Args:
        target: per Pod.
    """
    if not replicas:
        return Proposal(ceil(value / target), 0)
    enough = is_tolerated(value / (target * replicas), tolerance)
    return Proposal(replicas if enough else ceil(value / target), ceil(value / replicas))


@dataclass(frozen=True)
class PodHistory:
    """What the autoscaler knows of a Pod.

    Args:
        started_s, changed_s, measured_s: how long ago it started, its readiness changed, its figure was
            taken; None: not known.
        ready: None: its status does not say.
        measured_s: None: there is no figure.
        window_s: the time that its figure covers.
    """

    phase: str = "Running"
    deleting: bool = False
    ready: bool | None = None
    started_s: float | None = None
    changed_s: float | None = None
    measured_s: float | None = 0.0
    window_s: float = METRIC_WINDOW_S


def group_of(
    pod: PodHistory,
    *,
    cpu: bool = True,
    initialization_s: float = INITIALIZATION_S,
    readiness_s: float = READINESS_S,
) -> PodGroup:
    """What becomes of a Pod's figure. Source: groupPods.

    Args:
        cpu: whether the metric is CPU, for which Pods that are not ready are set aside.
        initialization_s: for so long after its start a Pod must be ready for a whole window.
        readiness_s: readiness that never changed later than so long after the start never was.
    """
    if pod.deleting or pod.phase == "Failed":
        return PodGroup.LEFT_OUT
    if pod.phase == "Pending":
        return PodGroup.SET_ASIDE
    if pod.measured_s is None:
        return PodGroup.MISSING
    if cpu and not _is_measured_ready(pod, initialization_s, readiness_s):
        return PodGroup.SET_ASIDE
    return PodGroup.COUNTED


def _is_measured_ready(pod: PodHistory, initialization_s: float, readiness_s: float) -> bool:
    """Whether its figure shows it at work."""
    if pod.ready is None or pod.started_s is None or pod.changed_s is None or pod.measured_s is None:
        return False
    if pod.started_s < initialization_s:
        return pod.ready and pod.measured_s <= pod.changed_s - pod.window_s
    return pod.ready or pod.changed_s <= pod.started_s - readiness_s
