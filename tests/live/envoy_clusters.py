"""Envoy's configuration with a cluster for each set-up, each behind a listener on a socket of its own; one worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live.envoy import Config, listener, started

Case = dict[str, Any]
_TYPES = "type.googleapis.com/envoy.extensions"
_FULL_SCAN = f"{_TYPES}.load_balancing_policies.least_request.v3.LeastRequest"
_PREVIOUS = f"{_TYPES}.retry.host.previous_hosts.v3.PreviousHostsPredicate"
HASHING = ("ring-hash", "maglev")


def _endpoint(row: Case) -> Config:
    host, _, port = row["address"].rpartition(":")
    address = {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}
    found: Config = {"endpoint": {"address": address}, "load_balancing_weight": row["weight"]}
    return found | ({"health_status": "UNHEALTHY"} if row.get("down") else {})


def _cluster(number: int, case: Case) -> Config:
    options, rows = case["options"], case["backends"]
    groups = [[r for r in rows if not r.get("backup")], [r for r in rows if r.get("backup")]]
    endpoints = [
        {"priority": priority, "lb_endpoints": [_endpoint(row) for row in group]}
        for priority, group in enumerate(groups)
        if group
    ]
    found: Config = {
        "name": f"up{number}",
        "type": "STATIC",
        "connect_timeout": "5s",
        "common_lb_config": {"update_merge_window": "0s"},  # Of a second, where nothing is said.
        "load_assignment": {"cluster_name": f"up{number}", "endpoints": endpoints},
        "circuit_breakers": {"thresholds": [options["circuit"]]} if "circuit" in options else {},
    }
    if "outlier" in options:
        found["outlier_detection"] = options["outlier"]
    return found | _policy(case["algorithm"])


def _policy(algorithm: str) -> Config:
    if algorithm != "least-request-full-scan":
        return {"lb_policy": algorithm.upper().replace("-", "_")}
    typed = {"@type": _FULL_SCAN, "selection_method": "FULL_SCAN"}
    extension = {"name": "envoy.load_balancing_policies.least_request", "typed_config": typed}
    return {"load_balancing_policy": {"policies": [{"typed_extension_config": extension}]}}


def _route(number: int, case: Case) -> Config:
    options = case["options"]
    action: Config = {"cluster": f"up{number}", "timeout": "60s"}
    if case["algorithm"] in HASHING:
        action["hash_policy"] = [{"header": {"header_name": "x-key"}}]
    if retry := options.get("retry"):
        action["retry_policy"] = {
            "retry_on": retry["retry_on"],
            "num_retries": retry["num_retries"],
            "retry_back_off": {
                "base_interval": "0.001s",
                "max_interval": "0.001s",
            },  # Of up to 25 ms by chance.
        }
        if retry.get("avoid_previous"):
            named = {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": _PREVIOUS},
            }
            action["retry_policy"] |= {
                "retry_host_predicate": [named],
                "host_selection_retry_max_attempts": 5,
            }
    told = [
        {"header": {"key": "x-tried", "value": "%UPSTREAM_HOST%"}},
        {"header": {"key": "x-tries", "value": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"}},
    ]
    entry = {"match": {"prefix": "/"}, "route": action, "response_headers_to_add": told}
    return {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [entry]}]}


@contextmanager
def serving(cases: list[Case], folder: Path) -> Iterator[None]:
    """All set-ups behind one Envoy."""
    sockets = [folder / str(number) for number in range(len(cases))]
    listeners = [listener(s, _route(n, c), {}) for n, (s, c) in enumerate(zip(sockets, cases, strict=True))]
    clusters = [_cluster(number, case) for number, case in enumerate(cases)]
    with started(listeners, sockets, folder, clusters):
        yield


def tried(case: Case, headers: dict[str, str]) -> tuple[str, str]:
    """The last host that was asked, by name, and how many were; as the answer tells it."""
    names = {row["address"]: row["name"] for row in case["backends"]}
    host = headers.get("x-tried", "")
    return names.get(host, host), headers.get("x-tries", "")
