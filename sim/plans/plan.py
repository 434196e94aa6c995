"""A plan as a value: one way to expose the application, the cluster it makes, and what it has to buy."""

from dataclasses import dataclass
from typing import NamedTuple

from sim.cluster.cluster import Cluster
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.workloads import Pod
from sim.routing import Request, route
from sim.routing.hops.doors import load_balancers

APART = "lb-per-service"
"""The plan that shares nothing, which others are compared with."""

AS_IS = "as-is"
"""The plan that derives nothing."""

SHARED = "single-ingress"
"""The plan that shares a controller."""


@dataclass(frozen=True)
class Exposed:
    """A Service that clients outside the cluster reach, and the host and path they use.

    Args:
        protocol: of its port: TCP, UDP or SCTP.
        not_http: why no HTTP proxy can carry it; empty where one can.
        ingress: `NAMESPACE/NAME` of the Ingress that names it; None: no Ingress does.
        http_route: the same of an HTTPRoute.
    """

    service: str
    port: int
    host: str
    path: str
    protocol: str = "TCP"
    not_http: str = ""
    ingress: str | None = None
    http_route: str | None = None

    @property
    def asked_host(self) -> str:
        """A name that clients ask for: the host, or one of those that a wildcard covers.

        >>> Exposed("shop/web", 80, "*.shop.example", "/").asked_host
        'any.shop.example'
        """
        return f"any{self.host[1:]}" if self.host.startswith("*.") else self.host

    @property
    def http(self) -> bool:
        """Whether it can stand behind a proxy that reads HTTP."""
        return not self.not_http


class LaterManifests(NamedTuple):
    """The objects of a set from a moment on.

    Args:
        because: the event that changed them.
    """

    at_s: float
    because: str
    manifests: Manifests


class LaterCluster(NamedTuple):
    """The cluster of a plan from a moment on."""

    at_s: float
    because: str
    cluster: Cluster


@dataclass(frozen=True)
class CannotMove:
    """A Service that keeps a load balancer of its own, and why."""

    service: str
    why: str


@dataclass(frozen=True)
class Plan:
    """One way to expose the application, and what it needs.

    Args:
        certificates: those that something shared shows: `NAMESPACE/SECRET`.
        lb_targets: what a load balancer's targets are: `node` or `pod`.
        layer: 7 where a load balancer reads HTTP itself, else 4.
        cannot_move: Services that keep a load balancer of their own, in plans that share one.
        later: what it is after each event that changes objects, in order of time.
    """

    name: str
    cluster: Cluster
    exposed: tuple[Exposed, ...]
    lb_targets: str = "node"
    certificates: tuple[str, ...] = ()
    layer: int = 4
    cannot_move: tuple[CannotMove, ...] = ()
    later: tuple[LaterCluster, ...] = ()

    @property
    def load_balancers(self) -> tuple[str, ...]:
        """Keys of the Services that have one, or of what a controller makes."""
        return tuple(s.key for s in load_balancers(self.cluster))

    @property
    def reads_http(self) -> tuple[str, ...]:
        """Keys of the load balancers that apply the rules themselves."""
        return tuple(key for c in self.cluster.controllers if c.listeners for key in c.services)

    def behind(self, key: str) -> tuple[Exposed, ...]:
        """What a load balancer that applies the rules itself leads to, by its key."""
        reads = self.cluster.controller_of_service[key].reads or ()
        alone = len(self.reads_http) == 1
        return tuple(e for e in self.exposed if e.http and (alone or e.ingress in reads))

    def targets_nodes(self, entry: Exposed) -> bool:
        """Whether such a load balancer sends to nodes for a Service, not to its Pods."""
        asked = (Request(entry.asked_host, entry.path, scheme=scheme) for scheme in ("http", "https"))
        traces = (route(self.cluster, request, explain=False) for request in asked)
        return any(hop.kind == "node" for found in traces for hop in found.hops)

    @property
    def is_apart(self) -> bool:
        """Whether nothing is shared: a load balancer for each Service, and no controller."""
        proxies = self.cluster.controllers or self.cluster.gateway_proxies
        return self.name == APART or (self.name == AS_IS and not proxies)

    @property
    def controller_pods(self) -> int:
        """Pods that stand between load balancer and application."""
        return sum(len(c.pods) for c in (*self.cluster.controllers, *self.cluster.gateway_proxies))

    @property
    def zones(self) -> int:
        """Zones that a load balancer spans."""
        return len({node.zone for node in self.cluster.nodes})

    @property
    def placed(self) -> frozenset[str]:
        """Pods that the model placed, because no file says on which node they are."""
        named = {pod.key for pod in self.cluster.manifests.of(Pod) if pod.spec.node_name}
        return frozenset(self.cluster.pods) - named
