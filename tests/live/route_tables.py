"""Random HTTPRoutes with every filter that Envoy Gateway writes into Envoy, and requests to them."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

Manifest = dict[str, Any]

HOSTS = ("a.example", "b.example", "*.example", "x.a.example")
PATHS = ("/", "/a", "/a/", "/a/b", "/ab", "/b")
EXPRESSIONS = ("/a.*", "/[ab]", "/a/(b|c)", ".*", "/a/b?")
METHODS = ("GET", "PUT", "OPTIONS")
NAMES = ("x-a", "x-b", "X-C")
VALUES = ("1", "2")
ORIGINS = ("https://a.test", "https://x.a.test", "http://b.test:8080", "https://elsewhere.test")
PATTERNS = ("https://a.test", "https://*.a.test", "*", "http://b.test:8080", "https://*")
STATUSES = (301, 302, 303, 307, 308)
REQUESTS = 25


class Asked(NamedTuple):
    """A request; `headers` in order of sending."""

    method: str
    host: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()


class RouteTable(NamedTuple):
    """Manifests, the services that they name, and requests to them."""

    manifests: tuple[Manifest, ...]
    services: tuple[str, ...]
    requests: tuple[Asked, ...]


def route_tables() -> st.SearchStrategy[RouteTable]:
    """One to three routes of one to four rules, and some requests that border on them."""
    return st.integers(0, 2**32 - 1).map(lambda seed: _table(Random(seed)))


def _table(chance: Random) -> RouteTable:
    services: list[str] = []
    names = chance.sample(("r0", "r1", "zeta", "alpha"), chance.randint(1, 3))
    routes = tuple(_route(chance, name, services) for name in names)
    return RouteTable(routes, tuple(services), tuple(_asked(chance) for _ in range(REQUESTS)))


def _route(chance: Random, name: str, services: list[str]) -> Manifest:
    hosts = chance.sample(HOSTS, chance.choice((0, 1, 1, 2)))
    spec: Manifest = {"parentRefs": [{"name": "edge"}]} | ({"hostnames": hosts} if hosts else {})
    spec["rules"] = [_rule(chance, services) for _ in range(chance.randint(1, 4))]
    age = chance.choice(("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"))
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "lab", "creationTimestamp": age},
        "spec": spec,
    }


def _rule(chance: Random, services: list[str]) -> Manifest:
    matches = [_match(chance) for _ in range(chance.choice((1, 1, 2)))]
    by_prefix = len(matches) == 1 and matches[0]["path"]["type"] == "PathPrefix"
    filters = [make(chance) for make in (_request_headers, _response_headers, _cors) if chance.random() < 0.4]
    redirects = chance.random() < 0.2
    if redirects:
        filters.append({"type": "RequestRedirect", "requestRedirect": _redirect(chance, by_prefix)})
    elif chance.random() < 0.4:
        filters.append({"type": "URLRewrite", "urlRewrite": _rewrite(chance, by_prefix)})
    rule: Manifest = {"matches": matches, "filters": filters}
    if not redirects and chance.random() < 0.9:
        services.append(f"s{len(services)}")
        rule["backendRefs"] = [{"name": services[-1], "port": 80}]
    return rule


def _match(chance: Random) -> Manifest:
    kind = chance.choice(("Exact", "PathPrefix", "PathPrefix", "PathPrefix", "RegularExpression"))
    value = chance.choice(EXPRESSIONS if kind == "RegularExpression" else PATHS)
    match: Manifest = {"path": {"type": kind, "value": value}}
    if chance.random() < 0.3:
        match["method"] = chance.choice(METHODS)
    if chance.random() < 0.3:
        match["headers"] = [_value(chance, name) for name in chance.sample(NAMES, chance.randint(1, 2))]
    if chance.random() < 0.2:
        match["queryParams"] = [_value(chance, name) for name in chance.sample("pq", chance.randint(1, 2))]
    return match


def _value(chance: Random, name: str) -> Manifest:
    kind = chance.choice(("Exact", "Exact", "RegularExpression"))
    value = chance.choice(VALUES) if kind == "Exact" else chance.choice(("[12]", "1|2", "1+", ".*"))
    return {"name": name, "type": kind, "value": value}


def _request_headers(chance: Random) -> Manifest:
    set_, add, remove = chance.sample(NAMES, 3)
    change = {"set": [_header(chance, set_)], "add": [_header(chance, add)], "remove": [remove]}
    some = chance.sample(sorted(change), chance.randint(1, 3))
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": {name: change[name] for name in some}}


def _response_headers(chance: Random) -> Manifest:
    """The application sends x-app alone: it is set or removed, never added to."""
    change: Manifest = {"add": [_header(chance, "X-More")], "set": [_header(chance, "x-set")]}
    change["remove"] = ["x-app"] if chance.random() < 0.5 else ["x-none"]
    some = chance.sample(sorted(change), chance.randint(1, 3))
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": {name: change[name] for name in some}}


def _header(chance: Random, name: str) -> Manifest:
    return {"name": name, "value": chance.choice(("new", "other words"))}


def _cors(chance: Random) -> Manifest:
    """Stars stand alone."""
    cors: Manifest = {
        "allowOrigins": chance.choice((["*"], chance.sample(PATTERNS[:2], 1), list(PATTERNS[3:])))
    }
    if chance.random() < 0.7:
        cors["allowMethods"] = chance.choice((["*"], ["GET", "PUT"], ["DELETE"]))
    if chance.random() < 0.7:
        cors["allowHeaders"] = chance.choice((["*"], ["x-a", "X-B"]))
    if chance.random() < 0.5:
        cors["exposeHeaders"] = chance.choice((["*"], ["x-set"]))
    if chance.random() < 0.5:
        cors |= {"allowCredentials": chance.random() < 0.5, "maxAge": chance.choice((1, 3600))}
    return {"type": "CORS", "cors": cors}


def _path(chance: Random, by_prefix: bool) -> Manifest:
    if by_prefix and chance.random() < 0.7:
        return {
            "type": "ReplacePrefixMatch",
            "replacePrefixMatch": chance.choice(("", "/", "/new", "/new/", "/n/m")),
        }
    return {"type": "ReplaceFullPath", "replaceFullPath": chance.choice(("/", "/whole", "/whole/"))}


def _rewrite(chance: Random, by_prefix: bool) -> Manifest:
    rewrite: Manifest = {"hostname": "new.test"} if chance.random() < 0.4 else {}
    return rewrite | ({"path": _path(chance, by_prefix)} if not rewrite or chance.random() < 0.7 else {})


def _redirect(chance: Random, by_prefix: bool) -> Manifest:
    redirect: Manifest = {"statusCode": chance.choice(STATUSES)}
    if chance.random() < 0.4:
        redirect["scheme"] = chance.choice(("http", "https"))
    if chance.random() < 0.4:
        redirect["hostname"] = "new.test"
    if chance.random() < 0.5:
        redirect["path"] = _path(chance, by_prefix)
    if chance.random() < 0.3:
        redirect["port"] = 8443
    return redirect


def _asked(chance: Random) -> Asked:
    headers = [(name, chance.choice(VALUES)) for name in chance.sample(NAMES, chance.choice((0, 0, 1, 2)))]
    method = chance.choice(("GET", "GET", "PUT", "OPTIONS"))
    if chance.random() < 0.5:
        headers.append(("Origin", chance.choice(ORIGINS)))
        if chance.random() < 0.7:
            method = chance.choice(("OPTIONS", "OPTIONS", "GET"))
            headers.append(("Access-Control-Request-Method", chance.choice(("GET", "PUT", "DELETE"))))
        if chance.random() < 0.4:
            headers.append(("Access-Control-Request-Headers", chance.choice(("x-a", "x-b,x-q"))))
    query = chance.choice(("", "", "?p=1", "?q=2&p=1", "?p=2"))
    path = chance.choice(("/", "/a", "/a/", "/a/b", "/a//b", "/a/../b", "/ab", "/b/c", "/c"))
    host = chance.choice(("a.example", "b.example", "x.a.example", "y.example", "other.test"))
    return Asked(method, host, f"{path}{query}", tuple(headers))
