"""Which match of which GRPCRoute takes a request, on one listener of a Gateway.

A gRPC request is a POST to /SERVICE/METHOD. Precedence: the closest host name, then the most characters of
the service, of the method, the most headers; then the oldest route, the first by NAMESPACE/NAME, the first
rule. `decide` looks up an index and `explain` walks all matches; the two share no search. Regular expressions
must fit as a whole, and their own characters count: the API leaves both open. Source: Gateway API v1,
GRPCRouteRule.matches and GRPCRoute.hostnames.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sim.manifests.objects.gateway_api import HTTPValueMatch
from sim.manifests.objects.gateway_routes import GRPCRoute, GRPCRouteMatch, GRPCRouteRule
from sim.routing.controllers.api import host_of, path_of
from sim.routing.controllers.patterns import any_depth
from sim.routing.controllers.rows import ANOTHER_HOST, ONLY_ONE, why_not
from sim.routing.expressions import RE2, GaveUp, as_bytes, searched
from sim.routing.gateway.matching import WHOLE, distinct, missed
from sim.routing.gateway.rule_row import RuleRow, younger
from sim.routing.trace import Request, RuleParts, Step

Wanted = tuple[str, str]
"""Service and method; an empty one is not asked for."""


@dataclass(frozen=True)
class GrpcRow(RuleRow):
    """One match of one rule of a GRPCRoute."""

    route: GRPCRoute
    match: GRPCRouteMatch

    @property
    def spec(self) -> GRPCRouteRule:
        """The rule that the match belongs to."""
        return self.route.spec.rules[self.rule_index]

    @property
    def wanted(self) -> Wanted:
        """The service and the method that it asks for."""
        return self.match.method.service or "", self.match.method.method or ""

    @property
    def by_expression(self) -> bool:
        """Whether service and method are regular expressions."""
        return self.match.method.type == "RegularExpression"

    @property
    def path(self) -> str:
        """Service and method as a path, with a star for what is not asked for."""
        service, method = (part or "*" for part in self.wanted)
        return f"/{service}/{method}" if any(self.wanted) else "/*"

    @property
    def shown(self) -> str:
        """The match in one phrase."""
        parts = [f"{self.path} {self.match.method.type}" if any(self.wanted) else "every method"]
        return ", ".join([*parts, *(f"{h.name}: {h.value}" for h in self.match.headers)])

    @property
    def parts(self) -> RuleParts:
        """What it compares, and where it sends what fits."""
        return self._parts(self.path, self.match.method.type)

    @property
    def rank(self) -> tuple[int, int, int]:
        """What its own words are worth, the more the better."""
        service, method = self.wanted
        return len(service), len(method), len(distinct(self.match.headers, fold=True))


@dataclass(frozen=True)
class GrpcHost:
    """The rows of one host name: by service and method, and expressions; each list best first."""

    exact: Mapping[Wanted, tuple[GrpcRow, ...]]
    expressions: tuple[GrpcRow, ...]

    def for_method(self, service: str, method: str) -> list[GrpcRow]:
        """Rows whose service and method fit, best first."""
        asked = dict.fromkeys(((service, method), (service, ""), ("", method), ("", "")))
        found = [row for wanted in asked for row in self.exact.get(wanted, ())]
        fitting = [row for row in self.expressions if _expressions_fit(row, service, method)]
        return _best_first([*found, *fitting]) if fitting else found


@dataclass(frozen=True)
class GrpcTable:
    """All rows of one listener, and the index over them.

    Args:
        one_host: only the rows of the closest host name count, whether one of them matches or not.
    """

    rows: tuple[GrpcRow, ...]
    hosts: Mapping[str, GrpcHost]
    one_host: bool = False

    def knows(self, host: str) -> bool:
        """Whether a host belongs to GRPCRoutes: at one listener it cannot belong to HTTPRoutes too."""
        return any(pattern in self.hosts for pattern in any_depth(host))


def rows_of(route: GRPCRoute, hostnames: tuple[str, ...]) -> Iterator[GrpcRow]:
    """The matches of a route in order of writing."""
    for i, rule in enumerate(route.spec.rules):
        for j, match in enumerate(rule.matches or (GRPCRouteMatch(),)):
            yield GrpcRow(route, i, j, match, hostnames)


def table(rows: Iterable[GrpcRow], one_host: bool = False) -> GrpcTable:
    """Index rows by host name, service and method."""
    kept = tuple(replace(row, order=number) for number, row in enumerate(rows))
    by_host: dict[str, list[GrpcRow]] = {}
    for row in kept:
        for name in row.hostnames:
            by_host.setdefault(name, []).append(row)
    return GrpcTable(kept, {host: _index(mine) for host, mine in by_host.items()}, one_host)


def _best_first(rows: Iterable[GrpcRow]) -> list[GrpcRow]:
    return sorted(sorted(rows, key=lambda r: r.age), key=lambda r: r.rank, reverse=True)


def _index(rows: Iterable[GrpcRow]) -> GrpcHost:
    exact: dict[Wanted, tuple[GrpcRow, ...]] = {}
    expressions: list[GrpcRow] = []
    for row in _best_first(rows):
        if row.by_expression:
            expressions.append(row)
        else:
            exact[row.wanted] = (*exact.get(row.wanted, ()), row)
    return GrpcHost(exact, tuple(expressions))


def service_and_method(request: Request) -> Wanted:
    """What a request calls: the last element of its path is the method, what is before it the service."""
    service, _, method = path_of(request).removeprefix("/").rpartition("/")
    return service, method


def decide(request: Request, rules: GrpcTable) -> GrpcRow | None:
    """The row that takes a request; None: UNIMPLEMENTED."""
    called = service_and_method(request)
    for pattern in any_depth(host_of(request)):
        if (rows := rules.hosts.get(pattern)) is None:
            continue
        found = next((r for r in rows.for_method(*called) if not _headers_missed(r, request)), None)
        if found is not None or rules.one_host:
            return found
    return None


def explain(request: Request, rules: GrpcTable) -> Iterator[Step]:
    """Every row against the request, the winner first, then the rows that came closest."""
    host = host_of(request)
    closest = max((row.closest(host) for row in rules.rows), default=(0, 0)) if rules.one_host else (0, 0)
    judged = [(row, _faults(row, request, host, closest)) for row in rules.rows]
    fitting = sorted((row for row, faults in judged if not faults), key=lambda r: r.age)
    winner = max(fitting, key=lambda r: (r.closest(host), r.rank), default=None)
    judged.sort(key=lambda pair: (pair[0] is not winner, "host" in pair[1], len(pair[1]), pair[0].age))
    yield from (_step(row, faults, winner, host, len(fitting)) for row, faults in judged)


def _faults(row: GrpcRow, request: Request, host: str, closest: tuple[int, int]) -> dict[str, str]:
    """The parts of the request that keep a row from holding."""
    faults = {}
    if not row.fits_host(host):
        faults["host"] = ANOTHER_HOST
    elif row.closest(host) < closest:
        faults["host"] = f"not asked: rules closer to {host} answer alone"
    service, method = service_and_method(request)
    if row.by_expression and not _expressions_fit(row, service, method):
        faults["path"] = f"the expressions do not fit /{service}/{method}"
    elif not row.by_expression:
        wanted = zip(("service", "method"), row.wanted, (service, method), strict=True)
        wrong = [
            f"{part} {given} is not {asked}" for part, asked, given in wanted if asked not in ("", given)
        ]
        faults |= {"path": ", ".join(wrong)} if wrong else {}
    lacking = _headers_missed(row, request)
    return faults | ({"header": f"header {lacking}"} if lacking else {})


def _headers_missed(row: GrpcRow, request: Request) -> str:
    headers = {k.lower(): v for k, v in request.headers.items()} | {"host": request.host_header}
    return missed(distinct(row.match.headers, fold=True), headers)


def _expressions_fit(row: GrpcRow, service: str, method: str) -> bool:
    pairs = zip(row.wanted, (service, method), strict=True)
    return all(not pattern or WHOLE.found(pattern, text) is not None for pattern, text in pairs)


def gave_up(row: GrpcRow, request: Request) -> GaveUp | None:
    """The bound that was reached before it was known whether a row fits."""
    headers = {k.lower(): v for k, v in request.headers.items()} | {"host": request.host_header}
    asked = list(zip(row.wanted, service_and_method(request), strict=True)) if row.by_expression else []
    expressions: Iterable[HTTPValueMatch] = (h for h in row.match.headers if h.type == "RegularExpression")
    asked += [(part.value, headers.get(part.name.lower(), "")) for part in expressions]
    found = (searched(as_bytes(p), RE2, as_bytes(text), whole=True) for p, text in asked if p)
    return next((bound for bound in found if isinstance(bound, GaveUp)), None)


def _step(row: GrpcRow, faults: Mapping[str, str], winner: GrpcRow | None, host: str, holding: int) -> Step:
    if faults:
        return row.step(False, why_not(faults), "+".join(faults))
    if winner is None or row is winner:
        return row.step(True, "wins: the closest match" if holding > 1 else ONLY_ONE, wins=True)
    return row.step(True, _loses_to(row, winner, host))


def _loses_to(row: GrpcRow, winner: GrpcRow, host: str) -> str:
    """Why a row that matches does not win: the first rung of the ladder where it is behind."""
    if row.closest(host) != winner.closest(host):
        return "another route names the host more closely"
    rungs = ("the other match names more of the service", "the other match names more of the method",
             "fewer headers")  # fmt: skip
    behind = next((w for w, a, b in zip(rungs, row.rank, winner.rank, strict=True) if a != b), None)
    return behind or younger(row, winner)
