"""What becomes of the replicas that metrics ask for: the largest wins, calmed by a window, limited by rates.

An event, or a recommendation, counts while it is younger than its period; one of exactly that age does not.
Source: kubernetes, pkg/controller/podautoscaler/horizontal.go of 1.34 (computeReplicasForMetrics,
stabilizeRecommendationWithBehaviors, convertDesiredReplicasWithBehaviorRate);
pkg/apis/autoscaling/v2/defaults.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import NamedTuple

from sim.cluster.life.figures import HPA


class ScaleReason(Enum):
    """Why the autoscaler wants a number of replicas."""

    METRICS = "metrics"
    METRIC_MISSING = "metric-missing"
    ABOVE_MAX = "above-max"
    BELOW_MIN = "below-min"
    DISABLED = "disabled"


class ScaleBounds(NamedTuple):
    """minReplicas and maxReplicas."""

    least: int
    most: int


class Wanted(NamedTuple):
    """Replicas before windows and rates, and why."""

    replicas: int
    reason: ScaleReason


def combined(replicas: int, bounds: ScaleBounds, proposals: Sequence[int | None]) -> Wanted:
    """The largest proposal; a metric that fails keeps the autoscaler from scaling in.

    Replicas outside the bounds come back to them first, and a target with none is left alone.

    Args:
        proposals: of each metric; None: it failed.
    """
    if not replicas and bounds.least:
        return Wanted(0, ScaleReason.DISABLED)
    if replicas > bounds.most:
        return Wanted(bounds.most, ScaleReason.ABOVE_MAX)
    if replicas < bounds.least:
        return Wanted(bounds.least, ScaleReason.BELOW_MIN)
    valid = [p for p in proposals if p is not None]
    if not valid or (len(valid) < len(proposals) and max(valid) < replicas):
        return Wanted(replicas, ScaleReason.METRIC_MISSING)
    return Wanted(max(valid), ScaleReason.METRICS)


class Past(NamedTuple):
    """A number of replicas and how long ago it was: a recommendation, or a change by so many."""

    pods: int
    ago_s: float


class ScalingPolicy(NamedTuple):
    """So many Pods, or so many percent, within a period."""

    kind: str
    value: int
    period_s: float


@dataclass(frozen=True)
class ScalingRules:
    """One direction of spec.behavior.

    Args:
        select: Max, Min or Disabled.
        window_s: stabilizationWindowSeconds.
    """

    policies: tuple[ScalingPolicy, ...]
    select: str
    window_s: float


UP = ScalingRules(tuple(ScalingPolicy(*p) for p in HPA["up"]), HPA["select"], HPA["up_window_s"])
DOWN = ScalingRules(tuple(ScalingPolicy(*p) for p in HPA["down"]), HPA["select"], HPA["down_window_s"])
"""What holds where spec.behavior leaves a part open, and by the documentation where there is none. The
controller's code then knows no policies: it grows to twice the replicas at once, or to 4."""


def stabilised(
    replicas: int, wanted: int, past: Sequence[Past], up_window_s: float, down_window_s: float
) -> int:
    """Replicas after both windows: growth by the least recommendation in its window, shrinking by the most.

    Args:
        past: what was wanted before, windows and rates left out.
    """
    least = min((wanted, *(p.pods for p in past if p.ago_s < up_window_s)))
    most = max((wanted, *(p.pods for p in past if p.ago_s < down_window_s)))
    return min(max(replicas, least), most)


class Limit(Enum):
    """What kept the autoscaler from what it wanted."""

    RATE_UP = "rate-up"
    RATE_DOWN = "rate-down"
    MAX = "max"
    MIN = "min"


class Limited(NamedTuple):
    """Replicas within rates and bounds; `by` is None where nothing held them back."""

    replicas: int
    by: Limit | None


@dataclass(frozen=True)
class ScaleHistory:
    """Changes of the replicas: by how many Pods, and how long ago."""

    ups: Sequence[Past] = ()
    downs: Sequence[Past] = ()

    def began_with(self, replicas: int, period_s: float) -> int:
        """How many replicas there were when a period began that ends now."""
        added = sum(p.pods for p in self.ups if p.ago_s < period_s)
        return replicas - added + sum(p.pods for p in self.downs if p.ago_s < period_s)


def _up_to(replicas: int, history: ScaleHistory, rules: ScalingRules) -> int:
    if rules.select == "Disabled":
        return replicas
    limits = []
    for kind, value, period_s in rules.policies:
        began = history.began_with(replicas, period_s)
        limits.append(began + value if kind == "Pods" else ceil(began * (1 + value / 100)))
    return max(replicas, (min if rules.select == "Min" else max)(limits))


def _down_to(replicas: int, history: ScaleHistory, rules: ScalingRules) -> int:
    if rules.select == "Disabled":
        return replicas
    limits = []
    for kind, value, period_s in rules.policies:
        began = history.began_with(replicas, period_s)
        limits.append(began - value if kind == "Pods" else int(began * (1 - value / 100)))
    return min(replicas, (max if rules.select == "Min" else min)(limits))


def rate_limited(
    replicas: int,
    wanted: int,
    bounds: ScaleBounds,
    history: ScaleHistory,
    up: ScalingRules = UP,
    down: ScalingRules = DOWN,
) -> Limited:
    """How many of the wanted replicas may come, or go, now."""
    if wanted > replicas:
        most = _up_to(replicas, history, up)
        by, limit = (Limit.RATE_UP, most) if most < bounds.most else (Limit.MAX, bounds.most)
        return Limited(limit, by) if wanted > limit else Limited(wanted, None)
    if wanted < replicas:
        least = _down_to(replicas, history, down)
        by, limit = (Limit.RATE_DOWN, least) if least > bounds.least else (Limit.MIN, bounds.least)
        return Limited(limit, by) if wanted < limit else Limited(wanted, None)
    return Limited(wanted, None)
