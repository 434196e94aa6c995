"""`services` in a scenario: the first Services of an application, or copies that behave as their originals."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from command import sim

from sim.errors import InputError, ScenarioError
from sim.manifests.objects.networking import Ingress, Service
from sim.plans.copies import host_of_copy, times_each
from sim.routing import route
from sim.scenario.experiment import Experiment, load_experiment
from sim.scenario.requests import request_of, services_of

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

APPLICATION = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example.com], secretName: cert}]
  defaultBackend: {service: {name: rest, port: {number: 80}}}
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /cart, pathType: Prefix, backend: {service: {name: cart, port: {name: http}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: tenants, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: "*.tenants.example.com"
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: tenants, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: shop}
spec: {type: LoadBalancer, selector: {app: dns}, ports: [{port: 53, protocol: UDP}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: dns, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: dns}}
  template: {metadata: {labels: {app: dns}}, spec: {containers: [{name: dns, image: dns}]}}
""" + "".join(
    f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{type: NodePort, selector: {{app: {name}}}, ports: [{{name: http, port: 80, targetPort: 8080, nodePort: {port}}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  replicas: {pods}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}, tier: front}}}}
    spec: {{containers: [{{name: app, image: app, ports: [{{containerPort: 8080}}]}}]}}
"""
    for name, pods, port in (("web", 3, 30001), ("cart", 2, 30002), ("tenants", 1, 30003), ("rest", 2, 30004))
)  # fmt: skip

SCENARIO: dict[str, Any] = {
    "manifests": ["app.yaml"],
    "service_time": {"shop/web": {"exponential": "9ms"}},
    "workers": {"shop/cart": 3},
    "traffic": [
        {"host": "shop.example.com", "path": "/x", "rps": 4},
        {"host": "shop.example.com", "path": "/cart/1", "rps": 3},
        {"host": "a.tenants.example.com", "path": "/", "rps": 2},
        {"host": "dns.shop.example", "protocol": "udp", "rps": 5},
    ],
}


@pytest.fixture
def application(tmp_path: Path) -> Path:
    (tmp_path / "app.yaml").write_text(APPLICATION)
    (tmp_path / "scenario.yaml").write_text(json.dumps(SCENARIO))
    return tmp_path


def with_services(name: str | Path, count: int) -> Experiment:
    return load_experiment(str(name), lambda keys: {**keys, "services": count})


def behind(experiment: Experiment) -> list[str]:
    plan = experiment.plans(["single-ingress"])[0]
    return list(services_of(experiment.scenario, experiment.rules, plan.exposed))


def test_every_copy_is_reached_as_its_original_is(application: Path) -> None:
    found = with_services(application, 10)
    assert behind(found) == [
        "shop/web", "shop/cart", "shop/tenants", "shop/dns",
        "shop/web-2", "shop/cart-2", "shop/tenants-2", "shop/web-3", "shop/cart-3",
    ]  # fmt: skip
    hosts = [row.host for row in found.scenario.traffic]
    assert hosts[4:] == [
        "shop-2.example.com", "shop-2.example.com", "a.tenants-2.example.com",
        "shop-3.example.com", "shop-3.example.com",
    ]  # fmt: skip
    schemes = [request_of(row, found.rules).scheme for row in found.scenario.traffic]
    assert schemes == [*["https", "https", "http", "http"], *["https", "https", "http"], *["https", "https"]]


def test_a_copy_has_pods_times_and_rates_of_its_own(application: Path) -> None:
    found = with_services(application, 8)
    cluster = found.plans(["single-ingress"])[0].cluster
    for name, pods in (("web", 3), ("cart", 2), ("tenants", 1), ("rest", 2)):
        first, second = (
            {e.pod for p in cluster.services[key].ports for e in p.endpoints}
            for key in (f"shop/{name}", f"shop/{name}-2")
        )
        assert (len(first), len(second), first & second) == (pods, pods, set())
    scenario = found.scenario
    assert scenario.service_time_of("shop/web-2") == scenario.service_time_of("shop/web")
    assert (scenario.workers_of("shop/cart-2"), scenario.workers_of("shop/web-2")) == (3, 8)
    assert [row.rps for row in scenario.traffic] == [4, 3, 2, 5, 4, 3, 2]


def test_fewer_services_leave_no_rule_no_row_and_no_pod_of_the_others(application: Path) -> None:
    found = with_services(application, 1)
    assert behind(found) == ["shop/web", "shop/dns"]
    assert {s.name for s in found.manifests.of(Service)} == {"web", "dns"}
    (ingress,) = found.manifests.of(Ingress)
    assert ingress.spec.default_backend is None
    assert [p.backend.service.name for r in ingress.spec.rules for p in r.http.paths] == ["web"]
    apart, shared = found.plans(["lb-per-service", "single-ingress"])
    assert set(apart.load_balancers) == {"shop/web", "shop/dns"}
    assert {key.partition("-")[0] for key in apart.cluster.pods} == {"shop/web", "shop/dns"}
    assert [c.service for c in shared.cannot_move] == ["shop/dns"]


def test_its_own_number_changes_nothing() -> None:
    usual, same = load_experiment("shop"), with_services("shop", 9)
    assert same.manifests == usual.manifests
    assert same.scenario.model_copy(update={"services": None}) == usual.scenario


@pytest.mark.parametrize("name", ["fanout", "tls-edge", "virtual-hosts", "service-types", "shop"])
def test_every_row_of_twenty_services_is_delivered(name: str) -> None:
    found = with_services(name, 20)
    plans = found.plans(["lb-per-service", "single-ingress"])
    assert all(len({e.service for e in plan.exposed}) == 20 for plan in plans)
    ends = {route(found.rules, request_of(row, found.rules)).final.state for row in found.scenario.traffic}
    assert ends == {"delivered"}


def test_a_further_service_changes_no_row_before_it() -> None:
    rows = [with_services("shop", count).scenario.traffic for count in range(9, 14)]
    for fewer, more in pairwise(rows):
        assert more[: len(fewer)] == fewer


@pytest.mark.parametrize(
    ("services", "count", "times"),
    [
        pytest.param(["a", "b", "c"], 2, {"a": 1, "b": 1, "c": 0}, id="the first ones"),
        pytest.param(["a", "b", "c"], 3, {"a": 1, "b": 1, "c": 1}, id="all"),
        pytest.param(["a", "b", "c"], 7, {"a": 3, "b": 2, "c": 2}, id="in turn"),
    ],
)
def test_services_are_taken_in_turn(services: list[str], count: int, times: dict[str, int]) -> None:
    assert times_each(services, count) == times


@pytest.mark.parametrize(
    ("host", "hosts", "copy"),
    [
        pytest.param("a.b.c", ["a.b.c"], "a-2.b.c", id="a host of a rule"),
        pytest.param("x.b.c", ["*.b.c"], "x.b-2.c", id="a host under a wildcard"),
        pytest.param("a.b.c", ["*.b.c", "a.b.c"], "a-2.b.c", id="the exact one goes first"),
        pytest.param("any", ["cart.shop.example"], "cart-2.shop.example", id="any host: a name of its own"),
        pytest.param("localhost", ["localhost"], "localhost-2", id="one label"),
    ],
)
def test_hosts_of_copies(host: str, hosts: list[str], copy: str) -> None:
    assert host_of_copy(host, hosts, "shop/cart", 2) == copy


def test_a_name_that_is_taken_is_refused_with_its_line(application: Path) -> None:
    text = APPLICATION.replace("name: rest,", "name: web-2,").replace("{name: rest", "{name: web-2")
    (application / "app.yaml").write_text(text)
    with pytest.raises(
        InputError, match=r"app\.yaml:\d+: services: a copy of Service shop/web would be named"
    ):
        with_services(application, 9)


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "x", "1001"])
def test_what_is_no_number_of_services_is_refused_at_its_line(application: Path, count: str) -> None:
    (application / "scenario.yaml").write_text(f"manifests: [app.yaml]\nservices: {count}\n")
    with pytest.raises(ScenarioError, match=r"scenario\.yaml:2:1: services: "):
        load_experiment(str(application))


def test_without_http_there_is_nothing_to_count(application: Path) -> None:
    (application / "app.yaml").write_text(APPLICATION.split("---\n")[2])
    with pytest.raises(ScenarioError, match="nothing that speaks HTTP is exposed"):
        with_services(application, 3)


def test_services_without_traffic_are_refused(application: Path) -> None:
    rows = [{"host": "nobody.example.com", "rps": 1}]
    (application / "scenario.yaml").write_text(json.dumps({**SCENARIO, "traffic": rows}))
    with pytest.raises(ScenarioError, match="no row of the traffic leads to a Service that speaks HTTP"):
        with_services(application, 1)


def test_those_with_traffic_come_first(application: Path) -> None:
    rows = [SCENARIO["traffic"][2], SCENARIO["traffic"][0]]
    (application / "scenario.yaml").write_text(json.dumps({**SCENARIO, "traffic": rows}))
    assert behind(with_services(application, 1)) == ["shop/tenants"]
    assert behind(with_services(application, 6))[2:] == ["shop/tenants-2", "shop/web-2"]


def test_run_and_compare_take_the_key_too(application: Path) -> None:
    (application / "scenario.yaml").write_text(json.dumps({**SCENARIO, "services": 6}))
    found = json.loads(sim("compare", str(application), "--requests", "200", "-o", "json").out)
    assert found["services"] == 7
    assert [p["load_balancers"] for p in found["plans"]] == [7, 2]
    assert [p["failed"] for p in found["plans"]] == [0, 0]


def test_a_service_that_only_the_scenario_exposes_is_copied_too(application: Path) -> None:
    keys = {"manifests": ["app.yaml"], "expose": ["shop/rest"], "rps": 10, "services": 7}
    (application / "app.yaml").write_text(
        APPLICATION.replace("  defaultBackend: {service: {name: rest, port: {number: 80}}}\n", "")
    )
    (application / "scenario.yaml").write_text(json.dumps(keys))
    found = load_experiment(str(application))
    assert found.scenario.expose == ("shop/rest",)
    assert len({e.service for e in found.plans(["lb-per-service"])[0].exposed if e.http}) == 7
    more = load_experiment(str(application), lambda value: {**value, "services": 8})
    assert more.scenario.expose == ("shop/rest", "shop/rest-2")
    assert "shop/rest-2" in behind(more)


def test_clients_of_a_wildcard_ask_for_a_name_under_it(application: Path) -> None:
    (application / "scenario.yaml").write_text(json.dumps({"manifests": ["app.yaml"]}))
    found = load_experiment(str(application))
    (row,) = [row for row in found.scenario.traffic if "tenants" in row.host]
    assert row.host == "any.tenants.example.com"
    assert route(found.rules, request_of(row, found.rules)).final.backend == "shop/tenants:80"


def test_a_certificate_for_a_wildcard_makes_its_clients_say_https(application: Path) -> None:
    tls = '  tls: [{hosts: ["*.tenants.example.com"], secretName: cert}]\n  rules:\n  - host: "*.tenants'
    (application / "app.yaml").write_text(APPLICATION.replace('  rules:\n  - host: "*.tenants', tls))
    found = load_experiment(str(application))
    assert [request_of(row, found.rules).scheme for row in found.scenario.traffic] == [
        "https",
        "https",
        "https",
        "http",
    ]
