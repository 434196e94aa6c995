"""Latency distributions as points of rising rarity: where they stand, what they are worth, what pairs show."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from small import design, experiment

from sim.comparison.latency_curve import (
    ENOUGH,
    RARITIES,
    CurvePoint,
    curve_change,
    half_width_of,
    latency_curve,
    resolution_s,
)
from sim.simulation.engines import run
from sim.simulation.intervals import half_width
from sim.simulation.pooled import Sample
from sim.simulation.result import Result
from sim.simulation.summary import summarise


@cache
def run_of(requests: int) -> Result:
    found = experiment(traffic=[{"host": "web.shop.example", "rps": 1, "requests": requests}])
    return run(design(found, "lb-per-service"), found.scenario)


def result(latencies_ms: list[float]) -> Result:
    """A run with exactly these latencies."""
    ran = run_of(len(latencies_ms))
    return replace(ran, answered_s=ran.sent_s + np.array(latencies_ms) / 1000)


def sample(*runs: Result) -> Sample:
    return summarise(runs).sample


def points(*runs: list[float]) -> dict[float, float]:
    """Rarity -> milliseconds."""
    return {p.rarity: p.value_s * 1000 for p in latency_curve(sample(*map(result, runs)))}


HUNDRED = [float(ms) for ms in range(1, 101)]


def test_rarities_fall_and_begin_near_all() -> None:
    assert all(a > b for a, b in pairwise(RARITIES))
    assert {0.5, 0.1, 0.05, 0.01, 0.001} <= set(map(float, RARITIES))
    assert float(RARITIES[0]) == 0.9


def test_a_point_is_the_order_statistic_of_every_other_percentile_here() -> None:
    one = result(HUNDRED)
    found = {p.rarity: p.value_s for p in latency_curve(sample(one))}
    summary = one.summary()
    assert (found[0.5], found[0.1]) == (summary["p50"], summary["p90"])
    assert points(HUNDRED)[0.5] == pytest.approx(50)


@pytest.mark.parametrize(
    ("runs", "rarest"),
    [
        pytest.param([HUNDRED], 0.1, id="ten of a hundred are slower, nine would not be enough"),
        pytest.param([HUNDRED] * 10, 0.01, id="runs count together"),
        pytest.param([HUNDRED] * 100, 0.01, id="but each run has a request beyond the point"),
        pytest.param([HUNDRED * 10], 0.01, id="a longer run reaches further"),
    ],
)
def test_a_curve_ends_where_too_few_requests_are_slower(runs: list[list[float]], rarest: float) -> None:
    assert min(points(*runs)) == rarest


@pytest.mark.parametrize("answered", [1, 2, 2 * ENOUGH - 1])
def test_a_handful_of_requests_has_no_curve(answered: int) -> None:
    assert points(HUNDRED[:answered]) == {}


def test_a_value_is_that_of_all_runs_with_the_interval_of_the_summary() -> None:
    runs = [result([ms * factor for ms in HUNDRED]) for factor in (1.0, 1.02, 1.05)]
    point = next(p for p in latency_curve(sample(*runs)) if p.rarity == 0.1)
    summary = summarise(runs)
    assert point.value_s == pytest.approx(summary.figures["p90"])
    assert summary.half_widths is not None
    assert point.half_width_s == pytest.approx(summary.half_widths["p90"])


def test_a_change_is_that_of_pairs_so_what_the_runs_share_cancels() -> None:
    factors = (1.0, 2.0, 4.0)
    first = [result([ms * factor for ms in HUNDRED]) for factor in factors]
    second = [result([ms * factor + 2 for ms in HUNDRED]) for factor in factors]
    change = next(p for p in curve_change(first, second) if p.rarity == 0.5)
    assert change.value_s == pytest.approx(0.002)
    assert change.half_width_s == pytest.approx(0, abs=1e-9)
    assert half_width(r.summary()["p50"] for r in first) > 0.05  # type: ignore[operator]


def test_a_change_stands_only_where_both_plans_have_a_point() -> None:
    change = curve_change([result(HUNDRED * 10)], [result(HUNDRED)])
    assert min(p.rarity for p in change) == 0.1
    assert {p.half_width_s for p in change} == {None}


@pytest.mark.parametrize(
    ("point", "cannot_tell"),
    [
        (CurvePoint(0.5, 0.002, 0.001), False),
        (CurvePoint(0.5, -0.002, 0.001), False),
        (CurvePoint(0.5, 0.002, 0.002), True),
        (CurvePoint(0.5, 0.002, None), False),
    ],
)
def test_it_cannot_be_told_where_the_interval_covers_zero(point: CurvePoint, cannot_tell: bool) -> None:
    assert point.cannot_tell is cannot_tell


def test_a_change_is_known_no_finer_than_the_changes_beside_it() -> None:
    """Three pairs of runs whose p95 moves by the very same, where the request next to it moves by 1 ms less."""
    run = np.arange(100) / 1000
    moved = run + 0.002
    moved[95] -= 0.001
    step_s = resolution_s([run], [np.sort(moved)], Fraction(1, 20))
    assert step_s == pytest.approx(0.0005)
    assert half_width_of([0.002] * 3, step_s) == pytest.approx(0.0005 / 3**0.5)
    assert half_width_of([0.002], step_s) is None
    assert resolution_s([run], [run + 0.002], Fraction(1, 20)) == pytest.approx(0)
