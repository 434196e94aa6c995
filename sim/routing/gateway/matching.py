"""Which match of which route takes a request, on one listener of a Gateway.

Precedence: the closest host name, then Exact path, longest prefix, a method, most headers, most query
parameters; then the oldest route, the first by NAMESPACE/NAME, the first rule; proxies that do it otherwise
say so in their plane. `decide` looks up an index and `explain` walks all matches; the two share no search.
By the letter regular expressions must fit as a whole, and rank between Exact and PathPrefix as in Envoy
Gateway: the API leaves both open. Source: Gateway API v1, HTTPRouteRule.matches and HTTPRoute.hostnames.
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
    characters_shared,
    why_not,
)
from sim.routing.expressions import GaveUp
from sim.routing.gateway.precedence import ORDERS, Order, Rank
from sim.routing.gateway.rule_row import RuleRow, younger
from sim.routing.path_rules import LETTER, DataPlane, Expressions
from sim.routing.trace import Request, RuleParts, Step

_KINDS = ("Exact", "RegularExpression", "PathPrefix")
WHOLE = Expressions()


@dataclass(frozen=True)
class RouteRow(RuleRow):
    """One match of one rule of an HTTPRoute.

    Args:
        preflight: whether the match is one for preflights that its CORS filter brings along.
    """

    route: HTTPRoute
    match: HTTPRouteMatch
    preflight: bool = False

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
    def beside(self) -> int:
        """What some proxies add to a rank: the length of the longest host name, the rules from here on."""
        return max(map(len, self.hostnames)) + len(self.route.spec.rules) - self.rule_index

    @property
    def prefix(self) -> str:
        """The path that is compared."""
        return self.match.path.value

    @property
    def location(self) -> tuple[str, str]:
        """Its path without a final slash, with its kind."""
        kind, value = self.match.path.type, self.match.path.value
        return kind, value.removesuffix("/") if kind == "PathPrefix" else value

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

    def for_path(self, path: str, how: Expressions) -> Iterator[RouteRow]:
        """Rows whose path fits, by kind, and the best of a kind first."""
        yield from self.exact.get(path, ())
        yield from (row for row in self.expressions if path_fits(row.match, path, how))
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
        plane: of whose habits some decide among rows.
    """

    rows: tuple[RouteRow, ...]
    hosts: Mapping[str, HostRows]
    plane: DataPlane = LETTER

    @property
    def order(self) -> Order:
        """Which row goes before which."""
        return ORDERS[self.plane.order]

    def rank(self, row: RouteRow) -> Rank:
        """What a row is worth, the more the better."""
        return self.order.rank(row.match, row.beside)

    def best_first(self, rows: Iterable[RouteRow]) -> list[RouteRow]:
        """Rows in the order in which they are asked."""
        return sorted(sorted(rows, key=lambda r: r.age), key=self.rank, reverse=True)


def rows_of(route: HTTPRoute, hostnames: tuple[str, ...], preflights: bool = False) -> Iterator[RouteRow]:
    """The matches of a route in order of writing.

    Args:
        preflights: whether a CORS filter brings a match along for the preflights of another method.
    """
    for i, rule in enumerate(route.spec.rules):
        crosses = preflights and any(item.cors is not None for item in rule.filters)
        for j, match in enumerate(rule.matches or (HTTPRouteMatch(),)):
            yield RouteRow(route, i, j, match, hostnames)
            if crosses and match.method not in (None, "OPTIONS"):
                yield RouteRow(route, i, j, _for_preflights(match), hostnames, preflight=True)


def _for_preflights(match: HTTPRouteMatch) -> HTTPRouteMatch:
    """The same for the request with which a browser asks before."""
    asked = (
        HTTPValueMatch(type="RegularExpression", name=name, value=".*")
        for name in ("origin", "access-control-request-method")
    )
    return match.model_copy(update={"method": "OPTIONS", "headers": (*match.headers, *asked)})


def table(rows: Iterable[RouteRow], plane: DataPlane = LETTER) -> RouteTable:
    """Index rows by host name and path."""
    kept = tuple(replace(row, order=number) for number, row in enumerate(rows))
    by_host: dict[str, list[RouteRow]] = {}
    for row in kept:
        for name in row.hostnames:
            by_host.setdefault(name, []).append(row)
    ordered = RouteTable(kept, {}, plane).best_first
    return RouteTable(kept, {host: _index(ordered(mine)) for host, mine in by_host.items()}, plane)


def _index(rows: Iterable[RouteRow]) -> HostRows:
    """Rows by path.

    Args:
        rows: the best first.
    """
    exact: dict[str, tuple[RouteRow, ...]] = {}
    prefixes: dict[tuple[str, ...], tuple[RouteRow, ...]] = {}
    expressions: list[RouteRow] = []
    for row in rows:
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
    for rows in _asked(request, rules):
        found = next((r for r in rows if not _other_faults(r, request, rules.plane.expressions)), None)
        if found is not None or rules.plane.one_host:
            return found
    return None


def _asked(request: Request, rules: RouteTable) -> Iterator[Iterable[RouteRow]]:
    """The rows whose host and path fit, best first: a list for each host name, or one for all."""
    path, how = path_of(request), rules.plane.expressions
    known = [rules.hosts[pattern] for pattern in any_depth(host_of(request)) if pattern in rules.hosts]
    by_host = (rows.for_path(path, how) for rows in known)
    if rules.order.one_list:
        yield rules.best_first({id(row): row for rows in by_host for row in rows}.values())
        return
    for rows in by_host:
        ordered = rows if rules.order.by_kind else rules.best_first(rows)
        yield _of_one_path(ordered) if rules.plane.one_path else ordered


def _of_one_path(rows: Iterable[RouteRow]) -> Iterator[RouteRow]:
    """Those with the path of the first one."""
    first = None
    for row in rows:
        first = first or row
        if row.location == first.location:
            yield row


def explain(request: Request, rules: RouteTable) -> Iterator[Step]:
    """Every row against the request, the winner first, then the rows that came closest."""
    host, path = host_of(request), path_of(request)
    of_all = max((row.closest(host) for row in rules.rows), default=(0, 0))
    closest = of_all if rules.plane.one_host else (0, 0)
    judged = [(row, _faults(row, request, host, path, closest, rules.plane)) for row in rules.rows]
    if rules.plane.one_path:
        judged = _at_one_path(judged, rules)
    fitting = sorted((row for row, faults in judged if not faults), key=lambda r: r.age)
    winner = max(fitting, key=lambda r: _worth_at(r, host, rules), default=None)
    steps = [
        (_nearness(row, faults, path), _step(row, faults, winner, host, len(fitting), rules))
        for row, faults in judged
    ]
    yield from (step for _, step in sorted(steps, key=lambda pair: (not pair[1].wins, *pair[0])))


def _worth_at(row: RouteRow, host: str, rules: RouteTable) -> tuple[tuple[int, int], Rank]:
    """What a row is worth for a host; its host name counts apart, unless all are in one list."""
    return (0, 0) if rules.order.one_list else row.closest(host), rules.rank(row)


Judged = list[tuple[RouteRow, dict[str, str]]]


def _at_one_path(judged: Judged, rules: RouteTable) -> Judged:
    """Only the matches of the path that wins are asked: those of others fail by their path."""
    there = [row for row, faults in judged if not {"host", "path"} & set(faults)]
    first = next(iter(sorted(rules.best_first(there), key=lambda r: _KINDS.index(r.match.path.type))), None)
    if first is None:
        return judged
    because = f"not asked: {first.match.path.value} is the closer path, and only its matches are asked"
    return [
        (row, faults if "path" in faults or row.location == first.location else faults | {"path": because})
        for row, faults in judged
    ]


def _faults(
    row: RouteRow, request: Request, host: str, path: str, closest: tuple[int, int], plane: DataPlane
) -> dict[str, str]:
    """The parts of the request that keep a row from holding; `closest`: how closely it must name the host."""
    faults = {}
    if not row.fits_host(host):
        faults["host"] = ANOTHER_HOST
    elif row.closest(host) < closest:
        faults["host"] = f"not asked: rules closer to {host} answer alone"
    if not path_fits(row.match, path, plane.expressions):
        kind = row.match.path.type
        shown = row.match.path.value
        faults["path"] = f"{path} is not under {shown}" if kind == "PathPrefix" else f"{path} is not {shown}"
        if kind == "RegularExpression":
            faults["path"] = f"the expression does not fit {path}"
    return faults | _other_faults(row, request, plane.expressions)


def _other_faults(row: RouteRow, request: Request, how: Expressions) -> dict[str, str]:
    """Method, headers and query parameters that keep a row from holding."""
    faults = {}
    match = row.match
    if match.method is not None and match.method != request.method:
        faults["method"] = f"{request.method} is not {match.method}"
    headers = {k.lower(): v for k, v in request.headers.items()} | {"host": request.host_header}
    lacking = missed(distinct(match.headers, fold=True), headers, how.for_values)
    if lacking:
        faults["header"] = f"header {lacking}"
    given = query_of(request.path) if match.query_params else {}
    lacking = missed(distinct(match.query_params), given, how.for_values)
    if lacking:
        faults["query"] = f"query parameter {lacking}"
    return faults


def distinct(parts: Iterable[HTTPValueMatch], fold: bool = False) -> dict[str, HTTPValueMatch]:
    """The first entry of each name; names of headers compare without case."""
    found: dict[str, HTTPValueMatch] = {}
    for part in parts:
        found.setdefault(part.name.lower() if fold else part.name, part)
    return found


def missed(wanted: Mapping[str, HTTPValueMatch], given: Mapping[str, str], how: Expressions = WHOLE) -> str:
    """The first entry that a request does not have, in words; empty if it has them all."""
    for name, part in wanted.items():
        if name not in given:
            return f"{part.name} is missing"
        by_pattern = part.type == "RegularExpression"
        fits = how.found(part.value, given[name]) is not None if by_pattern else part.value == given[name]
        if not fits:
            return f"{part.name} is {given[name]!r}, not {part.value!r}"
    return ""


def query_of(target: str) -> dict[str, str]:
    """The query parameters of a request's path, the first of each name."""
    query = target.partition("#")[0].partition("?")[2]
    return dict(reversed(parse_qsl(query, keep_blank_values=True)))


def path_fits(match: HTTPRouteMatch, path: str, how: Expressions) -> bool:
    """Whether a path fits a match: Exact to the letter, PathPrefix by element, an expression as told.

    Where a bound was reached an expression counts as if it fitted: `gave_up` tells.
    """
    if match.path.type == "Exact":
        return match.path.value == path
    if match.path.type == "RegularExpression":
        return how.found(match.path.value, path) is not None
    wanted = match.path.value.removeprefix("/").removesuffix("/")
    return wanted == "" or f"{path.removeprefix('/')}/".startswith(f"{wanted}/")


def gave_up(row: RouteRow, request: Request, how: Expressions = WHOLE) -> GaveUp | None:
    """The bound that was reached before it was known whether a row fits."""
    match = row.match
    headers = {k.lower(): v for k, v in request.headers.items()} | {"host": request.host_header}
    asked: list[tuple[HTTPPathMatch | HTTPValueMatch, str]] = [(match.path, path_of(request))]
    asked += [(part, headers.get(part.name.lower(), "")) for part in match.headers]
    asked += [(part, query_of(request.path).get(part.name, "")) for part in match.query_params]
    found = (how.found(part.value, text) for part, text in asked if part.type == "RegularExpression")
    return next((bound for bound in found if isinstance(bound, GaveUp)), None)


def _step(
    row: RouteRow,
    faults: Mapping[str, str],
    winner: RouteRow | None,
    host: str,
    holding: int,
    rules: RouteTable,
) -> Step:
    if faults:
        return row.step(False, why_not(faults), "+".join(faults))
    if winner is None or row is winner:
        return row.step(True, _worth(row) if holding > 1 else ONLY_ONE, wins=True)
    return row.step(True, loses_to(row, winner, host, rules))


def _worth(row: RouteRow) -> str:
    return {"Exact": EXACTLY, "PathPrefix": LONGEST}.get(row.match.path.type, "wins: the expression fits")


def loses_to(row: RouteRow, winner: RouteRow, host: str, rules: RouteTable) -> str:
    """Why a row that matches does not win: the first rung of the ladder where it is behind."""
    if not rules.order.one_list and row.closest(host) != winner.closest(host):
        return "another route names the host more closely"
    return rules.order.behind(rules.rank(row), rules.rank(winner)) or younger(row, winner)


def _nearness(
    row: RouteRow, faults: Mapping[str, str], path: str
) -> tuple[int, int, tuple[str, str, int, int]]:
    distance = 0 if not faults else 2 if "host" in faults else 1
    return distance, -characters_shared(row.match.path.value, path), row.age
