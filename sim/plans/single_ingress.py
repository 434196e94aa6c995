"""The plan single-ingress: one load balancer, a controller with Pods of its own, a rule per Service."""

from collections.abc import Iterable, Iterator

from sim.cluster.setup import Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import (
    HTTPIngressPath,
    HTTPIngressRuleValue,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressRule,
    IngressServiceBackend,
    IngressSpec,
    Service,
    ServiceBackendPort,
)
from sim.plans.changes import shared_plan, with_objects, with_types, without_gateways
from sim.plans.exposure import of_ingress
from sim.plans.plan import Exposed, Plan
from sim.routing.building import build

DERIVED = "derived"


def single_ingress(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup, lb_targets: str) -> Plan:
    """One load balancer, a controller behind it, an Ingress rule for every exposed HTTP Service."""
    cluster = build(with_rules(without_gateways(manifests), exposed), setup)
    return shared_plan("single-ingress", cluster, exposed, manifests, lb_targets)


def with_rules(manifests: Manifests, exposed: tuple[Exposed, ...]) -> Manifests:
    """The same application with a rule for every exposed HTTP Service."""
    services = {s.key: s for s in manifests.of(Service)}
    in_rules = {(e.service, e.host) for i in manifests.of(Ingress) for e in of_ingress(i, services)}
    needed = [e for e in exposed if e.http and (e.service, e.host) not in in_rules]
    types = {e.service: "ClusterIP" if e.http else "LoadBalancer" for e in exposed}
    typed = with_types(manifests, types)
    return with_objects(typed, _derived(needed, _class_in_use(manifests)))


def _class_in_use(manifests: Manifests) -> str | None:
    """The class that derived rules name: that of the Ingresses, else the first class there is."""
    named = [i.spec.ingress_class_name for i in manifests.of(Ingress)]
    return next(filter(None, [*named, *(c.name for c in manifests.of(IngressClass))]), None)


def _derived(needed: Iterable[Exposed], class_name: str | None) -> Iterator[Ingress]:
    """An Ingress per namespace, with one rule per Service."""
    by_namespace: dict[str, list[Exposed]] = {}
    for entry in needed:
        by_namespace.setdefault(entry.service.partition("/")[0], []).append(entry)
    for namespace, entries in by_namespace.items():
        yield Ingress(
            api_version="networking.k8s.io/v1",
            kind="Ingress",
            metadata=ObjectMeta(name=DERIVED, namespace=namespace),
            spec=IngressSpec(ingress_class_name=class_name, rules=tuple(_rule(e) for e in entries)),
        )


def _rule(entry: Exposed) -> IngressRule:
    name = entry.service.partition("/")[2]
    backend = IngressBackend(
        service=IngressServiceBackend(name=name, port=ServiceBackendPort(number=entry.port))
    )
    path = HTTPIngressPath(path=entry.path, path_type="Prefix", backend=backend)
    return IngressRule(host=entry.host, http=HTTPIngressRuleValue(paths=(path,)))
