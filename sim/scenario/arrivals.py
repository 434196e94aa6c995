"""How the rate of a traffic row changes with time, and the mean rate that follows from it.

Arrivals are a Poisson process whose rate is a function of time (ramp, step, day) or of chance (burst: an
interrupted Poisson process, on and off for exponential times, in its steady state from the start).
"""

from __future__ import annotations

from itertools import pairwise
from math import inf, pi, sin
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from sim.errors import InputError
from sim.scenario.fields import AboveZero, Duration, NotNegative, Positive, Section, checked
from sim.units import seconds


class BurstKey(Section):
    """Requests in bursts.

    Args:
        on, off: mean lengths of both states.
        rate: requests per second while it is on.
    """

    on: AboveZero
    off: AboveZero
    rate: Positive

    @model_validator(mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        """YAML reads the bare words on and off as true and false, as keys too."""
        words = {"true": "on", "false": "off"}
        return {words.get(k, k): told for k, told in value.items()} if isinstance(value, dict) else value

    def mean_rate(self, duration_s: float) -> float:
        """Requests per second in the long run, which any time has in the mean."""
        return self.rate * self.on / (self.on + self.off)


class RampKey(Section):
    """A rate that changes evenly over the row's duration.

    Args:
        begin, end: written `from` and `to`, requests per second.
    """

    begin: NotNegative = Field(alias="from")
    end: NotNegative = Field(alias="to")

    def mean_rate(self, duration_s: float) -> float:
        """Requests per second over a duration."""
        return (self.begin + self.end) / 2


class DayKey(Section):
    """A rate that swings as a day does, and begins at its lowest.

    Args:
        peak, trough: requests per second.
        period: from one trough to the next.
    """

    peak: NotNegative
    trough: NotNegative
    period: AboveZero

    @model_validator(mode="after")
    def _begins_at_its_lowest(self) -> DayKey:
        if self.trough > self.peak:
            raise ValueError(f"trough {self.trough:g} is above peak {self.peak:g}")
        return self

    def expected(self, at_s: float) -> float:
        """Requests until a moment, in the mean; the integral of a sine about its middle."""
        swing, turns = (self.peak - self.trough) / 2, 2 * pi / self.period
        return (self.peak + self.trough) / 2 * at_s - swing * sin(turns * at_s) / turns

    def mean_rate(self, duration_s: float) -> float:
        """Requests per second over a duration, which need not be whole periods."""
        return self.expected(duration_s) / duration_s


def _pairs(value: Any) -> Any:
    """Moments in seconds, rising, each with its rate."""
    fits = isinstance(value, list) and value and all(isinstance(p, list) and len(p) == 2 for p in value)
    if not fits:
        raise InputError("must be a list of [time, rps]", fix="write for example [[0s, 10], [30s, 100]]")
    moments = [seconds(at) for at, _ in value]
    if any(late <= early for early, late in pairwise(moments)):
        raise InputError("each time must be after the one before")
    return list(zip(moments, (rate for _, rate in value), strict=True))


Steps = Annotated[tuple[tuple[Duration, NotNegative], ...], BeforeValidator(checked(_pairs))]
"""From each moment on a rate; before the first one nobody sends."""


class ArrivalsKey(Section):
    """How the rate of a row changes: exactly one of these."""

    burst: BurstKey | None = None
    ramp: RampKey | None = None
    step: Steps | None = None
    day: DayKey | None = None

    @property
    def shapes(self) -> tuple[str, ...]:
        """The names of those that are given."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)

    def mean_rate(self, duration_s: float) -> float:
        """Requests per second over a duration, in the mean."""
        if self.step is not None:
            return sum(rate * max(0.0, end - at) for at, end, rate in self.parts(duration_s)) / duration_s
        shape = self.burst or self.ramp or self.day
        return 0.0 if shape is None else shape.mean_rate(duration_s)

    def parts(self, until_s: float = inf) -> list[tuple[float, float, float]]:
        """The steps: from, until, requests per second."""
        steps = self.step or ()
        ends = [*(at for at, _ in steps[1:]), inf]
        return [(at, min(end, until_s), rate) for (at, rate), end in zip(steps, ends, strict=True)]
