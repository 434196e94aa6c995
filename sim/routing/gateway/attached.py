"""Everything that attaches to the listeners of a Gateway, kind by kind.

At one listener a host name belongs to HTTPRoutes or to GRPCRoutes: where a route of each has it, the older
one stays, then the first by NAMESPACE/NAME, and the other is not accepted. Source: Gateway API v1, GRPCRoute.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import HTTPRoute
from sim.manifests.objects.gateway_routes import GRPCRoute, Route, StreamRoute
from sim.routing.gateway.attachment import ACCEPTED, RIVAL, Attachment, attachments
from sim.routing.gateway.hostnames import ANY, overlap
from sim.routing.gateway.listeners import ListenerState
from sim.routing.trace import Step


@dataclass(frozen=True)
class Attached:
    """The routes that name a Gateway or a ListenerSet of it, against every listener there."""

    http: tuple[Attachment[HTTPRoute], ...]
    grpc: tuple[Attachment[GRPCRoute], ...]
    streams: tuple[Attachment[StreamRoute], ...]

    @property
    def every(self) -> tuple[Attachment[Any], ...]:
        """Those of all kinds."""
        return (*self.http, *self.grpc, *self.streams)

    def of_route(self, route: Route) -> Iterator[Attachment[Any]]:
        """The attachments of one route."""
        return (a for a in self.every if a.route is route)


def attached(cluster: Cluster, states: Iterable[ListenerState]) -> Attached:
    """Every route of a cluster against these listeners."""
    listeners, labels = tuple(states), cluster.namespace_labels
    http = tuple(attachments(listeners, cluster.http_routes, labels))
    grpc = tuple(attachments(listeners, cluster.grpc_routes, labels))
    refused = _rivals(http, grpc) if http and grpc else {}
    return Attached(
        tuple(_settled(a, refused) for a in http),
        tuple(_settled(a, refused) for a in grpc),
        tuple(attachments(listeners, cluster.stream_routes, labels)),
    )


Rivals = dict[tuple[int, int], Attachment[Any]]
"""Number of a listener and identity of a route that is refused there -> the attachment that stays."""


def _rivals(http: Iterable[Attachment[HTTPRoute]], grpc: Iterable[Attachment[GRPCRoute]]) -> Rivals:
    """The routes that are refused, for an older one of the other kind has a host name of theirs."""
    named: tuple[Attachment[Any], ...] = (*http, *grpc)
    every = [a for a in named if a.reason == ACCEPTED]
    every.sort(key=lambda a: (a.route.metadata.creation_timestamp or "", a.route.key))
    stay: dict[int, list[Attachment[Any]]] = {}
    refused: Rivals = {}
    for one in every:
        rivals = (a for a in stay.get(one.state.number, ()) if type(a.route) is not type(one.route))
        rival = next((a for a in rivals if _share_a_host(a, one)), None)
        if rival is None:
            stay.setdefault(one.state.number, []).append(one)
        else:
            refused[one.state.number, id(one.route)] = rival
    return refused


def _share_a_host(one: Attachment[Any], other: Attachment[Any]) -> bool:
    own = one.state.hostname
    names = [[name or own for name in a.hostnames] for a in (one, other)]
    return any(ANY in (a, b) or overlap(a, b) for a in names[0] for b in names[1])


def _settled(found: Attachment[Any], refused: Rivals) -> Attachment[Any]:
    rival = refused.get((found.state.number, id(found.route)))
    if rival is None or found.reason != ACCEPTED:
        return found
    other = rival.route
    because = f"{type(other).__name__} {other.key} is older and has a host name of it at this listener"
    source = found.route.line("spec", "hostnames")
    step = Step(found.steps[-1].row, False, because, source, "attached")
    return replace(found, reason=RIVAL, steps=(*found.steps, step), hostnames=())
