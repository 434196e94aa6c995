"""The small control plane: from manifests to a Cluster, as a cluster's controllers would do it.

It spreads Pods over nodes in zones, finds the endpoints behind each selector, resolves ports by number and by
name, gives out addresses, and finds the Ingress controllers. What the files do not show is assumed, and every
assumption is listed with a way to say otherwise. Left out: scheduling by resources, taints and affinity;
propagation delays (they belong to a run).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from sim.cluster.cloud_load_balancers import load_balancers
from sim.cluster.cluster import (
    Assumption,
    Cluster,
    Controller,
    LinkedPort,
    LinkedService,
    Node,
    RunningPod,
)
from sim.cluster.gateways import NAME_LABEL, gateway_classes, proxy_service, served, with_addresses
from sim.cluster.ingress_controllers import (
    assumed_class,
    controller_service,
    found_controllers,
    in_front,
    profile_of_ingress,
    stated_controller,
    wanted_class,
)
from sim.cluster.known_controllers import Known, KnownController
from sim.cluster.services import (
    container_ports,
    pod_endpoint,
    ports_named,
    readiness,
    selects,
    selects_pod,
    slice_endpoints,
    slices_by_service,
)
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects import (
    EndpointSlice,
    Gateway,
    GatewayClass,
    HTTPRoute,
    Ingress,
    IngressClass,
    Manifests,
    Namespace,
    NodeObject,
    Pod,
    ReferenceGrant,
    Secret,
    Service,
    ServicePort,
    Workload,
)

_MOST_OF_ONE, _MOST_PODS, _FEW = 5_000, 150_000, 2
"""Pods that are made for one workload; and for all, beyond which each gets a few. Kubernetes itself is made
for 150,000 Pods in a cluster. Source: Kubernetes documentation, "Considerations for large clusters"."""


def build(manifests: Manifests, setup: Setup, known: Known) -> Cluster:
    """Link manifests into a cluster.

    Args:
        manifests: what was read.
        setup: what is stated besides; what is missing is assumed.
        known: the Ingress controllers that there are; the first is assumed where nothing points to another.
    """
    return _Builder(manifests, setup, known).cluster()


class _Builder:
    """One pass of the control plane. Addresses are given out in order of reading, so they are stable."""

    def __init__(self, manifests: Manifests, setup: Setup, known: Known) -> None:
        self._manifests, self._setup, self._known = manifests, setup, known
        self._assumptions: list[Assumption] = []
        self._next_host: Counter[str] = Counter()
        self._nodes = self._make_nodes()
        self._zones = {n.name: n.zone for n in self._nodes}
        self._per_node: Counter[str] = Counter()
        self._made = 0
        self._taken_node_ports = {
            p.node_port for s in manifests.of(Service) for p in s.spec.ports if p.node_port is not None
        }

    def cluster(self) -> Cluster:
        """Everything, in the order in which one needs the other."""
        pods = {p.key: p for p in self._pods()}
        pods |= {p.key: p for p in self._assumed_pods(list(self._manifests.of(Service)), pods)}
        # The controller's Pods come last, so that the application's are placed alike with and without it.
        found, classes = self._controllers()
        controllers = [
            c for one in found for c in load_balancers(one, self._manifests.of(Ingress), classes, self._known)
        ]
        added = self._controller_pods([c for c in controllers if c.assumed])
        pods |= {p.key: p for p in added}
        kinds, assumed = gateway_classes(self._manifests, self._setup.controllers is not None)
        self._assumptions += assumed
        running = None if self._setup.controllers is None else [c.controller for c in self._setup.controllers]
        proxies = tuple(served(self._manifests, kinds, running, self._setup.replicas))
        pods |= {p.key: p for p in self._proxy_pods(proxies)}
        gateways = {g.key: g for g in self._manifests.of(Gateway)}
        services = [
            *self._manifests.of(Service),
            *(controller_service(c) for c in controllers if c.assumed and c.services),
        ]
        services += [proxy_service(p, gateways[p.gateway or ""]) for p in proxies if p.assumed]
        linked = {s.key: self._service(s, pods) for s in services}
        linked |= {
            key: with_addresses(linked[key], gateways[p.gateway or ""])
            for p in proxies
            for key in p.services
            if key in linked
        }
        return Cluster(
            nodes=self._nodes,
            pods=pods,
            services=linked,
            ingresses=tuple(self._manifests.of(Ingress)),
            ingress_classes=classes,
            controllers=tuple(in_front(c, linked) for c in controllers),
            slices=slices_by_service(self._manifests.of(EndpointSlice)),
            secrets={s.key: s.line() for s in self._manifests.of(Secret)},
            certificates=self._setup.certificates,
            assumptions=tuple(self._assumptions),
            unmodelled=self._manifests.unmodelled,
            gateways=gateways,
            gateway_classes=kinds,
            http_routes=tuple(self._manifests.of(HTTPRoute)),
            reference_grants=tuple(self._manifests.of(ReferenceGrant)),
            namespace_labels={n.name: n.metadata.labels for n in self._manifests.of(Namespace)},
            gateway_proxies=proxies,
            manifests=self._manifests,
            setup=self._setup,
        )

    def _assume(self, what: str, otherwise: str) -> None:
        self._assumptions.append(Assumption(what, otherwise))

    def _make_nodes(self) -> tuple[Node, ...]:
        if self._setup.nodes is not None:
            return tuple(Node(n, z, f"192.168.0.{i + 2}") for i, (n, z) in enumerate(self._setup.nodes))
        objects = list(self._manifests.of(NodeObject))
        if objects:
            return tuple(_read_node(o, i) for i, o in enumerate(objects))
        named = self._named_nodes()
        said = f"the nodes that Pods and EndpointSlices name ({', '.join(list(named)[:5])}), three at least"
        what = said if named else "three nodes in three zones"
        self._assume(what, "give Node objects, or nodes in a scenario")
        usual = [f"node-{letter}" for letter in "abc"]
        more = [name for name in usual if name not in named][: max(0, 3 - len(named))]
        names = usual if set(named) <= set(usual) else [*named, *more]
        return tuple(
            Node(name, named.get(name) or f"zone-{'abc'[i % 3]}", f"192.168.{i // 250}.{i % 250 + 2}")
            for i, name in enumerate(names)
        )

    def _named_nodes(self) -> dict[str, str]:
        """Nodes that no object describes and others name, with their zone where a slice says it."""
        pods = [p.spec.node_name for p in self._manifests.of(Pod)]
        endpoints = [e for s in self._manifests.of(EndpointSlice) for e in s.endpoints]
        found = {name: "" for name in (*pods, *(e.node_name for e in endpoints)) if name}
        return found | {e.node_name: e.zone for e in endpoints if e.node_name and e.zone}

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
            made = any(p.namespace == workload.namespace and selects(labels, p.metadata.labels) for p in read)
            if not made:
                yield from self._make_pods(workload)

    def _read_pod(self, pod: Pod) -> RunningPod:
        node = pod.spec.node_name or self._least_loaded(Counter())
        terminating = pod.metadata.deletion_timestamp is not None
        ready, state = readiness(pod)
        return RunningPod(
            pod.key,
            node,
            self._zone(node),
            pod.status.pod_ip or self._pod_address(node),
            pod.metadata.labels,
            container_ports(pod.spec),
            None,
            ready and not terminating,
            terminating,
            "terminating" if terminating else state,
            pod.line(),
        )

    def _make_pods(self, workload: Workload) -> Iterator[RunningPod]:
        template = workload.spec.template
        ready, state = _as_its_status_says(workload)
        mine: Counter[str] = Counter()
        for number in range(self._wanted(workload)):
            node = self._nodes[number].name if workload.kind == "DaemonSet" else self._least_loaded(mine)
            mine[node] += 1
            is_ready = ready is None or number < ready
            yield RunningPod(
                f"{workload.key}-{number + 1}",
                node,
                self._zone(node),
                self._pod_address(node),
                template.metadata.labels,
                container_ports(template.spec),
                f"{workload.kind} {workload.key}",
                is_ready,
                state="" if is_ready else state,
                source=workload.line(),
            )

    def _wanted(self, workload: Workload) -> int:
        """How many Pods a workload makes here; more than any cluster has are not made, and that is said."""
        if workload.kind == "DaemonSet":
            return len(self._nodes)
        wanted = 1 if workload.spec.replicas is None else workload.spec.replicas
        most = _MOST_OF_ONE if self._made < _MOST_PODS else _FEW
        if wanted > most:
            what = f"{most:,} Pods of {workload.kind} {workload.key}, not {wanted:,}"
            self._assume(what, f"write spec.replicas: {most} or less, or give the Pods themselves")
        made = max(0, min(wanted, most))
        self._made += made
        return made

    def _least_loaded(self, mine: Counter[str]) -> str:
        """Spread one workload's Pods over zones, then over nodes, then all Pods; the first node of equals.

        As the scheduler's default constraints would have it, which prefer both (PodTopologySpread).
        """
        zones: Counter[str] = Counter()
        for name, count in mine.items():
            zones[self._zone(name)] += count
        node = min(self._nodes, key=lambda n: (zones[n.zone], mine[n.name], self._per_node[n.name])).name
        self._per_node[node] += 1
        return node

    def _zone(self, node: str) -> str:
        return self._zones.get(node, "")

    def _assumed_pods(self, services: list[Service], pods: Mapping[str, RunningPod]) -> Iterator[RunningPod]:
        """Two ready Pods for each Service with a selector, where the set shows no workload at all."""
        shown = any(True for _ in self._manifests.of(Workload)) or any(True for _ in self._manifests.of(Pod))
        if shown or not self._setup.assume_endpoints:
            return
        with_slices = {s.service_key for s in self._manifests.of(EndpointSlice)}
        needy = [s for s in services if s.spec.selector and s.origin and s.key not in with_slices]
        bare = [s for s in needy if not any(selects_pod(s, p) for p in pods.values())]
        if bare:
            names = ", ".join(s.key for s in bare)
            self._assume(f"two ready Pods behind each of: {names}", "give the workloads or EndpointSlices")
        for service in bare:
            mine: Counter[str] = Counter()
            for number in (1, 2):
                node = self._least_loaded(mine)
                mine[node] += 1
                ports = {
                    str(p.target_port): p.port for p in service.spec.ports if isinstance(p.target_port, str)
                }
                yield RunningPod(
                    f"{service.key}-assumed-{number}",
                    node,
                    self._zone(node),
                    self._pod_address(node),
                    service.spec.selector,
                    ports,
                )

    def _service(self, service: Service, pods: Mapping[str, RunningPod]) -> LinkedService:
        slices = [s for s in self._manifests.of(EndpointSlice) if s.service_key == service.key]
        ports = tuple(
            self._port(service, port, index, slices, pods) for index, port in enumerate(service.spec.ports)
        )
        return LinkedService(
            service, self._cluster_ip(service), ports, self._load_balancer(service), service.origin is None
        )

    def _port(
        self,
        service: Service,
        port: ServicePort,
        index: int,
        slices: list[EndpointSlice],
        pods: Mapping[str, RunningPod],
    ) -> LinkedPort:
        if slices:
            endpoints = [e for s in slices for n in ports_named(s, port) for e in slice_endpoints(s, n, pods)]
        elif service.spec.selector and service.spec.type != "ExternalName":
            endpoints = [pod_endpoint(service, port, p) for p in pods.values() if selects_pod(service, p)]
        else:
            endpoints = []
        unique = {e.target: e for e in reversed(endpoints)}
        target = port.target_port if port.target_port is not None else port.port
        return LinkedPort(
            port.name or "",
            port.port,
            port.protocol,
            target,
            self._node_port(service, port),
            tuple(unique[t] for t in dict.fromkeys(e.target for e in endpoints)),
            index,
        )

    def _node_port(self, service: Service, port: ServicePort) -> int | None:
        if service.spec.type not in {"NodePort", "LoadBalancer"}:
            return None
        if port.node_port is not None:
            return port.node_port
        if not self._setup.allocate_node_ports:
            return None
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

    def _controllers(self) -> tuple[list[Controller], dict[str, IngressClass]]:
        classes = {c.name: c for c in self._manifests.of(IngressClass)}
        if self._setup.controllers is not None:
            return [stated_controller(s, i) for i, s in enumerate(self._ingress_controllers())], classes
        found = list(found_controllers(self._manifests, self._known))
        if found or not any(True for _ in self._manifests.of(Ingress)):
            return found, classes
        if classes:
            return (self._for_classes(classes) if self._setup.profile else []), classes
        return self._assumed_controllers()

    def _ingress_controllers(self) -> list[ControllerSetup]:
        """The stated controllers without those that only a GatewayClass names."""
        gateways = {c.spec.controller_name for c in self._manifests.of(GatewayClass)}
        others = {c.spec.controller for c in self._manifests.of(IngressClass)}
        return [c for c in self._setup.controllers or () if c.controller not in gateways - others]

    def _for_classes(self, classes: dict[str, IngressClass]) -> list[Controller]:
        """A controller of the wanted profile that claims the classes of the set."""
        profile = self._setup.profile or self._known[0].name
        replicas = self._setup.replicas
        setups = [
            ControllerSetup(c, profile, replicas=replicas)
            for c in dict.fromkeys(self._used_controllers(classes))
        ]
        stated = [stated_controller(s, i) for i, s in enumerate(setups)]
        self._assume(f"an Ingress controller of profile {profile} for the classes here", "--controller none")
        return stated

    def _used_controllers(self, classes: Mapping[str, IngressClass]) -> list[str]:
        used = {wanted_class(i) for i in self._manifests.of(Ingress)}
        named = [k.spec.controller for n, k in classes.items() if n in used or k.is_default]
        return named or [k.spec.controller for k in classes.values()]

    def _assumed_controllers(self) -> tuple[list[Controller], dict[str, IngressClass]]:
        """No controller and no IngressClass in the set: one per class that the Ingresses name."""
        wanted = next((k for k in self._known if k.name == self._setup.profile), None)
        of_class: dict[str | None, KnownController] = {}
        for ingress in self._manifests.of(Ingress):
            of_class.setdefault(wanted_class(ingress), wanted or profile_of_ingress(ingress, self._known))
        kinds = {k.name: k for k in of_class.values()}
        flags = ("any-annotation-class",)
        setups = [
            ControllerSetup(k.controller, k.name, flags, replicas=self._setup.replicas)
            for k in kinds.values()
        ]
        classes = {}
        for kind in kinds.values():
            names = [name for name, k in of_class.items() if k.name == kind.name]
            for name in names:
                made = assumed_class(name or kind.name, kind.controller, default=name is None)
                classes[made.name] = made
            self._assume(
                f"an Ingress controller of profile {kind.name} for {_shown(names)}, {_in_front(kind)}",
                "--controller NAME or none; in a scenario, controller.profile",
            )
        return [stated_controller(s, i) for i, s in enumerate(setups)], classes

    def _proxy_pods(self, proxies: tuple[Controller, ...]) -> Iterator[RunningPod]:
        for one in proxies:
            name = (one.gateway or "").partition("/")[2]
            mine: Counter[str] = Counter()
            for key in one.pods:
                node = self._least_loaded(mine)
                mine[node] += 1
                yield RunningPod(key, node, self._zone(node), self._pod_address(node), {NAME_LABEL: name}, {})

    def _controller_pods(self, controllers: list[Controller]) -> list[RunningPod]:
        made = []
        for controller in controllers:
            mine: Counter[str] = Counter()
            for key in controller.pods:
                node = self._least_loaded(mine)
                mine[node] += 1
                labels = {"app.kubernetes.io/name": controller.name}
                ports = {"http": 80, "https": 443}
                made.append(RunningPod(key, node, self._zone(node), self._pod_address(node), labels, ports))
        return made


def _shown(classes: Collection[str | None]) -> str:
    """Class names for people; None stands for Ingresses that name no class."""
    names = [name for name in classes if name]
    parts = [f"class {', '.join(names)}"] if names else []
    return " and ".join([*parts, *(["Ingresses without a class"] if None in classes else [])])


def _in_front(kind: KnownController) -> str:
    """What clients reach it by."""
    if kind.front is not None:
        return "which makes load balancers that apply the rules themselves"
    return "behind a load balancer" if kind.reads_ingresses else "which reads no Ingress"


def _read_node(node: NodeObject, index: int) -> Node:
    zone = node.metadata.labels.get("topology.kubernetes.io/zone", "")
    addresses = {a.type: a.address for a in node.status.addresses}
    return Node(node.name, zone, addresses.get("InternalIP", f"192.168.0.{index + 2}"))


def _as_its_status_says(workload: Workload) -> tuple[int | None, str]:
    """How many Pods of a workload from a cluster are ready, None where no status says it; and why not all."""
    ready = workload.ready_replicas
    return ready, f"not ready: {workload.kind} {workload.key} says {ready or 0} ready"
