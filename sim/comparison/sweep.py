"""A sweep: the same comparison for each value of one key of a scenario, under the same draws."""

from collections.abc import Sequence
from typing import Any

from sim.comparison.compare import Progress, compare
from sim.comparison.series import Point, Series
from sim.costs.sheets import ALL
from sim.errors import InputError, UsageError
from sim.scenario.axis import Axis, at_value, experiment_at, number_of

_WHOLE = 1000
"""What a point is in the progress of a sweep."""


def sweep(scenario: str, over: Axis, version: str, progress: Progress | None = None, **how: Any) -> Series:
    """Run the comparison at each value. What fails with a part is not tried: that is the matter of one point.

    Args:
        scenario: a folder, a file, or the name of a shipped one.
        progress: called with the key, how much is done, and of how much.
        how: further arguments of `comparing.compare`.

    Raises:
        UsageError: the scenario has no such key, or it takes no such value; no point has run then.
    """
    if how.get("provider") == ALL:
        raise UsageError("a sweep has one provider; sim compare --provider all asks every one")
    experiments = [experiment_at(scenario, over, value) for value in over.values]
    numbers, unit = _numbers(over.values)
    points = []
    for place, (value, experiment) in enumerate(zip(over.values, experiments, strict=True)):
        part = progress and _part(progress, over, place, experiment.scenario.plans)
        try:
            found = compare(experiment, version, progress=part, faults=False, **how)
        except (InputError, UsageError) as error:
            raise at_value(over, value, error) from None
        if progress:
            progress(over.name, (place + 1) * _WHOLE, len(over.values) * _WHOLE)
        points.append(Point(value, found, numbers[place]))
    return Series(experiments[0].name, over.name, tuple(points), unit)


def _numbers(values: Sequence[str]) -> tuple[list[float | None], str]:
    """Where values stand on one axis, and its unit; nowhere if one of them is a name, or units differ."""
    found = [number_of(value) for value in values]
    units = {unit for _, unit in found}
    if len(units) > 1 or any(number is None for number, _ in found):
        return [None] * len(values), ""
    return [number for number, _ in found], units.pop()


def _part(progress: Progress, over: Axis, place: int, plans: Sequence[str]) -> Progress:
    """Progress of one plan at one point, as that of the whole sweep."""

    def report(plan: str, sent: int, total: int) -> None:
        done = place + (plans.index(plan) + sent / max(1, total)) / len(plans)
        progress(over.name, round(done * _WHOLE), len(over.values) * _WHOLE)

    return report
