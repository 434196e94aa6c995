"""Ways out where nothing leads in: an Ingress for the host, load balancers, ports, ranges, Services."""

import ipaddress
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

from sim.analysis.findings.references import Reference
from sim.analysis.fix.case import Candidate, Case, alike, by_likeness, one
from sim.analysis.fix.edits import Append, Change, NewObject, Put
from sim.cluster.pods import container_ports
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.networking import Ingress, Service
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing.controllers.api import path_elements

_LONGEST_NAME = 240
"""Letters of a name, with room for a number behind it; the API takes 253."""
_PORTS: tuple[tuple[str, int], ...] = (("http", 80), ("https", 443))


def free_name(stem: str, taken: Iterable[str]) -> str:
    """The name, with a number behind it where it is taken."""
    there, short = set(taken), stem[:_LONGEST_NAME]
    names = chain([short], (f"{short}-{n}" for n in count(2)))
    return next(name for name in names if name not in there)


def beside(item: KubernetesObject, name: str) -> dict[str, str]:
    """Metadata of an object in the namespace of another one; it is left out where that one leaves it out."""
    stated = item.origin is not None and ("metadata", "namespace") in item.origin.positions
    return {"name": name} | ({"namespace": item.namespace} if stated else {})


def new_ingress(case: Case) -> Iterator[Candidate]:
    """An Ingress for the host to a Service that is called like it or like the path, or to the only one."""
    if not case.trace.request.is_http or _is_address(case.host):
        return
    taken = {i.name for i in case.manifests.of(Ingress)}
    for service in _meant(case):
        port = service.spec.ports[0].port
        backend = {"service": {"name": service.name, "port": {"number": port}}}
        rule = {
            "host": case.host,
            "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
        }
        text = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": beside(service, free_name(service.name, taken)),
            "spec": _class_here(case) | {"rules": [rule]},
        }
        yield from one(f"add an Ingress for {case.host} to Service {service.key}", NewObject(service, text))


def _class_here(case: Case) -> dict[str, str]:
    """The class of a controller that runs and was read from a file; none where one is assumed."""
    running = {c.controller for c in case.cluster.controllers}
    classes = case.cluster.ingress_classes.values()
    return next(
        ({"ingressClassName": c.name} for c in classes if c.origin and c.spec.controller in running), {}
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _meant(case: Case) -> list[Service]:
    """Services of applications that the host or the path may mean, the likeliest first."""
    fronts = {key for c in case.cluster.controllers for key in c.services}
    services = [
        s.manifest
        for s in case.cluster.services.values()
        if s.manifest.origin and s.ports and s.key not in fronts and s.manifest.spec.type != "ExternalName"
    ]
    wanted = [*case.host.split("."), *path_elements(case.path)]
    named = [s for s in services if any(alike(s.name, word) for word in wanted)]
    chosen = by_likeness(wanted[0], [s.name for s in named]) if named else []
    liked = [s for name in chosen for s in named if s.name == name]
    return (liked or services)[:2]


def exposed(case: Case) -> Iterator[Candidate]:
    """The Service that the host names gets a load balancer of its own."""
    name, _, rest = case.host.partition(".")
    namespace = rest.partition(".")[0] or "default"
    services = [s.manifest for s in case.cluster.services.values() if s.manifest.origin]
    named = [s for s in services if s.name == name and s.namespace in (namespace, "default")]
    for service in named or [s for s in _meant(case) if alike(s.name, name)]:
        if service.spec.type in ("ClusterIP", "NodePort") and not service.is_headless:
            put = Put(service, ("spec", "type"), "LoadBalancer")
            yield from one(f"make Service {service.key} one of type LoadBalancer", put)
            more = tuple(opened(service, case.trace.request.target_port))
            if more:
                says = f"make Service {service.key} one of type LoadBalancer"
                yield Candidate(f"{says}, on port {case.trace.request.target_port} too", (put, *more))


def open_port(case: Case) -> Iterator[Candidate]:
    """The Service listens on one port more, or on this one instead of its first."""
    service, wanted = case.written_service, case.trace.request.target_port
    if service is None or not service.spec.ports:
        return
    yield Candidate(f"listen on port {wanted} too", tuple(opened(service, wanted)))
    first = service.spec.ports[0].port
    yield from one(
        f"listen on port {wanted}, not on {first}", Put(service, ("spec", "ports", 0, "port"), wanted)
    )


def opened(service: Service, wanted: int) -> Iterator[Change]:
    """One port more, to where the first one leads; every port has a name then, as the API asks."""
    if not service.spec.ports or wanted in {p.port for p in service.spec.ports}:
        return
    first = service.spec.ports[0]
    target = first.target_port if first.target_port is not None else first.port
    name = free_name(f"port-{wanted}", (p.name or "" for p in service.spec.ports))
    port: dict[str, Any] = {"name": name, "port": wanted, "targetPort": target}
    if first.protocol != "TCP":
        port["protocol"] = first.protocol
    yield Append(service, ("spec", "ports"), port)
    if not first.name:
        yield Put(service, ("spec", "ports", 0, "name"), f"port-{first.port}")


def front(case: Case) -> Iterator[Candidate]:
    """A load balancer in front of a controller that none leads to."""
    for controller in case.cluster.controllers:
        linked = [case.cluster.services[key].manifest for key in controller.services]
        for service in (s for s in linked if s.origin and s.spec.type in ("ClusterIP", "NodePort")):
            put = Put(service, ("spec", "type"), "LoadBalancer")
            yield from one(f"make Service {service.key} one of type LoadBalancer", put)
        if not linked:
            yield from _new_front(case, controller.name)


def _new_front(case: Case, name: str) -> Iterator[Candidate]:
    for workload in case.manifests.of(WorkloadResource):
        if f"{workload.kind} {workload.key}" != name or not workload.spec.selector.match_labels:
            continue
        there = tcp_ports(workload)
        labels = dict(workload.spec.selector.match_labels)
        ports = [
            {"name": n, "port": number, "targetPort": there.get(n, number)}
            for n, number in _PORTS
            if n in there or str(number) in there
        ]
        text = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": beside(workload, free_name(workload.name, _service_names(case, workload.namespace))),
            "spec": {
                "type": "LoadBalancer",
                "selector": labels,
                "ports": ports,
            },
        }
        if ports:
            says = f"add a Service of type LoadBalancer in front of {workload.kind} {workload.key}"
            yield from one(says, NewObject(workload, text))


def tcp_ports(workload: WorkloadResource) -> dict[str, int]:
    """The container ports of a workload that speak TCP, by name and by number as text."""
    found = container_ports(workload.spec.template.spec).items()
    return {name: number for (name, protocol), number in found if protocol == "TCP"}


def _service_names(case: Case, namespace: str) -> list[str]:
    return list(case.index.service_names_in.get(namespace, ()))


def new_service(case: Case) -> Iterator[Candidate]:
    """The Service that is missing, for a workload of the namespace that is called like it."""
    for reference in case.references:
        if reference.key in case.index.services:
            continue
        for workload in case.manifests.of(WorkloadResource):
            if workload.namespace == reference.namespace and alike(workload.name, reference.service):
                yield from _service_for(reference, workload)


def _service_for(reference: Reference, workload: WorkloadResource) -> Iterator[Candidate]:
    numbers = list(tcp_ports(workload).values())
    labels = dict(workload.spec.selector.match_labels)
    if not numbers or not labels:
        return
    number = reference.number if reference.number is not None else numbers[0]
    port: dict[str, Any] = {"port": number, "targetPort": number if number in numbers else numbers[0]}
    if reference.port_name:
        port["name"] = reference.port_name
    text = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": beside(workload, reference.service),
        "spec": {"selector": labels, "ports": [port]},
    }
    says = f"add Service {reference.key} for {workload.kind} {workload.key}"
    yield from one(says, NewObject(workload, text))


def source_ranges(case: Case) -> Iterator[Candidate]:
    """The load balancer lets this client in too."""
    service = case.written_service
    if service is not None and service.spec.load_balancer_source_ranges:
        own = network(case.trace.request.client_ip)
        add = Append(service, ("spec", "loadBalancerSourceRanges"), own)
        yield from one(f"add {own} to loadBalancerSourceRanges", add)


def network(address: str) -> str:
    """The network that holds one address alone."""
    return str(ipaddress.ip_network(address))
