"""What clients hold open: HTTP/1.1, HTTP/2, UDP, session affinity, TLS; per Pod and per node."""

from __future__ import annotations

import numpy as np
import pytest
from small import HOST, NO_DELAY, app, design, experiment

from sim.plans import PLANS
from sim.simulation.engines import run
from sim.simulation.summary import summarise, to_json

DNS = """
---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 53, protocol: UDP}]}
"""
TWO_PATHS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /web, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
"""


def ran(plan: str, manifests: str | None = None, seed: int = 1, **keys):
    found = experiment(manifests or app(pods=4), **keys)
    return run(design(found, plan), found.scenario, seed)


def by_connection(result):
    return [np.flatnonzero(result.connection == c) for c in np.unique(result.connection) if c >= 0]


def with_affinity(pods: int, timeout_s: int = 10800) -> str:
    config = (
        f"sessionAffinity: ClientIP, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: {timeout_s}}}}}"
    )
    return app(pods=pods).replace("type: LoadBalancer,", f"type: LoadBalancer, {config},")


@pytest.mark.parametrize("plan", PLANS)
def test_http2_is_one_connection_per_client_that_lasts(plan):
    result = ran(
        plan, traffic=[{"host": HOST, "rps": 50, "duration_s": 5, "protocol": "http2", "clients": 3}]
    )
    assert len(by_connection(result)) == 3


def test_http2_and_keep_alive_pin_a_client_to_a_pod_and_a_controller_does_not():
    rows = [{"host": HOST, "rps": 50, "requests": 250, "protocol": "http2", "clients": 2}]
    direct, shared = (ran(plan, traffic=rows) for plan in ("lb-per-service", "single-ingress"))
    assert all(len(set(direct.pod[c].tolist())) == 1 for c in by_connection(direct))
    assert len(set(direct.pod.tolist())) <= 2
    assert len(set(shared.pod.tolist())) == 4


def test_an_http1_connection_carries_one_request_at_a_time_and_no_more_than_keep_alive():
    rows = [{"host": HOST, "rps": 100, "duration_s": 5, "client_ip": "203.0.113.9", "keep_alive": 7}]
    result = ran("lb-per-service", traffic=rows)
    for mine in by_connection(result):
        assert len(mine) <= 7
        assert (result.sent_s[mine][1:] >= result.answered_s[mine][:-1]).all()
    assert max(len(mine) for mine in by_connection(result)) == 7


def test_on_one_host_services_share_connections_behind_an_ingress_alone():
    rows = [
        {"host": "shop.example", "path": p, "rps": 20, "duration_s": 10, "keep_alive": 50}
        for p in ("/web", "/api")
    ]
    manifests = app("web", 2) + "---" + app("api", 2) + TWO_PATHS
    opened = {plan: len(by_connection(ran(plan, manifests, traffic=rows))) for plan in PLANS}
    # Not to the last one: a client opens another where an answer is still on its way, and Pods differ by plan.
    assert all(
        opened[p] < 0.7 * opened["lb-per-service"] for p in ("single-ingress", "gateway", "shared-alb")
    )
    assert (
        max(opened["single-ingress"], opened["gateway"], opened["shared-alb"])
        < 0.6 * opened["lb-per-service"]
    )


def test_without_affinity_clients_behind_one_address_spread():
    rows = [{"host": HOST, "rps": 100, "requests": 500, "client_ip": "203.0.113.9", "clients": 50}]
    assert len(set(ran("lb-per-service", traffic=rows).pod.tolist())) == 4


def test_with_affinity_all_clients_behind_one_address_get_one_pod_per_node():
    rows = [{"host": HOST, "rps": 100, "requests": 500, "client_ip": "203.0.113.9", "clients": 50}]
    result = ran("lb-per-service", with_affinity(4), traffic=rows)
    for node in np.unique(result.node):
        assert len(set(result.pod[result.node == node].tolist())) == 1
    one = ran("lb-per-service", with_affinity(4), traffic=rows, nodes={"zone-a": 1})
    assert len(set(one.pod.tolist())) == 1


def test_affinity_is_of_the_address_and_ends_after_its_timeout():
    apart = [{"host": HOST, "rps": 100, "requests": 500, "clients": 50}]
    assert len(set(ran("lb-per-service", with_affinity(4), traffic=apart, nodes={"z": 1}).pod.tolist())) == 4
    slow = [{"host": HOST, "rps": 0.2, "requests": 60, "arrivals": "constant", "client_ip": "203.0.113.9"}]
    forgets = ran("lb-per-service", with_affinity(4, 3), traffic=slow, nodes={"z": 1})
    keeps = ran("lb-per-service", with_affinity(4, 6), traffic=slow, nodes={"z": 1})
    assert len(set(forgets.pod.tolist())) == 4
    assert len(set(keeps.pod.tolist())) == 1


def test_under_policy_local_the_load_balancer_is_even_over_nodes_not_over_pods():
    """Three Pods, two on one node: 1/2 for the lonely one, 1/4 for the others."""
    local = app(pods=3).replace("type: LoadBalancer,", "type: LoadBalancer, externalTrafficPolicy: Local,")
    rows = [{"host": HOST, "rps": 200, "requests": 6000}]
    result = ran("lb-per-service", local, traffic=rows, nodes={"a": 1, "b": 1}, workers={"default": 50})
    shares = sorted(np.unique(result.pod, return_counts=True)[1] / len(result))
    for share, expected in zip(shares, (0.25, 0.25, 0.5), strict=True):
        assert abs(share - expected) < 2.58 * (expected * (1 - expected) / len(result)) ** 0.5
    nodes = to_json(summarise([result]), (), "v")["nodes"]
    assert sorted(n["requests"] == n["served"] for n in nodes) == [True, True]


@pytest.mark.parametrize("plan", PLANS)
def test_udp_goes_to_its_own_load_balancer_without_handshake_or_controller(plan):
    rows = [{"host": "dns.shop.example", "protocol": "udp", "rps": 5, "requests": 50, "clients": 1}]
    result = ran(plan, app() + DNS, traffic=rows, service_time={"default": "1ms"}, nodes={"z": 1})
    assert result.destinations == ("shop/dns",)
    assert (result.controller == -1).all()
    looked_up = result.latency_s > 0.055
    assert result.latency_s[~looked_up] == pytest.approx(0.040 + 0.0002 + 0.0006 + 0.001, rel=1e-9)
    assert looked_up[0]


def test_a_udp_flow_keeps_its_pod_until_conntrack_forgets_it():
    rows = [
        {"host": "dns.shop.example", "protocol": "udp", "requests": 80, "arrivals": "constant", "clients": 1}
    ]

    def flows(rps, **more):
        return ran("lb-per-service", app(pods=4) + DNS, traffic=[{**rows[0], "rps": rps, **more}])

    often, seldom = flows(1 / 25), flows(1 / 130)
    assert len(by_connection(often)) == 1
    assert len(set(often.pod.tolist())) == 1
    assert len(by_connection(seldom)) == 80
    assert len(set(seldom.pod.tolist())) == 4
    assert len(by_connection(flows(1 / 25, keep_alive=1))) == 80


@pytest.mark.parametrize(
    ("tls", "trips", "cpu_s"),
    [
        pytest.param({"version": "1.3"}, 1, 0.0005, id="TLS 1.3, a key that is not known"),
        pytest.param({"version": "1.2", "key": "rsa2048"}, 2, 0.0007, id="TLS 1.2 with RSA"),
        pytest.param({"version": "1.3", "key": "ecdsa-p256"}, 1, 0.00046, id="TLS 1.3 with ECDSA"),
        pytest.param({"version": "1.2", "key": "rsa2048", "resumption": True}, 1, 0.00019, id="TLS 1.2 resumed"),
        pytest.param({"version": "1.3", "key": "rsa4096", "resumption": True}, 1, 0.00041, id="TLS 1.3 resumed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("plan", PLANS)
def test_tls_takes_round_trips_and_cpu_where_it_ends(plan, tls, trips, cpu_s):
    """One client, far apart requests: after the first, each latency is the same sum."""
    rows = [
        {"host": HOST, "scheme": "https", "rps": 0.1, "requests": 5, "arrivals": "constant", "clients": 1}
    ]
    manifests = app().replace("---", "---", 1) + TLS_INGRESS
    latency = {**NO_DELAY, "client": "10ms", "load_balancer_http": "0ms"}
    del latency["tls_cpu"]
    result = ran(
        plan, manifests, traffic=rows, tls=tls, service_time={"default": "1ms"}, latency=latency,
        controller={"service_time": "0ms"},
    )  # fmt: skip
    assert result.latency_s[2] == pytest.approx(0.010 * (2 + trips) + 0.001 + cpu_s, rel=1e-9)


TLS_INGRESS = f"""
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop}}
spec:
  tls: [{{hosts: [{HOST}], secretName: web-tls}}]
  rules:
  - host: {HOST}
    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}
"""


def test_a_share_of_connections_resumes():
    rows = [{"host": HOST, "scheme": "https", "rps": 5, "requests": 2000, "clients": 1}]
    latency = {**NO_DELAY, "client": "10ms"}
    tls = {"version": "1.2", "resumption": 0.75}
    result = ran("lb-per-service", app() + TLS_INGRESS, traffic=rows, tls=tls, latency=latency, workers={"default": 99},
                 service_time={"default": "0ms"})  # fmt: skip
    short = np.count_nonzero(result.latency_s < 0.035) / len(result)
    assert abs(short - 0.75) < 2.58 * (0.75 * 0.25 / len(result)) ** 0.5


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("targets", ["node", "pod"])
def test_at_one_per_cent_load_latency_is_the_sum_of_the_delays_in_every_plan(plan, targets):
    latency = {
        "client": "40ms", "zone": "2ms", "cross_zone": "2ms", "dns": "0ms", "load_balancer": "1ms",
        "load_balancer_http": "3ms",
    }  # fmt: skip
    rows = [{"host": HOST, "rps": 1, "requests": 2000, "client_ip": "203.0.113.1"}]
    result = ran(
        plan, app(pods=2), traffic=rows, latency=latency, service_time={"default": "10ms"}, workers={"default": 1},
        controller={"service_time": "1ms", "workers": 1}, lb_targets=targets,
    )  # fmt: skip
    front, to_target = 0.042, 0.002 if targets == "pod" else 0.004
    way = front if plan == "shared-alb" else front + to_target
    beyond = {
        "lb-per-service": 0.0, "as-is": 0.0, "single-ingress": 0.001 + 0.002, "gateway": 0.001 + 0.002,
        "shared-alb": 0.003 + to_target,
    }  # fmt: skip
    assert float(result.latency_s.mean()) == pytest.approx(2 * way + beyond[plan] + 0.010, rel=0.01)


def test_targets_that_are_pods_are_reached_without_a_border_at_a_node():
    rows = [{"host": HOST, "rps": 50, "requests": 300}]
    assert ran("lb-per-service", traffic=rows).crossings.sum() > 0
    assert ran("lb-per-service", traffic=rows, lb_targets="pod").crossings.sum() == 0


def test_a_load_balancer_that_reads_http_takes_turns_among_its_targets():
    rows = [{"host": HOST, "rps": 50, "requests": 400, "keep_alive": 100}]
    result = ran("shared-alb", traffic=rows)
    assert np.unique(result.pod, return_counts=True)[1].tolist() == [100] * 4
    assert (result.controller == -1).all()
