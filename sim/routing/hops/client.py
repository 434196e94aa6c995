"""Where a URL enters the cluster: the name is resolved to a load balancer, or it is not.

In this order: an address or host name in a status; the host of an Ingress, then its controller's load
balancer; the name of a Service of type LoadBalancer; the only load balancer there is. `to` decides over all.
Of the addresses that a name has, a client takes one of its own family; a client of both takes IPv4. Left out:
that it may try both and keep what connects first (Happy Eyeballs, RFC 8305).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sim.cluster.cluster import Cluster, Controller, LinkedPort, LinkedService, Node
from sim.cluster.families import Family, address_of, at_port, family_of, first_of
from sim.cluster.life.figures import FIGURES
from sim.cluster.life.news import clock
from sim.errors import UsageError, there_are
from sim.manifests.objects.networking import Ingress
from sim.routing import ends_at_nodes
from sim.routing.controllers.api import host_of, wildcard_of
from sim.routing.final import Final
from sim.routing.hops.clock import connected
from sim.routing.hops.doors import doors
from sim.routing.hops.no_entry import (
    NoEntry,
    gateways_of,
    no_record,
    nothing,
    readers,
    unreachable,
    unserved,
    waits_for_another,
)
from sim.routing.kube_proxy import Packet, proxy_for
from sim.routing.kube_proxy.health import health_answer
from sim.routing.legs import Fork, Taken, ToLoadBalancer, ToNode, Trip
from sim.routing.trace import CLIENTS, Branch, Hop, Note, Request


@dataclass(frozen=True)
class Entrance:
    """What the client connects to: a load balancer, or a node's own port.

    Args:
        port: set if no load balancer is on the way: the client named a node port, or an external IP.
        node: the node that the client named; None with a port: any node, for an external IP is everywhere.
        health_port: set if the client named the health check node port of a node.
        guessed: whether nothing has the name, and the only load balancer there is stands in.
        others: further load balancers with the same host; DNS names one of them, and no manifest says which.
    """

    service: LinkedService
    address: str | None
    because: str
    node: Node | None = None
    port: LinkedPort | None = None
    health_port: int | None = None
    others: tuple[LinkedService, ...] = ()
    guessed: bool = False


def client(cluster: Cluster, trip: Trip, to: str | None) -> Taken:
    """Resolve the name, and connect.

    Args:
        to: as for `enter`.
    """
    entry = enter(cluster, trip.request, to, trip.explain)
    gone = _gone(cluster, trip.request) if to is None else None
    if gone is not None and (isinstance(entry, NoEntry) or entry.guessed):
        return trip.takes(gone, trip.hop("client", "client", gone.message))
    if isinstance(entry, NoEntry):
        return trip.takes(entry.final, trip.hop("client", "client", entry.says, steps=entry.steps))
    trip = replace(trip, request=_from_an_address(trip.request, entry.address))
    hop = trip.hop("client", "client", entry.because, before=_packet(trip.request, entry.address))
    if entry.node is not None and entry.health_port is not None:
        return _health_check(cluster, trip, entry.service, entry.node, entry.health_port, hop)
    if entry.others:
        return _one_of_several(trip, entry, hop)
    if entry.port is None:
        return trip.takes(ToLoadBalancer(trip, entry.service), hop)
    nodes = (entry.node,) if entry.node is not None else cluster.nodes
    there = connected(trip, entry.port, nodes, trip.delays.client_s)
    port, protocol = trip.request.target_port, entry.port.protocol
    source = trip.request.client_ip
    packets = tuple((n, Packet(source, _at(n, entry, source), port, protocol)) for n in nodes)
    return there.takes(ToNode(there, packets, entry.service, entry.port), hop)


def _at(node: Node, entry: Entrance, source: str) -> str:
    """Where a packet goes that enters at a node."""
    return node.address_of(family_of(source)) if entry.node else entry.address or ""


def over_its_family(cluster: Cluster, request: Request, to: str | None = None) -> Request:
    """The request from that address of its client which it really comes from; it may have one of each family.

    Args:
        to: as for `enter`.
    """
    if cluster.families == ("IPv4",):
        return request
    entry = enter(cluster, request, to, explain=False)
    return request if isinstance(entry, NoEntry) else _from_an_address(request, entry.address)


def _from_an_address(request: Request, address: str | None) -> Request:
    family = family_of(address or "")
    if family is None or request.client_ip not in CLIENTS.values() or request.client_ip == CLIENTS[family]:
        return request
    return replace(request, client_ip=CLIENTS[family])


def choices(cluster: Cluster, request: Request, to: str | None = None) -> tuple[Family, ...]:
    """The families between which a client of both chooses; fewer than two where there is no choice.

    Args:
        to: as for `enter`.
    """
    entry = enter(cluster, request, to, explain=False)
    if request.family is not None or isinstance(entry, NoEntry) or family_of(request.host) is not None:
        return ()
    own = map(family_of, _own(entry))
    return tuple(dict.fromkeys(family for family in own if family is not None))


def _one_of_several(trip: Trip, entry: Entrance, hop: Hop) -> Taken:
    """Every load balancer that has the host; each is as likely as the others to be what DNS names."""
    services = (entry.service, *entry.others)
    share = 1 / len(services)
    there = ", ".join(f"{s.key} ({_address(s, trip.request)})" for s in services)
    host = trip.request.host
    message = f"{len(services)} load balancers have {host}: {there}; its DNS record names one of them"
    fix = "keep all rules of a host on one load balancer; --to asks one of them"
    hop = replace(hop, branches=tuple(Branch(f"load balancer {s.key}", share) for s in services))
    ways = tuple((share, ToLoadBalancer(trip, service)) for service in services)
    return trip.takes(Fork(ways), hop, notes=(Note("SIM2097", f"{message}; {fix}"),))


def _packet(request: Request, address: str | None) -> Mapping[str, Any]:
    packet = {
        "source": request.client_ip,
        "destination": at_port(str(address), request.target_port),
        "protocol": request.scheme,
    }
    http = {"host": request.host_header, "path": request.path, "headers": dict(request.headers)}
    return packet | (http if request.is_http else {})


def _health_check(
    cluster: Cluster, trip: Trip, service: LinkedService, node: Node, port: int, hop: Hop
) -> Taken:
    """The node's own answer to a load balancer that asks whether Pods are here."""
    there = connected(trip, service.ports[0], (node,), trip.delays.client_s)
    says = f"{node.name}: port {port} is its own, for health checks"
    asked = proxy_for(cluster, node, address_of(str(hop.before["destination"])))
    final = ends_at_nodes.health(health_answer(asked, port), node, port)
    return there.takes(final, hop, there.hop("node kube-proxy", "node", says))


def enter(
    cluster: Cluster, request: Request, to: str | None = None, explain: bool = True
) -> Entrance | NoEntry:
    """Find the load balancer that a client of this host reaches.

    Args:
        to: `lb:NAMESPACE/NAME` or `gateway:NAMESPACE/NAME`; it decides over the host.
        explain: whether `NoEntry.steps` list every name there is.

    Raises:
        UsageError: `to` names no Service of type LoadBalancer, or no Gateway.
    """
    found = _entered(cluster, request, to, explain)
    if isinstance(found, NoEntry) and to is None and cluster.moment is not None:
        found = _by_its_old_name(cluster, cluster.moment.before, request) or found
    return found if isinstance(found, NoEntry) else _over_a_family(request, found)


def _by_its_old_name(cluster: Cluster, before: Cluster, request: Request) -> Entrance | None:
    """Where a name led before objects changed: clients know it as long as its load balancer is there."""
    found = _entered(before, request, None, explain=False)
    if isinstance(found, NoEntry) or found.guessed or found.service.key not in cluster.services:
        return None
    return replace(found, service=cluster.services[found.service.key])


def _gone(cluster: Cluster, request: Request) -> Final | None:
    """The end at a load balancer that is gone, whether name servers name it or not; None: none is gone."""
    if cluster.moment is None:
        return None
    entry = _entered(cluster.moment.before, request, None, explain=False)
    key = "" if isinstance(entry, NoEntry) or entry.guessed else entry.service.key
    named = cluster.moment.named_until(key) if key and key not in cluster.services else None
    if named is None:
        return None
    why = f"the load balancer of Service {key} is gone ({named[0]})"
    if cluster.moment.at_s >= named[1]:
        until_s = named[1] + FIGURES["elb-dns-ttl"].value
        known = f"; who asked before may use its address until {clock(until_s)}, in vain"
        message = f"{why}, and so is its name{known if cluster.moment.at_s < until_s else ''}"
        return Final("dns-no-record", message, code="SIM2001", fix="use another name")
    message = f"{why}, and name servers name it until {clock(named[1])}: the client waits until it gives up"
    return Final("timeout", message, code="SIM2172", fix="take the name away first, and wait for its TTL")


def _over_a_family(request: Request, found: Entrance) -> Entrance | NoEntry:
    """The entrance, if the client has an address of its family, or why it is none."""
    family = family_of(found.address or "")
    if None in (family, request.family) or family == request.family:
        return found
    if family_of(request.host) is not None:
        return unreachable(request)
    return no_record(request, _own(found))


def _own(entry: Entrance) -> tuple[str, ...]:
    """The addresses of what was named."""
    return entry.node.addresses if entry.node is not None else entry.service.load_balancer


def _entered(cluster: Cluster, request: Request, to: str | None, explain: bool) -> Entrance | NoEntry:
    if to is not None and to.startswith("gateway:"):
        return _stated_gateway(cluster, request, to.removeprefix("gateway:"))
    if to is not None:
        return _stated(cluster, request, to)
    host = host_of(request)
    direct = _at_node(cluster, request) or _external_ip(cluster, request)
    found = direct or next(_candidates(cluster, request, host), None)
    return found if found is not None else nothing(cluster, request, host, explain)


def has_name(cluster: Cluster, request: Request) -> bool:
    """Whether a host leads somewhere here by its own name."""
    entry = enter(cluster, request, explain=False)
    return isinstance(entry, Entrance) and not entry.guessed


def _at_node(cluster: Cluster, request: Request) -> Entrance | None:
    """A node's address or name, and a node port of a Service, or its health check node port."""
    there, number = doors(cluster), request.target_port
    node, hit = there.nodes.get(request.host), there.node_ports.get((number, request.protocol))
    if node is None or hit is None:
        return None
    service, port = hit
    because = f"{request.host} is a node's own address"
    own = _taken(node.addresses, request) if request.host == node.name and node.second else request.host
    return Entrance(service, own, because, node, port, None if port is not None else number)


def _external_ip(cluster: Cluster, request: Request) -> Entrance | None:
    """An external IP: Kubernetes does not manage it, so whoever does may route it to any node."""
    asked = (request.host, request.target_port, request.protocol)
    hit = doors(cluster).external_ips.get(asked)
    if hit is None:
        return None
    because = f"{request.host} is an external IP of Service {hit[0].key}, routed to any node"
    return Entrance(hit[0], request.host, because, None, hit[1])


def _stated(cluster: Cluster, request: Request, to: str) -> Entrance:
    key = to.removeprefix("lb:")
    service = cluster.services.get(key)
    if service is None or not service.wants_load_balancer:
        there = there_are(f"lb:{key}", (f"lb:{s.key}" for s in doors(cluster).balancers))
        raise UsageError(f"--to {to}: no Service of type LoadBalancer has this name; {there}")
    return _by(service, request, "stated with --to")


def _stated_gateway(cluster: Cluster, request: Request, key: str) -> Entrance | NoEntry:
    if key not in cluster.gateways:
        raise UsageError(f"--gateway {key}: {there_are(key, cluster.gateways)}")
    if key not in cluster.proxies_of_gateway:
        return unserved(cluster, key)
    return next(_to_gateway(cluster, request, key, f"Gateway {key} is stated"))


def _to_gateway(cluster: Cluster, request: Request, key: str, because: str) -> Iterator[Entrance]:
    for service in (cluster.services[name] for name in cluster.proxies_of_gateway[key].services):
        yield _by(service, request, f"{because}: {_address(service, request)}")


def _by(balancer: LinkedService, request: Request, because: str) -> Entrance:
    return Entrance(balancer, _taken(balancer.load_balancer, request), because)


def _taken(addresses: Sequence[str], request: Request) -> str | None:
    """The one of a name's addresses that a client takes; the first, where they are of one family."""
    first = next(iter(addresses), None)
    if len({family_of(a) for a in addresses} - {None}) < 2:
        return first
    return first_of(addresses, request.family or "IPv4")


def _address(balancer: LinkedService, request: Request) -> str:
    return _taken(balancer.load_balancer, request) or "pending"


def _candidates(cluster: Cluster, request: Request, host: str) -> Iterator[Entrance]:
    there = doors(cluster)
    if (service := there.by_address.get(host)) is not None:
        yield Entrance(service, host, f"{host} is the load balancer of Service {service.key}")
    if found := _of_host(cluster, host):
        keys = sorted(found)
        first = _by_status(cluster.services[keys[0]], found[keys[0]], host, request)
        yield replace(first, others=tuple(cluster.services[key] for key in keys[1:]))
    for key in gateways_of(cluster, request):
        if key in cluster.proxies_of_gateway:
            yield from _to_gateway(cluster, request, key, f"{host} belongs to Gateway {key}")
    if (service := there.by_name.get(host)) is not None:
        yield _by(service, request, f"{host} is {_address(service, request)}, Service {service.key}")
    if len(there.balancers) == 1 and not waits_for_another(cluster, host, there.balancers[0]):
        only = there.balancers[0]
        yield replace(
            _by(only, request, f"{_address(only, request)}, the only load balancer there is"), guessed=True
        )


def _by_status(service: LinkedService, ingress: Ingress, host: str, request: Request) -> Entrance:
    """The load balancer of a controller, at the address that the Ingress shows if it is one of its own."""
    shown = [a for a in ingress.status.load_balancer.addresses if a in service.load_balancer]
    first = _taken(shown, request)
    if first is None:
        return _by(service, request, f"{host} is {_address(service, request)}")
    return replace(_by(service, request, f"{host} is {first}"), address=first)


@lru_cache(maxsize=256)
def _of_host(cluster: Cluster, host: str) -> dict[str, Ingress]:
    """The load balancers of the Ingresses with this host, of the closest ones that have any.

    Of the Ingresses at this address, where it is none; of one controller the first, for each leads to the
    same rules. Looked for once: many Ingresses may have one host.
    """
    there = doors(cluster)
    for numbers in (
        *(there.ingresses.get(h, ()) for h in (host, wildcard_of(host))),
        there.stated.get(host, ()),
    ):
        found: dict[str, Ingress] = {}
        for ingress in (cluster.ingresses[number] for number in numbers):
            for controller in readers(cluster, ingress):
                if (key := _in_front(cluster, controller)) is not None:
                    found.setdefault(key, ingress)
        if found:
            return found
    return {}


def _in_front(cluster: Cluster, controller: Controller) -> str | None:
    """The first load balancer in front of a controller."""
    return next((key for key in controller.services if cluster.services[key].wants_load_balancer), None)
