"""Filters: what a rule does to a request before a backend sees it, or instead of that.

Modelled: request and response headers, redirects, rewrites, mirrors. CORS, external authentication and
extensions are named as what may change the answer. Source: Gateway API v1, HTTPRouteFilter, HTTPPathModifier
(the table of replacePrefixMatch) and HTTPRequestRedirectFilter.port.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sim.manifests.objects.gateway_api import (
    HTTPHeaderFilter,
    HTTPPathModifier,
    HTTPRequestMirror,
    HTTPRequestRedirect,
    HTTPRouteFilter,
)
from sim.manifests.objects.meta import Path
from sim.routing.controllers.api import host_of
from sim.routing.controllers.patterns import any_depth
from sim.routing.gateway.matching import RouteRow, RouteTable
from sim.routing.trace import DEFAULT_PORTS, Note, Request, Step

OPEN_FILTERS = frozenset({"CORS", "ExternalAuth", "ExtensionRef"})
"""Filters whose effect is not modelled, or belongs to the implementation alone."""


@dataclass(frozen=True)
class Passed:
    """A request on its way through the filters of a rule.

    Args:
        path: path and query, as the backend gets them.
        host: the Host header that the backend gets.
        headers: by lower-case name.
        redirect: (status, location) if the client is sent elsewhere; nothing after that counts.
        mirrors: who gets a copy, each with the path of its backendRef below the route.
    """

    path: str
    host: str
    headers: dict[str, str]
    redirect: tuple[int, str] | None = None
    response: dict[str, str] = field(default_factory=dict)
    mirrors: tuple[tuple[HTTPRequestMirror, Path], ...] = ()
    steps: tuple[Step, ...] = ()


def received(request: Request) -> Passed:
    """The request as it comes in; its Host header stands apart."""
    headers = {k.lower(): v for k, v in request.headers.items() if k.lower() != "host"}
    return Passed(request.path, request.host_header, headers)


def apply(
    passed: Passed,
    filters: Iterable[HTTPRouteFilter],
    where: Path,
    row: RouteRow,
    request: Request,
    port: int,
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
        changed = _one(passed, item, place, row, request, port)
        step = Step(f"filter {item.type}", True, _in_words(passed, changed, item), row.route.line(*place))
        passed = replace(changed, steps=(*changed.steps, step))
    return passed


def _one(
    passed: Passed, item: HTTPRouteFilter, place: Path, row: RouteRow, request: Request, port: int
) -> Passed:
    if item.request_header_modifier is not None:
        return replace(passed, headers=modified(passed.headers, item.request_header_modifier))
    if item.response_header_modifier is not None:
        return replace(passed, response=modified(passed.response, item.response_header_modifier))
    if item.request_redirect is not None:
        redirect = item.request_redirect
        there = location(redirect, passed.path, row, request, port)
        return replace(passed, redirect=(redirect.status_code, there))
    if item.url_rewrite is not None:
        path = modified_path(passed.path, item.url_rewrite.path, row)
        return replace(passed, path=path, host=item.url_rewrite.hostname or passed.host)
    if item.request_mirror is not None:
        copied = (item.request_mirror, (*place, "requestMirror", "backendRef"))
        return replace(passed, mirrors=(*passed.mirrors, copied))
    return passed


def _in_words(before: Passed, after: Passed, item: HTTPRouteFilter) -> str:
    if after.redirect is not None:
        return f"{after.redirect[0]} to {after.redirect[1]}"
    if item.request_mirror is not None:
        reference, part = item.request_mirror.backend_ref, item.request_mirror.share
        share = f"{100 * part:.4g} % of requests: " if part < 1 else ""
        return f"{share}a copy goes to {reference.kind} {reference.name}; what it answers is thrown away"
    if item.type in OPEN_FILTERS:
        return "not modelled: it may change the answer"
    return "; ".join(_changes(before, after)) or "changes nothing here"


def _changes(before: Passed, after: Passed) -> Iterator[str]:
    if before.host != after.host:
        yield f"Host becomes {after.host}"
    if before.path != after.path:
        yield f"path becomes {after.path}"
    headers, answer = (before.headers, after.headers, ""), (before.response, after.response, "answer's ")
    for old, new, whose in (headers, answer):
        yield from (f"{whose}{name} becomes {new[name]}" for name in new if old.get(name) != new[name])
        yield from (f"{whose}{name} is removed" for name in old if name not in new)


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


def modified_path(target: str, modifier: HTTPPathModifier | None, row: RouteRow) -> str:
    """A path with a modifier's work done; the query stays.

    Args:
        target: path and query.
        row: whose matched prefix is replaced.
    """
    path, mark, query = target.partition("?")
    if modifier is None:
        return target
    if modifier.type == "ReplaceFullPath":
        return (modifier.replace_full_path or "/") + mark + query
    prefix = row.match.path.value.removesuffix("/")
    rest = path[len(prefix) :]
    return ((modifier.replace_prefix_match or "").removesuffix("/") + rest or "/") + mark + query


def location(redirect: HTTPRequestRedirect, path: str, row: RouteRow, request: Request, port: int) -> str:
    """The Location header; a port that the scheme implies is left out.

    Args:
        port: the listener's: it is used where the filter names neither scheme nor port.
    """
    scheme = redirect.scheme or request.scheme
    implied = DEFAULT_PORTS.get(scheme, port)
    number = redirect.port or (implied if redirect.scheme else port)
    host = redirect.hostname or host_of(request)
    shown = "" if number == DEFAULT_PORTS.get(scheme) else f":{number}"
    return f"{scheme}://{host}{shown}{modified_path(path, redirect.path, row)}"


def notes(request: Request, row: RouteRow, table: RouteTable) -> Iterator[Note]:
    """What beside the answer a person should know."""
    for kind, value in (("path", row.match.path.type), *((h.name, h.type) for h in row.match.headers)):
        if value == "RegularExpression":
            message = f"the expression for {kind} is read as one that must fit as a whole; others may differ"
            yield Note("SIM2059", message, row.source)
    yield from _timeouts(row)
    closest = next((p for p in any_depth(host_of(request)) if p in table.hosts), "")
    if closest and closest not in row.hostnames and not table.one_host:
        names = ", ".join(n or "any host" for n in row.hostnames)
        message = (
            f"routes for {closest} have no match, so one for {names} "
            "serves; proxies with one table per host name answer 404 here"
        )
        yield Note("SIM2059", message, row.source)


def _timeouts(row: RouteRow) -> Iterator[Note]:
    timeouts = row.spec.timeouts
    line = row.route.line("spec", "rules", row.rule_index, "timeouts")
    if timeouts is not None and timeouts.request:
        message = f"the Gateway answers 504 if the whole request takes longer than {timeouts.request}"
        yield Note("SIM2061", message, line)
    if timeouts is not None and timeouts.backend_request:
        message = f"one try at a backend may take {timeouts.backend_request}, then 504"
        yield Note("SIM2061", message, line)
