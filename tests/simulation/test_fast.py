"""The engine `fast` against `replay`: the same result to the bit, whatever a scenario asks of both."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from small import HOST, INGRESS, app, design, experiment

from sim.errors import UnsupportedError
from sim.simulation.engines import choosing, replay, run
from sim.simulation.fast import engine, pays
from sim.simulation.fast.compiled import has_compiler
from sim.simulation.fast.refusals import refusals
from sim.simulation.workload import draw

TIMES = st.sampled_from(
    ["5ms", "5ms", "20ms", {"exponential": "8ms"}, {"lognormal": {"mean": "6ms", "cv": 1.5}}]
)
USERS = {"users": 3, "think": {"exponential": "20ms"}}, {"users": 1, "think": "5ms"}
ROW = st.fixed_dictionaries(
    {
        "sent": st.sampled_from([{"rps": 20}, {"rps": 100}, {"rps": 300}, *USERS]),
        "protocol": st.sampled_from(["http", "http", "http2", "tcp", "udp"]),
    },
    optional={
        "keep_alive": st.sampled_from([1, 2, 20]),
        "clients": st.integers(1, 5),
        "timeout": st.sampled_from(["10ms", "60ms", "60ms"]),
        "arrivals": st.just("constant"),
        "path": st.just("/other"),
        "again": st.fixed_dictionaries(
            {"retries": st.integers(1, 3)},
            optional={
                "retry_budget": st.sampled_from([0.1, 0.5]),
                "backoff": st.sampled_from([{"base": "10ms"}, {"base": "5ms", "jitter": 0}]),
            },
        ),
        "scheme": st.sampled_from(["http", "https"]),
    },
)
ALGORITHM = st.sampled_from(
    ["nginx/round-robin", "nginx/least-conn", "nginx/random", "nginx/random-two", "textbook/round-robin", "textbook/random",
     "textbook/least-conn", "envoy/round-robin", "envoy/least-request", "envoy/random", "ingress-nginx/round-robin"]
)  # fmt: skip
FAULT = st.sampled_from(
    [{"node": "zone-a-1"}, {"zone": "zone-a"}, {"pod": "shop/web-1"}, {"pod": "shop/web-1", "graceful": True},
     {"load_balancer": "shop/web"}, {"controller_pod": 1}, {"bad_rule": "shop/shop"}]
)  # fmt: skip
FAULTS = st.lists(
    st.builds(
        lambda fault, at, lasts, known: {
            **fault, "at": f"{at}ms", "until": f"{at + lasts}ms",
            **({} if "bad_rule" in fault else {"detected_after": f"{known}ms"}),
        },
        FAULT, st.integers(1, 900), st.sampled_from([100, 400, 3000]), st.sampled_from([30, 200]),
    ), min_size=1, max_size=2,
)  # fmt: skip
KEYS = st.fixed_dictionaries(
    {
        "traffic": st.lists(ROW, min_size=1, max_size=3),
        "service_time": TIMES.map(lambda t: {"default": t}),
        "workers": st.sampled_from([1, 1, 3]).map(lambda n: {"default": n}),
        "nodes": st.sampled_from([{"zone-a": 1}, {"zone-a": 2, "zone-b": 1}]),
        "controller": st.fixed_dictionaries(
            {"profile": st.just("ingress-nginx"), "replicas": st.integers(1, 3), "workers": st.sampled_from([1, 2]), "proxy_workers": st.integers(1, 3)},
            optional={"service_time": TIMES, "balancing": ALGORITHM},
        ),
    },
    optional={
        "faults": FAULTS,
        "apps": st.sampled_from([{"default": {"queue": 0}}, {"default": {"queue": 2}}]),
        "warm_up_s": st.sampled_from([0.2, 0.5]),
        "lb_targets": st.sampled_from(["node", "pod"]),
        "latency": st.sampled_from([{"client": "0ms", "zone": "0ms", "cross_zone": "0ms", "dns": "0ms", "load_balancer": "0ms"}, {"client": "10ms", "zone": "5ms", "cross_zone": "5ms"}]),
        "tls": st.sampled_from([{"ends": "load-balancer"}, {"ends": "controller"}, {"ends": "pod"}, {"resumption": 0.5}]),
    },
)  # fmt: skip
LENGTH = st.sampled_from([{"duration_s": 1.5}, {"requests": 60}])
PLAN = st.sampled_from(["lb-per-service", "single-ingress"])
NEEDS_NUMBA = pytest.mark.skipif(not has_compiler(), reason="numba is not installed (extra fast)")


BY_ENGINE = {("result", "engine"), ("result", "engine_because")}


def differences(one, other, where="result"):
    """Where two values differ in any bit; of a Result everything counts but which engine it came from."""
    if is_dataclass(one) and type(one) is type(other):
        names = [f.name for f in fields(one) if (where, f.name) not in BY_ENGINE]
        return [d for n in names for d in differences(getattr(one, n), getattr(other, n), f"{where}.{n}")]
    if isinstance(one, np.ndarray):
        alike = one.dtype == other.dtype and one.shape == other.shape
        return [] if alike and one.tobytes() == other.tobytes() else [f"{where}: {one} {other}"]
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return [
            d
            for n, pair in enumerate(zip(one, other, strict=True))
            for d in differences(*pair, f"{where}[{n}]")
        ]
    return [] if type(one) is type(other) and one == other else [f"{where}: {one!r} {other!r}"]


def flat(row):
    own = {name: value for name, value in row.items() if name not in ("sent", "again")}
    return {**own, **row["sent"], **row.get("again", {})}


def found_of(pods, keys, length):
    manifests = app(pods=pods) + INGRESS.replace("NAME", "web")
    traffic = [{"host": HOST, **flat(row), **length} for row in keys["traffic"]]
    return experiment(manifests, **{**keys, "traffic": traffic})


def compare(pods, keys, length, plan, seed, ways):
    found = found_of(pods, keys, length)
    compiled_design = design(found, plan)
    workload = draw(found.scenario, compiled_design.services, seed)
    assume(not refusals(compiled_design, workload))
    expected = replay.run(compiled_design, workload)
    for compiled in ways:
        assert not differences(expected, engine.run(compiled_design, workload, compiled=compiled))


@given(st.integers(1, 5), KEYS, LENGTH, PLAN, st.integers(0, 9))
@examples(15)
def test_a_walk_as_it_is_gives_the_same_bits(pods, keys, length, plan, seed):
    compare(pods, keys, length, plan, seed, [False])


@pytest.mark.slow
@NEEDS_NUMBA
@given(st.integers(1, 5), KEYS, LENGTH, PLAN, st.integers(0, 9))
@examples(150)
def test_a_compiled_walk_gives_the_same_bits_too(pods, keys, length, plan, seed):
    compare(pods, keys, length, plan, seed, [False, True])


def test_what_it_cannot_do_is_refused_with_the_name_of_an_engine_that_can():
    found = experiment(traffic=[{"host": HOST, "rps": 1, "requests": 3, "idle_timeout": "1s"}])
    with pytest.raises(UnsupportedError, match=r"idle time-outs.*engine replay can"):
        run(design(found, "lb-per-service"), found.scenario, engine="fast")


def of_many(**keys):
    found = experiment(**{"traffic": [{"host": HOST, "rps": 50, "requests": 200, **keys}]})
    return design(found, "lb-per-service"), found.scenario


def test_small_runs_are_those_that_people_read():
    assert run(*of_many()).engine == "replay"


@pytest.mark.parametrize(
    ("keys", "engine", "because"),
    [
        pytest.param({}, "fast", "", id="station-by-station"),
        pytest.param({"idle_timeout": "1s"}, "replay", "fast cannot do: idle time-outs", id="refused"),
        pytest.param(
            {"timeout": "1s"}, "replay", "fast is slower without numba (extra fast)", id="no-compiler"
        ),
    ],
)
def test_large_runs_go_the_way_that_is_done_first_and_say_why_it_is_no_faster_one(
    monkeypatch, keys, engine, because
):
    monkeypatch.setattr(choosing, "LARGE", 10)
    monkeypatch.setattr(pays, "has_compiler", lambda: False)
    result = run(*of_many(**keys))
    assert (result.engine, result.engine_because) == (engine, because)
    assert not differences(run(*of_many(**keys), engine="replay"), result)


def test_compiling_pays_for_many_requests_or_where_it_was_done_before(monkeypatch):
    monkeypatch.setattr(pays, "has_compiler", lambda: True)
    monkeypatch.setattr(pays, "is_kept", lambda: False)
    asked = {"timeout": "1s"}
    compiled, scenario = of_many(**asked)
    workload = draw(scenario, compiled.services, 1)
    assert pays.why_not(compiled, workload, 1_000_000) == ""
    assert pays.why_not(compiled, workload, 100_000) == "compiling fast takes longer than it saves"
    monkeypatch.setattr(pays, "is_kept", lambda: True)
    assert pays.why_not(compiled, workload, 100_000) == ""


def test_an_attempt_that_ends_as_its_client_gives_it_up_is_over_once():
    """Nobody listens: the client hears so after 60 ms, which is as long as it waits."""
    rows = [{"protocol": "udp", "timeout": "60ms"}, {"timeout": "60ms", "retries": 3}]
    found = experiment(
        app(pods=4) + INGRESS.replace("NAME", "web"),
        controller={"profile": "ingress-nginx"},
        traffic=[{"host": HOST, "rps": 20, "arrivals": "constant", "duration_s": 1.5, **row} for row in rows],
    )
    compiled = design(found, "single-ingress")
    workload = draw(found.scenario, compiled.services, 1)
    assert not differences(replay.run(compiled, workload), engine.run(compiled, workload, compiled=False))
