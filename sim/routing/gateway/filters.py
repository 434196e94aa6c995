"""Filters: what a rule does to a request before a backend sees it, or instead of that.

Modelled: request and response headers, redirects, rewrites, mirrors, cross-origin requests. External
authentication and extensions are named as what may change the answer. Source: Gateway API v1,
HTTPRouteFilter, HTTPPathModifier (the table of replacePrefixMatch) and HTTPRequestRedirectFilter.port.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sim.manifests.objects.envoy_policies import ENVOY_GATEWAY_API
from sim.manifests.objects.gateway_api import (
    HTTPHeaderFilter,
    HTTPPathModifier,
    HTTPRequestMirror,
    HTTPRequestRedirect,
    HTTPRouteFilter,
)
from sim.manifests.objects.http_traffic import HTTPCORSFilter
from sim.manifests.objects.meta import Path
from sim.routing.controllers.api import host_of
from sim.routing.gateway.rewriting import REWRITES
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.path_rules import DataPlane
from sim.routing.trace import DEFAULT_PORTS, Request, Step

OPEN_FILTERS = frozenset({"ExternalAuth", "ExtensionRef"})
"""Filters whose effect is not modelled, or belongs to the implementation alone."""


@dataclass(frozen=True)
class Passed:
    """A request on its way through the filters of a rule.

    Args:
        path: path and query, as the backend gets them.
        host: the Host header that the backend gets.
        headers: by lower-case name.
        redirect: (status, location) if the client is sent elsewhere; nothing after that counts.
        response: what happens to headers of the answer, by lower-case name; None: it is taken away.
        mirrors: who gets a copy, each with the path of its backendRef below the route.
        cors: the filter for cross-origin requests, and its path below the route.
        at_once: how many of the requests of one instant pass; None: all.
    """

    path: str
    host: str
    headers: dict[str, str]
    redirect: tuple[int, str] | None = None
    response: dict[str, str | None] = field(default_factory=dict)
    mirrors: tuple[tuple[HTTPRequestMirror, Path], ...] = ()
    cors: tuple[HTTPCORSFilter, Path] | None = None
    at_once: int | None = None
    steps: tuple[Step, ...] = ()


def received(request: Request) -> Passed:
    """The request as it comes in; its Host header stands apart."""
    headers = {k.lower(): v for k, v in request.headers.items() if k.lower() != "host"}
    return Passed(request.path, request.host_header, headers)


def apply(
    passed: Passed,
    filters: Iterable[HTTPRouteFilter],
    where: Path,
    row: RuleRow,
    request: Request,
    port: int,
    plane: DataPlane,
) -> Passed:
    """Lead a request through filters in the order in which they are written.

    Args:
        where: path of the filters below the route.
        port: the listener's.
    """
    for number, item in enumerate(filters):
        if passed.redirect is not None:
            break
        place = (*where, number)
        changed = _one(passed, item, place, row, request, port, plane)
        step = Step(f"filter {item.type}", True, _in_words(passed, changed, item), row.route.line(*place))
        passed = replace(changed, steps=(*changed.steps, step))
    return passed


def refused_filter(row: RuleRow, plane: DataPlane) -> tuple[str, str, str, str | None] | None:
    """(message, code, way out, line) of the first filter for which the proxy answers 500, if any."""
    for number, item in enumerate(row.filters):
        if item.type in plane.refuses:
            line = row.route.line("spec", "rules", row.rule_index, "filters", number)
            message = f"this gateway does not know the filter {item.type}: 500"
            return message, "SIM2145", f"take the filter {item.type} out, or use another gateway", line
    return None


def changes_path(row: RuleRow) -> bool:
    """Whether a filter of the rule gives the request, or a redirect, another path."""
    parts = (part for item in row.filters for part in (item.url_rewrite, item.request_redirect))
    return any(part is not None and part.path is not None for part in parts)


def _one(
    passed: Passed,
    item: HTTPRouteFilter,
    place: Path,
    row: RuleRow,
    request: Request,
    port: int,
    plane: DataPlane,
) -> Passed:
    if item.request_header_modifier is not None:
        return replace(passed, headers=modified(passed.headers, item.request_header_modifier))
    if item.response_header_modifier is not None:
        return replace(passed, response=answer_modified(passed.response, item.response_header_modifier))
    if item.request_redirect is not None:
        redirect = item.request_redirect
        there = location(redirect, passed.path, row, request, port, plane)
        return replace(passed, redirect=(redirect.status_code, there))
    if item.url_rewrite is not None:
        path = modified_path(passed.path, item.url_rewrite.path, row, plane)
        return replace(passed, path=path, host=item.url_rewrite.hostname or passed.host)
    if item.request_mirror is not None:
        copied = (item.request_mirror, (*place, "requestMirror", "backendRef"))
        return replace(passed, mirrors=(*passed.mirrors, copied))
    if item.cors is not None:
        return replace(passed, cors=(item.cors, (*place, "cors")))
    return passed


def is_envoys(item: HTTPRouteFilter) -> bool:
    """Whether a filter of a route names one of Envoy Gateway."""
    named = item.extension_ref
    return named is not None and (named.group, named.kind) == (ENVOY_GATEWAY_API, "HTTPRouteFilter")


def _in_words(before: Passed, after: Passed, item: HTTPRouteFilter) -> str:
    if after.redirect is not None:
        return f"{after.redirect[0]} to {after.redirect[1]}"
    if item.request_mirror is not None:
        reference, part = item.request_mirror.backend_ref, item.request_mirror.share
        share = f"{100 * part:.4g} % of requests: " if part < 1 else ""
        return f"{share}a copy goes to {reference.kind} {reference.name}; what it answers is thrown away"
    if item.cors is not None:
        return f"pages of {', '.join(item.cors.allow_origins) or 'no other origin'} may ask"
    if is_envoys(item):
        return "names a filter of Envoy Gateway"
    if item.type in OPEN_FILTERS:
        return "not modelled: it may change the answer"
    return "; ".join(_changes(before, after)) or "changes nothing here"


def _changes(before: Passed, after: Passed) -> Iterator[str]:
    if before.host != after.host:
        yield f"Host becomes {after.host}"
    if before.path != after.path:
        yield f"path becomes {after.path}"
    yield from (f"{name} becomes {v}" for name, v in after.headers.items() if before.headers.get(name) != v)
    yield from (f"{name} is removed" for name in before.headers if name not in after.headers)
    for name, value in after.response.items():
        if name not in before.response or before.response[name] != value:
            yield f"answer's {name} {'is removed' if value is None else f'becomes {value}'}"


def modified(headers: dict[str, str], change: HTTPHeaderFilter) -> dict[str, str]:
    """Headers with a filter's work done: set overwrites, add appends after a comma, remove removes."""
    result = dict(headers)
    for header in reversed(change.set):
        result[header.name.lower()] = header.value
    added: set[str] = set()
    for header in change.add:
        name = header.name.lower()
        if name not in added:
            result[name] = f"{result[name]},{header.value}" if name in result else header.value
            added.add(name)
    for name in change.remove:
        result.pop(name.lower(), None)
    return result


def answer_modified(changes: Mapping[str, str | None], change: HTTPHeaderFilter) -> dict[str, str | None]:
    """What happens to an answer's headers with a filter more; None: the header is taken away."""
    known = {name: value for name, value in changes.items() if value is not None}
    gone = {name.lower() for name in (*change.remove, *(n for n, v in changes.items() if v is None))}
    kept = modified(known, change)
    return {**kept, **dict.fromkeys(sorted(gone - set(kept)))}


def modified_path(
    target: str, modifier: HTTPPathModifier | None, row: RuleRow, plane: DataPlane, redirects: bool = False
) -> str:
    """A path with a modifier's work done; the query stays.

    Args:
        target: path and query.
        row: whose matched prefix is replaced.
        redirects: whether a redirect leads there, not a rewrite.
    """
    path, mark, query = target.partition("?")
    if modifier is None:
        return target
    if modifier.type == "ReplaceFullPath":
        return (modifier.replace_full_path or "/") + mark + query
    replaced = REWRITES[plane.rewrites](path, row.prefix, modifier.replace_prefix_match or "", redirects)
    return replaced + mark + query


def location(
    redirect: HTTPRequestRedirect, path: str, row: RuleRow, request: Request, port: int, plane: DataPlane
) -> str:
    """The Location header; a port that the scheme implies is left out.

    Args:
        port: the listener's: it is used where the filter names neither scheme nor port.
    """
    scheme = redirect.scheme or request.scheme
    implied = DEFAULT_PORTS.get(scheme, port)
    number = redirect.port or (implied if redirect.scheme else port)
    host = redirect.hostname or host_of(request)
    shown = "" if number == DEFAULT_PORTS.get(scheme) else f":{number}"
    return f"{scheme}://{host}{shown}{modified_path(path, redirect.path, row, plane, redirects=True)}"
