"""A Gateway compiled: its listeners, what attaches to each, and the rows to look a request up in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute
from sim.manifests.objects.gateway_routes import GRPCRoute, Route
from sim.routing.controllers import profile_of_gateways
from sim.routing.gateway import grpc, matching
from sim.routing.gateway.attached import Attached, attached
from sim.routing.gateway.attachment import AnyRoute, Attachment, furthest
from sim.routing.gateway.hostnames import ANY
from sim.routing.gateway.layer_seven import LayerSeven, would_fit
from sim.routing.gateway.listeners import ListenerState, listener_states
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.gateway.streams import StreamRow, rows_at
from sim.routing.path_rules import LETTER, DataPlane
from sim.routing.trace import Request, Step

Refused = tuple[RuleRow, Step]
"""A row that a listener does not take, and the check that kept it out."""


@dataclass(frozen=True)
class GatewayTable:
    """What a Gateway's controller makes of listeners and routes.

    Args:
        attached: every route that names the Gateway against every listener.
        tables: number of a listener -> the rules for requests that it takes.
        streams: number of a listener -> the rules for whole connections, the oldest first.
        others: rows of routes that no listener takes, by number of the listener.
    """

    gateway: Gateway
    plane: DataPlane
    states: tuple[ListenerState, ...]
    attached: Attached
    tables: Mapping[int, LayerSeven]
    streams: Mapping[int, tuple[StreamRow, ...]]
    others: Mapping[int, tuple[Refused, ...]]

    def of_row(self, row: RuleRow) -> tuple[Attachment[Any], ...]:
        """The attachments of the route that a row belongs to."""
        return tuple(self.attached.of_route(row.route))


@lru_cache(maxsize=64)
def compiled(cluster: Cluster, key: str, plane: DataPlane | None = None) -> GatewayTable:
    """Compile the Gateway `NAMESPACE/NAME`; a pure function, kept for the next request.

    Args:
        cluster: what is there.
        key: of the Gateway.
        plane: what carries it; None: what its class says.
    """
    gateway = cluster.gateways[key]
    carrier = plane or _plane_of(cluster, gateway)
    states = listener_states(cluster, gateway)
    found = attached(cluster, states)
    numbers = range(len(states))
    return GatewayTable(
        gateway,
        carrier,
        states,
        found,
        {number: _rules_at(number, found, carrier) for number in numbers},
        {number: tuple(rows_at(number, found.streams)) for number in numbers},
        {number: tuple(_others(cluster, gateway, number, found)) for number in numbers},
    )


def _plane_of(cluster: Cluster, gateway: Gateway) -> DataPlane:
    """By the controller that the Gateway's class names; the API's letter for one that is not known."""
    kind = cluster.gateway_classes.get(gateway.spec.gateway_class_name or "")
    known = profile_of_gateways(kind.spec.controller_name) if kind is not None else None
    return (known and known.plane) or LETTER


def _rules_at(number: int, found: Attached, plane: DataPlane) -> LayerSeven:
    """The rules of one listener."""
    http = (
        row
        for a in _taken(number, found.http)
        for row in matching.rows_of(a.route, a.hostnames, plane.preflights)
    )
    of_grpc = (row for a in _taken(number, found.grpc) for row in grpc.rows_of(a.route, a.hostnames))
    return LayerSeven(matching.table(http, plane), grpc.table(of_grpc, plane.one_host))


def _taken(number: int, found: Iterable[Attachment[AnyRoute]]) -> Iterator[Attachment[AnyRoute]]:
    """What one listener takes; a route that names it twice counts once."""
    mine = (a for a in found if a.held and a.state.number == number)
    return iter({a.route.key: a for a in mine}.values())


def _others(cluster: Cluster, gateway: Gateway, number: int, found: Attached) -> Iterator[Refused]:
    """The rows of routes that this listener does not take, with the reason."""
    by_route: dict[int, list[Attachment[Any]]] = {}
    named: tuple[Attachment[Any], ...] = (*found.http, *found.grpc)
    for attachment in named:
        if attachment.state.number == number:
            by_route.setdefault(id(attachment.route), []).append(attachment)
    routes: tuple[HTTPRoute | GRPCRoute, ...] = (*cluster.http_routes, *cluster.grpc_routes)
    for route in routes:
        mine = by_route.get(id(route), [])
        if any(a.held for a in mine):
            continue
        step = _refusal(route, gateway, furthest(mine))
        names = tuple(h.lower() for h in route.spec.hostnames) or (ANY,)
        yield from ((row, step) for row in _rows_of(route, names))


def _rows_of(route: HTTPRoute | GRPCRoute, names: tuple[str, ...]) -> Iterator[RuleRow]:
    if isinstance(route, HTTPRoute):
        return matching.rows_of(route, names)
    return grpc.rows_of(route, names)


def _refusal(route: Route, gateway: Gateway, nearest: Attachment[Any] | None) -> Step:
    """The check that kept a route out."""
    if nearest is not None and nearest.reason == "Accepted":
        return Step("", False, f"{nearest.state.reason}: {nearest.state.because}", nearest.state.source)
    if nearest is not None:
        because = f"{nearest.reason}: {nearest.because}"
        return Step("", False, because, nearest.source, reason=nearest.reason)
    named = ", ".join(f"{p.namespace or route.namespace}/{p.name}" for p in route.spec.parent_refs)
    because = f"its parents are {named or 'none'}, not Gateway {gateway.key}"
    return Step("", False, because, route.line("spec", "parentRefs"))


def judged_others(request: Request, others: tuple[Refused, ...]) -> Iterator[tuple[bool, RuleRow, Step]]:
    """Rows that are not taken: whether they would fit but for that, and the step that says why not."""
    for row, refusal in others:
        yield would_fit(request, row), row, replace(refusal, row=row.shown, failed="attached", rule=row.rule)
