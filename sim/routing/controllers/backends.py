"""Backends that make a controller leave a rule out: most list them first, and only then write a rule."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService
from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.routing.controllers.rows import Row
from sim.routing.trace import Request


def port_of(service: LinkedService, backend: IngressBackend) -> LinkedPort | None:
    """The Service port that a backend names, by number or by name; None too where it names no Service."""
    return service.port(backend.service.port.reference) if backend.service else None


def service_of(cluster: Cluster, namespace: str, backend: IngressBackend) -> LinkedService | None:
    """The Service of a backend, None if it is not there, or if the backend names none."""
    return cluster.services.get(f"{namespace}/{backend.service.name}") if backend.service else None


def missing(cluster: Cluster, namespace: str, backend: IngressBackend) -> str:
    """Why a backend cannot be found: no Service, or no such port; empty if it can."""
    if backend.service is None:
        return "its backend is no Service"
    service = service_of(cluster, namespace, backend)
    if service is None:
        return f"there is no Service {namespace}/{backend.service.name}"
    if service.manifest.spec.type != "ExternalName" and port_of(service, backend) is None:
        return f"Service {service.key} has no port {backend.service.port}"
    return ""


def not_ready(cluster: Cluster, namespace: str, backend: IngressBackend) -> str:
    """`missing`, or why nobody serves behind a backend; empty if somebody does."""
    service = service_of(cluster, namespace, backend)
    port = port_of(service, backend) if service is not None else None
    nobody = f"Service {service.key} has no ready endpoint" if service is not None else ""
    return missing(cluster, namespace, backend) or ("" if port and port.ready else nobody)


def way_out(cluster: Cluster, namespace: str, backend: IngressBackend) -> str:
    """What would give a backend that is missing, or serves nobody, somebody to serve."""
    if backend.service is None:
        return "name a Service in the rule"
    service = service_of(cluster, namespace, backend)
    if service is None:
        return f"make Service {namespace}/{backend.service.name}, or name one that is there"
    if service.manifest.spec.type != "ExternalName" and port_of(service, backend) is None:
        there = ", ".join(p.name or str(p.number) for p in service.ports) or "none yet"
        return f"name a port of Service {service.key} in the rule: {there}"
    return f"make a Pod of Service {service.key} ready"


def first_default(
    ingresses: Iterable[Ingress], fault: Callable[[str, IngressBackend], str] = lambda *_: ""
) -> tuple[Ingress, IngressBackend] | None:
    """The first default backend without a fault, and whose it is.

    Args:
        fault: (namespace, backend) -> what is wrong with it; empty: nothing.
    """
    found = ((i, i.spec.default_backend) for i in ingresses)
    return next(((i, b) for i, b in found if b is not None and not fault(i.namespace, b)), None)


Target = tuple[str, Ingress, IngressBackend, LinkedService | None]
"""(rule, Ingress, backend, the Service if it is there)."""


def targets(cluster: Cluster, rows: Iterable[Row], ingresses: Iterable[Ingress]) -> Iterator[Target]:
    """Everything that rows and default backends send to."""
    found = [(row.rule, row.ingress, row.backend) for row in rows]
    found += [("default-backend", i, i.spec.default_backend) for i in ingresses if i.spec.default_backend]
    yield from ((rule, i, backend, service_of(cluster, i.namespace, backend)) for rule, i, backend in found)


def annotation(ingress: Ingress, name: str) -> str:
    """The value of an annotation, empty if it is not there."""
    return ingress.metadata.annotations.get(name, "")


def is_true(value: str) -> bool:
    """Whether an annotation says yes, as Go reads booleans."""
    return value in {"1", "t", "T", "true", "TRUE", "True"}


def uri(request: Request) -> str:
    """Path and query, as the client sent them."""
    return request.path.partition("#")[0]


def bare_host(request: Request) -> str:
    """The Host header without its port."""
    return request.host_header.partition(":")[0]


def tls_hosts(ingress: Ingress) -> Mapping[str, str]:
    """Host under `tls` -> the name of its Secret, empty where none is named."""
    return {host.lower(): tls.secret_name or "" for tls in ingress.spec.tls for host in tls.hosts}
