"""Manifests, indexed for questions across objects: who selects whom, what is where."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from sim.cluster.cluster import Cluster
from sim.cluster.dual_stack import families_of
from sim.cluster.families import Family
from sim.cluster.labels import ByLabels
from sim.cluster.load_balancers.addresses import balancers_of
from sim.cluster.load_balancers.found import cloud_of
from sim.cluster.load_balancers.values import LoadBalancer
from sim.cluster.setup import Setup
from sim.manifests.decoding import printable
from sim.manifests.modelled import could_make_pods
from sim.manifests.objects.collected import Finding, Manifests, Severity
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, HTTPRoute, ReferenceGrant
from sim.manifests.objects.gateway_routes import (
    STREAM_ROUTES,
    BackendTLSPolicy,
    GRPCRoute,
    ListenerSet,
    Route,
)
from sim.manifests.objects.kinds import CLUSTER_SCOPED
from sim.manifests.objects.meta import KubernetesObject, Path
from sim.manifests.objects.networking import EndpointSlice, Ingress, IngressClass, Service
from sim.manifests.objects.workloads import Namespace, Pod, PodSpec, Secret, WorkloadResource
from sim.routing.building import build, found_controllers


@dataclass(frozen=True)
class PodSource:
    """A Pod, or a workload with the template of its Pods."""

    manifest: KubernetesObject
    labels: Mapping[str, str]
    spec: PodSpec

    @property
    def title(self) -> str:
        """`KIND NAMESPACE/NAME`."""
        return f"{self.manifest.kind} {self.manifest.key}"


@dataclass(frozen=True)
class Index:
    """Manifests with what questions across objects need; everything is made when first asked for."""

    manifests: Manifests

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """Services by key."""
        return {s.key: s for s in self.manifests.of(Service)}

    @cached_property
    def namespaces_of_service(self) -> Mapping[str, tuple[str, ...]]:
        """Namespaces that have a Service of a name."""
        return grouped((s.name, s.namespace) for s in self.services.values())

    @cached_property
    def service_names_in(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the Services of a namespace."""
        return grouped((s.namespace, s.name) for s in self.services.values())

    @cached_property
    def ingresses(self) -> tuple[Ingress, ...]:
        """All Ingresses that the API still takes, in order of reading."""
        return tuple(i for i in self.manifests.of(Ingress) if i.api_version == "networking.k8s.io/v1")

    @cached_property
    def ingress_classes(self) -> Mapping[str, IngressClass]:
        """IngressClasses by name."""
        return {c.name: c for c in self.manifests.of(IngressClass)}

    @cached_property
    def routes(self) -> tuple[HTTPRoute, ...]:
        """HTTPRoutes, in order of reading."""
        return tuple(self.manifests.of(HTTPRoute))

    @cached_property
    def every_route(self) -> tuple[Route, ...]:
        """Routes of the Gateway API of every kind: HTTPRoutes, then the others."""
        kinds = (GRPCRoute, *STREAM_ROUTES)
        return (*self.routes, *(route for kind in kinds for route in self.manifests.of(kind)))

    @cached_property
    def secrets(self) -> Mapping[str, tuple[str, ...]]:
        """Namespaces that have a Secret of a name."""
        return grouped((s.name, s.namespace) for s in self.manifests.of(Secret))

    @cached_property
    def slices(self) -> Mapping[str, tuple[EndpointSlice, ...]]:
        """EndpointSlices by the key of their Service; those without one under the empty text."""
        return grouped((s.service_key or "", s) for s in self.manifests.of(EndpointSlice))

    @cached_property
    def pod_sources(self) -> tuple[PodSource, ...]:
        """Pods and workloads, in order of reading."""
        workloads = [
            PodSource(w, w.spec.template.metadata.labels, w.spec.template.spec)
            for w in self.manifests.of(WorkloadResource)
        ]
        return (*workloads, *(PodSource(p, p.metadata.labels, p.spec) for p in self.manifests.of(Pod)))

    @cached_property
    def _by_labels(self) -> ByLabels[PodSource]:
        return ByLabels((p.manifest.namespace, p.labels, p) for p in self.pod_sources)

    def selected(self, service: Service) -> tuple[PodSource, ...]:
        """The Pods and workloads that a Service selects; none if it has no selector."""
        if service.spec.type == "ExternalName":
            return ()
        return self.fitting(service.spec.selector, service.namespace)

    def fitting(self, selector: Mapping[str, str], namespace: str) -> tuple[PodSource, ...]:
        """The Pods and workloads of a namespace with the labels of a selector; none for an empty one."""
        return tuple(self._by_labels.fitting(namespace, selector))

    @cached_property
    def balancers(self) -> Mapping[str, LoadBalancer]:
        """What Services of type LoadBalancer get, by key."""
        return balancers_of(self.services.values(), cloud_of(self.manifests)[0])

    @cached_property
    def answers_requests(self) -> bool:
        """Whether the set has rules or load balancers, so that there is something to ask."""
        balanced = any(s.spec.type == "LoadBalancer" for s in self.services.values())
        return balanced or bool(self.ingresses or self.every_route)

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """The address families of the cluster, the primary first."""
        return families_of(self.manifests, Setup())[0]

    @cached_property
    def cluster(self) -> Cluster:
        """The set as a cluster, with one Pod for each workload that makes any."""
        few = (with_one_pod(o) if makes_many(o) else o for o in self.manifests.objects)
        return build(replace(self.manifests, objects=tuple(few)))

    @cached_property
    def gateways_alone(self) -> Cluster:
        """What Gateways and routes refer to; the Pods behind Services do not matter to a status."""
        attach = (HTTPRoute, GRPCRoute, *STREAM_ROUTES, ListenerSet, BackendTLSPolicy)
        needed = (Gateway, GatewayClass, Namespace, ReferenceGrant, *attach)
        wanted = any(isinstance(o, (Gateway, *attach)) for o in self.manifests.objects)
        kinds: tuple[type[KubernetesObject], ...] = (*needed, Service, Secret) if wanted else ()
        kept = tuple(o for o in self.manifests.objects if isinstance(o, kinds))
        return build(replace(self.manifests, objects=kept))

    @cached_property
    def controllers_alone(self) -> tuple[KubernetesObject, ...]:
        """What decides which controllers there are: the IngressClasses, and workloads that run one."""
        return (*self.manifests.of(IngressClass), *map(with_one_pod, running_controllers(self.manifests)))

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of Pods and workloads."""
        return tuple(dict.fromkeys(p.manifest.namespace for p in self.pod_sources))

    @cached_property
    def unnamed(self) -> frozenset[str]:
        """Namespaces that objects are in because they name none."""
        return frozenset(o.namespace for o in self.manifests.objects if names_no_namespace(o))

    @cached_property
    def pod_makers(self) -> tuple[str, ...]:
        """Kinds in the set that are not known here and could make Pods, such as those of operators."""
        kinds = {(u.api_version.rpartition("/")[0], u.kind): None for u in self.manifests.unknown}
        return tuple(f"{kind}.{group}" for group, kind in kinds if could_make_pods(group, kind))


def running_controllers(manifests: Manifests) -> list[WorkloadResource]:
    """The workloads that run a controller."""
    running = {c.name for c in found_controllers(manifests)}
    return [w for w in manifests.of(WorkloadResource) if f"{w.kind} {w.key}" in running]


def with_one_pod(item: KubernetesObject) -> KubernetesObject:
    """A workload with one Pod, where replicas do not matter; anything else as it is."""
    if not isinstance(item, WorkloadResource):
        return item
    return item.model_copy(update={"spec": item.spec.model_copy(update={"replicas": 1})})


def makes_many(item: KubernetesObject) -> bool:
    """Whether it is a workload that makes more than one Pod."""
    return isinstance(item, WorkloadResource) and (item.spec.replicas or 0) > 1


def names_no_namespace(item: KubernetesObject) -> bool:
    """Whether an object of a namespace does not say which."""
    group_kind = (item.api_version.rpartition("/")[0], item.kind)
    written = item.origin is None or ("metadata", "namespace") in item.origin.positions
    return not written and group_kind not in CLUSTER_SCOPED


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def grouped(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, tuple[_Value, ...]]:
    """Values by key, in order."""
    found: dict[_Key, list[_Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def finding(
    item: KubernetesObject,
    code: str,
    severity: Severity,
    message: str,
    path: Path = (),
    fix: str | None = None,
) -> Finding:
    """A finding about an object, at a path below it."""
    origin = item.origin
    return Finding(
        code,
        severity,
        printable(f"{item.kind} {item.key}: {message}"),
        origin.at(*path) if origin else None,
        printable(fix) if fix else None,
        item.kind,
        item.key,
        origin.template if origin else None,
    )


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant, None if none is near."""
    return next(iter(difflib.get_close_matches(name, list(names), 1, 0.6)), None)


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names in a sentence, the first few of many; `none` if there are none."""
    found = tuple(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return (", ".join(found[:most]) + more) or "none"
