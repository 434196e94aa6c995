"""An Application Load Balancer chooses targets as its target group says: in turns, or by what is outstanding."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from small import HOST, NO_DELAY, app, experiment

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
