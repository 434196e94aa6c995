"""What Envoy makes of a path, row by row as the real one answered; and a Gateway that it carries."""

from __future__ import annotations

import pytest
from answers import CLASS, behind, of_routes

from sim.routing.controllers import ENVOY_GATEWAY
from sim.routing.path_rules import LETTER, PathRules, received

UNIFORM = PathRules(normalize_path=True, merge_slashes=True)


@pytest.mark.parametrize(
    ("sent", "compared"),
    [
        pytest.param("/a//b", "/a/b", id="slashes are merged"),
        pytest.param("//", "//", id="two slashes alone stay two"),
        pytest.param("/a/../../b", "/b", id="above the root is the root"),
        pytest.param("/a//../b", "/a/b", id="dot dot takes an empty element, for slashes are merged later"),
        pytest.param("/a/..", "/", id="a final dot dot leaves a slash"),
        pytest.param("/a/..;x=1/b", "/b", id="parameters of dots go with them"),
        pytest.param("/%61%2E%7e/%2e%2e/b", "/b", id="escaped letters and dots are decoded"),
        pytest.param("/a%2Fb", "/a%2Fb", id="an escaped slash is kept"),
        pytest.param("/a%20b%C3%A9", "/a%20b%C3%A9", id="what must be escaped stays escaped"),
        pytest.param("/%4%61", "/%254a", id="decoding makes no new escape"),
        pytest.param("/%zz", "/%zz", id="a percent sign alone stays"),
        pytest.param("/a\\b", "/a/b", id="a backslash is a slash"),
        pytest.param("/{a}|b", "/%7Ba%7D%7Cb", id="what may not stand in a path is escaped"),
        pytest.param("/a?x=/../%61", "/a?x=/../%61", id="the query stays as it is"),
    ],
)
def test_envoy_makes_a_path_uniform(sent, compared):
    assert received(sent, UNIFORM).path == compared
    assert received(sent, UNIFORM).status is None
    assert received(sent, PathRules()).path == sent


@pytest.mark.parametrize(
    ("action", "path", "status"),
    [
        pytest.param("KEEP_UNCHANGED", "/a%2Fb%5cc?q=%2F", None, id="kept"),
        pytest.param("REJECT_REQUEST", "/a%2Fb%5cc?q=%2F", 400, id="refused"),
        pytest.param("UNESCAPE_AND_FORWARD", "/a/b/c?q=%2F", None, id="written out"),
        pytest.param("UNESCAPE_AND_REDIRECT", "/a/b/c?q=%2F", 307, id="the client is sent there"),
    ],
)
def test_an_escaped_slash(action, path, status):
    said = received("/a%2Fb%5cc?q=%2F", PathRules(True, True, action))
    assert (said.path, said.status) == (path, status)


def test_a_path_with_an_escaped_nul_is_refused():
    assert received("/a%00", UNIFORM).status == 400


def _objects(controller: str) -> list[dict]:
    api = "gateway.networking.k8s.io/v1"
    parent = {"parentRefs": [{"name": "edge"}]}
    route = {"apiVersion": api, "kind": "HTTPRoute"}
    backend = [{"backendRefs": [{"name": "web", "port": 80}]}]
    api_only = [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/api"}}],
            "backendRefs": backend[0]["backendRefs"],
        }
    ]
    return [
        {"apiVersion": api, "kind": "GatewayClass", "metadata": {"name": CLASS}, "spec": {"controllerName": controller}},
        {"apiVersion": api, "kind": "Gateway", "metadata": {"name": "edge", "namespace": "lab"}, "spec": {
            "gatewayClassName": CLASS, "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]}},
        route | {"metadata": {"name": "any", "namespace": "lab"}, "spec": parent | {"rules": backend}},
        route | {"metadata": {"name": "shop", "namespace": "lab"}, "spec": parent | {
            "hostnames": ["shop.example"], "rules": api_only}},
        *behind(["web"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plane", "host", "path", "status"),
    [
        pytest.param(LETTER, "shop.example", "/other", 200, id="by the letter a wider host name takes over"),
        pytest.param(ENVOY_GATEWAY.plane, "shop.example", "/other", 404, id="Envoy does not look on"),
        pytest.param(
            ENVOY_GATEWAY.plane, "shop.example", "//x/../api", 200, id="Envoy makes the path uniform"
        ),
        pytest.param(LETTER, "shop.example", "/x/../api", 200, id="by the letter the path is as sent"),
        pytest.param(
            ENVOY_GATEWAY.plane, "other.example", "/x%2Fy", 307, id="Envoy Gateway redirects an escaped slash"
        ),
    ],
)
def test_what_carries_a_gateway_shows(plane, host, path, status):
    assert of_routes(_objects("example.com/any"), plane)(host, path).status == status


def test_the_class_of_a_gateway_tells_what_carries_it():
    ask = of_routes(_objects("gateway.envoyproxy.io/gatewayclass-controller"))
    assert ask("shop.example", "/other").status == 404
    assert of_routes(_objects("example.com/any"))("shop.example", "/other").status == 200
