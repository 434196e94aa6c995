"""Listeners of a Gateway: which of them work, and which one takes a request.

Listeners that share a port must differ in host name; those that do not are in conflict, and none of them is
used. A request belongs to one listener alone: over http the Host header picks it, over https the server name
of the handshake (a Host that belongs to another listener is misdirected, 421). The closest host name wins.
Source: Gateway API v1, types GatewaySpec.listeners, Listener.hostname and ListenerTLSConfig.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import Gateway, Listener, SecretObjectReference
from sim.manifests.objects.kinds import GATEWAY_API
from sim.routing.controllers.certificates import is_there, matches, names_of
from sim.routing.gateway.grants import permits
from sim.routing.gateway.hostnames import fits, listener_closeness
from sim.routing.trace import Step

HTTP_PROTOCOLS = frozenset({"HTTP", "HTTPS"})
KNOWN_PROTOCOLS = HTTP_PROTOCOLS | {"TLS", "TCP", "UDP"}
ROUTE_KINDS = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""Protocol -> the kinds of routes that may attach where a listener names none; see `route_kinds`."""


@dataclass(frozen=True)
class ListenerState:
    """A listener and what its controller makes of it.

    Args:
        reason: of the condition that fails (HostnameConflict, InvalidCertificateRef, …); empty if it works.
        certificates: `NAMESPACE/SECRET` of the certificates that can be used.
        source: the line of the fault, or of the listener.
    """

    gateway: Gateway
    index: int
    listener: Listener
    reason: str = ""
    because: str = "works"
    certificates: tuple[str, ...] = ()
    source: str | None = None

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
        return f"listener {self.listener.name} {self.listener.protocol} {self.listener.port}{name}"


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
    """Every listener of a Gateway, and whether it works."""
    return tuple(_state(cluster, gateway, index) for index in range(len(gateway.spec.listeners)))


def _state(cluster: Cluster, gateway: Gateway, index: int) -> ListenerState:
    listener = gateway.spec.listeners[index]
    where = ("spec", "listeners", index)

    def broken(reason: str, because: str, *field: str | int) -> ListenerState:
        return ListenerState(gateway, index, listener, reason, because, (), gateway.line(*where, *field))

    if listener.protocol not in KNOWN_PROTOCOLS:
        return broken("UnsupportedProtocol", f"protocol {listener.protocol} is not known", "protocol")
    rival = next((r for r in gateway.spec.listeners if r is not listener and _conflict(listener, r)), None)
    if rival is not None:
        reason = _conflict(listener, rival)
        because = f"same port as listener {rival.name}, and nothing tells the two apart: neither is used"
        return broken(reason, because, "port")
    if listener.protocol not in {"HTTPS", "TLS"} or (listener.tls and listener.tls.mode == "Passthrough"):
        return ListenerState(gateway, index, listener, source=gateway.line(*where))
    return _with_certificates(cluster, gateway, index)


def _conflict(one: Listener, other: Listener) -> str:
    """The reason why two listeners cannot stand side by side; empty if they can."""
    if one.port != other.port or "UDP" in (one.protocol, other.protocol):
        same = one.port == other.port and one.protocol == other.protocol
        return "ProtocolConflict" if same else ""
    families = [{"HTTPS": "TLS"}.get(x.protocol, x.protocol) for x in (one, other)]
    if families[0] != families[1]:
        return "ProtocolConflict"
    hosts = [(x.hostname or "").lower() for x in (one, other)]
    return "HostnameConflict" if hosts[0] == hosts[1] or families[0] == "TCP" else ""


def _with_certificates(cluster: Cluster, gateway: Gateway, index: int) -> ListenerState:
    """A listener that ends TLS: it works if one of its certificates can be used."""
    listener, where = gateway.spec.listeners[index], ("spec", "listeners", index, "tls", "certificateRefs")
    references = listener.tls.certificate_refs if listener.tls else ()
    judged = [(r, _certificate_fault(cluster, gateway, r)) for r in references]
    usable = tuple(f"{r.namespace or gateway.namespace}/{r.name}" for r, fault in judged if fault is None)
    if usable:
        line = gateway.line("spec", "listeners", index)
        return ListenerState(gateway, index, listener, certificates=usable, source=line)
    none = ("InvalidCertificateRef", "it names no certificate, so no handshake succeeds")
    reason, because = next((fault for _, fault in judged if fault), none)
    return ListenerState(gateway, index, listener, reason, because, (), gateway.line(*where, 0, "name"))


def _certificate_fault(
    cluster: Cluster, gateway: Gateway, reference: SecretObjectReference
) -> tuple[str, str] | None:
    key = f"{reference.namespace or gateway.namespace}/{reference.name}"
    if (reference.group, reference.kind) != ("", "Secret"):
        return "InvalidCertificateRef", f"{reference.kind} {reference.name} is no Secret"
    held, because, _ = permits(cluster.reference_grants, gateway, reference)
    if not held:
        return "RefNotPermitted", because
    if not is_there(cluster, key):
        return "InvalidCertificateRef", f"there is no certificate in Secret {key}"
    return None


def choose(
    states: Iterable[ListenerState], port: int, scheme: str, host: str, server_name: str | None
) -> ListenerChoice:
    """Pick the listener of a port that takes a request.

    Args:
        host: the Host header, lower case, without port.
        server_name: of the handshake; None without TLS.
    """
    protocol = "HTTPS" if scheme == "https" else "HTTP"
    here = [s for s in states if s.listener.port == port and s.listener.protocol == protocol]
    asked = (server_name or host).lower() if protocol == "HTTPS" else host
    chosen, by_host = _closest(here, asked), _closest(here, host)
    steps = tuple(_step(s, s is chosen, asked) for s in here)
    if chosen is None:
        what = "server name" if protocol == "HTTPS" else "host"
        return ListenerChoice(None, f"no listener of port {port} takes the {what} {asked}", steps)
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
