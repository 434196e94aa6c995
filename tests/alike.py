"""Whether two samples are of one distribution."""

from __future__ import annotations

import math
from collections import Counter


def alike_p(real: Counter[tuple[str, str]], ours: Counter[tuple[str, str]]) -> float:
    """The probability that two samples are as far apart as these, if they are of one distribution."""
    kinds = sorted(real.keys() | ours.keys())
    sizes = sum(real.values()), sum(ours.values())
    both = [(real[k], ours[k]) for k in kinds]
    shares = [(one + other) / sum(sizes) for one, other in both]
    counts = [n for pair in zip(*both, strict=True) for n in pair]
    expected = [size * share for size in sizes for share in shares]
    distance = sum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True))
    return tail(distance, len(kinds) - 1)


def tail(distance: float, freedom: int) -> float:
    """The probability of a chi-square at least so large (Abramowitz & Stegun 26.4)."""
    half, odd = distance / 2, freedom % 2
    if not half or not freedom:
        return 1.0
    start = math.erfc(math.sqrt(half)) if odd else 0.0
    terms = (i + (0.5 if odd else 0.0) for i in range(freedom // 2))
    return start + sum(math.exp(-half + i * math.log(half) - math.lgamma(i + 1)) for i in terms)
