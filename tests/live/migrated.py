"""Envoy's configuration from HTTPRoutes, filters of Envoy Gateway and Gateways, as Envoy Gateway does it.

Only the listener for plain http is made, on a socket of its own per set. A route passes on to an echo that says
which Service it stands for, and what came there. Source: envoyproxy/gateway, internal/gatewayapi (sort.go,
filters.go), internal/xds/translator (route.go, listener.go).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live import envoy
from live.child import running
from live.tables import Manifest

Config = dict[str, Any]
RANK = {"Exact": 0, "RegularExpression": 1, "PathPrefix": 2}
CODES = {
    301: "MOVED_PERMANENTLY", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}  # fmt: skip
EVERYTHING = {"path": {"type": "PathPrefix", "value": "/"}}


def of_routes(objects: Iterable[Manifest]) -> Config:
    """A virtual host per host name, its routes in the order of Envoy Gateway."""
    listed = list(objects)
    own = {o["metadata"]["name"]: o["spec"] for o in listed if o["kind"] == "HTTPRouteFilter"}
    routes = [o for o in listed if o["kind"] == "HTTPRoute" and _on_http(o)]
    hosts: dict[str, list[tuple[Any, Config]]] = {}
    for route in sorted(routes, key=lambda o: (o["metadata"].get("namespace", ""), o["metadata"]["name"])):
        for host in route["spec"].get("hostnames", ["*"]):
            hosts.setdefault(host, []).extend(_entries(route, own))
    made = [
        {
            "name": host,
            "domains": [host],
            "routes": [entry for _, entry in sorted(mine, key=lambda row: row[0])],
        }
        for host, mine in sorted(hosts.items())
    ]
    return {"virtual_hosts": made, "ignore_port_in_host_matching": True}


def _on_http(route: Manifest) -> bool:
    return any(parent.get("sectionName", "http") == "http" for parent in route["spec"]["parentRefs"])


def _entries(route: Manifest, own: dict[str, Config]) -> Iterator[tuple[Any, Config]]:
    for rule in route["spec"].get("rules", ()):
        for match in rule.get("matches") or [EVERYTHING]:
            path = match.get("path", EVERYTHING["path"])
            headers = match.get("headers", [])
            exact = sum(h.get("type", "Exact") == "Exact" for h in headers)
            length = 0 if path["type"] == "PathPrefix" and path["value"] == "/" else len(path["value"])
            yield (RANK[path["type"]], -length, -len(headers), -exact), _entry(path, headers, rule, own)


def _entry(path: Config, headers: list[Config], rule: Config, own: dict[str, Config]) -> Config:
    match = _path(path) | ({"headers": [_header(h) for h in headers]} if headers else {})
    named = [f["extensionRef"]["name"] for f in rule.get("filters", ()) if f["type"] == "ExtensionRef"]
    for spec in (own[name] for name in named):
        if "directResponse" in spec:
            return {"match": match, "direct_response": {"status": spec["directResponse"]["statusCode"]}}
    for item in rule.get("filters", ()):
        if item["type"] == "RequestRedirect":
            return {"match": match, "redirect": _redirect(item["requestRedirect"])}
    return {"match": match, **_passing(rule, [own[name] for name in named])}


def _path(path: Config) -> Config:
    kind, value = path["type"], path["value"]
    if kind == "RegularExpression":
        return {"safe_regex": {"regex": value}}
    if kind == "Exact":
        return {"path": value}
    return {"prefix": "/"} if value == "/" else {"path_separated_prefix": value.removesuffix("/")}


def _header(header: Config) -> Config:
    value = header["value"]
    how = {"safe_regex": {"regex": value}} if header.get("type") == "RegularExpression" else {"exact": value}
    return {"name": header["name"], "string_match": how}


def _redirect(where: Config) -> Config:
    made: Config = {"response_code": CODES[where.get("statusCode", 302)]}
    made |= {"scheme_redirect": where["scheme"]} if "scheme" in where else {}
    made |= {"host_redirect": where["hostname"]} if "hostname" in where else {}
    if where.get("port", 80) not in (80, 443):
        made["port_redirect"] = where["port"]
    return made | ({"path_redirect": where["path"]["replaceFullPath"]} if "path" in where else {})


def _passing(rule: Config, own: list[Config]) -> Config:
    """To the echo, with the name of the one Service that gets it."""
    taking = [ref for ref in rule["backendRefs"] if ref.get("weight", 1)]
    assert len(taking) == 1
    action: Config = {"cluster": "echo"}
    for item in rule.get("filters", ()):
        if item["type"] == "URLRewrite":
            rewrite = item["urlRewrite"]
            action |= {"host_rewrite_literal": rewrite["hostname"]} if "hostname" in rewrite else {}
            if "path" in rewrite:
                action["regex_rewrite"] = _replacing("^/.*$", rewrite["path"]["replaceFullPath"])
    for spec in own:
        change = spec["urlRewrite"]["path"]["replaceRegexMatch"]
        action["regex_rewrite"] = _replacing(change["pattern"], change["substitution"])
    service = {"key": "x-service", "value": taking[0]["name"]}
    return {
        "route": action,
        "request_headers_to_add": [{"header": service, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
    }


def _replacing(pattern: str, text: str) -> Config:
    return {"pattern": {"regex": pattern}, "substitution": text}


def _listener(socket: Path, routes: Config) -> Config:
    return envoy.listener(socket, routes, envoy.ENVOY_GATEWAY)


@contextmanager
def serving(sets: list[list[Manifest]], folder: Path, echo: Path) -> Iterator[None]:
    """All sets behind one Envoy; set n listens on the socket `n` of the folder."""
    sockets = [folder / str(number) for number in range(len(sets))]
    place = {"endpoint": {"address": {"pipe": {"path": str(echo)}}}}
    cluster = {
        "name": "echo", "type": "STATIC",
        "load_assignment": {"cluster_name": "echo", "endpoints": [{"lb_endpoints": [place]}]},
    }  # fmt: skip
    listeners = [_listener(s, of_routes(t)) for s, t in zip(sockets, sets, strict=True)]
    file = folder / "envoy.json"
    file.write_text(json.dumps({"static_resources": {"listeners": listeners, "clusters": [cluster]}}))
    binary = envoy.program()
    assert binary is not None
    command = [binary, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    with running(command, folder, sockets):
        yield
