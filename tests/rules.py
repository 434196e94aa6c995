"""Random rule tables and requests, as small as they can be and full of borders."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from sim.cluster.cluster import Cluster, Controller
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import (
    EndpointManifest,
    EndpointPort,
    EndpointSlice,
    HTTPIngressPath,
    HTTPIngressRuleValue,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressClassSpec,
    IngressRule,
    IngressServiceBackend,
    IngressSpec,
    Service,
    ServiceBackendPort,
    ServicePort,
    ServiceSpec,
)
from sim.routing import Request
from sim.routing.building import build
from sim.routing.controllers import PROFILES

HOSTS = (None, "a.example", "b.example", "*.example", "x.a.example", "*.a.example")
SEGMENTS = ("a", "b", "ab", "A", "healthz")
TYPES = ("Exact", "Prefix", "ImplementationSpecific")

paths = st.lists(st.sampled_from(SEGMENTS), max_size=3).flatmap(
    lambda parts: st.sampled_from(["/" + "/".join(parts), "/" + "/".join([*parts, ""])] if parts else ["/"])
)
rows = st.tuples(st.sampled_from(HOSTS), paths, st.sampled_from(TYPES))
ingresses = st.tuples(
    st.lists(rows, min_size=1, max_size=5),
    st.sampled_from(["mine", "mine", "mine", "other"]),
    st.sampled_from([None, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]),
    st.booleans(),
)
tables = st.lists(ingresses, min_size=1, max_size=4)
hosts = st.sampled_from(
    ["a.example", "b.example", "c.example", "x.a.example", "y.a.example", "example", "z.y.a.example"]
)
requests = st.builds(Request, hosts, paths)


def ingress(number: int, described: tuple, class_name: str | None = None) -> Ingress:
    """An Ingress `i<number>` from (rows, class, age, default backend)."""
    rows, own_class, created, default = described
    rules = tuple(_rule(host, path, kind) for host, path, kind in rows)
    return Ingress(
        metadata=ObjectMeta(name=f"i{number}", namespace="shop", creation_timestamp=created),
        spec=IngressSpec(
            ingress_class_name=class_name or own_class,
            rules=rules,
            default_backend=_backend("rest") if default else None,
        ),
    )


def _rule(host: str | None, path: str, kind: str) -> IngressRule:
    entry = HTTPIngressPath(path=path, path_type=kind, backend=_backend("web"))
    return IngressRule(host=host, http=HTTPIngressRuleValue(paths=(entry,)))


def _backend(name: str) -> IngressBackend:
    return IngressBackend(service=IngressServiceBackend(name=name, port=ServiceBackendPort(number=80)))


def cluster(described: list[tuple], profile: str, class_name: str | None = None) -> Cluster:
    """A cluster with one controller of this profile, and its class `mine`."""
    classes = (
        IngressClass(
            metadata=ObjectMeta(name="mine"), spec=IngressClassSpec(controller=PROFILES[profile].controller)
        ),
        IngressClass(
            metadata=ObjectMeta(name="other"), spec=IngressClassSpec(controller="example.com/other")
        ),
    )
    objects = (*classes, *(ingress(n, d, class_name) for n, d in enumerate(described)))
    setup = Setup(controllers=(ControllerSetup(PROFILES[profile].controller, profile),))
    return build(Manifests((*objects, *_services())), setup)


def controller(profile: str) -> Controller:
    """A controller of this profile that reads everything, whatever load balancer it would be on."""
    return Controller("tested", profile, PROFILES[profile].controller)


def _services() -> Iterator[Service | EndpointSlice]:
    """The Services behind the rules, each with a ready endpoint and a node port."""
    for name in ("web", "rest"):
        yield Service(
            metadata=ObjectMeta(name=name, namespace="shop"),
            spec=ServiceSpec(type="NodePort", ports=(ServicePort(port=80),)),
        )
        yield EndpointSlice(
            metadata=ObjectMeta(name=name, namespace="shop", labels={"kubernetes.io/service-name": name}),
            endpoints=(EndpointManifest(addresses=("10.244.1.9",)),),
            ports=(EndpointPort(port=80),),
        )
