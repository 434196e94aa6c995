"""Addresses: of Pods, of Services inside and outside the cluster, and ports on nodes.

They are given out in order of reading, so they are stable, and none that a file shows is given out again.
Ranges are the usual ones: 10.244.0.0/16 with a part for each node, 10.96.0.0/12 for Services; for load
balancers those of documents and benchmarks (RFC 5737, RFC 2544).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

from sim.cluster.cluster import Assumption, Node
from sim.manifests.objects.networking import Service

_NODE_PORTS = (*range(30080, 32768), *range(30000, 30080))
"""What the API server gives out by default; the first ones here are those that examples use."""
_PARTS = _ADDRESSES_OF_PART = 255


@dataclass(frozen=True)
class ServiceAddresses:
    """Where a Service is reached.

    Args:
        node_ports: of each of its ports, None where it has none.
        load_balancer: empty: pending, or not of that type.
    """

    cluster_ip: str | None
    node_ports: tuple[int | None, ...]
    load_balancer: tuple[str, ...]


def pod_addresses(nodes: Sequence[Node]) -> Callable[[str], str]:
    """What gives the next Pod of a node, by the node's name, its address.

    One part of the range is for nodes that are not there; a node without a part, or with a full one, takes
    what comes after all parts.
    """
    part_of = {node.name: part for part, node in enumerate(nodes, 1)}
    strange = len(nodes) + 1
    parts = {p: iter(range(1, _ADDRESSES_OF_PART + 1)) for p in range(1, min(strange, _PARTS) + 1)}
    beyond = _hosts(10, 244, (strange + 1) * 256)

    def next_of(node: str) -> str:
        part = part_of.get(node, strange)
        number = next(parts.get(part, iter(())), None)
        return next(beyond) if number is None else f"10.244.{part}.{number}"

    return next_of


def _hosts(first: int, second: int, start: int = 1) -> Iterator[str]:
    """The addresses from FIRST.SECOND.0.0 on, from a number on."""
    return (f"{first}.{second + n // 65_536}.{n // 256 % 256}.{n % 256}" for n in count(start))


def service_addresses(
    services: Sequence[Service], provider: bool, allocate_node_ports: bool
) -> tuple[dict[str, ServiceAddresses], list[Assumption]]:
    """Addresses and node ports by the key of a Service.

    Args:
        provider: whether something makes cloud load balancers; without it they stay pending.
        allocate_node_ports: whether a port without a nodePort gets one.
    """
    inside = _without(_hosts(10, 96), {s.spec.cluster_ip for s in services})
    outside = _without(
        chain((f"198.51.100.{n}" for n in range(1, 256)), _hosts(198, 18)),
        {a for s in services for a in s.status.load_balancer.addresses},
    )
    taken = {p.node_port for s in services for p in s.spec.ports if p.node_port is not None}
    free = (n for n in _NODE_PORTS if allocate_node_ports and n not in taken)
    found = {
        s.key: ServiceAddresses(
            _cluster_ip(s, inside), tuple(_node_ports(s, free)), _load_balancer(s, outside, provider)
        )
        for s in services
    }
    return found, list(_full(services, found)) if allocate_node_ports else []


def _without(addresses: Iterator[str], taken: Collection[str | None]) -> Iterator[str]:
    return (a for a in addresses if a not in taken)


def _cluster_ip(service: Service, free: Iterator[str]) -> str | None:
    if service.spec.type == "ExternalName" or service.is_headless:
        return None
    return service.spec.cluster_ip or next(free)


def _node_ports(service: Service, free: Iterator[int]) -> Iterator[int | None]:
    on_nodes = _is_on_nodes(service)
    for port in service.spec.ports:
        yield port.node_port or next(free, None) if on_nodes else None


def _is_on_nodes(service: Service) -> bool:
    return service.spec.type in {"NodePort", "LoadBalancer"}


def _load_balancer(service: Service, free: Iterator[str], provider: bool) -> tuple[str, ...]:
    if service.spec.type != "LoadBalancer":
        return ()
    known = service.status.load_balancer.addresses
    return known or ((next(free),) if provider else ())


def _full(services: Sequence[Service], found: dict[str, ServiceAddresses]) -> Iterator[Assumption]:
    """What is said where more node ports are wanted than there are."""
    without = [s.key for s in services if _is_on_nodes(s) and None in found[s.key].node_ports]
    if without:
        what = f"no nodePort for {len(without):,} Services, from {without[0]} on: all are taken"
        yield Assumption(what, "write nodePort in a wider range, or fewer such Services")
