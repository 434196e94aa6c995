"""Figures of several runs: pooled quantiles, intervals that cover, and what runs are too short for.

The whole measurement is tests/benchmarks/intervals_cover.py; here is a small one of it, which tells an interval that covers
in 95 of 100 from one that does in 85.
"""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.intervals_cover import cell, queue_samples, queue_truth
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.simulation.intervals import Interval, half_width, mean_interval, quantile_interval
from sim.simulation.pooled import KNOWN, SPELLS, Load, Sample
from sim.simulation.theory import binomial_interval, requests_to_settle

TIMES = 300
LOW, HIGH = binomial_interval(TIMES, 0.95, 0.999)
"""How often of so many an interval of 95 % may hold the truth, but for one measurement in a thousand."""


def sample(*runs: list[float], load: float | None = None, requests: float = 1e6) -> Sample:
    loads = () if load is None else (Load("web", load, requests),)
    return Sample(tuple(np.array(run, dtype=float) for run in runs), loads)


def test_the_small_measurement_would_notice_an_interval_that_covers_in_85_of_100() -> None:
    assert binomial_interval(TIMES, 0.85, 0.99)[1] < LOW


@pytest.mark.parametrize(
    ("runs", "requests", "figures"),
    [
        pytest.param(5, 300, ("mean", "p50"), id="short runs"),
        pytest.param(20, 400, ("mean", "p50", "p90", "p95"), id="many runs"),
    ],
)
def test_intervals_of_a_busy_queue_cover(runs: int, requests: int, figures: tuple[str, ...]) -> None:
    found = cell(queue_samples(0.7, runs, requests, TIMES), queue_truth(0.7))["figures"]
    for name in figures:
        assert found[name]["printed"] == 1, name
        assert LOW <= found[name]["covered"] * TIMES <= HIGH, name


def test_where_a_queue_cannot_settle_nothing_has_an_interval_and_the_pod_is_named() -> None:
    for one in queue_samples(0.9, 5, 300, 20):
        assert set(one.intervals.values()) == {None}
        assert {short.pod for short in one.shortfalls} == {"queue"}
        assert [short.figure for short in one.shortfalls] == list(KNOWN)


def test_the_number_of_requests_that_would_do_does() -> None:
    """As many runs of that many requests have an interval, and of a tenth fewer none."""
    short = next(one for one in sample(*[[0.1, 0.2] * 100] * 5, load=0.5).shortfalls if one.figure == "p99")
    assert short.requests is not None
    for share, known in ((1.0, True), (0.9, False)):
        each = round(short.requests * share / 2)
        lacking = {one.figure for one in sample(*[[0.1, 0.2] * each] * 5, load=0.5).shortfalls}
        assert ("p99" not in lacking) is known


def test_a_pod_settles_after_the_requests_that_are_named() -> None:
    runs = [[0.1, 0.2] * 50] * 5
    few = sample(*runs, load=0.9, requests=requests_to_settle(0.9))
    needed = few.shortfalls[0].requests
    assert needed is not None
    enough = sample(*runs, load=0.9, requests=requests_to_settle(0.9) * needed / 100)
    assert {one.why for one in enough.shortfalls} <= {"rare"}


def test_a_pod_with_more_than_it_can_do_never_settles() -> None:
    found = sample(*[[0.1, 0.2] * 50] * 5, load=1.0).shortfalls
    assert {one.requests for one in found} == {None}


def test_quantiles_are_those_of_all_requests_and_the_mean_is_that_of_the_means() -> None:
    found = sample([1.0], [3.0, 3.0, 3.0]).figures
    assert (found["mean"], found["p50"], found["max"]) == (2.0, 3.0, 3.0)


def test_of_nothing_there_are_no_figures_and_of_one_run_no_intervals() -> None:
    assert set(sample([]).figures.values()) == {None}
    assert set(sample([], []).intervals.values()) == {None}
    assert sample([]).shortfalls == ()
    assert set(sample([0.1] * 10_000).intervals.values()) == {None}


def test_a_maximum_has_no_interval() -> None:
    rising = [[value + shift for value in range(1_000)] for shift in range(5)]
    found = sample(*rising).intervals
    assert found["max"] is None
    assert found["p99"] is not None


def test_runs_that_agree_give_an_interval_without_width() -> None:
    found = sample(*[[0.005] * 1_000] * 3).intervals
    assert found["mean"] == found["p99"] == Interval(0.005, 0.005)


def drawn(seed: int) -> list[list[float]]:
    """Two to six runs of latencies that differ in their level."""
    stream = np.random.default_rng(seed)
    count = int(stream.integers(2, 7))
    return [(stream.exponential(stream.uniform(0.5, 2.0), 60) + 1e-3).tolist() for _ in range(count)]


@given(st.integers(0, 10**9), st.floats(0.0, 3.0))
@settings(max_examples=30)
def test_an_interval_holds_its_figure_and_reaches_further_up_with_skewness(
    seed: int, skewness: float
) -> None:
    runs = drawn(seed)
    means = [sum(run) / len(run) for run in runs]
    floor = min(map(min, runs))
    plain, skewed = (mean_interval(means, floor, one) for one in (0.0, skewness))
    assert plain is not None
    assert skewed is not None
    assert floor <= skewed.low <= sum(means) / len(means) * (1 + 1e-12)
    assert skewed.low == plain.low
    assert skewed.high >= plain.high


@given(st.integers(0, 10**9), st.floats(0.001, 100.0))
@settings(max_examples=30)
def test_intervals_do_not_hang_on_the_unit(seed: int, unit: float) -> None:
    runs = drawn(seed)
    one, other = sample(*runs), sample(*([value * unit for value in run] for run in runs))
    for share in (0.5, 0.1):
        first = quantile_interval(one.pooled, one.runs, share, 0.3)
        second = quantile_interval(other.pooled, other.runs, share, 0.3)
        assert (first is None) == (second is None)
        if first and second:
            assert (first.low * unit, first.high * unit) == pytest.approx((second.low, second.high))


def test_two_runs_that_differ_a_lot_give_a_wide_interval_and_no_overflow() -> None:
    found = mean_interval([1.0, 1e6], 0.0, 3.0)
    assert found is not None
    assert found.low < 2
    assert 1e6 < found.high < float("inf")
    assert quantile_interval(np.arange(100.0), [np.arange(50.0), np.arange(50.0, 100.0)], 0.1, 0.1) is None


def test_many_runs_come_to_the_interval_of_student() -> None:
    means = list(np.random.default_rng(3).normal(10.0, 0.01, 50))
    found, plain = mean_interval(means, 0.0, 0.0), half_width(means)
    assert found is not None
    assert plain is not None
    assert found.high - found.low == pytest.approx(2 * plain, rel=1e-3)


def test_spells_decide_by_the_load() -> None:
    """At 70 % slow requests come in spells of eleven, so that eleven times as many are needed."""
    for load, spell in ((0.0, 1.0), (0.7, 1 / 0.3**2)):
        few, enough = (round(SPELLS / 0.01 * spell * share) for share in (0.98, 1.02))
        assert sample([0.1] * few, [0.1] * few, load=load).interval_at(0.005) is None
        lacking = [sample([0.1] * n, load=load).shortfalls for n in (few, enough)]
        assert [len(found) for found in lacking] == [1, 0]
