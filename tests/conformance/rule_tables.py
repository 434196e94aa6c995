"""Rule tables of balancing/ (`kind: routing`): the manifests that say the same, and what we answer.

A table captured behind nginx is that of an ingress-nginx; one behind Envoy is an Ingress by the API's letter
(a wildcard is one label), or HTTPRoutes on a Gateway (a wildcard is a suffix).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from answers import CLASS, GATEWAY, NAMESPACE, Ask, Said, behind, of_ingresses, of_routes

from sim.routing.path_rules import AS_SENT, DataPlane, PathRules

OPTIONS = {"wildcard", "normalize_path"}
ROUTE_TYPES = {"Exact": "Exact", "Prefix": "PathPrefix"}


def compared(case: dict[str, Any]) -> str | None:
    """What differs between the captured answers and ours; None if nothing does."""
    unknown = set(case.get("options") or {}) - OPTIONS
    if unknown or case["proxy"] not in PROXIES:
        return f"unknown option or proxy {sorted(unknown) or case['proxy']}"
    ask = PROXIES[case["proxy"]](case)
    said = [ask(r["host"], r["path"]) for r in case["requests"]["http"]]
    return "; ".join(_differences(case, said)) or None


def _differences(case: dict[str, Any], said: list[Said]) -> Iterator[str]:
    wanted, got = case["expect_sequence"], [s.service or f"!{s.status}" for s in said]
    if len(wanted) != len(got):
        yield f"{len(wanted)} answers expected to {len(got)} requests"
    for request, want, have in zip(case["requests"]["http"], wanted, got, strict=False):
        if want != have:
            yield f"{request['host']} {request['path']}: expected {want}, got {have}"
    for name, location in (case.get("locations") or {}).items():
        have = said[int(name[1:])].location
        if _place(location) != _place(have):
            yield f"{name}: expected {location}, got {have}"


def _place(location: str) -> tuple[str | None, str, str]:
    parts = urlsplit(location if "://" in location else f"http://{location}")
    return parts.hostname, parts.path, parts.query


def _nginx(case: dict[str, Any]) -> Ask:
    """The captured nginx has the Ingress's locations alone; the controller's health check is put out of the way."""
    objects = [_ingress(case, None), *behind(case["backends"])]
    flags = ("health-check-path=/.lab-health-check",)
    return of_ingresses(objects, "ingress-nginx", case["default_service"], flags=flags)


def _envoy(case: dict[str, Any]) -> Ask:
    options = case.get("options") or {}
    uniform = bool(options.get("normalize_path"))
    paths = PathRules(normalize_path=uniform, merge_slashes=uniform) if uniform else AS_SENT
    if options.get("wildcard", "single_label") == "suffix":
        return of_routes(
            [*_gateway(), *_routes(case), *behind(case["backends"])], DataPlane(paths, one_host=True)
        )
    ingress = _ingress(case, case["default_service"])
    return of_ingresses([ingress, *behind(case["backends"])], "spec", None, paths)


PROXIES = {"nginx": _nginx, "envoy": _envoy}


def _ingress(case: dict[str, Any], default: str | None) -> dict[str, Any]:
    rules = [
        {"http": {"paths": [_path(p) for p in r["paths"]]}} | ({"host": r["host"]} if r.get("host") else {})
        for r in case["routes"]
    ]
    spec = {"ingressClassName": CLASS, "rules": rules}
    return _object(
        "networking.k8s.io/v1",
        "Ingress",
        "rules",
        spec | ({"defaultBackend": _to(default)} if default else {}),
    )


def _path(row: dict[str, Any]) -> dict[str, Any]:
    return {"path": row["path"], "pathType": row.get("type", "Prefix"), "backend": _to(row["service"])}


def _to(service: str) -> dict[str, Any]:
    return {"service": {"name": service, "port": {"number": 80}}}


def _gateway() -> Iterator[dict[str, Any]]:
    api = "gateway.networking.k8s.io/v1"
    yield {
        "apiVersion": api,
        "kind": "GatewayClass",
        "metadata": {"name": CLASS},
        "spec": {"controllerName": "lab/lab"},
    }
    listener = {"name": "http", "protocol": "HTTP", "port": 80}
    name = GATEWAY.partition("/")[2]
    yield _object(api, "Gateway", name, {"gatewayClassName": CLASS, "listeners": [listener]})


def _routes(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A route per row of the table, in its order, and the default for every host last."""
    for number, row in enumerate(case["routes"]):
        rules = [_rule(ROUTE_TYPES[p.get("type", "Prefix")], p["path"], p["service"]) for p in row["paths"]]
        yield _route(f"r{number:05}", [row["host"]] if row.get("host") else [], rules)
    if case["default_service"]:
        everything = [_rule("PathPrefix", "/", case["default_service"])]
        hosts = dict.fromkeys(r["host"] for r in case["routes"] if r.get("host"))
        yield _route("s-rest", [], everything)
        if hosts:
            yield _route("s-rest-of-hosts", list(hosts), everything)


def _rule(kind: str, path: str, service: str) -> dict[str, Any]:
    return {
        "matches": [{"path": {"type": kind, "value": path}}],
        "backendRefs": [{"name": service, "port": 80}],
    }


def _route(name: str, hosts: list[str], rules: list[dict[str, Any]]) -> dict[str, Any]:
    parents = [{"name": GATEWAY.partition("/")[2]}]
    spec = {"parentRefs": parents, "rules": rules} | ({"hostnames": hosts} if hosts else {})
    return _object("gateway.networking.k8s.io/v1", "HTTPRoute", name, spec)


def _object(api: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}
