"""What the controller is told about balancing, tries, time-outs and connections holds in a run as in a trace."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from configured import HOST, told

from sim.routing import Request, route
from sim.routing.proxies.ingress_nginx import ended, ewma, score, slowness_of
from sim.routing.proxies.retries import Retries
from sim.routing.proxies.values import Backend, Backends, TryEnd, View
from sim.simulation.design import compile_design
from sim.simulation.engines import run


def designed(data, annotations=None, **keys):
    found = told(data, annotations, **keys)
    return compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules)


@pytest.mark.parametrize(
    ("data", "annotations", "algorithm"),
    [
        ({}, {}, "round-robin"),
        ({"load-balance": "ewma"}, {}, "ewma"),
        ({"load-balance": "round_robin"}, {}, "round-robin"),
        ({"load-balance": "by-magic"}, {}, "round-robin"),
        ({}, {"nginx.ingress.kubernetes.io/load-balance": "ewma"}, "ewma"),
        (
            {"load-balance": "ewma"},
            {"nginx.ingress.kubernetes.io/load-balance": "round_robin"},
            "round-robin",
        ),
    ],
)
def test_a_trace_and_a_run_spread_requests_alike(data, annotations, algorithm):
    found = told(data, annotations)
    plan = found.plans(["single-ingress"])[0]
    (upstream,) = compile_design(plan, found.scenario, found.rules).upstreams
    assert upstream.method.name == algorithm
    assert upstream.method.program == "ingress-nginx"
    trace = route(plan.cluster, Request.parse(f"http://{HOST}/"))
    assert f"({algorithm}, per request)" in trace.hops[-1].says


TIME_OUTS = frozenset({"unreachable", "timeout"})

known = partial(Retries, nobody=503, kept_closed="not-last")
"""How ingress-nginx goes on, whatever is set."""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, known(3, 5.0, 60.0)),
        ({"proxy-connect-timeout": "2", "proxy-read-timeout": "9"}, known(3, 2.0, 9.0)),
        (
            {"proxy-next-upstream-tries": "0", "proxy-next-upstream-timeout": "7"},
            known(100, 5.0, 60.0, 7.0),
        ),
        ({"proxy-next-upstream": "off"}, known(3, 5.0, after=frozenset())),
        (
            {"proxy-next-upstream": "timeout non_idempotent"},
            known(3, 5.0, after=TIME_OUTS, repeats=True),
        ),
        ({"retry-non-idempotent": "true"}, known(3, 5.0, repeats=True)),
    ],
)
def test_tries_and_time_outs_are_those_of_the_configmap(data, expected):
    (upstream,) = designed(data).upstreams
    assert upstream.retries == expected


ASKS = "nginx.ingress.kubernetes.io/"


@pytest.mark.parametrize(
    ("data", "annotations", "expected"),
    [
        ({}, {"proxy-read-timeout": "9", "proxy-connect-timeout": "2"}, known(3, 2.0, 9.0)),
        ({"proxy-next-upstream-tries": "7"}, {"proxy-next-upstream-tries": "1"}, known(1, 5.0)),
        ({}, {"proxy-next-upstream-tries": "0"}, known(100, 5.0)),
        (
            {"proxy-read-timeout": "8"},
            {"proxy-next-upstream-timeout": "4"},
            known(3, 5.0, 8.0, 4.0),
        ),
        (
            {"proxy-next-upstream": "off"},
            {"proxy-next-upstream": "timeout non_idempotent"},
            known(3, 5.0, after=TIME_OUTS, repeats=True),
        ),
        ({"proxy-read-timeout": "8"}, {"proxy-read-timeout": "9s"}, known(3, 5.0, 8.0)),
    ],
)
def test_an_ingress_says_tries_and_time_outs_over_the_configmap(data, annotations, expected):
    found = told(data, {ASKS + name: value for name, value in annotations.items()})
    (upstream,) = compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules).upstreams
    assert upstream.retries == expected
    assert not any("proxy-" in u.what for u in found.unmodelled)


def ran(data, fault=None, **keys):
    """Two Pods, of which one may be out of order without anybody noticing."""
    found = told(data, faults=[fault] if fault else [], **keys)
    design = compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules)
    return run(design, found.scenario, 1)


DEAD = {"pod": "shop/web-1", "at": "0s", "detected_after": "100s"}


@pytest.mark.parametrize(
    ("data", "fails"),
    [
        ({}, False),
        ({"proxy-next-upstream": "error"}, False),
        ({"proxy-next-upstream": "timeout"}, True),
        ({"proxy-next-upstream": "off"}, True),
        ({"proxy-next-upstream-tries": "1"}, True),
    ],
)
def test_another_pod_is_tried_only_where_the_configmap_says_so(data, fails):
    result = ran(data, DEAD)
    assert (result.failures > 0) is fails
    assert result.sent > result.failures


def test_a_pod_that_is_silent_costs_the_time_out_of_the_configmap():
    silent = {"node": "node-a", "at": "0s", "detected_after": "100s"}
    slow, quick = (
        ran({"proxy-connect-timeout": text}, silent, row={"users": 1, "requests": 30}) for text in ("4", "1")
    )
    assert 1 <= np.nanmax(quick.latency_s) < 2
    assert 4 <= np.nanmax(slow.latency_s) < 5


@pytest.mark.parametrize(
    ("data", "row", "connections"),
    [
        ({}, {"keep_alive": 10}, 10),
        ({"keep-alive-requests": "5"}, {"keep_alive": 10}, 20),
        ({"keep-alive": "0"}, {"keep_alive": 10}, 100),
        ({"keep-alive": "75"}, {"keep_alive": 10}, 10),
    ],
)
def test_how_many_requests_a_connection_carries(data, row, connections):
    result = ran(data, row={"users": 1, "requests": 100} | row)
    assert len(set(result.connection.tolist())) == connections


def scores(*answers_s):
    """Pods whose first answers took so long, all of them 10 s ago."""
    backends = Backends(tuple(Backend(name) for name in "abc"[: len(answers_s)]))
    state = slowness_of(backends, None)
    for name, answer_s in zip(backends.names, answers_s, strict=True):
        state = ended(state, 1e9, TryEnd(name, answer_s=answer_s))
    return View(backends, [0] * len(answers_s), 1e9 + 10), state


def test_ewma_goes_where_answers_came_sooner():
    view, state = scores(3.0, 0.5, 0.1)
    pairs = [(n / 3 + 0.1, m / 2 + 0.1) for n in range(3) for m in range(2)]
    chosen = {ewma(view, state, pair.__getitem__).index for pair in pairs}
    assert chosen == {1, 2}, "the slowest of all never wins"
    alone, known = scores(9.0)
    assert ewma(alone, known, lambda _: 0.9).index == 0
    nobody = View(view.backends, [0, 0, 0])
    assert {ewma(nobody, None, pair.__getitem__).index for pair in pairs} == {0, 1, 2}


def test_a_score_fades_and_takes_new_answers_in():
    view, state = scores(4.0, 1.0)
    assert score(state, 0, view.now_s) == pytest.approx(4.0 * 0.36787944)
    again = ended(state, 1e9, TryEnd("a", answer_s=9.0))
    assert score(again, 0, 1e9) == 4.0, "no time has passed"
    assert score(ended(state, 2e9, TryEnd("a", answer_s=0.2)), 0, 2e9) == pytest.approx(0.2)
