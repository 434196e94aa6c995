"""A sweep: the same comparison for each value of one key of a scenario, under the same draws."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sim.comparison.compare import Progress, assemble, prepare, run_plans, stated_prices
from sim.comparison.series import Point, Series
from sim.costs.sheets import ALL, StatedPrices, sheets
from sim.errors import InputError, UsageError
from sim.scenario.axis import Axis, at_value, experiment_at, number_of
from sim.simulation.items import Runs, ahead, in_turn
from sim.simulation.replications import RUN, Sampling, Study

_Made = TypeVar("_Made")


def sweep(
    scenario: str,
    over: Axis,
    version: str,
    progress: Progress | None = None,
    runs: Runs = in_turn,
    provider: str | None = None,
    own: StatedPrices | None = None,
    seed: int | None = None,
    requests: int | None = None,
    **how: Any,
) -> Series:
    """Run the comparison at each value. What fails with a part is not tried: that is the matter of one point.

    Args:
        scenario: a folder, a file, or the name of a shipped one.
        progress: called with the key, how much is done, and of how much.
        runs: who makes the runs, of all values together.
        provider, own, seed, requests: as for `compare`.
        how: as for `sim.simulation.replications.Sampling`.

    Raises:
        UsageError: the scenario has no such key, or it takes no such value; no point has run then.
    """
    if provider == ALL:
        raise UsageError("a sweep has one provider; sim compare --provider all asks every one")
    experiments = [experiment_at(scenario, over, value) for value in over.values]
    numbers, unit = _numbers(over.values)
    sampling, points = Sampling(**how), []
    every = list(zip(over.values, experiments, strict=True))
    prepared = [_at(over, value, prepare, e, e.plans(), sampling, seed, requests) for value, e in every]
    together = _together([p.study for p in prepared], runs, progress and partial(progress, over.name))
    for (value, experiment), plans, number in zip(every, prepared, numbers, strict=True):
        used = sheets(provider, stated_prices(experiment), own)
        ran = _at(over, value, run_plans, plans, together)
        points.append(Point(value, assemble(experiment, ran, used, version, seed), number))
        if progress and sampling.until is not None:
            progress(over.name, len(points), len(every))
    return Series(experiments[0].name, over.name, tuple(points), unit)


def _at(over: Axis, value: str, made: Callable[..., _Made], *given: Any) -> _Made:
    """What a function makes; an error names the value.

    Raises:
        UsageError: at this value.
    """
    try:
        return made(*given)
    except (InputError, UsageError) as error:
        raise at_value(over, value, error) from None


def _together(studies: Sequence[Study], runs: Runs, progress: Callable[[int, int], None] | None) -> Runs:
    """Who makes the runs of all points; those whose number is not known before are made point by point."""
    if any(study.sampling.until is not None for study in studies):
        return runs
    items = [item for study in studies for item in study.items(0, study.count)]

    def report(place: int, done: int, of: int) -> None:
        assert progress is not None
        progress(round((place + done / max(1, of)) * RUN), len(items) * RUN)

    return ahead(runs, items, None if progress is None else report)


def _numbers(values: Sequence[str]) -> tuple[list[float | None], str]:
    """Where values stand on one axis, and its unit; nowhere if one of them is a name, or units differ."""
    found = [number_of(value) for value in values]
    units = {unit for _, unit in found}
    if len(units) > 1 or any(number is None for number, _ in found):
        return [None] * len(values), ""
    return [number for number, _ in found], units.pop()
