"""What a rule of a Gateway, and Envoy Gateway's policy for it, ask about choosing a Pod."""

from __future__ import annotations

import pytest
from clusters import cluster

from sim.routing import Request, route
from sim.routing.proxies.retries import FAILURES, NOT_SENT, Check, Circuit, Outlier
from sim.routing.running import balancing_of

EG, ISTIO = "gateway.envoyproxy.io/gatewayclass-controller", "istio.io/gateway-controller"
NGINX = "gateway.nginx.org/nginx-gateway-controller"
BASE = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: CONTROLLER}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: door}], rules: [{SAID backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
POLICY = """
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {name: own, namespace: shop}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: web}], SPEC}
"""


def asked(policy="", said="", controller=EG):
    """The trace, and how the proxies of the Gateway spread the requests of its rule."""
    text = BASE.replace("SAID", f"{said}," if said else "").replace("CONTROLLER", controller)
    built = cluster(text + (POLICY.replace("SPEC", policy) if policy else ""))
    trace = route(built, Request("shop.example"))
    found = balancing_of(built, trace.proxy, asked=trace.final.sent.balancing)
    assert f"{found.method.name}, per request" in trace.hops[-1].says
    return trace, found


@pytest.mark.parametrize(
    ("said", "method", "key", "cookie"),
    [
        ("", "least-request", "$request_uri", ""),
        ("{type: RoundRobin}", "round-robin", "$request_uri", ""),
        ("{type: Random}", "random", "$request_uri", ""),
        ("{type: LeastRequest}", "least-request", "$request_uri", ""),
        ("{type: ConsistentHash, consistentHash: {type: SourceIP}}", "maglev", "$remote_addr", ""),
        (
            "{type: ConsistentHash, consistentHash: {type: Header, header: {name: X-User}}}",
            "maglev", "${http_x_user}", "",
        ),
        ("{type: ConsistentHash, consistentHash: {type: Cookie, cookie: {name: id}}}", "maglev", "$cookie_id", ""),
        (
            "{type: ConsistentHash, consistentHash: {type: Cookie, cookie: {name: id, ttl: 1h}}}",
            "maglev", "$session", "id",
        ),
        (
            "{type: ConsistentHash, consistentHash: {type: QueryParams, queryParams: [{name: u}]}}",
            "maglev", "${arg_u}", "",
        ),
    ],
)  # fmt: skip
def test_the_balancers_of_a_policy(said, method, key, cookie):
    trace, found = asked(f"loadBalancer: {said}" if said else "")
    assert (found.method.full_name, found.key, found.cookie) == (f"envoy/{method}", key, cookie)
    assert not any(entry.may_change_answer for entry in trace.unmodelled)


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("retry: {numRetries: 4}", {"tries": 5, "after": NOT_SENT | {503}}),
        ("retry: {retryOn: {triggers: [5xx]}}", {"tries": 3, "after": FAILURES | set(range(500, 600))}),
        (
            "retry: {retryOn: {triggers: [retriable-status-codes], httpStatusCodes: [429]}}",
            {"after": frozenset({429}), "reselects": 5},
        ),
        ("retry: {retryOn: {triggers: [reset], httpStatusCodes: [429]}}", {"after": FAILURES}),
        ("timeout: {tcp: {connectTimeout: 3s}, http: {requestTimeout: 20s}}",
         {"connect_timeout_s": 3.0, "read_timeout_s": 20.0}),
        ("healthCheck: {active: {type: TCP, tcp: {}}}", {"check": Check(interval_s=3.0, fall=3, rise=1)}),
        (
            "healthCheck: {passive: {consecutive5XxErrors: 2, baseEjectionTime: 5s, maxEjectionPercent: 50}}",
            {"outlier": Outlier(consecutive_5xx=2, interval_s=3.0, base_s=5.0, most_percent=50)},
        ),
        ("circuitBreaker: {maxPendingRequests: 1}", {"circuit": Circuit(pending=1)}),
    ],
)  # fmt: skip
def test_how_a_policy_lets_envoy_go_on(said, changed):
    trace, found = asked(said)
    assert {name: getattr(found.retries, name) for name in changed} == changed
    assert not any(entry.may_change_answer for entry in trace.unmodelled)


@pytest.mark.parametrize(
    "said", ["loadBalancer: {type: RoundRobin, slowStart: {window: 9s}}", "circuitBreaker: {retryBudget: {}}"]
)
def test_what_is_not_modelled_of_a_policy_is_named(said):
    trace, _ = asked(said)
    assert any(entry.may_change_answer for entry in trace.unmodelled)


@pytest.mark.parametrize(
    ("controller", "said", "after"),
    [
        (EG, "retry: {attempts: 1}", NOT_SENT | {503}),
        (EG, "retry: {codes: [500]}", NOT_SENT | {500}),
        (ISTIO, "retry: {codes: [502]}", NOT_SENT | {502}),
        (ISTIO, "", NOT_SENT),
        (EG, "", frozenset()),
    ],
)
def test_after_what_a_rule_is_tried_again(controller, said, after):
    assert asked(said=said, controller=controller)[1].retries.after == after


def test_the_retry_of_a_rule_goes_before_that_of_a_policy():
    _, found = asked("retry: {retryOn: {triggers: [5xx]}}", "retry: {codes: [500]}")
    assert found.retries.after == NOT_SENT | {500}


@pytest.mark.parametrize(("controller", "cookie"), [(EG, "door"), (ISTIO, ""), (NGINX, "")])
def test_a_session_of_a_rule_binds_where_the_gateway_reads_it(controller, cookie):
    _, found = asked(said="sessionPersistence: {type: Cookie, sessionName: door}", controller=controller)
    assert (found.cookie, found.method.even) == (cookie, False)
