"""Statuses of listeners, of Gateways and of ListenerSets; see `sim.routing.gateway.statuses`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import Gateway
from sim.manifests.objects.gateway_routes import ListenerSet
from sim.manifests.objects.kinds import GATEWAY_API
from sim.routing.gateway.attached import Attached
from sim.routing.gateway.attachment import ACCEPTED, Attachment
from sim.routing.gateway.conditions import FALSE, TRUE, Condition, programmed
from sim.routing.gateway.listener_sets import admission
from sim.routing.gateway.listeners import CONFLICTS, Holder, ListenerState, route_kinds, takes_kind

_REFERENCES = frozenset({"InvalidCertificateRef", "RefNotPermitted"})


@dataclass(frozen=True)
class ListenerStatus:
    """One listener: its conditions, the kinds of routes that it takes, how many routes are attached."""

    state: ListenerState
    attached_routes: int
    supported_kinds: tuple[str, ...]
    conditions: tuple[Condition, ...]


def statuses_of_listeners(
    holder: Holder, states: Iterable[ListenerState], found: Attached
) -> tuple[ListenerStatus, ...]:
    """The listeners of a Gateway, or of a ListenerSet, among all that the Gateway has."""
    return tuple(
        ListenerStatus(s, _attached(s, found.every), _kinds(s), tuple(_of_listener(s)))
        for s in states
        if s.holder is holder
    )


def of_gateway(gateway: Gateway, listeners: Iterable[ListenerStatus]) -> Iterator[Condition]:
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
    yield programmed(served, f"{'a' if served else 'no'} listener takes requests", line)


def of_listener_set(
    cluster: Cluster, gateway: Gateway, one: ListenerSet, listeners: Iterable[ListenerStatus]
) -> Iterator[Condition]:
    """Accepted while the Gateway allows the set and one listener of it is good."""
    allowed = admission(cluster, gateway, one)
    if not allowed.held:
        yield Condition(ACCEPTED, FALSE, "NotAllowed", allowed.because, allowed.source)
        yield programmed(False, allowed.because, allowed.source, "NotAllowed")
        return
    held = {s.state.listener.name: {c.type: c.good for c in s.conditions} for s in listeners}
    refused = [name for name, good in held.items() if not good[ACCEPTED]]
    line = one.line("spec", "listeners")
    if held and not refused:
        yield Condition(ACCEPTED, TRUE, ACCEPTED, "every listener is valid")
    else:
        some = len(refused) < len(held)
        message = f"not valid: listener {', '.join(refused)}" if refused else "it has no listener"
        yield Condition(ACCEPTED, TRUE if some else FALSE, "ListenersNotValid", message, line)
    served = any(good["Programmed"] for good in held.values())
    message = f"{'a' if served else 'no'} listener takes requests"
    yield programmed(served, message, line, "ListenersNotValid")


def _attached(state: ListenerState, found: Iterable[Attachment[Any]]) -> int:
    return len({id(a.route) for a in found if a.state is state and a.reason == ACCEPTED})


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
    if reason in CONFLICTS:
        yield Condition("Conflicted", TRUE, reason, because, source)
    if bad_references:
        yield Condition("ResolvedRefs", FALSE, reason, because, source)
    elif (unknown := unknown_kinds(state)) is not None:
        line = state.line("allowedRoutes", "kinds")
        passed = " that is passed through" if route_kinds(state.listener) == ("TLSRoute",) else ""
        message = f"{state.listener.protocol}{passed} takes no {unknown}"
        yield Condition("ResolvedRefs", FALSE, "InvalidRouteKinds", message, line)
    else:
        yield Condition("ResolvedRefs", TRUE, "ResolvedRefs", "every reference is resolved")
    own = state.holder is state.gateway
    why = "Invalid" if own or reason not in CONFLICTS else reason
    yield programmed(state.works, "takes requests" if state.works else because, source, why)


def unknown_kinds(state: ListenerState) -> str | None:
    """The kinds under allowedRoutes that its protocol does not know; None if there are none."""
    known, asked = route_kinds(state.listener), state.listener.allowed_routes.kinds
    wrong = [k.kind for k in asked if k.group != GATEWAY_API or k.kind not in known]
    return ", ".join(wrong) or None
