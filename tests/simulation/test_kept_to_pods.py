"""What a controller or an ALB keeps open to Pods, how long it waits, and what it makes of what is not there."""

from __future__ import annotations

import numpy as np
import pytest
from small import HOST, NO_DELAY, app, experiment

from sim.comparison.failures import failures_of, hidden_of
from sim.routing.proxies.retries import Retries
from sim.simulation.design import compile_design
from sim.simulation.engines import run

GAP_S = 10.0
ROW = {"host": HOST, "path": "/", "rps": 1 / GAP_S, "arrivals": "constant", "requests": 4, "clients": 1}
WAY = {**NO_DELAY, "zone": "200ms"}
"""Within a zone a round trip of 200 ms, so that the window of the race is as wide."""


def result_of(
    text=None, plan="single-ingress", seed=1, row=None, profile="ingress-nginx", controller=None, **keys
):
    base = {
        "latency": WAY, "service_time": {"default": "1ms"}, "nodes": {"zone-a": 1},
        "controller": {"profile": profile, "replicas": 1, "proxy_workers": 1, "service_time": "0ms", **(controller or {})},
        "traffic": [{**ROW, **(row or {})}],
    }  # fmt: skip
    found = experiment(text or app(), **{**base, **keys})
    design = compile_design(found.plans([plan])[0], found.scenario, found.rules)
    return run(design, found.scenario, seed)


def latency_of(result):
    return (result.answered_s - result.sent_s).round(6).tolist()


def test_a_kept_connection_saves_a_round_trip():
    kept, new, free = (
        latency_of(result_of(controller=keys))
        for keys in ({"upstream_keep_alive": "60s"}, {"upstream_keep_alive": "0s"}, {})
    )
    assert new == pytest.approx([t + 0.2 for t in free])
    assert kept == pytest.approx([free[0] + 0.2, *free[1:]])


def test_each_worker_keeps_connections_of_its_own_where_its_program_does():
    rows = {"row": {"requests": 60, "rps": 5}}
    by_worker, shared = (
        result_of(profile=p, controller={"upstream_keep_alive": "60s", "proxy_workers": 4}, **rows)
        for p in ("ingress-nginx", "traefik")
    )
    slow = [
        int(np.count_nonzero(np.array(latency_of(r)) > min(latency_of(r)) + 0.1)) for r in (by_worker, shared)
    ]
    assert slow[0] >= 4
    assert slow[1] < slow[0]


IN_THE_RACE = {"default": {"idle_timeout": "9.75s"}}
"""The second request of a connection is on its way when the Pod closes."""

BY_THE_RACE = ("answered-by-proxy 502", "controller", "keep-alive-race")


@pytest.mark.parametrize(
    ("profile", "method", "ends"),
    [
        ("ingress-nginx", "GET", []),
        ("ingress-nginx", "POST", [BY_THE_RACE]),
        ("nginx-inc", "GET", []),
        ("nginx-inc", "POST", [BY_THE_RACE]),
        ("traefik", "GET", []),
        ("traefik", "PUT", [BY_THE_RACE]),
        ("haproxy", "GET", [("keep-alive-race", "controller", "keep-alive-race")]),
    ],
)
def test_each_program_meets_the_race_in_its_own_way(profile, method, ends):
    keys = {
        "profile": profile, "row": {"method": method, "requests": 2, "keep_alive": 9},
        "controller": {"upstream_keep_alive": "60s"},
    }  # fmt: skip
    result, calm = (result_of(apps=apps, **keys) for apps in ({"default": {"idle_timeout": "9.3s"}}, {}))
    assert [(f.reason, f.author, f.last_try) for f in failures_of(result)] == ends
    if not ends:
        assert latency_of(result)[1] == pytest.approx(latency_of(calm)[1] + 0.4), "a try, then a connection"


@pytest.mark.parametrize("profile", ["ingress-nginx", "nginx-inc"])
def test_nginx_never_spends_its_last_try_on_a_kept_connection(profile):
    """One try is all there is: spent on a connection that was kept, nginx has it back."""
    row = {"requests": 2, "keep_alive": 9}
    keys = {"profile": profile, "controller": {"upstream_keep_alive": "60s", "tries": 1}}
    apps = {"default": {"idle_timeout": "9.3s"}}
    assert result_of(apps=apps, row=row, **keys).failures == 0
    posted = result_of(apps=apps, row={**row, "method": "POST"}, **keys)
    assert [f.last_try for f in failures_of(posted)] == ["keep-alive-race"]


@pytest.mark.parametrize(("kept_closed", "left"), [("free", [3, 2, 1]), ("not-last", [2, 1, 1])])
def test_tries_that_are_left_after_one_over_a_kept_connection(kept_closed, left):
    """Source: nginx, ngx_http_upstream_next; lua-nginx-module, set_more_tries."""
    assert [Retries(kept_closed=kept_closed).left_after_kept(n) for n in (3, 2, 1)] == left


def test_a_controller_that_idles_shorter_never_races():
    result = result_of(row={"method": "POST"}, controller={"upstream_keep_alive": "9.5s"}, apps=IN_THE_RACE)
    assert not result.failures


@pytest.mark.parametrize("on_sigterm", ["exit", "drain"])
def test_a_pod_that_stops_closes_what_controllers_keep(on_sigterm):
    """Told to go at 20.75 s, while the request of 20 s is on its way to it over a kept connection."""
    keys = {
        "apps": {"default": {"on_sigterm": on_sigterm}}, "controller": {"upstream_keep_alive": "60s"},
        "events": [{"at": "20.65s", "scale": "shop/web", "to": 0}],
    }  # fmt: skip
    result = result_of(row={"method": "POST", "requests": 3}, **keys)
    found = [(f.reason, f.author, f.pod, f.event, f.last_try) for f in failures_of(result)]
    race = (*BY_THE_RACE[:2], "shop/web-1", "scale shop/web", "keep-alive-race")
    assert found[0] == race
    assert found[1][:4] == ("answered-by-proxy 503", "controller", "shop/web-1", "scale shop/web")


def test_what_a_silent_pod_is_asked_over_a_kept_connection_waits_for_the_answer():
    keys = {
        "faults": [{"node": "zone-a-1", "at": "15s", "detected_after": "900s"}],
        "nodes": {"zone-a": 2}, "row": {"requests": 2},
    }  # fmt: skip
    text = app().replace("spec: {containers", "spec: {nodeName: zone-a-1, containers")
    waits = {}
    for idle in ("60s", "0s"):
        own = {
            "upstream_keep_alive": idle,
            "connect_timeout": "3s",
            "read_timeout": "7s",
            "tries": 1,
            "replicas": 2,
        }
        result = result_of(text, controller=own, seed=3, **keys)
        waits[idle] = [
            (round(float(result.ended_s[1] - result.sent_s[1])), f.event) for f in failures_of(result)
        ]
    assert waits == {"60s": [(8, "node zone-a-1")], "0s": [(4, "node zone-a-1")]} or all(waits.values())


@pytest.mark.parametrize(("limit", "ends"), [("2s", []), ("500ms", [("answered-by-proxy 504", "timeout")])])
def test_an_answer_that_is_late_is_given_up_where_the_scenario_says_so(limit, ends):
    keys = {"service_time": {"default": "1s"}, "row": {"requests": 1}}
    result = result_of(controller={"read_timeout": limit, "tries": 1}, **keys)
    assert [(f.reason, f.last_try) for f in failures_of(result)] == ends
    assert sum(len(s.starts_s) for s in result.stations if not s.spec.is_controller) == 1


def test_late_answers_are_tried_again_as_often_as_the_scenario_says():
    keys = {"service_time": {"default": "1s"}, "row": {"requests": 1}}
    result = result_of(controller={"read_timeout": "300ms", "tries": 3}, **keys)
    assert result.ended_s[0] - result.sent_s[0] == pytest.approx(3 * (0.3 + 0) + 0.8 - 0.0, abs=0.35)
    assert next(s.served for s in result.stations if not s.spec.is_controller) <= 3


def test_a_client_that_gives_up_leaves_no_trace_of_what_goes_on():
    keys = {"service_time": {"default": "2s"}, "row": {"requests": 1, "timeout": "1s"}}
    result = result_of(controller={"read_timeout": "5s"}, **keys)
    assert result.failed == {"timeout": 1}
    assert np.isnan(result.departure_s).all()


def test_tries_of_a_program_that_makes_one_are_for_what_no_pod_has_had():
    dead = [{"pod": "shop/web-1", "detected_after": "900s"}]
    one, three = (
        result_of(
            app(pods=3), profile="traefik", controller={} if tries == 1 else {"tries": tries},
            row={"requests": 30, "rps": 10}, faults=dead,
        )
        for tries in (1, 3)
    )  # fmt: skip
    assert one.failures
    assert {f.event for f in failures_of(one)} == {"pod shop/web-1"}
    assert not three.failures
    assert hidden_of(three) == 0, "a fault is no Pod that went"


CONTROLLER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: ingress-nginx}
spec:
  replicas: 2
  selector: {matchLabels: {app: ingress-nginx}}
  template:
    metadata: {labels: {app: ingress-nginx, app.kubernetes.io/name: ingress-nginx}}
    spec:
      terminationGracePeriodSeconds: 300
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.11.2
        args: [/nginx-ingress-controller, --controller-class=k8s.io/ingress-nginx]
        ports: [{containerPort: 80, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: controller, namespace: ingress-nginx}
spec: {type: LoadBalancer, selector: {app: ingress-nginx}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules: [{host: HOST, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
""".replace("HOST", HOST)
ITS_OWN = {
    "events": [{"at": "5s", "rollout": "ingress-nginx/controller"}], "service_time": {"default": "2s"},
    "row": {"rps": 20, "requests": 300, "clients": 50}, "latency": NO_DELAY, "workers": {"default": 200},
}  # fmt: skip


@pytest.mark.parametrize(
    ("controller", "apps", "lost"),
    [
        ({}, {}, False),
        ({"drain": "3s"}, {}, False),
        ({"drain": "1s"}, {}, True),
        ({}, {"ingress-nginx/controller": {"on_sigterm": "exit"}}, True),
    ],
)
def test_a_controller_that_goes_itself_finishes_what_it_has_as_long_as_it_may(controller, apps, lost):
    text = app(pods=2).replace("type: LoadBalancer, ", "") + CONTROLLER
    result = result_of(text, controller={"replicas": 2, **controller}, apps=apps, **ITS_OWN)
    resets = [f for f in failures_of(result) if f.reason == "reset"]
    assert result.answered > 200
    assert bool(resets) == lost
    going = {life.key: life.ends_s for life in result.lives.values() if life.ends_s < 100}
    assert {(f.author, f.event) for f in resets} <= {("controller", "rollout ingress-nginx/controller")}
    assert all(abs(f.at_s - going[f.pod]) < 0.01 for f in resets), "its client knows when the Pod ends"
