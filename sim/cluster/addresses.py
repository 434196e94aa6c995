"""Addresses: of Pods, of Services inside and outside the cluster, and ports on nodes.

They are given out in order of reading, so they are stable, and none that a file shows is given out again.
Ranges are the usual ones: 10.244.0.0/16 with a part for each node, 10.96.0.0/12 for Services; for load
balancers those of documents and benchmarks (RFC 5737, RFC 2544). Of IPv6: fd00:10:244::/48, where a Pod has
the numbers of its IPv4 address, fd00:10:96::/108, 2001:db8:1::/48 for load balancers (RFC 4193, RFC 3849).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from sim.cluster.cluster import Assumption, Node
from sim.cluster.families import Family, RefusedFamily, allocated, canonical, family_of
from sim.manifests.objects.networking import Service

_NODE_PORTS = (*range(30080, 32768), *range(30000, 30080))
"""What the API server gives out by default; the first ones here are those that examples use."""
_PARTS = _ADDRESSES_OF_PART = 255


@dataclass(frozen=True)
class ServiceAddresses:
    """Where a Service is reached.

    Args:
        cluster_ips: one of each of its families, the primary first; empty: DNS alone serves it.
        families: that it has; empty for type ExternalName.
        node_ports: of each of its ports, None where it has none.
        load_balancer: empty: pending, or not of that type.
    """

    cluster_ips: tuple[str, ...]
    families: tuple[Family, ...]
    node_ports: tuple[int | None, ...]
    load_balancer: tuple[str, ...]


def given(four: str, families: Sequence[Family]) -> tuple[str, str]:
    """The address of the first family and, of a cluster with two, that of the other; else nothing.

    Args:
        four: the IPv4 one; the IPv6 one has its numbers.
    """
    a, b, c, d = four.split(".")
    both = {"IPv4": four, "IPv6": canonical(f"fd00:{a}:{b}:{c}::{d}")}
    return both[families[0]], both[families[1]] if len(families) > 1 else ""


def pod_addresses(
    nodes: Sequence[Node], families: Sequence[Family] = ("IPv4",)
) -> Callable[[str], tuple[str, str]]:
    """What gives the next Pod of a node, by the node's name, its addresses, as `given` does.

    One part of the range is for nodes that are not there; a node without a part, or with a full one, takes
    what comes after all parts.
    """
    part_of = {node.name: part for part, node in enumerate(nodes, 1)}
    strange = len(nodes) + 1
    parts = {p: iter(range(1, _ADDRESSES_OF_PART + 1)) for p in range(1, min(strange, _PARTS) + 1)}
    beyond = _hosts(10, 244, (strange + 1) * 256)

    def next_of(node: str) -> tuple[str, str]:
        part = part_of.get(node, strange)
        number = next(parts.get(part, iter(())), None)
        four = next(beyond) if number is None else f"10.244.{part}.{number}"
        return (four, "") if len(families) == 1 and families[0] == "IPv4" else given(four, families)

    return next_of


def _hosts(first: int, second: int, start: int = 1) -> Iterator[str]:
    """The addresses from FIRST.SECOND.0.0 on, from a number on."""
    return (f"{first}.{second + n // 65_536}.{n // 256 % 256}.{n % 256}" for n in count(start))


def service_addresses(
    services: Sequence[Service],
    provider: bool,
    allocate_node_ports: bool,
    families: Sequence[Family] = ("IPv4",),
) -> tuple[dict[str, ServiceAddresses], list[Assumption]]:
    """Addresses and node ports by the key of a Service.

    Args:
        provider: whether something makes cloud load balancers; without it they stay pending.
        allocate_node_ports: whether a port without a nodePort gets one.
        families: of the cluster, the primary first.
    """
    inside = _free(_hosts(10, 96), "fd00:10:96", {a for s in services for a in s.spec.own_addresses})
    outside = _free(_outside(), "2001:db8:1", {a for s in services for a in _of_status(s)})
    taken = {p.node_port for s in services for p in s.spec.ports if p.node_port is not None}
    free = (n for n in _NODE_PORTS if allocate_node_ports and n not in taken)
    found: dict[str, ServiceAddresses] = {}
    for service in services:
        own = families_of_service(service, families)
        found[service.key] = ServiceAddresses(
            _cluster_ips(service, own, inside),
            own,
            tuple(_node_ports(service, free)),
            _load_balancer(service, own, outside, provider),
        )
    return found, list(_full(services, found)) if allocate_node_ports else []


Free = Mapping[Family, Iterator[str]]
"""The addresses of each family that are still free."""


def _free(four: Iterator[str], six: str, taken: Collection[str]) -> Free:
    used = set(map(canonical, taken))
    sixes = (f"{six}::{number:x}" for number in count(1))
    return {"IPv4": (a for a in four if a not in used), "IPv6": (a for a in sixes if a not in used)}


def _outside() -> Iterator[str]:
    return chain((f"198.51.100.{n}" for n in range(1, 256)), _hosts(198, 18))


def _of_status(service: Service) -> tuple[str, ...]:
    return tuple(map(canonical, service.status.load_balancer.addresses))


def families_of_service(service: Service, cluster: Sequence[Family]) -> tuple[Family, ...]:
    """Those that the API server gives it; of one that it would refuse, those of its addresses, or one."""
    found = allocated(service.spec, cluster)
    if not isinstance(found, RefusedFamily):
        return found.families
    shown = dict.fromkeys(f for f in map(family_of, service.spec.own_addresses) if f is not None)
    return tuple(shown) or (cluster[0],)


def _cluster_ips(service: Service, families: Sequence[Family], free: Free) -> tuple[str, ...]:
    """What is written, and one of each family that is still missing."""
    if service.spec.type == "ExternalName" or service.is_headless:
        return ()
    written = tuple(map(canonical, service.spec.own_addresses))
    missing = (f for f in families if f not in {family_of(a) for a in written})
    return (*written, *(next(free[f]) for f in missing))


def _node_ports(service: Service, free: Iterator[int]) -> Iterator[int | None]:
    on_nodes = _is_on_nodes(service)
    gives = on_nodes and (service.spec.type == "NodePort" or service.spec.allocate_load_balancer_node_ports)
    for port in service.spec.ports:
        stated = port.node_port if on_nodes else None
        yield stated or (next(free, None) if gives else None)


def _is_on_nodes(service: Service) -> bool:
    return service.spec.type in {"NodePort", "LoadBalancer"}


def _load_balancer(
    service: Service, families: Sequence[Family], free: Free, provider: bool
) -> tuple[str, ...]:
    if service.spec.type != "LoadBalancer":
        return ()
    known = _of_status(service)
    return known or (tuple(next(free[f]) for f in families) if provider else ())


def _full(services: Sequence[Service], found: dict[str, ServiceAddresses]) -> Iterator[Assumption]:
    """What is said where more node ports are wanted than there are."""
    wanting = (s for s in services if _is_on_nodes(s) and s.spec.allocate_load_balancer_node_ports)
    without = [s.key for s in wanting if None in found[s.key].node_ports]
    if without:
        what = f"no nodePort for {len(without):,} Services, from {without[0]} on: all are taken"
        yield Assumption(what, "write nodePort in a wider range, or fewer such Services")
