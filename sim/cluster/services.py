"""Services with their endpoints: which address and port each port leads to, by selector or by EndpointSlices.

Source: discovery.k8s.io/v1 API reference, and the EndpointSlice controller of Kubernetes 1.35.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sim.cluster.addresses import ServiceAddresses
from sim.cluster.cluster import Endpoint, LinkedPort, LinkedService, Node, RunningPod
from sim.cluster.families import Family, canonical, family_of
from sim.cluster.labels import ByLabels
from sim.cluster.life.slices import EndpointState, endpoint_state
from sim.cluster.topology_hints import (
    NO_HINTS,
    EndpointPlace,
    HintsReason,
    NodeCapacity,
    TopologyHints,
    asked_by,
    topology_hints,
)
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import (
    EndpointConditions,
    EndpointSlice,
    Service,
    ServicePort,
    ServiceSpec,
)


def assumed_service(
    key: str,
    ports: Iterable[ServicePort],
    labels: Mapping[str, str] | None = None,
    selector: Mapping[str, str] | None = None,
) -> Service:
    """A Service `NAMESPACE/NAME` of type LoadBalancer that no file shows."""
    namespace, _, name = key.partition("/")
    meta = ObjectMeta(name=name, namespace=namespace, labels=labels or {})
    spec = ServiceSpec(type="LoadBalancer", selector=selector or {}, ports=tuple(ports))
    return Service(api_version="v1", kind="Service", metadata=meta, spec=spec)


def linked_services(
    services: Iterable[Service],
    addresses: Mapping[str, ServiceAddresses],
    slices: Mapping[str, Sequence[EndpointSlice]],
    pods: Mapping[str, RunningPod],
    nodes: Iterable[Node] = (),
) -> dict[str, LinkedService]:
    """Services with addresses and endpoints, by key.

    Args:
        nodes: all of them; hints go by their zones and CPU.
        slices: by the key of their Service; a Service that has some has exactly their endpoints.
        pods: by key; the others have those that they select.
    """
    by_labels = ByLabels((p.namespace, p.labels, p) for p in pods.values())
    capacities = [NodeCapacity(n.name, n.zone, n.cpu, n.left_out) for n in nodes]

    def hints(service: Service) -> TopologyHints:
        if service.key in slices:
            return TopologyHints(HintsReason.WRITTEN, because=HintsReason.WRITTEN.value)
        selected = by_labels.fitting(service.namespace, service.spec.selector)
        return _hints_of(service, selected, capacities, addresses[service.key].families)

    def endpoints(service: Service, port: ServicePort, given: TopologyHints) -> Iterator[Endpoint]:
        if service.key in slices:
            for piece in slices[service.key]:
                for number in ports_named(piece, port):
                    yield from slice_endpoints(piece, number, pods)
        elif service.spec.type != "ExternalName":
            selected = by_labels.fitting(service.namespace, service.spec.selector)
            families = addresses[service.key].families
            found = (pod_endpoint(service, port, pod, given, families) for pod in selected)
            yield from (endpoint for endpoint in found if endpoint is not None)

    def linked(service: Service) -> LinkedService:
        given, hinted = addresses[service.key], hints(service)
        ports = tuple(
            _linked_port(port, index, given.node_ports[index], endpoints(service, port, hinted))
            for index, port in enumerate(service.spec.ports)
        )
        return LinkedService(
            service,
            next(iter(given.cluster_ips), None),
            ports,
            given.load_balancer,
            service.origin is None,
            given.cluster_ips,
            given.families,
            hints=hinted,
        )

    return {service.key: linked(service) for service in services}


def _linked_port(
    port: ServicePort, index: int, node_port: int | None, endpoints: Iterable[Endpoint]
) -> LinkedPort:
    """A port with its endpoints; of those at one address and port the first counts."""
    unique: dict[str, Endpoint] = {}
    for endpoint in endpoints:
        unique.setdefault(endpoint.target, endpoint)
    if any("[" in target for target in unique):
        unique = _each_pod_once(unique)
    target = port.target_port if port.target_port is not None else port.port
    return LinkedPort(
        port.name or "", port.port, port.protocol, target, node_port, tuple(unique.values()), index
    )


def _each_pod_once(endpoints: Mapping[str, Endpoint]) -> dict[str, Endpoint]:
    """The addresses of one Pod in slices of both families as one endpoint, where they fare alike."""
    found: dict[Any, Endpoint] = {}
    for endpoint in endpoints.values():
        six = family_of(endpoint.address) == "IPv6"
        alike = (endpoint.pod, endpoint.port, endpoint.ready, endpoint.serving, endpoint.terminating)
        first = found.get((*alike, not six)) if endpoint.pod and not endpoint.second else None
        if first is None or first.second:
            found.setdefault((*alike, six) if endpoint.pod else endpoint.target, endpoint)
        else:
            found[(*alike, not six)] = replace(first, second=endpoint.address)
    return {endpoint.target: endpoint for endpoint in found.values()}


def pod_endpoint(
    service: Service,
    port: ServicePort,
    pod: RunningPod,
    hints: TopologyHints,
    families: Sequence[Family] = ("IPv4",),
) -> Endpoint | None:
    """An endpoint made from a selected Pod; port 0 where no container has a port of the target's name.

    A name is looked up together with the protocol. Source: FindPort in kubernetes, pkg/api/v1/pod/util.go.
    None: the Pod has no address of the Service's families.
    """
    target = port.target_port if port.target_port is not None else port.port
    number = pod.ports.get((target, port.protocol), 0) if isinstance(target, str) else target
    conditions = _state_of(service, pod)
    ready = conditions.ready and number > 0
    state = pod.state if number else _no_such_port(pod, str(target), port.protocol)
    address, *second = [a for a in pod.addresses if family_of(a) in families] or [""]
    if not address:
        return None
    return Endpoint(
        address,
        number,
        ready,
        conditions.serving,
        conditions.terminating,
        pod.key,
        pod.node,
        pod.zone,
        pod.source,
        state,
        *((_one(hints.zones.get(pod.key)), _one(hints.nodes.get(pod.key))) if ready else ((), ())),
        *second,
    )


def _one(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()


def _state_of(service: Service, pod: RunningPod) -> EndpointState:
    """The conditions of a Pod's endpoint."""
    serving = pod.ready or (pod.terminating and pod.serving)
    return endpoint_state(serving, pod.terminating, bool(service.spec.publish_not_ready_addresses))


def _no_such_port(pod: RunningPod, name: str, protocol: str) -> str:
    """Why a name leads to no container port: there is none, or it is one of another protocol."""
    others = " and ".join(kind for known, kind in pod.ports if known == name)
    if others:
        return f"no container has a {protocol} port named {name!r}: there it is {others}"
    return f"no container has a port named {name!r}"


def _hints_of(
    service: Service, pods: Iterable[RunningPod], nodes: Sequence[NodeCapacity], families: Sequence[Family]
) -> TopologyHints:
    """What the controller writes for the Pods that a Service selects."""
    asking, wish = service.metadata.annotations, service.spec.traffic_distribution
    if service.spec.type == "ExternalName" or not service.spec.selector or asked_by(asking, wish) == ("", ""):
        return NO_HINTS
    here = (p for p in pods if any(family_of(a) in families for a in p.addresses))
    ready = [EndpointPlace(p.key, p.zone, p.node) for p in here if _state_of(service, p).ready]
    return topology_hints(asking, wish, ready, nodes)


def slices_by_service(slices: Iterable[EndpointSlice]) -> dict[str, tuple[EndpointSlice, ...]]:
    """The slices of each Service, in order of reading."""
    grouped: dict[str, list[EndpointSlice]] = {}
    for piece in slices:
        if piece.service_key is not None:
            grouped.setdefault(piece.service_key, []).append(piece)
    return {key: tuple(pieces) for key, pieces in grouped.items()}


def ports_named(piece: EndpointSlice, port: ServicePort) -> list[int]:
    """The numbers of a slice's ports for a Service port; they are joined by name, as kube-proxy does."""
    return [
        p.port or 0
        for p in piece.ports
        if (p.name or "") == (port.name or "") and p.protocol == port.protocol
    ]


def slice_endpoints(piece: EndpointSlice, number: int, pods: Mapping[str, RunningPod]) -> Iterator[Endpoint]:
    """The endpoints of a slice at one port number; first addresses only, as kube-proxy does."""
    for index, endpoint in enumerate(piece.endpoints):
        reference = endpoint.target_ref
        key = f"{piece.namespace}/{reference.name}" if reference and reference.name else None
        pod = pods.get(key) if key else None
        ready, serving, terminating = _conditions(endpoint.conditions)
        for address in endpoint.addresses[:1]:
            yield Endpoint(
                canonical(address),
                number,
                ready,
                serving,
                terminating,
                key,
                endpoint.node_name or (pod.node if pod else None),
                endpoint.zone or (pod.zone if pod else None),
                piece.line("endpoints", index),
                "" if ready else "terminating" if terminating else (pod.state if pod else "") or "not ready",
                _names(endpoint.hints, "forZones"),
                _names(endpoint.hints, "forNodes"),
            )


def _names(hints: Mapping[str, Any] | None, key: str) -> tuple[str, ...]:
    """The names in a list of hints."""
    listed = (hints or {}).get(key)
    return tuple(str(h["name"]) for h in listed if "name" in h) if isinstance(listed, list) else ()


def _conditions(conditions: EndpointConditions) -> tuple[bool, bool, bool]:
    """Missing conditions read as ready and serving, not terminating. Source: EndpointSlice API."""
    ready = conditions.ready is not False
    return ready, conditions.serving is not False, bool(conditions.terminating)
