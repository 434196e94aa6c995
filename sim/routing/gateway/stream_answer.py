"""What a Gateway does with a whole connection: the listener, the route, its backends, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.cluster.cluster import Cluster
from sim.routing.controllers.api import host_of
from sim.routing.final import Final, Forwarded, State
from sim.routing.gateway.answers import GatewayAnswer, Served, alone
from sim.routing.gateway.attachment import furthest
from sim.routing.gateway.backends import WeightedBackend, no_backend, shares
from sim.routing.gateway.compiled import GatewayTable
from sim.routing.gateway.listeners import (
    TLS_PROTOCOLS,
    ListenerChoice,
    ListenerState,
    certificate_for,
    choose,
)
from sim.routing.gateway.streams import STREAM_PROTOCOLS, StreamRow, decide, explain
from sim.routing.gateway.ways_out import attachment_fix
from sim.routing.trace import Branch, Request, Step


def stream_answer(
    cluster: Cluster, rules: GatewayTable, request: Request, port: int, explaining: bool
) -> GatewayAnswer | None:
    """Decide about a connection that no request of is read; None: a listener for HTTP takes it.

    Args:
        port: of a listener.
        explaining: whether every row is compared.
    """
    here = [s for s in rules.states if s.listener.port == port]
    whole = [s for s in here if s.listener.protocol in STREAM_PROTOCOLS]
    mine = [s for s in whole if (s.listener.protocol == "UDP") == (request.protocol == "UDP")]
    if mine:
        state = next((s for s in mine if s.works), mine[0])
        steps = tuple(
            Step(s.title, s.works, s.because, s.source, "" if s.works else "listener") for s in mine
        )
        choice = ListenerChoice(state if state.works else None, state.because, steps)
        return _Stream(cluster, rules, request, port, choice, "", explaining).answer()
    if not request.opens_tls:
        return None if request.is_http else _no_handshake(rules, port, here)
    if request.is_http and all(s.listener.protocol != "TLS" for s in here):
        return None
    server_name = (request.server_name or "").lower()
    choice = choose(rules.states, port, True, host_of(request), server_name)
    taken = choice.state
    if request.is_http and (taken is None or taken.listener.protocol == "HTTPS"):
        return None
    return _Stream(cluster, rules, request, port, choice, server_name, explaining).answer()


def _no_handshake(rules: GatewayTable, port: int, here: Iterable[ListenerState]) -> GatewayAnswer:
    """A bare connection to a port that waits for a request or a handshake."""
    spoken = " and ".join(dict.fromkeys(s.listener.protocol for s in here)) or "nothing"
    message = (
        f"port {port} of Gateway {rules.gateway.key} is for {spoken}: it waits for more than a connection"
    )
    tls = any(s.listener.protocol in TLS_PROTOCOLS for s in here)
    fix = "ask with tls:// or https://" if tls else "ask with http://"
    line = rules.gateway.line("spec", "listeners")
    return alone(message, Final("not-http", message, code="SIM2020", fix=fix, source=line))


@dataclass(frozen=True)
class _Stream:
    """One connection at the listener that was chosen for it; `server_name` is empty where none was sent."""

    cluster: Cluster
    rules: GatewayTable
    request: Request
    port: int
    choice: ListenerChoice
    server_name: str
    explaining: bool

    @property
    def name(self) -> str:
        return f"Gateway {self.rules.gateway.key}"

    @property
    def says(self) -> str:
        """What there is to see of the connection."""
        if self.request.protocol == "UDP":
            return f"datagrams to port {self.port}"
        if self.choice.state is None or self.choice.state.listener.protocol == "TCP":
            return f"connection to port {self.port}"
        return f"handshake for {self.server_name or 'no server name'}"

    def answer(self) -> GatewayAnswer:
        """Walk the steps; the first that decides ends them."""
        state = self.choice.state
        if state is None:
            return self._nobody()
        if state.listener.protocol == "HTTPS":
            message = f"{self.name} ends TLS at {state.title}, and waits for an HTTP request"
            final = Final("not-http", message, code="SIM2020", fix="ask with https://", source=state.source)
            return alone(self.says, final, self.choice.steps)
        rows = self.rules.streams[state.number]
        row = decide(rows, self.server_name)
        told = tuple(explain(rows, self.server_name)) if self.explaining else ()
        steps = (*self.choice.steps, *told)
        return self._no_route(state, steps) if row is None else self._with_row(state, row, steps)

    def _nobody(self) -> GatewayAnswer:
        """No listener works here, or none takes the server name."""
        here = [s for s in self.rules.states if s.listener.port == self.port]
        line = here[0].source if here else self.rules.gateway.line("spec", "listeners")
        if not any(s.works for s in here):
            message = f"no listener of port {self.port} works: {self.choice.because}"
            fix = "mend what the conditions of the listeners name"
            final = Final("no-listener", message, code="SIM2058", fix=fix, source=line, fix_source=line)
            return alone(self.says, final, self.choice.steps)
        message = f"{self.choice.because}: the connection is closed during the handshake"
        fix = f"add a listener for {self.server_name or 'any name'}, or ask for a name that one has"
        final = Final("tls-failed", message, code="SIM2051", fix=fix, source=line, fix_source=line)
        return alone(self.says, final, self.choice.steps)

    def _no_route(self, state: ListenerState, steps: tuple[Step, ...]) -> GatewayAnswer:
        """No route takes the connection: one names the listener in vain, or none fits."""
        names = [a for a in self.rules.attached.streams if a.state is state and not a.held]
        nearest = furthest(names)
        asked = f"the server name {self.server_name}" if self.server_name else "what names no server"
        what = asked if state.listener.protocol == "TLS" else "its connections"
        message, fix = f"no route of {state.title} takes {what}", "attach a route to this listener"
        line, checks = state.source, tuple[Step, ...]()
        if nearest is not None and not self.rules.streams[state.number]:
            kind = type(nearest.route).__name__
            message += f"; {kind} {nearest.route.key} is not attached: {nearest.because}"
            fix, line = attachment_fix(nearest.reason, state), nearest.source
            checks = nearest.steps
        ended = f"{message}: {self._ends(state)}"
        final = Final(self._state(state), ended, code="SIM2066", fix=fix, source=line, fix_source=line)
        return alone(self.says, final, (*steps, *checks))

    def _state(self, state: ListenerState) -> State:
        """How a connection ends that is not passed on."""
        if state.listener.protocol == "UDP":
            return "dropped"
        if state.listener.protocol == "TCP":
            return "refused"
        return "tls-failed" if state.passes_tls else "reset"

    def _ends(self, state: ListenerState) -> str:
        return {
            "dropped": "it is dropped",
            "refused": "the connection is refused",
            "tls-failed": "the connection is closed during the handshake",
        }.get(self._state(state), "the connection is closed after the handshake")

    def _with_row(self, state: ListenerState, row: StreamRow, steps: tuple[Step, ...]) -> GatewayAnswer:
        """Each backend's share."""
        held = (a for a in self.rules.of_row(row) if a.held and a.state is state)
        steps += next((a.steps for a in held), ()) if self.explaining else ()
        nowhere = no_backend(row)
        if nowhere:
            line = row.route.line("spec", "rules", row.rule_index, "backendRefs")
            message, fix = f"{nowhere}: {self._ends(state)}", "give one backend a weight above 0"
            final = Final(
                self._state(state),
                message,
                rule=row.rule,
                code="SIM2055",
                fix=fix,
                source=line,
                fix_source=line,
            )
            return alone(self.says, final, steps)
        found = shares(self.cluster, row, with_tls=state.listener.protocol == "TLS" and not state.passes_tls)
        ways = tuple((share.probability, self._way(state, row, share)) for share in found)
        totals: dict[str, float] = {}
        names = [self._name(state, share) for share in found]
        for name, share in zip(names, found, strict=True):
            totals[name] = totals.get(name, 0.0) + share.probability
        likely = max(totals, key=totals.__getitem__)
        taken = tuple(Branch(name, share) for name, share in totals.items() if share > 0)
        return GatewayAnswer(
            self.says,
            ways,
            (*steps, *(share.step for share in found)),
            branches=taken if len(taken) > 1 else (),
            shown=next(n for n, s in enumerate(found) if names[n] == likely and s.probability),
        )

    def _name(self, state: ListenerState, share: WeightedBackend) -> str:
        return self._state(state) if share.status is not None else share.name

    def _way(self, state: ListenerState, row: StreamRow, share: WeightedBackend) -> Final | Served:
        up = share.upstream
        if share.status is not None:
            message = f"{up.message}: {self._ends(state)}"
            return Final(
                self._state(state), message, rule=row.rule, code=up.code or "SIM2055", fix=up.fix,
                source=share.source, fix_source=up.fix_source,
            )  # fmt: skip
        certificate = (
            certificate_for(self.cluster, state, self.server_name)[0] if state.certificates else None
        )
        return Served(up, row.rule, self._sent(state, share), certificate, passes=state.passes_tls)

    def _sent(self, state: ListenerState, share: WeightedBackend) -> Forwarded:
        """What the backend sees: the client's own handshake, the policy's, or plain bytes."""
        if state.passes_tls:
            return Forwarded(
                scheme="tcp", tls="passthrough", backend_protocol="tls", backend_sni=self.server_name or None
            )
        if state.listener.protocol != "TLS":
            return Forwarded(scheme=state.listener.protocol.lower())
        if share.tls is not None:
            return Forwarded(
                scheme="tcp", tls="terminated", backend_protocol="tls", backend_sni=share.tls.sni
            )
        return Forwarded(scheme="tcp", tls="terminated", backend_protocol="plain")
