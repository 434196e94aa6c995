"""A load balancer lets a target that is removed finish what it has, for a time; then it closes the connections.

A Pod of three is deleted at 10 s and goes on for a minute; each request takes 20 s.
"""

from __future__ import annotations

import numpy as np
import pytest
from small import HOST, NO_DELAY, app, experiment

from sim.cluster.life.figures import FIGURES
from sim.cluster.life.targets import lags_at
from sim.comparison.failures import failures_of
from sim.simulation.design import compile_design
from sim.simulation.engines import run

DELETED_S, WORKS_S = 10.0, 20.0
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
NLB = f"{AWS}type: external, {AWS}nlb-target-type: ip"
CLOSES = "deregistration_delay.connection_termination.enabled=true"
ALB = f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop, annotations: {{alb.ingress.kubernetes.io/target-type: ip}}}}
spec:
  ingressClassName: CLASS
  rules: [{{host: {HOST}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]
"""


def manifests(front):
    hook = "lifecycle: {preStop: {sleep: {seconds: 60}}}"
    text = app(pods=3).replace("image: web,", f"image: web, {hook},")
    text = text.replace("spec: {containers", "spec: {terminationGracePeriodSeconds: 90, containers")
    if front == "gce":
        said = ALB.replace("  ingressClassName: CLASS\n", "").replace(
            "alb.ingress.kubernetes.io/target-type: ip", "kubernetes.io/ingress.class: gce"
        )
        return text + said
    if front == "alb":
        return text + ALB.replace("CLASS", front)
    service = "kind: Service\nmetadata: {name: web, namespace: shop"
    return text.replace(service, f"{service}, annotations: {{{NLB}{front}}}")


def ran(front, delay, keep_alive=1, service=WORKS_S):
    load = {"rps": 2} if keep_alive == 1 else {"users": 20, "think": "1s"}
    deregistration = {"still_new": "0s"} | ({} if delay is None else {"delay": delay})
    found = experiment(
        manifests(front), latency=NO_DELAY, workers={"default": 500}, service_time={"default": f"{service}s"},
        traffic=[{"host": HOST, "duration_s": 40, "keep_alive": keep_alive} | load],
        events=[{"at": f"{DELETED_S}s", "delete": "Pod/shop/web-1"}],
        propagation={"endpointslice": "0s"}, load_balancer={"deregistration": deregistration},
    )  # fmt: skip
    plan = found.plans(["as-is"])[0]
    return run(compile_design(plan, found.scenario, found.rules), found.scenario, 1)


@pytest.mark.parametrize(
    ("front", "reason"),
    [pytest.param("", "lb-closed", id="nlb"), pytest.param("alb", "answered-by-proxy 502", id="alb")],
)
@pytest.mark.parametrize("delay_s", [0.0, 7.0])
def test_what_is_open_when_the_time_is_over_fails_then_and_there(front, reason, delay_s):
    result = ran(front, f"{delay_s}s")
    failed = failures_of(result)
    assert failed
    assert {(f.reason, f.author, f.event, f.pod) for f in failed} == {
        (reason, "load balancer", "delete Pod/shop/web-1", "shop/web-1")
    }
    at = np.array([f.at_s for f in failed])
    assert np.allclose(at, DELETED_S + delay_s)
    sent = result.sent_s[(result.end >= 0) & ~np.isfinite(result.answered_s)]
    assert (sent > DELETED_S + delay_s - WORKS_S).all()
    assert (sent <= DELETED_S).all()


@pytest.mark.parametrize("front", ["", "alb"])
def test_nothing_fails_that_is_done_before(front):
    assert not ran(front, f"{WORKS_S + 1}s").failed
    assert not ran(front, None).failed


def test_a_client_that_knows_that_its_connection_was_closed_opens_another():
    result = ran("", "5s", keep_alive=100, service=0.5)
    assert result.failed.keys() <= {"lb-closed"}
    late = result.sent_s > DELETED_S + 5
    names = {result.stations[pod].spec.name for pod in result.pod[late] if pod >= 0}
    assert "shop/web-1" not in names
    early = {result.stations[pod].spec.name for pod in result.pod[(result.sent_s > DELETED_S) & ~late]}
    assert "shop/web-1" in early


@pytest.mark.parametrize(
    ("front", "closes_s"),
    [
        pytest.param("", float("inf"), id="nlb-never"),
        pytest.param(f', {AWS}target-group-attributes: "{CLOSES}"', 300.0, id="nlb-that-is-told-to"),
        pytest.param(
            f', {AWS}target-group-attributes: "{CLOSES},deregistration_delay.timeout_seconds=45"', 45.0, id="nlb-sooner"
        ),
        pytest.param("alb", FIGURES["aws-deregistration-delay"].value, id="alb"),
        pytest.param("gce", FIGURES["gce-neg-attach"].value + FIGURES["gce-drain"].value, id="gke"),
    ],
)  # fmt: skip
def test_how_long_each_load_balancer_waits_where_the_scenario_says_nothing(front, closes_s):
    cluster = experiment(manifests(front), traffic=[{"host": HOST, "rps": 1}]).plans(["as-is"])[0].cluster
    keys = (
        [c.services[0] for c in cluster.controllers if c.services]
        if front in ("alb", "gce")
        else ["shop/web"]
    )
    assert [lags_at(cluster, key).closes_s for key in keys] == [closes_s]
