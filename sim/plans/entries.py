"""What is no application: Services that lead to a gateway or proxy, and ports for probes and metrics."""

import re
from collections.abc import Iterable, Iterator

from sim.cluster.labels import selects
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import Service, ServicePort
from sim.manifests.objects.workloads import WorkloadResource
from sim.plans.plan import Exposed
from sim.routing.building import KNOWN

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
"""Label on what an implementation makes for a Gateway. Source: GEP-1762."""

OTHER_PROXIES = re.compile(
    r"(^|/)(istio/proxyv2|envoyproxy/envoy|envoy|kong|kong-gateway|apisix|contour|haproxy|gloo-envoy-wrapper|emissary"
    r"|aes|ambassador|nginx-gateway-fabric|cilium-envoy|caddy/ingress|skipper|voyager|tyk-gateway|krakend)(:|@|$)"
)
"""Images of proxies that no profile knows. Sources: the installation manifests of these projects."""

STATUS_PORTS = frozenset({10254, 10256, 15020, 15021, 15090})
"""Health and metrics of ingress-nginx, kube-proxy and Istio. Sources: their documentation."""

STATUS_NAMES = re.compile(
    r"(^|-)(status|health|healthz|healthcheck|metrics|prometheus|prom|probe|liveness|readiness)(-|$)"
)


def entry_points(manifests: Manifests) -> dict[str, str]:
    """Service that leads to a gateway or proxy -> what it belongs to, in words."""
    return dict(_entries(manifests))


def _entries(manifests: Manifests) -> Iterator[tuple[str, str]]:
    proxies = [w for w in manifests.of(WorkloadResource) if _passes_on(w)]
    for service in manifests.of(Service):
        gateway = service.metadata.labels.get(GATEWAY_NAME)
        behind = next((w for w in proxies if _leads_to(service, w)), None)
        if gateway:
            yield service.key, f"Gateway {service.namespace}/{gateway}"
        elif behind is not None:
            yield service.key, f"the proxy {behind.namespace}/{behind.name}"


def _passes_on(workload: WorkloadResource) -> bool:
    """Whether a container is a proxy that does nothing else; beside an application's own it is a sidecar."""
    containers = workload.spec.template.spec.containers
    return len(containers) == 1 and _is_proxy(containers[0].image or "")


def _is_proxy(image: str) -> bool:
    known = (one.image for one in KNOWN if one.image)
    return bool(OTHER_PROXIES.search(image)) or any(re.search(pattern, image) for pattern in known)


def _leads_to(service: Service, workload: WorkloadResource) -> bool:
    selector, labels = service.spec.selector, workload.spec.template.metadata.labels
    return bool(selector) and service.namespace == workload.namespace and selects(selector, labels)


def status_ports(exposed: Iterable[Exposed], manifests: Manifests) -> dict[str, str]:
    """Service that is exposed at a port for probes and metrics -> that port."""
    services = {s.key: s for s in manifests.of(Service)}
    ports = ((e, p) for e in exposed if e.service in services for p in services[e.service].spec.ports)
    return {e.service: p.name or str(p.port) for e, p in ports if p.port == e.port and is_status(p)}


def is_status(port: ServicePort) -> bool:
    """Whether a port is there for probes and metrics.

    >>> is_status(ServicePort(name="status-port", port=15021)), is_status(ServicePort(name="http", port=80))
    (True, False)
    """
    return port.port in STATUS_PORTS or bool(STATUS_NAMES.search(port.name or ""))


def port_of_clients(service: Service) -> ServicePort:
    """The port that clients of a Service use: 80, 443, one named http or https, else the first that serves.

    >>> ports = [ServicePort(name="admin", port=9000), ServicePort(name="web", port=80)]
    >>> port_of_clients(Service(metadata={}, spec={"ports": ports})).port
    80
    """
    return min(service.spec.ports, key=_rank)


def _rank(port: ServicePort) -> tuple[bool, bool, bool, bool]:
    named = re.match(r"https?\b", port.name or "") is not None and not is_status(port)
    return port.port != 80, port.port != 443, not named, is_status(port)
