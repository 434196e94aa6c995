"""Arrivals whose rate changes: closed forms of their counts, and the sample-path contract."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
from small import design, experiment

from sim.errors import ScenarioError, UnsupportedError
from sim.manifests.objects.meta import Origin
from sim.manifests.reading.loading import documents
from sim.scenario import read_scenario
from sim.simulation.design import overloads
from sim.simulation.workload import draw

Z99 = 2.576
SEEDS = range(150)


def scenario(arrivals, **row):
    rows = [{"host": "a", "duration_s": 20, "arrivals": arrivals, **row}]
    return read_scenario({"manifests": ["a.yaml"], "traffic": rows}, Origin("s.yaml", {}))


def sent_s(arrivals, seed=1, requests=None, **row):
    return draw(scenario(arrivals, **row), ("s/a",), seed, requests).requests.sent_s


def assert_mean(values, expected):
    """The expected value lies in the 99 % interval of the mean."""
    values = np.asarray(values, dtype=float)
    half = Z99 * values.std(ddof=1) / sqrt(len(values))
    assert abs(values.mean() - expected) < half, (values.mean(), half, expected)


@pytest.mark.parametrize(("on", "off", "rate"), [(2, 6, 20), (1, 0.5, 10), (30, 30, 5)])
def test_counts_of_bursts_have_the_mean_and_variance_of_an_interrupted_poisson_process(on, off, rate):
    told = {"burst": {"on": on, "off": off, "rate": rate}}
    counts = np.array([len(sent_s(told, seed)) for seed in SEEDS], dtype=float)
    share, leaves, lasts = on / (on + off), 1 / on + 1 / off, 20
    mean = rate * share * lasts
    waves = lasts / leaves - (1 - exp(-leaves * lasts)) / leaves**2
    assert_mean(counts, mean)
    assert_mean((counts - mean) ** 2, mean + 2 * rate**2 * share * (1 - share) * waves)


SHAPES = {
    "ramp": ({"ramp": {"from": 2, "to": 30}}, lambda t: 2 * t + 28 / 20 * t * t / 2),
    "ramp-down": ({"ramp": {"from": 30, "to": 0}}, lambda t: 30 * t - 30 / 20 * t * t / 2),
    "ramp-from-none": ({"ramp": {"from": 0, "to": 20}}, lambda t: t * t / 2),
    "step": (
        {"step": [["1s", 10], ["6s", 0], ["12s", 25]]},
        lambda t: 10 * min(max(t - 1, 0), 5) + 25 * max(t - 12, 0),
    ),
    "day": (
        {"day": {"peak": 30, "trough": 4, "period": "8s"}},
        lambda t: 17 * t - 13 * np.sin(2 * np.pi * t / 8) / (2 * np.pi / 8),
    ),
    "day-from-none": (
        {"day": {"peak": 20, "trough": 0, "period": "30s"}},
        lambda t: 10 * t - 10 * np.sin(2 * np.pi * t / 30) / (2 * np.pi / 30),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_expected_counts_are_the_integral_of_the_rate_and_vary_as_poisson(name):
    told, expected = SHAPES[name]
    runs = [sent_s(told, seed) for seed in SEEDS]
    ends = [5, 10, 20]
    for begin, end in zip([0, *ends], ends, strict=False):
        counts = np.array([np.count_nonzero((run >= begin) & (run < end)) for run in runs], dtype=float)
        mean = expected(end) - expected(begin)
        if mean == 0:
            assert counts.sum() == 0
            continue
        assert_mean(counts, mean)
        assert_mean((counts - mean) ** 2, mean)
    assert scenario(told).traffic[0].rps == pytest.approx(expected(20) / 20)


@pytest.mark.parametrize(
    "told", [*(told for told, _ in SHAPES.values()), {"burst": {"on": 1, "off": 3, "rate": 40}}]
)
def test_a_longer_run_begins_as_a_shorter_one_and_a_number_as_a_time(told):
    short = sent_s(told)
    assert (np.diff(short) >= 0).all()
    assert short.tobytes() == sent_s(told).tobytes()
    if "ramp" not in told:
        assert (sent_s(told, duration_s=40)[: len(short)] == short).all()
    numbered = sent_s(told, requests=len(short))
    assert numbered == pytest.approx(short, abs=1e-9)


def test_a_number_of_requests_goes_on_as_its_time_ended():
    assert sent_s({"ramp": {"from": 0, "to": 20}}, requests=600)[-1] == pytest.approx(20 + 400 / 20, rel=0.2)
    assert len(sent_s({"step": [[0, 10], [5, 0]]}, requests=500)) < 100, "nobody asks any more"


def test_another_rate_moves_the_whole_shape():
    found = scenario({"day": {"peak": 30, "trough": 10, "period": "20s"}})
    row = found.traffic[0].model_copy(update={"rps": 40.0})
    doubled = found.model_copy(update={"traffic": (row,)})
    once, twice = (len(draw(s, ("s/a",), 1).requests) for s in (found, doubled))
    assert twice == pytest.approx(2 * once, rel=0.15)


def test_the_mean_rate_of_a_row_says_whether_its_pods_keep_up():
    row = {"host": "web.shop.example", "duration_s": 20, "arrivals": {"ramp": {"from": 0, "to": 500}}}
    found = experiment(traffic=[row], service_time={"default": "5ms"}, workers={"default": 1})
    (over,) = overloads(design(found, "lb-per-service"), found.scenario)
    assert over.offered_per_s == 250


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"arrivals": "sometimes"}, "poisson"),
        ({"arrivals": {"burst": {"on": 1, "off": 1}}}, "burst.rate: is missing"),
        ({"arrivals": {}}, "says nothing; name exactly one of burst, ramp, step, day"),
        ({"arrivals": {"ramp": {"from": 1, "to": 2}, "step": [[0, 1]]}}, "says ramp, step"),
        ({"arrivals": {"ramp": {"from": 1, "to": 2}}, "rps": 5}, "ramp and rps exclude each other"),
        ({"arrivals": {"ramp": {"from": 1, "to": 2}}, "users": 5}, "ramp and users exclude each other"),
        ({"arrivals": {"ramp": {"from": 0, "to": 0}}}, "the rate is 0 all the time"),
        ({"arrivals": {"step": [[5, 1], [5, 2]]}}, "each time must be after the one before"),
        ({"arrivals": {"step": [5, 1]}}, "must be a list of [time, rps]"),
        ({"arrivals": {"wave": 5}}, "unknown key"),
        ({"arrivals": {"day": {"peak": 1, "trough": -1, "period": 5}}}, "not negative"),
        ({"arrivals": {"day": {"peak": 1, "trough": 2, "period": 5}}}, "trough 2 is above peak 1"),
    ],
)
def test_what_a_row_cannot_mean_is_said(row, said):
    with pytest.raises(ScenarioError, match=said.replace("[", r"\[")):
        scenario(**{"arrivals": "poisson", **row})


def test_a_burst_is_written_as_its_page_has_it():
    text = "manifests: [a]\ntraffic:\n- {host: a, arrivals: {burst: {on: 2s, off: 8s, rate: 100}}}\n"
    (document,) = documents(text, "s.yaml")
    (row,) = read_scenario(document.value, document.origin).traffic
    assert (row.shape.burst.on, row.shape.burst.off, row.rps) == (2, 8, 20)


def test_more_bursts_than_a_run_keeps_are_refused():
    with pytest.raises(UnsupportedError, match="bursts of requests"):
        sent_s({"burst": {"on": 1e-9, "off": 1e-9, "rate": 1}})
