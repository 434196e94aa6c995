"""A rule that fits and is left out is the reason that is told, with a way out that works; for every profile.

Around the one that is dropped stand sound rules and other rules that are left out, none of which fits.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import SERVICES, ingress

from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents, load_text
from sim.routing import Request, Trace
from sim.routing.building import build
from sim.routing.controllers import PROFILES
from sim.routing.route import route

NGINX = "nginx.ingress.kubernetes.io"
ALB = "alb.ingress.kubernetes.io"
Made = dict[str, Any]
Mend = Callable[[Made], None]
GROUP = {f"{ALB}/group.name": "g", f"{ALB}/target-type": "ip"}


@dataclass(frozen=True)
class Dropped:
    """One way in which a rule for b.example/x is left out.

    Args:
        says, fix: words of the reason and of the way out.
        broken: the Ingress; mend: does to it what the way out says.
        beside: files that belong to the fault, by name.
    """

    profile: str
    code: str
    says: str
    fix: str
    broken: Made
    mend: Mend
    beside: tuple[str, ...] = ()
    scheme: str = "http"


def made(*rules: Any, name: str = "broken", **more: Any) -> Made:
    found: Made = json.loads(ingress(name, *rules, **more))
    return found


def one(service: str = "web", **more: Any) -> Made:
    return made(("b.example", [("/x", "Prefix", service)]), **more)


def names(service: str, port: Any = 80) -> Mend:
    def mend(found: Made) -> None:
        path = found["spec"]["rules"][0]["http"]["paths"][0]
        path["backend"] = {"service": {"name": service, "port": {"number": port}}}

    return mend


def without(annotation: str) -> Mend:
    return lambda found: found["metadata"]["annotations"].pop(annotation)


def with_annotation(name: str, value: str) -> Mend:
    return lambda found: found["metadata"]["annotations"].update({name: value})


def of_class(found: Made) -> None:
    found["metadata"]["annotations"].pop("kubernetes.io/ingress.class", None)
    found["spec"]["ingressClassName"] = "web"


def by_old_class(found: Made, name: str) -> Made:
    del found["spec"]["ingressClassName"]
    found["metadata"]["annotations"]["kubernetes.io/ingress.class"] = name
    return found


def classless(found: Made, name: str | None) -> Made:
    found["spec"].pop("ingressClassName")
    return found if name is None else found | {"spec": found["spec"] | {"ingressClassName": name}}


def in_one_rule(found: Made) -> None:
    first, *others = found["spec"]["rules"]
    first["http"]["paths"] += [path for rule in others for path in rule["http"]["paths"]]
    found["spec"]["rules"] = [first]


def resource(found: Made) -> Made:
    found["spec"]["rules"][0]["http"]["paths"][0]["backend"] = {"resource": {"kind": "Bucket", "name": "b"}}
    return found


PODS = ["spec", "ingress-nginx", "nginx-inc", "haproxy", "traefik"]
TWICE = [("b.example", [("/x", "Prefix", "web")]), ("b.example", [("/y", "Prefix", "web")])]
OLDER = ingress("older", ("b.example", [("/y", "Prefix", "web")]), made="2020-01-01T00:00:00Z")
KIND = "nginx.org/mergeable-ingress-type"
MASTER = ingress("older", ("b.example", []), annotations={KIND: "master"}, made="2020-01-01T00:00:00Z")
SAME_GROUP = ingress("aside", ("b.example", [("/y", "Prefix", "web")]), annotations=GROUP)
BOTH = {f"{ALB}/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]'}
ON_BOTH = ingress("aside", ("b.example", [("/y", "Prefix", "web")]), annotations=GROUP | BOTH)

WAYS = {
    **{f"{p}: a class that is not there": Dropped(p, "SIM2006", "there is no IngressClass wbe", "spec.ingressClassName: web", classless(one(), "wbe"), of_class) for p in PODS},
    **{f"{p}: the old annotation of another": Dropped(p, "SIM2006", "other", "spec.ingressClassName: web", by_old_class(one(), "other"), of_class) for p in PODS if p != "spec"},
    **{f"{p}: no class at all": Dropped(p, "SIM2006", "names no class", "spec.ingressClassName: web", classless(one(), None), of_class) for p in ("spec", "ingress-nginx", "nginx-inc", "haproxy")},
    "aws-alb: a class that is not there": Dropped("aws-alb", "SIM2006", "there is no IngressClass wbe", "spec.ingressClassName: web", classless(one(annotations=dict(GROUP)), "wbe"), of_class, (SAME_GROUP,)),
    "aws-alb: no listener on the port": Dropped("aws-alb", "SIM2070", "no listener on port 443", "listen-ports", one(annotations=dict(GROUP)), with_annotation(f"{ALB}/listen-ports", BOTH[f"{ALB}/listen-ports"]), (ON_BOTH,), "https"),
    "ingress-nginx: a snippet": Dropped("ingress-nginx", "SIM2037", "configuration-snippet", "annotation", one(annotations={f"{NGINX}/configuration-snippet": "return 200;"}), without(f"{NGINX}/configuration-snippet")),
    "ingress-nginx: a resource": Dropped("ingress-nginx", "SIM2070", "resource", "name a Service", resource(one()), names("web")),
    "ingress-nginx: a canary of nothing": Dropped("ingress-nginx", "SIM2070", "canary", "take canary off", one(annotations={f"{NGINX}/canary": "true", f"{NGINX}/canary-weight": "10"}), without(f"{NGINX}/canary")),
    "haproxy: no Service": Dropped("haproxy", "SIM2070", "no Service shop/gone", "make Service shop/gone", one("gone"), names("web")),
    "haproxy: no port": Dropped("haproxy", "SIM2070", "no port 81", "name a port of Service shop/web", one("web:81"), names("web")),
    "traefik: no Service": Dropped("traefik", "SIM2070", "no Service shop/gone", "make Service shop/gone", one("gone"), names("web")),
    "traefik: no port": Dropped("traefik", "SIM2070", "no port 81", "name a port of Service shop/web", one("web:81"), names("web")),
    "traefik: nobody ready": Dropped("traefik", "SIM2070", "no ready endpoint", "make a Pod of Service shop/empty ready", one("empty"), names("web")),
    "nginx-inc: a host twice": Dropped("nginx-inc", "SIM2070", "names a host twice", "under one rule", made(*TWICE), in_one_rule),
    "nginx-inc: a minion alone": Dropped("nginx-inc", "SIM2070", "without a master", "take the annotation off", one(annotations={KIND: "minion"}), without(KIND)),
    "nginx-inc: a host that is taken": Dropped("nginx-inc", "SIM2070", "taken by Ingress shop/older", "minion", one(), with_annotation(KIND, "minion"), (MASTER,)),
    "gke: a later rule for the host": Dropped("gke", "SIM2070", "a later rule for host b.example", "under one rule", classless(made(*TWICE), None), in_one_rule),
}  # fmt: skip


def around(profile: str, number: int) -> str:
    """Rules that do not fit: sound ones, and some that are left out for another reason."""
    host, fits = f"c{number}.example", number % 3 == 0
    found = made((host, [("/x", "Prefix", "web" if fits else "gone")]), name=f"around{number}")
    if number % 3 == 1:
        found["spec"]["ingressClassName"] = "nowhere"
    if profile == "gke":
        found["spec"].pop("ingressClassName")
        found["spec"]["rules"] = [
            rule | {"http": {"paths": rule["http"]["paths"] * fits}} for rule in found["spec"]["rules"]
        ]
    if profile == "aws-alb":
        found["metadata"]["annotations"] = {f"{ALB}/target-type": "ip"}
    return json.dumps(found)


def asked(way: Dropped, broken: Made, others: list[str]) -> Trace:
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "web"}}
    kind["spec"] = {"controller": PROFILES[way.profile].controller}
    files = [("services.yaml", SERVICES), *((f"{n}.yaml", text) for n, text in enumerate(others))]
    files += [("class.yaml", json.dumps(kind))] if way.profile != "gke" else []
    files += [("broken.yaml", json.dumps(broken))]
    manifests = merge(from_document(d) for file, text in files for d in documents(text, file))
    to = next((f"lb:{s}" for s in _balancers(manifests, way.profile)), None)
    return route(
        build(manifests, Setup(profile=way.profile)), Request("b.example", "/x", scheme=way.scheme), to=to
    )


def _balancers(manifests: Any, profile: str) -> list[str]:
    """Where the controller is entered, so that a host that no rule has is asked there too."""
    found = build(manifests, Setup(profile=profile)).controllers
    return [key for c in found if c.reads is None for key in c.services]


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=2, deadline=None)
@given(numbers=st.lists(st.integers(0, 20), max_size=4, unique=True), shuffled=st.randoms())
def test_the_rule_that_is_left_out_is_the_reason(name, numbers, shuffled):
    way = WAYS[name]
    others = [*way.beside, *(around(way.profile, number) for number in numbers)]
    shuffled.shuffle(others)
    final = asked(way, way.broken, others).final
    assert final.state == "answered-by-proxy"
    assert (final.status, final.code) == (404, way.code)
    assert (final.source or "").startswith("broken.yaml:")
    assert "Ingress shop/broken" in final.message
    assert way.says in final.message
    assert way.fix in (final.fix or "")
    mended = json.loads(json.dumps(way.broken))
    way.mend(mended)
    assert asked(way, mended, others).final.backend == "shop/web:80"


def test_a_wider_rule_that_serves_instead_is_noted():
    wide = ingress("wide", ("b.example", [("/", "Prefix", "cart")]))
    for name in ("traefik: no Service", "haproxy: no port", "ingress-nginx: a snippet"):
        way = WAYS[name]
        trace = asked(way, way.broken, [wide])
        assert trace.final.backend == "shop/cart:80"
        noted = [n for n in trace.notes if n.code == way.code]
        assert way.says in noted[0].message
        assert way.fix in noted[0].message


def test_what_a_rule_answers_itself_is_not_blamed_on_another():
    said = {f"{NGINX}/whitelist-source-range": "10.0.0.0/8"}
    closed = ingress("closed", ("b.example", [("/x", "Prefix", "web")]), annotations=said)
    way = WAYS["ingress-nginx: a snippet"]
    final = asked(way, way.broken, [closed]).final
    assert (final.status, final.code) == (403, "SIM2035")
    assert "snippet" not in final.message


NAMELESS = """
apiVersion: v1
kind: Service
metadata: {name: "", namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: web.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {resource: {apiGroup: example.com, kind: Bucket, name: files}}}
"""


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_backend_that_is_no_service_is_not_the_service_without_a_name(profile):
    cluster = build(load_text(NAMELESS), Setup(controllers=None, profile=profile))
    assert route(cluster, Request.parse("http://web.example/")).final.state != "delivered"
