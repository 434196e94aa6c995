"""Envoy's configuration from HTTPRoutes with filters, as Envoy Gateway writes it, and an application behind it.

The application is Envoy too: one listener for each Service, which answers with what it got. Source:
envoyproxy/gateway at d32f282, internal/gatewayapi (route.go, filters.go, sort.go, securitypolicy.go),
internal/xds/translator (route.go, cors.go, listener.go).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live import envoy
from live.child import running
from live.route_tables import NAMES, Manifest, RouteTable

Config = dict[str, Any]
_API = "type.googleapis.com/envoy.extensions.filters.http"
_CORS = "envoy.filters.http.cors"
KINDS = {"Exact": 2, "RegularExpression": 1, "PathPrefix": 0}
GOT = {"x-got-path": ":PATH", "x-got-host": ":AUTHORITY"} | {f"x-got-{name.lower()}": name for name in NAMES}
"""Header of the application's answer -> what it tells of the request."""


def _by_pattern(kind: str, value: str) -> Config:
    return {"safe_regex": {"regex": value}} if kind == "RegularExpression" else {"exact": value}


def _rows(routes: Iterable[Manifest]) -> Iterator[tuple[str, Any, Config]]:
    """(host, rank, route of Envoy) of each match, and of the preflights that a CORS filter lets in."""
    oldest_first = sorted(routes, key=lambda r: (r["metadata"]["creationTimestamp"], r["metadata"]["name"]))
    number = 0
    for route in oldest_first:
        for rule in route["spec"]["rules"]:
            for match in rule["matches"]:
                for headers, preflight in _header_lists(rule, match):
                    number += 1
                    entry = _entry(rule, match, headers, preflight)
                    rank = (*_rank(match, headers), -number)
                    yield from ((host, rank, entry) for host in route["spec"].get("hostnames", ["*"]))


def _header_lists(rule: Manifest, match: Manifest) -> Iterator[tuple[list[Config], bool]]:
    """The headers that are compared, the method among them; for a CORS rule once more, for preflights."""
    asked = [
        {"name": h["name"], "string_match": _by_pattern(h["type"], h["value"])}
        for h in match.get("headers", ())
    ]
    method = match.get("method")
    yield asked + ([{"name": ":method", "string_match": {"exact": method}}] if method else []), False
    if method not in (None, "OPTIONS") and any("cors" in f for f in rule["filters"]):
        any_text = {"safe_regex": {"regex": ".*"}}
        names = ("origin", "access-control-request-method")
        crossing = [{"name": name, "string_match": any_text} for name in names]
        yield [*asked, {"name": ":method", "string_match": {"exact": "OPTIONS"}}, *crossing], True


def _rank(match: Manifest, headers: list[Config]) -> tuple[int, ...]:
    """Source: internal/gatewayapi/sort.go."""
    path, query = match["path"], match.get("queryParams", [])
    exact = sum("exact" in h["string_match"] for h in headers)
    exact_query = sum(q["type"] == "Exact" for q in query)
    return KINDS[path["type"]], len(path["value"]), len(headers), exact, len(query), exact_query


def _entry(rule: Manifest, match: Manifest, headers: list[Config], preflight: bool) -> Config:
    parts = {} if preflight else _parts(rule)
    entry: Config = {"match": _match(match, headers)}
    if "requestRedirect" in parts:
        entry["redirect"] = _redirect(parts["requestRedirect"], match)
    elif preflight or rule.get("backendRefs"):
        cluster = "none" if preflight else rule["backendRefs"][0]["name"]
        entry["route"] = {"cluster": cluster} | _rewrite(parts.get("urlRewrite", {}), match)
    else:
        entry["direct_response"] = {"status": 500}
    entry |= _headers(parts.get("requestHeaderModifier", {}), "request")
    entry |= _headers(parts.get("responseHeaderModifier", {}), "response")
    cors = next((f["cors"] for f in rule["filters"] if "cors" in f), None)
    return entry | ({"typed_per_filter_config": {_CORS: _cors(cors)}} if cors else {})


def _parts(rule: Manifest) -> Manifest:
    return {key: value for f in rule["filters"] for key, value in f.items() if key != "type"}


def _match(match: Manifest, headers: list[Config]) -> Config:
    kind, value = match["path"]["type"], match["path"]["value"]
    query = [
        {"name": q["name"], "string_match": _by_pattern(q["type"], q["value"])}
        for q in match.get("queryParams", ())
    ]
    path = (
        {"safe_regex": {"regex": value}}
        if kind == "RegularExpression"
        else envoy.path_match(value, kind == "Exact")
    )
    return path | {"headers": headers, "query_parameters": query}


def _to_the_root(prefix: str) -> Config:
    pattern = rf"^{re.escape(prefix)}\/*"
    return {"regex_rewrite": {"pattern": {"regex": pattern}, "substitution": "/"}}


def _rewrite(rewrite: Manifest, match: Manifest) -> Config:
    done: Config = {"host_rewrite_literal": rewrite["hostname"]} if "hostname" in rewrite else {}
    path, prefix = rewrite.get("path", {}), match["path"]["value"]
    if "replaceFullPath" in path:
        whole = {"pattern": {"regex": "^/.*$"}, "substitution": path["replaceFullPath"]}
        return done | {"regex_rewrite": whole}
    if path.get("replacePrefixMatch") in ("", "/"):
        return done | _to_the_root(prefix)
    return done | ({"prefix_rewrite": path["replacePrefixMatch"].removesuffix("/")} if path else {})


def _redirect(redirect: Manifest, match: Manifest) -> Config:
    words = {301: "MOVED_PERMANENTLY", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT",
             308: "PERMANENT_REDIRECT"}  # fmt: skip
    done: Config = {"response_code": words[redirect["statusCode"]]}
    given = {"scheme": "scheme_redirect", "hostname": "host_redirect", "port": "port_redirect"}
    done |= {given[name]: value for name, value in redirect.items() if name in given}
    path, prefix = redirect.get("path", {}), match["path"]["value"]
    if "replaceFullPath" in path:
        return done | {"path_redirect": path["replaceFullPath"]}
    if path.get("replacePrefixMatch") in ("", "/"):
        return done | _to_the_root(prefix)
    return done | ({"prefix_rewrite": path["replacePrefixMatch"]} if path else {})


def _headers(change: Manifest, whose: str) -> Config:
    added = [_added(h, "APPEND_IF_EXISTS_OR_ADD") for h in change.get("add", ())]
    added += [_added(h, "OVERWRITE_IF_EXISTS_OR_ADD") for h in change.get("set", ())]
    return {f"{whose}_headers_to_add": added, f"{whose}_headers_to_remove": change.get("remove", [])}


def _added(header: Manifest, action: str) -> Config:
    return {"header": {"key": header["name"], "value": header["value"]}, "append_action": action}


def _cors(cors: Manifest) -> Config:
    origins = [
        {"safe_regex": {"regex": re.escape(o).replace(r"\*", ".*")}} if "*" in o else {"exact": o}
        for o in cors["allowOrigins"]
    ]
    names = {
        f"allow_{part}": ", ".join(cors.get(f"allow{part.title()}", ())) for part in ("methods", "headers")
    }
    return {
        "@type": f"{_API}.cors.v3.CorsPolicy",
        "allow_origin_string_match": origins,
        "expose_headers": ", ".join(cors.get("exposeHeaders", ())),
        "max_age": str(cors.get("maxAge", 5)),
        "allow_credentials": cors.get("allowCredentials", False),
        "forward_not_matching_preflights": False,
        **names,
    }


def _virtual_hosts(routes: Iterable[Manifest]) -> Config:
    by_host: dict[str, list[tuple[Any, Config]]] = {}
    for host, rank, entry in _rows(routes):
        by_host.setdefault(host, []).append((rank, entry))
    hosts = [
        {
            "name": host,
            "domains": [host],
            "routes": [entry for _, entry in sorted(mine, key=lambda row: row[0], reverse=True)],
        }
        for host, mine in sorted(by_host.items())
    ]
    return {"virtual_hosts": hosts, "ignore_port_in_host_matching": True}


def _application(service: str, folder: Path) -> Config:
    """Answers with its name, and with what it got."""
    told = [
        _added({"name": name, "value": f"%REQ({what})%"}, "APPEND_IF_EXISTS_OR_ADD")
        for name, what in GOT.items()
    ]
    told.append(_added({"name": "x-app", "value": "app"}, "APPEND_IF_EXISTS_OR_ADD"))
    answer = {"status": 200, "body": {"inline_string": service}}
    route = {"match": {"prefix": "/"}, "direct_response": answer, "response_headers_to_add": told}
    hosts = {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]}
    return envoy.listener(folder / f"app-{service}", hosts, {})


def _cluster(name: str, places: list[Path]) -> Config:
    ends = [{"endpoint": {"address": {"pipe": {"path": str(place)}}}} for place in places]
    load = {"cluster_name": name, "endpoints": [{"lb_endpoints": ends}]}
    return {"name": name, "type": "STATIC", "load_assignment": load}


@contextmanager
def serving(tables: list[RouteTable], folder: Path) -> Iterator[None]:
    """All tables behind one Envoy; table n listens on the socket `n` of the folder."""
    services = sorted({name for table in tables for name in table.services})
    cors = {"name": _CORS, "typed_config": {"@type": f"{_API}.cors.v3.Cors"}}
    sockets = [folder / str(number) for number in range(len(tables))]
    listeners = [
        envoy.listener(socket, _virtual_hosts(table.manifests), envoy.ENVOY_GATEWAY, (cors,))
        for socket, table in zip(sockets, tables, strict=True)
    ]
    listeners += [_application(name, folder) for name in services]
    clusters = [_cluster(name, [folder / f"app-{name}"]) for name in services] + [_cluster("none", [])]
    file = folder / "envoy.json"
    file.write_text(json.dumps({"static_resources": {"listeners": listeners, "clusters": clusters}}))
    binary = envoy.program()
    assert binary is not None
    command = [binary, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    with running(command, folder, sockets):
        yield
