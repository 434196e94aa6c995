"""A design as a value: integers for names. Pods are stations, traffic rows are flows, faults are outages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import inf

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.delays import Delays
from sim.cluster.life.targets import TargetLags
from sim.routing.controllers.variables import Part
from sim.routing.proxies.retries import Retries
from sim.routing.proxies.values import Backend, Method

Silent = frozenset[tuple[int, int]]
"""Pairs of who sends (a node, or the station of a controller) and a station that it never reaches."""


@dataclass(frozen=True)
class StationSpec:
    """A Pod as a station: `workers` serve at a time, the rest wait, first come first served.

    Args:
        queue: so many wait at most; None: any number.
        idle_s: after how long it closes a connection that carries nothing.
    """

    name: str
    node: str
    zone: str
    workers: int
    is_controller: bool = False
    queue: int | None = None
    idle_s: float = inf


@dataclass(frozen=True)
class Upstream:
    """The Pods that a controller spreads requests over, and how.

    Args:
        listed: each as the controller's proxy lists it.
        retries: how the controller goes on where one of them does not answer.
        silent: Pods of the controller, each with one that policies keep it from.
        cookie: of the session that binds a client to one of them; empty: there is none.
    """

    stations: tuple[int, ...]
    method: Method
    listed: tuple[Backend, ...]
    retries: Retries = field(default_factory=Retries)
    silent: Silent = frozenset()
    cookie: str = ""


@dataclass(frozen=True)
class Flow:
    """Where the requests of one traffic row go.

    Args:
        destination: number of the load balancer; a client keeps its connections to it.
        nodes: numbers of the nodes that the load balancer chooses among, each as likely as the others; where
            its targets are Pods, those of the Pods.
        pods: per node, the stations that kube-proxy may choose, each as likely as the others.
        upstream: number of the upstream behind the controller; None: what `pods` says serves.
        end: how the request ends without a Pod: a failure's reason, or `redirected`; None: it is served.
        tls_ends: where TLS ends: load-balancer, controller, pod; None: plain.
        per_request: the load balancer reads HTTP and chooses for each request, not for each connection.
        to_pods: the load balancer's targets are Pods: there is no kube-proxy on the way.
        method: by which such a load balancer chooses a target; None: in turns.
        local: whether a node takes connections for its own Pods alone, and is a target by its checks.
        zoned: whether each zone of the load balancer takes an equal part, for its own targets.
        by_pods: whether it gives a node connections by the number of its Pods.
        port: the Service port, for session affinity.
        affinity_s: how long sessionAffinity ClientIP remembers; None: it is not set.
        ways: where weights split the requests, each way with its share; the flow itself is the way described.
        idle_s, most_requests: how long the controller keeps a silent connection, and for how many requests;
            None: as the client wishes.
        service: `NAMESPACE/NAME` that such a way leads to; empty: nobody's, or that of the row.
        silent: nodes, each with a station that policies keep connections from.
        proxy_workers: processes or threads of the controller's proxy that connections are spread over.
        key: what the controller hashes requests by, in parts; empty: nothing.
        nobody: how it ends where a controller Pod lists no Pod of the upstream; empty: as its proxy has it.
        seen: (node, station of the controller) -> the address that it sees instead of the client's own.
    """

    destination: int
    nodes: tuple[int, ...] = ()
    pods: tuple[tuple[int, ...], ...] = ()
    upstream: int | None = None
    end: str | None = None
    tls_ends: str | None = None
    per_request: bool = False
    to_pods: bool = False
    method: Method | None = None
    local: bool = False
    zoned: bool = False
    by_pods: bool = False
    port: str = ""
    affinity_s: float | None = None
    ways: tuple[tuple[float, Flow], ...] = ()
    service: str = ""
    idle_s: float | None = None
    most_requests: int | None = None
    silent: Silent = frozenset()
    proxy_workers: int = 1
    key: tuple[Part, ...] = ()
    nobody: str = ""
    seen: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[tuple[float, Flow], ...]:
        """All ways with their shares, though there be one."""
        return self.ways or ((1.0, self),)


@dataclass(frozen=True)
class Outage:
    """A time in which something does not answer.

    Args:
        detected_s: from when on others avoid it.
        back_s: for so long load balancers leave it out once it answers again.
        silent: nothing comes back at all; otherwise connections are reset and refused.
        graceful: nothing that it has is lost: new connections alone are refused.
        by_endpoints: a Pod's, whose node is lost: what goes by endpoints avoids it once those say so.
        number, title: of the fault behind it.
    """

    at_s: float
    until_s: float
    detected_s: float
    silent: bool
    graceful: bool = False
    by_endpoints: bool = False
    number: int = -1
    title: str = ""
    back_s: float = 0.0

    def holds(self, now_s: float) -> bool:
        """Whether it is out of order."""
        return self.at_s <= now_s < self.until_s

    def badness(self) -> tuple[bool, bool]:
        """What counts where several hold: what is silent first, what ends gracefully last."""
        return self.silent, not self.graceful

    def is_known(self, now_s: float, checks: bool) -> bool:
        """Whether others leave it out.

        Args:
            checks: whether they find it by checks of their own, as load balancers do.
        """
        return self.detected_s <= now_s < self.until_s + (self.back_s if checks else 0.0)


@dataclass(frozen=True)
class Outages:
    """What breaks, by number; a station on a broken node is listed for itself too."""

    destinations: dict[int, tuple[Outage, ...]] = field(default_factory=dict)
    nodes: dict[int, tuple[Outage, ...]] = field(default_factory=dict)
    stations: dict[int, tuple[Outage, ...]] = field(default_factory=dict)

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the faults behind them, by number; empty: of one that breaks nothing here."""
        return tuple(outage.title if outage else "" for outage in self._first)

    @property
    def starts_s(self) -> tuple[float, ...]:
        """When each of these faults begins; infinite: it breaks nothing here."""
        return tuple(outage.at_s if outage else inf for outage in self._first)

    @property
    def _first(self) -> tuple[Outage | None, ...]:
        """What breaks first of each fault, by number."""
        every = chain(self.destinations.values(), self.nodes.values(), self.stations.values())
        ranked = sorted(chain.from_iterable(every), key=lambda outage: -outage.at_s)
        known = {outage.number: outage for outage in ranked}
        return tuple(known.get(number) for number in range(max(known, default=-1) + 1))

    def __bool__(self) -> bool:
        return bool(self.destinations or self.nodes or self.stations)


@dataclass(frozen=True)
class BrokenRules:
    """The flows while a bad rule stands."""

    at_s: float
    until_s: float
    flows: tuple[Flow, ...]


@dataclass(frozen=True)
class LaterFlows:
    """The flows after an event that changed objects, once somebody has heard of it."""

    at_s: float
    because: str
    flows: tuple[Flow, ...]


@dataclass(frozen=True)
class Design:
    """One plan, ready to run.

    Args:
        nodes, node_zones: names and zones of all nodes, in order of the cluster.
        remember: whether a run writes down what its proxies remember.
        lags: per destination, how late it hears of targets that are Pods.
        forgets_silently: numbers of the load balancers that say nothing of a connection they have forgotten.
        before: the cluster before any event, on which a run plays them; None: nothing happens.
        places: the Pods that may come, by key.
        later: the flows after each event that changed objects, in order of time.
    """

    name: str
    nodes: tuple[str, ...]
    node_zones: tuple[str, ...]
    stations: tuple[StationSpec, ...]
    upstreams: tuple[Upstream, ...]
    flows: tuple[Flow, ...]
    destinations: tuple[str, ...]
    services: tuple[str, ...]
    delays: Delays
    outages: Outages = Outages()
    broken: tuple[BrokenRules, ...] = ()
    later: tuple[LaterFlows, ...] = ()
    remember: bool = False
    before: Cluster | None = field(default=None, compare=False, repr=False)
    places: Mapping[str, RunningPod] = field(default_factory=dict, compare=False, repr=False)
    lags: tuple[TargetLags, ...] = ()
    forgets_silently: frozenset[int] = frozenset()
