"""Replications of plans: as many as were asked for, or as many as a mean takes to be known well enough.

Every plan is run as often as the others, with the same seeds in the same order, so that pairs of runs can be
compared; and what is left out as warm-up is the same for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sim.scenario import Scenario
from sim.scenario.month import clients_of
from sim.simulation.design import Design
from sim.simulation.engines import AUTO
from sim.simulation.items import RunItem, Runs, RunsProgress, in_turn, replications
from sim.simulation.result import Result
from sim.simulation.summary import Summary, summarise
from sim.simulation.warm_up import WarmUp, find_warm_up

Progress = Callable[[int, int], None] | None

_EACH = 6
"""Requests of a client until it is as if it had always been there: one in 400 has sent none by then."""
_NOTICED = 1e-3
"""Share of the latency from which on the opening of connections counts."""
FIRST, MOST = 10, 200
"""With `until`: runs before the mean is looked at for the first time, and after which it is given up."""


RUN = 1000
"""What a run is in progress."""


@dataclass(frozen=True)
class Sampling:
    """How often plans are run, and what of each run counts.

    Args:
        replications: of each plan; with `until` the most of them.
        until: share of the mean latency that half its interval must come below; None: all are run.
        warm_up: seconds to leave out instead of what the scenario says; `auto`: to find; None: to find if
            there are several runs and the scenario says nothing.
    """

    replications: int = 1
    until: float | None = None
    warm_up: float | str | None = None


@dataclass(frozen=True)
class Study:
    """Plans that are each run as often as the others.

    Args:
        seed: the scenario's own by default.
        requests: of a run, instead of its duration.
    """

    designs: Sequence[Design]
    scenario: Scenario
    sampling: Sampling
    seed: int | None = None
    engine: str = AUTO
    requests: int | None = None

    @property
    def count(self) -> int:
        """How many runs of each plan come first."""
        most = self.sampling.replications
        return most if self.sampling.until is None else min(FIRST, most)

    def items(self, first: int, until: int) -> tuple[RunItem, ...]:
        """These replications, plan by plan."""
        scenario = self.scenario
        if isinstance(self.sampling.warm_up, float):
            scenario = scenario.model_copy(update={"warm_up_s": self.sampling.warm_up})
        numbers = range(first, until)
        return tuple(
            item
            for design in self.designs
            for item in replications(design, scenario, numbers, self.seed, self.engine, self.requests)
        )

    def summaries(self, runs: Runs = in_turn, progress: Sequence[Progress] = ()) -> tuple[Summary, ...]:
        """Run every plan, and sum up.

        Args:
            runs: who makes the runs.
            progress: one for each design, called with (done, of how much) now and then; none: nobody waits.
        """
        most, count, until = self.sampling.replications, self.count, self.sampling.until
        made = self._made(0, count, runs, progress)
        summaries = _summed_up(self.scenario, made, self.sampling)
        while until is not None and count < most and not all(s.is_precise for s in summaries):
            further = min(most, count + max(1, count // 10))
            fresh = self._made(count, further, runs, progress)
            made = [(*done, *new) for done, new in zip(made, fresh, strict=True)]
            count, summaries = further, _summed_up(self.scenario, made, self.sampling)
        return summaries

    def _made(
        self, first: int, until: int, runs: Runs, progress: Sequence[Progress]
    ) -> list[tuple[Result, ...]]:
        """The results of these replications, for each plan."""
        each = until - first
        results = runs(self.items(first, until), _by_plan(progress, each) if progress else None)
        return [tuple(islice(results, each)) for _ in self.designs]


def _by_plan(reports: Sequence[Progress], each: int) -> RunsProgress:
    """Progress of all runs, as that of their plans."""

    def report(place: int, done: int, of: int) -> None:
        plan, number = divmod(place, each)
        if (told := reports[plan]) is not None:
            told(round((number + done / max(1, of)) * RUN), each * RUN)

    return report


def _summed_up(
    scenario: Scenario, runs: Sequence[Sequence[Result]], sampling: Sampling
) -> tuple[Summary, ...]:
    steady = all(r.offered is not None for of_plan in runs for r in of_plan)
    stated = "warm_up_s" in scenario.model_fields_set
    unasked = sampling.warm_up is None and len(runs[0]) > 1 and not stated and steady
    wanted = sampling.warm_up == "auto" or unasked
    warm_up = _warm_up_of(runs, _clients_s(scenario)) if wanted else None
    return tuple(summarise(of_plan, warm_up, sampling.until) for of_plan in runs)


def _clients_s(scenario: Scenario) -> float:
    """What the clients of open rows take to send some requests each, in the mean; of all rows the longest."""
    open_rows = [n for n, row in enumerate(scenario.traffic) if row.users is None and row.rps]
    return max((_EACH * clients_of(scenario, n) / _rate(scenario, n) for n in open_rows), default=0.0)


def _rate(scenario: Scenario, row: int) -> float:
    """Requests a second of the clients of a row, which those of other rows of its host are too."""
    return sum(r.rps or 0.0 for r in scenario.traffic if r.host == scenario.traffic[row].host)


def _warm_up_of(runs: Sequence[Sequence[Result]], clients_s: float) -> WarmUp:
    """The longest that some plan takes."""
    return max((_of_plan(of_plan, clients_s) for of_plan in runs), key=lambda found: found.until_s)


def _of_plan(results: Sequence[Result], clients_s: float) -> WarmUp:
    """Clients that wait for no connection make no difference."""
    answered = [np.isfinite(result.answered_s) for result in results]
    both = list(zip(results, answered, strict=True))
    sent_s = [result.sent_s[mine] for result, mine in both]
    taken_s = [result.answered_s[mine] - result.sent_s[mine] for result, mine in both]
    opening_s = sum(float((result.ready_s[mine] - result.sent_s[mine]).sum()) for result, mine in both)
    return find_warm_up(
        sent_s, taken_s, clients_s if opening_s > _NOTICED * sum(map(np.sum, taken_s)) else 0.0
    )
