"""A Cluster: manifests linked, with addresses and endpoints, ready to be asked where traffic may go.

Frozen values only; `sim.cluster.build` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sim.cluster.arguments import Argument
from sim.cluster.families import Family, at_port, family_of
from sim.cluster.load_balancers.values import Cloud, LoadBalancer
from sim.cluster.setup import Setup
from sim.cluster.topology_hints import NO_HINTS, TopologyHints
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, HTTPRoute, ReferenceGrant
from sim.manifests.objects.gateway_routes import BackendTLSPolicy, GRPCRoute, ListenerSet, Route, StreamRoute
from sim.manifests.objects.networking import EndpointSlice, Ingress, IngressClass, Service
from sim.manifests.objects.workloads import ConfigMap

if TYPE_CHECKING:
    from sim.cluster.life.hearing import ClusterPart
    from sim.cluster.life.moment import ClusterMoment

CLASS_ANNOTATION = "kubernetes.io/ingress.class"


@dataclass(frozen=True)
class Assumption:
    """Something that the files did not show, and how to say otherwise."""

    what: str
    otherwise: str


@dataclass(frozen=True)
class Node:
    """A machine of the cluster, in a zone.

    Args:
        address: that of the cluster's primary family.
        second: that of the other family; empty: it has none.
        excluded: whether its label keeps it out of load balancers.
        cpu: allocatable, in cores; None: its object says none. A node that no object describes has one core.
        left_out: why it does not count where endpoints are shared out by CPU; empty if it does.
    """

    name: str
    zone: str
    address: str
    second: str = ""
    excluded: bool = False
    cpu: float | None = 1.0
    left_out: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its own addresses, the primary first."""
        return (self.address, self.second) if self.second else (self.address,)

    def address_of(self, family: Family | None) -> str:
        """Its address of a family; the primary one where it has none, or a name was asked about."""
        return self.second if self.second and family_of(self.second) == family else self.address


@dataclass(frozen=True)
class RunningPod:
    """A Pod with its node and address.

    Args:
        workload: `KIND NAMESPACE/NAME` of what made it, None for a Pod of its own.
        ports: container ports, by (name, or number as text; protocol).
        address: the primary one.
        second: that of the other family; empty: it has none.
        state: why it is not ready, for a reader; empty if it is ready.
        serving: while it terminates, whether it is ready all the same.
        host_network: whether it has the network, and the address, of its node.
    """

    key: str
    node: str
    zone: str
    address: str
    labels: Mapping[str, str] = field(compare=False)
    ports: Mapping[tuple[str, str], int] = field(compare=False)
    workload: str | None = None
    ready: bool = True
    terminating: bool = False
    state: str = ""
    source: str | None = None
    host_network: bool = False
    second: str = ""
    serving: bool = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its addresses, the primary first."""
        return (self.address, self.second) if self.second else (self.address,)

    @property
    def name(self) -> str:
        """The name without the namespace."""
        return self.key.partition("/")[2]

    @property
    def namespace(self) -> str:
        """The namespace without the name."""
        return self.key.partition("/")[0]


@dataclass(frozen=True)
class Endpoint:
    """A Pod, or an address, and the port that a Service port may lead to.

    Args:
        address: the first of the Service's that the Pod has.
        second: that of the other family, where Service and Pod have both.
        zone_hints, node_hints: the zones and nodes that the EndpointSlice controller gives it to.
    """

    address: str
    port: int
    ready: bool
    serving: bool
    terminating: bool
    pod: str | None
    node: str | None
    zone: str | None
    source: str | None
    state: str = ""
    zone_hints: tuple[str, ...] = ()
    node_hints: tuple[str, ...] = ()
    second: str = ""

    @property
    def target(self) -> str:
        """`ADDRESS:PORT`."""
        return at_port(self.address, self.port)

    def over(self, family: Family) -> Endpoint | None:
        """The same as it is reached over a family; None: not at all."""
        if family_of(self.address) == family:
            return self
        if not self.second or family_of(self.second) != family:
            return None
        return replace(self, address=self.second, second=self.address)

    @property
    def title(self) -> str:
        """The Pod, or the address where a slice names none, and its state."""
        return f"{self.pod or self.target}: {self.state or ('ready' if self.ready else 'not ready')}"


@dataclass(frozen=True)
class LinkedPort:
    """A port of a Service with all its endpoints, ready or not; a Pod is one, whatever addresses it has."""

    name: str
    number: int
    protocol: str
    target_port: int | str
    node_port: int | None
    endpoints: tuple[Endpoint, ...]
    index: int = 0

    def over(self, family: Family) -> tuple[Endpoint, ...]:
        """The endpoints that are reached over a family, at their addresses of it."""
        found = (e.over(family) for e in self.endpoints)
        return tuple(e for e in found if e is not None)

    @property
    def ready(self) -> tuple[Endpoint, ...]:
        """The endpoints that take new connections."""
        return tuple(e for e in self.endpoints if e.ready)

    @property
    def unready(self) -> str:
        """The first endpoint that is not ready, and why, `POD: STATE`; empty if there is none."""
        return next((e.title for e in self.endpoints if not e.ready), "")


@dataclass(frozen=True)
class LinkedService:
    """A Service with addresses and endpoints.

    Args:
        cluster_ip: the primary one; None for a Service that DNS alone serves.
        cluster_ips: one of each of its families.
        families: those that the API server gave it, the primary first; empty for type ExternalName.
        load_balancer: addresses of its cloud load balancer; empty: pending, or not of that type.
        balancer: what makes that, and how it is; None: not of that type.
        hints: the zones that its endpoints are given to, and why.
    """

    manifest: Service
    cluster_ip: str | None
    ports: tuple[LinkedPort, ...]
    load_balancer: tuple[str, ...] = ()
    assumed: bool = False
    cluster_ips: tuple[str, ...] = ()
    families: tuple[Family, ...] = ("IPv4",)
    balancer: LoadBalancer | None = None
    hints: TopologyHints = NO_HINTS

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`."""
        return self.manifest.key

    @property
    def wants_load_balancer(self) -> bool:
        """Whether it is of type LoadBalancer."""
        return self.manifest.spec.type == "LoadBalancer"

    def cluster_ip_of(self, family: Family | None) -> str | None:
        """Its ClusterIP of a family; None: it has none."""
        own = () if self.cluster_ip is None else (self.cluster_ip, *self.cluster_ips)
        return next((a for a in own if family_of(a) == family), None)

    def port(self, reference: int | str) -> LinkedPort | None:
        """The port of this number or name, None if there is none."""
        return next((p for p in self.ports if p.number == reference or p.name == reference != ""), None)

    def line(self, *path: str | int) -> str | None:
        """`FILE:LINE`, None if the Service is assumed."""
        return self.manifest.line(*path)


@dataclass(frozen=True)
class Controller:
    """A running Ingress controller, or the proxies of one Gateway.

    Args:
        controller: what an IngressClass must say in spec.controller, or a GatewayClass in
            spec.controllerName, to be its own.
        services: keys of the Services in front of its Pods.
        pods: keys of its Pods.
        flags: command-line flags that change what it does.
        default_backend: `NAMESPACE/NAME` of --default-backend-service.
        gateway: `NAMESPACE/NAME` of the Gateway that it serves; None: it reads Ingresses.
        listeners: port -> HTTP or HTTPS of a cloud load balancer that applies the rules itself; empty: Pods
            of the controller do.
        reads: keys of the Ingresses on that load balancer; None: all of its classes.
        arguments: the options of its container, with their places.
        version: of its program, by the tag of its image; None: not known.
        config_map: the ConfigMap that it is told to read; None: none, or none that the set holds.
        watched: the namespaces whose Ingresses it reads; None: all.
        lag: the figure of how late its load balancer goes by Pods that come and go; empty: none is known.
    """

    name: str
    profile: str
    controller: str
    services: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    default_backend: str | None = None
    assumed: bool = False
    gateway: str | None = None
    listeners: tuple[tuple[int, str], ...] = ()
    reads: tuple[str, ...] | None = None
    arguments: tuple[Argument, ...] = ()
    version: tuple[int, ...] | None = None
    config_map: ConfigMap | None = field(default=None, compare=False)
    watched: tuple[str, ...] | None = None
    lag: str = ""

    @property
    def namespace(self) -> str:
        """That of its workload; for one that is assumed, its own name."""
        return self.name.rpartition(" ")[2].partition("/")[0]

    def watches(self, namespace: str) -> bool:
        """Whether it reads the Ingresses of a namespace."""
        return self.watched is None or namespace in self.watched

    def values(self, name: str) -> tuple[str, ...]:
        """The values of an option that may be given more than once."""
        return tuple(a.value for a in self.arguments if a.name.lower() == name.lower())

    def argument(self, name: str) -> Argument | None:
        """The last option of this name in any letter case, found or stated; None: it is not given."""
        stated = (flag.partition("=") for flag in self.flags)
        given = (*(Argument(n, value) for n, _, value in stated), *self.arguments)
        return next((a for a in reversed(given) if a.name.lower() == name.lower()), None)


def class_after_admission(ingress: Ingress, classes: Mapping[str, IngressClass]) -> str | None:
    """The class of an Ingress: its own, else the newest default class if it names none at all.

    Source: admission plugin DefaultIngressClass; it leaves an Ingress with the old annotation alone.
    """
    own = ingress.spec.ingress_class_name
    if own is not None or CLASS_ANNOTATION in ingress.metadata.annotations:
        return own
    defaults = [c for c in classes.values() if c.is_default]
    defaults.sort(key=lambda c: c.name)
    defaults.sort(key=lambda c: c.metadata.creation_timestamp or "", reverse=True)
    return defaults[0].name if defaults else None


@dataclass(frozen=True, eq=False)
class Cluster:
    """What is there once the control plane has done its work. Frozen; every question is answered from it.

    Args:
        controllers: those that read Ingresses.
        families: its address families, the primary first.
        certificates: `NAMESPACE/SECRET` -> DNS names, as they are stated; None: what `chains` say.
        chains: `NAMESPACE/SECRET` -> the blocks of its `tls.crt`, where the files have them.
        gateway_proxies: the proxies of each Gateway that a controller takes.
        listener_sets: in the order in which their listeners count: the oldest first, then by name.
        backend_tls_policies: in the order in which they count: the oldest first, then by name.
        cloud: what makes load balancers for its Services.
        manifests, setup: what it was built of.
        moment: what its parts know of Pods that come and go; None: nothing changes, and all know it.
    """

    nodes: tuple[Node, ...]
    pods: Mapping[str, RunningPod]
    services: Mapping[str, LinkedService]
    ingresses: tuple[Ingress, ...]
    ingress_classes: Mapping[str, IngressClass]
    controllers: tuple[Controller, ...]
    slices: Mapping[str, tuple[EndpointSlice, ...]]
    secrets: Mapping[str, str | None]
    certificates: Mapping[str, tuple[str, ...]] | None
    chains: Mapping[str, str] = field(default_factory=dict, repr=False)
    assumptions: tuple[Assumption, ...] = ()
    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    gateway_classes: Mapping[str, GatewayClass] = field(default_factory=dict)
    http_routes: tuple[HTTPRoute, ...] = ()
    grpc_routes: tuple[GRPCRoute, ...] = ()
    stream_routes: tuple[StreamRoute, ...] = ()
    listener_sets: tuple[ListenerSet, ...] = ()
    backend_tls_policies: tuple[BackendTLSPolicy, ...] = ()
    reference_grants: tuple[ReferenceGrant, ...] = ()
    namespace_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    gateway_proxies: tuple[Controller, ...] = ()
    cloud: Cloud = field(default_factory=Cloud)
    manifests: Manifests = field(default_factory=Manifests, repr=False)
    setup: Setup = field(default_factory=Setup, repr=False)
    families: tuple[Family, ...] = ("IPv4",)
    moment: ClusterMoment | None = field(default=None, repr=False)

    def known_by(self, part: ClusterPart) -> Cluster:
        """The cluster as one of its parts knows it."""
        return self if self.moment is None else self.moment.known_by(part)

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """The routes of the Gateway API, of every kind."""
        return (*self.http_routes, *self.grpc_routes, *self.stream_routes)

    @cached_property
    def controller_of_service(self) -> Mapping[str, Controller]:
        """Service key -> the controller, or the proxies of a Gateway, whose Pods it leads to."""
        return {key: c for c in (*self.controllers, *self.gateway_proxies) for key in c.services}

    @cached_property
    def proxies_of_gateway(self) -> Mapping[str, Controller]:
        """Gateway key -> its proxies, for those that a controller takes."""
        return {p.gateway: p for p in self.gateway_proxies if p.gateway is not None}

    @cached_property
    def node_by_name(self) -> Mapping[str, Node]:
        """Node name -> node."""
        return {n.name: n for n in self.nodes}
