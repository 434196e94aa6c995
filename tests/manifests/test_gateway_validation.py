"""What the Gateway API's schemas refuse: each row is one change to an object that is fine."""

from __future__ import annotations

from copy import deepcopy

import pytest

from sim.manifests.validation import validate

API = "gateway.networking.k8s.io/v1"


def route(rule=None, **spec):
    rule = {"backendRefs": [{"name": "web", "port": 80}]} if rule is None else rule
    body = {"parentRefs": [{"name": "gw"}], "rules": [rule], **spec}
    return {"apiVersion": API, "kind": "HTTPRoute", "metadata": {"name": "r"}, "spec": body}


def gateway(*listeners, **spec):
    body = {"gatewayClassName": "c", "listeners": list(listeners) or [listener()], **spec}
    return {"apiVersion": API, "kind": "Gateway", "metadata": {"name": "gw"}, "spec": body}


def listener(name="http", port=80, protocol="HTTP", **more):
    return {"name": name, "port": port, "protocol": protocol, **more}


def path(value, kind="PathPrefix"):
    return {
        "matches": [{"path": {"type": kind, "value": value}}],
        "backendRefs": [{"name": "web", "port": 80}],
    }


def filtered(*filters, **rule):
    return route({"filters": list(filters), **rule})


def grant(**spec):
    body = {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "a"}],
        "to": [{"group": "", "kind": "Service"}],
        **spec,
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "g"},
        "spec": body,
    }


REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
REWRITE = {
    "type": "URLRewrite",
    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
}
CERTIFICATE = {"certificateRefs": [{"name": "tls"}]}
EXACT = {"path": {"type": "Exact", "value": "/a"}}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(route(), id="a-plain-route"),
        pytest.param(route({}), id="a-rule-without-backends-answers-500-but-is-stored"),
        pytest.param(route(path("/a/")), id="a-path-may-end-with-a-slash"),
        pytest.param(route(path("^/a//b", "RegularExpression")), id="an-expression-is-not-looked-at"),
        pytest.param(
            route({"backendRefs": [{"name": "b", "kind": "ServiceImport", "group": "x.io"}]}),
            id="other-kinds-need-no-port",
        ),
        pytest.param(filtered(REDIRECT), id="a-redirect-alone"),
        pytest.param(
            filtered(REWRITE, backendRefs=[{"name": "web", "port": 80}]), id="a-rewrite-of-the-default-match"
        ),
        pytest.param(route(hostnames=["*.shop.example"]), id="a-wildcard-host"),
        pytest.param(route({"retry": {"codes": [503], "attempts": 2}}), id="an-experimental-field"),
        pytest.param(gateway(), id="a-plain-gateway"),
        pytest.param(gateway(listener(), listener("other", hostname="a.example")), id="one-port-two-hosts"),
        pytest.param(gateway(listener("tls", 443, "HTTPS", tls=CERTIFICATE)), id="https-with-a-certificate"),
        pytest.param(gateway(addresses=[{"value": "203.0.113.1"}]), id="an-address"),
        pytest.param(grant(), id="a-grant"),
        pytest.param({**gateway(), "status": {"anything": [1]}}, id="a-status-of-any-form"),
    ],
)
def test_what_the_schema_allows_is_accepted(value):
    assert validate(value) == ()


@pytest.mark.parametrize(
    ("value", "field", "kind"),
    [
        pytest.param(route({"backendRefs": [{"name": "web"}]}), "spec.rules[0].backendRefs[0]", "Invalid value", id="a-service-needs-a-port"),
        pytest.param(route({"backendRefs": [{"name": "web", "port": 80, "weight": 1_000_001}]}), "spec.rules[0].backendRefs[0].weight", "Invalid value", id="weight-over-a-million"),
        pytest.param(route({"backendRefs": [{"name": "web", "port": 80, "weight": -1}]}), "spec.rules[0].backendRefs[0].weight", "Invalid value", id="weight-below-zero"),
        pytest.param(route({"backendRefs": [{"name": "web", "port": 70000}]}), "spec.rules[0].backendRefs[0].port", "Invalid value", id="port-too-large"),
        pytest.param(route({"backendRefs": [{"name": "web", "port": "80"}]}), "spec.rules[0].backendRefs[0].port", "Invalid value", id="port-in-quotes"),
        pytest.param(route({"backendRefs": [{"port": 80}]}), "spec.rules[0].backendRefs[0].name", "Required value", id="no-name"),
        pytest.param(route({"backendRefs": {"name": "web"}}), "spec.rules[0].backendRefs", "Invalid value", id="a-forgotten-dash"),
        pytest.param(route({"backendRef": []}), "spec.rules[0].backendRef", "strict decoding error", id="an-unknown-field"),
        pytest.param(route(path("a")), "spec.rules[0].matches[0].path", "Invalid value", id="path-without-slash"),
        pytest.param(route(path("/a/../b")), "spec.rules[0].matches[0].path", "Invalid value", id="path-with-dots"),
        pytest.param(route(path("/a", "Prefix")), "spec.rules[0].matches[0].path.type", "Unsupported value", id="path-type-of-ingress"),
        pytest.param(route({"matches": [{"method": "get"}]}), "spec.rules[0].matches[0].method", "Unsupported value", id="method-in-lower-case"),
        pytest.param(route({"matches": [{"headers": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}]}), "spec.rules[0].matches[0].headers[1]", "Duplicate value", id="one-header-twice"),
        pytest.param(route({"matches": [EXACT] * 65}), "spec.rules[0].matches", "Too many", id="65-matches"),
        pytest.param({**route(), "spec": {"rules": [{"matches": [EXACT] * 43}] * 3}}, "spec.rules", "Invalid value", id="129-matches-in-all"),
        pytest.param(route(hostnames=["Shop.example"]), "spec.hostnames[0]", "Invalid value", id="host-in-upper-case"),
        pytest.param(route(hostnames=["a.*.example"]), "spec.hostnames[0]", "Invalid value", id="star-in-the-middle"),
        pytest.param(route(rules=[]), "spec.rules", "Invalid value", id="no-rules"),
        pytest.param(route(parentRefs=[{"name": "gw"}, {"name": "gw"}]), "spec.parentRefs", "Invalid value", id="the-same-parent-twice"),
        pytest.param(route(parentRefs=[{"name": "gw"}, {"name": "gw", "port": 80}]), "spec.parentRefs", "Invalid value", id="one-reference-names-a-port-the-other-none"),
        pytest.param(filtered(REDIRECT, backendRefs=[{"name": "web", "port": 80}]), "spec.rules[0]", "Invalid value", id="redirect-beside-backends"),
        pytest.param(filtered(REDIRECT, REWRITE), "spec.rules[0].filters", "Invalid value", id="redirect-and-rewrite"),
        pytest.param(filtered(REWRITE, matches=[EXACT]), "spec.rules[0]", "Invalid value", id="prefix-replaced-in-an-exact-match"),
        pytest.param(filtered({"type": "URLRewrite"}), "spec.rules[0].filters[0]", "Invalid value", id="filter-without-its-field"),
        pytest.param(filtered({"type": "Rewrite"}), "spec.rules[0].filters[0].type", "Unsupported value", id="filter-of-no-type"),
        pytest.param(route({"timeouts": {"request": "1s", "backendRequest": "1m"}}), "spec.rules[0].timeouts", "Invalid value", id="backend-timeout-over-the-whole"),
        pytest.param(route({"timeouts": {"request": "1.5s"}}), "spec.rules[0].timeouts.request", "Invalid value", id="a-duration-with-a-fraction"),
        pytest.param(gateway(listener(port=0)), "spec.listeners[0].port", "Invalid value", id="port-zero"),
        pytest.param(gateway({"name": "http", "port": 80}), "spec.listeners[0].protocol", "Required value", id="no-protocol"),
        pytest.param(gateway(listener(), listener(port=81)), "spec.listeners[1]", "Duplicate value", id="one-name-twice"),
        pytest.param(gateway(listener(), listener("b")), "spec.listeners", "Invalid value", id="one-port-and-host-twice"),
        pytest.param(gateway(listener(tls=CERTIFICATE)), "spec.listeners", "Invalid value", id="tls-for-http"),
        pytest.param(gateway(listener("s", 443, "HTTPS", tls={})), "spec.listeners[0].tls", "Invalid value", id="no-certificate"),
        pytest.param(gateway(listener("s", 443, "TLS")), "spec.listeners", "Invalid value", id="tls-without-a-mode"),
        pytest.param(gateway(listener(allowedRoutes={"namespaces": {"from": "Any"}})), "spec.listeners[0].allowedRoutes.namespaces.from", "Unsupported value", id="from-anywhere-is-called-all"),
        pytest.param(gateway(addresses=[{"value": "gw.example"}]), "spec.addresses[0]", "Invalid value", id="a-name-where-an-address-belongs"),
        pytest.param({"apiVersion": API, "kind": "GatewayClass", "metadata": {"name": "c"}, "spec": {"controllerName": "c"}}, "spec.controllerName", "Invalid value", id="controller-without-a-path"),
        pytest.param({"apiVersion": API, "kind": "Gateway", "metadata": {"name": "c"}}, "spec", "Required value", id="no-spec"),
        pytest.param(grant(to=[]), "spec.to", "Invalid value", id="a-grant-to-nothing"),
        pytest.param(grant(**{"from": [{"group": "", "kind": "Service"}]}), "spec.from[0].namespace", "Required value", id="a-grant-from-nowhere"),
    ],
)  # fmt: skip
def test_what_the_schema_refuses_is_one_fault_at_its_field(value, field, kind):
    before = deepcopy(value)
    assert [(f.field, f.type) for f in validate(value)] == [(field, kind)]
    assert value == before


def test_one_fault_hides_none_in_another_rule():
    rules = [{"backendRefs": [{"name": "web"}]}, {"backendRefs": [{"name": "web", "port": 80, "weight": -1}]}]
    value = {**route(), "spec": {"rules": rules}}
    assert [f.field for f in validate(value)] == [
        "spec.rules[0].backendRefs[0]",
        "spec.rules[1].backendRefs[0].weight",
    ]


def test_a_long_header_value_is_judged_at_once():
    value = route({"matches": [{"headers": [{"name": "a", "value": "a" * 4000 + "\n"}]}]})
    assert [f.type for f in validate(value)] == ["Invalid value"]
