"""Attachment: how a route and a listener come together, step by step.

A route names its parents, Gateways or ListenerSets; their listeners decide whom they take. All of these must
hold: the parent is the holder of this listener, sectionName and port mean this listener, allowedRoutes takes
the route's kind and namespace, and the two have a host name in common. Source: Gateway API v1,
ParentReference, AllowedRoutes and the types of the routes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from sim.manifests.objects.gateway_api import (
    HTTPRoute,
    HTTPRouteFilter,
    HTTPRouteRule,
    ParentReference,
)
from sim.manifests.objects.gateway_routes import GRPCRoute, GRPCRouteRule, Route
from sim.manifests.objects.kinds import GATEWAY_API
from sim.manifests.objects.meta import Path
from sim.routing.gateway.hostnames import common
from sim.routing.gateway.listeners import Holder, ListenerState, takes_kind
from sim.routing.gateway.selectors import Labels, Words, namespace_allowed
from sim.routing.trace import Step

ACCEPTED = "Accepted"
RIVAL = "HostnameConflict"
"""Reason of a route whose host name an older one of another kind has: the API names none for it."""

_PROGRESS = (
    "NoMatchingParent",
    "UnsupportedValue",
    "NotAllowedByListeners",
    "NoMatchingListenerHostname",
    RIVAL,
    ACCEPTED,
)

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

GRPC_FILTERS = frozenset({"RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef"})
"""Those of them that a GRPCRoute may have."""

AnyRoute = TypeVar("AnyRoute", bound=Route)


@dataclass(frozen=True)
class Attachment(Generic[AnyRoute]):
    """One parentRef of a route against one listener of a Gateway or a ListenerSet.

    Args:
        reason: of the condition Accepted, as the API names it.
        steps: what was checked, in order; the last one failed unless the route is accepted.
        hostnames: the route's names that this listener leaves over; `("",)` stands for any host.
    """

    route: AnyRoute
    parent: int
    state: ListenerState
    reason: str
    steps: tuple[Step, ...]
    hostnames: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether the listener takes the route."""
        return self.reason == ACCEPTED and self.state.works

    @property
    def because(self) -> str:
        """Why it is taken, or what kept it out."""
        return self.steps[-1].because

    @property
    def source(self) -> str | None:
        """The line that decided."""
        return self.steps[-1].source


def is_parent(route: Route, parent: ParentReference, holder: Holder) -> bool:
    """Whether a parentRef means this Gateway, or this ListenerSet."""
    key = f"{parent.namespace or route.namespace}/{parent.name}"
    return (parent.group, parent.kind, key) == (GATEWAY_API, type(holder).__name__, holder.key)


def attachments(
    states: Iterable[ListenerState], routes: Iterable[AnyRoute], labels: Labels
) -> Iterator[Attachment[AnyRoute]]:
    """Every route that names the holder of a listener against that listener, and what comes of it."""
    listeners = tuple(states)
    for route in routes:
        for number, parent in enumerate(route.spec.parent_refs):
            for state in listeners:
                if is_parent(route, parent, state.holder):
                    yield attach(route, number, state, labels)


def attach(route: AnyRoute, number: int, state: ListenerState, labels: Labels) -> Attachment[AnyRoute]:
    """One parentRef against one listener."""
    steps: list[Step] = []
    reason = ACCEPTED
    for failure, step in _checks(route, number, state, labels):
        steps.append(step)
        if not step.held:
            reason = failure
            break
    names = common(state.hostname, route.spec.hostnames) if reason == ACCEPTED else ()
    return Attachment(route, number, state, reason, tuple(steps), names)


def furthest(found: Iterable[Attachment[AnyRoute]]) -> Attachment[AnyRoute] | None:
    """The attachment that came furthest: the one whose reason a status shows."""
    return max(found, key=lambda a: (a.held, _PROGRESS.index(a.reason)), default=None)


def _checks(route: Route, number: int, state: ListenerState, labels: Labels) -> Iterator[tuple[str, Step]]:
    parent, listener, holder = route.spec.parent_refs[number], state.listener, state.holder
    where, kind = ("spec", "parentRefs", number), type(route).__name__
    title = f"parentRef {number} of {kind} {route.key}"
    yield "", Step(title, True, f"names {type(holder).__name__} {holder.key}", route.line(*where))
    if parent.section_name is not None:
        held = parent.section_name == listener.name
        because = f"sectionName {parent.section_name}: {'this' if held else 'not this'} listener"
        yield "NoMatchingParent", _step(title, held, because, route.line(*where, "sectionName"))
    if parent.port is not None:
        held = parent.port == listener.port
        because = f"port {parent.port}: {'this' if held else 'not this'} listener's"
        yield "NoMatchingParent", _step(title, held, because, route.line(*where, "port"))
    if (fault := route_fault(route)) is not None:
        yield "UnsupportedValue", _step(title, False, fault[0], route.line(*fault[1]))
    held = takes_kind(listener, kind)
    mode = " that passes TLS on" if state.passes_tls else ""
    because = f"the listener ({listener.protocol}{mode}) takes {'' if held else 'no '}{kind}s"
    yield "NotAllowedByListeners", _step(title, held, because, state.line("allowedRoutes", "kinds"))
    words, wanted = Words(holder=type(holder).__name__), listener.allowed_routes.namespaces
    held, because = namespace_allowed(wanted, holder.namespace, route.namespace, labels, words)
    place = state.line("allowedRoutes", "namespaces", "from")
    yield "NotAllowedByListeners", _step(title, held, because, place)
    yield "NoMatchingListenerHostname", _hostnames(title, route, state)


def _step(title: str, held: bool, because: str, source: str | None) -> Step:
    return Step(title, held, because, source, "" if held else "attached")


def _hostnames(title: str, route: Route, state: ListenerState) -> Step:
    names = common(state.hostname, route.spec.hostnames)
    source = route.line("spec", "hostnames")
    if not names:
        shown = ", ".join(route.spec.hostnames)
        return _step(title, False, f"none of {shown} fits the listener's {state.hostname}", source)
    left = [h for h in route.spec.hostnames if h.lower() not in names]
    because = f"host names {', '.join(names)}" if names != ("",) else "takes the listener's host names"
    ignored = f"; {', '.join(left)} is outside the listener's {state.hostname}" if left else ""
    return _step(title, True, f"{because}{ignored}", source)


def route_fault(route: Route) -> tuple[str, Path] | None:
    """The first value that no implementation may take, and its path; None if there is none.

    An API server with the Gateway API's own schemas refuses most of them before. Source: Gateway API v1, its
    notes "Unknown values here must result in the implementation setting the Accepted Condition to False".
    """
    found: Iterator[tuple[str, Path]] = iter(())
    if isinstance(route, HTTPRoute):
        rules = enumerate(route.spec.rules)
        found = (fault for n, rule in rules for fault in _rule_faults(rule, ("spec", "rules", n)))
    elif isinstance(route, GRPCRoute):
        of_grpc = enumerate(route.spec.rules)
        found = (fault for n, rule in of_grpc for fault in _grpc_faults(rule, ("spec", "rules", n)))
    return next(found, None)


def _grpc_faults(rule: GRPCRouteRule, where: Path) -> Iterator[tuple[str, Path]]:
    for i, match in enumerate(rule.matches):
        if match.method.type not in VALUE_TYPES:
            yield f"type {match.method.type} is not known", (*where, "matches", i, "method", "type")
        for j, part in enumerate(match.headers):
            if part.type not in VALUE_TYPES:
                yield f"type {part.type} is not known", (*where, "matches", i, "headers", j, "type")
    lists = [(rule.filters, (*where, "filters"))]
    lists += [(r.filters, (*where, "backendRefs", i, "filters")) for i, r in enumerate(rule.backend_refs)]
    for filters, place in lists:
        for i, item in enumerate(filters):
            if item.type not in GRPC_FILTERS:
                yield f"filter type {item.type} is not for a GRPCRoute", (*place, i, "type")
            elif getattr(item, FILTERS[item.type]) is None:
                yield f"filter {item.type} says nothing about what to do", (*place, i, "type")


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
        changes = [part.path for part in (item.request_redirect, item.url_rewrite) if part and part.path]
        by_prefix = any(modifier.type == "ReplacePrefixMatch" for modifier in changes)
        # A rule without matches has the prefix /.
        one_prefix = len(rule.matches) <= 1 and all(m.path.type == "PathPrefix" for m in rule.matches)
        if by_prefix and not one_prefix:
            yield "ReplacePrefixMatch needs exactly one match, a PathPrefix", (*where, i)
