"""How a request ends: one of a few states, who answered, and what the proxy sent on.

Where chance decides between several ends, the likeliest one is described and all are listed with their
probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from sim.cluster.cluster import Endpoint
from sim.routing.proxies.balancing import NOTHING_ASKED, Asks
from sim.units import attributes

if TYPE_CHECKING:
    from sim.cluster.life.news import PodNews

State = Literal[
    "delivered",
    "redirected",
    "answered-by-proxy",
    "dns-no-record",
    "lb-pending",
    "lb-no-healthy-target",
    "no-listener",
    "refused",
    "dropped",
    "tls-failed",
    "timeout",
    "reset",
    "not-http",
]
STATES: tuple[State, ...] = get_args(State)


Place = Literal["load balancer", "controller", "Pod"]
"""What a request comes to that can end it."""

AUTHORS = {
    **dict.fromkeys(("timeout", "connect-timeout", "idle-timeout", "dns-no-record"), "client"),
    **dict.fromkeys(("idle-reset", "no-listener"), "load balancer"),
    "redirect-loop": "controller",
}
"""Reasons that one part alone ends a request for."""


def author_of(reason: str, came_to: Place | None) -> str:
    """Who ends a request so: client, load balancer, node, controller or Pod.

    Args:
        reason: the state that it ends in, as runs count it or traces name it.
        came_to: what it came to last; None: nothing that could have ended it.
    """
    if reason.startswith("answered-by-proxy"):
        return "load balancer" if came_to == "load balancer" else "controller"
    if reason in ("refused", "reset", "keep-alive-race", "queue-full"):
        return came_to or "node"
    return AUTHORS.get(reason, "load balancer" if reason.startswith("lb-") else "node")


@dataclass(frozen=True)
class Reached:
    """An endpoint that a connection may come to, and how likely it is."""

    endpoint: Endpoint
    probability: float

    @property
    def name(self) -> str:
        """The Pod, or the address where a slice names none."""
        return self.endpoint.pod or self.endpoint.target


@dataclass(frozen=True)
class Outcome:
    """One end among several, with its probability.

    Args:
        cause: the first of what makes requests end so, where Pods that come or go do.
        pods: those, or the addresses, that requests are delivered to.
        came_to: what ends it by coming or going; None: nothing does.
    """

    state: State
    status: int | None
    backend: str | None
    probability: float
    rule: str | None = None
    loop: bool = False
    leave: bool = False
    cause: PodNews | None = field(default=None, compare=False)
    pods: tuple[str, ...] = field(default=(), compare=False)
    came_to: Place | None = None

    @property
    def author(self) -> str:
        """Who writes it, where it is no good end: client, load balancer, node, controller or Pod."""
        return author_of(self.state, self.came_to)

    @property
    def fine(self) -> bool:
        """Whether it is a good end: delivered, redirected to another one, or leave for a browser to go on."""
        return (self.leave or self.state in ("delivered", "redirected")) and not self.loop

    def to_json(self) -> dict[str, Any]:
        """The end as `outcomes` list it."""
        shown = attributes(self, "state status backend probability")
        return shown | ({"loop": True} if self.loop else {}) | caused(self.cause, self.author)


def caused(cause: PodNews | None, author: str) -> dict[str, Any]:
    """The keys of an end that a Pod makes by coming or going; of another end none."""
    return {} if cause is None else {"author": author, "cause": cause.to_json()}


@dataclass(frozen=True)
class Mirror:
    """A backend that gets a copy of requests; what it answers is thrown away.

    Args:
        backend: `NAMESPACE/SERVICE:PORT`.
        share: of the requests.
        lost: why no copy comes to a Pod; empty if it does.
    """

    backend: str
    share: float
    lost: str = ""
    source: str | None = None


@dataclass(frozen=True)
class Forwarded:
    """The request as it reaches the backend, and what the answer brings along.

    Args:
        path, host: None: as the client sent them.
        set_cookie: the session cookie that the answer sets; empty: none; None: nothing is known of it.
        balancing: what the rule asks for about choosing a Pod.
        at_once: how many of the requests of one instant pass, the rest get `limit_status`; None: all.
        headers: by lower-case name; None: nobody follows them.
        mirrors: who gets a copy besides.
        response: what is done to headers of the answer, by lower-case name; None: one is taken away.
        tls: what becomes of the client's TLS where no request is read, `passthrough` or `terminated`.
        backend_protocol: `tls` or `plain`, where a Gateway decides it; None: as the scheme says.
        backend_sni: the server name of the handshake with the backend.
        tries: of Pods for one request; None: as the proxy does it by itself.
        timeout_s: of one try; None: as the proxy does it by itself.
    """

    path: str | None = None
    scheme: str = "http"
    host: str | None = None
    set_cookie: str | None = None
    balancing: Asks = NOTHING_ASKED
    at_once: int | None = None
    limit_status: int = 503
    headers: Mapping[str, str] | None = None
    mirrors: tuple[Mirror, ...] = ()
    response: Mapping[str, str | None] = field(default_factory=dict)
    tls: str | None = None
    backend_protocol: str | None = None
    backend_sni: str | None = None
    tries: int | None = None
    timeout_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The keys of a final state; what is not known has none."""
        shown = {
            "upstream_path": self.path,
            "upstream_scheme": self.scheme,
            "upstream_host": self.host,
            "upstream_headers": None if self.headers is None else dict(self.headers),
            "tries": self.tries,
            "timeout_s": self.timeout_s,
            "balancing": self.balancing.said or None,
            "at_once": self.at_once,
            "limit_status": None if self.at_once is None else self.limit_status,
            **attributes(self, "tls backend_protocol backend_sni"),
        }
        cookie = {} if self.set_cookie is None else {"set_cookie": self.set_cookie or None}
        return {key: value for key, value in shown.items() if value is not None} | cookie


@dataclass(frozen=True)
class Barred:
    """A connection that policies stop, by its addresses.

    Args:
        masqueraded: of the node that replaces its source; None: none does.
    """

    source: str
    target: str
    port: int
    protocol: str
    masqueraded: str | None = None


@dataclass(frozen=True)
class Final:
    """The one end of a trace; `Delivered` and `Redirected` know more.

    Args:
        status: what the proxy answers; None where the application answers, or nobody does.
        answered_by: who wrote the answer: the profile, the application's Pod, nobody.
        backend: `NAMESPACE/SERVICE:PORT`.
        rule: as in the case format: `NS/INGRESS rules[i].paths[j]`, `default-backend` or None.
        pod: None unless only one can be.
        code: SIMnnnn, None if nothing needs explaining.
        certificate: `NAMESPACE/SECRET` or `default`, as a proxy showed it; None without TLS there.
        sent: what reached the backend, or would have; None where no proxy sent anything.
        distribution: share of requests by backend, or by status of the proxy's own answer.
        outcomes: all ends with their probabilities; empty if there is one.
        ways: where weights decide, the end of each way with its share; empty if there is one.
        loop: whether it is a redirect after which redirects never end.
        response: headers of the proxy's own answer, by lower-case name.
        leave: whether it is the answer that a browser's preflight wants.
        cause: of a cluster at a moment, the coming or going of a Pod that makes it end so.
        came_to: as for an outcome.
        barred: the connections that policies stop.
    """

    state: State
    message: str
    status: int | None = None
    answered_by: str | None = None
    backend: str | None = None
    rule: str | None = None
    pod: str | None = None
    code: str | None = None
    fix: str | None = None
    source: str | None = None
    fix_source: str | None = None
    certificate: str | None = None
    sent: Forwarded | None = None
    distribution: Mapping[str, float] | None = None
    outcomes: tuple[Outcome, ...] = ()
    ways: tuple[tuple[float, Final], ...] = ()
    loop: bool = False
    barred: tuple[Barred, ...] = ()
    response: Mapping[str, str | None] = field(default_factory=dict)
    leave: bool = False
    cause: PodNews | None = None
    came_to: Place | None = None

    @property
    def author(self) -> str:
        """As for an outcome."""
        return author_of(self.state, self.came_to)

    @property
    def pods(self) -> tuple[str, ...]:
        """The Pods, or addresses, that it is delivered to."""
        return ()

    @property
    def response_headers(self) -> Mapping[str, str | None]:
        """What the proxy makes of headers of the answer, its own or not; None: it takes one away."""
        return self.response or (self.sent.response if self.sent is not None else {})

    @property
    def fine(self) -> bool:
        """Whether every branch ends well: delivered, or redirected to where redirects end."""
        return all(end.fine for end in self.shares())

    @property
    def mirrors(self) -> tuple[Mirror, ...]:
        """Who gets copies, and of which share of all requests, whichever way they go."""
        totals: dict[Mirror, float] = {}
        for share, way in self.ways or ((1.0, self),):
            for one in way.sent.mirrors if way.sent is not None else ():
                kind = replace(one, share=0.0)
                totals[kind] = totals.get(kind, 0.0) + share * one.share
        return tuple(replace(kind, share=total) for kind, total in totals.items() if total > 0)

    @property
    def name(self) -> str:
        """What a distribution calls it: the status of a proxy's own answer, the backend, else how it ends."""
        return str(self.status or self.backend or self.state)

    def shares(self) -> tuple[Outcome, ...]:
        """All ends with their probabilities, though there be one."""
        known = (self.state, self.status, self.backend, 1.0, self.rule, self.loop, self.leave)
        alone = Outcome(*known, self.cause, self.pods, self.came_to)
        return self.outcomes or (alone,)

    def to_json(self) -> dict[str, Any]:
        """The final state as `sim trace -o json` shows it."""
        shown = attributes(self, "state status answered_by backend rule pod message code fix source")
        outcomes = [o.to_json() for o in self.outcomes]
        return shown | self.more() | ({"outcomes": outcomes} if outcomes else {})

    def more(self) -> dict[str, Any]:
        """The keys that only some ends have."""
        shown: dict[str, Any] = {} if self.certificate is None else {"certificate": self.certificate}
        shown |= self.sent.to_json() if self.sent is not None else {}
        shown |= {"response_headers": dict(self.response_headers)} if self.response_headers else {}
        mirrors = [attributes(one, "backend share lost") for one in self.mirrors]
        shown |= {"mirrors": mirrors} if mirrors else {}
        shown |= caused(self.cause, self.author)
        return shown | ({"distribution": dict(self.distribution)} if self.distribution is not None else {})


@dataclass(frozen=True)
class Delivered(Final):
    """An application answers; its status is its own.

    Args:
        endpoints: `ADDRESS:PORT` of all that may be asked, or the name outside the cluster.
        reached: the same with what is known of them; empty where a Pod's own address was used.
        outside: whether the request leaves the cluster.
    """

    endpoints: tuple[str, ...] = ()
    reached: tuple[Reached, ...] = ()
    outside: bool = False

    @property
    def pods(self) -> tuple[str, ...]:
        """The Pods, or addresses, that it is delivered to."""
        return tuple(r.name for r in self.reached if r.probability)

    def more(self) -> dict[str, Any]:
        """With where it is delivered."""
        return {"endpoints": list(self.endpoints)} | super().more()


@dataclass(frozen=True)
class Redirected(Final):
    """A proxy sends the client elsewhere.

    Args:
        location: absolute or relative, as the Location header has it.
        given_up: whether it is the one at which a client that follows redirects stops.
        way_out: how to take this redirect away, should it be one of a loop; empty: not by itself.
        unseen_tls: the client spoke https, and what redirects saw plain http.
    """

    location: str = ""
    given_up: bool = False
    way_out: str = ""
    unseen_tls: bool = False

    @property
    def fine(self) -> bool:
        """Not at the redirect where a client gives up."""
        return super().fine and not self.given_up

    def more(self) -> dict[str, Any]:
        """With where the client is sent, and whether that leads back."""
        return super().more() | {"location": self.location, "loop": self.loop}
