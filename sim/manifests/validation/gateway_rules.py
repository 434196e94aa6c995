"""Rules of the Gateway API that look at several fields at once; CEL in its CustomResourceDefinitions.

A rule gets a value that has its shape, with its defaults, and says what is wrong with it. The sentences are
our own. Source: Gateway API `apis/v1/*_types.go` (XValidation), release 1.6. Left out: what compares with the
object that is stored already.
"""

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

Messages = Iterator[str]

_MOST_MATCHES = 128
_MOST_PREFIX = 252
_NOT_INSIDE = ("//", "/./", "/../", "%2f", "%2F", "#")
_NOT_AT_THE_END = ("/..", "/.")
ROUTE_PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")
HOST_NAME = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
)
_DURATION = re.compile(r"([0-9]+)(ms|h|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
FIELD_OF_TYPE = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestMirror": "requestMirror",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "ExtensionRef": "extensionRef",
    "CORS": "cors",
    "ExternalAuth": "externalAuth",
}
_ONCE = ("CORS", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite")


def backend_has_port(ref: dict[str, Any]) -> Messages:
    """A Service is referred to with its port."""
    if not ref["group"] and ref["kind"] == "Service" and "port" not in ref:
        yield "a reference to a Service must have a port"


def replacement_fits_its_type(path: dict[str, Any]) -> Messages:
    """A path replacement has the field of its type, and only that."""
    for kind, name in (("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch")):
        yield from _goes_with(path, name, kind)


def auth_protocol(auth: dict[str, Any]) -> Messages:
    """The settings of an external check are those of its protocol."""
    for kind, name in (("GRPC", "grpc"), ("HTTP", "http")):
        yield from _goes_with(auth, name, kind, by="protocol")


def filter_fits_its_type(found: dict[str, Any]) -> Messages:
    """A filter has the field of its type, and only that."""
    for kind, name in FIELD_OF_TYPE.items():
        yield from _goes_with(found, name, kind)


def _goes_with(value: dict[str, Any], name: str, kind: str, by: str = "type") -> Messages:
    """A field that stands with one type, and with no other."""
    if name in value and value[by] != kind:
        yield f"{name} must not be set unless {by} is {kind}"
    if name not in value and value[by] == kind:
        yield f"{name} must be set when {by} is {kind}"


def filters_fit(filters: list[dict[str, Any]]) -> Messages:
    """Some filters exclude each other, and some may stand once."""
    counts = Counter(f["type"] for f in filters)
    if counts["RequestRedirect"] and counts["URLRewrite"]:
        yield "RequestRedirect and URLRewrite exclude each other"
    yield from (f"the filter {kind} cannot be repeated" for kind in _ONCE if counts[kind] > 1)


def fraction_at_most_one(fraction: dict[str, Any]) -> Messages:
    """No more than all of it."""
    if fraction["numerator"] > fraction["denominator"]:
        yield "numerator must be less than or equal to denominator"


def one_share(mirror: dict[str, Any]) -> Messages:
    """How much is mirrored is said once."""
    if "percent" in mirror and "fraction" in mirror:
        yield "only one of percent and fraction may be set"


def star_alone(values: list[str]) -> Messages:
    """`*` means all, and stands alone."""
    if "*" in values and len(values) > 1:
        yield "'*' cannot stand beside other values"


def absolute_path(match: dict[str, Any]) -> Messages:
    """A path that is compared as text begins with a slash and means what it says."""
    kind, path = match["type"], match["value"]
    if kind == "RegularExpression":
        return
    if not path.startswith("/"):
        yield f"value must be an absolute path and start with '/' when type is {kind}"
    yield from (
        f"value must not contain '{part}' when type is {kind}" for part in _NOT_INSIDE if part in path
    )
    yield from (
        f"value must not end with '{part}' when type is {kind}"
        for part in _NOT_AT_THE_END
        if path.endswith(part)
    )
    if not ROUTE_PATH.fullmatch(path):
        yield f"value must hold only characters of a URL path when type is {kind}"


def redirect_or_backends(rule: dict[str, Any]) -> Messages:
    """A redirect answers; nothing is left to send to a backend."""
    if rule.get("backendRefs") and any("requestRedirect" in f for f in rule.get("filters", [])):
        yield "the filter RequestRedirect must not be used together with backendRefs"


def prefix_needs_prefix(rule: dict[str, Any]) -> Messages:
    """Replacing the matched prefix needs exactly one match, and that of a prefix."""
    matches = rule["matches"]
    if len(matches) == 1 and matches[0]["path"]["type"] == "PathPrefix":
        return
    lists = [rule.get("filters", []), *(ref.get("filters", []) for ref in rule.get("backendRefs", []))]
    for kind in ("requestRedirect", "urlRewrite"):
        if any("replacePrefixMatch" in f.get(kind, {}).get("path", {}) for filters in lists for f in filters):
            yield f"{kind} with path.replacePrefixMatch needs exactly one match, of type PathPrefix"


def timeouts_fit(timeouts: dict[str, Any]) -> Messages:
    """A backend has no longer than the whole request; zero means no limit."""
    whole, part = (_seconds(timeouts.get(name, "0s")) for name in ("request", "backendRequest"))
    if whole and part > whole:
        yield "backendRequest cannot be longer than request"


def session_has_its_time(session: dict[str, Any]) -> Messages:
    """A cookie that lasts says how long; what is said about cookies goes with cookies."""
    for name in ("cookieConfig", "cookie"):
        part = session.get(name)
        if part is not None and session["type"] != "Cookie":
            yield f"{name} can only be set with type Cookie"
        if part is not None and part["lifetimeType"] == "Permanent" and "absoluteTimeout" not in session:
            yield f"absoluteTimeout must be set when {name}.lifetimeType is Permanent"
    if "header" in session and session["type"] != "Header":
        yield "header can only be set with type Header"


def _seconds(text: str) -> float:
    return sum(int(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))


def matches_in_all(rules: list[dict[str, Any]]) -> Messages:
    """The rules of a route share one limit."""
    if sum(len(rule["matches"]) for rule in rules) > _MOST_MATCHES:
        yield f"all rules together must have at most {_MOST_MATCHES} matches"


def distinct_rule_names(rules: list[dict[str, Any]]) -> Messages:
    """A rule's name is its own."""
    names = Counter(rule["name"] for rule in rules if "name" in rule)
    yield from (f"the rule name {name!r} must be unique" for name, count in names.items() if count > 1)


def distinct_parents(parents: list[dict[str, Any]]) -> Messages:
    """Several references to one parent are told apart by section or port."""
    by_parent: dict[tuple[Any, ...], list[tuple[Any, Any]]] = {}
    for parent in parents:
        key = (parent["group"], parent["kind"], parent.get("namespace"), parent["name"])
        by_parent.setdefault(key, []).append((parent.get("sectionName"), parent.get("port")))
    for parts in by_parent.values():
        if len({(section is None, port is None) for section, port in parts}) > 1:
            yield "every reference to the same parent must name a sectionName or a port, if one does"
        elif len(set(parts)) < len(parts):
            yield "sectionName or port must be unique among references to the same parent"


def certificates_or_options(tls: dict[str, Any]) -> Messages:
    """Who ends TLS needs a certificate."""
    if tls["mode"] == "Terminate" and not tls.get("certificateRefs") and not tls.get("options"):
        yield "certificateRefs or options must be set when mode is Terminate"


def listener_fields(listeners: list[dict[str, Any]]) -> Messages:
    """What a protocol needs, and what it has no use for."""
    for listener in listeners:
        name, protocol, tls = listener["name"], listener["protocol"], listener.get("tls")
        if protocol in {"HTTP", "TCP", "UDP"} and tls is not None:
            yield f"listener {name}: tls must not be set for protocol {protocol}"
        if protocol == "HTTPS" and tls is not None and tls["mode"] != "Terminate":
            yield f"listener {name}: tls mode must be Terminate for protocol HTTPS"
        if protocol == "TLS" and tls is None:
            yield f"listener {name}: tls mode must be set for protocol TLS"
        if protocol in {"TCP", "UDP"} and listener.get("hostname"):
            yield f"listener {name}: hostname must not be set for protocol {protocol}"


def distinct_listeners(listeners: list[dict[str, Any]]) -> Messages:
    """No two listeners take the same traffic."""
    places = Counter((x["port"], x["protocol"], x.get("hostname")) for x in listeners)
    for (port, protocol, _), count in places.items():
        if count > 1:
            yield f"port {port}, protocol {protocol} and hostname together must be unique for each listener"


def usable_address(address: dict[str, Any]) -> Messages:
    """An address is what its type says."""
    value = address.get("value")
    if address["type"] == "Hostname" and value is not None and not HOST_NAME.fullmatch(value):
        yield "value must be a host name when type is Hostname"
    if address["type"] == "IPAddress" and value is not None and not _is_address(value):
        yield "value must be an IP address when type is IPAddress"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def distinct_addresses(addresses: list[dict[str, Any]]) -> Messages:
    """Each address once."""
    given = Counter((a["type"], a["value"]) for a in addresses if "value" in a)
    for (kind, value), count in given.items():
        if count > 1 and kind in {"IPAddress", "Hostname"}:
            yield f"the {kind} {value!r} must be unique"


def key_prefix(labels: dict[str, str]) -> Messages:
    """Keys of labels and annotations."""
    for key in labels:
        if not _KEY.fullmatch(key):
            form = "an optional DNS subdomain and '/', and a name of at most 63 characters"
            yield f"the key {key[:80]!r} must be {form}"
        if len(key.split("/")[0]) > _MOST_PREFIX:
            yield "the prefix of a key must be shorter than 253 characters"
