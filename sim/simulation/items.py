"""Runs as independent items of work: each says all that its run is made of, so it can be done anywhere.

An item gives the same result to the bit wherever it is run: results do not depend on who makes the runs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sim.scenario import Scenario
from sim.simulation.design import Design
from sim.simulation.engines import AUTO, replication_seed, run
from sim.simulation.result import Result

RunsProgress = Callable[[int, int, int], None]
"""The place of a run among all, how much of it is done, and of how much."""


@dataclass(frozen=True)
class RunItem:
    """One run that is to be made.

    Args:
        engine: a name in `engines.ENGINES`, or `auto`.
        requests: of all open-loop rows together, instead of their duration.
    """

    design: Design
    scenario: Scenario
    seed: int
    engine: str = AUTO
    requests: int | None = None

    def run(self, progress: Callable[[int, int], None] | None = None) -> Result:
        """Make it, here and now."""
        return run(self.design, self.scenario, self.seed, self.engine, self.requests, progress)


Runs = Callable[[Sequence[RunItem], RunsProgress | None], Iterator[Result]]
"""A way to make runs: their results come in the order of the items."""


def in_turn(items: Sequence[RunItem], progress: RunsProgress | None = None) -> Iterator[Result]:
    """Here, one after the other."""
    for place, item in enumerate(items):
        result = item.run(None if progress is None else partial(progress, place))
        if progress is not None:
            progress(place, 1, 1)
        yield result


def replications(
    design: Design,
    scenario: Scenario,
    numbers: Iterable[int],
    seed: int | None = None,
    engine: str = AUTO,
    requests: int | None = None,
) -> tuple[RunItem, ...]:
    """Runs of a design, each with draws of its own.

    Args:
        numbers: of the replications; the 0th has the given seed itself.
        seed: the scenario's own by default.
    """
    first = scenario.seed if seed is None else seed
    return tuple(RunItem(design, scenario, replication_seed(first, n), engine, requests) for n in numbers)


def ahead(runs: Runs, items: Sequence[RunItem], progress: RunsProgress | None = None) -> Runs:
    """Runs that are all made together, and given out to those who ask for parts of them in order.

    Args:
        items: all of them; who asks for a part names the next ones.
    """
    results = runs(items, progress)

    def next_ones(part: Sequence[RunItem], _: RunsProgress | None = None) -> Iterator[Result]:
        return islice(results, len(part))

    return next_ones
