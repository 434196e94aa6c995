"""Every address and name by which a client may come into a cluster, compiled once to be looked up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService, Node
from sim.cluster.families import canonical
from sim.cluster.gateways import parent_of
from sim.manifests.objects.gateway_api import HTTPRoute
from sim.manifests.objects.gateway_routes import GRPCRoute, Route
from sim.manifests.objects.kinds import GATEWAY_API
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.api import host_level, wildcard_of
from sim.routing.gateway.listener_sets import gateway_behind, listeners_of

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Doors:
    """Every address and name by which a client may come in, found in one look.

    Args:
        node_ports: (number, protocol) -> the Service, and its port; None for its health check node port.
        external_ips: (address, number, protocol) -> Service and port.
        by_address: address or host name in lower case -> the Service of type LoadBalancer.
        by_name: NAME and NAME.NAMESPACE of the Services of type LoadBalancer.
        ingresses: host as written in a rule, lower case -> numbers of the Ingresses; empty: any host.
        stated: address in a status, lower case -> numbers of the Ingresses.
        gateways: host name of a listener or route -> keys of the Gateways.
        waiting: host name of a route -> numbers of the routes with no parent in the set; empty: any host.
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
    waiting: Mapping[str, tuple[int, ...]]
    names: tuple[str, ...]

    def ingresses_of(self, host: str, least: int) -> Iterator[int]:
        """Numbers of the Ingresses with a rule for a host, the closest first; see `host_level`."""
        for pattern in (host, wildcard_of(host), ""):
            yield from self.ingresses.get(pattern, ()) if host_level(pattern, host) >= least else ()


@lru_cache(maxsize=16)
def doors(cluster: Cluster) -> Doors:
    """Compile the ways in; done once per cluster, whatever the number of requests."""
    services, balancers = cluster.services.values(), load_balancers(cluster)
    numbered = tuple(enumerate(cluster.ingresses))
    by_any_host = sorted(numbered, key=lambda pair: "" not in _rule_hosts(pair[1]))
    return Doors(
        _first_of((name, n) for n in cluster.nodes for name in (*n.addresses, n.name)),
        _first_of(pair for s in services for pair in _node_ports(s)),
        _first_of(pair for s in services for pair in _external_ips(s)),
        tuple(balancers),
        _first_of((address.lower(), s) for s in balancers for address in s.load_balancer),
        _first_of((n, s) for s in balancers for n in (s.manifest.name, _by_namespace(s))),
        _all_of((host, number) for number, i in numbered for host in _rule_hosts(i)),
        _all_of((canonical(a.lower()), n) for n, i in by_any_host for a in i.status.load_balancer.addresses),
        _all_of(_gateway_hosts(cluster)),
        _all_of(_waiting_hosts(cluster)),
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
        yield from (((canonical(address), p.number, p.protocol), (service, p)) for p in service.ports)


def _by_namespace(service: LinkedService) -> str:
    return f"{service.manifest.name}.{service.manifest.namespace}"


def load_balancers(cluster: Cluster) -> list[LinkedService]:
    """The Services of type LoadBalancer, in order of reading."""
    return [s for s in cluster.services.values() if s.wants_load_balancer]


def _gateway_hosts(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """(host, key of a Gateway) of its listeners, and of the routes that want to attach to it."""
    for key, gateway in cluster.gateways.items():
        yield from ((x.hostname.lower(), key) for x in gateway.spec.listeners if x.hostname)
    for one in cluster.listener_sets:
        yield from ((x.hostname.lower(), parent_of(one)) for x in one.spec.listeners if x.hostname)
    for route in cluster.routes:
        for parent in route.spec.parent_refs:
            named = gateway_behind(cluster, route, parent)
            yield from ((name.lower(), named.key) for name in route.spec.hostnames if named is not None)


def _waiting_hosts(cluster: Cluster) -> Iterator[tuple[str, int]]:
    """(host, number of a route) of the routes with no parent that the set shows."""
    for number, route in enumerate(cluster.routes):
        if not any(gateway_behind(cluster, route, p) for p in route.spec.parent_refs):
            any_host = ("",) if isinstance(route, HTTPRoute | GRPCRoute) else ()
            yield from ((name.lower(), number) for name in route.spec.hostnames or any_host)


def missing_gateways(cluster: Cluster, route: Route) -> list[str]:
    """`NAMESPACE/NAME` of the Gateways that a route names and the set does not show."""
    gateways = (p for p in route.spec.parent_refs if (p.group, p.kind) == (GATEWAY_API, "Gateway"))
    keys = (f"{p.namespace or route.namespace}/{p.name}" for p in gateways)
    return [key for key in keys if key not in cluster.gateways]


def _names(cluster: Cluster) -> list[str]:
    hosts = [rule.host for i in cluster.ingresses for rule in i.spec.rules if rule.host]
    hosts += [x.hostname for x in listeners_of(cluster) if x.hostname]
    hosts += [name for route in cluster.routes for name in route.spec.hostnames]
    services = [f"{s.manifest.name}.{s.manifest.namespace}" for s in load_balancers(cluster)]
    return list(dict.fromkeys([*hosts, *services]))
