"""A sweep: the same comparison for each value of one key of a scenario, under the same draws."""

from __future__ import annotations

from collections.abc import Callable

from sim.comparing import Progress, assemble, run_plan, stated_prices
from sim.comparison import Comparison
from sim.errors import InputError, UsageError
from sim.experiments import Experiment
from sim.pricing import ALL, Stated, sheets
from sim.series import Point, Series
from sim.sweep_keys import Axis, at_value, experiment_at, number_of

_WHOLE = 1000
"""What a point is in the progress of a sweep."""


def sweep(
    scenario: str,
    over: Axis,
    version: str,
    seed: int | None = None,
    replications: int = 1,
    provider: str | None = None,
    requests: int | None = None,
    progress: Progress | None = None,
    own: Stated | None = None,
) -> Series:
    """Run the comparison at each value. What fails with a part is not tried: that is the matter of one point.

    Args:
        scenario: a folder, a file, or the name of a shipped one.
        progress: called with the key, how much is done, and of how much.
        own: prices of the user.

    Raises:
        UsageError: the scenario has no such key, or it takes no such value; no point has run then.
    """
    if provider == ALL:
        raise UsageError("a sweep has one provider; sim compare --provider all asks every one")
    experiments = [(value, experiment_at(scenario, over, value)) for value in over.values]
    numbers = [number_of(value) for value in over.values]
    units = {unit for _, unit in numbers}
    to_scale = len(units) == 1 and all(number is not None for number, _ in numbers)
    points = []
    for place, (value, experiment) in enumerate(experiments):
        report = _part(progress, over.name, place, len(experiments))
        try:
            found = _compare(experiment, version, seed, replications, provider, requests, report, own)
        except (InputError, UsageError) as error:
            raise at_value(over, value, error) from None
        if report is not None:
            report(1, 1, 0, 1)
        points.append(Point(value, found, numbers[place][0] if to_scale else None))
    return Series(experiments[0][1].name, over.name, tuple(points), units.pop() if to_scale else "")


Report = Callable[[int, int, int, int], None]


def _part(progress: Progress | None, name: str, place: int, points: int) -> Report | None:
    """Progress within a point, from (plan, of how many, requests sent, of how many), as that of the sweep."""
    if progress is None:
        return None

    def report(plan: int, plans: int, sent: int, total: int) -> None:
        done = place + (plan + sent / max(1, total)) / plans
        progress(name, round(done * _WHOLE), points * _WHOLE)

    return report


def _compare(
    experiment: Experiment,
    version: str,
    seed: int | None,
    replications: int,
    provider: str | None,
    requests: int | None,
    report: Report | None,
    own: Stated | None,
) -> Comparison:
    used = sheets(provider, stated_prices(experiment), own)
    plans = experiment.plans()
    ran = [
        run_plan(
            experiment, plan, seed, replications, requests, report and _of_plan(report, place, len(plans))
        )
        for place, plan in enumerate(plans)
    ]
    return assemble(experiment, ran, used, version, seed)


def _of_plan(report: Report, plan: int, plans: int) -> Progress:
    return lambda _, sent, total: report(plan, plans, sent, total)
