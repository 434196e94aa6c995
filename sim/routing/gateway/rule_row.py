"""What the rules of all kinds of routes have in common: a name, a place, an age, backends with shares."""

from dataclasses import dataclass

from sim.manifests.objects.gateway_api import HTTPRouteFilter, HTTPRouteMatch, HTTPRouteRule
from sim.manifests.objects.gateway_routes import GRPCRouteMatch, GRPCRouteRule, Route, StreamRouteRule
from sim.routing.gateway.hostnames import closeness, fits
from sim.routing.trace import RuleParts, Step


def rule_name(route: str, rule: int, match: int) -> str:
    """What an answer calls one match of one rule of a route."""
    return f"{route} rules[{rule}].matches[{match}]"


@dataclass(frozen=True)
class RuleRow:
    """One match of one rule of a route that is attached to the listener.

    Args:
        hostnames: the route's names that count at this listener, lower case; `("",)` is any host.
        order: among the rows of the listener.
        rule_index, match_index: a rule without matches has one, for everything.
    """

    route: Route
    rule_index: int
    match_index: int
    match: HTTPRouteMatch | GRPCRouteMatch | None
    hostnames: tuple[str, ...]
    order: int = 0

    @property
    def rule(self) -> str:
        """As in the case format."""
        return rule_name(self.route.key, self.rule_index, self.match_index)

    @property
    def spec(self) -> HTTPRouteRule | GRPCRouteRule | StreamRouteRule:
        """The rule that the match belongs to."""
        return self.route.spec.rules[self.rule_index]

    @property
    def filters(self) -> tuple[HTTPRouteFilter, ...]:
        """What the rule does to a request: nothing where none is read."""
        return () if isinstance(self.spec, StreamRouteRule) else self.spec.filters

    @property
    def kind(self) -> str:
        """That of the route."""
        return type(self.route).__name__

    @property
    def source(self) -> str | None:
        """The line of the match; that of the rule if it has none."""
        return self.route.line("spec", "rules", self.rule_index, "matches", self.match_index)

    @property
    def shown(self) -> str:
        """The match in one phrase."""
        return "every connection"

    @property
    def prefix(self) -> str:
        """The part of a path that a filter may replace."""
        return "/"

    @property
    def age(self) -> tuple[str, str, int, int]:
        """What decides between equals, the smaller the better."""
        route = self.route
        return route.metadata.creation_timestamp or "", route.key, self.rule_index, self.match_index

    @property
    def parts(self) -> RuleParts:
        """What it compares, and where it sends what fits."""
        return self._parts("", "")

    def _parts(self, path: str, kind: str) -> RuleParts:
        backends = ", ".join(f"{ref.name}:{ref.port}".removesuffix(":None") for ref in self.spec.backend_refs)
        return RuleParts(", ".join(filter(None, self.hostnames)), path, kind, backends, self.order)

    def step(self, held: bool, because: str, failed: str = "", wins: bool = False) -> Step:
        """The row as one that was looked at."""
        return Step(self.shown, held, because, self.source, failed, wins, self.rule, parts=self.parts)

    def fits_host(self, host: str) -> bool:
        """Whether a host is one of the route's."""
        return any(fits(name, host) for name in self.hostnames)

    def closest(self, host: str) -> tuple[int, int]:
        """How closely the route names a host that it fits."""
        return max((closeness(n) for n in self.hostnames if fits(n, host)), default=(0, 0))


def younger(row: RuleRow, winner: RuleRow) -> str:
    """Why a row that is worth the same does not win."""
    if row.age[0] != winner.age[0]:
        return f"{winner.kind} {winner.route.key} is older"
    if row.route is not winner.route:
        return f"same age, and {winner.route.key} comes first by name"
    return "an earlier rule of the same route matches alike"
