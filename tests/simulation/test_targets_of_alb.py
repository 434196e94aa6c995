"""An Application Load Balancer chooses targets as its target group says: in turns, or by what is outstanding."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import numpy as np
import pytest
from small import HOST, NO_DELAY, app, experiment

from sim.cluster.life.connections import IdleTimeouts
from sim.comparison.failures import failures_of
from sim.routing import Request, route
from sim.simulation.design import compile_design
from sim.simulation.engines import run

NAME = "alb.ingress.kubernetes.io/target-group-attributes"
RULE = f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations: {{alb.ingress.kubernetes.io/target-type: ip, alb.ingress.kubernetes.io/scheme: internet-facing, {NAME}: "SAID"}}
spec:
  ingressClassName: alb
  rules: [{{host: {HOST}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]
"""


def of(said, **keys):
    found = experiment(
        app(pods=3) + RULE.replace("SAID", said), latency=NO_DELAY, workers={"default": 1},
        traffic=[{"host": HOST, "rps": 60, "duration_s": 20}], service_time={"default": {"pareto": {"mean": "40ms", "shape": 1.5}}}, **keys,
    )  # fmt: skip
    plan = found.plans(["as-is"])[0]
    return found, plan, compile_design(plan, found.scenario, found.rules)


@pytest.mark.parametrize(
    ("said", "method", "named"),
    [
        ("load_balancing.algorithm.type=round_robin", "round-robin", False),
        ("load_balancing.algorithm.type=least_outstanding_requests", "least-conn", False),
        ("load_balancing.algorithm.type=weighted_random", "round-robin", True),
        ("stickiness.enabled=true", "round-robin", True),
    ],
)
def test_trace_and_run_choose_as_the_attribute_says(said, method, named):
    _, plan, design = of(said)
    assert [flow.method.name for flow in design.flows] == [method]
    trace = route(plan.cluster, Request(HOST))
    assert f"({method}, per request)" in trace.hops[-1].says
    assert any(NAME in entry.what for entry in trace.unmodelled if entry.may_change_answer) is named


def test_a_scenario_states_nothing_about_such_a_load_balancer():
    _, plan, design = of(
        "load_balancing.algorithm.type=round_robin", controller={"balancing": "nginx/random-two"}
    )
    assert design.flows[0].method.full_name == "textbook/round-robin"
    assert "(round-robin, per request)" in route(plan.cluster, Request(HOST)).hops[-1].says


def test_the_fewest_outstanding_requests_wait_less_than_turns():
    means, shares = [], []
    for said in ("round_robin", "least_outstanding_requests"):
        found, _, design = of(f"load_balancing.algorithm.type={said}")
        result = run(design, found.scenario, 1)
        served = result.pod[result.pod >= 0].tolist()
        shares.append(sorted(Counter(served).values()))
        means.append(float(np.nanmean(result.waiting_s)))
    assert shares[0][-1] - shares[0][0] <= 1
    assert means[1] < means[0]


def idle(balancer_s, app_s, service="1ms"):
    """A run of rare requests behind a load balancer that keeps connections to its one target."""
    found = experiment(
        app(pods=1) + RULE.replace("SAID", "load_balancing.algorithm.type=round_robin"),
        latency={**NO_DELAY, "zone": "100ms"}, workers={"default": 9}, service_time={"default": service},
        traffic=[{"host": HOST, "rps": 0.5, "requests": 1200}],
        apps={"default": {"idle_timeout": app_s}}, load_balancer={"idle_timeout": balancer_s},
    )  # fmt: skip
    plan = found.plans(["as-is"])[0]
    return run(compile_design(plan, found.scenario, found.rules), found.scenario, 3)


def test_an_application_that_idles_shorter_than_an_alb_gets_it_502():
    raced = idle("60s", "4s")
    assert {(f.reason, f.author, f.last_try) for f in failures_of(raced)} == {
        ("answered-by-proxy 502", "load balancer", "keep-alive-race")
    }
    share = IdleTimeouts(server_s=4.0, rtt_s=0.1).race_share(0.5)
    assert abs(raced.failures - share * 1200) < 2.6 * sqrt(share * 1200)
    assert not idle("60s", "75s").failures
    assert not idle("3s", "4s").failures


def test_an_alb_waits_for_an_answer_as_long_as_it_idles():
    late = idle("300ms", "75s", service="1s")
    assert {(f.reason, f.author, f.last_try) for f in failures_of(late)} == {
        ("answered-by-proxy 504", "load balancer", "timeout")
    }
