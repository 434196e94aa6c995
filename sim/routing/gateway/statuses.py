"""Statuses: what a conformant controller would write about Gateways, listeners and HTTPRoutes.

A Gateway is Accepted while one listener is, Programmed while one takes requests; a listener that clashes with
another is Conflicted, one whose certificate cannot be used has ResolvedRefs False; both stay unprogrammed. A
route has conditions per parent: Accepted by the listener that it came furthest with, ResolvedRefs by its
backends. It is attached, and counted, whether or not the listener works. Where no controller takes the
Gateway, its conditions stay Unknown, as the API server writes them, and its routes have none. Whether a
listener without a usable certificate, or in conflict, is Accepted the API leaves open: here the first is and
the second is not. Source: Gateway API v1, the types GatewayConditionType, ListenerConditionType,
RouteConditionType and their reasons; its conformance tests.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import BackendObjectReference, Gateway, HTTPRoute, ParentReference
from sim.manifests.objects.kinds import GATEWAY_API
from sim.manifests.objects.meta import Path
from sim.routing.gateway.attachment import ACCEPTED, Attachment, attachments, furthest, is_parent
from sim.routing.gateway.backends import resolved
from sim.routing.gateway.listeners import ListenerState, listener_states, route_kinds, takes_kind
from sim.units import attributes, published

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"
_CONFLICTS = frozenset({"HostnameConflict", "ProtocolConflict"})
_REFERENCES = frozenset({"InvalidCertificateRef", "RefNotPermitted"})


@dataclass(frozen=True)
class Condition:
    """One condition of a status.

    Args:
        status: `True`, `False` or `Unknown`.
        source: `FILE:LINE` of what decided, None where nothing special did.
    """

    type: str
    status: str
    reason: str
    message: str
    source: str | None = None

    @property
    def good(self) -> bool:
        """Whether it is as one wishes; Conflicted is the one that should be False."""
        return self.status == (FALSE if self.type == "Conflicted" else TRUE)


@dataclass(frozen=True)
class ListenerStatus:
    """One listener: its conditions, the kinds of routes that it takes, how many routes are attached."""

    state: ListenerState
    attached_routes: int
    supported_kinds: tuple[str, ...]
    conditions: tuple[Condition, ...]


def statuses_json(cluster: Cluster) -> dict[str, Any]:
    """The key `gateway_status` of `sim inspect -o json`."""
    return {"gateways": list(_gateways(cluster)), "httproutes": list(_parents(cluster))}


def _gateways(cluster: Cluster) -> Iterator[dict[str, Any]]:
    """The status of every Gateway, in order of reading; without a controller it has no listeners."""
    for gateway in cluster.gateways.values():
        controller, conditions = _controller(cluster, gateway), _waiting(gateway)
        listeners: tuple[ListenerStatus, ...] = ()
        if controller is not None:
            states = listener_states(cluster, gateway)
            found = tuple(attachments(states, cluster.http_routes, cluster.namespace_labels))
            listeners = tuple(
                ListenerStatus(s, _attached(s, found), _kinds(s), tuple(_of_listener(s))) for s in states
            )
            conditions = tuple(_of_gateway(gateway, listeners))
        yield {
            "gateway": gateway.key,
            "controller": controller,
            "conditions": published(conditions),
            "listeners": [
                {"name": one.state.listener.name or None}
                | attributes(one, "attached_routes supported_kinds conditions")
                for one in listeners
            ],
        }


def _parents(cluster: Cluster) -> Iterator[dict[str, Any]]:
    """The status of every HTTPRoute at every parent; without conditions where nobody writes any."""
    states = {key: listener_states(cluster, gateway) for key, gateway in cluster.gateways.items()}
    for route in cluster.http_routes:
        references = _resolved_references(cluster, route)
        for number, parent in enumerate(route.spec.parent_refs):
            gateway = next((g for g in cluster.gateways.values() if is_parent(route, parent, g)), None)
            controller = _controller(cluster, gateway) if gateway is not None else None
            conditions: tuple[Condition, ...] = ()
            if gateway is not None and controller is not None:
                found = attachments(states[gateway.key], (route,), cluster.namespace_labels)
                accepted = _accepted(route, number, furthest(a for a in found if a.parent == number))
                conditions = (accepted, references)
            yield {
                "httproute": route.key,
                "parent": f"{parent.namespace or route.namespace}/{parent.name}",
                **attributes(parent, "section_name port"),
                "controller": controller,
                "conditions": published(conditions),
                "absent": None if conditions else _nobody(parent, gateway),
            }


def _controller(cluster: Cluster, gateway: Gateway) -> str | None:
    """The controller of a Gateway's class, None if there is no such class."""
    found = cluster.gateway_classes.get(gateway.spec.gateway_class_name or "")
    return found.spec.controller_name if found is not None else None


def _waiting(gateway: Gateway) -> tuple[Condition, ...]:
    """What the API server writes by default, and nobody changes."""
    message = f"no controller: there is no GatewayClass {gateway.spec.gateway_class_name}"
    source = gateway.line("spec", "gatewayClassName")
    return tuple(Condition(kind, UNKNOWN, "Pending", message, source) for kind in (ACCEPTED, "Programmed"))


def _nobody(parent: ParentReference, gateway: Gateway | None) -> str:
    if gateway is not None:
        return f"no controller takes Gateway {gateway.key}, so nobody writes a status"
    if (parent.group, parent.kind) != (GATEWAY_API, "Gateway"):
        return f"{parent.kind} {parent.name} is no Gateway; what is written about it is not modelled"
    return "there is no such Gateway, so nobody writes a status"


def _of_gateway(gateway: Gateway, listeners: Iterable[ListenerStatus]) -> Iterator[Condition]:
    """Accepted while one listener is; Programmed only then, and while one can be."""
    held = {s.state.listener.name: {c.type: c.good for c in s.conditions} for s in listeners}
    refused = [name for name, good in held.items() if not good[ACCEPTED]]
    line = gateway.line("spec", "listeners")
    if held and not refused:
        yield Condition(ACCEPTED, TRUE, ACCEPTED, "every listener is valid")
    else:
        some = len(refused) < len(held)
        message = f"not valid: listener {', '.join(refused)}" if refused else "it has no listener"
        yield Condition(ACCEPTED, TRUE if some else FALSE, "ListenersNotValid", message, line)
    served = any(good["Programmed"] for good in held.values())
    yield _programmed(served, f"{'a' if served else 'no'} listener takes requests", line)


def _programmed(held: bool, message: str, line: str | None) -> Condition:
    if held:
        return Condition("Programmed", TRUE, "Programmed", message)
    return Condition("Programmed", FALSE, "Invalid", message, line)


def _attached(state: ListenerState, found: Iterable[Attachment]) -> int:
    return len({a.route.key for a in found if a.state is state and a.reason == ACCEPTED})


def _kinds(state: ListenerState) -> tuple[str, ...]:
    """The kinds of routes that its protocol knows and that it does not leave out."""
    return tuple(kind for kind in route_kinds(state.listener) if takes_kind(state.listener, kind))


def _of_listener(state: ListenerState) -> Iterator[Condition]:
    reason, because, source = state.reason, state.because, state.source
    bad_references = reason in _REFERENCES
    if not reason or bad_references:
        yield Condition(ACCEPTED, TRUE, ACCEPTED, "protocol and port can be served")
    else:
        yield Condition(ACCEPTED, FALSE, reason, because, source)
    if reason in _CONFLICTS:
        yield Condition("Conflicted", TRUE, reason, because, source)
    if bad_references:
        yield Condition("ResolvedRefs", FALSE, reason, because, source)
    elif (unknown := unknown_kinds(state)) is not None:
        line = state.gateway.line("spec", "listeners", state.index, "allowedRoutes", "kinds")
        passed = " that is passed through" if route_kinds(state.listener) == ("TLSRoute",) else ""
        message = f"{state.listener.protocol}{passed} takes no {unknown}"
        yield Condition("ResolvedRefs", FALSE, "InvalidRouteKinds", message, line)
    else:
        yield Condition("ResolvedRefs", TRUE, "ResolvedRefs", "every reference is resolved")
    yield _programmed(state.works, "takes requests" if state.works else because, source)


def unknown_kinds(state: ListenerState) -> str | None:
    """The kinds under allowedRoutes that its protocol does not know; None if there are none."""
    known, asked = route_kinds(state.listener), state.listener.allowed_routes.kinds
    wrong = [k.kind for k in asked if k.group != GATEWAY_API or k.kind not in known]
    return ", ".join(wrong) or None


def _accepted(route: HTTPRoute, number: int, nearest: Attachment | None) -> Condition:
    if nearest is None:
        line = route.line("spec", "parentRefs", number)
        return Condition(ACCEPTED, FALSE, "NoMatchingParent", "the Gateway has no listener", line)
    held = nearest.reason == ACCEPTED
    message = f"{nearest.state.title}: {nearest.because}"
    return Condition(ACCEPTED, TRUE if held else FALSE, nearest.reason, message, nearest.source)


def _resolved_references(cluster: Cluster, route: HTTPRoute) -> Condition:
    """The first backend that cannot be resolved; mirrors count too."""
    for reference, where in references_of(route):
        found, reason = resolved(cluster, route, reference, where)
        if reason:
            return Condition("ResolvedRefs", FALSE, reason, found.message, found.source)
    return Condition("ResolvedRefs", TRUE, "ResolvedRefs", "every reference is resolved")


def references_of(route: HTTPRoute) -> Iterator[tuple[BackendObjectReference, Path]]:
    """What a route refers to, each with its path: the backends of its rules, and those of their mirrors."""
    for i, rule in enumerate(route.spec.rules):
        for j, reference in enumerate(rule.backend_refs):
            yield reference, ("spec", "rules", i, "backendRefs", j)
        for j, item in enumerate(rule.filters):
            if item.request_mirror is not None:
                place = ("spec", "rules", i, "filters", j, "requestMirror", "backendRef")
                yield item.request_mirror.backend_ref, place
