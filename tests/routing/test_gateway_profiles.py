"""What each gateway answers where the API leaves a choice, or the gateway goes its own way: a row per fact."""

import pytest

from sim.manifests.reading.loading import load_text
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.controllers import CONTROLLERS

PLANES = {p.name: p.of_gateways or p.controller for p in CONTROLLERS if p.plane is not None}
ALL, LETTER = [*PLANES, "letter"], "example.com/any"
TEXT = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: any}
spec: {controllerName: CONTROLLER}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: any
  listeners:
  - {name: http, protocol: HTTP, port: 80}
  - {name: a, protocol: HTTPS, port: 443, hostname: a.example, tls: {certificateRefs: [{name: c}]}}
  - {name: b, protocol: HTTPS, port: 443, hostname: b.example, tls: {certificateRefs: [{name: c}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: edge}]
  hostnames: [a.example, b.example]
  rules: [{RULE}]
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {ports: [{port: 80}], selector: {app: api}}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: empty-1, labels: {kubernetes.io/service-name: empty}}
addressType: IPv4
endpoints: []
ports: [{port: 80}]
"""
TO_API = "backendRefs: [{name: api, port: 80}]"
CORS = (
    f"filters: [{{type: CORS, cors: {{allowOrigins: ['https://page.test'], allowMethods: ['*']}}}}], {TO_API}"
)
CROSSING = {"Origin": "https://page.test", "Access-Control-Request-Method": "PUT"}


def asked(name: str, rule: str, request: Request):
    """The trace of a request at a gateway."""
    text = TEXT.replace("CONTROLLER", PLANES.get(name, LETTER)).replace("RULE", rule)
    return route(build(load_text(text, "edge.yaml")), request)


def at(path: str = "/", method: str = "GET", **headers: str) -> Request:
    return Request("a.example", path, method, headers=headers)


@pytest.mark.parametrize("name", ALL)
def test_a_gateway_is_answered_by_its_own_profile(name):
    assert asked(name, TO_API, at()).controller == (name if name != "letter" else "gateway-api")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ("backendRefs: [{name: none, port: 80}]", 500),
        ("backendRefs: [{name: empty, port: 80}]", 503),
        ("backendRefs: [{name: api, port: 80, weight: 0}]", 500),
        (f"matches: [{{path: {{value: /b}}}}], {TO_API}", 404),
    ],
    ids=["no Service", "nothing ready", "no weight", "no route"],
)
def test_statuses_of_all_are_alike(name, rule, status):
    assert asked(name, rule, at()).final.status == status


MIRROR = (
    f"filters: [{{type: RequestMirror, requestMirror: {{backendRef: {{name: api, port: 80}}}}}}], {TO_API}"
)
CHECK = (
    "filters: [{type: ExternalAuth, externalAuth: {protocol: HTTP, http: {}, backendRef: {name: api, port: 80}}}], "
    + TO_API
)


@pytest.mark.parametrize(
    ("rule", "refusing"),
    [(MIRROR, {"traefik"}), (CHECK, {"traefik", "envoy-gateway"})],
    ids=["mirror", "check"],
)
def test_who_refuses_a_filter(rule, refusing):
    ends = {name: asked(name, rule, at()).final for name in ALL}
    assert {name for name, final in ends.items() if final.code == "SIM2145"} == refusing
    assert {final.status for name, final in ends.items()} == {500, None}


@pytest.mark.parametrize(
    ("field", "ignoring"),
    [
        ("timeouts: {request: 1s}", {"nginx-gateway-fabric", "traefik"}),
        ("retry: {attempts: 2}", {"nginx-gateway-fabric", "traefik"}),
        ("sessionPersistence: {sessionName: s}", {"nginx-gateway-fabric", "traefik", "istio", "cilium"}),
    ],
)
def test_who_ignores_a_field(field, ignoring):
    traces = {name: asked(name, f"{field}, {TO_API}", at()) for name in ALL}
    said = {name for name, trace in traces.items() if any(n.code == "SIM2144" for n in trace.notes)}
    assert said == ignoring
    sent = {name: trace.final.sent for name, trace in traces.items()}
    kept = {name for name, one in sent.items() if one.tries or one.timeout_s or one.set_cookie}
    assert kept == set(ALL) - ignoring


@pytest.mark.parametrize("name", ALL)
def test_what_the_backend_gets_of_a_path(name):
    path = "/a//b/%63"
    found = asked(name, TO_API, at(path)).final.sent.path
    merging = {"envoy-gateway": "/a/b/c", "kgateway": "/a/b/c", "istio": "/a//b/c", "traefik": "/a/b/%63"}
    assert found == merging.get(name, path)


@pytest.mark.parametrize("name", ALL)
def test_a_preflight(name):
    final = asked(name, CORS, at(method="OPTIONS", **CROSSING)).final
    assert (final.status, final.code) == (200, "SIM2140")
    methods = final.response_headers["access-control-allow-methods"]
    assert methods == ("*" if name in ("nginx-gateway-fabric", "traefik") else "PUT")


@pytest.mark.parametrize("name", ALL)
def test_an_options_that_is_no_preflight_is_answered_by_nginx_alone(name):
    final = asked(name, CORS, at(method="OPTIONS")).final
    assert final.state == ("answered-by-proxy" if name == "nginx-gateway-fabric" else "delivered")
    with_redirect = (
        "filters: [{type: CORS, cors: {allowOrigins: ['*']}}, {type: RequestRedirect, requestRedirect: {}}]"
    )
    final = asked(name, with_redirect, at(method="OPTIONS", **CROSSING)).final
    assert final.state == ("answered-by-proxy" if name == "nginx-gateway-fabric" else "redirected")


@pytest.mark.parametrize("name", ALL)
def test_a_host_that_belongs_to_another_handshake(name):
    request = Request("b.example", scheme="https", sni="a.example")
    final = asked(name, TO_API, request).final
    assert final.status == (404 if name in ("envoy-gateway", "istio") else 421)


@pytest.mark.parametrize("name", ALL)
def test_the_root_replaced_loses_its_slash_at_envoy_gateway(name):
    change = "path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}"
    rule = f"filters: [{{type: URLRewrite, urlRewrite: {{{change}}}}}], {TO_API}"
    assert asked(name, rule, at("/a")).final.sent.path == ("/newa" if name == "envoy-gateway" else "/new/a")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ALL)
def test_every_status_of_a_redirect(name, status):
    rule = f"filters: [{{type: RequestRedirect, requestRedirect: {{scheme: https, statusCode: {status}}}}}]"
    final = asked(name, rule, at("/a")).final
    assert (final.status, final.location) == (status, "https://a.example/a")
