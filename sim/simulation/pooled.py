"""The latencies of several runs together: mean and pooled quantiles, their intervals, and what they lack.

A busy Pod remembers: it must be sent many requests before it has forgotten that it began empty, and its
slow answers come in spells. How many follows from its load by the theory of a single queue, so that whether a
run is long enough does not hang on the chance of that run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor, inf, log10, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.simulation.intervals import Interval, at_share, mean_interval, quantile_interval
from sim.simulation.theory import alike_in_a_row, requests_to_settle, slow_spell
from sim.units import attributes

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
KNOWN = ("mean", *QUANTILES)
"""Figures that runs tell something about; a maximum only grows with them."""
FIGURES = (*KNOWN, "max")
SETTLED = 4
"""A run must send a Pod so many times what it takes to settle; measured: at 9 intervals cover, at 3 not."""
SPELLS = 9
"""There must be so many slow spells above a quantile in all runs; measured: at 11 intervals cover."""
_FULL = 0.999
"""A load from which on nothing is known of a steady state."""
_MEAN_SKEWNESS, _COUNT_SKEWNESS = 4.0, 2.3
"""Skewness of a mean and of a count of slow requests, in terms of their relative deviations; as measured."""


@dataclass(frozen=True)
class Load:
    """What a Pod has to do in a run.

    Args:
        pod: its name.
        busy: share of its workers' time.
        requests: that it serves in one run and that count.
    """

    pod: str
    busy: float
    requests: float

    @property
    def settled(self) -> float:
        """How many times what it takes to settle it is sent."""
        if self.busy <= 0:
            return inf
        return 0.0 if self.busy >= _FULL else self.requests / requests_to_settle(self.busy)


@dataclass(frozen=True)
class Shortfall:
    """A figure that has no interval because the runs are too short for it.

    Args:
        figure: mean, or a quantile.
        requests: per run, of which as many runs would do; None: no number would.
        why: rare: there are too few slow requests; unsettled: a Pod's queue does not settle in a run;
            beginning: the warm-up is not over in a run.
        pod: whose queue does not settle.
    """

    figure: str
    requests: int | None
    why: Literal["rare", "unsettled", "beginning"] = "rare"
    pod: str = ""

    def to_json(self) -> dict[str, object]:
        """As `sim run -o json` shows it."""
        return attributes(self, "figure requests why pod")


@dataclass(frozen=True)
class Sample:
    """The latencies of replications.

    Args:
        runs: of each those that count, in seconds, shape (n,).
        loads: of the Pods, on average over the runs; none where a run is no sample of a steady state.
        left_out: how many requests of all runs the warm-up takes away.
        longer: how many times as long runs must be for their warm-up to be over; 0: it is.
    """

    runs: tuple[NDArray[np.float64], ...]
    loads: tuple[Load, ...] = ()
    left_out: int = 0
    longer: float = 0.0

    @cached_property
    def pooled(self) -> NDArray[np.float64]:
        """All of them, sorted."""
        return np.sort(np.concatenate(self.runs)) if self.runs else np.empty(0)

    @property
    def figures(self) -> dict[str, float | None]:
        """Mean of the runs' means, quantiles and maximum of all requests; None where nothing was answered."""
        if not len(self.pooled):
            return dict.fromkeys(FIGURES)
        quantiles = {name: at_share(self.pooled, 1 - p) for name, p in QUANTILES.items()}
        return {"mean": sum(self._means) / len(self._means), **quantiles, "max": float(self.pooled[-1])}

    @property
    def intervals(self) -> dict[str, Interval | None]:
        """Of 95 %; None for a maximum, and where the runs are too few or too short."""
        quantiles = {name: self.interval_at(1 - p) for name, p in QUANTILES.items()}
        return {"mean": self._mean if self._is_settled else None, **quantiles, "max": None}

    def interval_at(self, share: float) -> Interval | None:
        """Of the value that this share of the requests exceeds; None: the runs are too few or too short."""
        if not self._is_settled or self._spells(share) < SPELLS:
            return None
        deviation = sqrt((2 * slow_spell(self._busiest) - 1) / (share * len(self.pooled)))
        return quantile_interval(self.pooled, self._answered, share, _COUNT_SKEWNESS * deviation)

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """What is lacking: all figures where a Pod does not settle, else quantiles with few slow requests."""
        if not len(self.pooled):
            return ()
        each = (len(self.pooled) + self.left_out) / len(self.runs)
        if self.longer:
            long_enough = _rounded_up(each * self.longer)
            return tuple(Shortfall(name, long_enough, "beginning") for name in KNOWN)
        least = self._least
        if least and least.settled < SETTLED:
            needed = _rounded_up(each * SETTLED / least.settled) if least.settled else None
            return tuple(Shortfall(name, needed, "unsettled", least.pod) for name in KNOWN)
        return tuple(self._rare(each))

    def _rare(self, each: float) -> Iterator[Shortfall]:
        for name, p in QUANTILES.items():
            spells = self._spells(1 - p)
            if spells < SPELLS:
                yield Shortfall(name, _rounded_up(each * SPELLS / spells))

    def _spells(self, share: float) -> float:
        """How many slow spells there are above the value that this share of the requests exceeds."""
        return share * len(self.pooled) / slow_spell(self._busiest)

    @property
    def _least(self) -> Load | None:
        """Of the Pod that is the farthest from having settled."""
        return min(self.loads, key=lambda load: load.settled, default=None)

    @property
    def _is_settled(self) -> bool:
        if not len(self.pooled) or self.longer:
            return False
        return self._least is None or self._least.settled >= SETTLED

    @property
    def _mean(self) -> Interval | None:
        skewness = _MEAN_SKEWNESS * sqrt(alike_in_a_row(self._busiest) / len(self.pooled))
        return mean_interval(self._means, float(self.pooled[0]), skewness)

    @cached_property
    def _answered(self) -> list[NDArray[np.float64]]:
        return [run for run in self.runs if len(run)]

    @cached_property
    def _means(self) -> Sequence[float]:
        return [float(run.mean()) for run in self._answered]

    @property
    def _busiest(self) -> float:
        """The load of the Pod that has most to do."""
        return min(max((load.busy for load in self.loads), default=0.0), _FULL)


def _rounded_up(count: float) -> int:
    """A number of requests, in two digits.

    >>> _rounded_up(1234.5), _rounded_up(80.0)
    (1300, 80)
    """
    step = 10 ** max(0, floor(log10(count)) - 1)
    return int(ceil(count / step) * step)
