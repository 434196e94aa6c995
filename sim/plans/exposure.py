"""What an application exposes today: which Services, on which host and path, and whether they speak HTTP.

A Service of type LoadBalancer or NodePort says only that it takes TCP. It counts as HTTP unless a port says
otherwise: by protocol, by appProtocol, by a name such as `tcp-…` or `mysql`, or by a number that belongs to
another protocol (IANA). What an Ingress names is HTTP.
"""

from collections.abc import Iterable, Iterator

from sim.errors import UsageError, there_are
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import HTTPRoute
from sim.manifests.objects.networking import Ingress, Service, ServicePort
from sim.plans.entries import port_of_clients
from sim.plans.plan import Exposed
from sim.routing.building import build

HTTP_APP_PROTOCOLS = frozenset(
    {"http", "https", "http2", "grpc", "grpc-web", "ws", "wss"}
    | {f"kubernetes.io/{name}" for name in ("h2c", "ws", "wss")}
)
"""Values of appProtocol that an HTTP proxy carries. Source: KEP-3726, and IANA service names."""

OTHER_NAMES = frozenset(
    {"tcp", "udp", "sctp", "amqp", "dns", "ftp", "imap", "kafka", "ldap", "ldaps", "memcached", "mongo"}
    | {"mongodb", "mqtt", "mysql", "nats", "pop3", "postgres", "postgresql", "redis", "rtmp", "sftp", "sip"}
    | {"smtp", "ssh", "stun", "turn"}
)
"""First words of port names that say that it is not HTTP."""

OTHER_PORTS = {
    21: "FTP", 22: "SSH", 25: "SMTP", 53: "DNS", 110: "POP3", 143: "IMAP", 389: "LDAP", 465: "SMTP",
    587: "SMTP", 636: "LDAP", 993: "IMAP", 995: "POP3", 1433: "SQL Server", 1521: "Oracle", 1883: "MQTT",
    1935: "RTMP", 3306: "MySQL", 3389: "RDP", 4222: "NATS", 5060: "SIP", 5432: "PostgreSQL", 5671: "AMQP",
    5672: "AMQP", 6379: "Redis", 8883: "MQTT", 9042: "Cassandra", 9092: "Kafka", 11211: "memcached",
    27017: "MongoDB",
}  # fmt: skip
"""Port numbers that belong to another protocol. Source: IANA Service Name and Port Number Registry."""


def not_http(port: ServicePort) -> str:
    """Why no HTTP proxy can carry a port; empty where one can.

    >>> not_http(ServicePort(port=53, protocol="UDP")), not_http(ServicePort(port=80))
    ('port 53 speaks UDP', '')
    """
    word = (port.name or "").partition("-")[0]
    if port.protocol != "TCP":
        return f"port {port.port} speaks {port.protocol}"
    if port.app_protocol is not None:
        known = port.app_protocol.lower() in HTTP_APP_PROTOCOLS
        return "" if known else f"port {port.port} has appProtocol {port.app_protocol}"
    if word in OTHER_NAMES:
        return f"port {port.port} is named {port.name}"
    if port.port in OTHER_PORTS and not word.startswith(("http", "grpc", "web")):
        return f"port {port.port} is that of {OTHER_PORTS[port.port]}"
    return ""


def exposed_services(manifests: Manifests) -> tuple[Exposed, ...]:
    """What is exposed today: backends of Ingresses and HTTPRoutes, then LoadBalancer and NodePort Services.

    A Service that neither names gets the host NAME.NAMESPACE.example and the path /.
    """
    services = {s.key: s for s in manifests.of(Service)}
    fronts = controller_services(manifests)
    found = [e for i in manifests.of(Ingress) for e in of_ingress(i, services)]
    found += [e for r in manifests.of(HTTPRoute) for e in of_route(r, services)]
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
            raise UsageError(f"no Service {key}; {there_are(key, sorted(services))}")
    named = {e.service for e in today}
    return today + tuple(_own_name(services[k]) for k in keys if k not in named and services[k].spec.ports)


def of_ingress(ingress: Ingress, services: dict[str, Service]) -> Iterator[Exposed]:
    """The Services that an Ingress names, with host and path."""
    rows = [(r.host, p.path or "/", p.backend) for r in ingress.spec.rules if r.http for p in r.http.paths]
    if ingress.spec.default_backend is not None:
        rows.append((None, "/", ingress.spec.default_backend))
    for host, path, backend in rows:
        named = backend.service if path.startswith("/") else None
        service = services.get(f"{ingress.namespace}/{named.name}") if named else None
        if named and service and service.spec.type != "ExternalName":
            wanted = named.port.number or named.port.name
            ports = [p.port for p in service.spec.ports if wanted in (p.port, p.name)]
            for port in ports[:1]:
                yield Exposed(service.key, port, host or own_host(service.key), path, ingress=ingress.key)


def of_route(route: HTTPRoute, services: dict[str, Service]) -> Iterator[Exposed]:
    """The Services that an HTTPRoute of a Gateway sends to, with hosts and the first path of each rule."""
    if not any(p.kind == "Gateway" for p in route.spec.parent_refs):
        return
    for rule in route.spec.rules:
        paths = (m.path for m in rule.matches if m.path)
        path = next((p.value for p in paths if p.type != "RegularExpression"), "/")
        for to in rule.backend_refs:
            service = services.get(f"{to.namespace or route.namespace}/{to.name}")
            if to.kind == "Service" and to.weight and service and to.port is not None:
                for host in route.spec.hostnames or (own_host(service.key),):
                    yield Exposed(service.key, to.port, host, path or "/", http_route=route.key)


def own_host(key: str) -> str:
    """The host of a Service, `NAMESPACE/NAME`, that no Ingress names."""
    namespace, _, name = key.partition("/")
    return f"{name}.{namespace}.example"


def _own_name(service: Service) -> Exposed:
    """At the port that clients use; one port that is not HTTP keeps the whole Service where it is."""
    first = port_of_clients(service)
    why = next(filter(None, map(not_http, service.spec.ports)), "")
    return Exposed(service.key, first.port, own_host(service.key), "/", first.protocol, why)


def controller_services(manifests: Manifests) -> set[str]:
    """Services in front of a controller or a Gateway's proxies; they are the entry, not the application."""
    cluster = build(manifests)
    return {key for c in (*cluster.controllers, *cluster.gateway_proxies) for key in c.services}
