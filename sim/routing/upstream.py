"""From the backend of a rule to the endpoints behind it, or to the reason why there are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.cluster.cluster import Cluster, Endpoint, LinkedPort, LinkedService
from sim.errors import there_are
from sim.manifests.objects.networking import IngressBackend, ServiceBackendPort
from sim.routing.controllers.decision import SendTo

if TYPE_CHECKING:
    from sim.routing.controllers import Profile


@dataclass(frozen=True)
class Resolved:
    """What a controller has to send to.

    Args:
        backend: `NAMESPACE/SERVICE:PORT`.
        endpoints: those that take requests.
        left_out: those that do not, each with its state.
        external: the name outside the cluster that an ExternalName Service stands for.
        code, message, fix, source: why nothing is there; code is None if something is.
    """

    backend: str | None
    endpoints: tuple[Endpoint, ...] = ()
    left_out: tuple[Endpoint, ...] = ()
    external: str | None = None
    service: LinkedService | None = None
    port: LinkedPort | None = None
    code: str | None = None
    message: str = ""
    fix: str = ""
    source: str | None = None
    fix_source: str | None = None


def upstream(cluster: Cluster, profile: Profile, decision: SendTo) -> Resolved:
    """Resolve the decision's backend; where it has no endpoint, the fallback if that has some."""
    found = resolve(cluster, profile, decision.namespace, decision.backend, decision.source)
    if found.code is not None and decision.fallback is not None:
        other = _first_port(cluster, decision.fallback)
        if other is not None:
            return other
    return found


def resolve(
    cluster: Cluster, profile: Profile, namespace: str, backend: IngressBackend, source: str | None
) -> Resolved:
    """The endpoints of a backend as this kind of controller finds them."""
    if backend.service is None:
        kind = backend.resource.kind if backend.resource else "nothing"
        message = f"the backend is a {kind}, not a Service"
        fix = "name a Service, or ask the documentation of your controller"
        return Resolved(None, code="SIM2021", message=message, fix=fix, source=source)
    key, port = f"{namespace}/{backend.service.name}", backend.service.port
    service = cluster.services.get(key)
    if service is None:
        return _missing(cluster, namespace, backend.service.name, port, source)
    if service.manifest.spec.type == "ExternalName":
        return _no_external(service, port, profile.no_external) or _external(service, port)
    if not str(port):
        return _first_port(cluster, key) or _no_port(service, port, source)
    linked, endpoints = profile.endpoints(cluster, service, port)
    return _no_port(service, port, source) if linked is None else behind(service, linked, endpoints)


def behind(service: LinkedService, port: LinkedPort, endpoints: Iterable[Endpoint]) -> Resolved:
    """What stands behind a port of a Service: the ready endpoints, or why there is none."""
    ready = tuple(e for e in endpoints if e.ready)
    left_out = tuple(e for e in endpoints if not e.ready)
    found = Resolved(f"{service.key}:{port.number}", ready, left_out, service=service, port=port)
    return found if ready else _nothing_ready(found, service, port)


def _nothing_ready(found: Resolved, service: LinkedService, port: LinkedPort) -> Resolved:
    total, line = len(found.left_out), service.line("spec", "selector")
    if any(not e.port for e in found.left_out):
        line = service.line("spec", "ports", port.index, "targetPort")
        message = f"Service {service.key}: {next(e.state for e in found.left_out if not e.port)}"
        fix = f"name a {port.protocol} port of a container, or correct the name or protocol of that port"
        return replace(found, code="SIM2014", message=message, fix=fix, source=line, fix_source=line)
    if total:
        first = found.left_out[0]
        message = f"Service {service.key}: 0 of {total} endpoints ready ({first.title})"
        fix = f"make one of them ready: kubectl describe pod says why {first.pod or first.target} is not"
        return replace(found, code="SIM2003", message=message, fix=fix, source=line, fix_source=first.source)
    selector = ", ".join(f"{k}={v}" for k, v in service.manifest.spec.selector.items())
    why = f"no Pod has the labels {selector}" if selector else "it has no selector and no EndpointSlice"
    message = f"Service {service.key} has no endpoint: {why}"
    fix = "make selector and Pod labels agree, or start the Pods" if selector else "add a selector"
    return replace(found, code="SIM2003", message=message, fix=fix, source=line, fix_source=line)


def _missing(
    cluster: Cluster, namespace: str, name: str, port: ServiceBackendPort, source: str | None
) -> Resolved:
    here = sorted(s.manifest.name for s in cluster.services.values() if s.manifest.namespace == namespace)
    elsewhere = sorted(s.key for s in cluster.services.values() if s.manifest.name == name)
    there = there_are(name, here) if here else "there is none"
    hint = f"; {elsewhere[0]} is in another namespace and does not count" if elsewhere else ""
    backend, message = (
        f"{namespace}/{name}:{port}",
        f"no Service {name} in namespace {namespace}; {there}{hint}",
    )
    fix = f"create Service {name} in {namespace}, or name one that is there"
    return Resolved(backend, code="SIM2007", message=message, fix=fix, source=source, fix_source=source)


def _no_port(service: LinkedService, port: ServiceBackendPort, source: str | None) -> Resolved:
    there = ", ".join(f"{p.number}{f' ({p.name})' if p.name else ''}" for p in service.ports) or "none"
    return Resolved(
        f"{service.key}:{port}",
        code="SIM2008",
        message=f"Service {service.key} has no port {port}; it has: {there}",
        fix="write the port of the Service (not of the Pod) in the rule",
        source=source,
        fix_source=service.line("spec", "ports"),
        service=service,
    )


def _first_port(cluster: Cluster, key: str) -> Resolved | None:
    """The first port of a Service with something ready behind it, as default backends are read."""
    service = cluster.services.get(key)
    if service is None or not service.ports or not service.ports[0].ready:
        return None
    return behind(service, service.ports[0], service.ports[0].endpoints)


def _no_external(service: LinkedService, port: ServiceBackendPort, why: str) -> Resolved | None:
    """The controller has no target for a name outside the cluster; None: it has one."""
    if not why:
        return None
    name, line = service.manifest.spec.external_name or "", service.line("spec", "externalName")
    message = f"Service {service.key} is an ExternalName ({name}), and {why}"
    fix = f"send to a Service that has Pods, such as a proxy that forwards to {name}"
    found = Resolved(f"{service.key}:{port}", code="SIM2096", message=message, fix=fix, service=service)
    return replace(found, source=line, fix_source=line)


def _external(service: LinkedService, port: ServiceBackendPort) -> Resolved:
    """A name outside the cluster; without ports in the Service the number in the rule is used as it is."""
    name = (service.manifest.spec.external_name or "").removesuffix(".")
    found = service.port(port.reference)
    if name == "localhost" or name.startswith("127.") or name == "::1":
        message, line = (
            f"{name} would be the controller itself: refused",
            service.line("spec", "externalName"),
        )
        fix = "name a host outside the controller"
        return Resolved(f"{service.key}:{port}", code="SIM2022", message=message, fix=fix, source=line)
    if found is None and port.number is None:
        return _no_port(service, port, service.line("spec", "ports"))
    number = port.number if found is None else found.number
    target = number if found is None or not isinstance(found.target_port, int) else found.target_port
    return Resolved(f"{service.key}:{number}", external=f"{name}:{target}", service=service, port=found)
