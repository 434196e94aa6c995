"""Where a URL enters the cluster: the name is resolved to a load balancer, or it is not.

In this order: an address or host name in a status; the host of an Ingress, then its controller's load
balancer; the name of a Service of type LoadBalancer; the only load balancer there is. `to` decides over all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sim.cluster.cluster import Cluster, Controller, LinkedPort, LinkedService, Node
from sim.errors import UsageError
from sim.manifests.objects import Ingress
from sim.routing.controllers import PROFILES
from sim.routing.controllers.api import host_level, host_of
from sim.routing.gateway.compiled import names_host
from sim.routing.trace import Request, Step


@dataclass(frozen=True)
class Entry:
    """What the client connects to: a load balancer, or a node's own port.

    Args:
        port: set if no load balancer is on the way: the client named a node port, or an external IP.
        node: the node that the client named; None with a port: any node, for an external IP is everywhere.
        health_port: set if the client named the health check node port of a node.
    """

    service: LinkedService
    address: str | None
    because: str
    node: Node | None = None
    port: LinkedPort | None = None
    health_port: int | None = None


@dataclass(frozen=True)
class NoEntry:
    """Nothing has this name; `steps` lists the names there are."""

    message: str
    code: str
    fix: str
    steps: tuple[Step, ...] = ()
    source: str | None = None


def enter(cluster: Cluster, request: Request, to: str | None = None) -> Entry | NoEntry:
    """Find the load balancer that a client of this host reaches.

    Args:
        to: `lb:NAMESPACE/NAME` or `gateway:NAMESPACE/NAME`; it decides over the host.

    Raises:
        UsageError: `to` names no Service of type LoadBalancer, or no Gateway.
    """
    if to is not None and to.startswith("gateway:"):
        return _stated_gateway(cluster, to.removeprefix("gateway:"))
    if to is not None:
        return _stated(cluster, to)
    host = host_of(request)
    direct = chain(_node_ports(cluster, request), _external_ips(cluster, request))
    found = next(direct, None) or next(_candidates(cluster, request, host), None)
    return found if found is not None else _nothing(cluster, request, host)


def _node_ports(cluster: Cluster, request: Request) -> Iterator[Entry]:
    """A node's address or name, and a node port of a Service, or its health check node port."""
    node = next((n for n in cluster.nodes if request.host in (n.address, n.name)), None)
    because, number = f"{request.host} is a node's own address", request.target_port
    for service in cluster.services.values() if node else ():
        for port in service.ports:
            if (port.node_port, port.protocol) == (number, request.protocol):
                yield Entry(service, request.host, because, node, port)
        if service.manifest.spec.health_check_node_port == number and request.protocol == "TCP":
            yield Entry(service, request.host, because, node, health_port=number)


def _external_ips(cluster: Cluster, request: Request) -> Iterator[Entry]:
    """An external IP: Kubernetes does not manage it, so whoever does may route it to any node."""
    for service in cluster.services.values():
        if request.host in service.manifest.spec.external_ips:
            for port in service.ports:
                if (port.number, port.protocol) == (request.target_port, request.protocol):
                    because = f"{request.host} is an external IP of Service {service.key}, routed to any node"
                    yield Entry(service, request.host, because, None, port)


def _stated(cluster: Cluster, to: str) -> Entry:
    key = to.removeprefix("lb:")
    service = cluster.services.get(key)
    if service is None or not service.wants_load_balancer:
        there = ", ".join(f"lb:{s.key}" for s in load_balancers(cluster)) or "none"
        raise UsageError(f"--to {to}: no Service of type LoadBalancer has this name; there are: {there}")
    return Entry(service, _first(service), "stated with --to")


def _stated_gateway(cluster: Cluster, key: str) -> Entry | NoEntry:
    if key not in cluster.gateways:
        raise UsageError(f"--gateway {key}: there are: {', '.join(cluster.gateways) or 'none'}")
    if key not in cluster.proxies_of_gateway:
        return _unserved(cluster, key)
    return next(_to_gateway(cluster, key, f"Gateway {key} is stated"))


def _to_gateway(cluster: Cluster, key: str, because: str) -> Iterator[Entry]:
    for service in (cluster.services[name] for name in cluster.proxies_of_gateway[key].services):
        yield Entry(service, _first(service), f"{because}: {_first(service) or 'pending'}")


def _unserved(cluster: Cluster, key: str) -> NoEntry:
    """A Gateway that no controller takes has no address."""
    gateway = cluster.gateways[key]
    name = gateway.spec.gateway_class_name or ""
    kind = cluster.gateway_classes.get(name)
    if kind is None:
        there = ", ".join(cluster.gateway_classes) or "none"
        because = f"there is no GatewayClass {name}; there are: {there}"
    else:
        because = f"the controller of its class, {kind.spec.controller_name}, does not run"
    return NoEntry(
        f"Gateway {key} has no address: {because}",
        "SIM2057",
        "name a GatewayClass whose controller runs, or install that controller",
        (),
        gateway.line("spec", "gatewayClassName"),
    )


def _gateways_of(cluster: Cluster, request: Request) -> list[str]:
    """The Gateways that have a request's host, by a listener or a route; with its port first."""
    named = [key for key in cluster.gateways if names_host(cluster, key, request)]
    return sorted(named, key=lambda key: request.target_port not in _ports(cluster, key))


def _ports(cluster: Cluster, key: str) -> set[int | None]:
    return {listener.port for listener in cluster.gateways[key].spec.listeners}


def load_balancers(cluster: Cluster) -> list[LinkedService]:
    """The Services of type LoadBalancer, in order of reading."""
    return [s for s in cluster.services.values() if s.wants_load_balancer]


def _first(service: LinkedService) -> str | None:
    return service.load_balancer[0] if service.load_balancer else None


def _candidates(cluster: Cluster, request: Request, host: str) -> Iterator[Entry]:
    services = load_balancers(cluster)
    for service in services:
        if host in service.load_balancer:
            yield Entry(service, host, f"{host} is the load balancer of Service {service.key}")
    for _, controller in _of_host(cluster, host):
        for service in (cluster.services[key] for key in controller.services):
            if service.wants_load_balancer:
                address = _first(service) or "pending"
                yield Entry(service, _first(service), f"{host} is {address}")
    for key in _gateways_of(cluster, request):
        if key in cluster.proxies_of_gateway:
            yield from _to_gateway(cluster, key, f"{host} belongs to Gateway {key}")
    for service in services:
        if host in (service.manifest.name, f"{service.manifest.name}.{service.manifest.namespace}"):
            yield Entry(
                service, _first(service), f"{host} is {_first(service) or 'pending'}, Service {service.key}"
            )
    if len(services) == 1:
        address = _first(services[0]) or "pending"
        yield Entry(services[0], _first(services[0]), f"{address}, the only load balancer there is")


def _of_host(cluster: Cluster, host: str) -> Iterator[tuple[Ingress, Controller]]:
    """The Ingresses with this host or address, closest host first, and the controllers that read them."""
    by_level = sorted(cluster.ingresses, key=lambda i: -_level(i, host))
    for ingress in by_level:
        if _level(ingress, host) > 1 or host in ingress.status.load_balancer.addresses:
            for controller in _readers(cluster, ingress):
                yield ingress, controller


def _level(ingress: Ingress, host: str) -> int:
    return max((host_level((r.host or "").lower(), host) for r in ingress.spec.rules), default=0)


def _misses(name: str, host: str) -> str:
    return "has no address" if host_level(name.lower(), host) else "another name"


def _nothing(cluster: Cluster, request: Request, host: str) -> NoEntry:
    unserved = next((k for k in _gateways_of(cluster, request) if k not in cluster.proxies_of_gateway), None)
    if unserved is not None:
        return _unserved(cluster, unserved)
    named = [i for i in cluster.ingresses if _level(i, host) > 0 and not _readers(cluster, i)]
    steps = tuple(Step(name, False, _misses(name, host)) for name in _names(cluster))
    if named:
        ingress, reasons = named[0], _unread(cluster, named[0])
        return NoEntry(
            f"Ingress {ingress.key} has no address: {reasons}",
            "SIM2002",
            "install an Ingress controller, or name the class of one that runs",
            steps,
            ingress.line("spec", "ingressClassName"),
        )
    read = [
        i
        for i in cluster.ingresses
        if _level(i, host) > 0 and _readers(cluster, i) and not any(c.services for c in _readers(cluster, i))
    ]
    if read:
        return _no_front(cluster, read[0], steps)
    names = _names(cluster)
    if not names:
        return NoEntry(
            f"nothing here is called {host}: no load balancer, no Ingress", "SIM2001", _other_way(cluster)
        )
    fix = "use one of these names, or state the load balancer with --to lb:NAMESPACE/NAME"
    message = f"nothing here is called {host}; there are: {', '.join(names[:5])}"
    return NoEntry(message, "SIM2001", _any_host(cluster) or fix, steps)


def _no_front(cluster: Cluster, ingress: Ingress, steps: tuple[Step, ...]) -> NoEntry:
    """The controller is there, and nothing leads to it."""
    reader = _readers(cluster, ingress)[0]
    return NoEntry(
        f"Ingress {ingress.key} has no address: no Service of type LoadBalancer is in front of {reader.name}",
        "SIM2002",
        f"give the Service in front of {reader.name} too, or make one",
        steps,
        ingress.line("spec", "rules"),
    )


def _any_host(cluster: Cluster) -> str | None:
    """How to reach an Ingress that has a rule for any host: no name is stated, so its address is one."""
    for ingress in cluster.ingresses:
        if not any(rule.host for rule in ingress.spec.rules):
            for service in (cluster.services[key] for c in _readers(cluster, ingress) for key in c.services):
                if service.load_balancer:
                    return (
                        f"Ingress {ingress.key} takes any host: use its address {service.load_balancer[0]}, "
                        f"or state --to lb:{service.key}"
                    )
    return None


def _readers(cluster: Cluster, ingress: Ingress) -> list[Controller]:
    """The controllers that read an Ingress."""
    return [c for c in cluster.controllers if PROFILES[c.profile].claims(cluster, c, ingress)[0]]


def _other_way(cluster: Cluster) -> str:
    """A node port if there is one, else what to add."""
    for service in cluster.services.values():
        for port in service.ports:
            if port.node_port is not None:
                url = f"http://{cluster.nodes[0].address}:{port.node_port}/"
                return f"Service {service.key} has a node port: try {url}"
    return "make a Service of type LoadBalancer, or add an Ingress"


def _unread(cluster: Cluster, ingress: Ingress) -> str:
    if not cluster.controllers:
        return "no Ingress controller runs"
    reasons = [PROFILES[c.profile].claims(cluster, c, ingress)[1] for c in cluster.controllers]
    return "; ".join(dict.fromkeys(reasons))


def _names(cluster: Cluster) -> list[str]:
    hosts = [rule.host for i in cluster.ingresses for rule in i.spec.rules if rule.host]
    listeners = [x for g in cluster.gateways.values() for x in g.spec.listeners]
    hosts += [x.hostname for x in listeners if x.hostname]
    hosts += [name for route in cluster.http_routes for name in route.spec.hostnames]
    services = [f"{s.manifest.name}.{s.manifest.namespace}" for s in load_balancers(cluster)]
    return list(dict.fromkeys([*hosts, *services]))
