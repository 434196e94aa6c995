"""Every row against a request, and why it held or lost.

Walks all locations of all servers one by one and compares; shares no search with `decide`, so each proves the
other.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from sim.routing.controllers.api import host_level, loses_to, path_holds, path_of
from sim.routing.controllers.ingress_nginx import handshake
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.passthrough import passed_by, passes
from sim.routing.controllers.ingress_nginx.servers import DEFAULT_SERVER, Location
from sim.routing.controllers.ingress_nginx.table import NginxTable, Server
from sim.routing.controllers.ingress_nginx.uri import as_text, host_name, normalised
from sim.routing.controllers.ingress_nginx.values import PREFIX
from sim.routing.controllers.rows import (
    ANOTHER_HOST,
    EXACT,
    EXACTLY,
    LONGEST,
    ONLY_ONE,
    Row,
    characters_shared,
    nearest_first,
    nearness,
    why_not,
)
from sim.routing.expressions import PCRE, GaveUp, Match, as_bytes, searched
from sim.routing.trace import Request, Step


@dataclass(frozen=True)
class Fit:
    """How one location fits a path: higher ranks win, `slash` if only a slash is missing."""

    location: Location
    rank: tuple[int, int]
    slash: bool = False
    gave_up: GaveUp | None = None


def explain(request: Request, rules: NginxTable) -> Iterator[Step]:
    """The winner first, then the rows that came closest, then those that are not read."""
    if passes(request, rules):
        yield from passed_by(request, rules)
        return
    if handshake.rejected(request, rules) is not None:
        yield from (row.step(False, "the handshake is refused before", "sni") for row in rules.rows)
        yield from nearest_first((), rules.ignored)
        return
    host, path = host_name(request.host_header), normalised(path_of(request))
    if host is None or path is None:
        yield from _nothing_asked(request, rules, host is None)
        return
    server = _server(host, rules)
    before = _answered_before(request, host, path, server, rules)
    fits = [] if before or server is None else list(_fits(server, path))
    best = max(fits, key=lambda fit: fit.rank, default=None)
    winner = best.location if best is not None else None
    if before is not None:
        yield before
    fitting = cache(lambda host: frozenset(_fitting(rules.servers[host], path)))
    judged = [(row, _faults(row, host, path, server, rules, fitting)) for row in rules.rows]
    holding = sum(not faults for _, faults in judged)
    steps = []
    for row, faults in judged:
        near = nearness(row, faults, characters_shared(as_bytes(row.path), path), len(row.path))
        fate = rules.fates.get(row.rule)
        step = _step(row, faults, winner, best, holding, fate.way_out if fate else "")
        steps.append((near, _as_compared(step, server)))
    yield from _regex_note(server)
    yield from nearest_first(steps, rules.ignored)


def fits(request: Request, rules: NginxTable, row: Row) -> bool:
    """Whether a row would take a request by its host and path, had it a location."""
    host, path = host_name(request.host_header), normalised(path_of(request))
    if host is None or path is None or not host_level(row.host, host):
        return False
    server, said = rules.servers.get(row.host), row.ingress.metadata.annotations
    by_regex = said.get(f"{PREFIX}use-regex") == "true" or f"{PREFIX}rewrite-target" in said
    if by_regex or (server is not None and server.is_regex):
        return isinstance(searched(f"^{as_bytes(row.path)}", PCRE, path, caseless=True), Match)
    return path_holds(replace(row, path=as_bytes(row.path)), path)


def _nothing_asked(request: Request, rules: NginxTable, by_host: bool) -> Iterator[Step]:
    """Nginx refuses the request before it looks at any row."""
    part, what = ("host", request.host_header) if by_host else ("path", path_of(request))
    yield from (row.step(False, f"{what!r} is refused with 400", part) for row in rules.rows)
    yield from nearest_first((), rules.ignored)


def _server(host: str, rules: NginxTable) -> Server | None:
    """The server of a host, by comparing it with every one; None if the name only redirects."""
    if host in rules.names.www:
        return None
    found = max(rules.servers.values(), key=lambda server: _name_rank(server.host, host, rules))
    return found if _name_rank(found.host, host, rules) > 0 else rules.servers[DEFAULT_SERVER]


def _name_rank(name: str, host: str, rules: NginxTable) -> int:
    """4 its own name, 3 an alias, 2 a wildcard of one label, 1 the default server, 0 not at all."""
    if name == DEFAULT_SERVER:
        return 3 if rules.names.server_of(host) == "" and host in rules.names.exact else 1
    if name == host:
        return 4
    if host not in rules.servers and rules.names.server_of(host) == name and not _one_label(name, host):
        return 3
    if _one_label(name, host) and rules.names.server_of(host) == name:
        return 2
    return 0


def _one_label(name: str, host: str) -> bool:
    return name.startswith("*.") and re.fullmatch(rf"[\w-]+{re.escape(name[1:])}", host, re.A) is not None


def _answered_before(
    request: Request, host: str, path: str, server: Server | None, rules: NginxTable
) -> Step | None:
    """What ends the request before any location is looked for."""
    if server is None:
        to = rules.names.www[host]
        return Step(f"server {host}", True, f"only redirects to {to} (from-to-www-redirect)", wins=True)
    rooted = [found for found in server.locations if found.annotations.app_root and found.ingress]
    if path != "/" or not rooted:
        return None
    ingress, root = rooted[0].ingress, rooted[0].annotations.app_root
    assert ingress is not None
    because = f"of Ingress {ingress.key} redirects / to {root} before any rule"
    return Step("app-root", True, because, line_of(ingress, "app-root"), wins=True)


def _fits(server: Server, path: str) -> Iterator[Fit]:
    """All locations that fit: patterns in their order, then exact, equal, a slash longer, the longest."""
    for index, location in enumerate(server.locations):
        if server.is_regex and location.status is None:
            pattern = server.patterns[index]
            if pattern is not None and (found := pattern.search(path)):
                yield Fit(location, (5, -index), gave_up=found if isinstance(found, GaveUp) else None)
        elif location.path_type == EXACT and location.path == path:
            yield Fit(location, (4, -index))
        elif location.path == path:
            yield Fit(location, (3, -index))
        elif location.path == f"{path}/" and not location.annotations.denied and location.status is None:
            yield Fit(location, (2, -index), slash=True)
        elif location.path_type != EXACT and path.startswith(location.path):
            yield Fit(location, (1, len(location.path)))


def _fitting(server: Server, path: str) -> Iterator[str]:
    """The rules of which a location fits."""
    yield from (fit.location.row.rule for fit in _fits(server, path) if fit.location.row is not None)


def _faults(
    row: Row,
    host: str,
    path: str,
    server: Server | None,
    rules: NginxTable,
    fitting: Callable[[str], frozenset[str]],
) -> dict[str, str]:
    """Args: fitting: host -> the rules of its server that fit the path."""
    faults = {}
    if row.rule in rules.fates:
        fate = rules.fates[row.rule]
        faults[fate.part] = fate.because
    mine = row.host if row.host in rules.servers else DEFAULT_SERVER
    if server is None or mine != server.host:
        faults["host"] = _host_fault(row, host, server)
    if not faults.keys() - {"host"} and row.rule not in fitting(mine):
        faults["path"] = _path_fault(row, path, rules.servers[mine])
    return faults


def _host_fault(row: Row, host: str, server: Server | None) -> str:
    if server is None:
        return f"not asked: {host} only redirects"
    if host_level(row.host, host) == 0:
        return ANOTHER_HOST
    if server.host == host:
        return f"not asked: rules of {host} come first"
    if server.host.startswith("*."):
        return f"not asked: {server.host} takes {host}"
    return f"not asked: {host} is an alias of {server.host}"


def _path_fault(row: Row, path: str, server: Server) -> str:
    """Why none of the row's locations fits."""
    shown = as_text(path)
    if server.is_regex and row.rule in server.rules:
        return f"{shown} does not match the regular expression ^{row.path}"
    return f"{shown} is not {row.path}" if row.path_type == EXACT else f"{shown} is not under {row.path}"


def _step(
    row: Row,
    faults: Mapping[str, str],
    winner: Location | None,
    best: Fit | None,
    holding: int,
    way_out: str,
) -> Step:
    """Args: holding: how many rows hold."""
    if faults:
        return row.step(False, why_not(faults), "+".join(faults), way_out=way_out)
    if winner is None or best is None:
        return row.step(True, "fits, and the request is answered before")
    if winner.row is not None and winner.row.rule == row.rule:
        return row.step(True, _why_it_wins(best, holding), wins=True)
    return row.step(True, _why_it_loses(row, best))


def _as_compared(step: Step, server: Server | None) -> Step:
    """The row with what its path is to this server, whatever type is written."""
    if server is None or not server.is_regex or step.rule not in server.rules or step.parts is None:
        return step
    return replace(step, parts=replace(step.parts, type="regular expression"))


def _why_it_wins(best: Fit, holding: int) -> str:
    if best.gave_up is not None:
        return f"ends it: its pattern {best.gave_up.because}"
    if best.slash:
        return "wins: only the final slash is missing"
    if holding < 2:
        return ONLY_ONE
    if best.rank[0] == 5:
        return "wins: the longest pattern text that matches"
    # A Prefix has a location for its own path too; it is no Exact rule for that.
    row = best.location.row
    return EXACTLY if best.rank[0] == 4 and row is not None and row.path_type == EXACT else LONGEST


def _why_it_loses(row: Row, best: Fit) -> str:
    winner = best.location
    if winner.row is None:
        return "an answer of the controller's own comes first"
    if best.rank[0] == 5:
        return "its pattern comes later: shorter text, or later in the alphabet"
    return loses_to(row, winner.row)


def _regex_note(server: Server | None) -> Iterator[Step]:
    """One Ingress makes all paths of the host regular expressions, those of other Ingresses too."""
    if server is None or server.made_by is None:
        return
    given = server.made_by.metadata.annotations
    name = "use-regex" if any(key.endswith("/use-regex") for key in given) else "rewrite-target"
    because = "all paths of the host are regular expressions: any case, open at the end"
    yield Step(f"annotation {name}", True, because, line_of(server.made_by, name))
