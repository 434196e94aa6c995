"""Envoy's configuration from Ingresses, by the API's letter, or from HTTPRoutes, as Envoy Gateway does it.

Every table has a listener on a socket of its own. A route answers by itself with the name of its Service.
Source: Envoy, RouteMatch and VirtualHost; envoyproxy/gateway, internal/xds/translator (listener.go, route.go),
internal/gatewayapi/sort.go.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live.child import running
from live.tables import Manifest

Config = dict[str, Any]
_API = "type.googleapis.com/envoy.extensions.filters"
ANY_HOST = "*"


def program() -> str | None:
    """Where Envoy is: in its wheel, or on the path; None if it is not installed."""
    spec = importlib.util.find_spec("envoy")
    inside = (
        [Path(place) / "_bin" / "envoy" for place in (spec.submodule_search_locations or ())] if spec else []
    )
    return next((str(file) for file in inside if file.exists()), None) or shutil.which("envoy")


def _age(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"].get("creationTimestamp", ""), manifest["metadata"]["name"]


def path_match(path: str, exact: bool) -> Config:
    """A Prefix is by element: Envoy's own notion, which wants no final slash."""
    if exact:
        return {"path": path}
    return {"path_separated_prefix": path.rstrip("/")} if path.rstrip("/") else {"prefix": "/"}


def _entry(match: Config, service: str) -> Config:
    return {"match": match, "direct_response": {"status": 200, "body": {"inline_string": service}}}


def of_ingresses(ingresses: Iterable[Manifest]) -> Config:
    """A virtual host per host; a wildcard is one label, what is deeper goes to the rules for any host."""
    read = sorted(ingresses, key=_age)
    rows: dict[str, dict[tuple[bool, str], str]] = {ANY_HOST: {}}
    for ingress in read:
        for rule in ingress["spec"].get("rules", ()):
            for row in rule["http"]["paths"]:
                exact = row["pathType"] == "Exact"
                path = row["path"] if exact else row["path"].rstrip("/")
                mine = rows.setdefault(rule.get("host", ANY_HOST), {})
                mine.setdefault((exact, path), row["backend"]["service"]["name"])
    defaults = [i["spec"]["defaultBackend"]["service"]["name"] for i in read if "defaultBackend" in i["spec"]]
    rest = [_entry({"prefix": "/"}, defaults[0])] if defaults else []
    listed = {host: _longest_first(mine) for host, mine in rows.items()}
    hosts = [{"name": h, "domains": [h], "routes": _for_host(h, listed) + rest} for h in sorted(listed)]
    return {"virtual_hosts": hosts}


def _longest_first(rows: dict[tuple[bool, str], str]) -> list[Config]:
    ordered = sorted(rows.items(), key=lambda row: (row[0][0], len(row[0][1])), reverse=True)
    return [_entry(path_match(path, exact), service) for (exact, path), service in ordered]


def _for_host(host: str, listed: dict[str, list[Config]]) -> list[Config]:
    if not host.startswith("*."):
        return listed[host]
    one_label = {
        "name": ":authority",
        "string_match": {"safe_regex": {"regex": rf"(?i)[^.]+\.{re.escape(host[2:])}"}},
    }
    deeper = one_label | {"invert_match": True}
    return [_with_header(r, one_label) for r in listed[host]] + [
        _with_header(r, deeper) for r in listed[ANY_HOST]
    ]


def _with_header(route: Config, header: Config) -> Config:
    return route | {"match": route["match"] | {"headers": [header]}}


def of_routes(routes: Iterable[Manifest]) -> Config:
    """A virtual host per host name; in it Exact first, then the longer path, then the older route."""
    rows: dict[str, list[tuple[Any, Config]]] = {ANY_HOST: []}
    for route in routes:
        for number, rule in enumerate(route["spec"]["rules"]):
            path = rule["matches"][0]["path"]
            exact, value = path["type"] == "Exact", path["value"]
            rank = not exact, 0 if exact else -len(value), *_age(route), number
            for host in route["spec"].get("hostnames", [ANY_HOST]):
                entry = _entry(path_match(value, exact), rule["backendRefs"][0]["name"])
                rows.setdefault(host, []).append((rank, entry))
    hosts = [
        {
            "name": host,
            "domains": [host],
            "routes": [entry for _, entry in sorted(mine, key=lambda row: row[0])],
        }
        for host, mine in sorted(rows.items())
    ]
    return {"virtual_hosts": hosts, "ignore_port_in_host_matching": True}


INGRESS: Config = {"strip_any_host_port": True}
ENVOY_GATEWAY: Config = {
    "normalize_path": True,
    "merge_slashes": True,
    "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
}
WRITERS: dict[str, tuple[Callable[[Iterable[Manifest]], Config], Config]] = {
    "Ingress": (of_ingresses, INGRESS),
    "HTTPRoute": (of_routes, ENVOY_GATEWAY),
}


def listener(socket: Path, routes: Config, options: Config, filters: Iterable[Config] = ()) -> Config:
    """A listener on a socket, with filters before the one that routes."""
    router = {"@type": f"{_API}.http.router.v3.Router"}
    manager = {
        "@type": f"{_API}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "route_config": routes,
        "http_filters": [*filters, {"name": "envoy.filters.http.router", "typed_config": router}],
        **options,
    }
    chain = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    return {
        "name": socket.name,
        "address": {"pipe": {"path": str(socket)}},
        "filter_chains": [{"filters": chain}],
    }


@contextmanager
def serving(tables: list[Iterable[Manifest]], folder: Path, kind: str) -> Iterator[None]:
    """All tables of a kind behind one Envoy; table n listens on the socket `n` of the folder."""
    write, options = WRITERS[kind]
    sockets = [folder / str(number) for number in range(len(tables))]
    listeners = [listener(s, write(t), options) for s, t in zip(sockets, tables, strict=True)]
    with started(listeners, sockets, folder):
        yield


@contextmanager
def started(
    listeners: list[Config], sockets: list[Path], folder: Path, clusters: Iterable[Config] = ()
) -> Iterator[None]:
    """One Envoy with these listeners, once all of its sockets are there."""
    file = folder / "envoy.json"
    resources = {"listeners": listeners, "clusters": list(clusters)}
    file.write_text(json.dumps({"static_resources": resources}))
    binary = program()
    assert binary is not None
    command = [binary, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    with running(command, folder, sockets):
        yield
