"""Where weights split the requests of a row, each of them goes one of the ways, by a draw of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from small import HOST, app, experiment

from sim.comparison.replay import record
from sim.comparison.usage import month_of, rates_of
from sim.report.page.replay import Replay
from sim.routing.building import build
from sim.scenario.experiment import Experiment
from sim.simulation.design import Design, compile_design
from sim.simulation.engines import run
from sim.simulation.result import Result
from sim.simulation.spreading import spreading

REQUESTS = 2000
MOST_OFF = 4 * (REQUESTS * 0.9 * 0.1) ** 0.5
"""Four standard deviations of a binomial count."""

INGRESS = f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: NAME, namespace: shop, annotations: ANNOTATIONS}}
spec:
  ingressClassName: nginx
  rules:
  - host: {HOST}
    http:
      paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: NAME, port: {{number: 80}}}}}}}}]
"""
ROUTE = f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: eg}}
spec: {{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: shop}}
spec: {{gatewayClassName: eg, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: split, namespace: shop}}
spec:
  parentRefs: [{{name: edge}}]
  hostnames: [{HOST}]
  rules: [{{backendRefs: [{{name: web, port: 80, weight: 90}}, {{name: new, port: 80, weight: 10}}]}}]
"""


def ingress(name: str, annotations: str = "{}") -> str:
    return INGRESS.replace("NAME", name).replace("ANNOTATIONS", annotations)


def canary() -> str:
    prefix = "nginx.ingress.kubernetes.io/canary"
    return ingress("web") + ingress("new", f'{{{prefix}: "true", {prefix}-weight: "10"}}')


def split_by(rules: str, new_pods: int = 1, **row: object) -> Experiment:
    """Two Services behind rules; the new one takes longer."""
    return experiment(
        f"{app('web', 2)}---\n{app('new', new_pods)}{rules}",
        traffic=[{"host": HOST, "requests": REQUESTS, **(row or {"rps": 100})}],
        service_time={"default": "1ms", "shop/new": "7ms"},
    )


def ran(found: Experiment) -> tuple[Design, Result]:
    """A run against the cluster that the manifests describe."""
    plan = replace(found.plans(["single-ingress"])[0], cluster=build(found.manifests))
    design = compile_design(plan, found.scenario, found.rules)
    return design, run(design, found.scenario)


def served(result: Result) -> Mapping[str, int]:
    """Service -> requests that its Pods served."""
    names = [station.spec.name.rpartition("-")[0] for station in result.stations]
    return Counter(names[pod] for pod in result.pod.tolist() if pod >= 0)


@pytest.mark.parametrize("rules", [canary(), ROUTE], ids=["canary", "HTTPRoute"])
def test_every_service_gets_its_share_and_serves_in_its_own_time(rules: str) -> None:
    design, result = ran(split_by(rules))
    counts = served(result)
    assert counts["shop/web"] == pytest.approx(0.9 * REQUESTS, abs=MOST_OFF)
    assert counts["shop/web"] + counts["shop/new"] == REQUESTS
    is_new = np.array([s.spec.name == "shop/new-1" for s in result.stations])[result.pod]
    assert np.allclose(result.departure_s - result.start_s, np.where(is_new, 0.007, 0.001))
    found = {one.service: one for one in spreading(design, result)}
    assert {name: one.requests for name, one in found.items()} == counts
    assert [pod.expected for one in found.values() for pod in one.pods] == [0.5, 0.5, 1.0]


def test_the_draw_is_the_same_whatever_splits() -> None:
    (_, one), (_, other) = ran(split_by(canary())), ran(split_by(ROUTE))
    assert served(one) == served(other)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (ROUTE.replace("name: new", "name: gone"), "answered-by-proxy 500"),
        (ROUTE, "answered-by-proxy 503"),
    ],
    ids=["no such Service", "no ready Pod"],
)
def test_an_end_at_the_proxy_fails_its_share(rules: str, reason: str) -> None:
    _, result = ran(split_by(rules, new_pods=0))
    assert list(result.failed) == [reason]
    assert result.failed[reason] == pytest.approx(0.1 * REQUESTS, abs=MOST_OFF)
    assert served(result) == {"shop/web": REQUESTS - result.failed[reason]}


def test_retries_and_users_draw_again() -> None:
    _, result = ran(split_by(ROUTE, new_pods=0, retries=1, rps=100))
    by_users = split_by(ROUTE, users=5, think="1ms")
    failed = result.failed["answered-by-proxy 503"]
    assert failed == pytest.approx(0.01 * REQUESTS, abs=4 * (REQUESTS * 0.01) ** 0.5)
    assert result.retried == pytest.approx(0.1 * REQUESTS, abs=MOST_OFF)
    _, users = ran(by_users)
    assert served(users)["shop/new"] == pytest.approx(0.1 * REQUESTS, abs=MOST_OFF)


def test_a_month_weighs_the_crossings_of_every_way() -> None:
    found = split_by(canary())
    plan = found.plans(["single-ingress"])[0]
    design = compile_design(plan, found.scenario, found.rules)

    def crossed(*flows: object) -> float:
        month = month_of(plan, replace(design, flows=flows), found.scenario, rates_of(found.scenario))
        return float(month.usage.crossed_gb)

    (flow,) = design.flows
    (_, most), (_, least) = flow.ways
    assert crossed(flow) == pytest.approx(0.9 * crossed(most) + 0.1 * crossed(least))


def test_the_page_says_the_shares_and_whose_pods_they_are() -> None:
    (plan,) = Replay(record(split_by(canary()), ["single-ingress"], requests=50)).data["plans"]
    (row,) = plan["rows"]
    says = next(hop["says"] for hop in row["hops"] if hop["kind"] == "controller")
    assert "90 % to shop/web:80, 10 % to shop/new:80" in says
    owners = {s["name"]: s["service"] for s in plan["stations"] if not s["controller"]}
    assert owners == {"web-1": "shop/web", "web-2": "shop/web", "new-1": "shop/new"}
    assert len(row["upstream"]) == 3
    assert row["split"]


@pytest.mark.parametrize(
    ("controller", "said", "tries", "read_s"),
    [
        ("gateway.envoyproxy.io/gatewayclass-controller", "", 1, 15.0),
        ("gateway.envoyproxy.io/gatewayclass-controller", "retry: {attempts: 4}", 5, 15.0),
        ("gateway.envoyproxy.io/gatewayclass-controller", "timeouts: {backendRequest: 250ms}", 1, 0.25),
        ("istio.io/gateway-controller", "retry: {}, timeouts: {request: 1m30s}", 3, 90.0),
        (
            "gateway.nginx.org/nginx-gateway-controller",
            "retry: {attempts: 4}, timeouts: {request: 1s}",
            0,
            60.0,
        ),
    ],
)
def test_a_rule_says_how_often_and_how_long_a_pod_is_tried_unless_the_gateway_ignores_it(
    controller, said, tries, read_s
):
    rules = ROUTE.replace("gateway.envoyproxy.io/gatewayclass-controller", controller)
    rules = rules.replace("rules: [{backendRefs", f"rules: [{{{said}{', ' if said else ''}backendRefs")
    found = split_by(rules)
    plan = replace(found.plans(["single-ingress"])[0], cluster=build(found.manifests))
    upstreams = compile_design(plan, found.scenario, found.rules).upstreams
    assert {(u.retries.tries, u.retries.read_timeout_s) for u in upstreams} == {(tries, read_s)}
