"""When the open-loop requests of a traffic row are sent, from streams of its own.

A rate that changes is drawn by inversion: arrivals at rate one, each put where so many are expected by then.
So the n-th request has the same draw whatever the shape is, and twice the rate means the same bursts.
Source: Çinlar 1975, Introduction to Stochastic Processes, section 4.7 (inversion of a Poisson process).
"""

from collections.abc import Callable
from functools import partial
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.errors import UnsupportedError
from sim.scenario import Scenario, TrafficRow
from sim.scenario.arrivals import ArrivalsKey, BurstKey, DayKey, RampKey

Floats = NDArray[np.float64]
Streams = Callable[[str], np.random.Generator]
"""A stream by its name."""

BLOCK = 4096
MOST_REQUESTS = 20_000_000
"""Requests of one run that are kept as columns; beyond it memory would decide, not the model."""
HALVINGS = 52
"""As many as a float has digits, in base two."""


def arrivals_of(
    scenario: Scenario, traffic: TrafficRow, streams: Streams, name: str, requests: int | None
) -> Floats:
    """Instants of sending, for a time or up to a number.

    Args:
        name: of the row's streams.
        requests: of all open-loop rows together, instead of their duration; shared out by rate.

    Raises:
        UnsupportedError: more requests than can be kept as columns.
    """
    count = _share(scenario, traffic, requests) if requests is not None else traffic.requests
    _check_number(traffic, count)
    stream = streams(f"{name}/arrivals")
    if traffic.shape is not None:
        return _shaped(traffic, traffic.shape, stream, streams, name, count)
    if count is not None:
        return np.cumsum(_gaps(traffic, stream, count))
    return _until(lambda n: _gaps(traffic, stream, n), traffic.duration_s or 0.0)


def _check_number(traffic: TrafficRow, count: int | None) -> None:
    rate = traffic.rps or 0.0
    expected = count if count is not None else rate * (traffic.duration_s or 0.0)
    burst = traffic.shape.burst if traffic.shape is not None else None
    changes = 0.0 if burst is None else expected / rate / (burst.on + burst.off)
    if max(expected, changes) > MOST_REQUESTS:
        what = "requests" if expected > MOST_REQUESTS else "bursts of requests"
        raise UnsupportedError(
            f"{max(expected, changes):.3g} {what} to {traffic.host}{traffic.path} "
            f"are more than one run keeps: {MOST_REQUESTS:,}; "
            "ask for fewer requests or a shorter duration_s"
        )


def _share(scenario: Scenario, traffic: TrafficRow, requests: int) -> int:
    total = sum(r.rps or 0 for r in scenario.traffic if r.users is None)
    return max(1, round(requests * (traffic.rps or 0) / total))


def _gaps(traffic: TrafficRow, stream: np.random.Generator, n: int) -> Floats:
    mean = 1 / (traffic.rps or 1.0)
    return np.full(n, mean) if traffic.arrivals == "constant" else stream.exponential(mean, n)


def _until(gaps: Callable[[int], Floats], end: float) -> Floats:
    blocks: list[Floats] = []
    now = 0.0
    while now < end:
        blocks.append(np.cumsum(np.concatenate(([now], gaps(BLOCK))))[1:])
        now = float(blocks[-1][-1])
    sent = np.concatenate(blocks) if blocks else np.empty(0)
    return sent[sent < end]


def _shaped(
    traffic: TrafficRow,
    shape: ArrivalsKey,
    stream: np.random.Generator,
    streams: Streams,
    name: str,
    count: int | None,
) -> Floats:
    """Instants at a rate that changes; where a number is asked for its time goes on as it ended."""
    lasts_s = traffic.duration_s or 0.0
    scale = (traffic.rps or 0.0) / shape.mean_rate(lasts_s)
    if shape.burst is not None:
        return _bursts(shape.burst, scale, stream, streams, name, lasts_s, count)
    whole = shape.mean_rate(lasts_s) * lasts_s
    expected = _expected(stream, scale, whole if count is None else inf, count)
    if shape.ramp is not None:
        sent = _on_ramp(shape.ramp, lasts_s, expected)
    elif shape.day is not None:
        sent = _in_day(shape.day, expected)
    else:
        sent = _on_steps(shape, expected)
    return sent[np.isfinite(sent)]


def _expected(stream: np.random.Generator, scale: float, whole: float, count: int | None) -> Floats:
    """How many are expected before each request: its place on the clock of the shape as it is written."""
    if count is not None:
        return np.cumsum(stream.exponential(1.0, count)) / scale
    return _until(lambda n: stream.exponential(1 / scale, n), whole)


def _on_ramp(ramp: RampKey, lasts_s: float, expected: Floats) -> Floats:
    """The root of a quadratic; after its time the rate stays as it is."""
    grows = (ramp.end - ramp.begin) / lasts_s
    whole = (ramp.begin + ramp.end) / 2 * lasts_s
    within = np.minimum(expected, whole)
    root = np.sqrt(np.maximum(ramp.begin**2 + 2 * grows * within, 0.0))
    on = 2 * within / (ramp.begin + root)
    return on + (expected - within) / ramp.end if ramp.end else np.where(expected <= whole, on, inf)


def _in_day(day: DayKey, expected: Floats) -> Floats:
    """Where the integral of the rate is so much: by halves, for it has no inverse in closed form."""
    middle, turns = (day.peak + day.trough) / 2, 2 * np.pi / day.period
    swing = (day.peak - day.trough) / 2 / turns
    low, high = (expected - abs(swing)) / middle, (expected + abs(swing)) / middle
    for _ in range(HALVINGS):
        half = (low + high) / 2
        early = middle * half - swing * np.sin(turns * half) < expected
        low, high = np.where(early, half, low), np.where(early, high, half)
    return np.maximum(low, 0.0)


def _on_steps(shape: ArrivalsKey, expected: Floats) -> Floats:
    parts = shape.parts()
    moments = [at for at, _, _ in parts]
    sums = np.cumsum([0.0, *(rate * (end - at) for at, end, rate in parts[:-1])])
    last = parts[-1][2]
    after = np.maximum(expected - sums[-1], 0.0)
    late = after / last if last else np.where(after > 0, inf, 0.0)
    return np.interp(expected, sums, moments) + late


def _bursts(
    burst: BurstKey,
    scale: float,
    stream: np.random.Generator,
    streams: Streams,
    name: str,
    lasts_s: float,
    count: int | None,
) -> Floats:
    """Requests of the time that is on, put where that time lies."""
    gap_s, clock = 1 / (burst.rate * scale), partial(_on_times, burst, streams, name)
    if count is not None:
        needed_s = np.cumsum(stream.exponential(gap_s, count))
        moments, on_s = clock(lambda _, on_s: on_s[-1] >= needed_s[-1])
        return np.interp(needed_s, on_s, moments)
    moments, on_s = clock(lambda moments, _: moments[-1] >= lasts_s)
    sent = np.interp(_until(lambda n: stream.exponential(gap_s, n), on_s[-1]), on_s, moments)
    return sent[sent < lasts_s]


def _on_times(
    burst: BurstKey, streams: Streams, name: str, enough: Callable[[Floats, Floats], bool]
) -> tuple[Floats, Floats]:
    """Moments at which it goes on or off, and how long it has been on until each."""
    periods = 16
    while True:
        found = _periods(burst, streams, name, periods)
        if enough(*found):
            return found
        periods *= 2


def _periods(burst: BurstKey, streams: Streams, name: str, periods: int) -> tuple[Floats, Floats]:
    """Moments at which it goes on or off, and how long it has been on until each."""
    ons = streams(f"{name}/arrivals/on").exponential(burst.on, periods)
    offs = streams(f"{name}/arrivals/off").exponential(burst.off, periods)
    begins_on = streams(f"{name}/arrivals/begin").random() < burst.on / (burst.on + burst.off)
    pairs = (ons, offs) if begins_on else (offs, ons)
    lengths = np.column_stack(pairs).ravel()
    is_on = np.arange(2 * periods) % 2 == (0 if begins_on else 1)
    clock = np.concatenate(([0.0], np.cumsum(lengths)))
    return clock, np.concatenate(([0.0], np.cumsum(np.where(is_on, lengths, 0.0))))
