"""Rules of routes and policies that look at several fields at once: CEL, as in `gateway_rules`."""

import re
from collections import Counter
from ipaddress import ip_address
from typing import Any

from sim.manifests.validation.gateway_rules import FIELD_OF_TYPE, HOST_NAME, Messages

_SERVICE = re.compile(r"(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*")
_METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_MOST_MATCHES = 128
GRPC_FILTERS = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef")
_ONCE = ("RequestHeaderModifier", "ResponseHeaderModifier")


def method_named(match: dict[str, Any]) -> Messages:
    """A method match says something, and in Exact form only what a name can be."""
    if "service" not in match and "method" not in match:
        yield "one or both of service and method must be specified"
    for field, form in (("service", _SERVICE), ("method", _METHOD)):
        if match["type"] == "Exact" and field in match and not form.fullmatch(match[field]):
            yield f"{field} must be a name that gRPC can have when type is Exact"


def grpc_filter_fits_its_type(found: dict[str, Any]) -> Messages:
    """A filter has the field of its type, and only that."""
    for kind in GRPC_FILTERS:
        name, is_kind = FIELD_OF_TYPE[kind], found["type"] == kind
        if name in found and not is_kind:
            yield f"{name} must not be set when type is not {kind}"
        if is_kind and name not in found:
            yield f"{name} must be set when type is {kind}"


def grpc_filters_fit(filters: list[dict[str, Any]]) -> Messages:
    """Some filters may stand once."""
    counts = Counter(f["type"] for f in filters)
    yield from (f"the filter {kind} cannot be repeated" for kind in _ONCE if counts[kind] > 1)


def grpc_matches_in_all(rules: list[dict[str, Any]]) -> Messages:
    """The rules of a route share one limit."""
    if sum(len(rule.get("matches", [])) for rule in rules) > _MOST_MATCHES:
        yield f"all rules together must have at most {_MOST_MATCHES} matches"


def server_names(names: list[str]) -> Messages:
    """Server names are host names: no addresses, a star alone as the first label."""
    for name in names:
        if _is_address(name):
            yield f"hostnames cannot contain an IP address: {name}"
        elif not HOST_NAME.fullmatch(name):
            yield f"hostnames must be host names, a star only as the first label: {name}"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def distinct_targets(targets: list[dict[str, Any]]) -> Messages:
    """Several references to one target are told apart by section."""
    by_target: dict[tuple[Any, ...], list[str]] = {}
    for target in targets:
        key = (target["group"], target["kind"], target["name"])
        by_target.setdefault(key, []).append(target.get("sectionName", ""))
    for sections in by_target.values():
        if len({section == "" for section in sections}) > 1:
            yield "sectionName must be specified when there are several references to the same target"
        elif len(set(sections)) < len(sections):
            yield "sectionName must be unique among references to the same target"


def one_kind_of_authority(validation: dict[str, Any]) -> Messages:
    """Authorities are named, or well known."""
    named = bool(validation.get("caCertificateRefs"))
    if named and "wellKnownCACertificates" in validation:
        yield "caCertificateRefs and wellKnownCACertificates must not both be set"
    if not named and "wellKnownCACertificates" not in validation:
        yield "caCertificateRefs or wellKnownCACertificates must be set"


def san_fits_its_type(san: dict[str, Any]) -> Messages:
    """An alternative name has the field of its type, and only that."""
    for kind, field in (("Hostname", "hostname"), ("URI", "uri")):
        if san["type"] == kind and not san.get(field):
            yield f"{field} must be set when type is {kind}"
        if san["type"] != kind and san.get(field):
            yield f"{field} must not be set when type is not {kind}"
