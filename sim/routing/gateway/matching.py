"""Which match of which route takes a request, on one listener of a Gateway.

Precedence: the closest host name, then Exact path, longest prefix, a method, most headers, most query
parameters; then the oldest route, the first by NAMESPACE/NAME, the first rule. `decide` looks up an index
and `explain` walks all matches; the two share no search. Regular expressions must fit as a whole, and rank
between Exact and PathPrefix, the longer text first, as in Envoy Gateway: the API leaves both open. Source:
Gateway API v1, HTTPRouteRule.matches and HTTPRoute.hostnames; envoyproxy/gateway, gatewayapi/sort.go.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import parse_qsl

from sim.manifests.objects.gateway_api import (
    HTTPPathMatch,
    HTTPRoute,
    HTTPRouteMatch,
    HTTPRouteRule,
    HTTPValueMatch,
)
from sim.routing.controllers.api import host_of, path_elements, path_of
from sim.routing.controllers.patterns import any_depth
from sim.routing.controllers.rows import (
    ANOTHER_HOST,
    EXACTLY,
    LONGEST,
    ONLY_ONE,
    SHORTER,
    characters_shared,
    why_not,
)
from sim.routing.expressions import RE2, GaveUp, as_bytes, searched
from sim.routing.gateway.rule_row import RuleRow, younger
from sim.routing.trace import Request, RuleParts, Step

PATH_RANK = {"Exact": 2, "RegularExpression": 1, "PathPrefix": 0}


@dataclass(frozen=True)
class RouteRow(RuleRow):
    """One match of one rule of an HTTPRoute."""

    route: HTTPRoute
    match: HTTPRouteMatch

    @property
    def spec(self) -> HTTPRouteRule:
        """The rule that the match belongs to."""
        return self.route.spec.rules[self.rule_index]

    @property
    def shown(self) -> str:
        """The match in one phrase."""
        parts = [f"{self.match.path.value} {self.match.path.type}"]
        parts += [self.match.method] if self.match.method else []
        parts += [f"{h.name}: {h.value}" for h in self.match.headers]
        parts += [f"?{q.name}={q.value}" for q in self.match.query_params]
        return ", ".join(parts)

    @property
    def rank(self) -> tuple[int, int, bool, int, int]:
        """What its own words are worth, the more the better; prefixes and expressions by their characters."""
        kind, value = self.match.path.type, self.match.path.value
        length = 0 if kind == "Exact" else len(value)
        counts = len(distinct(self.match.headers, fold=True)), len(distinct(self.match.query_params))
        return PATH_RANK.get(kind, 0), length, self.match.method is not None, *counts

    @property
    def prefix(self) -> str:
        """The path that is compared."""
        return self.match.path.value

    @property
    def parts(self) -> RuleParts:
        """What it compares, and where it sends what fits."""
        return self._parts(self.match.path.value, self.match.path.type)


@dataclass(frozen=True)
class HostRows:
    """The rows of one host name: exact paths, expressions, prefixes by element; each list best first."""

    exact: Mapping[str, tuple[RouteRow, ...]]
    expressions: tuple[RouteRow, ...]
    prefixes: Mapping[tuple[str, ...], tuple[RouteRow, ...]]

    def for_path(self, path: str) -> Iterator[RouteRow]:
        """Rows whose path fits, best first."""
        yield from self.exact.get(path, ())
        yield from (row for row in self.expressions if path_fits(row.match, path))
        elements = path_elements(path)
        for length in self._lengths:
            yield from self.prefixes.get(elements[:length], ()) if length <= len(elements) else ()

    @cached_property
    def _lengths(self) -> list[int]:
        """How many elements a prefix has, longest first: a long path is not tried at each of its own."""
        return sorted({len(elements) for elements in self.prefixes}, reverse=True)


@dataclass(frozen=True)
class RouteTable:
    """All rows of one listener, and the index over them.

    Args:
        one_host: only the rows of the closest host name count, whether one of them matches or not.
    """

    rows: tuple[RouteRow, ...]
    hosts: Mapping[str, HostRows]
    one_host: bool = False


def rows_of(route: HTTPRoute, hostnames: tuple[str, ...]) -> Iterator[RouteRow]:
    """The matches of a route in order of writing."""
    for i, rule in enumerate(route.spec.rules):
        for j, match in enumerate(rule.matches or (HTTPRouteMatch(),)):
            yield RouteRow(route, i, j, match, hostnames)


def table(rows: Iterable[RouteRow], one_host: bool = False) -> RouteTable:
    """Index rows by host name and path."""
    kept = tuple(replace(row, order=number) for number, row in enumerate(rows))
    by_host: dict[str, list[RouteRow]] = {}
    for row in kept:
        for name in row.hostnames:
            by_host.setdefault(name, []).append(row)
    return RouteTable(kept, {host: _index(mine) for host, mine in by_host.items()}, one_host)


def _index(rows: Iterable[RouteRow]) -> HostRows:
    exact: dict[str, tuple[RouteRow, ...]] = {}
    prefixes: dict[tuple[str, ...], tuple[RouteRow, ...]] = {}
    expressions: list[RouteRow] = []
    for row in sorted(sorted(rows, key=lambda r: r.age), key=lambda r: r.rank, reverse=True):
        kind, value = row.match.path.type, row.match.path.value
        if kind == "Exact":
            exact[value] = (*exact.get(value, ()), row)
        elif kind == "RegularExpression":
            expressions.append(row)
        else:
            elements = path_elements(value)
            prefixes[elements] = (*prefixes.get(elements, ()), row)
    return HostRows(exact, tuple(expressions), prefixes)


def decide(request: Request, rules: RouteTable) -> RouteRow | None:
    """The row that takes a request; None: a 404."""
    path = path_of(request)
    for pattern in any_depth(host_of(request)):
        if (rows := rules.hosts.get(pattern)) is None:
            continue
        found = next((r for r in rows.for_path(path) if not _other_faults(r, request)), None)
        if found is not None or rules.one_host:
            return found
    return None


def explain(request: Request, rules: RouteTable) -> Iterator[Step]:
    """Every row against the request, the winner first, then the rows that came closest."""
    host, path = host_of(request), path_of(request)
    closest = max((row.closest(host) for row in rules.rows), default=(0, 0)) if rules.one_host else (0, 0)
    judged = [(row, _faults(row, request, host, path, closest)) for row in rules.rows]
    fitting = sorted((row for row, faults in judged if not faults), key=lambda r: r.age)
    winner = max(fitting, key=lambda r: (r.closest(host), r.rank), default=None)
    steps = [
        (_nearness(row, faults, path), _step(row, faults, winner, host, len(fitting)))
        for row, faults in judged
    ]
    yield from (step for _, step in sorted(steps, key=lambda pair: (not pair[1].wins, *pair[0])))


def _faults(
    row: RouteRow, request: Request, host: str, path: str, closest: tuple[int, int]
) -> dict[str, str]:
    """The parts of the request that keep a row from holding; `closest`: how closely it must name the host."""
    faults = {}
    if not row.fits_host(host):
        faults["host"] = ANOTHER_HOST
    elif row.closest(host) < closest:
        faults["host"] = f"not asked: rules closer to {host} answer alone"
    if not path_fits(row.match, path):
        kind = row.match.path.type
        shown = row.match.path.value
        faults["path"] = f"{path} is not under {shown}" if kind == "PathPrefix" else f"{path} is not {shown}"
        if kind == "RegularExpression":
            faults["path"] = f"the expression does not fit {path}"
    return faults | _other_faults(row, request)


def _other_faults(row: RouteRow, request: Request) -> dict[str, str]:
    """Method, headers and query parameters that keep a row from holding."""
    faults = {}
    match = row.match
    if match.method is not None and match.method != request.method:
        faults["method"] = f"{request.method} is not {match.method}"
    headers = {k.lower(): v for k, v in request.headers.items()} | {"host": request.host_header}
    lacking = missed(distinct(match.headers, fold=True), headers)
    if lacking:
        faults["header"] = f"header {lacking}"
    lacking = missed(distinct(match.query_params), query_of(request.path)) if match.query_params else ""
    if lacking:
        faults["query"] = f"query parameter {lacking}"
    return faults


def distinct(parts: Iterable[HTTPValueMatch], fold: bool = False) -> dict[str, HTTPValueMatch]:
    """The first entry of each name; names of headers compare without case."""
    found: dict[str, HTTPValueMatch] = {}
    for part in parts:
        found.setdefault(part.name.lower() if fold else part.name, part)
    return found


def missed(wanted: Mapping[str, HTTPValueMatch], given: Mapping[str, str]) -> str:
    """The first entry that a request does not have, in words; empty if it has them all."""
    for name, part in wanted.items():
        if name not in given:
            return f"{part.name} is missing"
        fits_value = expression_fits if part.type == "RegularExpression" else str.__eq__
        if not fits_value(part.value, given[name]):
            return f"{part.name} is {given[name]!r}, not {part.value!r}"
    return ""


def query_of(target: str) -> dict[str, str]:
    """The query parameters of a request's path, the first of each name."""
    query = target.partition("#")[0].partition("?")[2]
    return dict(reversed(parse_qsl(query, keep_blank_values=True)))


def path_fits(match: HTTPRouteMatch, path: str) -> bool:
    """Whether a path fits a match: Exact to the letter, PathPrefix by element, an expression as a whole."""
    if match.path.type == "Exact":
        return match.path.value == path
    if match.path.type == "RegularExpression":
        return expression_fits(match.path.value, path)
    wanted = match.path.value.removeprefix("/").removesuffix("/")
    return wanted == "" or f"{path.removeprefix('/')}/".startswith(f"{wanted}/")


def expression_fits(pattern: str, text: str) -> bool:
    """Whether an expression fits the whole text; one that RE2 refuses fits none. Source: Envoy's safe_regex.

    Where a bound was reached it counts as if it fitted: `gave_up` tells.
    """
    return searched(as_bytes(pattern), RE2, as_bytes(text), whole=True) is not None


def gave_up(row: RouteRow, request: Request) -> GaveUp | None:
    """The bound that was reached before it was known whether a row fits."""
    match = row.match
    headers = {k.lower(): v for k, v in request.headers.items()} | {"host": request.host_header}
    asked: list[tuple[HTTPPathMatch | HTTPValueMatch, str]] = [(match.path, path_of(request))]
    asked += [(part, headers.get(part.name.lower(), "")) for part in match.headers]
    asked += [(part, query_of(request.path).get(part.name, "")) for part in match.query_params]
    found = (
        searched(as_bytes(part.value), RE2, as_bytes(text), whole=True)
        for part, text in asked
        if part.type == "RegularExpression"
    )
    return next((bound for bound in found if isinstance(bound, GaveUp)), None)


def _step(row: RouteRow, faults: Mapping[str, str], winner: RouteRow | None, host: str, holding: int) -> Step:
    if faults:
        return row.step(False, why_not(faults), "+".join(faults))
    if winner is None or row is winner:
        return row.step(True, _worth(row) if holding > 1 else ONLY_ONE, wins=True)
    return row.step(True, loses_to(row, winner, host))


def _worth(row: RouteRow) -> str:
    return {"Exact": EXACTLY, "PathPrefix": LONGEST}.get(row.match.path.type, "wins: the expression fits")


def loses_to(row: RouteRow, winner: RouteRow, host: str) -> str:
    """Why a row that matches does not win: the first rung of the ladder where it is behind."""
    if row.closest(host) != winner.closest(host):
        return "another route names the host more closely"
    rungs = ("another kind of path goes first", SHORTER, "the other match names a method",
             "fewer headers", "fewer query parameters")  # fmt: skip
    behind = next((w for w, a, b in zip(rungs, row.rank, winner.rank, strict=True) if a != b), None)
    if behind is not None:
        return behind
    return younger(row, winner)


def _nearness(
    row: RouteRow, faults: Mapping[str, str], path: str
) -> tuple[int, int, tuple[str, str, int, int]]:
    distance = 0 if not faults else 2 if "host" in faults else 1
    return distance, -characters_shared(row.match.path.value, path), row.age
