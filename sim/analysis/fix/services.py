"""Ways out behind a rule: Services, their ports, selectors and target ports; load balancers and Pods."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.findings.index import PodSource
from sim.analysis.findings.references import Reference
from sim.analysis.fix.case import Candidate, Case, alike, by_likeness, one
from sim.analysis.fix.edits import NewObject, Put, Remove
from sim.analysis.fix.entrances import free_name
from sim.cluster.cluster import LinkedPort
from sim.cluster.pods import container_ports
from sim.manifests.objects.gateway_api import ReferenceGrant
from sim.manifests.objects.meta import KubernetesObject, Path
from sim.manifests.objects.networking import Ingress, Service, ServicePort
from sim.manifests.objects.workloads import Container, Pod, WorkloadResource

PRE_STOP_S = 5
"""Seconds: longer than nodes and controllers take to learn of it (one or two), far below the 30 of grace."""


def other_name(case: Case) -> Iterator[Candidate]:
    """A Service of the namespace whose name is like the one that is not there; with its port if need be."""
    for reference in case.references:
        here = case.index.service_names_in.get(reference.namespace, ())
        for name in by_likeness(reference.service, here):
            if not alike(reference.service, name) and len(here) > 1:
                continue
            named = Put(reference.item, (*reference.path, "name"), name)
            yield from one(f"name Service {name}", named)
            service = case.index.services[f"{reference.namespace}/{name}"]
            for port in service.spec.ports:
                moved = _port_change(reference, port)
                if moved is not None:
                    yield from one(f"name Service {name} and its port {port.port}", named, moved)


def other_namespace(case: Case) -> Iterator[Candidate]:
    """The Service is in another namespace: a route says so (with a grant), an Ingress needs an alias."""
    for reference in case.references:
        for namespace in case.index.namespaces_of_service.get(reference.service, ()):
            service = case.index.services[f"{namespace}/{reference.service}"]
            if isinstance(reference.item, Ingress):
                yield from one(
                    f"add an alias in {reference.namespace} for Service {service.key}",
                    NewObject(reference.item, _alias(reference, service)),
                )
            else:
                put = Put(reference.item, (*reference.path, "namespace"), namespace)
                yield from one(f"say that the Service is in {namespace}", put)
                allowed = grant(case, reference.item, service)
                yield from one(f"say that the Service is in {namespace}, and allow it", put, allowed)


def _alias(reference: Reference, service: Service) -> dict[str, Any]:
    name = f"{service.name}.{service.namespace}.svc.cluster.local"
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": reference.service, "namespace": reference.namespace},
        "spec": {"type": "ExternalName", "externalName": name},
    }


def grant(case: Case, source: KubernetesObject, target: KubernetesObject) -> NewObject:
    """A ReferenceGrant where `target` lives: from objects of one kind and namespace to it alone."""
    taken = {g.name for g in case.manifests.of(ReferenceGrant) if g.namespace == target.namespace}
    name = free_name(f"{source.namespace}-to-{target.name}", taken)
    group = source.api_version.rpartition("/")[0]
    text = {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": name, "namespace": target.namespace},
        "spec": {
            "from": [{"group": group, "kind": source.kind, "namespace": source.namespace}],
            "to": [{"group": "", "kind": target.kind, "name": target.name}],
        },
    }
    return NewObject(target, text)


def other_port(case: Case) -> Iterator[Candidate]:
    """A port that the Service has: the one whose target was named, one of a like name, else any."""
    for reference in case.references:
        service = case.index.services.get(reference.key)
        ports = service.spec.ports if service is not None else ()
        for number, port in sorted(enumerate(ports), key=lambda p: not _meant(reference, p[1])):
            change = _port_change(reference, port)
            if change is not None:
                yield from one(f"name port {change.value}, which the Service has", change)
            elif service is not None and reference.port_name and not port.name:
                put = Put(service, ("spec", "ports", number, "name"), reference.port_name)
                yield from one(f"call port {port.port} of the Service {reference.port_name}", put)


def _meant(reference: Reference, port: ServicePort) -> bool:
    asked = reference.port
    return asked in (port.target_port, port.name) or alike(str(asked), str(port.name or port.port))


def _port_change(reference: Reference, port: ServicePort) -> Put | None:
    """The reference with this port, in the form that it has; None if nothing would change, or cannot."""
    value = port.port if reference.number is not None else port.name
    if value is None or value == reference.port or reference.port is None:
        return None
    return Put(reference.item, (*reference.path, *reference.port_path), value)


def selector(case: Case) -> Iterator[Candidate]:
    """The selector takes the labels that Pods have, or the Pods get the label that it asks for."""
    service = case.written_service
    if service is None or not service.spec.selector:
        return
    for pods in _nearest(case, service):
        wrong = {k: v for k, v in service.spec.selector.items() if pods.labels.get(k) != v}
        if not wrong:
            continue
        puts = tuple(Put(service, ("spec", "selector", k), pods.labels[k]) for k in wrong if k in pods.labels)
        extra = tuple(Remove(service, ("spec", "selector", k)) for k in wrong if k not in pods.labels)
        if puts and not extra:
            yield Candidate(f"select the labels that {pods.title} has", puts)
        labels = ("metadata", "labels")
        where = ("spec", "template", *labels) if isinstance(pods.manifest, WorkloadResource) else labels
        given = tuple(Put(pods.manifest, (*where, k), v) for k, v in wrong.items())
        yield Candidate(f"give {pods.title} the labels that the Service selects", given)
        if extra and len(extra) < len(service.spec.selector):
            yield Candidate(f"select only labels that {pods.title} has", (*puts, *extra))


def _nearest(case: Case, service: Service) -> list[PodSource]:
    """The Pods of the namespace that fit the selector best: equal labels, then like values and names."""
    wanted = service.spec.selector

    def score(pods: PodSource) -> tuple[int, int, bool]:
        equal = sum(pods.labels.get(k) == v for k, v in wanted.items())
        near = sum(alike(v, pods.labels[k]) for k, v in wanted.items() if k in pods.labels)
        return equal, near, alike(pods.manifest.name, service.name)

    here = [p for p in case.index.pod_sources if p.manifest.namespace == service.namespace][:200]
    return [p for p in sorted(here, key=score, reverse=True) if score(p) > (0, 0, False)][:2]


def replicas(case: Case) -> Iterator[Candidate]:
    """A workload that is scaled to nothing."""
    service = case.written_service
    for pods in case.index.selected(service) if service else ():
        workload = pods.manifest
        if isinstance(workload, WorkloadResource) and workload.spec.replicas == 0:
            yield from one(f"run one Pod of {pods.title}", Put(workload, ("spec", "replicas"), 1))


def target_port(case: Case) -> Iterator[Candidate]:
    """A target that a container has: by a like name, else by number."""
    service = case.written_service
    linked = case.service
    if service is None or linked is None:
        return
    asked = (case.trace.final.backend or "").rpartition(":")[2]
    port = next((p for p in linked.ports if asked in (str(p.number), p.name)), None)
    if port is None:
        return
    where = ("spec", "ports", port.index, "targetPort")
    of_pods = (item for p in case.index.selected(service) for item in container_ports(p.spec).items())
    declared = {name: number for (name, protocol), number in of_pods if protocol == port.protocol}
    wants_name = isinstance(port.target_port, str)
    yield from _of_another_protocol(case, service, port) if wants_name else ()
    names = [k for k in declared if k.isdigit() != wants_name]
    for name in by_likeness(str(port.target_port), names):
        value = name if wants_name else int(name)
        yield from one(f"send to containerPort {value}", Put(service, where, value))
    for number in sorted(set(declared.values())) if wants_name and not names else ():
        yield from one(f"send to containerPort {number}", Put(service, where, number))


def _of_another_protocol(case: Case, service: Service, port: LinkedPort) -> Iterator[Candidate]:
    """The container has a port of the name, and another protocol stands there."""
    for pods in case.index.selected(service):
        below: Path = () if isinstance(pods.manifest, Pod) else ("spec", "template")
        for i, container in enumerate(pods.spec.containers):
            for j, there in enumerate(container.ports):
                if there.name == port.target_port and there.protocol != port.protocol:
                    where = (*below, "spec", "containers", i, "ports", j, "protocol")
                    says = f"let containerPort {there.name} be {port.protocol}, as the Service asks"
                    yield from one(says, Put(pods.manifest, where, port.protocol))


def policy(case: Case) -> Iterator[Candidate]:
    """Every node passes the connection on, not only those with a Pod.

    A stated health check port goes with it: the API server takes one with policy Local alone (ValidateService
    in kubernetes/pkg/apis/core/validation).
    """
    service = case.written_service
    if service is None:
        return
    if service.spec.external_traffic_policy == "Local":
        put = Put(service, ("spec", "externalTrafficPolicy"), "Cluster")
        stated = ("spec", "healthCheckNodePort")
        also = (Remove(service, stated),) if service.origin and stated in service.origin.positions else ()
        without = ", without healthCheckNodePort, which goes with Local alone" if also else ""
        says = f"write externalTrafficPolicy: Cluster{without} (then Pods do not see the client's address)"
        yield from one(says, put, *also)
    if service.spec.internal_traffic_policy == "Local":
        put = Put(service, ("spec", "internalTrafficPolicy"), "Cluster")
        yield from one("write internalTrafficPolicy: Cluster", put)


def pre_stop(case: Case) -> Iterator[Candidate]:
    """The container waits before it stops, until every proxy has taken the Pod out."""
    service = case.written_service
    for pods in case.index.selected(service) if service else ():
        workload = pods.manifest
        number = without_pre_stop(workload) if isinstance(workload, WorkloadResource) else None
        if number is not None:
            where = ("spec", "template", "spec", "containers", number, "lifecycle", "preStop")
            put = Put(workload, where, {"sleep": {"seconds": PRE_STOP_S}})
            yield from one(f"wait {PRE_STOP_S} s before stopping", put)


def without_pre_stop(workload: WorkloadResource) -> int | None:
    """The first container that takes requests and has no preStop hook, None if each has one."""
    containers = enumerate(workload.spec.template.spec.containers)
    return next((n for n, c in containers if c.ports and not _pre_stop(c)), None)


def _pre_stop(container: Container) -> bool:
    return bool((container.lifecycle or {}).get("preStop"))
