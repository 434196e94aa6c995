"""The plan gateway: HTTPRoutes derived from the Ingress rules, one Gateway, its proxies.

A rule becomes an HTTPRoute of its Ingress's namespace and host: Prefix is PathPrefix, Exact is Exact, what a
controller reads as a pattern is RegularExpression. Certificates become HTTPS listeners, with the grants that
references across namespaces need. Annotations do not carry over: they say nothing to another controller.
Gateways and HTTPRoutes of the set stay as they are, with the Services behind them. Source: Gateway API,
"Migrating from Ingress".
"""

from collections.abc import Iterator
from dataclasses import replace

from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import (
    AllowedRoutes,
    Gateway,
    GatewayClass,
    GatewayClassSpec,
    GatewaySpec,
    HTTPBackendRef,
    HTTPPathMatch,
    HTTPRoute,
    HTTPRouteMatch,
    HTTPRouteRule,
    HTTPRouteSpec,
    Listener,
    ListenerTLS,
    ParentReference,
    ReferenceGrant,
    ReferenceGrantEntry,
    ReferenceGrantSpec,
    RouteNamespaces,
    SecretObjectReference,
)
from sim.manifests.objects.kinds import GATEWAY_API
from sim.manifests.objects.meta import KubernetesObject, ObjectMeta
from sim.manifests.objects.networking import HTTPIngressPath, Ingress, IngressClass, Service
from sim.manifests.objects.workloads import Secret
from sim.plans.changes import shared_plan, tls_hosts, with_objects, without
from sim.plans.plan import Exposed, Plan
from sim.plans.single_ingress import with_rules
from sim.routing.building import build
from sim.routing.controllers import ENVOY_GATEWAY, INGRESS_NGINX

NAMESPACE, NAME = "gateway", "shared"
REGEX = f"{INGRESS_NGINX.prefixes[0]}use-regex"
VERSION = f"{GATEWAY_API}/v1"


def gateway(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup, lb_targets: str) -> Plan:
    """One Gateway for every exposed HTTP Service."""
    ruled = with_rules(manifests, tuple(e for e in exposed if e.http_route is None))
    routes, own = list(_routes(ruled)), _own_classes(manifests, setup)
    entry = _entry(ruled) if routes or not own else ()
    there = {c.key for c in manifests.of(GatewayClass)}
    objects = [*entry, *routes, *(c for c in own if c.key not in there)]
    twin = with_objects(without(ruled, (Ingress, IngressClass)), objects)
    names = dict.fromkeys((ENVOY_GATEWAY.controller, *(c.spec.controller_name for c in own)))
    running = (ControllerSetup(name, ENVOY_GATEWAY.name, replicas=setup.replicas) for name in names)
    cluster = build(twin, replace(setup, controllers=tuple(running)))
    return shared_plan("gateway", cluster, exposed, manifests, lb_targets)


def _own_classes(manifests: Manifests, setup: Setup) -> list[GatewayClass]:
    """The classes of the Gateways that the set has, those that are assumed too."""
    found = build(manifests, setup)
    used = (g.spec.gateway_class_name or "" for g in found.gateways.values())
    return [found.gateway_classes[name] for name in dict.fromkeys(used) if name in found.gateway_classes]


def _entry(manifests: Manifests) -> Iterator[KubernetesObject]:
    """Class, Gateway, and what lets it read certificates of other namespaces."""
    hosts = {host: _secret(found) for host, found in tls_hosts(manifests).items()}
    of_class = GatewayClassSpec(controller_name=ENVOY_GATEWAY.controller)
    metadata = ObjectMeta(name=NAME)
    yield GatewayClass(api_version=VERSION, kind="GatewayClass", metadata=metadata, spec=of_class)
    spec = GatewaySpec(gateway_class_name=NAME, listeners=tuple(_listeners(hosts)))
    metadata = ObjectMeta(name=NAME, namespace=NAMESPACE)
    yield Gateway(api_version=VERSION, kind="Gateway", metadata=metadata, spec=spec)
    there = {s.key for s in manifests.of(Secret)}
    for key in dict.fromkeys(hosts.values()):
        yield from _allowed(key, key in there)


def _secret(key: str) -> str:
    """The Secret of a host; what was the controller's default certificate is one beside the Gateway."""
    return key if "/" in key else f"{NAMESPACE}/{key}"


def _listeners(hosts: dict[str, str]) -> Iterator[Listener]:
    """One for plain HTTP, one per host with a certificate; routes of any namespace may attach."""
    everyone = AllowedRoutes(namespaces=RouteNamespaces.model_validate({"from": "All"}))
    yield Listener(name="http", protocol="HTTP", port=80, allowed_routes=everyone)
    for number, (host, secret) in enumerate(hosts.items()):
        namespace, _, name = secret.partition("/")
        reference = SecretObjectReference(namespace=namespace, name=name)
        tls = ListenerTLS(certificate_refs=(reference,))
        yield Listener(
            name=f"https-{number}",
            protocol="HTTPS",
            port=443,
            hostname=host,
            tls=tls,
            allowed_routes=everyone,
        )


def _allowed(secret: str, there: bool) -> Iterator[KubernetesObject]:
    """The Secret, where the files do not show it, and the grant to read it from the Gateway's namespace."""
    namespace, _, name = secret.partition("/")
    if not there:
        metadata = ObjectMeta(name=name, namespace=namespace)
        yield Secret(api_version="v1", kind="Secret", metadata=metadata, type="kubernetes.io/tls")
    reads = ReferenceGrantEntry(group=GATEWAY_API, kind="Gateway", namespace=NAMESPACE)
    read = ReferenceGrantEntry(kind="Secret", name=name)
    spec = ReferenceGrantSpec.model_validate({"from": (reads,), "to": (read,)})
    metadata = ObjectMeta(name=f"gateway-reads-{name}", namespace=namespace)
    version = f"{GATEWAY_API}/v1beta1"
    yield ReferenceGrant(api_version=version, kind="ReferenceGrant", metadata=metadata, spec=spec)


def _routes(manifests: Manifests) -> Iterator[HTTPRoute]:
    """A route per Ingress and host, as old as its Ingress; the default backend is one without a host."""
    services = {s.key: s for s in manifests.of(Service)}
    parent = ParentReference(namespace=NAMESPACE, name=NAME)
    for ingress in manifests.of(Ingress):
        regex = ingress.metadata.annotations.get(REGEX) == "true"
        rows = [(rule.host, rule.http.paths if rule.http else ()) for rule in ingress.spec.rules]
        if ingress.spec.default_backend is not None:
            everything = HTTPIngressPath(path="/", path_type="Prefix", backend=ingress.spec.default_backend)
            rows.append((None, (everything,)))
        for number, (host, paths) in enumerate(rows):
            metadata = ObjectMeta(
                name=f"{ingress.name}-{number}",
                namespace=ingress.namespace,
                creation_timestamp=ingress.metadata.creation_timestamp,
            )
            rules = tuple(r for p in paths for r in _rule(ingress, p, regex, services))
            spec = HTTPRouteSpec(parent_refs=(parent,), hostnames=(host,) if host else (), rules=rules)
            yield HTTPRoute(api_version=VERSION, kind="HTTPRoute", metadata=metadata, spec=spec)


def _rule(
    ingress: Ingress, path: HTTPIngressPath, regex: bool, services: dict[str, Service]
) -> Iterator[HTTPRouteRule]:
    """One rule; a backend that is no Service has no twin."""
    backend = path.backend.service
    if backend is None:
        return
    service = services.get(f"{ingress.namespace}/{backend.name}")
    ports = service.spec.ports if service is not None else ()
    named = next((p.port for p in ports if backend.port.name and p.name == backend.port.name), None)
    reference = HTTPBackendRef(name=backend.name, port=backend.port.number or named)
    pattern = regex and path.path_type == "ImplementationSpecific"
    kind = "RegularExpression" if pattern else "Exact" if path.path_type == "Exact" else "PathPrefix"
    match = HTTPRouteMatch(path=HTTPPathMatch(type=kind, value=path.path or "/"))
    yield HTTPRouteRule(matches=(match,), backend_refs=(reference,))
