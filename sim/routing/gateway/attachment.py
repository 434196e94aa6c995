"""Attachment: how a route and a listener come together, step by step.

A route names its parents; the Gateway's listeners decide whom they take. All of these must hold: the parent
is this Gateway, sectionName and port mean this listener, allowedRoutes takes the route's kind and namespace,
and the two have a host name in common. Source: Gateway API v1, ParentReference, AllowedRoutes, HTTPRoute.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sim.cluster.labels import selector_fits
from sim.manifests.objects.gateway_api import (
    Gateway,
    HTTPRoute,
    HTTPRouteFilter,
    HTTPRouteRule,
    Listener,
    ParentReference,
)
from sim.manifests.objects.kinds import GATEWAY_API
from sim.manifests.objects.meta import Path
from sim.routing.gateway.hostnames import common
from sim.routing.gateway.listeners import ListenerState, takes_kind
from sim.routing.trace import Step

ACCEPTED = "Accepted"
_PROGRESS = (
    "NoMatchingParent",
    "UnsupportedValue",
    "NotAllowedByListeners",
    "NoMatchingListenerHostname",
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

Labels = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Attachment:
    """One parentRef of a route against one listener of a Gateway.

    Args:
        reason: of the condition Accepted, as the API names it.
        steps: what was checked, in order; the last one failed unless the route is accepted.
        hostnames: the route's names that this listener leaves over; `("",)` stands for any host.
    """

    route: HTTPRoute
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


def is_parent(route: HTTPRoute, parent: ParentReference, gateway: Gateway) -> bool:
    """Whether a parentRef means this Gateway."""
    key = f"{parent.namespace or route.namespace}/{parent.name}"
    return (parent.group, parent.kind, key) == (GATEWAY_API, "Gateway", gateway.key)


def attachments(
    states: Iterable[ListenerState], routes: Iterable[HTTPRoute], labels: Labels
) -> Iterator[Attachment]:
    """Every route that names this Gateway against every listener of it, and what comes of it.

    Args:
        labels: namespace -> its labels.
    """
    listeners = tuple(states)
    for route in routes:
        for number, parent in enumerate(route.spec.parent_refs):
            for state in listeners:
                if is_parent(route, parent, state.gateway):
                    yield attach(route, number, state, labels)


def attach(route: HTTPRoute, number: int, state: ListenerState, labels: Labels) -> Attachment:
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


def furthest(found: Iterable[Attachment]) -> Attachment | None:
    """The attachment that came furthest: the one whose reason a status shows."""
    return max(found, key=lambda a: (a.held, _PROGRESS.index(a.reason)), default=None)


def _checks(
    route: HTTPRoute, number: int, state: ListenerState, labels: Labels
) -> Iterator[tuple[str, Step]]:
    parent, listener = route.spec.parent_refs[number], state.listener
    where = ("spec", "parentRefs", number)
    gateway = state.gateway
    title = f"parentRef {number} of HTTPRoute {route.key}"
    yield "", Step(title, True, f"names Gateway {gateway.key}", route.line(*where))
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
    allowed = ("spec", "listeners", state.index, "allowedRoutes")
    held = takes_kind(listener, "HTTPRoute")
    because = f"the listener ({listener.protocol}) takes {'' if held else 'no '}HTTPRoutes"
    yield "NotAllowedByListeners", _step(title, held, because, gateway.line(*allowed, "kinds"))
    held, because = namespace_allowed(listener, gateway.namespace, route.namespace, labels)
    yield "NotAllowedByListeners", _step(title, held, because, gateway.line(*allowed, "namespaces", "from"))
    yield "NoMatchingListenerHostname", _hostnames(title, route, state)


def _step(title: str, held: bool, because: str, source: str | None) -> Step:
    return Step(title, held, because, source, "" if held else "attached")


def namespace_allowed(listener: Listener, own: str, theirs: str, labels: Labels) -> tuple[bool, str]:
    """Whether a listener takes routes of a namespace, and why.

    Args:
        own: namespace of the Gateway.
        theirs: namespace of the route.
    """
    wanted = listener.allowed_routes.namespaces
    if wanted.from_ == "All":
        return True, "the listener takes routes of all namespaces (from: All)"
    if wanted.from_ == "Selector":
        mine = {"kubernetes.io/metadata.name": theirs, **labels.get(theirs, {})}
        held = selector_fits(wanted.selector, mine)
        because = f"namespace {theirs} {'has' if held else 'has not'} the labels that the listener asks for"
        return held, f"{because} (from: Selector)"
    held = wanted.from_ == "Same" and own == theirs
    because = "route and Gateway are both" if held else f"the route is in {theirs}, the Gateway"
    return held, f"{because} in {own} (from: {wanted.from_})"


def _hostnames(title: str, route: HTTPRoute, state: ListenerState) -> Step:
    names = common(state.hostname, route.spec.hostnames)
    source = route.line("spec", "hostnames")
    if not names:
        shown = ", ".join(route.spec.hostnames)
        return _step(title, False, f"none of {shown} fits the listener's {state.hostname}", source)
    left = [h for h in route.spec.hostnames if h.lower() not in names]
    because = f"host names {', '.join(names)}" if names != ("",) else "takes the listener's host names"
    ignored = f"; {', '.join(left)} is outside the listener's {state.hostname}" if left else ""
    return _step(title, True, f"{because}{ignored}", source)


def route_fault(route: HTTPRoute) -> tuple[str, Path] | None:
    """The first value that no implementation may take, and its path; None if there is none.

    An API server with the Gateway API's own schemas refuses most of them before. Source: Gateway API v1, its
    notes "Unknown values here must result in the implementation setting the Accepted Condition to False".
    """
    rules = enumerate(route.spec.rules)
    return next((fault for n, rule in rules for fault in _rule_faults(rule, ("spec", "rules", n))), None)


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
