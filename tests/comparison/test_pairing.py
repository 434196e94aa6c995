"""What pairing buys: the interval of a difference under the same draws, against runs with draws of their own."""

from __future__ import annotations

from functools import cache
from math import hypot
from pathlib import Path

import pytest

from sim.comparison.compare import run_plan
from sim.scenario.experiment import load_experiment, shipped_scenarios
from sim.simulation.intervals import half_width

pytestmark = pytest.mark.slow
REPLICATIONS, REQUESTS = 10, 1500
NARROW = 3


@cache
def gains() -> dict[str, float]:
    """Scenario -> how many times narrower the paired interval of the mean latency is.

    Runs with draws of their own are independent, so the variances of both plans add up. Left out: scenarios
    with one plan, those in which a plan answers nothing, and those that are about what fails.
    """
    found = {name: _gain(name) for name in shipped_scenarios()}
    return {name: gain for name, gain in found.items() if gain is not None}


def _gain(name: str) -> float | None:
    experiment = load_experiment(name)
    plans = experiment.plans()
    scenario = experiment.scenario
    fails = any(t.figure == "errors" and not t.below for t in scenario.expect.run)
    if len(plans) != 2 or scenario.events or fails:
        return None
    first, second = (_means(experiment, plan) for plan in plans)
    if None in first or None in second:
        return None
    unpaired = hypot(half_width(first), half_width(second))
    return unpaired / half_width([b - a for a, b in zip(first, second, strict=True)])


def _means(experiment, plan) -> list[float | None]:
    runs = run_plan(experiment, plan, None, REPLICATIONS, REQUESTS, warm_up=0.0).summary.results
    return [run.summary()["mean"] for run in runs]


def test_on_five_shipped_scenarios_pairing_narrows_the_interval_threefold() -> None:
    assert sum(gain >= NARROW for gain in gains().values()) >= 5, gains()


def test_pairing_widens_the_interval_nowhere() -> None:
    assert all(gain > 1 for gain in gains().values()), gains()


def test_where_pairing_buys_little_the_page_says_why() -> None:
    page = (Path(__file__).parents[2] / "docs" / "model.md").read_text()
    for name, gain in gains().items():
        assert gain >= NARROW or f"`{name}`" in page
