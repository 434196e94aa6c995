"""What a Gateway does with one request: the listener, the route, and what its rule says, step by step."""

from dataclasses import dataclass, replace

from sim.cluster.cluster import Cluster
from sim.routing import ends
from sim.routing.controllers.api import host_of, path_of
from sim.routing.final import Final, Redirected
from sim.routing.gateway.answers import GatewayAnswer, alone
from sim.routing.gateway.at_rule import AtGateway, AtRule
from sim.routing.gateway.compiled import GatewayTable, Refused, compiled, judged_others
from sim.routing.gateway.layer_seven import decide, explain, gave_up, notes
from sim.routing.gateway.listeners import (
    HTTP_PROTOCOLS,
    ListenerChoice,
    ListenerState,
    certificate_for,
    choose,
)
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.gateway.stream_answer import stream_answer
from sim.routing.gateway.ways_out import attachment_fix, listener_fix
from sim.routing.path_rules import DataPlane, Received
from sim.routing.trace import Note, Request, Step


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
class _Deciding(AtGateway):
    """One request at the listener that was chosen for it."""

    choice: ListenerChoice
    explaining: bool

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
        return self.own(404, self.choice.because, "SIM2051", fix, line, self.choice.steps)

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
            return self.own(status, self.choice.because, "SIM2056", fix, state.source, self.choice.steps)
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
            return self.own(
                500, f"an expression of {row.shown} {bound.because}", bound.code, fix, row.source, steps
            )
        at_rule = AtRule(self.cluster, self.rules, self.request, self.sent, self.port, row, state)
        found = at_rule.answer()
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
            return self.own(404, message + first.because, "SIM2053", fix, first.source, (*steps, *checks))
        known = self.rules.tables[state.number].knows(host)
        near = next((s for s in rows if "host" not in s.failed.split("+")), None)
        if known:
            nearest = f"; nearest: {near.because}" if near is not None else ""
            message = f"no rule for {host} matches {self.request.method} {path}{nearest}"
            paths = ", ".join(s.row for s in rows[:3] if "host" not in s.failed.split("+"))
            fix = f"ask for what a rule takes ({paths}), or add a rule" if paths else "add a rule"
            return self.own(404, message, "SIM2052", fix, near.source if near else state.source, steps)
        message = f"no route attached to listener {state.listener.name} takes the host {host}"
        fix = "add the host to an HTTPRoute, or ask for a host that one has"
        line = rows[0].source if rows else state.source
        return self.own(404, message, "SIM2052", fix, line, steps)
