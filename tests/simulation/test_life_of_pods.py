"""Runs in which Pods come and go: what is hidden, who comes, who goes, and that nothing is counted twice."""

from __future__ import annotations

import pytest
from small import NO_DELAY, app, experiment

from sim.comparison.failures import failures_of, hidden_of
from sim.simulation.design import compile_design
from sim.simulation.engines import run


def results(text, plan, seeds, **keys):
    row = {"host": "web.shop.example", "path": "/", "rps": 100, "duration_s": 4}
    found = experiment(
        text, **{"traffic": [row], "latency": NO_DELAY, "service_time": {"default": "0ms"}, **keys}
    )
    design = compile_design(found.plans([plan])[0], found.scenario, found.rules)
    return [run(design, found.scenario, seed) for seed in seeds]


SCALE_IN = [{"at": "500ms", "scale": "shop/web", "to": 2}]
SLOW = {"endpointslice": "0s", "kube_proxy": "1500ms", "controller": "1500ms"}


def test_a_controller_that_tries_another_pod_hides_what_is_lost():
    runs = results(app(pods=3), "single-ingress", range(1, 3), events=SCALE_IN, propagation=SLOW)
    expected = 1.5 * 100 / 3 * len(runs)
    assert sum(map(hidden_of, runs)) > expected / 2
    assert sum(r.failures for r in runs) < expected / 10


ROLLOUT = [{"at": "1s", "rollout": "shop/web"}]


@pytest.mark.parametrize("plan", ["lb-per-service", "single-ingress"])
@pytest.mark.parametrize("on_sigterm", ["exit", "drain", "ignore"])
def test_every_request_of_a_roll_out_ends_once(plan, on_sigterm):
    apps = {"default": {"start": {"exponential": "500ms"}, "on_sigterm": on_sigterm}}
    first, again = (
        results(app(pods=4), plan, [7], events=ROLLOUT, apps=apps, service_time={"default": "30ms"})[0]
        for _ in range(2)
    )
    assert first.sent == first.answered + first.failures + first.in_flight
    assert first.ended_s.tobytes() == again.ended_s.tobytes(), "the same seed, the same bytes"
    assert {life.because for life in first.lives.values()} == {"rollout shop/web"}
    resets = [f for f in failures_of(first) if f.reason == "reset"]
    assert on_sigterm != "drain" or not resets, "what is in a Pod that drains is answered"


def test_a_set_without_events_runs_as_before():
    (plain,), (told,) = (
        results(app(pods=3), "single-ingress", [3], **keys)
        for keys in ({}, {"propagation": {"kube_proxy": "9s"}})
    )
    assert plain.ended_s.tobytes() == told.ended_s.tobytes()
    assert not plain.lives


BUDGET = """
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}
"""


def test_a_drain_moves_pods_to_other_nodes_as_fast_as_the_budget_allows():
    told = {"events": [{"at": "500ms", "drain": "node-a"}], "apps": {"default": {"start": "3s"}}}
    (free,), (held,) = (
        results(text, "lb-per-service", [1], **told)
        for text in (app(pods=6), app(pods=6) + BUDGET.replace("3,", "5,"))
    )
    for result, apart_s in ((free, 0.0), (held, 5.0)):
        lives = sorted(result.lives.values(), key=lambda life: life.key)
        gone = [life.deleted_s for life in lives if life.deleted_s < 1e9]
        assert gone == [0.5, 0.5 + apart_s]
        come = {s.spec.name: s.spec.node for s in result.stations}
        assert {come[life.key] for life in lives if life.created_s > 0} == {"node-b", "node-c"}
