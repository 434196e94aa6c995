"""Lines of JSON, one object each, under the names that people give to nginx's variables.

Source: ingress-nginx, user guide, `log-format-escape-json`; a field is known by any of its usual names.
"""

import json
from collections.abc import Mapping
from typing import Any

from sim.scenario.traffic_files.formats.logged import Logged, asked, split_url, stated_time_s

NAMES: Mapping[str, tuple[str, ...]] = {
    "time": ("time_iso8601", "time", "time_local", "@timestamp", "timestamp", "msec", "ts"),
    "host": ("host", "vhost", "http_host", "server_name"),
    "path": ("request_uri", "path", "uri", "url"),
    "request": ("request",),
    "method": ("request_method", "method"),
    "bytes_out": ("bytes_sent", "body_bytes_sent"),
    "bytes_in": ("request_length",),
    "upstream": ("proxy_upstream_name", "upstream_name"),
    "address": ("upstream_addr",),
    "namespace": ("namespace",),
    "service": ("service_name", "service"),
    "nth": ("connection_requests",),
}
"""Quantity -> the names under which it may stand, the best first."""

_MOST_BYTES = 10**15


def read(line: str) -> Logged | None:
    """The request of a line; None: it holds no object, or one without a time and something asked."""
    value = _object(line[line.find("{") :]) if "{" in line else None
    if value is None:
        return None
    found = {quantity: _text(value, names) for quantity, names in NAMES.items()}
    try:
        at_s = stated_time_s(found["time"])
        out, into = _bytes(found["bytes_out"]) or 0, _bytes(found["bytes_in"])
    except (ValueError, OverflowError):
        return None
    method, host, path = asked(found["request"])
    in_url, own_path = split_url(found["path"])
    if not (found["request"] or found["path"] or found["upstream"] or found["service"]):
        return None
    return Logged(
        at_s,
        _name(found["host"]) or in_url or host,
        own_path or path,
        found["method"] or method,
        out,
        into,
        found["upstream"],
        f"{found['namespace']}/{found['service']}" if found["namespace"] and found["service"] else "",
        found["address"].partition(",")[0],
        found["nth"] == "1" if found["nth"] else None,
    )


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text(value: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        found = value.get(name)
        if found is not None and found != "":
            return found if type(found) is str else str(found) if type(found) in (int, float) else ""
    return ""


def _name(host: str) -> str:
    """A host; nginx writes `_` or `-` where it has none."""
    return "" if host in ("_", "-") else host


def _bytes(text: str) -> int | None:
    """Bytes, None where nothing is stated.

    Raises:
        ValueError: it is no number of bytes.
    """
    if text in ("", "-"):
        return None
    number = int(text[:16])
    if not 0 <= number <= _MOST_BYTES:
        raise ValueError(text)
    return number
