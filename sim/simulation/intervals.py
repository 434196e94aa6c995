"""Intervals for means of replications: half their width, and the quantiles of Student's t behind it."""

from collections.abc import Iterable
from math import sqrt


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
