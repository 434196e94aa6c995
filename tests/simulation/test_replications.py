"""Replications: the same seeds in the same order, as many as a mean takes, and one warm-up for all plans."""

from __future__ import annotations

from functools import cache

import pytest
from small import NO_DELAY, app, design, experiment

from sim.scenario.experiment import load_experiment
from sim.simulation.design.load import is_steady
from sim.simulation.replications import FIRST, Sampling, Study
from sim.simulation.summary import Summary

FAST_MS = {"exponential": "10ms"}


def queue(load: float, requests: int = 80, **keys: object):
    row = {"host": "web.shop.example", "path": "/", "rps": load * 100, "keep_alive": 1, "requests": requests}
    return experiment(
        app(pods=1),
        nodes={"zone-a": 1},
        service_time={"default": FAST_MS},
        workers={"default": 1},
        latency=NO_DELAY,
        traffic=[row],
        **keys,
    )


@cache
def sampled(sampling: Sampling, load: float = 0.5, plans: tuple[str, ...] = ("lb-per-service",)) -> Summary:
    found = queue(load)
    return Study([design(found, plan) for plan in plans], found.scenario, sampling).summaries()[-1]


def test_with_until_come_the_runs_of_as_many_replications() -> None:
    until = sampled(Sampling(40, until=0.12))
    count = len(until.results)
    assert FIRST <= count < 40
    same = sampled(Sampling(count))
    assert [r.seed for r in until.results] == [r.seed for r in same.results]
    assert until.figures == same.figures
    assert until.asked is not None
    assert until.asked.reached
    assert until.asked.known_to is not None
    assert until.asked.known_to <= 0.12


def test_it_is_said_when_the_most_runs_do_not_do() -> None:
    found = sampled(Sampling(FIRST, until=0.001)).asked
    assert found is not None
    assert not found.reached
    assert found.known_to is not None
    assert found.known_to > 0.001


def test_every_plan_has_as_many_runs_and_the_same_warm_up() -> None:
    found = load_experiment("shop")
    designs = [design(found, plan) for plan in ("lb-per-service", "single-ingress")]
    one, other = Study(designs, found.scenario, Sampling(2), requests=300).summaries()
    assert [r.seed for r in one.results] == [r.seed for r in other.results]
    assert one.warm_up == other.warm_up
    assert {r.warm_up_s for s in (one, other) for r in s.results} == {one.warm_up and one.warm_up.until_s}


@pytest.mark.parametrize(
    ("keys", "sampling", "found"),
    [
        pytest.param({}, Sampling(3), True, id="several runs, nothing stated"),
        pytest.param({}, Sampling(1), False, id="one run"),
        pytest.param({}, Sampling(1, warm_up="auto"), True, id="one run that asks"),
        pytest.param({"warm_up_s": 0}, Sampling(3), False, id="the scenario says none"),
        pytest.param({"warm_up_s": 0}, Sampling(3, warm_up="auto"), True, id="who asks has the last word"),
        pytest.param({}, Sampling(3, warm_up=0.5), False, id="who states it, too"),
        pytest.param(
            {"faults": [{"pod": "shop/web-1", "at": 0.1}]}, Sampling(3), False, id="something happens"
        ),
    ],
)
def test_when_a_warm_up_is_found(keys: dict[str, object], sampling: Sampling, found: bool) -> None:
    one = queue(0.5, 60, **keys)
    summary = Study([design(one, "lb-per-service")], one.scenario, sampling).summaries()[0]
    assert (summary.warm_up is not None) is found
    stated = sampling.warm_up if isinstance(sampling.warm_up, float) else 0.0
    assert summary.first.warm_up_s > 0 if found else summary.first.warm_up_s == stated


def test_clients_that_have_not_all_come_keep_the_beginning_from_being_over() -> None:
    found = load_experiment("shop")
    short = Study([design(found, "lb-per-service")], found.scenario, Sampling(2), requests=200).summaries()[0]
    assert {one.why for one in short.sample.shortfalls} == {"beginning"}
    assert short.intervals is not None
    assert set(short.intervals.values()) == {None}


def test_a_rate_that_changes_is_no_steady_state_and_bursts_are() -> None:
    rows = [
        ({"ramp": {"from": 1, "to": 9}}, False),
        ({"burst": {"on": 1, "off": 1, "rate": 9}}, True),
        ("poisson", True),
    ]
    for arrivals, steady in rows:
        row = {"host": "web.shop.example", "path": "/", "arrivals": arrivals, "duration_s": 5}
        if arrivals == "poisson":
            row["rps"] = 5
        assert is_steady(experiment(app(), traffic=[row]).scenario) is steady
