"""The small control plane: manifests linked into a Cluster that can be asked where traffic may go.

It does what a cluster's controllers do before the first packet: spreads Pods over nodes in zones, finds the
ready endpoints behind each selector, resolves ports by number and by name, gives out addresses, fills in the
default class. What the files do not show is assumed, and every assumption is listed with a way to say
otherwise. Left out: scheduling by resources, taints and affinity; propagation delays (they belong to a run).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sim.manifests import (
    Container, EndpointConditions, EndpointSlice, Ingress, IngressClass, IngressClassSpec, Manifests, NodeObject,
    ObjectMeta, Pod, PodSpec, Secret, Service, ServicePort, ServiceSpec, Unmodelled, Workload,
)  # fmt: skip

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
NGINX_PREFIX = "nginx.ingress.kubernetes.io/"


@dataclass(frozen=True)
class Assumption:
    """Something that the files did not show, and how to say otherwise."""

    what: str
    otherwise: str


@dataclass(frozen=True)
class Node:
    """A machine of the cluster, in a zone."""

    name: str
    zone: str
    address: str


@dataclass(frozen=True)
class RunningPod:
    """A Pod with its node and address.

    Args:
        workload: `KIND NAMESPACE/NAME` of what made it, None for a Pod of its own.
        ports: container ports by name, and by number as text.
        state: why it is not ready, for a reader; empty if it is ready.
    """

    key: str
    node: str
    zone: str
    address: str
    labels: Mapping[str, str] = field(compare=False)
    ports: Mapping[str, int] = field(compare=False)
    workload: str | None = None
    ready: bool = True
    terminating: bool = False
    state: str = ""
    source: str | None = None

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
    """An address and port that a Service port may lead to."""

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

    @property
    def target(self) -> str:
        """`ADDRESS:PORT`."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True)
class LinkedPort:
    """A port of a Service with all its endpoints, ready or not."""

    name: str
    number: int
    protocol: str
    target_port: int | str
    node_port: int | None
    endpoints: tuple[Endpoint, ...]
    index: int = 0

    @property
    def ready(self) -> tuple[Endpoint, ...]:
        """The endpoints that take new connections."""
        return tuple(e for e in self.endpoints if e.ready)


@dataclass(frozen=True)
class LinkedService:
    """A Service with addresses and endpoints.

    Args:
        load_balancer: addresses of its cloud load balancer; empty: pending, or not of that type.
    """

    manifest: Service
    cluster_ip: str | None
    ports: tuple[LinkedPort, ...]
    load_balancer: tuple[str, ...] = ()
    assumed: bool = False

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`."""
        return self.manifest.key

    @property
    def wants_load_balancer(self) -> bool:
        """Whether it is of type LoadBalancer."""
        return self.manifest.spec.type == "LoadBalancer"

    def port(self, reference: int | str) -> LinkedPort | None:
        """The port of this number or name, None if there is none."""
        return next((p for p in self.ports if p.number == reference or (p.name and p.name == reference)), None)

    def line(self, *path: str | int) -> str | None:
        """`FILE:LINE`, None if the Service is assumed."""
        return self.manifest.line(*path)


@dataclass(frozen=True)
class Controller:
    """A running Ingress controller.

    Args:
        controller: what an IngressClass must say in spec.controller to be its own.
        services: keys of the Services in front of its Pods.
        pods: keys of its Pods.
        flags: command-line flags that change what it does.
        default_backend: `NAMESPACE/NAME` of --default-backend-service.
    """

    name: str
    profile: str
    controller: str
    services: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    default_backend: str | None = None
    assumed: bool = False


@dataclass(frozen=True)
class ControllerSetup:
    """A controller that is stated, in a case file or a scenario, rather than found in the manifests."""

    controller: str = "k8s.io/ingress-nginx"
    profile: str = "ingress-nginx"
    flags: tuple[str, ...] = ()
    default_backend: str | None = None
    replicas: int = 2


@dataclass(frozen=True)
class Setup:
    """What the control plane is told besides the manifests.

    Args:
        nodes: (name, zone) of each node; None: the Node objects, else three nodes in three zones.
        controllers: what runs; None: what the manifests show, else what they need.
        profile: the profile of the controller that is assumed where the manifests show none; None: chosen
            from the classes that the Ingresses name, and only where there is no IngressClass either.
        assume_endpoints: whether a set without any workload gets two ready Pods per Service.
        provider: whether something makes cloud load balancers; without it they stay pending.
        certificates: `NAMESPACE/SECRET` -> DNS names; None: every Secret named covers the hosts beside it.
    """

    nodes: tuple[tuple[str, str], ...] | None = None
    controllers: tuple[ControllerSetup, ...] | None = None
    profile: str | None = None
    assume_endpoints: bool = True
    provider: bool = True
    certificates: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Cluster:
    """What is there once the control plane has done its work. Frozen; every question is answered from it."""

    nodes: tuple[Node, ...]
    pods: Mapping[str, RunningPod]
    services: Mapping[str, LinkedService]
    ingresses: tuple[Ingress, ...]
    ingress_classes: Mapping[str, IngressClass]
    controllers: tuple[Controller, ...]
    slices: Mapping[str, tuple[EndpointSlice, ...]]
    secrets: Mapping[str, str | None]
    certificates: Mapping[str, tuple[str, ...]] | None
    assumptions: tuple[Assumption, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()

    @cached_property
    def controller_of_service(self) -> Mapping[str, Controller]:
        """Service key -> the controller whose Pods it leads to."""
        return {key: c for c in self.controllers for key in c.services}

    @cached_property
    def node_by_name(self) -> Mapping[str, Node]:
        """Node name -> node."""
        return {n.name: n for n in self.nodes}

    def class_of(self, ingress: Ingress) -> str | None:
        """The class after admission: its own, else the default class if it names none at all.

        Source: DefaultIngressClass admission plugin; it leaves an Ingress with the old annotation alone.
        """
        own = ingress.spec.ingress_class_name
        if own is not None or CLASS_ANNOTATION in ingress.metadata.annotations:
            return own
        defaults = sorted(name for name, c in self.ingress_classes.items() if c.is_default)
        return defaults[0] if len(defaults) == 1 else None


def build(manifests: Manifests, setup: Setup | None = None) -> Cluster:
    """Link manifests into a cluster.

    Args:
        manifests: what was read.
        setup: what is stated besides; by default nothing, and what is missing is assumed.
    """
    return _Builder(manifests, setup or Setup()).cluster()


class _Builder:
    """One pass of the control plane. Addresses are given out in order of reading, so they are stable."""

    def __init__(self, manifests: Manifests, setup: Setup) -> None:
        self._manifests, self._setup = manifests, setup
        self._assumptions: list[Assumption] = []
        self._next_host: Counter[str] = Counter()
        self._nodes = self._make_nodes()
        self._per_node: Counter[str] = Counter()
        self._taken_node_ports = {
            p.node_port for s in manifests.of(Service) for p in s.spec.ports if p.node_port is not None
        }

    def cluster(self) -> Cluster:
        """Everything, in the order in which one needs the other."""
        controllers, added, classes = self._controllers()
        pods = {p.key: p for p in (*self._pods(), *added)}
        services = [*self._manifests.of(Service), *(_controller_service(c) for c in controllers if c.assumed)]
        pods |= {p.key: p for p in self._assumed_pods(services, pods)}
        linked = {s.key: self._service(s, pods) for s in services}
        return Cluster(
            nodes=self._nodes,
            pods=pods,
            services=linked,
            ingresses=tuple(self._manifests.of(Ingress)),
            ingress_classes=classes,
            controllers=tuple(_in_front(c, linked) for c in controllers),
            slices=_by_service(self._manifests.of(EndpointSlice)),
            secrets={s.key: s.line() for s in self._manifests.of(Secret)},
            certificates=self._setup.certificates,
            assumptions=tuple(self._assumptions),
            unmodelled=self._manifests.unmodelled,
        )

    def _assume(self, what: str, otherwise: str) -> None:
        self._assumptions.append(Assumption(what, otherwise))

    def _make_nodes(self) -> tuple[Node, ...]:
        if self._setup.nodes is not None:
            return tuple(Node(n, z, f"192.168.0.{i + 2}") for i, (n, z) in enumerate(self._setup.nodes))
        objects = list(self._manifests.of(NodeObject))
        if objects:
            return tuple(_read_node(o, i) for i, o in enumerate(objects))
        self._assume("three nodes in three zones", "give Node objects, or nodes in a scenario")
        return tuple(Node(f"node-{z}", f"zone-{z}", f"192.168.0.{i + 2}") for i, z in enumerate("abc"))

    def _address(self, pool: str) -> str:
        self._next_host[pool] += 1
        return f"{pool}.{self._next_host[pool]}"

    def _pod_address(self, node: str) -> str:
        index = next((i for i, n in enumerate(self._nodes) if n.name == node), len(self._nodes))
        return self._address(f"10.244.{index + 1}")

    def _pods(self) -> Iterator[RunningPod]:
        read = list(self._manifests.of(Pod))
        for pod in read:
            yield self._read_pod(pod)
        for workload in self._manifests.of(Workload):
            labels = workload.spec.selector.match_labels or workload.spec.template.metadata.labels
            made = any(p.namespace == workload.namespace and _selects(labels, p.metadata.labels) for p in read)
            if not made:
                yield from self._make_pods(workload)

    def _read_pod(self, pod: Pod) -> RunningPod:
        node = pod.spec.node_name or self._least_loaded(Counter())
        terminating = pod.metadata.deletion_timestamp is not None
        ready, state = _readiness(pod)
        return RunningPod(
            pod.key, node, self._zone(node), pod.status.pod_ip or self._pod_address(node), pod.metadata.labels,
            _container_ports(pod.spec), None, ready and not terminating, terminating,
            "terminating" if terminating else state, pod.line(),
        )  # fmt: skip

    def _make_pods(self, workload: Workload) -> Iterator[RunningPod]:
        every_node = workload.kind == "DaemonSet"
        wanted = len(self._nodes) if every_node else 1 if workload.spec.replicas is None else workload.spec.replicas
        template = workload.spec.template
        mine: Counter[str] = Counter()
        for number in range(wanted):
            node = self._nodes[number].name if every_node else self._least_loaded(mine)
            mine[node] += 1
            yield RunningPod(
                f"{workload.key}-{number + 1}", node, self._zone(node), self._pod_address(node),
                template.metadata.labels, _container_ports(template.spec), f"{workload.kind} {workload.key}",
                source=workload.line(),
            )  # fmt: skip

    def _least_loaded(self, mine: Counter[str]) -> str:
        """Spread one workload's Pods first, then all Pods; the first node of equals."""
        node = min(self._nodes, key=lambda n: (mine[n.name], self._per_node[n.name])).name
        self._per_node[node] += 1
        return node

    def _zone(self, node: str) -> str:
        return next((n.zone for n in self._nodes if n.name == node), "")

    def _assumed_pods(self, services: list[Service], pods: Mapping[str, RunningPod]) -> Iterator[RunningPod]:
        """Two ready Pods for each Service with a selector, where the set shows no workload at all."""
        shown = any(True for _ in self._manifests.of(Workload)) or any(True for _ in self._manifests.of(Pod))
        if shown or not self._setup.assume_endpoints:
            return
        with_slices = {s.service_key for s in self._manifests.of(EndpointSlice)}
        needy = [s for s in services if s.spec.selector and s.origin and s.key not in with_slices]
        bare = [s for s in needy if not any(_selects_pod(s, p) for p in pods.values())]
        if bare:
            names = ", ".join(s.key for s in bare)
            self._assume(f"two ready Pods behind each of: {names}", "give the workloads or EndpointSlices")
        for service in bare:
            mine: Counter[str] = Counter()
            for number in (1, 2):
                node = self._least_loaded(mine)
                mine[node] += 1
                ports = {str(p.target_port): p.port for p in service.spec.ports if isinstance(p.target_port, str)}
                yield RunningPod(
                    f"{service.key}-assumed-{number}", node, self._zone(node), self._pod_address(node),
                    service.spec.selector, ports,
                )  # fmt: skip

    def _service(self, service: Service, pods: Mapping[str, RunningPod]) -> LinkedService:
        slices = [s for s in self._manifests.of(EndpointSlice) if s.service_key == service.key]
        ports = tuple(
            self._port(service, port, index, slices, pods) for index, port in enumerate(service.spec.ports)
        )
        return LinkedService(
            service, self._cluster_ip(service), ports, self._load_balancer(service), service.origin is None
        )

    def _port(
        self, service: Service, port: ServicePort, index: int, slices: list[EndpointSlice], pods: Mapping[str, RunningPod]
    ) -> LinkedPort:
        if slices:
            endpoints = [e for s in slices for n in _ports_named(s, port) for e in slice_endpoints(s, n, pods)]
        elif service.spec.selector and service.spec.type != "ExternalName":
            endpoints = [_from_pod(service, port, p) for p in pods.values() if _selects_pod(service, p)]
        else:
            endpoints = []
        unique = {e.target: e for e in reversed(endpoints)}
        target = port.target_port if port.target_port is not None else port.port
        return LinkedPort(
            port.name or "", port.port, port.protocol, target, self._node_port(service, port),
            tuple(unique[t] for t in dict.fromkeys(e.target for e in endpoints)), index,
        )  # fmt: skip

    def _node_port(self, service: Service, port: ServicePort) -> int | None:
        if service.spec.type not in {"NodePort", "LoadBalancer"}:
            return None
        if port.node_port is not None:
            return port.node_port
        number = next(n for n in range(30080, 32768) if n not in self._taken_node_ports)
        self._taken_node_ports.add(number)
        return number

    def _cluster_ip(self, service: Service) -> str | None:
        if service.spec.type == "ExternalName" or service.is_headless:
            return None
        return service.spec.cluster_ip or self._address("10.96.0")

    def _load_balancer(self, service: Service) -> tuple[str, ...]:
        if service.spec.type != "LoadBalancer":
            return ()
        known = service.status.load_balancer.addresses
        return known or ((self._address("198.51.100"),) if self._setup.provider else ())

    def _controllers(self) -> tuple[list[Controller], list[RunningPod], dict[str, IngressClass]]:
        classes = {c.name: c for c in self._manifests.of(IngressClass)}
        if self._setup.controllers is not None:
            stated = [_stated(s, i) for i, s in enumerate(self._setup.controllers)]
            return stated, self._controller_pods(stated, self._setup.controllers), classes
        found = list(_found_controllers(self._manifests))
        if found or not any(True for _ in self._manifests.of(Ingress)):
            return found, [], classes
        if classes:
            return self._for_classes(classes) if self._setup.profile else ([], [], classes)
        return self._assumed_controllers()

    def _for_classes(
        self, classes: dict[str, IngressClass]
    ) -> tuple[list[Controller], list[RunningPod], dict[str, IngressClass]]:
        """A controller of the wanted profile that claims the classes of the set."""
        profile = self._setup.profile or "ingress-nginx"
        setups = [ControllerSetup(c, profile) for c in dict.fromkeys(k.spec.controller for k in classes.values())]
        stated = [_stated(s, i) for i, s in enumerate(setups)]
        self._assume(f"an Ingress controller of profile {profile} for the classes here", "--controller none")
        return stated, self._controller_pods(stated, setups), classes

    def _assumed_controllers(self) -> tuple[list[Controller], list[RunningPod], dict[str, IngressClass]]:
        """No controller and no IngressClass in the set: one per class that the Ingresses name."""
        ingresses = list(self._manifests.of(Ingress))
        names = list(dict.fromkeys(_wanted_class(i) for i in ingresses))
        by_profile: dict[str, list[str | None]] = {}
        for name in names:
            by_profile.setdefault(self._setup.profile or profile_of_class(name, ingresses), []).append(name)
        setups = [ControllerSetup(CONTROLLER_OF_PROFILE[profile], profile) for profile in by_profile]
        stated = [replace(_stated(s, i), assumed=True) for i, s in enumerate(setups)]
        classes = {}
        for setup, (profile, wanted) in zip(setups, by_profile.items(), strict=True):
            for name in wanted:
                made = _assumed_class(name or profile, setup.controller, default=name is None)
                classes[made.name] = made
            shown = ", ".join(n or "(none)" for n in wanted)
            self._assume(
                f"an Ingress controller of profile {profile} for class {shown}, behind a load balancer",
                "--controller NAME, or --controller none",
            )
        claimed = [
            replace(c, flags=("any-annotation-class",)) if c.profile == "ingress-nginx" else c for c in stated
        ]
        return claimed, self._controller_pods(claimed, setups), classes

    def _controller_pods(self, controllers: list[Controller], setups: Iterable[ControllerSetup]) -> list[RunningPod]:
        made = []
        for controller, setup in zip(controllers, setups, strict=True):
            mine: Counter[str] = Counter()
            for key in controller.pods:
                node = self._least_loaded(mine)
                mine[node] += 1
                labels = {"app.kubernetes.io/name": controller.name}
                ports = {"http": 80, "https": 443}
                made.append(RunningPod(key, node, self._zone(node), self._pod_address(node), labels, ports))
        return made


CONTROLLER_OF_PROFILE = {
    "spec": "example.com/spec",
    "ingress-nginx": "k8s.io/ingress-nginx",
}
"""Profile -> the spec.controller of its IngressClass."""

_CLASS_HINTS = (("nginx", "ingress-nginx"),)


def profile_of_class(name: str | None, ingresses: Iterable[Ingress]) -> str:
    """The profile that a class name, else an annotation, points to; ingress-nginx if nothing does."""
    for word, profile in _CLASS_HINTS:
        if name and word in name:
            return profile
    prefixes = {a.partition("/")[0] for i in ingresses for a in i.metadata.annotations}
    return "ingress-nginx" if name is None or f"{NGINX_PREFIX[:-1]}" in prefixes else "ingress-nginx"


def profile_of_controller(controller: str) -> str:
    """The profile for an IngressClass's spec.controller; `spec` for one that is not known."""
    return next((p for p, c in CONTROLLER_OF_PROFILE.items() if c == controller), "spec")


def _wanted_class(ingress: Ingress) -> str | None:
    return ingress.spec.ingress_class_name or ingress.metadata.annotations.get(CLASS_ANNOTATION)


def _assumed_class(name: str, controller: str, default: bool) -> IngressClass:
    annotations = {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}
    return IngressClass(
        metadata=ObjectMeta(name=name, annotations=annotations), spec=IngressClassSpec(controller=controller)
    )


def _stated(setup: ControllerSetup, index: int) -> Controller:
    namespace = setup.profile if index == 0 else f"{setup.profile}-{index + 1}"
    pods = tuple(f"{namespace}/{setup.profile}-{n + 1}" for n in range(setup.replicas))
    return Controller(
        namespace, setup.profile, setup.controller, (f"{namespace}/{setup.profile}",), pods,
        setup.flags, setup.default_backend, assumed=True,
    )  # fmt: skip


def _controller_service(controller: Controller) -> Service:
    """The Service of type LoadBalancer in front of a controller that no file shows."""
    namespace, _, name = controller.services[0].partition("/")
    ports = (
        ServicePort(name="http", port=80, target_port="http"),
        ServicePort(name="https", port=443, target_port="https"),
    )
    return Service(
        api_version="v1", kind="Service", metadata=ObjectMeta(name=name, namespace=namespace),
        spec=ServiceSpec(type="LoadBalancer", selector={"app.kubernetes.io/name": controller.name}, ports=ports),
    )  # fmt: skip


def _found_controllers(manifests: Manifests) -> Iterator[Controller]:
    """Controllers among the workloads, known by their image."""
    for workload in manifests.of(Workload):
        for container in workload.spec.template.spec.containers:
            if re.search(r"ingress-nginx/controller|nginx-ingress-controller", container.image or ""):
                yield _found_nginx(workload, container)


def _found_nginx(workload: Workload, container: Container) -> Controller:
    options = dict(re.findall(r"--([\w-]+)(?:=(\S+))?", " ".join(container.args)))
    controller = options.get("controller-class") or CONTROLLER_OF_PROFILE["ingress-nginx"]
    flags = tuple(name for name, value in options.items() if value in {"", "true"})
    if options.get("ingress-class"):
        flags += (f"ingress-class={options['ingress-class']}",)
    default = options.get("default-backend-service") or None
    return Controller(
        f"{workload.kind} {workload.key}", "ingress-nginx", controller, (), (), flags, default, assumed=False
    )


def _in_front(controller: Controller, services: Mapping[str, LinkedService]) -> Controller:
    """Fill in the Services (and Pods) of a controller that was found among the workloads."""
    if controller.services:
        return controller
    namespace = controller.name.partition(" ")[2].partition("/")[0]
    prefix = controller.name.partition(" ")[2] + "-"
    mine = {
        s.key: [e.pod for p in s.ports for e in p.endpoints if e.pod and e.pod.startswith(prefix)]
        for s in services.values()
        if s.manifest.namespace == namespace and "admission" not in s.key
    }
    pods = dict.fromkeys(pod for found in mine.values() for pod in found if pod)
    return replace(controller, services=tuple(k for k, found in mine.items() if found), pods=tuple(pods))


def _read_node(node: NodeObject, index: int) -> Node:
    zone = node.metadata.labels.get("topology.kubernetes.io/zone", "")
    addresses = {a.type: a.address for a in node.status.addresses}
    return Node(node.name, zone, addresses.get("InternalIP", f"192.168.0.{index + 2}"))


def _selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return bool(selector) and all(labels.get(k) == v for k, v in selector.items())


def _selects_pod(service: Service, pod: RunningPod) -> bool:
    return pod.namespace == service.namespace and _selects(service.spec.selector, pod.labels)


def _container_ports(spec: PodSpec) -> dict[str, int]:
    ports = [p for c in spec.containers for p in c.ports]
    return {str(p.container_port): p.container_port for p in ports} | {
        p.name: p.container_port for p in ports if p.name
    }


def _readiness(pod: Pod) -> tuple[bool, str]:
    """Ready unless a status says otherwise."""
    condition = next((c for c in pod.status.conditions if c.type == "Ready"), None)
    if condition is None or condition.status == "True":
        stopped = pod.status.phase in {"Failed", "Succeeded", "Pending"} and condition is None
        return not stopped, f"phase {pod.status.phase}" if stopped else ""
    return False, f"not ready: {condition.message or condition.reason or 'no reason given'}"


def _from_pod(service: Service, port: ServicePort, pod: RunningPod) -> Endpoint:
    """An endpoint made from a selected Pod; port 0 where no container has a port of the target's name."""
    target = port.target_port if port.target_port is not None else port.port
    number = pod.ports.get(target, 0) if isinstance(target, str) else target
    ready = (pod.ready or (service.spec.publish_not_ready_addresses and not pod.terminating)) and number > 0
    state = pod.state if number else f"no container has a port named {target!r}"
    return Endpoint(
        pod.address, number, ready, pod.ready or pod.terminating, pod.terminating, pod.key, pod.node, pod.zone,
        pod.source, state,
    )  # fmt: skip


def _by_service(slices: Iterable[EndpointSlice]) -> dict[str, tuple[EndpointSlice, ...]]:
    grouped: dict[str, tuple[EndpointSlice, ...]] = {}
    for piece in slices:
        key = piece.service_key
        if key is not None:
            grouped[key] = (*grouped.get(key, ()), piece)
    return grouped


def _ports_named(piece: EndpointSlice, port: ServicePort) -> list[int]:
    """The numbers of a slice's ports for a Service port; they are joined by name, as kube-proxy does."""
    return [p.port or 0 for p in piece.ports if (p.name or "") == (port.name or "") and p.protocol == port.protocol]


def slice_endpoints(piece: EndpointSlice, number: int, pods: Mapping[str, RunningPod]) -> Iterator[Endpoint]:
    """The endpoints of a slice at one port number; an endpoint's first address only, as kube-proxy reads it."""
    for index, endpoint in enumerate(piece.endpoints):
        reference = endpoint.target_ref
        key = f"{piece.namespace}/{reference.name}" if reference and reference.name else None
        pod = pods.get(key) if key else None
        ready, serving, terminating = _conditions(endpoint.conditions)
        for address in endpoint.addresses[:1]:
            yield Endpoint(
                address, number, ready, serving, terminating, key,
                endpoint.node_name or (pod.node if pod else None), endpoint.zone or (pod.zone if pod else None),
                piece.line("endpoints", index), "" if ready else "terminating" if terminating else "not ready",
            )  # fmt: skip


def _conditions(conditions: EndpointConditions) -> tuple[bool, bool, bool]:
    """Missing conditions read as ready and serving. Source: discovery.k8s.io/v1 API reference."""
    ready = conditions.ready is not False
    return ready, ready if conditions.serving is None else conditions.serving, bool(conditions.terminating)
