"""References that lead nowhere: Services, ports, selectors, target ports, Secrets; and why it may look so."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.analysis.findings.index import Index, PodSource, finding, listed, names_no_namespace, nearest
from sim.cluster.pods import container_ports
from sim.cluster.readiness import never_ready, readiness
from sim.cluster.services import ports_named
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.gateway_routes import rules_of
from sim.manifests.objects.meta import KubernetesObject, Path
from sim.manifests.objects.networking import Ingress, IngressBackend, Service, ServicePort
from sim.manifests.objects.workloads import Pod, WorkloadResource
from sim.routing.controllers.aws_alb import BY_ANNOTATION

_MOST_GUESSES, _MOST_COMPARED = 200, 400_000
"""Mistakes of one sort for which a similar name is looked for; names compared with in all."""


@dataclass(frozen=True)
class Reference:
    """A backend: a Service and a port of it, named at a path of an object.

    Args:
        namespace: where the Service is looked for.
        number: the port by number, None if it is named or missing.
    """

    item: KubernetesObject
    path: Path
    namespace: str
    service: str
    number: int | None
    port_name: str | None = None
    port_path: Path = ("port",)

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME` of the Service."""
        return f"{self.namespace}/{self.service}"

    @property
    def port(self) -> int | str | None:
        """The port as it was written."""
        return self.number if self.number is not None else self.port_name


def references(index: Index) -> Iterator[Reference]:
    """All Services that Ingresses and routes name."""
    for ingress in index.ingresses:
        yield from _of_ingress(ingress)
    for route in index.every_route:
        for i, rule in enumerate(rules_of(route)):
            for j, ref in enumerate(rule.backend_refs):
                if ref.kind == "Service" and not ref.group and ref.name:
                    namespace = ref.namespace or route.namespace
                    path = ("spec", "rules", i, "backendRefs", j)
                    yield Reference(route, path, namespace, ref.name, ref.port)


def _of_ingress(ingress: Ingress) -> Iterator[Reference]:
    if ingress.spec.default_backend is not None:
        yield from _of_backend(ingress, ("spec", "defaultBackend"), ingress.spec.default_backend)
    for i, rule in enumerate(ingress.spec.rules):
        for j, path in enumerate(rule.http.paths if rule.http else ()):
            yield from _of_backend(ingress, ("spec", "rules", i, "http", "paths", j, "backend"), path.backend)


def _of_backend(ingress: Ingress, path: Path, backend: IngressBackend) -> Iterator[Reference]:
    service = backend.service
    if service is not None and service.name:
        where = (*path, "service")
        port_path = ("port", "number" if service.port.number is not None else "name")
        yield Reference(
            ingress, where, ingress.namespace, service.name, service.port.number, service.port.name, port_path
        )


def dangling(index: Index) -> Iterator[Finding]:
    """Backends without such a Service, or without such a port."""
    guesses = 0
    most = min(_MOST_GUESSES, _MOST_COMPARED // max(1, len(index.services)))
    for reference in references(index):
        service = index.services.get(reference.key)
        if reference.port == BY_ANNOTATION:
            continue  # The AWS controller looks for an action of this name among the annotations.
        if service is None:
            guesses += 1
            yield _no_service(index, reference, guesses <= most)
        elif not has_port(service, reference):
            yield _no_port(service, reference)


def has_port(service: Service, reference: Reference) -> bool:
    """Whether a Service has the port; one of type ExternalName needs to list none."""
    if service.spec.type == "ExternalName" and not service.spec.ports:
        return True
    return any(reference.port == (p.name if reference.number is None else p.port) for p in service.spec.ports)


def _no_service(index: Index, reference: Reference, guess: bool) -> Finding:
    item, where = reference.item, (*reference.path, "name")
    elsewhere = index.namespaces_of_service.get(reference.service, ())
    if elsewhere:
        there = listed(elsewhere)
        message = f"Service {shown(reference.service)} is in namespace {there}, not in {reference.namespace}"
        fix = "a backend is looked for in the namespace of its Ingress or route; move one of the two"
        hint = f", or give -n {elsewhere[0]} for objects that name none" if names_no_namespace(item) else ""
        return finding(item, "SIM1102", "error", message, where, fix + hint)
    here = index.service_names_in.get(reference.namespace, ())
    meant = nearest(reference.service, here) if guess else None
    message = f"no Service {shown(reference.service)} in namespace {reference.namespace}"
    message += f"; did you mean {meant}?" if meant else f"; there are: {listed(here)}"
    fix = f"write {meant}, or create the Service" if meant else "create it, or name one that is there"
    return finding(item, "SIM1101", "error", message, where, fix)


def _no_port(service: Service, reference: Reference) -> Finding:
    ports = listed(port_title(p) for p in service.spec.ports)
    asked = "no port" if reference.port is None else f"port {shown(str(reference.port))}"
    message = f"{asked} of Service {service.key} is not there; it has: {ports}"
    path = (*reference.path, *reference.port_path)
    return finding(reference.item, "SIM1103", "error", message, path, "name one of its ports")


def port_title(port: ServicePort) -> str:
    """A port of a Service, by number and name."""
    return f"{port.port} ({port.name})" if port.name else str(port.port)


def selectors(index: Index) -> Iterator[Finding]:
    """Selectors that fit no Pod, in a set that shows Pods or workloads at all."""
    if not index.pod_sources:
        return
    guesses = 0
    for service in index.services.values():
        has_selector = bool(service.spec.selector) and service.spec.type != "ExternalName"
        if has_selector and service.key not in index.slices and not index.selected(service):
            guesses += 1
            yield _selects_nothing(index, service, guesses <= _MOST_GUESSES)


def _selects_nothing(index: Index, service: Service, guess: bool) -> Finding:
    selector = service.spec.selector
    written = ", ".join(f"{k}={v}" for k, v in selector.items())
    near = _nearest_pods(index, service) if guess else None
    message = f"selector {written} matches no Pods in namespace {service.namespace}"
    path: Path = ("spec", "selector")
    fix = "give the Pods these labels, or select what they have"
    if near is not None:
        name = next(k for k, v in selector.items() if near.labels.get(k) != v)
        path = ("spec", "selector", name)
        has = f"{name}={near.labels[name]}" if name in near.labels else f"no label {name}"
        message += f"; {near.title} has {has}"
    if index.pod_makers:
        message += f"; unless {listed(index.pod_makers)} makes such Pods"
    return finding(service, "SIM1104", "warning" if index.pod_makers else "error", message, path, fix)


def _nearest_pods(index: Index, service: Service) -> PodSource | None:
    """The Pods of the namespace that fit best: most labels equal, then a value that looks alike."""
    here = [p for p in index.pod_sources if p.manifest.namespace == service.namespace][:200]
    selector = service.spec.selector

    def score(pods: PodSource) -> tuple[int, int]:
        pairs = [(v, pods.labels[k]) for k, v in selector.items() if k in pods.labels]
        return sum(v == has for v, has in pairs), sum(nearest(v, [has]) is not None for v, has in pairs)

    return max((p for p in here if score(p) > (0, 0)), key=score, default=None)


def target_ports(index: Index) -> Iterator[Finding]:
    """Ports of Services that no container of the selected Pods has."""
    for service in index.services.values():
        pods = index.selected(service) if service.key not in index.slices else ()
        for number, port in enumerate(service.spec.ports if pods else ()):
            yield from _no_target(service, port, pods, number)


def _no_target(
    service: Service, port: ServicePort, pods: tuple[PodSource, ...], number: int
) -> Iterator[Finding]:
    target = port.target_port if port.target_port is not None else port.port
    declared = [container_ports(p.spec) for p in pods]
    numbered = not isinstance(target, str)
    # A name counts with its protocol; a number needs no declaration at all.
    wanted = {(str(target), p) for p in (("TCP", "UDP", "SCTP") if numbered else (port.protocol,))}
    without = [p for p, ports in zip(pods, declared, strict=True) if not wanted & ports.keys()]
    if not without or (numbered and not all(declared)):
        return
    names = {key for one in declared for key in one if not key[0].isdigit() or numbered}
    ports = listed(sorted(n if kind == port.protocol else f"{n}/{kind}" for n, kind in names))
    whose = listed(p.title for p in without)
    path = ("spec", "ports", number, "targetPort" if port.target_port is not None else "port")
    message = f"targetPort {shown(str(target))}: no container of {whose} has such a port; they have: {ports}"
    if numbered:
        message += " (a container may listen on a port that it does not list)"
    fix = "name a containerPort of the Pods"
    is_broken = not numbered and len(without) == len(pods)
    yield finding(service, "SIM1105", "error" if is_broken else "warning", message, path, fix)


def no_endpoints(index: Index) -> Iterator[Finding]:
    """Services that nothing fills, or that have no ready endpoint as things stand."""
    for service in index.services.values():
        if service.spec.type == "ExternalName":
            continue
        if not service.spec.selector and service.key not in index.slices:
            message = "no selector and no EndpointSlice: nothing will answer"
            fix = "give it a selector, or write EndpointSlices for it"
            yield finding(service, "SIM1106", "warning", message, ("spec",), fix)
            continue
        states = list(_states(index, service))
        if states and not any(ready for ready, _ in states):
            message = f"0 of {len(states)} endpoints ready: {listed(dict.fromkeys(s for _, s in states), 3)}"
            yield finding(
                service, "SIM1107", "warning", message, (), "look at the Pods: kubectl describe pod"
            )


def _states(index: Index, service: Service) -> Iterator[tuple[bool, str]]:
    """Whether each endpoint is ready, and what is said about it."""
    for piece in index.slices.get(service.key, ()):
        for endpoint in piece.endpoints:
            ready = endpoint.conditions.ready is not False
            yield ready, f"{listed(endpoint.addresses)} not ready"
    if service.key in index.slices:
        return
    for pods in index.selected(service):
        made = pods.manifest
        if isinstance(made, Pod):
            ready, why = readiness(made)
            terminating = made.metadata.deletion_timestamp is not None
            yield ready and not terminating, f"{pods.title} {'terminating' if terminating else why}"
        elif isinstance(made, WorkloadResource) and made.kind not in {"CronJob", "ReplicaSet"}:
            none = "has 0 replicas" if made.spec.replicas == 0 else "has 0 ready Pods"
            never = never_ready(pods.spec) if made.ready_replicas is None else ""
            is_ready = made.spec.replicas != 0 and made.ready_replicas != 0 and not never
            yield is_ready, f"{pods.title} {none}{f', {never}' if never else ''}"


def unnamed_ports(index: Index) -> Iterator[Finding]:
    """Ports of Services that no EndpointSlice of theirs has; the two are joined by name and protocol."""
    for key, pieces in index.slices.items():
        service = index.services.get(key)
        for number, port in enumerate(service.spec.ports if service else ()):
            if service is not None and not any(ports_named(piece, port) for piece in pieces):
                wanted = f"{port.name}/{port.protocol}" if port.name else f"without a name, {port.protocol}"
                there = listed(
                    f"{p.name or '(no name)'}/{p.protocol}" for piece in pieces for p in piece.ports
                )
                message = f"port {port.port} has no endpoint: no EndpointSlice has a port {wanted}"
                message += f"; there are: {there}"
                path: Path = ("spec", "ports", number, "name" if port.name else "port")
                fix = "give the port of the Service and that of the slice the same name and protocol"
                yield finding(service, "SIM1112", "error", message, path, fix)


def slices_without_service(index: Index) -> Iterator[Finding]:
    """EndpointSlices that belong to no Service of the set."""
    for key, pieces in index.slices.items():
        for piece in pieces if key not in index.services else ():
            wanted = f"no Service {key} in the set" if key else "no label kubernetes.io/service-name"
            message = f"belongs to nothing: {wanted}"
            yield finding(piece, "SIM1108", "warning", message, ("metadata", "labels"), "name its Service")


def tls_secrets(index: Index) -> Iterator[Finding]:
    """Secrets with certificates that the set does not have, or has in another namespace."""
    for ingress in index.ingresses:
        made = any("cert-manager.io/" in name for name in ingress.metadata.annotations)
        for number, tls in enumerate(ingress.spec.tls):
            namespaces = index.secrets.get(tls.secret_name or "", ())
            if not tls.secret_name or ingress.namespace in namespaces or (made and not namespaces):
                continue
            yield _no_secret(ingress, tls.secret_name, namespaces, ("spec", "tls", number, "secretName"))


def _no_secret(ingress: Ingress, name: str, elsewhere: tuple[str, ...], path: Path) -> Finding:
    if elsewhere:
        message = f"TLS Secret {shown(name)} is in namespace {listed(elsewhere)}, not in {ingress.namespace}"
        fix = "a certificate is read from the namespace of its Ingress; copy the Secret there"
        return finding(ingress, "SIM1110", "warning", message, path, fix)
    message = f"TLS Secret {shown(name)} is not in the set; without it a controller shows its own certificate"
    return finding(
        ingress, "SIM1109", "warning", message, path, "create it, or check that something makes it"
    )


def namespaces(index: Index) -> Iterator[Finding]:
    """Objects that name no namespace beside ones that do, where that alone breaks a reference."""
    if not index.unnamed:
        return
    broken = [
        (r.item, r.namespace, other)
        for r in references(index)
        if r.key not in index.services
        for other in index.namespaces_of_service.get(r.service, ())
    ]
    broken += [
        (service, service.namespace, other)
        for service in index.services.values()
        if service.spec.selector and not index.selected(service)
        for other in index.namespaces
        if index.fitting(service.spec.selector, other)
    ]
    mixed = [(item, a, b) for item, a, b in broken if (a in index.unnamed) != (b in index.unnamed)]
    if mixed:
        item, here, there = mixed[0]
        named = there if here in index.unnamed else here
        message = f"{len(mixed)} references lead into another namespace, for some objects name none"
        fix = f"say where the others belong: -n {named}"
        yield finding(item, "SIM1111", "warning", message, ("metadata",), fix)


CHECKS = (
    dangling,
    selectors,
    target_ports,
    no_endpoints,
    unnamed_ports,
    slices_without_service,
    tls_secrets,
    namespaces,
)
