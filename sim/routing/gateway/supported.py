"""Values of a route that no implementation may take: then its condition Accepted is False.

An API server with the Gateway API's own schemas refuses most of them before. Source: Gateway API v1, its
notes "Unknown values here must result in the implementation setting the Accepted Condition to False".
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.manifests.objects import HTTPPathModifier, HTTPRoute, HTTPRouteRule, Path
from sim.manifests.objects.gateway_api import HTTPRouteFilter

PATH_TYPES = frozenset({"Exact", "PathPrefix", "RegularExpression"})
VALUE_TYPES = frozenset({"Exact", "RegularExpression"})
FILTERS = {
    "RequestHeaderModifier": "request_header_modifier",
    "ResponseHeaderModifier": "response_header_modifier",
    "RequestRedirect": "request_redirect",
    "URLRewrite": "url_rewrite",
    "RequestMirror": "request_mirror",
    "ExtensionRef": "extension_ref",
    "CORS": "cors",
    "ExternalAuth": "external_auth",
}
"""Type of a filter -> the field that holds it."""


def route_fault(route: HTTPRoute) -> tuple[str, Path] | None:
    """The first value that makes a route unacceptable, and its path; None if there is none."""
    for number, rule in enumerate(route.spec.rules):
        fault = next(_rule_faults(rule, ("spec", "rules", number)), None)
        if fault is not None:
            return fault
    return None


def _rule_faults(rule: HTTPRouteRule, where: Path) -> Iterator[tuple[str, Path]]:
    for i, match in enumerate(rule.matches):
        if match.path.type not in PATH_TYPES:
            yield f"path type {match.path.type} is not known", (*where, "matches", i, "path", "type")
        for field, parts in (("headers", match.headers), ("queryParams", match.query_params)):
            for j, part in enumerate(parts):
                if part.type not in VALUE_TYPES:
                    yield f"type {part.type} is not known", (*where, "matches", i, field, j, "type")
    yield from _filter_faults(rule, rule.filters, (*where, "filters"))
    for i, ref in enumerate(rule.backend_refs):
        yield from _filter_faults(rule, ref.filters, (*where, "backendRefs", i, "filters"))


def _filter_faults(
    rule: HTTPRouteRule, filters: tuple[HTTPRouteFilter, ...], where: Path
) -> Iterator[tuple[str, Path]]:
    types = [f.type for f in filters]
    if "RequestRedirect" in types and "URLRewrite" in types:
        yield "RequestRedirect and URLRewrite in one rule", where
    for i, item in enumerate(filters):
        if item.type not in FILTERS:
            yield f"filter type {item.type} is not known here", (*where, i, "type")
        elif getattr(item, FILTERS[item.type]) is None:
            yield f"filter {item.type} says nothing about what to do", (*where, i, "type")
        for modifier in _modifiers(item):
            if modifier.type == "ReplacePrefixMatch" and not _one_prefix(rule):
                yield "ReplacePrefixMatch needs exactly one match, a PathPrefix", (*where, i)


def _modifiers(item: HTTPRouteFilter) -> Iterator[HTTPPathModifier]:
    for part in (item.request_redirect, item.url_rewrite):
        if part is not None and part.path is not None:
            yield part.path


def _one_prefix(rule: HTTPRouteRule) -> bool:
    """One match by prefix; a rule without matches has the prefix /."""
    return len(rule.matches) <= 1 and all(m.path.type == "PathPrefix" for m in rule.matches)
