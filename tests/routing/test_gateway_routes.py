"""GRPCRoutes, TLSRoutes, TCPRoutes, UDPRoutes, ListenerSets and BackendTLSPolicies: answers and reasons."""

from __future__ import annotations

import pytest
import yaml
from clusters import API, behind_gateway, cluster
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from live.call_tables import call_tables

from sim.cluster.setup import BackendCertificate, Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.objects.gateway_routes import GRPCRoute
from sim.manifests.reading.loading import documents
from sim.report.text.terminal import trace_lines
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.gateway import grpc
from sim.routing.trace import GRPC_CONTENT

GROUP = "gateway.networking.k8s.io"
CLASS = {
    "apiVersion": f"{GROUP}/v1",
    "kind": "GatewayClass",
    "metadata": {"name": "std"},
    "spec": {"controllerName": "example.com/gateway"},
}


def made(kind, name, version="v1", age=None, **spec):
    metadata = {"name": name, "namespace": "shop"} | ({"creationTimestamp": age} if age else {})
    return {"apiVersion": f"{GROUP}/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def gateway(*listeners, **more):
    return [CLASS, made("Gateway", "gw", gatewayClassName="std", listeners=list(listeners), **more)]


def listener(name, port, protocol, **more):
    return {"name": name, "port": port, "protocol": protocol, **more}


def to(kind, name, *backends, parent=None, age=None, **more):
    refs = [{"name": b, "port": 53} for b in backends]
    return made(
        kind, name, age=age, parentRefs=[parent or {"name": "gw"}], rules=[{"backendRefs": refs}], **more
    )


def service(name, *protocols):
    ports = [{"name": p.lower(), "port": 53, "protocol": p} for p in protocols or ("TCP",)]
    metadata = {"name": name, "namespace": "shop"}
    labels = {"kubernetes.io/service-name": name}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": labels},
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.244.1.9"]}],
            "ports": [
                {"name": p.lower(), "port": 5300 + n, "protocol": p}
                for n, p in enumerate(protocols or ("TCP",))
            ],
        },
    ]


def asked(objects, request, setup=None):
    text = yaml.safe_dump_all(objects).encode()
    cluster = build(merge([from_document(d) for d in documents(text, "a.yaml")]), setup or Setup())
    return route(cluster, request, to="gateway:shop/gw")


@examples(30)
@given(call_tables(), st.booleans())
def test_the_index_and_the_walk_over_all_matches_agree(table, one_host):
    routes = [GRPCRoute.model_validate(item) for item in table.manifests]
    rows = [row for r in routes for row in grpc.rows_of(r, tuple(r.spec.hostnames) or ("",))]
    rules = grpc.table(rows, one_host)
    for call in table.requests:
        headers = {"content-type": GRPC_CONTENT, **dict(call.headers)}
        request = Request(call.host, f"/{call.service}/{call.method}", "POST", headers=headers)
        decided = grpc.decide(request, rules)
        won = [step.rule for step in grpc.explain(request, rules) if step.wins]
        assert won == ([decided.rule] if decided else [])


def test_a_grpc_url_is_the_request_that_it_stands_for():
    request = Request.parse("grpcs://api.example:8443/a.B/C", headers={"x": "1"})
    assert (request.scheme, request.method, request.path) == ("https", "POST", "/a.B/C")
    assert request.headers == {"content-type": GRPC_CONTENT, "x": "1"}
    assert request.is_grpc
    assert not Request.parse("http://api.example/a.B/C", method="POST").is_grpc


@pytest.mark.parametrize(
    ("url", "sni", "name"),
    [
        ("https://a.example/", None, "a.example"),
        ("https://a.example/", "b.example", "b.example"),
        ("tls://a.example", None, "a.example"),
        ("tls://a.example", "", None),
        ("http://a.example/", None, None),
    ],
)
def test_the_server_name_of_a_handshake(url, sni, name):
    assert Request.parse(url, sni=sni).server_name == name


def test_a_route_gets_the_port_of_its_protocol_where_a_number_has_two():
    listeners = gateway(listener("u", 53, "UDP"), listener("t", 53, "TCP"))
    objects = [
        *listeners,
        to("UDPRoute", "u", "dns"),
        to("TCPRoute", "t", "dns"),
        *service("dns", "TCP", "UDP"),
    ]
    assert asked(objects, Request("any", scheme="udp", port=53)).final.endpoints == ("10.244.1.9:5301",)
    assert asked(objects, Request("any", scheme="tcp", port=53)).final.endpoints == ("10.244.1.9:5300",)


PASSING = {"tls": {"mode": "Passthrough"}}


@pytest.mark.parametrize(
    ("objects", "request_", "state", "code", "words"),
    [
        pytest.param(
            gateway(listener("t", 53, "TCP")), Request("any", scheme="tcp", port=53),
            "refused", "SIM2066", "no route of listener t", id="a listener without a route",
        ),
        pytest.param(
            [*gateway(listener("t", 53, "TCP"), listener("web", 80, "HTTP")),
             to("TCPRoute", "r", "dns", parent={"name": "gw", "sectionName": "web"}), *service("dns")],
            Request("any", scheme="tcp", port=53),
            "refused", "SIM2066", "sectionName web: not this listener", id="a route for another section",
        ),
        pytest.param(
            [*gateway(listener("t", 443, "TLS", **PASSING)), to("TCPRoute", "r", "dns"), *service("dns")],
            Request("a.example", scheme="tls", port=443),
            "tls-failed", "SIM2066", "takes no TCPRoutes", id="TLS that is passed on is for TLSRoutes",
        ),
        pytest.param(
            [*gateway(listener("t", 443, "TLS", **PASSING)),
             to("TLSRoute", "r", "dns", hostnames=["a.example"]), *service("dns")],
            Request("b.example", scheme="https"),
            "tls-failed", "SIM2066", "the server name b.example", id="another server name",
        ),
        pytest.param(
            [*gateway(listener("u", 53, "UDP")), to("UDPRoute", "r", "ghost")],
            Request("any", scheme="udp", port=53),
            "dropped", "SIM2007", "it is dropped", id="a datagram for nobody",
        ),
    ],
)  # fmt: skip
def test_what_nobody_takes_ends_at_once_and_says_why(objects, request_, state, code, words):
    final = asked(objects, request_).final
    assert (final.state, final.code) == (state, code)
    assert words in final.message


def test_a_host_belongs_to_one_kind_of_route_the_older_one():
    objects = [
        *gateway(listener("web", 80, "HTTP")),
        to("HTTPRoute", "web", "web", age="2025-01-01T00:00:00Z", hostnames=["a.example"]),
        to("GRPCRoute", "rpc", "rpc", age="2024-01-01T00:00:00Z", hostnames=["*.example"]),
        *service("web"), *service("rpc"),
    ]  # fmt: skip
    trace = asked(objects, Request.parse("grpc://a.example/a.B/C"))
    assert trace.final.backend == "shop/rpc:53"
    refused = next(s for h in trace.hops for s in h.steps if s.rule.startswith("shop/web"))
    assert "GRPCRoute shop/rpc is older" in refused.because


def policy(name="p", age=None, section=None, **validation):
    target = {"group": "", "kind": "Service", "name": "dns"} | ({"sectionName": section} if section else {})
    given_ = {"hostname": "dns.example", "wellKnownCACertificates": "System", **validation}
    return made("BackendTLSPolicy", name, age=age, targetRefs=[target], validation=given_)


SERVED = [*gateway(listener("web", 80, "HTTP")), to("HTTPRoute", "r", "dns"), *service("dns")]
SHOWN = {"shop/dns:53": BackendCertificate(("*.example",), "A")}


@pytest.mark.parametrize(
    ("policies", "shown", "status", "sni"),
    [
        pytest.param([], SHOWN, None, None, id="without a policy in plain text"),
        pytest.param([policy()], None, None, "dns.example", id="nothing is known of the certificate"),
        pytest.param([policy()], SHOWN, None, "dns.example", id="a wildcard in the certificate"),
        pytest.param([policy(hostname="a.dns.example")], SHOWN, 503, None, id="a wildcard is one label"),
        pytest.param([policy()], {}, 503, None, id="no TLS there"),
        pytest.param(
            [policy(subjectAltNames=[{"type": "Hostname", "hostname": "x.test"}])], SHOWN, 503, None, id="no such name"
        ),
        pytest.param([policy(wellKnownCACertificates="example.com/mine")], None, 500, None, id="not known authorities"),
        pytest.param([policy(section="udp", hostname="no.test")], SHOWN, None, None, id="a policy for another port"),
        pytest.param(
            [policy("all", hostname="no.test"), policy("tcp", section="tcp")], SHOWN, None, "dns.example",
            id="the port goes before the Service",
        ),
        pytest.param(
            [policy("a", "2025-01-01T00:00:00Z", hostname="no.test"), policy("b", "2024-01-01T00:00:00Z")],
            SHOWN, None, "dns.example", id="the older one holds",
        ),
    ],
)  # fmt: skip
def test_tls_to_the_backend(policies, shown, status, sni):
    final = asked([*SERVED, *policies], Request("any.example"), Setup(backend_tls=shown)).final
    assert final.status == status
    if status is None:
        assert final.sent.backend_sni == sni
    else:
        assert final.code == "SIM2067"


def more(name, age, host, **spec):
    found = listener("x", 80, "HTTP", hostname=host)
    return made("ListenerSet", name, age=age, parentRef={"name": "gw"}, listeners=[found], **spec)


@pytest.mark.parametrize(("allowed", "status"), [(None, 404), ("None", 404), ("Same", None), ("All", None)])
def test_a_gateway_takes_the_listener_sets_that_it_allows(allowed, status):
    spec = {"allowedListeners": {"namespaces": {"from": allowed}}} if allowed else {}
    parent = {"group": GROUP, "kind": "ListenerSet", "name": "s"}
    objects = [
        *gateway(listener("web", 80, "HTTP", hostname="web.example"), **spec),
        more("s", None, "more.example"), to("HTTPRoute", "r", "dns", parent=parent), *service("dns"),
    ]  # fmt: skip
    assert asked(objects, Request("more.example")).final.status == status


SPLIT = """
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: calls}
spec:
  parentRefs: [{name: edge}]
  hostnames: [calls.example]
  rules: [{backendRefs: [{name: api, port: 80, weight: 3}, {name: gone, port: 80, weight: 1}]}]
"""


def test_each_end_of_a_split_call_says_what_a_grpc_client_sees():
    texts = (behind_gateway("backendRefs: [{name: api, port: 80}]"), SPLIT, API)
    found = route(cluster(*texts), Request.parse("grpc://calls.example/shop.Cart/Add")).to_json()["final"]
    assert [one.get("grpc_status") for one in found["outcomes"]] == [None, "UNAVAILABLE"]
    assert "grpc_status" not in found
    text = "".join(
        line.plain
        for line in trace_lines(route(cluster(*texts), Request.parse("grpc://calls.example/a.B/C")), "test")
    )
    assert "25 %: a client sees status UNAVAILABLE" in text
    plain = route(cluster(*texts), Request("shop.example")).to_json()["final"]
    assert "grpc_status" not in str(plain)
