"""What a controller profile is: functions that decide, and facts that a person can check.

A profile says how a controller claims classes, merges and orders rules, what it answers itself, where it
sends, and what is not known about it. A fact without a public source does not stand here: it is listed under
`unknown`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sim.cluster.cluster import Cluster, Controller, Endpoint, LinkedPort, LinkedService
from sim.cluster.known_controllers import KnownController
from sim.manifests.objects.collected import Unmodelled
from sim.manifests.objects.networking import ServiceBackendPort
from sim.routing.controllers import patterns
from sim.routing.controllers.classes import WayIn, way_in
from sim.routing.controllers.decision import Decision
from sim.routing.controllers.rows import Row
from sim.routing.controllers.settings import Told
from sim.routing.path_rules import DataPlane
from sim.routing.proxies.retries import ONCE, Retries
from sim.routing.trace import Request, Step

Found = tuple[LinkedPort | None, list[Endpoint]]


def by_reference(cluster: Cluster, service: LinkedService, port: ServiceBackendPort) -> Found:
    """The port by number or name, as the API says, and its endpoints."""
    found = service.port(port.reference)
    return found, list(found.endpoints) if found else []


@dataclass(frozen=True)
class Fact:
    """Something that is known about a controller, and where it is written."""

    topic: str
    says: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Running:
    """How a controller was started and configured, as far as others ask than its rules.

    Args:
        balancing: name of the algorithm that spreads requests, as its program has it (sim.routing.proxies).
        key: what a request is hashed by, as in `sim.routing.proxies.balancing.Asks`.
        cookie: name of the cookie that binds a client to a Pod; empty: none does.
        most_open: requests that it sends to one Pod at once; 0: any number.
        proxy_workers: processes or threads of one of its Pods that serve requests; None: one for each CPU.
        proxy_protocol: whether its ports take a PROXY line: never, always, or either way.
        proxy_told: what says so; None: its default.
        ports: of its Pods for plain HTTP and for TLS, where arguments say them; None: as usual.
        idle_s: how long it keeps a client's connection that carries nothing; None: as long as the client.
        most_requests: on one connection of a client; None: as many as the client wants.
    """

    balancing: str = "round-robin"
    key: str = ""
    cookie: str = ""
    most_open: int = 0
    proxy_workers: int | None = None
    retries: Retries = ONCE
    proxy_protocol: Literal["unknown", "never", "always", "either"] = "unknown"
    proxy_told: Told | None = None
    ports: tuple[int, int] | None = None
    idle_s: float | None = None
    most_requests: int | None = None


@dataclass(frozen=True)
class Problem:
    """Why a cloud controller makes no load balancer for what it read."""

    message: str
    fix: str
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Profile(KnownController):
    """A kind of Ingress controller: all that is known about it, and how it decides.

    Args:
        table: compiles what a controller reads; its type is the profile's own.
        endpoints: the Service port that a backend means, and its endpoints, ready or not.
        plane: what carries the Gateways of its class; None: it reads none.
        retries: what it does where a Pod does not answer.
        way_in: how an Ingress that it does not read asks it to.
        fits: whether a row takes a request by its host and path, were it used.
        opens: (port, whether for TLS) -> how an Ingress gets that listener, where the controller makes
            load balancers; empty: it cannot.
        no_external: why a Service of type ExternalName has no target here; empty: it has one.
        stars: whether a star in a path of type ImplementationSpecific stands for any text.
        program: what passes requests on, a key of `sim.routing.proxies.PROGRAMS`.
        balancing: name of the algorithm that spreads requests over them, in that program's table.
        modelled_annotations: those below its prefixes that are modelled; others are reported.
        harmless_annotations: patterns of those that do not decide where a request goes, or who answers it.
        shared_prefixes: of annotations that it reads, and others too, so that they point to nobody.
        as_modelled: whether an annotation, by name and value, asks for what is modelled anyway.
        annotated: the kinds whose annotations it reads.
        reads_parameters: whether spec.parameters of its IngressClass mean something to it.
        keys: those of its ConfigMap that are modelled -> how a text is read; None: it cannot be.
        switches: proxy-line, forwarded-headers -> the key that says true or false about it.
        known_keys: all that some version of the controller reads; empty: not all are known.
        left_out: what of a controller's own configuration (keys of its ConfigMap, flags) is not modelled;
            each with its place, and `may_change_answer` where it could change an answer of that controller.
        statuses: message code -> what it answers where a rule leads nowhere; 503 for others.
        running: how its own configuration lets it run; None: always as the profile says.
        problem: why no load balancer is made for a table; only cloud controllers have one.
        facts, unknown: what is known, with its source, and what is not.
    """

    table: Callable[[Cluster, Controller], Any]
    decide: Callable[[Request, Any], Decision]
    explain: Callable[[Request, Any], Iterator[Step]]
    endpoints: Callable[[Cluster, LinkedService, ServiceBackendPort], Found] = by_reference
    program: str = "textbook"
    balancing: str = "round-robin"
    plane: DataPlane | None = None
    retries: Retries = ONCE
    way_in: WayIn = way_in
    fits: Callable[[Request, Any, Row], bool] = patterns.fits
    opens: Callable[[int, bool], str] = lambda *_: ""
    no_external: str = ""
    stars: bool = False
    modelled_annotations: frozenset[str] = frozenset()
    harmless_annotations: tuple[str, ...] = ()
    shared_prefixes: tuple[str, ...] = ()
    as_modelled: Callable[[str, str], bool] = lambda name, value: False
    annotated: frozenset[str] = frozenset({"Ingress"})
    reads_parameters: bool = False
    keys: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    known_keys: frozenset[str] = frozenset()
    left_out: Callable[[Cluster, Controller], Iterable[Unmodelled]] = lambda cluster, controller: ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    running: Callable[[Controller], Running] | None = None
    problem: Callable[[Any], Problem | None] = lambda _: None
    facts: tuple[Fact, ...] = ()
    unknown: tuple[str, ...] = ()

    def reads_annotation(self, name: str) -> bool:
        """Whether an annotation is one of its own, by its name."""
        return name.startswith((*self.prefixes, *self.shared_prefixes)) or name in self.modelled_annotations

    def models_annotation(self, name: str, value: str) -> bool:
        """Whether what an annotation asks for is modelled."""
        return name in self.modelled_annotations or self.as_modelled(name, value)

    def run_as(self, controller: Controller) -> Running:
        """How a controller runs; one of another profile as if nothing had been configured."""
        if self.running is None or controller.profile != self.name:
            return Running(balancing=self.balancing, retries=self.retries)
        return self.running(controller)
