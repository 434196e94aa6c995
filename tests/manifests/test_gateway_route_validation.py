"""What the schemas of gRPC, TLS, TCP and UDP routes, ListenerSets and BackendTLSPolicies refuse: one change each."""

from __future__ import annotations

import pytest

from sim.manifests.validation import validate

GROUP = "gateway.networking.k8s.io"
BACKEND = {"name": "web", "port": 80}
HOST = "a.example"


def made(kind, version="v1", **spec):
    return {"apiVersion": f"{GROUP}/{version}", "kind": kind, "metadata": {"name": "x"}, "spec": spec}


def rpc(*matches, filters=(), **spec):
    rule = {"matches": list(matches), "filters": list(filters), "backendRefs": [BACKEND]}
    return made("GRPCRoute", parentRefs=[{"name": "gw"}], rules=[rule], **spec)


def method(**parts):
    return {"method": parts}


def tls(*hostnames, rules=1, version="v1", **rule):
    every = [{"backendRefs": [BACKEND], **rule} for _ in range(rules)]
    return made("TLSRoute", version, parentRefs=[{"name": "gw"}], hostnames=list(hostnames), rules=every)


def stream(kind, rules=1, version="v1", **rule):
    every = [{"backendRefs": [BACKEND], **rule} for _ in range(rules)]
    return made(kind, version, parentRefs=[{"name": "gw"}], rules=every)


def listeners(*found):
    every = list(found) or [{"name": "x", "port": 80, "protocol": "HTTP"}]
    return made("ListenerSet", parentRef={"name": "gw"}, listeners=every)


def policy(targets=None, **validation):
    every = [{"group": "", "kind": "Service", "name": "web"}] if targets is None else targets
    return made("BackendTLSPolicy", targetRefs=every, validation={"hostname": HOST, **validation})


TRUST = {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}
PART = {"group": "", "kind": "Service", "name": "web", "sectionName": "a"}
HEADERS = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(rpc(), id="every-method"),
        pytest.param(rpc(method(service="a.b.C", method="D")), id="service-and-method"),
        pytest.param(
            rpc(method(service="^a/", type="RegularExpression")), id="an-expression-is-not-looked-at"
        ),
        pytest.param(rpc({"headers": [{"name": "x", "value": "1"}]}), id="headers-alone"),
        pytest.param(rpc(filters=[HEADERS]), id="headers-changed"),
        pytest.param(made("GRPCRoute"), id="a-route-without-rules"),
        pytest.param(tls(HOST, "*.b.example"), id="server-names"),
        pytest.param(tls(version="v1alpha2", rules=2), id="older-ones-need-no-name"),
        pytest.param(stream("TCPRoute"), id="tcp"),
        pytest.param(stream("UDPRoute"), id="udp"),
        pytest.param(stream("TCPRoute", rules=2, version="v1alpha2"), id="older-ones-have-several-rules"),
        pytest.param(listeners(), id="listeners"),
        pytest.param(policy(**TRUST), id="a-policy"),
        pytest.param(policy(wellKnownCACertificates="System"), id="well-known-authorities"),
        pytest.param(policy([PART, {**PART, "sectionName": "b"}], **TRUST), id="two-sections"),
        pytest.param(
            policy(subjectAltNames=[{"type": "URI", "uri": "spiffe://a/b"}], **TRUST),
            id="an-alternative-name",
        ),
    ],
)
def test_what_is_taken(value):
    assert [str(fault) for fault in validate(value)] == []


@pytest.mark.parametrize(
    ("value", "field"),
    [
        pytest.param(rpc(method(type="Exact")), "spec.rules[0].matches[0].method", id="nothing-matched"),
        pytest.param(rpc(method(service="a/b")), "spec.rules[0].matches[0].method", id="a-slash"),
        pytest.param(rpc(method(method="a.b")), "spec.rules[0].matches[0].method", id="a-dot-in-a-method"),
        pytest.param(rpc(filters=[REDIRECT]), "spec.rules[0].filters[0].type", id="no-redirects"),
        pytest.param(rpc(filters=[HEADERS, HEADERS]), "spec.rules[0].filters", id="a-filter-twice"),
        pytest.param(rpc(hostnames=["a_b"]), "spec.hostnames[0]", id="no-host-name"),
        pytest.param(tls(), "spec.hostnames", id="no-server-name"),
        pytest.param(tls("10.0.0.1"), "spec.hostnames", id="an-address"),
        pytest.param(tls("a.*.example"), "spec.hostnames", id="a-star-inside"),
        pytest.param(tls(HOST, rules=2), "spec.rules", id="one-rule"),
        pytest.param(tls(HOST, backendRefs=[]), "spec.rules[0].backendRefs", id="a-backend-must-be"),
        pytest.param(stream("TCPRoute", rules=2), "spec.rules", id="one-rule-of-tcp"),
        pytest.param(
            stream("UDPRoute", backendRefs=[{"name": "a"}]), "spec.rules[0].backendRefs[0]", id="no-port"
        ),
        pytest.param(
            listeners({"name": "x", "port": 80, "protocol": "TCP", "hostname": HOST}),
            "spec.listeners",
            id="tcp-host",
        ),
        pytest.param(
            listeners(*({"name": n, "port": 80, "protocol": "HTTP"} for n in "ab")),
            "spec.listeners",
            id="alike",
        ),
        pytest.param(policy(), "spec.validation", id="nobody-to-trust"),
        pytest.param(policy(wellKnownCACertificates="System", **TRUST), "spec.validation", id="both"),
        pytest.param(policy([PART, PART], **TRUST), "spec.targetRefs", id="a-section-twice"),
        pytest.param(
            policy([PART, {k: v for k, v in PART.items() if k != "sectionName"}], **TRUST),
            "spec.targetRefs",
            id="a-section-and-the-whole",
        ),
        pytest.param(
            policy(subjectAltNames=[{"type": "URI", "hostname": HOST}], **TRUST),
            "spec.validation.subjectAltNames[0]",
            id="the-other-field",
        ),
    ],
)
def test_what_is_refused(value, field):
    assert field in {fault.field for fault in validate(value)}
