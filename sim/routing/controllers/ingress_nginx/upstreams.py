"""Upstreams: one per namespace, Service and port, shared by all rules that name them alike.

The Ingress that is read first decides for all of them: whether requests go through the ClusterIP, how they
are balanced, and whether the upstream is a canary's. Source: internal/ingress/controller/controller.go
(createUpstreams, getServiceClusterEndpoint, mergeAlternativeBackends), util.go (upstreamName).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sim.cluster.cluster import Cluster, Endpoint, LinkedPort, LinkedService
from sim.cluster.services import slice_endpoints
from sim.manifests.objects.networking import EndpointPort, Ingress, IngressBackend, ServiceBackendPort
from sim.routing.controllers.backends import service_of
from sim.routing.controllers.decision import Via
from sim.routing.controllers.ingress_nginx.annotations import Annotations, Canary
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.rows import Row, rows_of
from sim.routing.proxies.balancing import Asks

DEFAULT_UPSTREAM = "upstream-default-backend"

METHODS = {
    "chash": "hash-consistent",
    "chashsubset": "hash-subset",
    "ewma": "ewma",
    "round_robin": "round-robin",
    "sticky_balanced": "hash-consistent",
    "sticky_persistent": "random",
}
"""Its implementations, by the name of the algorithm; any other name means round robin."""

Read = tuple[Ingress, Annotations]


@dataclass(frozen=True)
class Alternative:
    """An upstream that takes a part of another one's requests, and the canary's row that says so."""

    upstream: str
    row: Row | None
    source: str | None


@dataclass(frozen=True)
class NginxUpstream:
    """A Service port as the controller balances over it.

    Args:
        canary: what sends requests here, if this is a canary's upstream: no location is made for it.
        ready: whether something is there to send to; if not, the controller answers 503.
        barred: whether it stands for a name outside, and --disable-svc-external-name takes none of those.
        affinity: name of the cookie that binds a session; empty: none does.
        cookie_paths: host and path of the rules that set that cookie.
    """

    name: str
    namespace: str
    backend: IngressBackend
    annotations: Annotations
    ready: bool
    canary: Canary | None = None
    barred: bool = False
    affinity: str = ""
    affinity_mode: str = ""
    cookie_paths: frozenset[tuple[str, str]] = frozenset()
    alternatives: tuple[Alternative, ...] = ()

    @property
    def via(self) -> Via:
        """Whether requests go to the ClusterIP instead of to Pods."""
        return "service" if self.annotations.service_upstream else "pods"

    @property
    def said(self) -> str:
        """The algorithm: affinity decides before a hash, a hash before load-balance.

        Source: lua/balancer.lua (get_implementation).
        """
        if self.affinity:
            return "sticky_persistent" if self.affinity_mode == "persistent" else "sticky_balanced"
        if self.annotations.hash_by:
            return "chashsubset" if self.annotations.hash_subset else "chash"
        return self.annotations.load_balance or "round_robin"

    def asks(self, told: Configuration) -> Asks:
        """What it asks about choosing, where that is not what the ConfigMap says for all."""
        balanced = self.said == "sticky_balanced"
        key = "$session" if balanced else "" if self.affinity else self.annotations.hash_by
        said = "" if self.said == (told.load_balance or "round_robin") else self.said
        return Asks(
            said=said,
            method=METHODS.get(self.said, "round-robin"),
            key=key,
            cookie=self.affinity,
            subset=self.annotations.hash_subset,
        )


def upstream_name(namespace: str, backend: IngressBackend) -> str:
    """The name that the controller gives a backend; different backends may share one, and do then."""
    assert backend.service is not None
    port = str(backend.service.port)
    return f"{namespace}-{backend.service.name}-{port}" if port else f"{namespace}-INVALID"


def create_upstreams(
    cluster: Cluster, ingresses: Iterable[Read], told: Configuration
) -> dict[str, NginxUpstream]:
    """The upstreams of all backends that are Services, in order of reading."""
    found: dict[str, NginxUpstream] = {}
    for ingress, asked in ingresses:
        default = ingress.spec.default_backend
        if default is not None and default.service is not None:
            upstream = _upstream(cluster, ingress.namespace, default, asked, told)
            found[upstream.name] = upstream
        for row in rows_of(ingress):
            if row.backend.service is not None:
                name = upstream_name(row.namespace, row.backend)
                if name not in found:
                    found[name] = _upstream(cluster, row.namespace, row.backend, asked, told)
    return found


def _upstream(
    cluster: Cluster,
    namespace: str,
    backend: IngressBackend,
    annotations: Annotations,
    told: Configuration,
) -> NginxUpstream:
    ready = is_ready(cluster, namespace, backend, annotations.service_upstream)
    name = upstream_name(namespace, backend)
    barred = told.disable_svc_external_name and _is_external(cluster, namespace, backend)
    made = NginxUpstream(name, namespace, backend, annotations, ready and not barred, annotations.canary)
    return replace(made, barred=barred)


def _is_external(cluster: Cluster, namespace: str, backend: IngressBackend) -> bool:
    service = service_of(cluster, namespace, backend)
    return service is not None and service.manifest.spec.type == "ExternalName"


def endpoints(
    cluster: Cluster, service: LinkedService, port: ServiceBackendPort
) -> tuple[LinkedPort | None, list[Endpoint]]:
    """The Service port that a backend means, and the addresses nginx would list for it.

    It takes a port by number, by name, and (unlike the API) by targetPort; a slice whose port has another
    name is read at the Service's numeric targetPort. Source: internal/ingress/controller/controller.go
    (serviceEndpoints) and endpointslices.go.
    """
    wanted = str(port)
    found = next((p for p in service.ports if wanted in {str(p.number), str(p.target_port), p.name}), None)
    if found is None:
        return None, []
    slices = cluster.slices.get(service.key)
    if slices is None:
        return found, list(found.endpoints)
    listed = [
        e for s in slices for n in _numbers(s.ports, found) for e in slice_endpoints(s, n, cluster.pods)
    ]
    return found, list({e.target: e for e in listed}.values())


def _numbers(ports: Iterable[EndpointPort], port: LinkedPort) -> list[int]:
    tcp = [p for p in ports if p.protocol == "TCP"]
    found = [p.port if port.name in ("", p.name or "") else port.target_port for p in tcp]
    numbers = [number for number in found if isinstance(number, int) and number]
    if not numbers and isinstance(port.target_port, int) and not tuple(ports):
        numbers.append(port.target_port)
    return numbers


def is_ready(cluster: Cluster, namespace: str, backend: IngressBackend, through_service: bool) -> bool:
    """Whether the controller has an address to send to."""
    assert backend.service is not None
    service = cluster.services.get(f"{namespace}/{backend.service.name}")
    if service is None:
        return False
    if service.manifest.spec.type == "ExternalName":
        name = (service.manifest.spec.external_name or "").removesuffix(".")
        return name not in ("localhost", "::1") and not name.startswith("127.")
    if through_service and _has_cluster_ip(service, backend):
        return True
    return any(e.ready for e in endpoints(cluster, service, backend.service.port)[1])


def _has_cluster_ip(service: LinkedService, backend: IngressBackend) -> bool:
    """A number is taken as it stands, a name must be one of the Service's ports."""
    assert backend.service is not None
    port = backend.service.port
    named = port.number is not None or any(p.name == port.name for p in service.ports)
    return bool(service.cluster_ip) and service.cluster_ip != "None" and named


def default_service_ready(cluster: Cluster, key: str | None) -> bool:
    """Whether a Service that stands in for others has something ready behind its first port."""
    service = cluster.services.get(key or "")
    return service is not None and bool(service.ports) and bool(service.ports[0].ready)


def with_affinity(
    upstream: NginxUpstream, asked: Annotations, places: Iterable[tuple[str, str]]
) -> NginxUpstream:
    """An upstream after a rule with these annotations has named it.

    Args:
        places: host and path of the rule, and those of the server's aliases.
    """
    mode = upstream.affinity_mode or asked.affinity_mode
    if not asked.affinity:
        return replace(upstream, affinity_mode=mode)
    paths = upstream.cookie_paths | frozenset(places)
    return replace(upstream, affinity=asked.affinity, affinity_mode=mode, cookie_paths=paths)
