"""Columns of a run as text that is short: whole microseconds, each as the step from the one before it.

A number is written in groups of seven bits, the lowest first, the eighth bit saying that more follow (the
variable-length integers of Protocol Buffers); the bytes are base64. 0 means that it did not happen.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil, isfinite

from sim.simulation.result import Result

UNIT_S = 1e-6
TICKS_IN_S = 1_000_000
NUMBERS = ("row", "connection", "node", "controller", "pod", "end")
TIMES = (
    "sent_s",
    "ready_s",
    "controller_arrival_s",
    "controller_start_s",
    "controller_departure_s",
    "arrival_s",
    "start_s",
    "departure_s",
    "ended_s",
)
"""In the order in which a request meets them."""


def packed(result: Result) -> dict[str, str]:
    """The columns of a run: `numbers` one column after the other, `times` one request after the other."""
    numbers = (int(value) + 1 for name in NUMBERS for value in getattr(result, name).tolist())
    rows = zip(*(getattr(result, name).tolist() for name in TIMES), strict=True)
    return {"numbers": as_text(numbers), "times": as_text(_steps(rows))}


def end_of(result: Result) -> float:
    """When a run ends, up to a whole microsecond, so that what is counted by its columns is over by then."""
    return ceil(result.end_s * TICKS_IN_S) / TICKS_IN_S


def packed_times(times_s: Iterable[float]) -> str:
    """Times in order, each as the step from the one before."""
    ticks = [0, *(round(time_s / UNIT_S) for time_s in times_s)]
    return as_text(later - earlier for earlier, later in pairwise(ticks))


def _steps(rows: Iterable[Sequence[float]]) -> Iterator[int]:
    """Each time from the last one of its request, the first from that of the request before."""
    before = 0
    for row in rows:
        at = before
        for place, time_s in enumerate(row):
            if not isfinite(time_s):
                yield 0
                continue
            here = round(time_s / UNIT_S)
            yield _unsigned(here - at) + 1
            at = here
            before = here if place == 0 else before


def _unsigned(number: int) -> int:
    """Signed numbers in order of their size: 0, -1, 1, -2 as 0, 1, 2, 3.

    >>> [_unsigned(n) for n in (0, -1, 1, -2)]
    [0, 1, 2, 3]
    """
    return 2 * number if number >= 0 else -2 * number - 1


def as_text(numbers: Iterable[int]) -> str:
    """Numbers from 0 as the page unpacks them."""
    out = bytearray()
    for number in numbers:
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return b64encode(out).decode()
