"""Runs in which Pods come and go: closed forms of what is lost, and who is to blame."""

from __future__ import annotations

from math import sqrt

import pytest
from small import NO_DELAY, app, experiment

from sim.comparison.failures import failures_of, hidden_of
from sim.simulation.design import compile_design
from sim.simulation.engines import run

Z99 = 2.576
SEEDS = range(1, 21)
HOOK = "      terminationGracePeriodSeconds: 60\n"


def results(text, plan, seeds=SEEDS, **keys):
    row = {"host": "web.shop.example", "path": "/", "rps": 200, "duration_s": 20}
    found = experiment(
        text, **{"traffic": [row], "latency": NO_DELAY, "service_time": {"default": "0ms"}, **keys}
    )
    design = compile_design(found.plans([plan])[0], found.scenario, found.rules)
    return [run(design, found.scenario, seed) for seed in seeds]


SCALE_IN = [{"at": "10s", "scale": "shop/web", "to": 4}]


@pytest.mark.parametrize("delay_s", [0.5, 1.5])
def test_what_a_closed_pod_loses_is_delay_times_rate_times_share(delay_s):
    told = {"endpointslice": "0s", "kube_proxy": f"{delay_s}s"}
    runs = results(app(pods=5), "lb-per-service", events=SCALE_IN, propagation=told)
    lost = [f for result in runs for f in failures_of(result)]
    expected = delay_s * 200 / 5 * len(runs)
    assert abs(len(lost) - expected) < Z99 * sqrt(expected)
    assert {(f.reason, f.author, f.pod, f.event) for f in lost} == {
        ("refused", "Pod", "shop/web-5", "scale shop/web")
    }
    assert all(10 <= f.at_s <= 10 + delay_s + 0.1 for f in lost)


def with_hook(text, seconds):
    hook = f"lifecycle: {{preStop: {{sleep: {{seconds: {seconds}}}}}}}"
    return text.replace("image: web,", f"image: web, {hook},")


SLOW = {"endpointslice": "0s", "kube_proxy": "1500ms", "controller": "1500ms"}


def test_a_hook_longer_than_the_slowest_part_loses_nothing():
    long, short = (
        results(with_hook(app(pods=5), s), "lb-per-service", range(1, 6), events=SCALE_IN, propagation=SLOW)
        for s in (2, 1)
    )
    assert sum(r.failures for r in long) == 0
    lost = [f for r in short for f in failures_of(r)]
    assert lost, "half a second is left"
    assert all(11 <= f.at_s <= 11.6 for f in lost)


def test_a_controller_that_tries_another_pod_hides_what_is_lost():
    runs = results(app(pods=5), "single-ingress", range(1, 6), events=SCALE_IN, propagation=SLOW)
    assert sum(map(hidden_of, runs)) > 100
    assert sum(r.failures for r in runs) < 10


def test_a_load_balancer_that_sends_to_pods_rules_by_its_own_time():
    told = {"deregistration": {"still_new": "4s"}}
    runs = results(
        with_hook(app(pods=5), 2), "lb-per-service", range(1, 11), events=SCALE_IN, lb_targets="pod",
        propagation=SLOW, load_balancer=told,
    )  # fmt: skip
    expected = (4 - 2) * 200 / 5 * len(runs)
    lost = sum(r.failures for r in runs)
    assert abs(lost - expected) < Z99 * sqrt(expected)


ROLLOUT = [{"at": "5s", "rollout": "shop/web"}]


@pytest.mark.parametrize("plan", ["lb-per-service", "single-ingress"])
@pytest.mark.parametrize("on_sigterm", ["exit", "drain", "ignore"])
def test_every_request_of_a_roll_out_ends_once(plan, on_sigterm):
    apps = {"default": {"start": {"exponential": "2s"}, "on_sigterm": on_sigterm}}
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
    told = {"events": [{"at": "2s", "drain": "node-a"}], "apps": {"default": {"start": "3s"}}}
    (free,), (held,) = (
        results(text, "lb-per-service", [1], **told)
        for text in (app(pods=6), app(pods=6) + BUDGET.replace("3,", "5,"))
    )
    for result, apart_s in ((free, 0.0), (held, 5.0)):
        lives = sorted(result.lives.values(), key=lambda life: life.key)
        gone = [life.deleted_s for life in lives if life.deleted_s < 1e9]
        assert gone == [2.0, 2.0 + apart_s]
        come = {s.spec.name: s.spec.node for s in result.stations}
        assert {come[life.key] for life in lives if life.created_s > 0} == {"node-b", "node-c"}
