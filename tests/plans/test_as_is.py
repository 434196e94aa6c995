"""The plan as-is: what a set has is what runs: load balancers that read HTTP, Gateways, targets of both kinds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sim.comparison.blast_radius import blast_radius
from sim.comparison.compare import compare
from sim.comparison.usage import month_of, rates_of
from sim.manifests.reading.loading import load_text
from sim.plans import AS_IS
from sim.routing import route
from sim.scenario.experiment import Experiment, from_manifests, load_experiment
from sim.scenario.requests import request_of
from sim.simulation.design import Design, compile_design
from sim.simulation.engines import run

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c, image: "x/{name}:1", ports: [{{containerPort: 8080}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{type: {type}, selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, annotations: {annotations}}}
spec:
  ingressClassName: {kind}
  rules:
  - host: {host}
    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}]}}
"""
ALB = "{{alb.ingress.kubernetes.io/target-type: {target}, alb.ingress.kubernetes.io/scheme: internet-facing{more}}}"
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: any
  listeners:
  - {name: http, protocol: HTTP, port: 80}
  - {name: https, protocol: HTTPS, port: 443, hostname: safe.example, tls: {certificateRefs: [{name: tls}]}}
---
apiVersion: v1
kind: Secret
metadata: {name: tls}
type: kubernetes.io/tls
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: edge}]
  hostnames: [web.example, safe.example]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


def app(name: str, kind: str = "ClusterIP") -> str:
    return APP.format(name=name, type=kind)


def alb(name: str, host: str, target: str = "ip", more: str = "") -> str:
    return INGRESS.format(name=name, host=host, kind="alb", annotations=ALB.format(target=target, more=more))


def experiment(*parts: str, **keys: object) -> Experiment:
    return from_manifests(load_text("---".join(parts), "set.yaml"), "set", keys=keys)


def designed(found: Experiment, plan: str | None = None) -> Design:
    return compile_design(found.plan_to_run(plan), found.scenario, found.rules)


@pytest.mark.parametrize(
    ("parts", "plan"),
    [
        pytest.param((app("web", "LoadBalancer"),), "lb-per-service", id="a load balancer"),
        pytest.param((app("web"), INGRESS.format(name="web", host="web.example", kind="nginx", annotations="{}")), "single-ingress", id="an Ingress of nginx"),
        pytest.param((app("web"), INGRESS.format(name="web", host="web.example", kind="traefik", annotations="{}")), "single-ingress", id="an Ingress of Traefik"),
        pytest.param((app("web"), alb("web", "web.example")), "as-is", id="an ALB"),
        pytest.param((app("web"), GATEWAY), "as-is", id="a Gateway"),
    ],
)  # fmt: skip
def test_what_runs_is_what_the_set_has(parts, plan):
    found = experiment(*parts)
    assert found.plan_to_run().name == plan
    assert found.scenario.plans == ("lb-per-service", plan if plan == AS_IS else "single-ingress")


@pytest.mark.parametrize(
    ("target", "kind", "to_pods"), [("ip", "ClusterIP", True), ("instance", "NodePort", False)]
)
def test_an_alb_has_no_controller_pods_and_sends_as_its_targets_say(target, kind, to_pods):
    found = experiment(
        app("web", kind),
        alb("web", "web.example", target),
        traffic=[{"host": "web.example", "rps": 20, "duration_s": 5}],
    )
    design, result = designed(found), run(designed(found), found.scenario)
    (flow,) = design.flows
    assert (flow.per_request, flow.to_pods) == (True, to_pods)
    assert not any(station.is_controller for station in design.stations)
    assert len(flow.nodes) == (2 if to_pods else 3)
    assert result.failed == {}
    trace = route(found.plan_to_run().cluster, request_of(found.scenario.traffic[0], found.rules))
    assert [h.kind for h in trace.hops if h.kind == "node"] == ([] if to_pods else ["node"])


def test_the_profile_of_an_unstated_controller_is_that_of_its_class():
    found = experiment(
        app("web"), INGRESS.format(name="web", host="web.example", kind="traefik", annotations="{}")
    )
    assert [c.profile for c in found.plan_to_run().cluster.controllers] == ["traefik"]
    stated = experiment(app("web"), alb("web", "web.example"), controller={"profile": "haproxy"})
    assert [c.profile for c in stated.plan_to_run("single-ingress").cluster.controllers] == ["haproxy"]


def test_two_albs_with_one_host_share_its_requests():
    second = alb("two", "web.example")
    found = experiment(
        app("web"),
        app("two"),
        alb("web", "web.example"),
        second,
        traffic=[{"host": "web.example", "rps": 50, "duration_s": 20}],
    )
    (flow,) = designed(found).flows
    assert [(share, way.service) for share, way in flow.ways] == [(0.5, "default/two"), (0.5, "default/web")]
    result = run(designed(found), found.scenario)
    served = {s.spec.name.split("/")[1][:3] for s in result.stations if s.served}
    assert (served, result.failed) == ({"web", "two"}, {})


def test_every_alb_is_billed_for_its_own_rules():
    found = experiment(
        app("web"),
        app("two"),
        app("dns", "LoadBalancer"),
        alb("web", "web.example"),
        alb("two", "two.example"),
    )
    month = month_of(found.plan_to_run(), designed(found), found.scenario, rates_of(found.scenario))
    rules = [entry.http and (entry.http.rules, entry.http.target_groups) for entry in month.usage.entries]
    assert sorted(rules, key=str) == [(1, 1), (1, 1), None]
    assert month.usage.controller_pods == 0
    assert month.usage.crossed_gb >= Fraction(0)
    priced = {p.name: p for o in compare(found, "0", requests=100, faults=False).offers for p in o.plans}
    assert priced[AS_IS].load_balancers == 3


def test_a_gateway_has_proxies_with_a_queue_and_clients_of_a_certificate_say_https():
    rows = [{"host": host, "rps": 20, "duration_s": 5} for host in ("web.example", "safe.example")]
    found = experiment(app("web"), GATEWAY, traffic=rows)
    design = designed(found)
    assert sorted(s.name for s in design.stations if s.is_controller) == [
        "default/edge-any-1",
        "default/edge-any-2",
    ]
    assert [flow.tls_ends for flow in design.flows] == [None, "controller"]
    assert run(design, found.scenario).failed == {}


@pytest.mark.parametrize("plan", ["lb-per-service", "single-ingress", "shared-alb", "gateway", "as-is"])
@pytest.mark.parametrize(
    "way_in", [pytest.param(GATEWAY, id="Gateway"), pytest.param(alb("web", "web.example"), id="ALB")]
)
def test_every_plan_serves_a_set_that_reads_rules_elsewhere(plan, way_in):
    found = experiment(app("web"), way_in, traffic=[{"host": "web.example", "rps": 20, "duration_s": 5}])
    result = run(designed(found, plan), found.scenario)
    assert (result.failed, result.sent > 0) == ({}, True)


def test_a_bad_route_takes_what_shares_its_hosts():
    found = experiment(app("web"), GATEWAY, traffic=[{"host": "web.example", "rps": 20, "duration_s": 5}])
    broken = blast_radius(found, found.plan_to_run(), requests=200)
    assert {
        kind: radius.share for kind, radius in broken.items() if kind in ("bad_rule", "load_balancer")
    } == {"bad_rule": 1.0, "load_balancer": 1.0}
    assert 0 < broken["controller_pod"].share < 1


def test_a_service_that_no_way_in_leads_to_gets_the_404_of_a_trace_and_its_row_has_its_name():
    found = experiment(app("web", "NodePort"), app("two"), alb("two", "two.example"))
    design = designed(found)
    assert design.services == ("default/two", "default/web")
    assert [flow.end for flow in design.flows] == [None, "answered-by-proxy 404"]


def test_a_shipped_scenario_runs_through_each():
    ended = {
        name: load_experiment(name).plan_to_run().name for name in ("alb-reads-rules", "gateway-weights")
    }
    assert set(ended.values()) == {AS_IS}


def test_plans_stated_in_a_file_are_kept():
    found = experiment(app("web"), GATEWAY, plans=["gateway", "single-ingress"])
    assert found.scenario.plans == ("gateway", "single-ingress")
    assert replace(found).plans()[0].name == "gateway"


def test_a_row_may_name_a_service_as_a_trace_does():
    found = experiment(
        app("web", "LoadBalancer"), traffic=[{"host": "web.default", "rps": 20, "duration_s": 5}]
    )
    assert designed(found).services == ("default/web",)
    assert run(designed(found), found.scenario).failed == {}
