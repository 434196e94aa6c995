"""Which rules a set of requests hits, and which rules no request can: shadowed, not read, not attached.

A rule counts as hit where it decided, alone or with a share. What no given request hits is asked for with
the requests that border on every rule; one that none of these reaches is unreachable, and it is said why.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sim.analysis.connection_probes import called
from sim.analysis.probes import NOBODY, derived_requests
from sim.cluster.cluster import Cluster
from sim.routing import Request, Trace, route
from sim.routing.controllers.rows import rows_of
from sim.routing.gateway.grpc import rows_of as rows_of_grpc
from sim.routing.gateway.matching import rows_of as rows_of_route
from sim.routing.gateway.streams import StreamRow
from sim.units import attributes

_MOST_ASKED = 4000


@dataclass(frozen=True)
class RuleUse:
    """A rule, and what became of it.

    Args:
        rule: as in the case format.
        row: path and type, in one phrase.
        unreachable: why no request comes here; empty if one does.
    """

    rule: str
    row: str
    source: str | None
    hit: bool = False
    unreachable: str = ""

    def to_json(self) -> dict[str, Any]:
        """The rule as `sim check -o json` lists it."""
        because = {"because": self.unreachable} if self.unreachable else {}
        return attributes(self, "rule row") | because | {"source": self.source}


def rule_use(cluster: Cluster, traces: Iterable[Trace], to: str | None = None) -> list[RuleUse]:
    """Every rule of a cluster in order of reading, and whether these traces hit it.

    Args:
        to: the load balancer to enter through, as for the traces.
    """
    hit = {rule for trace in traces for rule in _decided(trace)}
    rules = list(_rules(cluster))
    missed = {use.rule for use, _ in rules} - hit
    missed -= _reached(cluster, missed, to) if missed else set()
    return [
        replace(use, hit=True)
        if use.rule in hit
        else replace(use, unreachable=_why(cluster, use.rule, asked, to) if use.rule in missed else "")
        for use, asked in rules
    ]


def all_uses(uses: Iterable[RuleUse]) -> tuple[RuleUse, ...]:
    """Each rule at each place once: hit or reachable if it is so in any of the uses."""
    found: dict[tuple[str, str | None], RuleUse] = {}
    for use in uses:
        known = found.get((use.rule, use.source), use)
        why = use.unreachable if known.unreachable else ""
        found[use.rule, use.source] = replace(use, hit=use.hit or known.hit, unreachable=why)
    return tuple(found.values())


def _decided(trace: Trace) -> Iterator[str]:
    yield from (o.rule for o in trace.final.outcomes if o.rule and o.probability > 0)
    if trace.final.rule:
        yield trace.final.rule


def _rules(cluster: Cluster) -> Iterator[tuple[RuleUse, Request]]:
    """Every rule, as if none were hit, and the request that asks for just it."""
    for ingress in cluster.ingresses:
        for row in rows_of(ingress):
            yield RuleUse(row.rule, row.shown, row.source), Request(_host(row.host), row.path)
    for found in cluster.http_routes:
        names = tuple(found.spec.hostnames) or ("",)
        for match in rows_of_route(found, names):
            asked = Request(_host(names[0]), match.match.path.value, match.match.method or "GET")
            yield RuleUse(match.rule, match.shown, match.source), asked

    yield from _of_other_routes(cluster)


def _of_other_routes(cluster: Cluster) -> Iterator[tuple[RuleUse, Request]]:
    """The rules of GRPCRoutes, TLSRoutes, TCPRoutes and UDPRoutes."""
    for of_grpc in cluster.grpc_routes:
        names = tuple(of_grpc.spec.hostnames) or ("",)
        for row in rows_of_grpc(of_grpc, names):
            path, headers = called(row.match)
            yield (
                RuleUse(row.rule, row.shown, row.source),
                Request(_host(names[0]), path, "POST", headers=headers),
            )
    for found in cluster.stream_routes:
        names = tuple(found.spec.hostnames) or ("",)
        scheme = type(found).__name__.removesuffix("Route").lower()
        for number in range(min(1, len(found.spec.rules))):
            line = StreamRow(found, number, 0, None, names)
            yield RuleUse(line.rule, line.shown, line.source), Request(_host(names[0]), scheme=scheme)


def _host(pattern: str) -> str:
    return f"one{pattern[1:]}".lower() if pattern.startswith("*.") else pattern.lower() or NOBODY


def _entries(cluster: Cluster, to: str | None) -> list[str | None]:
    return [to, *(f"gateway:{key}" for key in cluster.proxies_of_gateway)]


def _reached(cluster: Cluster, wanted: set[str], to: str | None) -> set[str]:
    """Which of the rules some request reaches; all of them where there are too many requests to say."""
    asked = derived_requests(cluster)
    left = set(wanted) if len(asked) <= _MOST_ASKED else set()
    for way, request in product(_entries(cluster, to), asked):
        if not left:
            break
        left -= set(_decided(route(cluster, request, to=way, explain=False)))
    return wanted - left


def _why(cluster: Cluster, rule: str, asked: Request, to: str | None) -> str:
    """What the explanation says about a rule when it is asked for just that rule."""
    for way in _entries(cluster, to):
        trace = route(cluster, asked, to=way)
        step = next((s for h in trace.hops for s in h.steps if s.rule == rule and not s.wins), None)
        if step is not None:
            return step.because
    return "no controller reads it"
