"""What is in a set of manifests: the inventory, what is broken, what is assumed, what is not modelled.

Facts of the files alone, in the words of the API; nothing is simulated. The inventory also counts what the
API server would refuse, as far as it could be read: the findings say so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim import __version__
from sim.analysis.findings import find
from sim.analysis.findings.index import Index, grouped, with_one_pod
from sim.analysis.findings.references import has_port, references
from sim.analysis.trace import setup_with
from sim.cluster.assumed_controllers import wanted_class
from sim.cluster.build import cloud_around
from sim.cluster.cluster import Assumption
from sim.cluster.dual_stack import families_of
from sim.cluster.gateways import parent_of
from sim.cluster.load_balancers.values import LoadBalancer
from sim.cluster.setup import Setup
from sim.manifests.decoding import is_derived
from sim.manifests.memory import collector_at_rest
from sim.manifests.modelled import CORE_WORKLOADS
from sim.manifests.objects.collected import Finding, Manifests, Unmodelled
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute, Listener
from sim.manifests.objects.gateway_routes import (
    STREAM_ROUTES,
    BackendTLSPolicy,
    GRPCRoute,
    ListenerSet,
    Route,
)
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.networking import (
    DEFAULT_CLASS,
    Endpoints,
    EndpointSlice,
    Ingress,
    IngressClass,
    Service,
    ServiceBackendPort,
)
from sim.manifests.objects.workloads import NodeObject, Pod, WorkloadResource
from sim.manifests.validation import removed_api
from sim.routing.building import build, found_controllers
from sim.routing.gateway.statuses import statuses_json
from sim.routing.unmodelled import may_change, of_manifests
from sim.units import attributes, html_table

Row = list[Any]
_V1 = "networking.k8s.io/v1"


@dataclass(frozen=True)
class Inspection:
    """Everything that `sim inspect` knows.

    Args:
        manifests: what was read.
        inventory: the facts by name, as in the published JSON.
        findings: in order of places; those of the reading among them.
    """

    manifests: Manifests
    inventory: dict[str, Any]
    findings: tuple[Finding, ...]
    unmodelled: tuple[Unmodelled, ...]
    assumptions: tuple[Assumption, ...]

    @property
    def balancers(self) -> Mapping[str, LoadBalancer]:
        """What the Services of type LoadBalancer get, by key."""
        return Index(self.manifests).balancers

    def status(self, strict: bool = False) -> int:
        """The exit status: 2 if something was refused, 1 if something is broken, else 0.

        Args:
            strict: whether what is not modelled and may change the answer counts as broken.
        """
        if any(f.severity == "error" for f in self.manifests.faults):
            return 2
        is_broken = any(f.severity == "error" for f in self.findings)
        return int(is_broken or (strict and bool(may_change(self.unmodelled))))

    def _repr_html_(self) -> str:
        """The findings, the worst first as they stand."""
        rows = [(f.severity, f.code, f.message, f.source or "", f.fix or "") for f in self.findings]
        return html_table(f"{len(self.findings)} findings", rows)

    def to_json(self, version: str = __version__) -> dict[str, Any]:
        """The published form, schema sim.inspect/1."""
        return {
            "schema": "sim.inspect/1",
            **self.inventory,
            "findings": [_finding_json(f) for f in self.findings],
            **attributes(self, "unmodelled assumptions"),
            **attributes(self.manifests, "notes as_of"),
            "version": version,
        }


def _finding_json(found: Finding) -> dict[str, Any]:
    shown = attributes(found, "code severity message source fix")
    return shown | ({"template": found.template} if found.template else {})


@collector_at_rest()
def inspect(manifests: Manifests, controller: str | None = None) -> Inspection:
    """What is in a set of manifests, what is broken, what is assumed and what is not modelled.

    Args:
        manifests: what was read; what the API server would refuse is counted too, as far as it is.
        controller: profile that is taken to run, as for `sim.route`; None: what the manifests show.

    Raises:
        UsageError: there is no such profile. Nothing for bad manifests: the findings name each fault.
    """
    return Inspection(
        manifests,
        inventory(Index(manifests)),
        find(manifests),
        of_manifests(manifests, setup_with(controller, Setup())),
        assumptions(manifests, setup_with(controller, Setup())),
    )


def assumptions(manifests: Manifests, setup: Setup | None = None) -> tuple[Assumption, ...]:
    """What a trace would assume: the control plane is asked about a set without the Pods it does not need."""
    running = {c.name for c in found_controllers(manifests)}
    kept: list[KubernetesObject] = [
        o for o in manifests.objects if isinstance(o, Ingress | IngressClass | NodeObject)
    ]
    workloads = [o for o in manifests.objects if isinstance(o, WorkloadResource | Pod)]
    needed = [w for w in workloads if f"{w.kind} {w.key}" in running] or workloads[:1]
    kept += [with_one_pod(w) for w in needed]
    if not workloads:
        kept += [o for o in manifests.objects if isinstance(o, Service | EndpointSlice)]
    about = families_of(manifests, setup or Setup())[1]
    _, about_cloud = cloud_around(manifests, setup or Setup())
    found = build(replace(manifests, objects=tuple(kept)), setup).assumptions
    return tuple(dict.fromkeys((*found, *about, *about_cloud)))


def inventory(index: Index) -> dict[str, Any]:
    """The facts, by the names of the published JSON; rows in order of reading."""
    manifests = index.manifests
    by_type = grouped((s.spec.type, s) for s in index.services.values())
    load_balancers = by_type.get("LoadBalancer", ())
    real = [s for s in index.services.values() if s.spec.type != "ExternalName"]
    selecting = [s for s in real if s.spec.selector]
    dangling_service, dangling_port = _dangling(index, Ingress)
    return {
        "routes": [row for i in index.ingresses for row in _routes(i)],
        "default_backends": [row for i in index.ingresses for row in _default_backend(i)],
        "services": {kind: [s.key for s in found] for kind, found in by_type.items()},
        "loadbalancers": [[s.key, [p.port for p in s.spec.ports]] for s in load_balancers],
        "loadbalancer_count": len(load_balancers),
        "load_balancers": [{"service": key, **_balancer(b)} for key, b in index.balancers.items()],
        "dangling_service": dangling_service,
        "dangling_port": dangling_port,
        "rules_without_http": [row for i in manifests.of(Ingress) for row in _rules_without_http(i)],
        "resource_backends": [row for i in index.ingresses for row in _resource_backends(i)],
        "services_without_pods": [s.key for s in selecting if not index.selected(s)],
        "services_without_core_pods": [
            s.key for s in selecting if not any(p.manifest.kind in CORE_WORKLOADS for p in index.selected(s))
        ],
        "services_without_selector": [s.key for s in real if not s.spec.selector],
        "headless": [s.key for s in index.services.values() if s.is_headless],
        "endpoint_slices": _endpoint_counts(manifests),
        "workloads": [row for o in manifests.objects for row in _workload(o)],
        "ingress_classes": [
            [c.name, c.spec.controller or None, c.metadata.annotations.get(DEFAULT_CLASS, "false")]
            for c in index.ingress_classes.values()
        ],
        "ingress_class_used": {i.key: wanted_class(i) for i in manifests.of(Ingress)},
        "tls_hosts": [[i.key, h] for i in manifests.of(Ingress) for t in i.spec.tls for h in t.hosts],
        "removed_api": [row for o in manifests.objects for row in _removed(o)],
        "removed_routes": [row for i in manifests.of(Ingress) for row in _removed_routes(i)],
        "httproutes": [row for r in index.routes for row in _http_routes(r)],
        "httproute_dangling": _dangling_routes(index),
        "other_routes": [row for r in index.every_route for row in _other_route(r)],
        "route_dangling": _dangling_other_routes(index),
        "listener_sets": [_listener_set(one) for one in manifests.of(ListenerSet)],
        "backend_tls_policies": [_policy(one) for one in manifests.of(BackendTLSPolicy)],
        "gateways": [_gateway(g) for g in manifests.of(Gateway)],
        "gateway_status": statuses_json(index.gateways_alone),
        **({} if index.families == ("IPv4",) else {"families": _families(index)}),
        "unknown_kinds": dict(Counter(f"{u.api_version}/{u.kind}" for u in manifests.unknown)),
        "duplicates": [[kind, *key.split("/", 1)] for kind, key in manifests.twice],
    }


def _families(index: Index) -> dict[str, Any]:
    """Those of the cluster, and by Service its families with its ClusterIPs; only where there is IPv6."""
    own = (s for s in index.cluster.services.values() if s.manifest.origin is not None and s.families)
    services = {s.key: [list(s.families), list(s.cluster_ips)] for s in own}
    return {"cluster": list(index.families), "services": services}


def _balancer(found: LoadBalancer) -> dict[str, Any]:
    """Who makes it, what it is, and why; null: not known."""
    shown = attributes(found, "created_by state kind scheme target_type because")
    return {key: value or None for key, value in shown.items()}


def _port(port: ServiceBackendPort) -> int | str | None:
    return port.number if port.number is not None else port.name


def _routes(ingress: Ingress) -> Iterator[Row]:
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            service = path.backend.service
            if service is not None:
                backend = [service.name or None, _port(service.port)]
                yield [ingress.key, rule.host or "", path.path, path.path_type, *backend]


def _default_backend(ingress: Ingress) -> Iterator[Row]:
    backend = ingress.spec.default_backend
    if backend is not None and backend.service is not None:
        yield [ingress.key, backend.service.name or None, _port(backend.service.port)]


def _resource_backends(ingress: Ingress) -> Iterator[Row]:
    paths = (path for rule in ingress.spec.rules for path in (rule.http.paths if rule.http else ()))
    for path, backend in ((None, ingress.spec.default_backend), *((p.path, p.backend) for p in paths)):
        if backend and backend.service is None and backend.resource is not None:
            yield [ingress.key, path, backend.resource.kind or None, backend.resource.name or None]


def _rules_without_http(ingress: Ingress) -> Iterator[Row]:
    for rule in ingress.spec.rules:
        if rule.http is None or not rule.http.paths:
            yield [ingress.key, rule.host or ""]


def _dangling(index: Index, model: type[KubernetesObject]) -> tuple[list[Row], list[Row]]:
    """(owner, Service) without such a Service, and (owner, Service, port) without such a port; each once."""
    mine = [(r, index.services.get(r.key)) for r in references(index) if isinstance(r.item, model)]
    services = dict.fromkeys((r.item.key, r.key) for r, service in mine if service is None)
    ports = dict.fromkeys((r.item.key, r.key, r.port) for r, s in mine if s and not has_port(s, r))
    return [list(s) for s in services], [list(p) for p in ports]


def _dangling_routes(index: Index) -> list[Row]:
    services, ports = _dangling(index, HTTPRoute)
    return [[*row, "service"] for row in services] + ports


def _dangling_other_routes(index: Index) -> list[Row]:
    """Kind, owner, Service, port; the port is `service` where there is no such Service."""
    found: list[Row] = []
    for kind in (GRPCRoute, *STREAM_ROUTES):
        services, ports = _dangling(index, kind)
        found += [[kind.__name__, *row, "service"] for row in services]
        found += [[kind.__name__, *row] for row in ports]
    return found


def _endpoint_counts(manifests: Manifests) -> dict[str, int]:
    """Addresses per Service, of its EndpointSlices and of its Endpoints (there the ready ones)."""
    counts: Counter[str] = Counter()
    for piece in manifests.of(EndpointSlice):
        if not is_derived(piece):
            service = piece.metadata.labels.get("kubernetes.io/service-name")
            counts[f"{piece.namespace}/{service}"] += sum(len(e.addresses) for e in piece.endpoints)
    for item in manifests.of(Endpoints):
        counts[item.key] += sum(len(s.addresses) for s in item.subsets)
    return dict(counts)


def _workload(item: KubernetesObject) -> Iterator[Row]:
    if item.kind not in CORE_WORKLOADS:
        return
    if isinstance(item, Pod):
        yield [item.kind, item.namespace, item.name, 1]
    elif isinstance(item, WorkloadResource):
        replicas = 1 if item.spec.replicas is None else item.spec.replicas
        yield [item.kind, item.namespace, item.name, None if item.kind == "DaemonSet" else replicas]


def _removed(item: KubernetesObject) -> Iterator[Row]:
    removed = removed_api(item.api_version, item.kind)
    if removed is not None:
        yield [item.api_version, item.kind, item.namespace, item.name, *removed]


def _removed_routes(ingress: Ingress) -> Iterator[Row]:
    """The rules of an Ingress before networking.k8s.io/v1, with its own names for a backend."""
    for rule in ingress.spec.rules if ingress.api_version != _V1 else ():
        for path in rule.http.paths if rule.http else ():
            old = path.backend.model_extra or {}
            backend = [old.get("serviceName"), old.get("servicePort")]
            yield [ingress.key, rule.host or "", path.path, path.path_type, *backend]


def _http_routes(route: HTTPRoute) -> Iterator[Row]:
    for rule in route.spec.rules:
        matches = [[m.path.type, m.path.value] for m in rule.matches] or [["PathPrefix", "/"]]
        for ref in rule.backend_refs:
            key = f"{ref.namespace or route.namespace}/{ref.name}"
            yield [route.key, list(route.spec.hostnames), matches, ref.kind, key, ref.port, ref.weight]


def _other_route(route: Route) -> Iterator[Row]:
    """Kind, route, host names, kind of backend, backend, port, weight; an HTTPRoute has rows of its own."""
    for rule in () if isinstance(route, HTTPRoute) else route.spec.rules:
        for ref in rule.backend_refs:
            key = f"{ref.namespace or route.namespace}/{ref.name}"
            yield [route.kind, route.key, list(route.spec.hostnames), ref.kind, key, ref.port, ref.weight]


def _listener_set(one: ListenerSet) -> Row:
    return [one.key, parent_of(one), _listeners(one.spec.listeners)]


def _policy(policy: BackendTLSPolicy) -> Row:
    targets = [[t.kind, f"{policy.namespace}/{t.name}", t.section_name] for t in policy.spec.target_refs]
    return [policy.key, targets, policy.spec.validation.hostname]


def _listeners(listeners: Iterable[Listener]) -> list[Row]:
    return [[x.name or None, x.protocol or None, x.port, x.hostname] for x in listeners]


def _gateway(gateway: Gateway) -> Row:
    return [gateway.key, gateway.spec.gateway_class_name, _listeners(gateway.spec.listeners)]
