"""No verdict over plans that cannot be compared: it says first what stands in the way, and ends with status 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import sim
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.manifests.reading.loading import load_text
from sim.plans import entry_points, expose, status_ports
from sim.scenario.experiment import load_experiment
from sim.simulation.design import compile_design, overloads

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

APP = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: PODS
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "registry.example.com/web:1"}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {ANNOTATIONS}}
spec:
  rules:
  - host: web.example.com
    http: {paths: [{path: PATH, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
SCENARIO = """
manifests: [m.yaml]
controller: {profile: ingress-nginx, replicas: %d, workers: %d, service_time: %rms}
service_time: {default: %rms}
workers: {default: %d}
duration_s: 2
traffic: [{host: web.example.com, path: %s, rps: %r}]
"""
CHEAPER = ("cheaper", "cuts the bill", "costs", "adds", "takes")


def written(folder: Path, scenario: str, pods: int = 2, annotations: str = "", path: str = "/") -> Path:
    text = APP.replace("PODS", str(pods)).replace("ANNOTATIONS", annotations).replace("PATH", path)
    (folder / "m.yaml").write_text(text)
    (folder / "scenario.yaml").write_text(scenario)
    return folder


def headline(done) -> str:
    return done.out.splitlines()[0]


sizes = st.tuples(
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([0.5, 2, 4]),
    st.sampled_from([1, 5, 20]),
    st.integers(1, 4),
)


@given(sizes, st.integers(1, 4), st.floats(1, 3000))
@settings(max_examples=40)
def test_overload_is_offered_load_over_what_all_workers_serve(tmp_path_factory, size, pods, rps):
    replicas, controller_workers, controller_ms, pod_ms, workers = size
    scenario = SCENARIO % (replicas, controller_workers, controller_ms, pod_ms, workers, "/", rps)
    experiment = load_experiment(str(written(tmp_path_factory.mktemp("s"), scenario, pods)))
    at_pod, at_controller = rps / pods * pod_ms / 1e3, rps / replicas * controller_ms / 1e3
    expected = {
        "lb-per-service": {"default/web": at_pod / workers},
        "single-ingress": {"default/web": at_pod / workers, "": at_controller / controller_workers},
    }
    for plan in experiment.plans():
        found = overloads(compile_design(plan, experiment.scenario, experiment.rules), experiment.scenario)
        loads = {one.service: one.offered_per_s / one.capacity_per_s for one in found}
        assert loads == pytest.approx(
            {who: load for who, load in expected[plan.name].items() if load >= 1}, rel=1e-6
        )


def test_users_in_a_closed_loop_overload_nobody(tmp_path):
    scenario = (SCENARIO % (1, 1, 4, 20, 1, "/", 1)).replace("rps: 1", "users: 1000, think: 1ms")
    experiment = load_experiment(str(written(tmp_path, scenario)))
    for plan in experiment.plans():
        assert (
            overloads(compile_design(plan, experiment.scenario, experiment.rules), experiment.scenario) == ()
        )


def test_an_overloaded_plan_gets_no_verdict_in_any_form(tmp_path):
    folder = str(written(tmp_path, SCENARIO % (1, 2, 2, 1, 8, "/", 1300)))
    chart, page = tmp_path / "c.svg", tmp_path / "r.html"
    words = ("--requests", "300", "--chart", str(chart), "--report", str(page))
    done = sim("compare", folder, *words)
    assert done.status == 1
    assert headline(done) == "No verdict: single-ingress is overloaded"
    assert "the queue grows by 300 requests a second" in " ".join(done.out.split())
    assert "cheaper" not in done.out
    for file in (chart, page):
        assert "No verdict" in file.read_text()
        assert "never cheaper" not in file.read_text()
        assert "<h3>Break-even" not in file.read_text()
        assert "first pays" not in file.read_text()
        assert "pays from" not in file.read_text()
        assert "cheaper" not in file.read_text().partition("</title>")[0]
    ran = sim("run", folder, "--plan", "single-ingress", "--requests", "50", "-o", "json")
    compared = json.loads(sim("compare", folder, "--requests", "50", "-o", "json").out)["obstacles"]
    assert [o["message"] for o in json.loads(ran.out)["overloads"]] == [o["message"] for o in compared]
    drawn = sim("compare", folder, "--requests", "50", "--chart", str(chart), "--chart-kind", "break-even")
    assert (drawn.status, "no break-even is drawn" in " ".join(drawn.err.split())) == (2, True)
    assert "no steady state" in sim("run", folder, "--plan", "single-ingress", "--requests", "50").out


def test_a_sweep_says_at_which_values_there_is_no_verdict(tmp_path):
    folder = str(written(tmp_path, SCENARIO % (1, 2, 2, 1, 8, "/", 10)))
    done = sim("sweep", folder, "rps=10,1300,1400", "--requests", "50")
    assert "rps 1300, 1400: no verdict: single-ingress is overloaded" in " ".join(done.out.split())


def test_a_row_that_a_plan_cannot_serve_is_said_first(tmp_path):
    folder = str(written(tmp_path, SCENARIO % (1, 2, 1, 1, 8, "/other", 10), path="/shop"))
    done = sim("compare", folder, "--requests", "50")
    assert done.status == 1
    assert headline(done).startswith("No verdict: ")
    assert "cannot serve http://web.example.com/other: answered-by-proxy 404" in " ".join(done.out.split())


APP_ROOT = "nginx.ingress.kubernetes.io/app-root: /console"


def test_a_redirect_that_only_one_plan_gives_is_no_answer_to_compare(tmp_path):
    folder = str(written(tmp_path, SCENARIO % (1, 2, 1, 1, 8, "/", 10), annotations=APP_ROOT))
    done = sim("compare", folder, "--requests", "50")
    assert done.status == 1
    assert headline(done) == "No verdict: the plans give different answers"


@pytest.mark.parametrize(
    "annotations", ["", APP_ROOT, 'nginx.ingress.kubernetes.io/force-ssl-redirect: "true"']
)
def test_derived_traffic_asks_what_a_redirect_leads_to(tmp_path, annotations):
    written(tmp_path, "", annotations=annotations)
    done = sim("compare", "-f", str(tmp_path / "m.yaml"), "--requests", "50", "-o", "json")
    found = json.loads(done.out)
    assert done.status == 0
    assert found["obstacles"] == []
    assert all(plan["failed"] == 0 for plan in found["plans"])
    assert [[s["service"] for s in plan["spreading"]] for plan in found["plans"]] == [["default/web"]] * 2


PORTS = """
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {type: LoadBalancer, selector: {app: s}, ports: [%s]}
"""


@pytest.mark.parametrize(
    ("ports", "chosen", "status"),
    [
        ("{name: status-port, port: 15021}, {name: http2, port: 80}, {name: https, port: 443}", 80, False),
        ("{name: admin, port: 9000}, {name: https, port: 443}", 443, False),
        ("{name: admin, port: 9000}, {name: http, port: 8080}", 8080, False),
        ("{name: http-metrics, port: 9100}, {name: api, port: 8080}", 8080, False),
        ("{name: a, port: 7000}, {name: b, port: 7001}", 7000, False),
        ("{name: metrics, port: 9100}", 9100, True),
        ("{port: 15021}", 15021, True),
    ],
)
def test_clients_use_the_port_that_is_theirs(ports, chosen, status):
    manifests = load_text(PORTS % ports)
    (entry,) = expose(manifests, ())
    assert entry.port == chosen
    assert bool(status_ports([entry], manifests)) == status


PROXY = """
apiVersion: v1
kind: Service
metadata: {name: gw, namespace: istio-system, labels: {LABELS}}
spec: {type: LoadBalancer, selector: {app: gw}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gw, namespace: istio-system}
spec:
  selector: {matchLabels: {app: gw}}
  template: {metadata: {labels: {app: gw}}, spec: {containers: [CONTAINERS]}}
"""


@pytest.mark.parametrize(
    ("labels", "images", "whose"),
    [
        ("", ["docker.io/istio/proxyv2:1.27"], "the proxy istio-system/gw"),
        ("", ["kong:3.9"], "the proxy istio-system/gw"),
        (
            "gateway.networking.k8s.io/gateway-name: edge",
            ["registry.example.com/x:1"],
            "Gateway istio-system/edge",
        ),
        ("", ["registry.example.com/shop:1", "docker.io/istio/proxyv2:1.27"], None),
        ("", ["registry.example.com/kong-docs:1"], None),
    ],
)
def test_the_load_balancer_of_another_gateway_is_known(labels, images, whose):
    containers = ", ".join(f"{{name: c{n}, image: '{image}'}}" for n, image in enumerate(images))
    manifests = load_text(PROXY.replace("LABELS", labels).replace("CONTAINERS", containers))
    assert entry_points(manifests).get("istio-system/gw") == whose


def test_the_load_balancer_of_another_gateway_is_said_first(tmp_path):
    text = PROXY.replace("LABELS", "").replace("CONTAINERS", "{name: c, image: 'istio/proxyv2:1'}")
    (tmp_path / "m.yaml").write_text(text)
    done = sim("compare", "-f", str(tmp_path / "m.yaml"), "--requests", "50")
    assert done.status == 1
    assert headline(done) == "No verdict: a load balancer belongs to another gateway"
