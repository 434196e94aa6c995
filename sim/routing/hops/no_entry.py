"""Where no URL enters: nothing has the name, or what has it stands in no address's way; why, and the way out.

A name that a rule knows is never called unknown. What keeps it from an address is said: a Gateway that nobody
serves or that is not in the set, an Ingress that nobody reads, a controller without a load balancer. Only a
name that nothing knows is answered with the names there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from sim.cluster.assumed_controllers import wanted_class
from sim.cluster.cluster import Cluster, Controller, LinkedService
from sim.cluster.families import family_of
from sim.errors import there_are
from sim.manifests.objects.gateway_routes import Route
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers import PROFILES, reads
from sim.routing.controllers.api import WATCH, host_level, host_of
from sim.routing.controllers.classes import NO_CLASS
from sim.routing.controllers.patterns import any_depth
from sim.routing.final import Final, State
from sim.routing.hops.doors import doors, missing_gateways
from sim.routing.trace import Request, Step


@dataclass(frozen=True)
class NoEntry:
    """Nothing has this name; `more` and `steps` list the names there are."""

    says: str
    code: str
    fix: str
    more: str = ""
    steps: tuple[Step, ...] = ()
    source: str | None = None
    state: State = "dns-no-record"

    @property
    def final(self) -> Final:
        """The end of the request."""
        message = f"{self.says}; {self.more}" if self.more else self.says
        line = self.source
        return Final(self.state, message, code=self.code, fix=self.fix, source=line, fix_source=line)


def no_record(request: Request, addresses: Sequence[str]) -> NoEntry:
    """A name without an address of the client's family."""
    record, lacks = ("AAAA", "IPv4") if request.family == "IPv6" else ("A", "IPv6")
    says = f"{request.host} has no {record} record: its addresses are {lacks} ({', '.join(addresses)})"
    who = f"the client, {request.client_ip}, has {request.family} alone"
    fix = f"ask as a client with {lacks} (--client-ip), or give the load balancer an {request.family} address"
    return NoEntry(f"{says}; {who}", "SIM2130", fix)


def unreachable(request: Request) -> NoEntry:
    """An address of a family that the client has none of: its own network says so at once."""
    says = (
        f"the client, {request.client_ip}, has no {family_of(request.host)} address: network is unreachable"
    )
    fix = f"ask for an {request.family} address, or as a client with {family_of(request.host)} (--client-ip)"
    return NoEntry(says, "SIM2131", fix, state="refused")


def nothing(cluster: Cluster, request: Request, host: str, explain: bool) -> NoEntry:
    """Why no load balancer is reached by a name that was looked for everywhere.

    Args:
        explain: whether `steps` list every name there is.
    """
    found = _known(cluster, request, host)
    if found is not None:
        return found
    names = doors(cluster).names
    misses = ("has no address" if host_level(name.lower(), host) else "another name" for name in names)
    steps = tuple(map(Step, names, repeat(False), misses)) if explain else ()
    if not names:
        says = f"nothing here is called {host}: no load balancer, no Ingress"
        return NoEntry(says, "SIM2001", _other_entry(cluster))
    fix = _any_host(cluster) or "use one of these names"
    if doors(cluster).balancers and not _any_host(cluster):
        fix += ", or state the load balancer with --to lb:NAMESPACE/NAME"
    there = f"there are: {', '.join(names[:5])}"
    return NoEntry(f"nothing here is called {host}", "SIM2001", fix, there, steps)


def _known(cluster: Cluster, request: Request, host: str) -> NoEntry | None:
    """What keeps a name that is known from an address; None: nothing has this name."""
    for key in gateways_of(cluster, request):
        if key not in cluster.proxies_of_gateway:
            return unserved(cluster, key)
    route = waiting(cluster, host)
    if route is not None:
        return _waits(cluster, route)
    numbers = sorted(set(doors(cluster).ingresses_of(host, 1)))
    named = [cluster.ingresses[number] for number in numbers]
    unread = next((ingress for ingress in named if not readers(cluster, ingress)), None)
    if unread is not None:
        return _unread(cluster, unread)
    behind = ((i, c) for i in named for c in readers(cluster, i) if not _balancers(cluster, c))
    return next((_nothing_in_front(cluster, *one) for one in behind), None)


def unserved(cluster: Cluster, key: str) -> NoEntry:
    """A Gateway that no controller takes has no address."""
    gateway = cluster.gateways[key]
    name, line = gateway.spec.gateway_class_name or "", gateway.line("spec", "gatewayClassName")
    kind, more = cluster.gateway_classes.get(name), ""
    if kind is None:
        because = f"there is no GatewayClass {name}"
        more = there_are(name, cluster.gateway_classes)
    else:
        because = f"the controller of its class, {kind.spec.controller_name}, does not run"
    fix = "name a GatewayClass whose controller runs, or install that controller"
    return NoEntry(f"Gateway {key} has no address: {because}", "SIM2057", fix, more, source=line)


def gateways_of(cluster: Cluster, request: Request) -> list[str]:
    """The Gateways that have a request's host, by a listener or a route; with its port first."""
    known = doors(cluster).gateways
    named = {key for name in any_depth(host_of(request)) if name for key in known.get(name, ())}
    in_order = [key for key in cluster.gateways if key in named] if named else []
    return sorted(in_order, key=lambda key: request.target_port not in _ports(cluster, key))


def _ports(cluster: Cluster, key: str) -> set[int | None]:
    return {listener.port for listener in cluster.gateways[key].spec.listeners}


def waiting(cluster: Cluster, host: str, unnamed: bool = True) -> Route | None:
    """The route that has a host, the closest first, and no parent in the set; None: there is none.

    Args:
        unnamed: whether a route without host names counts, too.
    """
    known, names = doors(cluster).waiting, any_depth(host)
    there = (n for name in names if name or unnamed for n in known.get(name, ()))
    return next((cluster.routes[n] for n in there), None)


def waits_for_another(cluster: Cluster, host: str, balancer: LinkedService) -> bool:
    """Whether a rule has this host, and the only load balancer there is cannot be its own.

    A controller's own load balancer answers for an Ingress that it does not read: that is a 404 of its own.
    """
    if waiting(cluster, host, unnamed=False) is not None:
        return True
    named = next(doors(cluster).ingresses_of(host, 2), None) is not None
    return named and not any(balancer.key in c.services for c in cluster.controllers)


def _waits(cluster: Cluster, route: Route) -> NoEntry:
    """A route is nowhere without its Gateway, and whoever has that has the address."""
    line, missing = route.line("spec", "parentRefs"), missing_gateways(cluster, route)
    says = f"{type(route).__name__} {route.key} has no address"
    if not missing:
        others = " and ".join(f"{p.kind} {p.name}" for p in route.spec.parent_refs)
        why = f"its parent is {others}, which serves nobody outside" if others else "it names no parent"
        return NoEntry(f"{says}: {why}", "SIM2105", "name a Gateway in spec.parentRefs", source=line)
    shown = " and ".join(f"Gateway {key}" for key in missing)
    more = there_are(missing[0], cluster.gateways) if cluster.gateways else ""
    fix = f"give the file of {shown} too, with one more -f"
    if cluster.gateways:
        fix += ", or name a Gateway that is there in parentRefs"
    return NoEntry(f"{says}: it waits for {shown}, not in this set", "SIM2105", fix, more, source=line)


def _unread(cluster: Cluster, ingress: Ingress) -> NoEntry:
    """An Ingress that no controller reads gets no address."""
    first, *others = _why_unread(cluster, ingress)
    says, line = f"Ingress {ingress.key} has no address: {first}", ingress.line("spec", "ingressClassName")
    return NoEntry(says, "SIM2002", _way_in(cluster, ingress), "; ".join(others), (), line)


def _way_in(cluster: Cluster, ingress: Ingress) -> str:
    """How the first controller that runs comes to read an Ingress."""
    for controller in cluster.controllers:
        if not controller.watches(ingress.namespace):
            return WATCH
        return PROFILES[controller.profile].way_in(cluster.ingress_classes, controller, ingress)
    return "install an Ingress controller, or name the class of one that runs"


def _why_unread(cluster: Cluster, ingress: Ingress) -> list[str]:
    """Why each controller does not read an Ingress."""
    if not cluster.controllers:
        name, there = wanted_class(ingress), cluster.ingress_classes
        if name and there and name not in there:
            return [f"there is no IngressClass {name}; {there_are(name, there)}"]
        if name is None and there:
            return [f"it {NO_CLASS[1]}"]
        return ["no Ingress controller runs"]
    reasons = [reads(cluster, c, ingress)[1] for c in cluster.controllers]
    return list(dict.fromkeys(reasons))


def readers(cluster: Cluster, ingress: Ingress) -> list[Controller]:
    """The controllers that read an Ingress."""
    return [c for c in cluster.controllers if reads(cluster, c, ingress)[0]]


def _balancers(cluster: Cluster, controller: Controller) -> list[LinkedService]:
    there = (cluster.services[key] for key in controller.services if key in cluster.services)
    return [service for service in there if service.wants_load_balancer]


def _nothing_in_front(cluster: Cluster, ingress: Ingress, controller: Controller) -> NoEntry:
    """The controller is there, and no load balancer leads to it."""
    says = f"Ingress {ingress.key} has no address: no Service of type LoadBalancer is in front of"
    line, reader = ingress.line("spec", "rules"), controller.name
    fix = f"give the Service in front of {reader} too, or make one"
    for service in (cluster.services[key] for key in controller.services):
        line = service.line("spec", "type")
        fix = f"make Service {service.key} one of type LoadBalancer"
        port = next((p.node_port for p in service.ports if p.node_port is not None), None)
        if port is not None:
            url = f"http://{cluster.nodes[0].address}:{port}/"
            fix = f"ask a node, {url} with the header Host, or {fix}"
    return NoEntry(f"{says} {reader}", "SIM2002", fix, "", (), line)


def _any_host(cluster: Cluster) -> str | None:
    """How to reach an Ingress that has a rule for any host: no name is stated, so its address is one."""
    for ingress in cluster.ingresses:
        if not any(rule.host for rule in ingress.spec.rules):
            for service in _at_addresses(cluster, ingress):
                way_out = f"use its address {service.load_balancer[0]}, or state --to lb:{service.key}"
                return f"Ingress {ingress.key} takes any host: {way_out}"
    return None


def _at_addresses(cluster: Cluster, ingress: Ingress) -> Iterator[LinkedService]:
    services = (cluster.services[key] for c in readers(cluster, ingress) for key in c.services)
    return (service for service in services if service.load_balancer)


def _other_entry(cluster: Cluster) -> str:
    """A node port if there is one, else what to add."""
    for service in cluster.services.values():
        for port in service.ports:
            if port.node_port is not None:
                url = f"http://{cluster.nodes[0].address}:{port.node_port}/"
                return f"Service {service.key} has a node port: try {url}"
    return "make a Service of type LoadBalancer, or add an Ingress"
