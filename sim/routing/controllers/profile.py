"""What a controller profile is: functions that decide, and facts that a person can check.

A profile says how a controller claims classes, merges and orders rules, what it answers itself, where it
sends, and what is not known about it. A fact without a public source does not stand here: it is listed under
`unknown`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.cluster.cluster import Cluster, Controller, Endpoint, LinkedPort, LinkedService
from sim.cluster.known_controllers import KnownController
from sim.manifests.objects.collected import Unmodelled
from sim.manifests.objects.networking import ServiceBackendPort
from sim.routing.controllers.decision import Decision
from sim.routing.path_rules import DataPlane
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


@dataclass(frozen=True)
class Retries:
    """How a controller goes on where a Pod does not answer. Sources: docs/model.md.

    Args:
        tries: Pods that are tried for one request, as long as none has answered.
        connect_timeout_s: how long it waits for a connection to one.
    """

    tries: int = 1
    connect_timeout_s: float = 10.0


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
        stars: whether a star in a path of type ImplementationSpecific stands for any text.
        balancing: name of the algorithm that spreads requests over them (sim.routing.balancing).
        modelled_annotations: those below its prefixes that are modelled; others are reported.
        harmless_annotations: patterns of those that do not decide where a request goes, or who answers it.
        annotated: the kinds whose annotations it reads.
        left_out: what of a controller's own configuration (keys of its ConfigMap, flags) is not modelled;
            each with its place, and `may_change_answer` where it could change an answer of that controller.
        statuses: message code -> what it answers where a rule leads nowhere; 503 for others.
        problem: why no load balancer is made for a table; only cloud controllers have one.
        facts, unknown: what is known, with its source, and what is not.
    """

    table: Callable[[Cluster, Controller], Any]
    decide: Callable[[Request, Any], Decision]
    explain: Callable[[Request, Any], Iterator[Step]]
    endpoints: Callable[[Cluster, LinkedService, ServiceBackendPort], Found] = by_reference
    balancing: str = "round-robin"
    plane: DataPlane | None = None
    retries: Retries = Retries()
    stars: bool = False
    modelled_annotations: frozenset[str] = frozenset()
    harmless_annotations: tuple[str, ...] = ()
    annotated: frozenset[str] = frozenset({"Ingress"})
    left_out: Callable[[Cluster, Controller], Iterable[Unmodelled]] = lambda cluster, controller: ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    problem: Callable[[Any], Problem | None] = lambda _: None
    facts: tuple[Fact, ...] = ()
    unknown: tuple[str, ...] = ()
