"""What the admission webhook of ingress-nginx refuses: by version, by configuration, and nobody else's Ingresses."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.inspect import inspect
from sim.analysis.trace import Client
from sim.manifests.reading.loading import load_text
from sim.routing import Request
from sim.routing.building import build

NEWEST = "v1.14.0"


def ingress(name="web", path="/", path_type="Prefix", host="shop.example.com", annotations=None, **spec):
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": host, "http": {"paths": [{"path": path, "pathType": path_type, "backend": backend}]}}
    metadata = {"name": name, "annotations": annotations or {}}
    spec = {"ingressClassName": "nginx", "rules": [rule], **spec}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}
CLASS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "nginx"},
    "spec": {"controller": "k8s.io/ingress-nginx"},
}


def controller(version=NEWEST, webhook=True, **keys):
    """A controller of a version, and its ConfigMap."""
    arguments = [
        "/nginx-ingress-controller",
        "--controller-class=k8s.io/ingress-nginx",
        "--configmap=ingress/settings",
    ]
    container = {
        "name": "controller",
        "image": f"registry.k8s.io/ingress-nginx/controller:{version}",
        "args": arguments + (["--validating-webhook=:8443"] if webhook else []),
    }
    labels = {"app": "ingress"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "ingress", "namespace": "ingress"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    settings_ = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "ingress"},
        "data": {key.replace("_", "-"): value for key, value in keys.items()},
    }
    return [CLASS, workload, settings_]


def manifests(*objects):
    return load_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [SERVICE, *objects]}))


def said(*objects):
    found = inspect(manifests(*objects)).findings
    return [(f.severity, f.message.partition("refuses it: ")[2]) for f in found if f.code == "SIM1030"]


PATHS = (
    ("/v1/jobs:cancel", "Prefix"),
    ("/v1/jobs:cancel", "Exact"),
    ("/a(/|$)(.*)", "Prefix"),
    ("/~user", "Prefix"),
    ("/a b", "Exact"),
    ("/é", "Prefix"),
    ("/a*", "Prefix"),
    ("/a%20b", "Exact"),
)


@pytest.mark.parametrize(("path", "path_type"), PATHS)
def test_a_path_with_other_characters_is_refused_in_the_webhooks_words(path, path_type):
    words = f"ingress contains invalid paths: path {path} cannot be used with pathType {path_type}"
    assert said(ingress(path=path, path_type=path_type), *controller()) == [("error", words)]


@pytest.mark.parametrize(("path", "path_type"), PATHS)
def test_and_is_taken_where_it_is_not_looked_at(path, path_type):
    refused = ingress(path=path, path_type=path_type)
    assert said(ingress(path=path, path_type="ImplementationSpecific"), *controller()) == []
    assert said(refused, *controller("v1.11.8")) == []
    assert said(refused, *controller(strict_validate_path_type="false")) == []
    assert said(refused, *controller(webhook=False)) == []
    assert said(ingress(path=path, path_type=path_type, ingressClassName="traefik")) == []
    assert len(said(refused, *controller("v1.11.8", strict_validate_path_type="true"))) == 1


@given(
    st.text(st.sampled_from("abcXYZ019._-/:~*é() "), max_size=8).map("/".__add__),
    st.sampled_from(["Exact", "Prefix"]),
)
@settings(max_examples=30, deadline=None)
def test_a_path_is_refused_exactly_if_the_expression_of_the_inspector_does_not_hold(path, path_type):
    plain = re.fullmatch(r"(?i)/[a-z0-9._\-/]*", path, re.ASCII) is not None
    assert (said(ingress(path=path, path_type=path_type), *controller()) == []) == plain


def test_where_no_controller_is_in_the_set_the_usual_installation_is_taken_and_said():
    (found,) = (f for f in inspect(manifests(ingress(path="/a:b"))).findings if f.code == "SIM1030")
    assert (found.severity, "is usual" in found.message) == ("warning", True)
    assert found.fix == "pathType: ImplementationSpecific, which ingress-nginx reads as Prefix"
    webhook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "ingress-nginx-admission"},
    }
    assert [severity for severity, _ in said(ingress(path="/a:b"), webhook)] == ["error"]


def test_the_fix_is_taken_and_serves_the_same_request():
    request = Request("shop.example.com", "/a:b/c")
    for path_type in ("Prefix", "ImplementationSpecific"):
        found = Client(build(manifests(ingress(path="/a:b", path_type=path_type)))).trace(request)
        assert found.final.backend == "default/web:80"
        notes = [n.code for n in found.notes if n.code == "SIM1030"]
        assert notes == (["SIM1030"] if path_type == "Prefix" else [])


SNIPPET = "Snippet directives are disabled by the Ingress administrator"


def test_snippets_of_others_are_refused_too():
    foreign = ingress(annotations={"example.com/my-snippet": "x"})
    words = f"example.com/my-snippet annotation cannot be used. {SNIPPET}"
    assert said(foreign, *controller()) == [("error", words)]
    assert said(foreign, *controller(allow_snippet_annotations="true")) == []
    assert said(foreign, *controller("v1.9.0")) == []
    assert said(ingress(annotations={"nginx.org/server-snippets": "x"}), *controller()) == []


def test_a_snippet_that_the_controller_skips_is_told_once():
    own = ingress(annotations={"nginx.ingress.kubernetes.io/configuration-snippet": "x"})
    assert said(own, *controller()) == []
    assert len(said(own, *controller(annotations_risk_level="Critical"))) == 1


@pytest.mark.parametrize(
    "path", ["/alias/x;", "/root;", "/etc/passwd", "/var/run/secrets/x", "/content_by_lua_block"]
)
def test_words_of_nginx_are_refused_in_any_path(path):
    found = said(ingress(path=path, path_type="ImplementationSpecific"), *controller())
    assert found == [("error", f"invalid object: invalid value found: {path}")]


CANARY = {"nginx.ingress.kubernetes.io/canary": "true"}


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ({"path_type": "Exact"}, {}, 1),
        ({"path": "/a"}, {}, 0),
        ({"host": "other.example.com"}, {}, 0),
        ({"path_type": "Exact", "annotations": CANARY}, {}, 0),
        ({"path_type": "Exact", "annotations": CANARY}, {"annotations": CANARY}, 1),
        ({"path_type": "Exact", "ingressClassName": "traefik"}, {}, 0),
    ],
)
def test_a_host_and_path_belong_to_one_ingress_whatever_the_type(first, second, count):
    found = said(ingress("first", **first), ingress("second", **second), *controller())
    words = 'host "shop.example.com" and path "/" is already defined in ingress default/first'
    assert found == [("error", words)] * count


def test_twins_of_one_type_are_told_by_who_wins():
    found = inspect(manifests(ingress("first"), ingress("second"), *controller())).findings
    assert [f.code for f in found if f.code in {"SIM1030", "SIM1301"}] == ["SIM1301"]
