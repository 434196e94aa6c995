"""Draws are functions of (seed, component and purpose, row), whatever is read before, beside or in which blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError, UnsupportedError
from sim.manifests.objects.meta import Origin
from sim.scenario import read_scenario
from sim.scenario.distributions import KINDS, distribution
from sim.simulation.workload import Column, draw, generator, sampler, uniforms

ROWS = [
    {"host": "a.example", "path": "/", "rps": 30, "duration_s": 20},
    {"host": "b.example", "path": "/x", "rps": 20, "duration_s": 20},
]


def scenario(rows=ROWS, **keys):
    return read_scenario({"manifests": ["a.yaml"], "traffic": rows, **keys}, Origin("s.yaml", {}))


def columns_of(workload, row):
    picked = workload.requests.row == row
    return {
        name: getattr(workload.requests, name)[picked]
        for name in ("sent_s", "client", "service_s", "controller_s", "node", "pod", "balance")
    }


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize(
    "spec",
    [
        "5ms",
        {"exponential": "5ms"},
        {"lognormal": {"mean": "5ms", "cv": 1.5}},
        {"gamma": {"mean": "5ms", "cv": 0.5}},
        {"pareto": {"mean": "5ms", "shape": 2.2}},
        {"empirical": ["1ms", "9ms"]},
    ],
    ids=str,
)
def test_blocks_of_any_size_give_the_same_draws(spec, sizes):
    take = sampler(distribution(spec))
    whole = take(generator(1, "x"), sum(sizes))
    stream = generator(1, "x")
    assert (np.concatenate([take(stream, n) for n in sizes]) == whole).all()


@pytest.mark.parametrize(
    ("spec", "mean", "cv"),
    [
        ({"exponential": "5ms"}, 0.005, 1),
        ({"lognormal": {"mean": "5ms", "cv": 1.5}}, 0.005, 1.5),
        ({"gamma": {"mean": "5ms", "cv": 0.5}}, 0.005, 0.5),
        ({"pareto": {"mean": "5ms", "shape": 5}}, 0.005, (1 / (5 * 3)) ** 0.5),
    ],
    ids=str,
)
def test_distributions_have_their_mean_and_variation(spec, mean, cv):
    values = sampler(distribution(spec))(generator(3, "x"), 400_000)
    assert values.mean() == pytest.approx(mean, rel=0.02)
    assert values.std() / values.mean() == pytest.approx(cv, rel=0.06)


def test_a_column_is_read_in_any_order():
    column = Column(generator(1, "x"), uniforms)
    late = column[10_000]
    assert column[3] == generator(1, "x").random(4)[3]
    assert late == generator(1, "x").random(10_001)[10_000]


def test_adding_a_row_leaves_the_others_as_they_were():
    alone = draw(scenario(ROWS[:1]), ("s/a",), 1)
    both = draw(scenario(), ("s/a", "s/b"), 1)
    for name, column in columns_of(alone, 0).items():
        assert (columns_of(both, 0)[name] == column).all(), name


def test_changing_a_service_time_leaves_arrivals_and_choices_as_they_were():
    slow = draw(scenario(service_time={"default": "1s"}), ("s/a", "s/b"), 1)
    fast = draw(scenario(), ("s/a", "s/b"), 1)
    for name in ("sent_s", "client", "node", "pod", "balance", "controller_s"):
        assert (getattr(slow.requests, name) == getattr(fast.requests, name)).all(), name


def test_another_seed_is_another_run():
    first, second = (draw(scenario(), ("s/a", "s/b"), seed) for seed in (1, 2))
    assert first.requests.sent_s[0] != second.requests.sent_s[0]


def test_a_twin_row_draws_for_itself():
    both = draw(scenario([ROWS[0], ROWS[0]]), ("s/a", "s/a"), 1)
    assert columns_of(both, 0)["sent_s"][0] != columns_of(both, 1)["sent_s"][0]


def test_constant_arrivals_are_evenly_spaced_and_poisson_ones_have_the_rate():
    even = draw(scenario([{"host": "a", "rps": 10, "duration_s": 5, "arrivals": "constant"}]), ("s/a",), 1)
    assert np.allclose(np.diff(even.requests.sent_s), 0.1)
    poisson = draw(scenario([{"host": "a", "rps": 500, "duration_s": 60}]), ("s/a",), 1)
    assert len(poisson.requests) == pytest.approx(30_000, rel=0.03)


def test_more_requests_than_can_be_kept_are_refused_before_memory_is_taken():
    with pytest.raises(UnsupportedError, match="more than one run keeps"):
        draw(scenario([{"host": "a", "rps": 1e6, "duration_s": 1000}]), ("s/a",), 1)


@pytest.mark.parametrize(
    "spec",
    [
        "fast",
        {"normal": "5ms"},
        {"exponential": "-5ms"},
        {"lognormal": {"cv": 1}},
        {"lognormal": {"mean": "5ms", "cv": 0}},
        {"pareto": {"mean": "5ms", "shape": 1}},
        {"empirical": []},
        {"exponential": True},
        None,
    ],
    ids=str,
)
def test_what_is_no_distribution_is_refused(spec):
    with pytest.raises(InputError):
        distribution(spec)


def test_every_kind_can_be_read_and_drawn():
    assert set(KINDS) == {"constant", "exponential", "lognormal", "gamma", "pareto", "empirical"}
