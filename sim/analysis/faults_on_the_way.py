"""Which faults concern a request: those of the objects on its way.

The API server would refuse such an object, so no answer that passes through it can be trusted. A fault in any
other object is worth a warning, and changes nothing for this request.
"""

from collections.abc import Iterable

from sim.analysis.findings.index import running_controllers
from sim.cluster.assumed_controllers import wanted_class
from sim.manifests.objects.collected import Finding, Manifests
from sim.manifests.objects.kinds import WORKLOAD_KINDS
from sim.manifests.objects.networking import EndpointSlice, Ingress, Service
from sim.manifests.objects.workloads import Pod, WorkloadResource
from sim.routing import Request, Trace


def faults_on_the_way(manifests: Manifests, trace: Trace) -> tuple[Finding, ...]:
    """The faults of objects that this request passes through, or would pass through if they could be read.

    All of them where no object is sound.
    """
    refused = [f for f in manifests.faults if f.severity == "error"]
    broken = {(f.kind, f.key) for f in refused}
    there = {(o.kind, o.key) for o in manifests.objects} | {(o.kind, o.key) for o in manifests.unknown}
    if not refused or there <= broken:
        return tuple(refused)
    way = _objects_on_the_way(manifests, trace)
    return tuple(f for f in refused if (f.kind, f.key) in way)


def faults_in_rules(manifests: Manifests) -> tuple[Finding, ...]:
    """The faults of objects that rules are made of: Services, endpoints, what makes them, nodes."""
    made_of = {None, "Service", "EndpointSlice", "Endpoints", "Node", "Pod", *WORKLOAD_KINDS}
    return tuple(f for f in manifests.faults if f.severity == "error" and f.kind in made_of)


def _objects_on_the_way(manifests: Manifests, trace: Trace) -> set[tuple[str | None, str | None]]:
    """(kind, key) of the Ingresses, classes, Services, slices, workloads and Pods of a trace."""
    ruling = (trace.final.rule or "").partition(" ")[0]
    ingresses = [i for i in manifests.of(Ingress) if i.key == ruling or claims(i, trace.request)]
    controllers = running_controllers(manifests)
    in_front = {s.key for s in manifests.of(Service) if any(_behind(w, [s]) for w in controllers)}
    names = _service_names(trace) | in_front
    services = [s for s in manifests.of(Service) if s.key in names]
    way = {("Service", key) for key in names} | {("Ingress", i.key) for i in ingresses}
    way |= {("IngressClass", wanted_class(i)) for i in ingresses}
    way |= {("Secret", f"{i.namespace}/{t.secret_name}") for i in ingresses for t in i.spec.tls}
    way |= {(s.kind, s.key) for s in manifests.of(EndpointSlice) if s.service_key in names}
    way |= {("Endpoints", key) for key in names}
    with_labels = (*manifests.of(WorkloadResource), *manifests.of(Pod))
    return way | {(w.kind, w.key) for w in with_labels if _behind(w, services)}


def _service_names(trace: Trace) -> set[str]:
    """Services that the trace ends at, or that the URL names: NAME or NAME.NAMESPACE."""
    ends = {trace.final.backend, *(o.backend for o in trace.final.outcomes)}
    name, _, namespace = trace.request.host.partition(".")
    return {end.rpartition(":")[0] for end in ends if end} | {f"{namespace or 'default'}/{name}"}


def claims(ingress: Ingress, request: Request) -> bool:
    """Whether a rule of an Ingress could be about a request: host and path fit, as far as they are read."""
    return any(
        _host_fits(rule.host, request.host)
        and (rule.http is None or any(request.path.startswith(p.path or "/") for p in rule.http.paths))
        for rule in ingress.spec.rules
    ) or not (ingress.spec.rules or ingress.spec.default_backend)


def _host_fits(host: str | None, asked: str) -> bool:
    if not host:
        return True
    lower, asked = host.lower().strip(), asked.lower()
    return lower == asked or (lower.startswith("*.") and asked.partition(".")[2] == lower[2:])


def _behind(item: WorkloadResource | Pod, services: Iterable[Service]) -> bool:
    """Whether a Service selects these Pods, or would if the labels that cannot be read fitted."""
    labels = (item.spec.template if isinstance(item, WorkloadResource) else item).metadata.labels
    return any(
        s.namespace == item.namespace
        and bool(s.spec.selector)
        and all(labels.get(name, value) == value for name, value in s.spec.selector.items())
        for s in services
    )
