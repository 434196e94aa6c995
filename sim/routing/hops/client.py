"""Where a URL enters the cluster: the name is resolved to a load balancer, or it is not.

In this order: an address or host name in a status; the host of an Ingress, then its controller's load
balancer; the name of a Service of type LoadBalancer; the only load balancer there is. `to` decides over all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from sim.cluster.cluster import Cluster, Controller, LinkedPort, LinkedService, Node
from sim.errors import UsageError
from sim.manifests.objects import Ingress
from sim.routing.controllers import reads
from sim.routing.controllers.api import host_level, host_of, wildcard_of
from sim.routing.gateway.attachment import is_parent
from sim.routing.gateway.hostnames import patterns_for
from sim.routing.trace import Request, Step

Key = TypeVar("Key")
Value = TypeVar("Value")


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


@dataclass(frozen=True, eq=False)
class Doors:
    """Every address and name by which a client may come in, found in one look.

    Args:
        node_ports: (number, protocol) -> the Service, and its port; None for its health check node port.
        external_ips: (address, number, protocol) -> Service and port.
        by_name: NAME and NAME.NAMESPACE of the Services of type LoadBalancer.
        ingresses: host as written in a rule, lower case -> numbers of the Ingresses; empty: any host.
        stated: address in a status -> numbers of the Ingresses.
        gateways: host name of a listener or route -> keys of the Gateways.
        names: everything that a URL could say.
    """

    nodes: Mapping[str, Node]
    node_ports: Mapping[tuple[int, str], tuple[LinkedService, LinkedPort | None]]
    external_ips: Mapping[tuple[str, int, str], tuple[LinkedService, LinkedPort]]
    balancers: tuple[LinkedService, ...]
    by_address: Mapping[str, LinkedService]
    by_name: Mapping[str, LinkedService]
    ingresses: Mapping[str, tuple[int, ...]]
    stated: Mapping[str, tuple[int, ...]]
    gateways: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]

    def ingresses_of(self, host: str, least: int) -> dict[int, None]:
        """Numbers of the Ingresses with a rule for a host, the closest first; see `host_level`."""
        patterns = [p for p in (host, wildcard_of(host), "") if host_level(p, host) >= least]
        return dict.fromkeys(number for p in patterns for number in self.ingresses.get(p, ()))


@lru_cache(maxsize=16)
def doors(cluster: Cluster) -> Doors:
    """Compile the ways in; done once per cluster, whatever the number of requests."""
    services, balancers = cluster.services.values(), load_balancers(cluster)
    numbered = tuple(enumerate(cluster.ingresses))
    by_any_host = sorted(numbered, key=lambda pair: "" not in _rule_hosts(pair[1]))
    return Doors(
        _first_of((name, n) for n in cluster.nodes for name in (n.address, n.name)),
        _first_of(pair for s in services for pair in _node_ports(s)),
        _first_of(pair for s in services for pair in _external_ips(s)),
        tuple(balancers),
        _first_of((address, s) for s in balancers for address in s.load_balancer),
        _first_of((n, s) for s in balancers for n in (s.manifest.name, _by_namespace(s))),
        _all_of((host, number) for number, i in numbered for host in _rule_hosts(i)),
        _all_of((a, number) for number, i in by_any_host for a in i.status.load_balancer.addresses),
        _all_of(_gateway_hosts(cluster)),
        tuple(_names(cluster)),
    )


def _rule_hosts(ingress: Ingress) -> dict[str, None]:
    """The hosts of its rules, lower case; empty: any host."""
    return dict.fromkeys((rule.host or "").lower() for rule in ingress.spec.rules)


def _first_of(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, Value]:
    """Of several values with one key, the first."""
    found: dict[Key, Value] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def _all_of(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, tuple[Value, ...]]:
    """All values of each key, in order."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _node_ports(
    service: LinkedService,
) -> Iterator[tuple[tuple[int, str], tuple[LinkedService, LinkedPort | None]]]:
    yield from (((p.node_port, p.protocol), (service, p)) for p in service.ports if p.node_port is not None)
    if service.manifest.spec.health_check_node_port is not None:
        yield (service.manifest.spec.health_check_node_port, "TCP"), (service, None)


def _external_ips(
    service: LinkedService,
) -> Iterator[tuple[tuple[str, int, str], tuple[LinkedService, LinkedPort]]]:
    for address in service.manifest.spec.external_ips:
        yield from (((address, p.number, p.protocol), (service, p)) for p in service.ports)


def _by_namespace(service: LinkedService) -> str:
    return f"{service.manifest.name}.{service.manifest.namespace}"


def enter(cluster: Cluster, request: Request, to: str | None = None, explain: bool = True) -> Entry | NoEntry:
    """Find the load balancer that a client of this host reaches.

    Args:
        to: `lb:NAMESPACE/NAME` or `gateway:NAMESPACE/NAME`; it decides over the host.
        explain: whether `NoEntry.steps` list every name there is.

    Raises:
        UsageError: `to` names no Service of type LoadBalancer, or no Gateway.
    """
    if to is not None and to.startswith("gateway:"):
        return _stated_gateway(cluster, to.removeprefix("gateway:"))
    if to is not None:
        return _stated(cluster, to)
    host = host_of(request)
    direct = _at_node(cluster, request) or _external_ip(cluster, request)
    found = direct or next(_candidates(cluster, request, host), None)
    return found if found is not None else _nothing(cluster, request, host, explain)


def _at_node(cluster: Cluster, request: Request) -> Entry | None:
    """A node's address or name, and a node port of a Service, or its health check node port."""
    there, number = doors(cluster), request.target_port
    node, hit = there.nodes.get(request.host), there.node_ports.get((number, request.protocol))
    if node is None or hit is None:
        return None
    service, port = hit
    because = f"{request.host} is a node's own address"
    return Entry(service, request.host, because, node, port, None if port is not None else number)


def _external_ip(cluster: Cluster, request: Request) -> Entry | None:
    """An external IP: Kubernetes does not manage it, so whoever does may route it to any node."""
    asked = (request.host, request.target_port, request.protocol)
    hit = doors(cluster).external_ips.get(asked)
    if hit is None:
        return None
    because = f"{request.host} is an external IP of Service {hit[0].key}, routed to any node"
    return Entry(hit[0], request.host, because, None, hit[1])


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
    known = doors(cluster).gateways
    named = {key for name in patterns_for(host_of(request)) if name for key in known.get(name, ())}
    in_order = [key for key in cluster.gateways if key in named] if named else []
    return sorted(in_order, key=lambda key: request.target_port not in _ports(cluster, key))


def _gateway_hosts(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """(host, key of a Gateway) of its listeners, and of the routes that want to attach to it."""
    for key, gateway in cluster.gateways.items():
        yield from ((x.hostname.lower(), key) for x in gateway.spec.listeners if x.hostname)
    for route in cluster.http_routes:
        for parent in route.spec.parent_refs:
            named = cluster.gateways.get(f"{parent.namespace or route.namespace}/{parent.name}")
            if named is not None and is_parent(route, parent, named):
                yield from ((name.lower(), named.key) for name in route.spec.hostnames)


def _ports(cluster: Cluster, key: str) -> set[int | None]:
    return {listener.port for listener in cluster.gateways[key].spec.listeners}


def load_balancers(cluster: Cluster) -> list[LinkedService]:
    """The Services of type LoadBalancer, in order of reading."""
    return [s for s in cluster.services.values() if s.wants_load_balancer]


def _first(service: LinkedService) -> str | None:
    return service.load_balancer[0] if service.load_balancer else None


def _candidates(cluster: Cluster, request: Request, host: str) -> Iterator[Entry]:
    there = doors(cluster)
    if (service := there.by_address.get(host)) is not None:
        yield Entry(service, host, f"{host} is the load balancer of Service {service.key}")
    for controller in _of_host(cluster, host):
        for service in (cluster.services[key] for key in controller.services):
            if service.wants_load_balancer:
                address = _first(service) or "pending"
                yield Entry(service, _first(service), f"{host} is {address}")
    for key in _gateways_of(cluster, request):
        if key in cluster.proxies_of_gateway:
            yield from _to_gateway(cluster, key, f"{host} belongs to Gateway {key}")
    if (service := there.by_name.get(host)) is not None:
        address = _first(service) or "pending"
        yield Entry(service, _first(service), f"{host} is {address}, Service {service.key}")
    if len(there.balancers) == 1:
        address = _first(there.balancers[0]) or "pending"
        because = f"{address}, the only load balancer there is"
        yield Entry(there.balancers[0], _first(there.balancers[0]), because)


def _of_host(cluster: Cluster, host: str) -> Iterator[Controller]:
    """The controllers that read the Ingresses with this host or address, closest host first."""
    there = doors(cluster)
    for number in chain(there.ingresses_of(host, 2), there.stated.get(host, ())):
        yield from _readers(cluster, cluster.ingresses[number])


def _misses(name: str, host: str) -> str:
    return "has no address" if host_level(name.lower(), host) else "another name"


def _nothing(cluster: Cluster, request: Request, host: str, explain: bool) -> NoEntry:
    unserved = next((k for k in _gateways_of(cluster, request) if k not in cluster.proxies_of_gateway), None)
    if unserved is not None:
        return _unserved(cluster, unserved)
    names = doors(cluster).names
    steps = tuple(Step(name, False, _misses(name, host)) for name in names) if explain else ()
    numbers = sorted(doors(cluster).ingresses_of(host, 1))
    named = [(i, _readers(cluster, i)) for i in (cluster.ingresses[n] for n in numbers)]
    unread = next((ingress for ingress, readers in named if not readers), None)
    if unread is not None:
        return NoEntry(
            f"Ingress {unread.key} has no address: {_unread(cluster, unread)}",
            "SIM2002",
            "install an Ingress controller, or name the class of one that runs",
            steps,
            unread.line("spec", "ingressClassName"),
        )
    read = next((i for i, readers in named if readers and not any(c.services for c in readers)), None)
    if read is not None:
        return _no_front(cluster, read, steps)
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
    return [c for c in cluster.controllers if reads(cluster, c, ingress)[0]]


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
    reasons = [reads(cluster, c, ingress)[1] for c in cluster.controllers]
    return "; ".join(dict.fromkeys(reasons))


def _names(cluster: Cluster) -> list[str]:
    hosts = [rule.host for i in cluster.ingresses for rule in i.spec.rules if rule.host]
    listeners = [x for g in cluster.gateways.values() for x in g.spec.listeners]
    hosts += [x.hostname for x in listeners if x.hostname]
    hosts += [name for route in cluster.http_routes for name in route.spec.hostnames]
    services = [f"{s.manifest.name}.{s.manifest.namespace}" for s in load_balancers(cluster)]
    return list(dict.fromkeys([*hosts, *services]))
