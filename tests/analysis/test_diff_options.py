"""`sim diff` on methods, headers, query and https: derived requests find what a whole grid finds."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import pytest

from sim.analysis.diff import Side, differences
from sim.analysis.probes import derived_requests
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing import Request
from sim.routing.building import build

SERVICES = tuple(f"s{n}" for n in range(4))
PATHS = ("/", "/a", "/a/b")
TYPES = ("Exact", "PathPrefix")
METHODS = ("", "GET", "POST")
PAIRS = ((), (("x", "1"),), (("x", "2"),), (("y", "1"),), (("x", "1"), ("y", "1")))
HOSTS = ("", "a.example", "*.example")
SCHEMES = ("http", "https")
CHANGES = 8

GRID = [
    Request(host, path + ("?" + "&".join(f"{k}={v}" for k, v in query) if query else ""), method, scheme,
            headers=dict(headers))
    for host in ("a.example", "b.example", "other.test")
    for path in ("/", "/a", "/a/b", "/c", "/a/c")
    for method in ("GET", "POST", "PUT")
    for scheme in SCHEMES
    for headers, query in product(((), *PAIRS[1:], (("x", "3"),)), repeat=2)
]  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """An HTTPRoute with one match, so that a single change is a single field."""

    host: str
    path: str
    type: str
    method: str
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    listener: str
    service: str
    age: int


VALUES = {
    "host": HOSTS,
    "path": PATHS,
    "type": TYPES,
    "method": METHODS,
    "headers": PAIRS,
    "query": PAIRS,
    "listener": SCHEMES,
    "service": SERVICES,
    "age": tuple(range(4)),
}


def drawn(draw: Random) -> Asked:
    return Asked(**{name: draw.choice(values) for name, values in VALUES.items()})


def changed(rows: list[Asked], draw: Random, field: str) -> list[Asked]:
    number = draw.randrange(len(rows))
    others = [v for v in VALUES[field] if v != getattr(rows[number], field)]
    return [replace(r, **{field: draw.choice(others)}) if i == number else r for i, r in enumerate(rows)]


def named(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def as_route(number: int, row: Asked) -> dict[str, object]:
    match = {
        "path": {"type": row.type, "value": row.path},
        "headers": named(row.headers),
        "queryParams": named(row.query),
    }
    match |= {"method": row.method} if row.method else {}
    spec = {
        "parentRefs": [{"name": "gw", "sectionName": row.listener}],
        "hostnames": [row.host] if row.host else [],
        "rules": [{"matches": [match], "backendRefs": [{"name": row.service, "port": 80}]}],
    }
    made = {"name": f"r{number}", "namespace": "shop", "creationTimestamp": f"202{row.age}-01-01T00:00:00Z"}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": made, "spec": spec
    }  # fmt: skip


def objects(rows: list[Asked]) -> list[dict[str, object]]:
    api = "gateway.networking.k8s.io/v1"
    listeners = [
        {"name": "http", "port": 80, "protocol": "HTTP"},
        {"name": "https", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert"}]}},
    ]
    services = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": s, "namespace": "shop"},
         "spec": {"ports": [{"port": 80}]}}
        for s in SERVICES
    ]  # fmt: skip
    return [
        {"apiVersion": api, "kind": "GatewayClass", "metadata": {"name": "c"}, "spec": {"controllerName": "x/y"}},
        {"apiVersion": api, "kind": "Gateway", "metadata": {"name": "gw", "namespace": "shop"},
         "spec": {"gatewayClassName": "c", "listeners": listeners}},
        *services,
        *(as_route(n, r) for n, r in enumerate(rows)),
    ]  # fmt: skip


GATEWAY = ControllerSetup("x/y", "spec", replicas=1)


def side(made: list[dict[str, object]], stated: ControllerSetup = GATEWAY) -> Side:
    text = "\n---\n".join(map(json.dumps, made))
    manifests = merge(from_document(d) for d in documents(text, "rows.yaml"))
    return Side(build(manifests, Setup(controllers=(stated,))))


def seen(old: Side, new: Side) -> bool:
    """Whether a derived request tells the two apart; stops at the first that does."""
    return any(differences(old, new, [r]) for r in derived_requests(old.cluster, new.cluster))


def by_the_letter(rows: list[Asked], request: Request) -> str | None:
    """Which Service the letter of the Gateway API picks, written anew: no index, no code of the product."""
    path, _, query = request.path.partition("?")
    given = dict(part.split("=") for part in query.split("&")) if query else {}

    def level(pattern: str) -> int:
        if not pattern:
            return 1
        if pattern.startswith("*."):
            return 2 if request.host.endswith(pattern[1:]) else 0
        return 3 if pattern == request.host else 0

    def fits(row: Asked) -> bool:
        bare = row.path.rstrip("/")
        under = path == row.path if row.type == "Exact" else f"{path}/".startswith(f"{bare}/")
        return (
            under
            and level(row.host) > 0
            and row.listener == request.scheme
            and row.method in ("", request.method)
            and all(request.headers.get(k) == v for k, v in row.headers)
            and all(given.get(k) == v for k, v in row.query)
        )

    def rank(pair: tuple[int, Asked]) -> tuple[object, ...]:
        number, row = pair
        asks = (row.method != "", len(row.headers), len(row.query))
        return (level(row.host), row.type == "Exact", len(row.path), *asks, -row.age, -number)

    found = max(((n, r) for n, r in enumerate(rows) if fits(r)), key=rank, default=None)
    return found[1].service if found else None


@pytest.mark.parametrize("field", VALUES)
def test_derived_requests_find_a_change_of_every_field_of_a_match(field):
    draw = Random(field)
    shown = 0
    for _ in range(CHANGES):
        rows = [drawn(draw) for _ in range(draw.randint(1, 3))]
        if field == "age":  # it decides between equals alone
            rows = [replace(rows[0], service=s, age=draw.choice(VALUES["age"])) for s in SERVICES[:2]]
        other = changed(rows, draw, field)
        told = next((r for r in GRID if by_the_letter(rows, r) != by_the_letter(other, r)), None)
        found = seen(side(objects(rows)), side(objects(other)))
        assert found or told is None, (told, rows, other)
        shown += found
    assert shown, "no change was visible at all: the rows are drawn badly"


TLS_HOSTS = ("a.example", "b.example", "*.a.example")


@dataclass(frozen=True)
class Secured:
    """An Ingress with one rule, perhaps with TLS, and with what a controller makes of plain http."""

    host: str
    tls: bool
    redirect: str
    service: str


INGRESS_VALUES = {
    "host": TLS_HOSTS,
    "tls": (True, False),
    "redirect": ("", "ssl-redirect: false", "force-ssl-redirect: true", "ssl-passthrough: true"),
    "service": SERVICES,
}


def as_ingress(number: int, row: Secured) -> dict[str, object]:
    name, _, value = row.redirect.partition(": ")
    annotations = {f"nginx.ingress.kubernetes.io/{name}": value} if name else {}
    backend = {"service": {"name": row.service, "port": {"number": 80}}}
    rule = {"host": row.host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    tls = [{"hosts": [row.host], "secretName": f"cert-{number}"}] if row.tls else []
    made = f"202{number}-01-01T00:00:00Z"
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": f"r{number}", "namespace": "shop", "creationTimestamp": made, "annotations": annotations
        },
        "spec": {"ingressClassName": "c", "rules": [rule], "tls": tls},
    }  # fmt: skip


def ingresses(rows: list[Secured]) -> list[dict[str, object]]:
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "c"},
            "spec": {"controller": "k8s.io/ingress-nginx"}}  # fmt: skip
    services = [o for o in objects([]) if o["kind"] == "Service"]
    return [kind, *services, *(as_ingress(n, r) for n, r in enumerate(rows))]


def nginx(rows: list[Secured]) -> Side:
    stated = ControllerSetup(
        "k8s.io/ingress-nginx", "ingress-nginx", flags=("enable-ssl-passthrough",), replicas=1
    )
    return side(ingresses(rows), stated)


HTTPS_GRID = [
    Request(host, path, scheme=scheme)
    for host in ("a.example", "b.example", "one.a.example", "c.example")
    for path in ("/", "/x")
    for scheme in SCHEMES
]


@pytest.mark.parametrize("field", INGRESS_VALUES)
def test_derived_requests_find_a_change_of_tls(field):
    draw = Random(field)
    shown = 0
    for _ in range(CHANGES):
        rows = [Secured(**{n: draw.choice(v) for n, v in INGRESS_VALUES.items()}) for _ in range(3)]
        number = draw.randrange(3)
        value = draw.choice([v for v in INGRESS_VALUES[field] if v != getattr(rows[number], field)])
        other = [replace(r, **{field: value}) if i == number else r for i, r in enumerate(rows)]
        old, new = nginx(rows), nginx(other)
        told = bool(differences(old, new, HTTPS_GRID))
        found = seen(old, new)
        assert found or not told, (rows, other)
        shown += found
    assert shown, "no change was visible at all: the rows are drawn badly"
