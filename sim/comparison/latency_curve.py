"""A plan's latency distribution as points of rising rarity, and the paired change from one plan to another.

A rarity is the share of requests that are slower: half, 1 in 10, 1 in 100. A point stands only where enough
requests are slower, and enough are not, to say where it lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import numpy as np

from sim.simulation.intervals import at_share, half_width
from sim.simulation.pooled import Sample
from sim.simulation.result import Result, Seconds

ENOUGH = 10
"""Requests, of all runs together, on the thinner side of a point."""
BETWEEN = 4
"""Requests of every run beyond a point that only leads from one round rarity to the next; of those, one."""
RESOLUTION_S = 1e-9
"""Below it, two times differ by how they were added up."""
RARITIES = (
    Fraction(9, 10),
    *(Fraction(of_ten, 10**power * 2) for power in range(1, 6) for of_ten in (16, 12, 10, 8, 6, 4, 3, 2)),
)
"""From nine in ten to one in a hundred thousand, eight points for every tenfold step."""
ROUND = frozenset({Fraction(1, 2), Fraction(1, 20), *(Fraction(1, 10**power) for power in range(1, 6))})
"""Those that people name."""


@dataclass(frozen=True)
class CurvePoint:
    """One point of a distribution, or of the change of one.

    Args:
        rarity: share of the requests that are slower.
        value_s: what that share of the requests of all runs exceeds; of a change, its mean over the pairs of
            runs.
        half_width_s: how far the farther end of its 95 % interval is; None with one run, or too short ones.
    """

    rarity: float
    value_s: float
    half_width_s: float | None

    @property
    def cannot_tell(self) -> bool:
        """Of a change: whether its interval covers zero."""
        half = self.half_width_s
        return half is not None and not abs(self.value_s) > half and not is_nothing(self.value_s, half)


def latency_curve(sample: Sample) -> tuple[CurvePoint, ...]:
    """The distribution of a plan's answered requests, as far as its runs support it."""
    supported = (rarity for rarity in RARITIES if _is_supported(sample.runs, rarity))
    return tuple(_pooled_point(sample, float(rarity)) for rarity in supported)


def _pooled_point(sample: Sample, rarity: float) -> CurvePoint:
    value_s, interval = at_share(sample.pooled, rarity), sample.interval_at(rarity)
    return CurvePoint(rarity, value_s, None if interval is None else interval.farther(value_s))


def curve_change(first: Sequence[Result], second: Sequence[Result]) -> tuple[CurvePoint, ...]:
    """The second plan minus the first, pair of runs by pair of runs, where both support it."""
    before, after = ([np.sort(result.latency_s) for result in results] for results in (first, second))
    return tuple(
        _point(
            rarity,
            [
                change(a, b)
                for a, b in zip(_quantiles(before, rarity), _quantiles(after, rarity), strict=True)
            ],
            resolution_s(before, after, rarity),
        )
        for rarity in RARITIES
        if _is_supported(before, rarity) and _is_supported(after, rarity)
    )


def change(before_s: float, after_s: float) -> float:
    """From one time to another; nothing, where it is below what moments of a run are reckoned to."""
    return after_s - before_s if abs(after_s - before_s) >= RESOLUTION_S else 0.0


def is_nothing(change_s: float, half_width_s: float | None) -> bool:
    """Whether there is no difference in any run, so that nothing is to be found either way."""
    return change_s == 0 and not half_width_s


def _point(rarity: Fraction, values: Sequence[float], least_s: float = 0.0) -> CurvePoint:
    return CurvePoint(float(rarity), sum(values) / len(values), half_width_of(values, least_s))


def half_width_of(changes: Sequence[float], least_s: float) -> float | None:
    """Half the width of the interval for a mean change; not less than a quantile is known to.

    Args:
        least_s: how finely it is known in one run; the mean of n runs is known √n times as finely.
    """
    half = half_width(changes)
    return None if half is None else change(0.0, max(half, least_s / sqrt(len(changes))))


def resolution_s(first: Sequence[Seconds], second: Sequence[Seconds], rarity: Fraction) -> float:
    """How finely a quantile's change is known in a pair of runs: by how much the changes beside it differ.

    Args:
        first, second: sorted, shape (answered,).
    """
    pairs = [(one, other) for one, other in zip(first, second, strict=True) if len(one) and len(other)]
    halves = []
    for one, other in pairs:
        changes = [_near(other, rarity, step) - _near(one, rarity, step) for step in (-1, 0, 1)]
        halves.append((max(changes) - min(changes)) / 2)
    return sum(halves) / len(halves) if halves else 0.0


def _near(run: Seconds, rarity: Fraction, step: int) -> float:
    """A quantile of a sorted run, or the value so many places beside it."""
    place = len(run) - int(len(run) * rarity) - 1 + step
    return float(run[min(max(place, 0), len(run) - 1)])


def _is_supported(runs: Sequence[Seconds], rarity: Fraction) -> bool:
    """Requests of every run on either side of the point, and ENOUGH of all runs together."""
    slower = [int(len(run) * rarity) for run in runs]
    sides = [min(count, len(run) - count) for count, run in zip(slower, runs, strict=True)]
    least = 1 if rarity in ROUND else BETWEEN
    return min(sides, default=0) >= least and sum(sides) >= ENOUGH


def _quantiles(runs: Sequence[Seconds], rarity: Fraction) -> list[float]:
    """Of each run x[ceil(p·n)], as all percentiles here.

    Args:
        runs: each sorted, shape (answered,).
    """
    return [_near(run, rarity, 0) for run in runs]
