"""A Gateway compiled: its listeners, what attaches to each, and the rows to look a request up in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute
from sim.routing.controllers import profile_of_gateways
from sim.routing.gateway.attachment import Attachment, attachments, furthest
from sim.routing.gateway.hostnames import ANY
from sim.routing.gateway.listeners import ListenerState, listener_states
from sim.routing.gateway.matching import RouteRow, RouteTable, explain, rows_of, table
from sim.routing.path_rules import LETTER, DataPlane
from sim.routing.trace import Request, Step


@dataclass(frozen=True)
class GatewayTable:
    """What a Gateway's controller makes of listeners and routes.

    Args:
        attachments: every route that names the Gateway against every listener.
        tables: index of a listener -> the rows of the routes that it takes.
        others: (row, why it is not taken) of routes that no listener takes, by index of the listener.
    """

    gateway: Gateway
    plane: DataPlane
    states: tuple[ListenerState, ...]
    attachments: tuple[Attachment, ...]
    tables: Mapping[int, RouteTable]
    others: Mapping[int, tuple[tuple[RouteRow, Step], ...]]

    def of_route(self, key: str) -> tuple[Attachment, ...]:
        """The attachments of one route."""
        return tuple(a for a in self.attachments if a.route.key == key)


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
    found = tuple(attachments(states, cluster.http_routes, cluster.namespace_labels))
    indices = range(len(states))
    return GatewayTable(
        gateway,
        carrier,
        states,
        found,
        {index: table(_rows_at(index, found), carrier.one_host) for index in indices},
        {index: tuple(_others(cluster, gateway, index, found)) for index in indices},
    )


def _plane_of(cluster: Cluster, gateway: Gateway) -> DataPlane:
    """By the controller that the Gateway's class names; the API's letter for one that is not known."""
    kind = cluster.gateway_classes.get(gateway.spec.gateway_class_name or "")
    known = profile_of_gateways(kind.spec.controller_name) if kind is not None else None
    return (known and known.plane) or LETTER


def _rows_at(index: int, found: tuple[Attachment, ...]) -> Iterator[RouteRow]:
    """The rows of one listener; a route that names it twice counts once."""
    seen: set[str] = set()
    for attachment in found:
        if attachment.held and attachment.state.index == index and attachment.route.key not in seen:
            seen.add(attachment.route.key)
            yield from rows_of(attachment.route, attachment.hostnames)


def _others(
    cluster: Cluster, gateway: Gateway, index: int, found: tuple[Attachment, ...]
) -> Iterator[tuple[RouteRow, Step]]:
    """The rows of routes that this listener does not take, with the reason."""
    by_route: dict[int, list[Attachment]] = {}
    for attachment in found:
        if attachment.state.index == index:
            by_route.setdefault(id(attachment.route), []).append(attachment)
    for route in cluster.http_routes:
        mine = by_route.get(id(route), [])
        if any(a.held for a in mine):
            continue
        step = _refusal(route, gateway, furthest(mine))
        names = tuple(h.lower() for h in route.spec.hostnames) or (ANY,)
        yield from ((row, step) for row in rows_of(route, names))


def _refusal(route: HTTPRoute, gateway: Gateway, nearest: Attachment | None) -> Step:
    """The check that kept a route out."""
    if nearest is not None and nearest.reason == "Accepted":
        return Step("", False, f"{nearest.state.reason}: {nearest.state.because}", nearest.state.source)
    if nearest is not None:
        because = f"{nearest.reason}: {nearest.because}"
        return Step("", False, because, nearest.source, reason=nearest.reason)
    named = ", ".join(f"{p.namespace or route.namespace}/{p.name}" for p in route.spec.parent_refs)
    because = f"its parents are {named or 'none'}, not Gateway {gateway.key}"
    return Step("", False, because, route.line("spec", "parentRefs"))


def judged_others(request: Request, others: tuple[tuple[RouteRow, Step], ...]) -> Iterator[tuple[bool, Step]]:
    """Rows that are not taken: whether they would fit but for that, and the step that says why not."""
    for row, refusal in others:
        would_fit = all(s.held for s in explain(request, table((row,))))
        yield would_fit, replace(refusal, row=row.shown, failed="attached", rule=row.rule)
