"""What plans change in the objects that were read: types of Services, and what goes with the old way in."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sim.cluster.cluster import Cluster
from sim.cluster.labels import selects
from sim.errors import UsageError, there_are
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, HTTPRoute
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.networking import Ingress, IngressClass, Service, StatusWithLoadBalancer
from sim.manifests.objects.workloads import Pod, WorkloadResource, WorkloadStatus
from sim.plans.exposure import controller_services
from sim.plans.plan import CannotMove, Exposed, Plan
from sim.routing.building import build, found_controllers

GATEWAYS = (Gateway, GatewayClass, HTTPRoute)
WAYS_IN = (Ingress, IngressClass, *GATEWAYS)


def with_types(manifests: Manifests, types: Mapping[str, str]) -> Manifests:
    """The same objects, these Services with another type and addresses that are given out anew."""
    objects = tuple(
        _retyped(o, types[o.key]) if isinstance(o, Service) and o.key in types else o
        for o in manifests.objects
    )
    return replace(manifests, objects=objects)


def with_replicas(manifests: Manifests, service: str, count: int) -> Manifests:
    """The same objects, the workload behind a Service with so many Pods.

    Raises:
        UsageError: there is no such Service, no workload behind it, or its Pods are stated one by one.
    """
    services = {s.key: s for s in manifests.of(Service)}
    if service not in services:
        raise UsageError(f"no Service {service}; {there_are(service, services)}")
    selector = services[service].spec.selector
    namespace = services[service].namespace
    if any(p.namespace == namespace and selects(selector, p.metadata.labels) for p in manifests.of(Pod)):
        raise UsageError(f"the Pods of Service {service} stand in the manifests one by one")
    chosen = [
        w.key
        for w in manifests.of(WorkloadResource)
        if w.namespace == namespace and selects(selector, w.spec.template.metadata.labels)
    ]
    if not chosen:
        raise UsageError(f"no workload makes Pods for Service {service}")
    objects = tuple(
        _scaled(o, count) if isinstance(o, WorkloadResource) and o.key in chosen else o
        for o in manifests.objects
    )
    return replace(manifests, objects=objects)


def _scaled(workload: WorkloadResource, count: int) -> WorkloadResource:
    spec = workload.spec.model_copy(update={"replicas": count})
    return workload.model_copy(update={"spec": spec, "status": WorkloadStatus()})


def without(manifests: Manifests, kinds: tuple[type[KubernetesObject], ...]) -> Manifests:
    """The same objects without these kinds, and without any controller and the Service in front of it."""
    fronts = controller_services(manifests)
    running = {c.name for c in found_controllers(manifests)}
    objects = tuple(
        o
        for o in manifests.objects
        if not isinstance(o, kinds)
        and not (isinstance(o, Service) and o.key in fronts)
        and f"{o.kind} {o.key}" not in running
    )
    return replace(manifests, objects=objects)


def without_gateways(manifests: Manifests) -> Manifests:
    """The same objects without Gateways, their routes, and the Services in front of their proxies."""
    if not any(True for _ in manifests.of(Gateway)):
        return manifests
    cluster = build(manifests)
    fronts = {key for proxies in cluster.gateway_proxies for key in proxies.services}
    objects = tuple(
        o
        for o in manifests.objects
        if not isinstance(o, GATEWAYS) and not (isinstance(o, Service) and o.key in fronts)
    )
    return replace(manifests, objects=objects)


def with_objects(manifests: Manifests, objects: Iterable[KubernetesObject]) -> Manifests:
    """The same objects and some more."""
    return replace(manifests, objects=(*manifests.objects, *objects))


def tls_hosts(manifests: Manifests) -> dict[str, str]:
    """Host -> `NAMESPACE/SECRET` of its certificate; without a Secret, the controller's own `default`."""
    return {
        host: f"{i.namespace}/{tls.secret_name}" if tls.secret_name else "default"
        for i in manifests.of(Ingress)
        for tls in i.spec.tls
        for host in tls.hosts
    }


def shared_plan(
    name: str,
    cluster: Cluster,
    exposed: tuple[Exposed, ...],
    manifests: Manifests,
    lb_targets: str,
    layer: int = 4,
) -> Plan:
    """A plan whose HTTP Services share one entry; the others stay as they are, and it says why.

    A certificate is one per Secret that an exposed host names, whatever the number of Services.
    """
    hosts = {e.host for e in exposed}
    used = dict.fromkeys(secret for host, secret in tls_hosts(manifests).items() if host in hosts)
    whys = {e.service: f"{e.not_http}, which no HTTP rule can carry" for e in exposed if not e.http}
    stay = tuple(CannotMove(service, why) for service, why in whys.items())
    return Plan(name, cluster, exposed, lb_targets, tuple(used), layer, stay)


def _retyped(service: Service, kind: str) -> Service:
    """A copy with another type and no status, so that addresses are given out anew."""
    if service.spec.type == kind and not service.status.load_balancer.ingress:
        return service
    headless = {"cluster_ip": None} if service.is_headless else {}
    spec = service.spec.model_copy(update={"type": kind, **headless})
    return service.model_copy(update={"spec": spec, "status": StatusWithLoadBalancer()})
