"""What a rule that takes a request does: its filters, then its backends, each with its share."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.cluster.cluster import Cluster
from sim.routing.controllers.api import host_of, path_of
from sim.routing.final import Final, Forwarded, Mirror, Redirected
from sim.routing.gateway.answers import GatewayAnswer, Served, alone
from sim.routing.gateway.backends import WeightedBackend, no_backend, resolved, shares
from sim.routing.gateway.compiled import GatewayTable
from sim.routing.gateway.cors import CorsRule
from sim.routing.gateway.envoy import LET_IN, NOTHING_SAID, TAKE_OUT, TOO_MANY, EnvoySaid, said_of
from sim.routing.gateway.filters import Passed, apply, changes_path, received, refused_filter
from sim.routing.gateway.listeners import ListenerState
from sim.routing.gateway.matching import RouteRow
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.gateway.traffic import asked_by, cookie_of
from sim.routing.gateway.tries import timeout_of, tries_of
from sim.routing.gateway.ways_out import redirect_fix
from sim.routing.trace import Branch, Request, Step


@dataclass(frozen=True)
class AtGateway:
    """One request at a Gateway.

    Args:
        sent: path and query as the client sent them; the request has them as they are compared.
        port: the listener's.
    """

    cluster: Cluster
    rules: GatewayTable
    request: Request
    sent: str
    port: int

    @property
    def name(self) -> str:
        """What an answer calls the Gateway."""
        return f"Gateway {self.rules.gateway.key}"

    def own(
        self,
        status: int,
        message: str,
        code: str,
        fix: str,
        line: str | None,
        steps: tuple[Step, ...],
        row: RuleRow | None = None,
        fix_line: str | None = None,
        passed: Passed | None = None,
    ) -> GatewayAnswer:
        """The Gateway answers itself."""
        final = Final(
            "answered-by-proxy", message, status, self.name, rule=row.rule if row else None, code=code,
            fix=fix, source=line, fix_source=fix_line or line, response=passed.response if passed else {},
        )  # fmt: skip
        return alone(f"host {host_of(self.request)}", final, steps)


@dataclass(frozen=True)
class AtRule(AtGateway):
    """One request at the rule that takes it, and the listener that it came to."""

    row: RuleRow
    state: ListenerState

    def answer(self) -> GatewayAnswer:
        """Filters first, then the backends, each with its share."""
        row, state = self.row, self.state
        where = ("spec", "rules", row.rule_index)
        if (unknown := refused_filter(row, self.rules.plane)) is not None:
            return self.own(500, *unknown, (), row)
        said = self._said(row, state)
        came = replace(received(self.request), path=self._path_for(row))
        passed = apply(came, row.filters, (*where, "filters"), row, self.request, self.port, self.rules.plane)
        passed = said.applied(passed, self.request)
        lost = (m for m in _mirrors(self.cluster, passed, row) if m.lost)
        passed = replace(
            passed, steps=(*passed.steps, *(Step("mirror", False, m.lost, m.source, "backend") for m in lost))
        )
        rule, found = self._cors(passed, row), shares(self.cluster, row)
        own = isinstance(row, RouteRow) and row.preflight
        if rule is not None and rule.answers(self.request, own or self._asks_backend(passed, found)):
            return alone(
                f"{self.request.method} at a rule with CORS", rule.answer(self.request), passed.steps
            )
        if (refused := said.refusal(self.request)) is not None:
            return self.own(403, refused.because, "SIM2035", LET_IN, refused.source, (refused,), row)
        if passed.redirect is not None:
            return self._redirected(passed, row)
        if said.answer is not None:
            status, message, line = said.answer
            return self.own(status, message, "SIM2160", TAKE_OUT, line, passed.steps, row)
        nowhere = no_backend(row)
        if nowhere:
            line, status = row.route.line(*where, "backendRefs"), 503 if row.kind == "GRPCRoute" else 500
            fix = "give one backend a weight above 0" if row.spec.backend_refs else "give the rule a backend"
            return self.own(
                status, f"{nowhere}: {status}", "SIM2055", fix, line, passed.steps, row, None, passed
            )
        if rule is not None:
            passed = replace(passed, response={**passed.response, **rule.headers(self.request)})
        return self._split(passed, row, found)

    def _said(self, row: RuleRow, state: ListenerState) -> EnvoySaid:
        """What the proxy's own kinds say about a rule, if it reads them."""
        if not self.rules.plane.envoy_kinds:
            return NOTHING_SAID
        return said_of(self.cluster, row, self.rules.gateway, state.listener.name)

    def _path_for(self, row: RuleRow) -> str:
        """The path that filters begin with: as it was compared, or as the client sent it."""
        as_compared = not self.rules.plane.sends_as_sent or changes_path(row)
        return self.request.path if as_compared else self.sent

    def _cors(self, passed: Passed, row: RuleRow) -> CorsRule | None:
        if passed.cors is None:
            return None
        plane, (cors, where) = self.rules.plane, passed.cors
        stars = plane.answers_options or (plane.keeps_stars and not cors.allow_credentials)
        return CorsRule(cors, self.name, row.rule, row.route.line(*where), plane.answers_options, stars)

    def _asks_backend(self, passed: Passed, found: tuple[WeightedBackend, ...]) -> bool:
        """Whether the rule leads to a backend that some request reaches."""
        return passed.redirect is None and any(share.served for share in found)

    def _redirected(self, passed: Passed, row: RuleRow) -> GatewayAnswer:
        assert passed.redirect is not None
        status, there = passed.redirect
        final = Redirected(
            "redirected", f"{row.kind} {row.route.key} sends the client to {there}", status, self.name,
            rule=row.rule, code="SIM2060", source=row.source, location=there, response=passed.response,
            way_out=redirect_fix(row, there, self.request),
        )  # fmt: skip
        return alone(f"redirect {status}", final, passed.steps)

    def _split(self, passed: Passed, row: RuleRow, found: tuple[WeightedBackend, ...]) -> GatewayAnswer:
        """Each backend's share."""
        ways = [(share, self._at_backend(passed, row, share)) for share in found]
        answers = [self._for_share(way, row, share) for share, way in ways]
        totals: dict[str, float] = {}
        for share, way in sorted(ways, key=lambda one: not one[0].probability):
            totals[_name(share, way)] = totals.get(_name(share, way), 0.0) + share.probability
        likely = max(totals, key=totals.__getitem__)
        shown = next(i for i, (s, w) in enumerate(ways) if _name(s, w) == likely and s.probability)
        failing = next((s for s, w in ways if s.status and s.probability > 0 and not w.redirect), None)
        taken = [n for n, p in totals.items() if p > 0]
        return replace(
            answers[shown],
            steps=(*passed.steps, *(s.step for s in found), *answers[shown].steps),
            ways=tuple(
                (share.probability, _beside(one.ways[0][1], failing))
                for share, one in zip(found, answers, strict=True)
            ),
            branches=tuple(Branch(n, totals[n]) for n in taken) if len(taken) > 1 else (),
            shown=shown,
        )

    def _at_backend(self, passed: Passed, row: RuleRow, share: WeightedBackend) -> Passed:
        where = ("spec", "rules", row.rule_index, "backendRefs", share.index, "filters")
        fresh = replace(passed, steps=())
        return apply(fresh, share.reference.filters, where, row, self.request, self.port, self.rules.plane)

    def _for_share(self, way: Passed, row: RuleRow, share: WeightedBackend) -> GatewayAnswer:
        if way.redirect is not None:
            return self._redirected(way, row)
        up = share.upstream
        if share.refused:
            status, code = share.status or 500, up.code or "SIM2055"
            return self.own(
                status, up.message, code, up.fix, share.source, way.steps, row, up.fix_source, way
            )
        mirrors, plane = tuple(_mirrors(self.cluster, way, row)), self.rules.plane
        asks = asked_by(row, plane, self._said(row, self.state).traffic, path_of(self.request))
        sent = Forwarded(
            way.path, host=way.host, headers=way.headers, mirrors=mirrors, response=way.response,
            set_cookie=cookie_of(row, plane, path_of(self.request)), at_once=way.at_once,
            limit_status=TOO_MANY, tries=tries_of(row, plane), timeout_s=timeout_of(row, plane),
            balancing=asks,
        )  # fmt: skip
        spoken = "grpc" if row.kind == "GRPCRoute" else "http"
        sent = replace(sent, scheme=spoken)
        if share.tls is not None:
            sent = replace(sent, scheme=f"{spoken}s", backend_protocol="tls", backend_sni=share.tls.sni)
        served = Served(up, row.rule, sent)
        if share.status == 503:
            return alone(f"backend {up.backend}", served, way.steps)
        after = _after(self.request, way)
        return replace(alone(f"host {host_of(self.request)}", served, way.steps), after=after)


def _mirrors(cluster: Cluster, passed: Passed, row: RuleRow) -> Iterator[Mirror]:
    """Who gets a copy: one to a backend that is not valid is lost, the request is served all the same."""
    for mirror, place in passed.mirrors:
        reference = mirror.backend_ref
        found, reason = resolved(cluster, row.route, reference, place)
        named = f"{reference.namespace or row.route.namespace}/{reference.name}:{reference.port}"
        lost = f"{reason}: {found.message}" if reason else found.message if found.code else ""
        yield Mirror(found.backend or named, mirror.share, lost, row.route.line(*place))


def _after(request: Request, way: Passed) -> dict[str, Any]:
    """What a backend gets otherwise than the client sent it."""
    sent = received(request)
    names = ("host", "path", "headers")
    return {n: new for n in names if (new := getattr(way, n)) != getattr(sent, n)}


def _name(share: WeightedBackend, way: Passed) -> str:
    """What a distribution calls an end."""
    return str(way.redirect[0]) if way.redirect else share.name


def _beside(way: Final | Served, failing: WeightedBackend | None) -> Final | Served:
    """A way with what mends the first share that fails, unless it has a fix of its own."""
    if failing is None or way.fix is not None or (isinstance(way, Served) and way.upstream.code):
        return way
    up = failing.upstream
    if isinstance(way, Served):
        return replace(way, code=up.code, fix=up.fix, fix_source=up.fix_source)
    return replace(way, code=up.code, fix=up.fix, source=failing.source, fix_source=up.fix_source)
