"""Statuses of Gateways, listeners and HTTPRoutes; every row is what the Gateway API says about a condition."""

from __future__ import annotations

import json

import pytest
from command import sim, width

from sim.analysis.inspect import inspect
from sim.manifests.reading.loading import documents, from_document, merge

API = "gateway.networking.k8s.io/v1"
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"ports": [{"port": 80}], "selector": {"app": "web"}},
}
OTHER = SERVICE | {"metadata": {"name": "web", "namespace": "other"}}
NAMED = SERVICE | {
    "metadata": {"name": "away", "namespace": "shop"},
    "spec": {"type": "ExternalName", "externalName": "example.org"},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cert", "namespace": "shop"}}
GRANT = {
    "apiVersion": "gateway.networking.k8s.io/v1beta1",
    "kind": "ReferenceGrant",
    "metadata": {"name": "open", "namespace": "other"},
    "spec": {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
        "to": [{"group": "", "kind": "Service"}],
    },
}
HTTP = {"name": "http", "protocol": "HTTP", "port": 80}
HTTPS = {"name": "https", "protocol": "HTTPS", "port": 443, "tls": {"certificateRefs": [{"name": "cert"}]}}
CLASS = {
    "apiVersion": API,
    "kind": "GatewayClass",
    "metadata": {"name": "std"},
    "spec": {"controllerName": "example.com/gateway"},
}


def gateway(*listeners, class_name="std"):
    return {
        "apiVersion": API,
        "kind": "Gateway",
        "metadata": {"name": "gw", "namespace": "shop"},
        "spec": {"gatewayClassName": class_name, "listeners": list(listeners)},
    }


def route(*backends, namespace="shop", hostnames=(), rules=None, **parent):
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": namespace},
        "spec": {
            "parentRefs": [{"name": "gw", "namespace": "shop"} | parent],
            "hostnames": list(hostnames),
            "rules": rules or [{"backendRefs": [{"port": 80} | b for b in backends or ({"name": "web"},)]}],
        },
    }


def status(*objects):
    text = "\n---\n".join(map(json.dumps, objects))
    manifests = merge(from_document(d) for d in documents(text, "gw.yaml"))
    return inspect(manifests).to_json("test")["gateway_status"]


def said(conditions):
    return {c["type"]: (c["status"], c["reason"]) for c in conditions}


TRUE = {"Accepted": ("True", "Accepted"), "Programmed": ("True", "Programmed")}
RESOLVED = {"ResolvedRefs": ("True", "ResolvedRefs")}


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param([gateway(HTTP)], TRUE, id="every listener is valid"),
        pytest.param(
            [gateway(HTTP, {"name": "x", "protocol": "FTP", "port": 21})],
            TRUE | {"Accepted": ("True", "ListenersNotValid")},
            id="one of two listeners is not valid",
        ),
        pytest.param(
            [gateway({"name": "x", "protocol": "FTP", "port": 21})],
            {"Accepted": ("False", "ListenersNotValid"), "Programmed": ("False", "Invalid")},
            id="no listener is valid",
        ),
        pytest.param(
            [gateway(HTTP | {"name": "a"}, HTTP | {"name": "b"})],
            {"Accepted": ("False", "ListenersNotValid"), "Programmed": ("False", "Invalid")},
            id="two listeners clash and neither is used",
        ),
        pytest.param(
            [CLASS, gateway(HTTP, class_name="gone")],
            {"Accepted": ("Unknown", "Pending"), "Programmed": ("Unknown", "Pending")},
            id="no such class, so nobody writes",
        ),
    ],
)
def test_conditions_of_a_gateway(objects, expected):
    assert said(status(*objects)["gateways"][0]["conditions"]) == expected


@pytest.mark.parametrize(
    ("listener", "objects", "expected", "kinds"),
    [
        pytest.param(HTTP, [], TRUE | RESOLVED, ["HTTPRoute", "GRPCRoute"], id="a plain listener"),
        pytest.param(HTTPS, [SECRET], TRUE | RESOLVED, ["HTTPRoute", "GRPCRoute"], id="with its certificate"),
        pytest.param(
            HTTPS,
            [SECRET | {"metadata": {"name": "another", "namespace": "shop"}}],
            {
                "Accepted": ("True", "Accepted"),
                "ResolvedRefs": ("False", "InvalidCertificateRef"),
                "Programmed": ("False", "Invalid"),
            },
            ["HTTPRoute", "GRPCRoute"],
            id="its certificate is not there",
        ),
        pytest.param(
            HTTPS | {"tls": {"certificateRefs": [{"name": "cert", "namespace": "other"}]}},
            [],
            {
                "Accepted": ("True", "Accepted"),
                "ResolvedRefs": ("False", "RefNotPermitted"),
                "Programmed": ("False", "Invalid"),
            },
            ["HTTPRoute", "GRPCRoute"],
            id="a certificate of another namespace without a grant",
        ),
        pytest.param(
            HTTP | {"protocol": "FTP"},
            [],
            RESOLVED | {"Accepted": ("False", "UnsupportedProtocol"), "Programmed": ("False", "Invalid")},
            [],
            id="a protocol that nobody knows",
        ),
        pytest.param(
            HTTP | {"allowedRoutes": {"kinds": [{"kind": "TLSRoute"}]}},
            [],
            TRUE | {"ResolvedRefs": ("False", "InvalidRouteKinds")},
            [],
            id="a kind of route that its protocol does not know",
        ),
        pytest.param(
            HTTP | {"allowedRoutes": {"kinds": [{"kind": "HTTPRoute"}, {"kind": "TLSRoute"}]}},
            [],
            TRUE | {"ResolvedRefs": ("False", "InvalidRouteKinds")},
            ["HTTPRoute"],
            id="one kind that it knows and one that it does not",
        ),
        *(
            pytest.param(
                {"name": "tls", "protocol": "TLS", "port": 8443}
                | {"tls": tls, "allowedRoutes": {"kinds": [{"kind": kind} for kind in asked]}},
                [SECRET],
                TRUE
                | (
                    RESOLVED if set(asked) <= set(kinds) else {"ResolvedRefs": ("False", "InvalidRouteKinds")}
                ),
                kinds,
                id=f"{tls.get('mode', 'Terminate')}: {', '.join(asked) or 'any'}",
            )
            for tls, asked, kinds in (
                ({"mode": "Passthrough"}, [], ["TLSRoute"]),
                ({"mode": "Passthrough"}, ["TLSRoute"], ["TLSRoute"]),
                ({"mode": "Passthrough"}, ["TCPRoute"], []),
                ({"mode": "Passthrough"}, ["TCPRoute", "TLSRoute"], ["TLSRoute"]),
                ({"certificateRefs": [{"name": "cert"}]}, [], ["TLSRoute", "TCPRoute"]),
                ({"certificateRefs": [{"name": "cert"}]}, ["TCPRoute"], ["TCPRoute"]),
                ({"certificateRefs": [{"name": "cert"}]}, ["HTTPRoute", "TCPRoute"], ["TCPRoute"]),
            )
        ),
    ],
)
def test_conditions_of_a_listener(listener, objects, expected, kinds):
    found = status(gateway(listener), *objects)["gateways"][0]["listeners"][0]
    assert (said(found["conditions"]), found["supported_kinds"]) == (expected, kinds)


def test_listeners_that_clash_are_conflicted():
    found = status(gateway(HTTP | {"name": "a"}, HTTP | {"name": "b"}, HTTPS | {"name": "c", "port": 80}))
    reasons = [said(one["conditions"])["Conflicted"] for one in found["gateways"][0]["listeners"]]
    assert reasons == [
        ("True", "HostnameConflict"),
        ("True", "HostnameConflict"),
        ("True", "ProtocolConflict"),
    ]


@pytest.mark.parametrize(
    ("listener", "the_route", "accepted", "attached"),
    [
        pytest.param(HTTP, route(), ("True", "Accepted"), 1, id="taken"),
        pytest.param(
            HTTP, route(sectionName="gone"), ("False", "NoMatchingParent"), 0, id="no such listener"
        ),
        pytest.param(HTTP, route(port=81), ("False", "NoMatchingParent"), 0, id="no listener of that port"),
        pytest.param(
            HTTP, route(namespace="other"), ("False", "NotAllowedByListeners"), 0, id="another namespace"
        ),
        pytest.param(
            HTTP | {"hostname": "a.example"},
            route(hostnames=["b.example"]),
            ("False", "NoMatchingListenerHostname"),
            0,
            id="no host name in common",
        ),
        pytest.param(
            HTTP,
            route(rules=[{"filters": [{"type": "Odd"}]}]),
            ("False", "UnsupportedValue"),
            0,
            id="a filter that nobody knows",
        ),
        pytest.param(HTTPS | {"tls": {}}, route(), ("True", "Accepted"), 1, id="the listener need not work"),
    ],
)
def test_whether_a_parent_accepts_a_route(listener, the_route, accepted, attached):
    found = status(gateway(listener), the_route, SERVICE, OTHER)
    assert said(found["httproutes"][0]["conditions"])["Accepted"] == accepted
    assert found["gateways"][0]["listeners"][0]["attached_routes"] == attached


MIRROR = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "gone", "port": 80}}}


@pytest.mark.parametrize(
    ("the_route", "objects", "expected"),
    [
        pytest.param(route(), [], ("True", "ResolvedRefs"), id="the Service is there"),
        pytest.param(route({"name": "gone"}), [], ("False", "BackendNotFound"), id="no such Service"),
        pytest.param(route({"name": "web", "port": 81}), [], ("False", "BackendNotFound"), id="no such port"),
        pytest.param(
            route({"name": "web"}, {"name": "gone"}), [], ("False", "BackendNotFound"), id="the second of two"
        ),
        pytest.param(
            route({"name": "b", "kind": "Bucket", "group": "example.com"}),
            [],
            ("False", "InvalidKind"),
            id="a backend of an unknown kind",
        ),
        pytest.param(
            route({"name": "web", "namespace": "other"}), [], ("False", "RefNotPermitted"), id="no grant"
        ),
        pytest.param(
            route({"name": "web", "namespace": "other"}), [GRANT], ("True", "ResolvedRefs"), id="with a grant"
        ),
        pytest.param(route({"name": "away"}), [], ("False", "UnsupportedValue"), id="an ExternalName"),
        pytest.param(
            route(rules=[{"filters": [MIRROR], "backendRefs": [{"name": "web", "port": 80}]}]),
            [],
            ("False", "BackendNotFound"),
            id="the mirror's backend counts too",
        ),
    ],
)
def test_whether_the_references_of_a_route_are_resolved(the_route, objects, expected):
    found = status(gateway(HTTP), the_route, SERVICE, OTHER, NAMED, *objects)["httproutes"][0]
    conditions = said(found["conditions"])
    assert conditions["ResolvedRefs"] == expected
    assert conditions["Accepted"] == ("True", "Accepted"), "backends do not keep a route from being accepted"


@pytest.mark.parametrize(
    ("parent", "absent"),
    [
        pytest.param({"name": "gone"}, "there is no such Gateway", id="no such Gateway"),
        pytest.param(
            {"name": "web", "kind": "Service", "group": ""}, "is no Gateway", id="a Service as parent"
        ),
    ],
)
def test_where_nobody_writes_a_status(parent, absent):
    found = status(gateway(HTTP), route(**parent), SERVICE)["httproutes"][0]
    assert found["conditions"] == []
    assert absent in found["absent"]


def test_without_its_class_a_route_has_no_conditions():
    found = status(CLASS, gateway(HTTP, class_name="gone"), route(), SERVICE)["httproutes"][0]
    assert (found["conditions"], found["controller"]) == ([], None)


def test_each_parent_has_conditions_of_its_own():
    both = route()
    both["spec"]["parentRefs"] = [{"name": "gw", "sectionName": "http"}, {"name": "gw", "sectionName": "x"}]
    reasons = [
        said(p["conditions"])["Accepted"][1] for p in status(gateway(HTTP), both, SERVICE)["httproutes"]
    ]
    assert reasons == ["Accepted", "NoMatchingParent"]


def test_the_lines_name_what_fails_and_stay_within_eighty_columns(tmp_path):
    file = tmp_path / "gw.yaml"
    objects = (gateway(HTTP, HTTPS), route({"name": "gone"}, sectionName="nope"), SERVICE)
    file.write_text("\n---\n".join(map(json.dumps, objects)))
    done = sim("inspect", "-f", str(file))
    assert "Accepted False NoMatchingParent" in done.out
    assert "ResolvedRefs False BackendNotFound" in done.out
    lines = done.out.partition("Statuses")[2].partition("\n\n")[0].splitlines()
    assert max(map(width, lines)) <= 80


def test_a_set_without_the_gateway_api_has_none():
    assert all(rows == [] for rows in status(SERVICE).values())
