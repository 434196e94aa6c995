"""Listeners of a Gateway: which of them work, and which one takes a request.

Listeners that share a port must differ in host name; those that do not are in conflict, and none of them is
used. ListenerSets that the Gateway allows add theirs, the oldest set first; there what comes first stays, and
what clashes with it is not used. A request belongs to one listener alone: over http the Host header picks it,
over TLS the server name of the handshake (a Host that belongs to another listener is misdirected, 421). The
closest host name wins. Source: Gateway API v1, types GatewaySpec.listeners, Listener.hostname,
ListenerTLSConfig and ListenerSetSpec.listeners; GEP-2643 (both modes of TLS on one port).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import Gateway, Listener, SecretObjectReference
from sim.manifests.objects.gateway_routes import ListenerSet
from sim.manifests.objects.kinds import GATEWAY_API
from sim.routing.controllers.certificates import is_there, matches, names_of
from sim.routing.gateway.grants import permits
from sim.routing.gateway.hostnames import fits, listener_closeness
from sim.routing.gateway.listener_sets import allowed_sets
from sim.routing.trace import Request, Step

HTTP_PROTOCOLS = frozenset({"HTTP", "HTTPS"})
TLS_PROTOCOLS = frozenset({"HTTPS", "TLS"})
CONFLICTS = frozenset({"HostnameConflict", "ProtocolConflict"})
KNOWN_PROTOCOLS = HTTP_PROTOCOLS | {"TLS", "TCP", "UDP"}
ROUTE_KINDS = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""Protocol -> the kinds of routes that may attach where a listener names none; see `route_kinds`."""


Holder = Gateway | ListenerSet
"""Whose listener it is."""


@dataclass(frozen=True)
class ListenerState:
    """A listener and what its controller makes of it.

    Args:
        holder: the Gateway itself, or the ListenerSet that adds the listener to it.
        index: among the listeners of its holder.
        reason: of the condition that fails (HostnameConflict, InvalidCertificateRef, …); empty if it works.
        certificates: `NAMESPACE/SECRET` of the certificates that can be used.
        source: the line of the fault, or of the listener.
        number: among all listeners of the Gateway.
    """

    gateway: Gateway
    holder: Holder
    index: int
    listener: Listener
    reason: str = ""
    because: str = "works"
    certificates: tuple[str, ...] = ()
    source: str | None = None
    number: int = 0

    def line(self, *field: str | int) -> str | None:
        """`FILE:LINE` of a field of the listener."""
        return self.holder.line("spec", "listeners", self.index, *field)

    @property
    def works(self) -> bool:
        """Whether it takes requests."""
        return not self.reason

    @property
    def hostname(self) -> str:
        """Its host name in lower case; empty for any host."""
        return (self.listener.hostname or "").lower()

    @property
    def title(self) -> str:
        """The listener in one phrase."""
        name = f" for {self.hostname}" if self.hostname else ""
        whose = "" if self.holder is self.gateway else f" of ListenerSet {self.holder.key}"
        return f"listener {self.listener.name} {self.listener.protocol} {self.listener.port}{name}{whose}"

    @property
    def passes_tls(self) -> bool:
        """Whether TLS is passed on, and ends at the Pods."""
        tls = self.listener.tls
        return self.listener.protocol == "TLS" and tls is not None and tls.mode == "Passthrough"


@dataclass(frozen=True)
class ListenerChoice:
    """The listener that takes a request, or why none does.

    Args:
        misdirected: the Host belongs to another listener than the handshake: 421.
    """

    state: ListenerState | None
    because: str
    steps: tuple[Step, ...]
    misdirected: bool = False


def listener_states(cluster: Cluster, gateway: Gateway) -> tuple[ListenerState, ...]:
    """Every listener of a Gateway and of the ListenerSets that it allows, and whether it works."""
    own = gateway.spec.listeners
    mixed = "no-TLSRouteModeMixed" not in cluster.setup.features
    found = [_state(cluster, gateway, gateway, i, own, mixed) for i in range(len(own))]
    # What a set brings counts after all that came before; a listener that is in conflict itself bars nobody.
    for one in allowed_sets(cluster, gateway):
        for index in range(len(one.spec.listeners)):
            before = tuple(s.listener for s in found if s.reason not in CONFLICTS)
            found.append(_state(cluster, gateway, one, index, before, mixed))
    return tuple(replace(state, number=number) for number, state in enumerate(found))


def _state(
    cluster: Cluster, gateway: Gateway, holder: Holder, index: int, rivals: Iterable[Listener], mixed: bool
) -> ListenerState:
    """One listener beside others.

    Args:
        rivals: those that it must get on with.
        mixed: whether the controller takes both modes of TLS on one port.
    """
    listener = holder.spec.listeners[index]
    state = ListenerState(gateway, holder, index, listener, source=holder.line("spec", "listeners", index))
    if listener.protocol not in KNOWN_PROTOCOLS:
        line = state.line("protocol")
        because = f"protocol {listener.protocol} is not known"
        return replace(state, reason="UnsupportedProtocol", because=because, source=line)
    rival = next((r for r in rivals if r is not listener and _conflict(listener, r, mixed)), None)
    if rival is not None:
        whose = "neither is used" if holder is gateway else "the one that came first stays"
        because = f"same port as listener {rival.name}, and nothing tells the two apart: {whose}"
        reason = _conflict(listener, rival, mixed)
        if not _conflict(listener, rival, True):
            because = f"same port as listener {rival.name}, and the controller takes one mode of TLS per port"
        return replace(state, reason=reason, because=because, source=state.line("port"))
    ends_tls = listener.protocol in TLS_PROTOCOLS and not state.passes_tls
    return _with_certificates(cluster, state) if ends_tls else state


def _conflict(one: Listener, other: Listener, mixed: bool) -> str:
    """The reason why two listeners cannot stand side by side; empty if they can."""
    if one.port != other.port or "UDP" in (one.protocol, other.protocol):
        same = one.port == other.port and one.protocol == other.protocol
        return "ProtocolConflict" if same else ""
    families = [{"HTTPS": "TLS"}.get(x.protocol, x.protocol) for x in (one, other)]
    if families[0] != families[1] or not (mixed or _passes(one) == _passes(other)):
        return "ProtocolConflict"
    hosts = [(x.hostname or "").lower() for x in (one, other)]
    return "HostnameConflict" if hosts[0] == hosts[1] or families[0] == "TCP" else ""


def _passes(listener: Listener) -> bool:
    return listener.tls is not None and listener.tls.mode == "Passthrough"


def _with_certificates(cluster: Cluster, state: ListenerState) -> ListenerState:
    """A listener that ends TLS: it works if one of its certificates can be used."""
    holder, listener = state.holder, state.listener
    references = listener.tls.certificate_refs if listener.tls else ()
    judged = [(r, _certificate_fault(cluster, holder, r)) for r in references]
    usable = tuple(f"{r.namespace or holder.namespace}/{r.name}" for r, fault in judged if fault is None)
    if usable:
        return replace(state, certificates=usable)
    none = ("InvalidCertificateRef", "it names no certificate, so no handshake succeeds")
    reason, because = next((fault for _, fault in judged if fault), none)
    line = state.line("tls", "certificateRefs", 0, "name")
    return replace(state, reason=reason, because=because, source=line)


def _certificate_fault(
    cluster: Cluster, holder: Holder, reference: SecretObjectReference
) -> tuple[str, str] | None:
    key = f"{reference.namespace or holder.namespace}/{reference.name}"
    if (reference.group, reference.kind) != ("", "Secret"):
        return "InvalidCertificateRef", f"{reference.kind} {reference.name} is no Secret"
    held, because, _ = permits(cluster.reference_grants, holder, reference)
    if not held:
        return "RefNotPermitted", because
    if not is_there(cluster, key):
        return "InvalidCertificateRef", f"there is no certificate in Secret {key}"
    return None


def choose(
    states: Iterable[ListenerState], port: int, tls: bool, host: str, server_name: str | None
) -> ListenerChoice:
    """Pick the listener of a port that takes a request.

    Args:
        tls: whether the client opens with a handshake.
        host: the Host header, lower case, without port; of what is no HTTP the server name.
        server_name: of the handshake, empty for one that names none; None: the host.
    """
    protocols = TLS_PROTOCOLS if tls else frozenset({"HTTP"})
    here = [s for s in states if s.listener.port == port and s.listener.protocol in protocols]
    asked = (host if server_name is None else server_name).lower() if tls else host
    chosen, by_host = _closest(here, asked), _closest(here, host)
    steps = tuple(_step(s, s is chosen, asked) for s in here)
    if chosen is None:
        what = f"server name {asked}" if asked else "handshake without a server name"
        what = what if tls else f"host {asked}"
        return ListenerChoice(None, f"no listener of port {port} takes the {what}", steps)
    if chosen.listener.protocol == "TLS":
        return ListenerChoice(chosen, f"listener {chosen.listener.name} takes {asked}", steps)
    if by_host is None:
        return ListenerChoice(None, f"no listener of port {port} takes the host {host}", steps)
    if by_host is not chosen:
        because = (
            f"the handshake for {asked} belongs to listener {chosen.listener.name}, "
            f"the host {host} to listener {by_host.listener.name}"
        )
        return ListenerChoice(chosen, because, steps, misdirected=True)
    return ListenerChoice(chosen, f"listener {chosen.listener.name} takes {asked}", steps)


def _closest(states: Iterable[ListenerState], host: str) -> ListenerState | None:
    fitting = [s for s in states if s.works and fits(s.hostname, host)]
    return max(fitting, key=lambda s: listener_closeness(s.hostname), default=None)


def _step(state: ListenerState, is_chosen: bool, asked: str) -> Step:
    if is_chosen:
        because = f"takes {asked}: the closest host name" if state.hostname else f"takes {asked}: any host"
        return Step(state.title, True, because, state.source)
    because = f"{asked} is not {state.hostname}"
    if not state.works:
        because = f"{state.reason}: {state.because}"
    elif fits(state.hostname, asked):
        because = f"another listener names {asked} more closely"
    return Step(state.title, False, because, state.source, "listener")


def certificate_for(cluster: Cluster, state: ListenerState, server_name: str) -> tuple[str, bool]:
    """The certificate that is shown for a server name, and whether it covers the name."""
    for key in state.certificates:
        names = names_of(cluster, key)
        if names is None or matches(names, server_name):
            return key, True
    return state.certificates[0], False


def takes_kind(listener: Listener, kind: str) -> bool:
    """Whether routes of a kind may attach to a listener."""
    if listener.allowed_routes.kinds:
        return any((k.group, k.kind) == (GATEWAY_API, kind) for k in listener.allowed_routes.kinds)
    return kind in route_kinds(listener)


def route_kinds(listener: Listener) -> tuple[str, ...]:
    """The kinds of routes that a listener knows by its protocol; of TLS that is passed on only TLSRoutes.

    Source: Gateway API, guide "TLS routing"; conformance test TLSRouteListenerPassthroughSupportedKinds.
    """
    passed = listener.protocol == "TLS" and listener.tls is not None and listener.tls.mode == "Passthrough"
    return ("TLSRoute",) if passed else ROUTE_KINDS.get(listener.protocol, ())


def passes_connections(cluster: Cluster, key: str, request: Request, port: int) -> bool:
    """Whether a bare connection to a port of a Gateway is for its routes; else its proxy waits for HTTP.

    Args:
        key: `NAMESPACE/NAME` of the Gateway.
    """
    states = listener_states(cluster, cluster.gateways[key])
    spoken = {s.listener.protocol for s in states if s.listener.port == port}
    return request.opens_tls or bool(spoken - HTTP_PROTOCOLS)
