"""Faults in a run: who notices, when, and what becomes of requests meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import HOST, app, design, experiment

from sim.errors import ScenarioError
from sim.plans import PLANS
from sim.simulation.engines import run

DNS = """
---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 53, protocol: UDP}]}
"""
POD, CONTROLLER = "shop/web-1", "ingress/ingress-nginx-1"


def ran(plan: str, fault=None, manifests: str | None = None, seed: int = 1, **keys):
    row = {"host": HOST, "rps": 100, "duration_s": 30, **keys.pop("row", {})}
    found = experiment(manifests or app(pods=3), traffic=[row], faults=[fault] if fault else [], **keys)
    return run(design(found, plan), found.scenario, seed)


def failing(result, reason):
    """Instants of sending of the requests that ended so."""
    return result.sent_s[result.end == result.ends.index(reason)] if reason in result.ends else np.empty(0)


@pytest.mark.parametrize(
    ("plan", "fault", "reason"),
    [
        pytest.param("lb-per-service", {"pod": POD}, "refused", id="a Pod: new connections are refused"),
        pytest.param("lb-per-service", {"node": "node-a"}, "connect-timeout", id="a node: nothing answers"),
        pytest.param("lb-per-service", {"zone": "zone-b"}, "connect-timeout", id="a zone"),
        pytest.param("single-ingress", {"controller_pod": 1}, "refused", id="a controller Pod by number"),
        pytest.param("gateway", {"controller_pod": "gateway/shared-shared-2"}, "refused", id="a proxy of a Gateway by name"),
        pytest.param("gateway", {"pod": POD}, "answered-by-proxy 503", id="a Pod behind a proxy that asks once"),
        pytest.param("shared-alb", {"pod": POD}, "answered-by-proxy 502", id="a Pod behind an ALB"),
        pytest.param("shared-alb", {"node": "node-b"}, "answered-by-proxy 504", id="a node behind an ALB"),
    ],
)  # fmt: skip
def test_requests_fail_until_the_fault_is_noticed_and_then_avoid_it(plan, fault, reason):
    result = ran(plan, {**fault, "at": "5s", "until": "25s", "detected_after": "5s"})
    when = failing(result, reason)
    assert len(when) > 20
    assert when.min() > 4.5
    assert when.max() < 10.1
    assert result.failures - len(when) <= 8


@pytest.mark.parametrize("plan", PLANS)
def test_a_load_balancer_has_nobody_who_could_stand_in(plan):
    name = design(experiment(app(pods=3), traffic=[{"host": HOST, "rps": 1}]), plan).destinations[0]
    result = ran(plan, {"load_balancer": name, "at": "5s", "until": "15s"})
    when = failing(result, "connect-timeout")
    assert (when.min() > 4.8, when.max() < 15) == (True, True)
    assert len(when) == np.count_nonzero((result.sent_s >= 5) & (result.sent_s < 15))


def test_a_controller_that_tries_the_next_pod_hides_a_dead_one():
    result = ran("single-ingress", {"pod": POD, "at": "5s", "until": "25s", "detected_after": "5s"})
    assert result.failures == 0


def test_a_dead_node_costs_the_time_to_notice_even_where_nothing_fails():
    """The controller waits 5 s for the Pod on it; the nodes of the controllers' own Pods stay."""
    healthy = ran("single-ingress", nodes=[{"name": n, "zone": n} for n in "abcde"], manifests=app(pods=5))
    assert healthy.failures == 0
    spots = {s.spec.node for s in healthy.stations if s.spec.is_controller}
    dead = next(s.spec.node for s in healthy.stations if s.spec.node not in spots)
    result = ran("single-ingress", {"node": dead, "at": "5s", "detected_after": "5s"}, manifests=app(pods=5),
                 nodes=[{"name": n, "zone": n} for n in "abcde"])  # fmt: skip
    assert set(result.failed) <= {"connect-timeout"}
    assert np.nanmax(result.latency_s) > 5


def test_what_was_in_a_pod_that_dies_is_reset_and_the_rest_is_not_touched():
    slow = {"service_time": {"default": "500ms"}, "workers": {"default": 50}}
    result = ran("lb-per-service", {"pod": POD, "at": "5s", "detected_after": "0s"}, **slow)
    when = failing(result, "reset")
    assert 5 < len(when) < 40
    assert (when > 4.3).all()
    assert (when < 5.1).all()
    assert set(result.failed) <= {"reset", "refused"}


@pytest.mark.parametrize("protocol", ["http", "http2"])
def test_a_client_with_a_time_out_gives_up_and_one_that_tries_again_gets_an_answer(protocol):
    fault = {"node": "node-a", "at": "5s", "until": "10s", "detected_after": "2s"}
    row = {"keep_alive": 1000, "protocol": protocol, "timeout": "1s"}
    once = ran("lb-per-service", fault, row=row)
    again = ran("lb-per-service", fault, row={**row, "retries": 8})
    assert once.failed.get("timeout", 0) > 5
    assert (again.ended_s[again.end == again.ends.index("delivered")] > 0).all()
    assert again.retried > 5
    assert again.failures < once.failures / 3


def test_a_client_that_gives_up_leaves_the_work_behind():
    busy = {"service_time": {"default": "200ms"}, "workers": {"default": 1}}
    result = ran(
        "lb-per-service", manifests=app(), row={"rps": 20, "duration_s": 10, "timeout": "1s"}, **busy
    )
    assert result.failed["timeout"] > 50
    assert result.stations[0].utilisation > 0.95
    assert np.nanmax(result.latency_s) <= 1


@pytest.mark.parametrize(
    ("plan", "touched"), [("lb-per-service", False), ("single-ingress", True), ("gateway", True), ("shared-alb", True)]
)  # fmt: skip
def test_a_bad_rule_takes_its_host_where_rules_are_shared_and_nothing_else(plan, touched):
    ingress = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME, namespace: shop}
spec: {rules: [{host: NAME.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}}]}
"""
    manifests = (
        "---".join([app("web"), app("api")]) + ingress.replace("NAME", "web") + ingress.replace("NAME", "api")
    )
    rows = [{"host": f"{name}.example", "rps": 20, "duration_s": 20} for name in ("web", "api")]
    fault = {"bad_rule": "shop/web", "at": "5s", "until": "15s"}
    found = experiment(manifests, traffic=rows, faults=[fault])
    result = run(design(found, plan), found.scenario)
    lost = ~np.isfinite(result.answered_s) & (result.end >= 0)
    inside = (result.sent_s >= 5) & (result.sent_s < 15)
    assert np.array_equal(lost & (result.sent_s < 19), inside & (result.row == 0) & touched)


def test_a_name_that_nothing_has_is_refused_and_one_of_another_plan_breaks_nothing():
    with pytest.raises(ScenarioError, match="node-c"):
        ran("lb-per-service", {"node": "node-x"})
    assert ran("lb-per-service", {"load_balancer": "ingress/ingress-nginx"}).failures == 0
    assert ran("lb-per-service", {"load_balancer": "gateway/shared-shared"}).failures == 0
    assert ran("lb-per-service", {"controller_pod": 1}).failures == 0
    assert ran("lb-per-service", {"controller_pod": "gateway/shared-shared-1"}).failures == 0


@pytest.mark.parametrize("plan", PLANS)
def test_what_ended_before_a_fault_is_the_same_to_the_bit(plan):
    healthy, broken = (ran(plan, fault) for fault in (None, {"zone": "zone-a", "at": "15s"}))
    before = healthy.ended_s < 15
    for name in ("sent_s", "ready_s", "node", "pod", "arrival_s", "start_s", "departure_s", "answered_s"):
        one, other = getattr(healthy, name), getattr(broken, name)
        assert np.array_equal(one[: before.sum()][before[: before.sum()]], other[: before.sum()][before[: before.sum()]], equal_nan=True), name  # fmt: skip
    count = min(len(healthy), len(broken))
    assert np.array_equal(healthy.sent_s[:count], broken.sent_s[:count])


faults = st.lists(
    st.builds(
        lambda target, at, length, noticed: {
            **target, "at": at, "until": at + length, "detected_after": noticed,
        },
        st.sampled_from(
            [
                {"node": "node-a"}, {"zone": "zone-b"}, {"pod": POD}, {"load_balancer": "shop/web"},
                {"load_balancer": "ingress/ingress-nginx"}, {"controller_pod": 1}, {"bad_rule": "shop/derived"},
            ]
        ),
        st.floats(0, 2), st.floats(0.1, 2), st.floats(0, 1),
    ),
    max_size=3,
)  # fmt: skip
rows = st.lists(
    st.builds(
        lambda kind, more: {**kind, **more},
        st.sampled_from(
            [
                {"host": HOST}, {"host": HOST, "protocol": "http2"}, {"host": HOST, "keep_alive": 5},
                {"host": "dns.shop.example", "protocol": "udp"}, {"host": HOST, "scheme": "https"},
                {"host": HOST, "client_ip": "203.0.113.1", "clients": 4}, {"host": "nobody.example"},
                {"host": HOST, "timeout": "50ms", "retries": 2}, {"host": HOST, "retries": 1},
            ]
        ),
        st.one_of(
            st.fixed_dictionaries({"rps": st.floats(5, 60), "duration_s": st.floats(0.5, 3)}),
            st.fixed_dictionaries({"users": st.integers(1, 4), "duration_s": st.floats(0.5, 3)}),
            st.fixed_dictionaries({"rps": st.floats(5, 60), "requests": st.integers(1, 60)}),
        ),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@given(rows, faults, st.sampled_from(list(PLANS)), st.integers(0, 9), st.booleans())
@settings(max_examples=80, deadline=None)
def test_every_request_is_answered_failed_or_in_flight_whatever_breaks(traffic, broken, plan, seed, local):
    manifests = app(pods=3) + DNS
    if local:
        manifests = manifests.replace(
            "type: LoadBalancer,", "type: LoadBalancer, externalTrafficPolicy: Local,"
        )
    if not any(row["host"] == HOST for row in traffic):
        broken = [f for f in broken if "bad_rule" not in f]
    found = experiment(manifests, traffic=traffic, faults=broken, service_time={"default": {"exponential": "30ms"}},
                       workers={"default": 1}, tls={"resumption": 0.5})  # fmt: skip
    result = run(design(found, plan), found.scenario, seed)
    assert result.sent == result.answered + result.failures + result.in_flight == len(result)
    assert result.answered == np.count_nonzero(np.isfinite(result.answered_s))
    assert np.count_nonzero(result.end == -1) == result.in_flight
    assert all(-1e-9 <= s.utilisation <= 1 + 1e-9 for s in result.stations)
    ended = np.isfinite(result.ended_s)
    assert (result.ended_s[ended] >= result.sent_s[ended]).all()


def test_the_same_faults_give_the_same_bytes_in_another_process():
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import json\nfrom small import *\nfrom sim.simulation.engines import run\nfrom sim.simulation.summary import summarise, to_json\n"
        "from sim.plans import PLANS\n"
        "rows = [{'host': HOST, 'rps': 80, 'duration_s': 3, 'protocol': 'http2', 'retries': 2, 'timeout': '90ms'},\n"
        "        {'host': HOST, 'users': 3, 'duration_s': 3, 'retries': 1}]\n"
        "faults = [{'node': 'node-a', 'at': 1, 'until': 2, 'detected_after': 0.3}, {'pod': 'shop/web-2', 'at': 1.5}]\n"
        "found = experiment(app(pods=3), traffic=rows, faults=faults)\n"
        "for plan in PLANS:\n"
        "    print(json.dumps(to_json(summarise([run(design(found, plan), found.scenario, 7)]), (), 'v')))\n"
    )
    shown = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert shown[0] == shown[1]
    assert json.loads(shown[0].splitlines()[0])["retried"] > 0


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        pytest.param("single-ingress", {"pod": POD}, id="a Pod behind a controller"),
        pytest.param("single-ingress", {"controller_pod": 1}, id="a controller Pod"),
        pytest.param("lb-per-service", {"pod": POD}, id="a Pod behind a load balancer alone"),
    ],
)
def test_nothing_that_a_pod_has_is_lost_where_it_stops_gracefully(plan, fault):
    row = {"method": "POST", "keep_alive": 5}
    times = {"at": "10s", "detected_after": "5s"}
    busy = {"service_time": {"default": "50ms"}, "workers": {"default": 4}, "row": row}
    killed = ran(plan, {**fault, **times}, **busy)
    stopped = ran(plan, {**fault, **times, "graceful": True}, **busy)
    lost = sum(n for reason, n in killed.failed.items() if reason != "refused")
    assert lost >= 1
    assert set(stopped.failed) <= {"refused"}
    if plan == "single-ingress" and "pod" in fault:
        assert not stopped.failures
    else:
        assert len(failing(stopped, "refused")) > 20


def test_a_node_does_not_stop_gracefully():
    with pytest.raises(ScenarioError, match=r"faults\[0\]: graceful is for pod or controller_pod"):
        ran("lb-per-service", {"node": "node-a", "graceful": True})
