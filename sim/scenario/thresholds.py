"""Thresholds of a run: `p99 < 200ms`, `errors < 0.1%`."""

import re
from dataclasses import dataclass
from typing import Any

from sim.errors import InputError
from sim.units import seconds


@dataclass(frozen=True)
class Threshold:
    """`p99 < 200ms`: a figure of the summary, a comparison, a bound in seconds or as a share."""

    expression: str
    figure: str
    below: bool
    bound: float

    def passed(self, value: float | None) -> bool:
        """Whether a value keeps to it; no value does not."""
        return value is not None and (value < self.bound if self.below else value > self.bound)


_THRESHOLD = re.compile(r"(mean|p50|p90|p95|p99|max|errors)\s*([<>])\s*([\d.]+)\s*(%|[a-zµ]*)")


def threshold(value: Any) -> Threshold:
    """Read a threshold.

    >>> threshold("p99 < 200ms").bound, threshold("errors < 0.1%").bound
    (0.2, 0.001)
    """
    match = _THRESHOLD.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InputError(f"{value!r} is no threshold", fix="write for example p99 < 200ms or errors < 0.1%")
    figure, sign, number, unit = match.groups()
    if figure == "errors":
        return Threshold(value, figure, sign == "<", float(number) / (100 if unit == "%" else 1))
    return Threshold(value, figure, sign == "<", seconds(f"{number}{unit}"))
