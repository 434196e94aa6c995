"""Plans: one application, several ways in; what each needs, and what cannot move."""

from __future__ import annotations

import pytest
from small import app, experiment

from sim.errors import UsageError
from sim.manifests.objects.networking import ServicePort
from sim.plans import PLANS
from sim.plans.exposure import not_http
from sim.routing import route
from sim.simulation.design import request_of

INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example], secretName: shop-tls}]
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /api, pathType: Exact, backend: {service: {name: api, port: {number: 80}}}}
"""
DNS = """
---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: shop}
spec: {type: LoadBalancer, selector: {app: dns}, ports: [{name: d, port: 53, protocol: UDP}]}
"""
SHOP = app("web", 2) + "---" + app("api", 2) + INGRESS + DNS


def plans(manifests: str = SHOP, **keys):
    found = experiment(manifests, plans=list(PLANS), **keys)
    return {p.name: p for p in found.plans()}


@pytest.mark.parametrize(
    ("port", "why"),
    [
        pytest.param({"port": 80}, "", id="TCP counts as HTTP"),
        pytest.param({"port": 53, "protocol": "UDP"}, "UDP", id="UDP"),
        pytest.param({"port": 38412, "protocol": "SCTP"}, "SCTP", id="SCTP"),
        pytest.param({"port": 9000, "name": "tcp-feed"}, "tcp-feed", id="a name that says TCP"),
        pytest.param({"port": 6379}, "Redis", id="a number that belongs to another protocol"),
        pytest.param({"port": 6379, "name": "http"}, "", id="the name of the port beats its number"),
        pytest.param({"port": 80, "app_protocol": "mysql"}, "appProtocol mysql", id="appProtocol"),
        pytest.param({"port": 5432, "app_protocol": "kubernetes.io/h2c"}, "", id="appProtocol beats all"),
    ],
)
def test_what_an_http_proxy_can_carry(port, why):
    found = not_http(ServicePort(**port))
    assert why in found
    assert bool(found) == bool(why)


def test_each_plan_lists_what_it_needs():
    found = plans()
    needs = {n: (len(p.load_balancers), p.controller_pods, p.lb_targets, p.layer) for n, p in found.items()}
    assert needs == {
        "lb-per-service": (3, 0, "node", 4),
        "single-ingress": (2, 2, "node", 4),
        "shared-alb": (2, 0, "pod", 7),
        "gateway": (2, 2, "node", 4),
        "as-is": (4, 2, "node", 4),
    }


def test_services_that_share_a_host_share_its_certificate():
    for name in ("single-ingress", "shared-alb", "gateway"):
        assert plans()[name].certificates == ("shop/shop-tls",)


@pytest.mark.parametrize("name", [n for n in PLANS if n not in ("lb-per-service", "as-is")])
def test_what_is_not_http_keeps_its_load_balancer_and_says_why(name):
    plan = plans()[name]
    assert "shop/dns" in plan.load_balancers
    assert [(c.service, c.why) for c in plan.cannot_move] == [
        ("shop/dns", "port 53 speaks UDP, which no HTTP rule can carry")
    ]


def test_a_service_moves_or_stays_by_what_its_clients_speak():
    rows = [{"host": "web.shop.example", "protocol": "tcp", "rps": 1}]
    plan = plans(app("web"), traffic=rows)["single-ingress"]
    assert [c.service for c in plan.cannot_move] == ["shop/web"]
    assert "shop/web" in plan.load_balancers


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("/", "shop/web"), ("/api", "shop/api"), ("/api/x", "shop/web"), ("/apis", "shop/web"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_routes_of_the_gateway_answer_as_the_ingress_did(url, service, scheme):
    rows = [{"host": "shop.example", "path": url, "scheme": scheme, "rps": 1}]
    found = experiment(SHOP, plans=["gateway"], traffic=rows, controller={"profile": "spec"})
    request = request_of(found.scenario.traffic[0], found.rules)
    answers = [route(c, request).final.backend for c in (found.plans()[0].cluster, found.rules)]
    assert answers == [f"{service}:80"] * 2


def test_targets_are_what_the_scenario_says():
    assert {p.lb_targets for p in plans(lb_targets="pod").values()} == {"pod"}
    assert {p.lb_targets for p in plans(lb_targets="node").values()} == {"node"}


def test_an_unknown_plan_is_refused_with_the_names():
    with pytest.raises(UsageError, match="shared-alb"):
        experiment(SHOP, plans=["one-big-one"]).plans()
