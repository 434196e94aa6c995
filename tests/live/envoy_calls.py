"""Envoy's configuration from GRPCRoutes: a virtual host per host name, its routes in the order of the API.

A route answers by itself with the name of its Service, which Envoy puts into grpc-message; one whose backend is
not there with 503. Source: Envoy, RouteMatch and "How does Envoy respond to gRPC"; Gateway API, GRPCRoute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from live import envoy
from live.call_tables import CallTable, Manifest

Config = dict[str, Any]
ANY_HOST = "*"
ONE_PART = "[^/]+"


def _path(match: Manifest) -> Config:
    """A method, all of a service, or an expression over both parts of a path."""
    method = match.get("method", {})
    service, name = method.get("service"), method.get("method")
    if method.get("type") == "RegularExpression":
        parts = (f"(?:{service or ONE_PART})", f"(?:{name or ONE_PART})")
        return {"safe_regex": {"regex": f"/{parts[0]}/{parts[1]}"}}
    if service and name:
        return {"path": f"/{service}/{name}"}
    if service:
        return {"path_separated_prefix": f"/{service}"}
    return {"safe_regex": {"regex": f"/{ONE_PART}/{re.escape(name)}"}} if name else {"prefix": "/"}


def _entry(match: Manifest, rule: Manifest, services: Iterable[str]) -> Config:
    found = _path(match)
    headers = {h["name"].lower(): h["value"] for h in match.get("headers", ())}
    found["headers"] = [{"name": n, "string_match": {"exact": v}} for n, v in headers.items()]
    name = rule["backendRefs"][0]["name"]
    there = name in services
    answer: Config = {"status": 200 if there else 503, "body": {"inline_string": name}}
    return {"match": found, "direct_response": answer}


def _rank(match: Manifest) -> tuple[int, int, int]:
    method = match.get("method", {})
    lengths = (len(method.get("service", "")), len(method.get("method", "")))
    return -lengths[0], -lengths[1], -len(match.get("headers", ()))


def of_calls(table: CallTable) -> Config:
    """In a virtual host the most of a service first, then of a method, most headers, then the oldest."""
    rows: dict[str, list[tuple[Any, Config]]] = {}
    for route in table.manifests:
        age = route["metadata"].get("creationTimestamp", ""), route["metadata"]["name"]
        for number, rule in enumerate(route["spec"]["rules"]):
            for place, match in enumerate(rule.get("matches", [{}])):
                rank = *_rank(match), *age, number, place
                entry = _entry(match, rule, table.services)
                for host in route["spec"].get("hostnames", [ANY_HOST]):
                    rows.setdefault(host, []).append((rank, entry))
    hosts = [
        {"name": h, "domains": [h], "routes": [e for _, e in sorted(mine, key=lambda row: row[0])]}
        for h, mine in sorted(rows.items())
    ]
    return {"virtual_hosts": hosts, "ignore_port_in_host_matching": True}


def serving(tables: list[CallTable], folder: Path) -> AbstractContextManager[None]:
    """All tables behind one Envoy; table n listens on the socket `n` of the folder."""
    configs = list(_listeners(tables, folder))
    return envoy.started(configs, [folder / str(n) for n in range(len(tables))], folder)


def _listeners(tables: list[CallTable], folder: Path) -> Iterator[Config]:
    for number, table in enumerate(tables):
        yield envoy.listener(folder / str(number), of_calls(table), envoy.ENVOY_GATEWAY)
