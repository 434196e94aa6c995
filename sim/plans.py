"""Plans: two ways to expose the same application, each derived from what is there, in either direction.

`lb-per-service`: every exposed Service is of type LoadBalancer and has its own. `single-ingress`: one load
balancer, a controller with Pods of its own, and an Ingress rule per Service. What is not HTTP (UDP, SCTP)
keeps its own load balancer in both. A plan is a value: a cluster, and what it has to buy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from sim.cluster import Cluster
from sim.control_plane import Setup, build
from sim.errors import UsageError
from sim.manifests import (
    HTTPIngressPath,
    HTTPIngressRuleValue,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressRule,
    IngressServiceBackend,
    IngressSpec,
    KubernetesObject,
    Manifests,
    ObjectMeta,
    Service,
    ServiceBackendPort,
    StatusWithLoadBalancer,
    Workload,
)
from sim.routing.entry import load_balancers

DERIVED = "derived"


@dataclass(frozen=True)
class Exposed:
    """A Service that clients outside the cluster reach, and the host and path they use."""

    service: str
    port: int
    host: str
    path: str
    http: bool = True


@dataclass(frozen=True)
class Plan:
    """One way to expose the application.

    Args:
        lb_targets: what a load balancer's targets are: `node` or `pod`.
        load_balancers: keys of the Services that have one.
        rules: forwarding rules: one per port of each load balancer.
    """

    name: str
    cluster: Cluster
    exposed: tuple[Exposed, ...]
    load_balancers: tuple[str, ...]
    rules: int
    controller_pods: int
    lb_targets: str = "node"


def exposed_services(manifests: Manifests) -> tuple[Exposed, ...]:
    """What is exposed today: backends of Ingresses, then Services of type LoadBalancer or NodePort.

    A Service that no Ingress names gets the host NAME.NAMESPACE.example and the path /.
    """
    services = {s.key: s for s in manifests.of(Service)}
    fronts = _controller_services(manifests)
    found = [e for i in manifests.of(Ingress) for e in _of_ingress(i, services)]
    named = {e.service for e in found}
    for service in services.values():
        if service.spec.type in {"LoadBalancer", "NodePort"} and service.key not in named | fronts:
            found += [_own_name(service)] if service.spec.ports else []
    return tuple(found)


def expose(manifests: Manifests, keys: Iterable[str]) -> tuple[Exposed, ...]:
    """What is exposed today, and these Services besides.

    Raises:
        UsageError: there is no Service of this name.
    """
    today = exposed_services(manifests)
    services = {s.key: s for s in manifests.of(Service)}
    for key in keys:
        if key not in services:
            raise UsageError(f"no Service {key}; there are: {', '.join(sorted(services))}")
    named = {e.service for e in today}
    return today + tuple(_own_name(services[k]) for k in keys if k not in named and services[k].spec.ports)


def _of_ingress(ingress: Ingress, services: dict[str, Service]) -> Iterator[Exposed]:
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            is_refused = not (path.path or "/").startswith("/")
            if path.backend.service is not None and not is_refused:
                yield from _backend(ingress.namespace, path.backend.service, services, rule.host, path.path)
    if ingress.spec.default_backend and ingress.spec.default_backend.service:
        yield from _backend(ingress.namespace, ingress.spec.default_backend.service, services, None, None)


def _backend(
    namespace: str,
    backend: IngressServiceBackend,
    services: dict[str, Service],
    host: str | None,
    path: str | None,
) -> Iterator[Exposed]:
    key = f"{namespace}/{backend.name}"
    service = services.get(key)
    if service is not None and service.spec.type != "ExternalName":
        wanted = backend.port.number or backend.port.name
        port = next((p.port for p in service.spec.ports if wanted in (p.port, p.name)), None)
        if port is not None:
            yield Exposed(key, port, host or own_host(service), path or "/")


def own_host(service: Service) -> str:
    """The host of a Service that no Ingress names."""
    return f"{service.name}.{service.namespace}.example"


def _own_name(service: Service) -> Exposed:
    port = service.spec.ports[0]
    return Exposed(service.key, port.port, own_host(service), "/", port.protocol == "TCP")


def _controller_services(manifests: Manifests) -> set[str]:
    """Services in front of a controller that is in the set; they are the entry, not the application."""
    cluster = build(manifests)
    return {key for c in cluster.controllers for key in c.services}


def lb_per_service(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup) -> Plan:
    """Every exposed Service with a load balancer of its own; no Ingress, no controller."""
    keys = {e.service for e in exposed}
    fronts = _controller_services(manifests)
    objects = [
        _retyped(o, "LoadBalancer" if o.key in keys else None) if isinstance(o, Service) else o
        for o in manifests.objects
        if not isinstance(o, Ingress | IngressClass) and o.key not in fronts and not _is_controller(o)
    ]
    cluster = build(replace(manifests, objects=tuple(objects)), replace(setup, controllers=()))
    return _plan("lb-per-service", cluster, exposed)


def single_ingress(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup) -> Plan:
    """One load balancer, a controller behind it, an Ingress rule for every exposed HTTP Service."""
    in_rules = {
        (e.service, e.host) for i in manifests.of(Ingress) for e in _of_ingress(i, _services(manifests))
    }
    needed = [e for e in exposed if e.http and (e.service, e.host) not in in_rules]
    inside = {e.service for e in exposed if e.http}
    objects: list[KubernetesObject] = [
        _retyped(o, "ClusterIP" if o.key in inside else None) if isinstance(o, Service) else o
        for o in manifests.objects
    ]
    objects += _derived(needed, _class_in_use(manifests))
    cluster = build(replace(manifests, objects=tuple(objects)), setup)
    return _plan("single-ingress", cluster, exposed)


PLANS: dict[str, Callable[[Manifests, tuple[Exposed, ...], Setup], Plan]] = {
    "lb-per-service": lb_per_service,
    "single-ingress": single_ingress,
}


def _services(manifests: Manifests) -> dict[str, Service]:
    return {s.key: s for s in manifests.of(Service)}


def _class_in_use(manifests: Manifests) -> str | None:
    """The class that derived rules name: that of the Ingresses, else the first class there is."""
    named: list[str | None] = [
        i.spec.ingress_class_name for i in manifests.of(Ingress) if i.spec.ingress_class_name
    ]
    classes = [c.name for c in manifests.of(IngressClass)]
    return (named or classes or [None])[0]


def _derived(needed: Iterable[Exposed], class_name: str | None) -> list[KubernetesObject]:
    """An Ingress per namespace, with one rule per Service."""
    by_namespace: dict[str, list[Exposed]] = {}
    for entry in needed:
        by_namespace.setdefault(entry.service.partition("/")[0], []).append(entry)
    return [
        Ingress(
            api_version="networking.k8s.io/v1",
            kind="Ingress",
            metadata=ObjectMeta(name=DERIVED, namespace=namespace),
            spec=IngressSpec(ingress_class_name=class_name, rules=tuple(_rule(e) for e in entries)),
        )
        for namespace, entries in by_namespace.items()
    ]


def _rule(entry: Exposed) -> IngressRule:
    name = entry.service.partition("/")[2]
    backend = IngressBackend(
        service=IngressServiceBackend(name=name, port=ServiceBackendPort(number=entry.port))
    )
    path = HTTPIngressPath(path=entry.path, path_type="Prefix", backend=backend)
    return IngressRule(host=entry.host, http=HTTPIngressRuleValue(paths=(path,)))


def _retyped(service: Service, kind: str | None) -> Service:
    """A copy with another type and no status, so that addresses are given out anew."""
    if kind is None or (service.spec.type == kind and not service.status.load_balancer.ingress):
        return service
    headless = {"cluster_ip": None} if service.is_headless else {}
    spec = service.spec.model_copy(update={"type": kind, **headless})
    copy = service.model_copy(update={"spec": spec, "status": StatusWithLoadBalancer()})
    return copy if service.origin is None else _with_origin(copy, service)


def _with_origin(copy: Service, original: Service) -> Service:
    assert original.origin is not None
    copy.read_from(original.origin)
    return copy


def _is_controller(item: KubernetesObject) -> bool:
    images = [c.image or "" for c in item.spec.template.spec.containers] if isinstance(item, Workload) else []
    return any("ingress-nginx/controller" in image or "nginx-ingress-controller" in image for image in images)


def _plan(name: str, cluster: Cluster, exposed: tuple[Exposed, ...]) -> Plan:
    balancers = load_balancers(cluster)
    pods = sum(len(c.pods) for c in cluster.controllers)
    return Plan(
        name, cluster, exposed, tuple(s.key for s in balancers), sum(len(s.ports) for s in balancers), pods
    )


def derive(
    manifests: Manifests, names: Iterable[str], setup: Setup, more: Iterable[str] = ()
) -> tuple[Plan, ...]:
    """The plans of one application.

    Args:
        names: keys of PLANS.
        setup: nodes, provider and controller, the same for every plan.
        more: Services to expose besides those exposed today.

    Raises:
        UsageError: nothing is exposed, or there is no such plan.
    """
    exposed = expose(manifests, more)
    if not exposed:
        raise UsageError(
            "nothing is exposed: no Ingress, no Service of type LoadBalancer or NodePort; use --expose"
        )
    wanted = list(names)
    if unknown := [name for name in wanted if name not in PLANS]:
        raise UsageError(f"no plan {unknown[0]}; there are: {', '.join(PLANS)}")
    stated = replace(setup, profile=setup.profile or "ingress-nginx")
    return tuple(PLANS[name](manifests, exposed, stated) for name in wanted)
