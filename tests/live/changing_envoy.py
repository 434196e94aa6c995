"""Envoy whose endpoints come from files that are replaced, as a control plane sends them anew.

Source: envoyproxy/gateway, internal/xds/translator/cluster.go; istio/istio, pilot/pkg/networking/core/route/retry.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live import envoy
from live.child import running

Config = dict[str, Any]
_TYPES = "type.googleapis.com/envoy"
_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_ONE_REQUEST = {"common_http_protocol_options": {"max_requests_per_connection": 1}}
_PREVIOUS = {
    "name": "envoy.retry_host_predicates.previous_hosts",
    "typed_config": {
        "@type": f"{_TYPES}.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    },
}
RETRIES: dict[str, Config] = {
    "envoy-gateway": {},
    "istio": {
        "retry_policy": {
            "retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
            "num_retries": 2,
            "retry_host_predicate": [_PREVIOUS],
            "host_selection_retry_max_attempts": 5,
        }
    },
}
"""Profile -> what it asks of a route where nobody says anything."""


def endpoints(number: int, ports: Sequence[int]) -> Config:
    """The message with the endpoints of a cluster."""
    listed = [
        {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
        for port in ports
    ]
    assigned = {
        "@type": f"{_TYPES}.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": f"u{number}",
        "endpoints": [{"lb_endpoints": listed}],
    }
    return {"version_info": str(len(ports)), "resources": [assigned]}


def write(folder: Path, number: int, ports: Sequence[int]) -> None:
    """Replace the file of a cluster: Envoy looks where another one is moved there."""
    new = folder / f"new{number}.json"
    new.write_text(json.dumps(endpoints(number, ports)))
    os.replace(new, folder / f"u{number}.json")


def cluster(folder: Path, number: int, keeps: bool) -> Config:
    """A cluster whose endpoints are in a file."""
    file = {"path": str(folder / f"u{number}.json")}
    http = {"@type": f"type.googleapis.com/{_HTTP}", "explicit_http_config": {"http_protocol_options": {}}}
    return {
        "name": f"u{number}",
        "type": "EDS",
        "connect_timeout": "10s",
        "lb_policy": "ROUND_ROBIN",
        "eds_cluster_config": {"eds_config": {"path_config_source": file, "resource_api_version": "V3"}},
        "typed_extension_protocol_options": {_HTTP: http | ({} if keeps else _ONE_REQUEST)},
    }


def route(number: int, profile: str) -> Config:
    """Everything to one cluster; the answer tells who was asked."""
    told = {"header": {"key": "x-tried", "value": "%UPSTREAM_HOST%"}}
    often = {"header": {"key": "x-tries", "value": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"}}
    entry = {
        "match": {"prefix": "/"},
        "route": {"cluster": f"u{number}", "timeout": "60s", **RETRIES[profile]},
        "response_headers_to_add": [told, often],
    }
    return {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [entry]}]}


@contextmanager
def serving(upstreams: Sequence[tuple[str, Sequence[int], bool]], folder: Path) -> Iterator[list[Path]]:
    """One Envoy, and a socket for each upstream.

    Args:
        upstreams: profile, ports, and whether connections are kept.
    """
    sockets = [folder / str(number) for number in range(len(upstreams))]
    for number, (_, ports, _) in enumerate(upstreams):
        write(folder, number, ports)
    named = zip(sockets, upstreams, strict=True)
    resources = {
        "listeners": [envoy.listener(at, route(n, of), {}) for n, (at, (of, _, _)) in enumerate(named)],
        "clusters": [cluster(folder, n, keeps) for n, (_, _, keeps) in enumerate(upstreams)],
    }
    node = {"id": "lab", "cluster": "lab"}
    (folder / "envoy.json").write_text(json.dumps({"node": node, "static_resources": resources}))
    words = ["--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    with running([str(envoy.program()), "-c", str(folder / "envoy.json"), *words], folder, sockets):
        yield sockets
