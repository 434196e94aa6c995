"""Endpoints: which address and port a Service port leads to, from selected Pods or from EndpointSlices.

Source: discovery.k8s.io/v1 API reference, and the EndpointSlice controller of Kubernetes 1.35.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sim.cluster.cluster import Endpoint, RunningPod
from sim.manifests.objects import EndpointConditions, EndpointSlice, Pod, PodSpec, Service, ServicePort


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a selector fits labels; an empty selector fits nothing, as in a Service."""
    return bool(selector) and all(labels.get(k) == v for k, v in selector.items())


def selects_pod(service: Service, pod: RunningPod) -> bool:
    """Whether a Service selects a Pod: same namespace, fitting labels."""
    return pod.namespace == service.namespace and selects(service.spec.selector, pod.labels)


def container_ports(spec: PodSpec) -> dict[str, int]:
    """The declared ports of a Pod, by name and by number as text."""
    ports = [p for c in spec.containers for p in c.ports]
    return {str(p.container_port): p.container_port for p in ports} | {
        p.name: p.container_port for p in ports if p.name
    }


def readiness(pod: Pod) -> tuple[bool, str]:
    """Ready unless a status says otherwise."""
    condition = next((c for c in pod.status.conditions if c.type == "Ready"), None)
    if condition is None or condition.status == "True":
        stopped = pod.status.phase in {"Failed", "Succeeded", "Pending"} and condition is None
        return not stopped, f"phase {pod.status.phase}" if stopped else ""
    return False, f"not ready: {condition.message or condition.reason or 'no reason given'}"


def pod_endpoint(service: Service, port: ServicePort, pod: RunningPod) -> Endpoint:
    """An endpoint made from a selected Pod; port 0 where no container has a port of the target's name."""
    target = port.target_port if port.target_port is not None else port.port
    number = pod.ports.get(target, 0) if isinstance(target, str) else target
    ready = (pod.ready or (service.spec.publish_not_ready_addresses and not pod.terminating)) and number > 0
    state = pod.state if number else f"no container has a port named {target!r}"
    return Endpoint(
        pod.address,
        number,
        ready,
        pod.ready or pod.terminating,
        pod.terminating,
        pod.key,
        pod.node,
        pod.zone,
        pod.source,
        state,
        *(_hints_of(service, pod) if ready else ((), ())),
    )


def _hints_of(service: Service, pod: RunningPod) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The zones and nodes that the controller gives a ready endpoint to (KEP-4444, KEP-3015)."""
    wish = service.spec.traffic_distribution
    if wish not in {"PreferClose", "PreferSameZone", "PreferSameNode"}:
        return (), ()
    return (pod.zone,) if pod.zone else (), (pod.node,) if wish == "PreferSameNode" else ()


def slices_by_service(slices: Iterable[EndpointSlice]) -> dict[str, tuple[EndpointSlice, ...]]:
    """The slices of each Service, in order of reading."""
    grouped: dict[str, tuple[EndpointSlice, ...]] = {}
    for piece in slices:
        key = piece.service_key
        if key is not None:
            grouped[key] = (*grouped.get(key, ()), piece)
    return grouped


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
                address,
                number,
                ready,
                serving,
                terminating,
                key,
                endpoint.node_name or (pod.node if pod else None),
                endpoint.zone or (pod.zone if pod else None),
                piece.line("endpoints", index),
                "" if ready else "terminating" if terminating else "not ready",
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
