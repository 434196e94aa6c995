"""What passes between the places on a request's way: a place takes a leg and gives back what is next.

A place answers with `Taken`: its hops, its notes, when it was done, and one of three: a leg to the next
place, the end, or a fork of several, each with its probability.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sim.cluster.cluster import Assumption, Controller, Endpoint, LinkedPort, LinkedService, Node
from sim.cluster.delays import Delays
from sim.cluster.life.hearing import ClusterPart
from sim.routing.controllers.decision import Via
from sim.routing.controllers.settings import Told
from sim.routing.final import Final, Forwarded, Reached
from sim.routing.kube_proxy import DEFAULT_MODE, Packet
from sim.routing.network_policy import NewConnection
from sim.routing.proxies.balancing import Balancing
from sim.routing.proxies.retries import Retries
from sim.routing.trace import Hop, HopKind, Note, Request
from sim.routing.upstream import Resolved


@dataclass(frozen=True)
class Trip:
    """One request where it is now: how it stands there, what was asked, and the clock of typical delays.

    Args:
        profile: that answers instead of the one that runs; None: the one that runs.
        mode: of kube-proxy.
        explain: whether every rule is compared; see `sim.routing.route`.
        inside: whether one node decides at once: the connection begins there, or arrives there.
        now_s, back_s: since the client decided to send; what the way back will take.
    """

    request: Request
    delays: Delays = field(default_factory=Delays)
    profile: str | None = None
    mode: str = DEFAULT_MODE
    explain: bool = True
    inside: bool = False
    now_s: float = 0.0
    back_s: float = 0.0

    @property
    def done_s(self) -> float:
        """When the last byte of an answer from here is back."""
        return self.now_s + self.back_s

    @property
    def behind_balancer_s(self) -> float:
        """Round trip between a load balancer and a node, its own time included."""
        return self.delays.zone_s + 2 * self.delays.load_balancer_s

    def waits(self, seconds: float) -> Trip:
        """The same, later."""
        return replace(self, now_s=self.now_s + seconds)

    def travels(self, round_trip_s: float) -> Trip:
        """One leg: half of its round trip on the way in, the other half on the way back."""
        half_s = round_trip_s / 2
        return replace(self, now_s=self.now_s + half_s, back_s=self.back_s + half_s)

    def hop(self, name: str, kind: HopKind, says: str, **more: Any) -> Hop:
        """A hop at this moment.

        Args:
            more: `before`, `after`, `steps` and `branches` of the hop.
        """
        return Hop(name, kind, self.now_s, says, **more)

    def takes(self, following: Leg | Final | Fork, *hops: Hop, **more: Any) -> Taken:
        """What a place gives back that is done at this moment.

        Args:
            more: `notes`, `answered_by`, `proxy` and `assumptions` of `Taken`.
        """
        return Taken(following, hops, done_s=self.done_s, **more)


@dataclass(frozen=True)
class Ended:
    """What a load balancer that ends TLS does with a connection.

    Args:
        again: whether it opens TLS of its own to what stands behind it.
        forwarded: whether it says in X-Forwarded-Proto what the client spoke.
        source: `FILE:LINE` of the annotation.
    """

    again: bool
    forwarded: bool
    source: str | None = None


@dataclass(frozen=True)
class Sending:
    """What a controller or a Gateway sends to a Service, and what it answers where nobody is there.

    Args:
        by: the controller's name, or `Gateway NAMESPACE/NAME`.
        how: it chooses among the Pods, in words; `balancing`: the same as a value.
        status: of its own answer where nothing is ready.
        passed: whether TLS goes through to the Pod, so that nothing can be answered in HTTP.
        source: the line of the rule.
        note: said where the request is served all the same.
        code, fix, fix_source: about the other ways that chance could take.
        retries: how it goes on where a Pod does not answer, and what it answers in the end.
    """

    by: str
    rule: str | None
    sent: Forwarded
    certificate: str | None
    how: str
    status: int = 503
    passed: bool = False
    source: str | None = None
    note: Note | None = None
    code: str | None = None
    fix: str | None = None
    fix_source: str | None = None
    retries: Retries = field(default_factory=Retries)
    balancing: Balancing | None = None


@dataclass(frozen=True)
class ToLoadBalancer:
    """From the client to the load balancer of a Service.

    Args:
        caller: the node where the connection begins, if that is inside the cluster.
    """

    trip: Trip
    service: LinkedService
    caller: Node | None = None


@dataclass(frozen=True)
class ToNode:
    """To the kube-proxy of one of several nodes.

    Args:
        packets: the first packet of the connection, as it would reach each node.
        weights: how likely each node is, against the others; empty: each as likely as the others.
        service, port: what it is for; None: whatever the packet says.
        sending: who opened the connection; None: the client.
        sources: where it may begin; empty: not at Pods.
        found: what `sending` means to reach.
        ended: TLS ended at the load balancer before.
        proxied: what makes the load balancer write a PROXY line before the request; None: it does not.
    """

    trip: Trip
    packets: tuple[tuple[Node, Packet], ...]
    service: LinkedService | None = None
    port: LinkedPort | None = None
    sending: Sending | None = None
    sources: tuple[Reached, ...] = ()
    found: Resolved | None = None
    ended: Ended | None = None
    proxied: Told | None = None
    weights: tuple[Fraction, ...] = ()


@dataclass(frozen=True)
class ToController:
    """To the rules of an Ingress controller, or the listeners of a Gateway.

    Args:
        pods: those of the controller; none for a load balancer that applies the rules itself.
        ended: TLS ended at the load balancer before.
        proxied: what makes the load balancer write a PROXY line before the request; None: it does not.
        sources: the addresses that its Pods see connections come from, that of the first node first; empty:
            the client's own.
        chosen_by: whoever chooses one of its Pods.
    """

    trip: Trip
    controller: Controller
    port: LinkedPort
    pods: tuple[Reached, ...] = ()
    ended: Ended | None = None
    proxied: Told | None = None
    sources: tuple[str, ...] = ()
    chosen_by: tuple[ClusterPart, ...] = ()

    @property
    def clients(self) -> tuple[str, ...]:
        """The addresses that the controller may take for the client's."""
        known = self.proxied is not None or not self.sources
        return (self.trip.request.client_ip,) if known else self.sources


@dataclass(frozen=True)
class ToService:
    """To what a rule names: Pods, a ClusterIP, node ports, a name outside, or nobody.

    Args:
        pods: of the controller that sends; none for a load balancer.
        via: straight to Pods, or over the ClusterIP, or the NodePort of any node, and kube-proxy there.
        clients: the addresses that the sender may take for the client's, by the node that it comes over.
    """

    trip: Trip
    found: Resolved
    sending: Sending
    pods: tuple[Reached, ...] = ()
    via: Via = "pods"
    clients: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToPod:
    """To one of the Pods of a Service.

    Args:
        how: they are chosen.
        virtual: the address that the sender knows, where it knows none of the Pods.
        chosen_by: whoever chooses one of them.
    """

    trip: Trip
    service: LinkedService
    port: LinkedPort
    reached: tuple[Reached, ...]
    how: str
    sending: Sending | None = None
    virtual: str | None = None
    chosen_by: tuple[ClusterPart, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A connection that is opened to an endpoint, and how likely it is."""

    endpoint: Endpoint
    probability: float
    connection: NewConnection


@dataclass(frozen=True)
class ToPolicies:
    """Past the NetworkPolicies at both ends of a connection.

    Args:
        onward: what is next where they let it through.
        opened: every connection that chance may choose.
        after: the hops where they let it through, if what is next is the end.
    """

    trip: Trip
    onward: ToController | ToPod | Final
    opened: tuple[Opened, ...]
    after: tuple[Hop, ...] = ()


Leg = ToLoadBalancer | ToNode | ToController | ToService | ToPod | ToPolicies


@dataclass(frozen=True)
class Fork:
    """Several ways on; their probabilities sum to one.

    Args:
        named: whether the end shows the share of each backend.
        shown: number of the way that is described; None: the likeliest, of equals the first.
    """

    ways: tuple[tuple[float, Leg | Final], ...]
    named: bool = False
    shown: int | None = None


@dataclass(frozen=True)
class Taken:
    """What a place gives back.

    Args:
        done_s: when the last byte would be back, if this were the end.
        answered_by: name of the profile whose rules are asked; `proxy`: the controller that asks them.
        assumptions: what the answer depends on and no file shows.
        passed: what was passed on every way so far; see `sim.routing.unmodelled`.
    """

    following: Leg | Final | Fork
    hops: tuple[Hop, ...] = ()
    notes: tuple[Note, ...] = ()
    done_s: float = 0.0
    answered_by: str | None = None
    proxy: Controller | None = None
    assumptions: tuple[Assumption, ...] = ()
    passed: frozenset[tuple[str, str]] = frozenset()
