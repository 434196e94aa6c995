"""The rules of one listener that read requests: those of HTTPRoutes and those of GRPCRoutes.

A host belongs to one of the two kinds (`sim.routing.gateway.attached`), which then decides alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.routing.controllers.api import host_of
from sim.routing.controllers.patterns import any_depth
from sim.routing.expressions import GaveUp
from sim.routing.gateway import grpc, matching
from sim.routing.gateway.grpc import GrpcRow, GrpcTable
from sim.routing.gateway.matching import RouteRow, RouteTable
from sim.routing.gateway.notes import notes as notes_of
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.trace import Note, Request, Step


@dataclass(frozen=True)
class LayerSeven:
    """The rules of a listener, kind by kind."""

    http: RouteTable
    grpc: GrpcTable

    def knows(self, host: str) -> bool:
        """Whether a route of any kind has a host."""
        return self.grpc.knows(host) or any(pattern in self.http.hosts for pattern in any_depth(host))


def decide(request: Request, rules: LayerSeven) -> RuleRow | None:
    """The row that takes a request; None: none does."""
    if rules.grpc.knows(host_of(request)):
        return grpc.decide(request, rules.grpc)
    return matching.decide(request, rules.http)


def explain(request: Request, rules: LayerSeven) -> Iterator[Step]:
    """Every row against the request; those of the kind that decides come first."""
    by_kind = [matching.explain(request, rules.http), grpc.explain(request, rules.grpc)]
    for steps in reversed(by_kind) if rules.grpc.knows(host_of(request)) else by_kind:
        yield from steps


def would_fit(request: Request, row: RuleRow) -> bool:
    """Whether a row that no listener takes would fit a request."""
    if isinstance(row, GrpcRow):
        return all(step.held for step in grpc.explain(request, grpc.table((row,))))
    if isinstance(row, RouteRow):
        return all(step.held for step in matching.explain(request, matching.table((row,))))
    return False


def gave_up(row: RuleRow, request: Request, rules: LayerSeven) -> GaveUp | None:
    """The bound that was reached before it was known whether a row fits."""
    if isinstance(row, GrpcRow):
        return grpc.gave_up(row, request)
    how = rules.http.plane.expressions
    return matching.gave_up(row, request, how) if isinstance(row, RouteRow) else None


def notes(request: Request, row: RuleRow, rules: LayerSeven) -> Iterator[Note]:
    """What beside the answer a person should know."""
    if isinstance(row, RouteRow):
        yield from notes_of(request, row, rules.http)
