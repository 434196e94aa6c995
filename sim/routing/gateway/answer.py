"""What a Gateway does with one request: the listener, the route, its filters and backends, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.cluster.cluster import Cluster
from sim.routing import ends
from sim.routing.controllers.api import host_of, path_of
from sim.routing.final import Final, Forwarded, Mirror, Redirected
from sim.routing.gateway.answers import GatewayAnswer, Served, alone
from sim.routing.gateway.backends import WeightedBackend, no_backend, resolved, shares
from sim.routing.gateway.compiled import GatewayTable, Refused, compiled, judged_others
from sim.routing.gateway.cors import CorsRule
from sim.routing.gateway.envoy import LET_IN, NOTHING_SAID, TAKE_OUT, TOO_MANY, EnvoySaid, said_of
from sim.routing.gateway.filters import Passed, apply, changes_path, received, refused_filter
from sim.routing.gateway.layer_seven import decide, explain, gave_up, notes
from sim.routing.gateway.listeners import (
    HTTP_PROTOCOLS,
    ListenerChoice,
    ListenerState,
    certificate_for,
    choose,
)
from sim.routing.gateway.matching import RouteRow
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.gateway.stream_answer import stream_answer
from sim.routing.gateway.tries import timeout_of, tries_of
from sim.routing.gateway.ways_out import attachment_fix, listener_fix, redirect_fix
from sim.routing.path_rules import DataPlane, Received
from sim.routing.trace import Branch, Note, Request, Step


def answer(
    cluster: Cluster,
    key: str,
    port: int,
    request: Request,
    plane: DataPlane | None = None,
    explaining: bool = True,
) -> GatewayAnswer:
    """Decide about a request that reached a port of the Gateway `NAMESPACE/NAME`.

    Args:
        cluster: what is there.
        key: of the Gateway.
        port: of a listener.
        request: as the client sent it.
        plane: what carries the Gateway; None: what its class says.
        explaining: whether every row of every route is compared; see `sim.routing.route`.
    """
    rules = compiled(cluster, key, plane)
    stream = stream_answer(cluster, rules, request, port, explaining)
    if stream is not None:
        return stream
    unusual = _no_http(rules, port, request)
    if unusual is not None:
        return unusual
    path = rules.plane.received(request.path)
    if path.status is not None:
        return _refused_path(rules, path)
    sent, request = request.path, replace(request, path=path.path)
    tls = request.scheme == "https"
    choice = choose(rules.states, port, tls, host_of(request), request.server_name)
    return _Deciding(cluster, rules, request, sent, port, choice, explaining).answer()


def _refused_path(rules: GatewayTable, path: Received) -> GatewayAnswer:
    """The proxy answers before it looks at any route: 400, or a redirect to the path written out."""
    name = f"Gateway {rules.gateway.key}"
    step = Step(f"path {path.path}", False, path.because, failed="path")
    final = Final("answered-by-proxy", path.because, 400, name, code="SIM2030")
    if path.status != 400:
        final = Redirected("redirected", path.because, path.status, name, code="SIM2060", location=path.path)
    return alone(path.because, final, (step,))


def _no_http(rules: GatewayTable, port: int, request: Request) -> GatewayAnswer | None:
    """The port speaks something else, or no listener of it works."""
    here = [s for s in rules.states if s.listener.port == port]
    protocol = "HTTPS" if request.scheme == "https" else "HTTP"
    mine = [s for s in here if s.listener.protocol == protocol]
    steps = tuple(Step(s.title, s.works, s.because, s.source, "" if s.works else "listener") for s in here)
    if not mine and any(s.listener.protocol in HTTP_PROTOCOLS for s in here):
        tls = protocol == "HTTP"
        says = f"port {port} speaks {'TLS' if tls else 'plain HTTP'}"
        return alone(says, ends.wrong_protocol(f"Gateway {rules.gateway.key}", tls), steps)
    if not mine:
        spoken = ", ".join(s.listener.protocol for s in here) or "nothing"
        message = f"port {port} of Gateway {rules.gateway.key} is for {spoken}, not for HTTP"
        fix = "ask a port with a listener for HTTP or HTTPS"
        line = here[0].source if here else rules.gateway.line("spec", "listeners")
        return alone(message, Final("not-http", message, code="SIM2058", fix=fix, source=line), steps)
    return None if any(s.works for s in mine) else _broken(mine[0], steps)


def _broken(state: ListenerState, steps: tuple[Step, ...]) -> GatewayAnswer:
    """No listener of the port works: no handshake succeeds, or nothing listens."""
    message = f"listener {state.listener.name} does not work: {state.reason}, {state.because}"
    final = Final(
        "tls-failed" if state.listener.protocol == "HTTPS" else "no-listener",
        message,
        code="SIM2058",
        fix=listener_fix(state),
        source=state.source,
        fix_source=state.source,
    )
    return alone(f"{state.title}: {state.reason}", final, steps)


@dataclass(frozen=True)
class _Deciding:
    """One request at the listener that was chosen for it.

    Args:
        sent: path and query as the client sent them; the request has them as they are compared.
    """

    cluster: Cluster
    rules: GatewayTable
    request: Request
    sent: str
    port: int
    choice: ListenerChoice
    explaining: bool

    @property
    def name(self) -> str:
        return f"Gateway {self.rules.gateway.key}"

    def answer(self) -> GatewayAnswer:
        """Walk the steps; the first that decides ends them."""
        state = self.choice.state
        if state is None:
            return self._nobody()
        found = self._with_listener(state)
        return self._with_certificate(found, state) if state.certificates else found

    def _nobody(self) -> GatewayAnswer:
        """No listener takes the host, or no certificate belongs to the server name."""
        line = self.rules.gateway.line("spec", "listeners")
        fix = f"add a listener for {host_of(self.request)}, or one without a host name"
        if self.request.scheme == "https" and not any(s.held for s in self.choice.steps):
            message = f"{self.choice.because}: the handshake fails"
            final = Final("tls-failed", message, code="SIM2051", fix=fix, source=line, fix_source=line)
            return alone(self.choice.because, final, self.choice.steps)
        return self._own(404, self.choice.because, "SIM2051", fix, line, self.choice.steps)

    def _own(
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
        final = Final(
            "answered-by-proxy", message, status, self.name, rule=row.rule if row else None, code=code,
            fix=fix, source=line, fix_source=fix_line or line, response=passed.response if passed else {},
        )  # fmt: skip
        return alone(f"host {host_of(self.request)}", final, steps)

    def _with_certificate(self, found: GatewayAnswer, state: ListenerState) -> GatewayAnswer:
        asked = self.request.server_name or host_of(self.request)
        key, covers = certificate_for(self.cluster, state, asked)
        because = f"its names cover {asked}" if covers else f"its names do not cover {asked}"
        source = state.line("tls", "certificateRefs")
        note = Note("SIM2017", f"a client that checks would refuse certificate {key} for {asked}", source)
        ways = tuple((p, replace(way, certificate=key)) for p, way in found.ways)
        steps = (Step(f"certificate {key}", covers, because, source), *found.steps)
        return replace(found, ways=ways, steps=steps, notes=found.notes + (() if covers else (note,)))

    def _with_listener(self, state: ListenerState) -> GatewayAnswer:
        if self.choice.misdirected:
            fix = "open a connection of its own for this host: the server name and the Host must agree"
            status = self.rules.plane.misdirected
            return self._own(status, self.choice.because, "SIM2056", fix, state.source, self.choice.steps)
        table = self.rules.tables[state.number]
        row = decide(self.request, table)
        others = list(judged_others(self.request, self.rules.others[state.number])) if self.explaining else []
        rows = tuple(explain(self.request, table)) if self.explaining else ()
        others.sort(key=lambda one: not one[0])
        steps = (*self.choice.steps, *rows, *(step for _, _, step in others))
        if row is None:
            fitting = next(((refused, step) for fits, refused, step in others if fits), None)
            return self._no_route(state, rows, fitting, steps)
        if (bound := gave_up(row, self.request, table)) is not None:
            fix = "write the expression with smaller repeats"
            return self._own(
                500, f"an expression of {row.shown} {bound.because}", bound.code, fix, row.source, steps
            )
        found = self._with_row(state, row)
        aside = (*found.notes, *notes(self.request, row, table))
        return replace(found, steps=(*steps, *self._attached(row, state), *found.steps), notes=aside)

    def _attached(self, row: RuleRow, state: ListenerState) -> tuple[Step, ...]:
        """How the route that won came to the listener."""
        mine = self.rules.of_row(row) if self.explaining else ()
        return next((a.steps for a in mine if a.held and a.state is state), ())

    def _no_route(
        self,
        state: ListenerState,
        rows: tuple[Step, ...],
        fitting: Refused | None,
        steps: tuple[Step, ...],
    ) -> GatewayAnswer:
        """404: a route would fit but is not attached, or none fits."""
        host, path = host_of(self.request), path_of(self.request)
        if fitting is not None:
            row, first = fitting
            checks = [s for a in self.rules.of_row(row) if a.state is state for s in a.steps]
            message = f"{row.kind} {row.route.key} would take {host}{path}, but is not attached: "
            fix = attachment_fix(first.reason, state)
            return self._own(404, message + first.because, "SIM2053", fix, first.source, (*steps, *checks))
        known = self.rules.tables[state.number].knows(host)
        near = next((s for s in rows if "host" not in s.failed.split("+")), None)
        if known:
            nearest = f"; nearest: {near.because}" if near is not None else ""
            message = f"no rule for {host} matches {self.request.method} {path}{nearest}"
            paths = ", ".join(s.row for s in rows[:3] if "host" not in s.failed.split("+"))
            fix = f"ask for what a rule takes ({paths}), or add a rule" if paths else "add a rule"
            return self._own(404, message, "SIM2052", fix, near.source if near else state.source, steps)
        message = f"no route attached to listener {state.listener.name} takes the host {host}"
        fix = "add the host to an HTTPRoute, or ask for a host that one has"
        line = rows[0].source if rows else state.source
        return self._own(404, message, "SIM2052", fix, line, steps)

    def _with_row(self, state: ListenerState, row: RuleRow) -> GatewayAnswer:
        where = ("spec", "rules", row.rule_index)
        if (unknown := refused_filter(row, self.rules.plane)) is not None:
            return self._own(500, *unknown, (), row)
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
            return self._own(403, refused.because, "SIM2035", LET_IN, refused.source, (refused,), row)
        if passed.redirect is not None:
            return self._redirected(passed, row)
        if said.answer is not None:
            status, message, line = said.answer
            return self._own(status, message, "SIM2160", TAKE_OUT, line, passed.steps, row)
        nowhere = no_backend(row)
        if nowhere:
            line, status = row.route.line(*where, "backendRefs"), 503 if row.kind == "GRPCRoute" else 500
            fix = "give one backend a weight above 0" if row.spec.backend_refs else "give the rule a backend"
            return self._own(
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
            return self._own(
                status, up.message, code, up.fix, share.source, way.steps, row, up.fix_source, way
            )
        mirrors, plane = tuple(_mirrors(self.cluster, way, row)), self.rules.plane
        sent = Forwarded(
            way.path, host=way.host, headers=way.headers, mirrors=mirrors, response=way.response,
            set_cookie=_cookie(row, plane), at_once=way.at_once, limit_status=TOO_MANY,
            tries=tries_of(row, plane), timeout_s=timeout_of(row, plane),
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


def _cookie(row: RuleRow, plane: DataPlane) -> str | None:
    """The cookie that an answer sets for a session; None: none, or the Gateway makes its name up."""
    session = row.spec.session_persistence if isinstance(row, RouteRow) else None
    if session is None or session.type != "Cookie" or "sessionPersistence" in plane.ignores:
        return None
    return session.name


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
