"""Gateways, listeners and routes whose status a controller would write as bad: the condition, as a finding.

The conditions are those of `sim.routing.gateway.statuses`, which the inventory shows. Where one of them
fails, it must not be said that nothing is broken.
"""

from collections.abc import Iterator

from sim.analysis.findings.gateways import nothing_passed
from sim.analysis.findings.index import Index, finding
from sim.manifests.objects.collected import Finding, Severity
from sim.manifests.objects.gateway_routes import GRPCRoute, Route
from sim.manifests.objects.meta import Path
from sim.routing.gateway.backends import resolved
from sim.routing.gateway.listener_statuses import unknown_kinds
from sim.routing.gateway.listeners import Holder, ListenerState, listener_states
from sim.routing.gateway.route_statuses import references_of
from sim.routing.upstream import Resolved

_ELSEWHERE = frozenset({"BackendNotFound", "RefNotPermitted"})
"""Reasons of a backend that `references` and `gateways` tell with its line."""


def listeners(index: Index) -> Iterator[Finding]:
    """Listeners that take no request, or that name a kind of route which their protocol does not know."""
    cluster = index.gateways_alone
    for gateway in cluster.gateways.values():
        for state in listener_states(cluster, gateway):
            yield from _of_listener(state.holder, state)


def _of_listener(gateway: Holder, state: ListenerState) -> Iterator[Finding]:
    where = ("spec", "listeners", state.index)
    if not state.works:
        message = f"{state.title} does not work: {state.reason}, {state.because}"
        place, fix = _WAYS_OUT.get(state.reason, (("protocol",), "use protocol HTTP or HTTPS"))
        yield finding(gateway, "SIM1506", _sure(gateway, state), message, (*where, *place), fix)
    wrong = unknown_kinds(state)
    if wrong is not None:
        message = f"{state.title} takes no {wrong}: ResolvedRefs is False, InvalidRouteKinds"
        fix = f"under allowedRoutes.kinds name what {state.listener.protocol} takes, or nothing"
        yield finding(gateway, "SIM1506", "warning", message, (*where, "allowedRoutes", "kinds"), fix)


_WAYS_OUT = {
    "RefNotPermitted": (
        ("tls", "certificateRefs"),
        "write a ReferenceGrant in the namespace of the Secret, from Gateway to Secret",
    ),
    "InvalidCertificateRef": (("tls",), "name a Secret of type kubernetes.io/tls that is there"),
    "HostnameConflict": (("port",), "give the listeners of one port different host names, or remove one"),
    "ProtocolConflict": (("port",), "give the listeners different ports"),
}


def _sure(gateway: Holder, state: ListenerState) -> Severity:
    """A Secret that is not in the set may come from elsewhere; one that cert-manager makes is not missed."""
    if state.reason != "InvalidCertificateRef":
        return "error"
    made = any("cert-manager.io/" in name for name in gateway.metadata.annotations)
    return "note" if made else "warning"


def backends(index: Index) -> Iterator[Finding]:
    """Backends and mirrors that a route cannot use, for a reason that no other finding tells."""
    cluster = index.gateways_alone
    for route in index.every_route:
        for reference, where in references_of(route):
            found, reason = resolved(cluster, route, reference, where)
            is_mirror = "requestMirror" in where
            if reason and (is_mirror or reason not in _ELSEWHERE):
                yield _of_backend(route, found, reason, where, is_mirror)


def _of_backend(route: Route, found: Resolved, reason: str, where: Path, is_mirror: bool) -> Finding:
    """An error where every request of the backend's share fails; a copy that is not sent fails none."""
    what = "the copy is not sent" if is_mirror else f"for its share {nothing_passed(route)}"
    message = f"ResolvedRefs is False, {reason}: {found.message}; {what}"
    severity: Severity = "warning" if is_mirror or reason == "InvalidKind" else "error"
    return finding(route, "SIM1508", severity, message, where, found.fix or "name a Service that is there")


def no_backends(index: Index) -> Iterator[Finding]:
    """Rules that neither send a request anywhere nor redirect it."""
    for route in (*index.routes, *index.manifests.of(GRPCRoute)):
        for i, rule in enumerate(route.spec.rules):
            answers = any(f.type in {"RequestRedirect", "ExtensionRef"} for f in rule.filters)
            if not rule.backend_refs and not answers:
                message = f"the rule names no backend and redirects nowhere: {nothing_passed(route)}"
                place: Path = ("spec", "rules", i)
                yield finding(route, "SIM1508", "error", message, place, "give it a backendRef")


CHECKS = (listeners, backends, no_backends)
