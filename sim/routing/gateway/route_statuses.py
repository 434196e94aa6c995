"""Statuses of routes, per parent; see `sim.routing.gateway.statuses`."""

from collections.abc import Iterator
from typing import Any

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import BackendObjectReference, HTTPRoute
from sim.manifests.objects.gateway_routes import GRPCRoute, Route, rules_of
from sim.manifests.objects.meta import Path
from sim.routing.gateway.attached import Attached
from sim.routing.gateway.attachment import ACCEPTED, Attachment, furthest
from sim.routing.gateway.backends import resolved
from sim.routing.gateway.conditions import FALSE, TRUE, Condition


def of_route(cluster: Cluster, route: Route, number: int, found: Attached) -> tuple[Condition, ...]:
    """The conditions of a route at one of its parents.

    Args:
        number: of the parentRef.
        found: what attaches to the Gateway behind that parent.
    """
    nearest = furthest(a for a in found.of_route(route) if a.parent == number)
    return _accepted(route, number, nearest), resolved_references(cluster, route)


def _accepted(route: Route, number: int, nearest: Attachment[Any] | None) -> Condition:
    if nearest is None:
        line = route.line("spec", "parentRefs", number)
        message = f"the {route.spec.parent_refs[number].kind} has no listener that is used"
        return Condition(ACCEPTED, FALSE, "NoMatchingParent", message, line)
    held = nearest.reason == ACCEPTED
    message = f"{nearest.state.title}: {nearest.because}"
    return Condition(ACCEPTED, TRUE if held else FALSE, nearest.reason, message, nearest.source)


def resolved_references(cluster: Cluster, route: Route) -> Condition:
    """The first backend that cannot be resolved; mirrors count too."""
    for reference, where in references_of(route):
        found, reason = resolved(cluster, route, reference, where)
        if reason:
            return Condition("ResolvedRefs", FALSE, reason, found.message, found.source)
    return Condition("ResolvedRefs", TRUE, "ResolvedRefs", "every reference is resolved")


def references_of(route: Route) -> Iterator[tuple[BackendObjectReference, Path]]:
    """What a route refers to, each with its path: the backends of its rules, and those of their mirrors."""
    for i, rule in enumerate(rules_of(route)):
        for j, reference in enumerate(rule.backend_refs):
            yield reference, ("spec", "rules", i, "backendRefs", j)
        if isinstance(route, HTTPRoute | GRPCRoute):
            for j, item in enumerate(route.spec.rules[i].filters):
                if item.request_mirror is not None:
                    place = ("spec", "rules", i, "filters", j, "requestMirror", "backendRef")
                    yield item.request_mirror.backend_ref, place
