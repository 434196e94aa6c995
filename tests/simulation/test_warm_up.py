"""The warm-up that is found: where runs begin otherwise than they go on, and where that is chance."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.intervals_cover import queues

from sim.simulation.warm_up import MSER, TENTH, find_warm_up, mser5


def runs(count: int, requests: int, slow: int, by: float, seed: int = 1) -> tuple[list, list]:
    """Runs of one request a second with noise around 1, the first `slow` ones higher by so much."""
    stream = np.random.default_rng(seed)
    sent = [np.arange(requests, dtype=float) for _ in range(count)]
    taken = [stream.normal(1.0, 0.2, requests) + by * (np.arange(requests) < slow) for _ in range(count)]
    return sent, taken


def test_what_is_slow_at_the_beginning_is_found_and_left_out() -> None:
    found = find_warm_up(*runs(5, 1_000, slow=300, by=1.0))
    assert found.found_by == MSER
    assert found.until_s == pytest.approx(300, abs=10)


@pytest.mark.parametrize("slow", [0, 50])
def test_a_tenth_is_left_out_at_least(slow: int) -> None:
    found = find_warm_up(*runs(5, 1_000, slow, by=1.0))
    assert (found.found_by, found.until_s) == (TENTH, pytest.approx(99.9))


def test_queues_that_begin_with_a_slow_spell_by_chance_are_not_cut_for_that() -> None:
    """Cutting them makes the mean too small: that is what MSER-5 alone does."""
    alone, kept = [], []
    for seed in range(200):
        sent, taken, _ = queues(0.7, 300, 5, seed)
        cut = 5 * mser5(taken.reshape(5, 60, 5).mean(axis=(0, 2)))
        alone.append(taken[:, cut:].mean())
        until_s = find_warm_up(list(sent), list(taken)).until_s
        kept.append(np.mean([one[at >= until_s].mean() for at, one in zip(sent, taken, strict=True)]))
    truth = 1 / 0.3
    assert abs(np.mean(kept) / truth - 1) < abs(np.mean(alone) / truth - 1)


def test_runs_without_answers_have_a_warm_up_too() -> None:
    nothing = np.empty(0)
    assert find_warm_up([nothing], [nothing]).until_s == 0
    assert find_warm_up([np.array([0.0, 2.0])], [np.ones(2)]).until_s == pytest.approx(0.2)


def test_mser_5_leaves_out_at_most_half() -> None:
    assert mser5(np.arange(20.0, 0.0, -1.0)) == 10
    assert mser5(np.empty(0)) == 0
