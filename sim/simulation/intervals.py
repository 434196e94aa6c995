"""Intervals of 95 % from replications: for differences, for means, and for quantiles of all runs together.

Latencies are skewed, and those of a busy queue come in slow spells that last for many requests. So an
interval reaches further up than down (Johnson 1978), on a scale of ratios above the quickest answer; and that
of a quantile is one for the share of slower requests, which is what differs between runs, read back from the
pooled requests (Woodruff 1952). How well they cover is measured: tests/benchmarks/intervals_cover.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

_FARTHEST = 50.0
"""Of an exponent, so that two runs that differ a lot give a wide interval and no overflow."""


@dataclass(frozen=True)
class Interval:
    """Where a figure lies, at 95 %.

    Args:
        low, high: the ends, in the unit of the figure.
    """

    low: float
    high: float

    def farther(self, value: float) -> float:
        """How far the farther end is from a value in it."""
        return max(self.high - value, value - self.low)

    def to_json(self) -> list[float]:
        """From and to."""
        return [self.low, self.high]


def mean_interval(means: Sequence[float], floor: float, skewness: float) -> Interval | None:
    """The interval of a mean, from the means of replications.

    Args:
        means: one per replication.
        floor: what no value is below.
        skewness: of the mean of all of them.

    Returns:
        None with fewer than two replications.
    """
    width = half_width(means)
    if width is None:
        return None
    above = sum(means) / len(means) - floor
    if above <= 0 or width == 0:
        return Interval(floor + above, floor + above)
    down, up = _reaches(width / above, len(means), skewness)
    return Interval(floor + above * exp(-down), floor + above * exp(up))


def quantile_interval(
    pooled: NDArray[np.float64], runs: Sequence[NDArray[np.float64]], share: float, skewness: float
) -> Interval | None:
    """The interval of a quantile of all requests, from how the share of slower ones differs between runs.

    Args:
        pooled: all values, sorted, shape (n,).
        runs: the values of each replication; none is empty.
        share: of the values that are above the quantile, between 0 and 1.
        skewness: of the number of values above it.

    Returns:
        None with fewer than two replications, or where the values do not reach as far as the interval.
    """
    value = at_share(pooled, share)
    width = half_width([float(np.count_nonzero(run > value)) / len(run) for run in runs])
    if width is None:
        return None
    down, up = _reaches(width / share / (1 - share), len(runs), skewness)
    middle = log(share / (1 - share))
    more, fewer = (1 / (1 + exp(-(middle + step))) for step in (min(down, _FARTHEST), -up))
    if fewer * len(pooled) < 1:
        return None
    return Interval(at_share(pooled, more), at_share(pooled, fewer))


def at_share(pooled: NDArray[np.float64], share: float) -> float:
    """The value that this share of sorted values exceeds: x[ceil((1 − share)·n)]."""
    return float(pooled[max(0, ceil((1 - share) * len(pooled)) - 1)])


def _reaches(width: float, runs: int, skewness: float) -> tuple[float, float]:
    """How far an interval reaches down and up: half the width of that of Student, and of that for skewness.

    The second is Johnson's (1978), for the upper end alone, and at most as much again.
    """
    t = t_quantile(runs - 1)
    more = min(skewness * (1 + 2 * _Z[0.95] ** 2) / 6 / t, 1.0)
    return min(width, _FARTHEST), min(width * (1 + more), _FARTHEST)


def half_width(values: Iterable[float | None], confidence: float = 0.95) -> float | None:
    """Half the width of the t interval for a mean; None with fewer than two values."""
    known = [v for v in values if v is not None]
    n = len(known)
    if n < 2:
        return None
    mean = sum(known) / n
    deviation = sqrt(sum((v - mean) ** 2 for v in known) / (n - 1))
    return t_quantile(n - 1, confidence) * deviation / sqrt(n)


_T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
    2.131,
)  # fmt: skip
_T_99 = (
    63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169, 3.106, 3.055, 3.012, 2.977,
    2.947,
)  # fmt: skip
_Z = {0.95: 1.959964, 0.99: 2.575829}


def t_quantile(freedom: int, confidence: float = 0.95) -> float:
    """Two-sided quantile of Student's t, to three digits after the point.

    Above 15 degrees of freedom by the expansion of Cornish and Fisher (1937), four terms of it.

    >>> t_quantile(4), round(t_quantile(30), 3), round(t_quantile(20, 0.99), 3)
    (2.776, 2.042, 2.845)
    """
    table = _T_95 if confidence == 0.95 else _T_99
    if freedom <= len(table):
        return table[freedom - 1]
    z = _Z[confidence]
    first = (z**3 + z) / 4 / freedom
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96 / freedom**2
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / freedom**3
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160 / freedom**4
    return z + first + second + third + fourth
