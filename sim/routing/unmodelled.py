"""What is read and not modelled, and which of it may change an answer: decided here for every command.

`left_out` is the list of a set of manifests: kinds, fields and filters outside the model, annotations by who
reads them, and what the configuration of each controller leaves open (`Profile.left_out`). Each entry knows
its place: a Service, an Ingress, a rule, a controller. `of_answer` keeps what lies on the way of one answer:
what the walk passed, and what the host of the request belongs to. What has no place lies on every way.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from sim.cluster.build import cloud_around
from sim.cluster.cluster import Cluster, Controller
from sim.cluster.gateways import cloud_of
from sim.cluster.life.hpa import other_metrics
from sim.cluster.load_balancers.makers import serves_class
from sim.cluster.load_balancers.values import Cloud
from sim.cluster.setup import Setup
from sim.manifests.decoding.text import printable
from sim.manifests.objects.autoscaling import HorizontalPodAutoscaler
from sim.manifests.objects.collected import Manifests, Unmodelled
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, HTTPRoute, HTTPRouteFilter
from sim.manifests.objects.gateway_routes import GRPCRoute, Route, TCPRoute, TLSRoute, UDPRoute
from sim.manifests.objects.meta import KubernetesObject, Path
from sim.manifests.objects.networking import Ingress, IngressClass, Service
from sim.routing.annotations import Meaning, Place, Readers
from sim.routing.building import build, found_controllers
from sim.routing.controllers import PROFILES, profile_of_gateways, reads
from sim.routing.controllers.api import host_of, wildcard_of
from sim.routing.controllers.patterns import any_depth
from sim.routing.final import Final
from sim.routing.gateway.filters import OPEN_FILTERS, is_envoys
from sim.routing.gateway.open_parts import OpenPart, ignored_parts, open_parts
from sim.routing.gateway.rule_row import rule_name
from sim.routing.legs import Leg, Taken, ToLoadBalancer, ToNode, ToPod, ToService
from sim.routing.meanings import meanings_of
from sim.routing.network_policy.open_questions import open_questions
from sim.routing.path_rules import LETTER, DataPlane
from sim.routing.trace import Request

WITH_BODY = frozenset({"PATCH", "POST", "PUT"})
"""Methods whose requests usually carry a body."""

NAMESPACED_POLICIES = frozenset({"CiliumNetworkPolicy"})
"""Unknown kinds that concern the Pods of their own namespace alone."""


@dataclass(frozen=True)
class Omission:
    """Something left out, and the places where it counts; none: it counts everywhere."""

    entry: Unmodelled
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, eq=False)
class Omissions:
    """All that a set leaves out, found by place.

    Args:
        entries: in order of reading, then by object.
        everywhere: numbers of the entries that count on every way.
        by_place: place -> numbers of the entries that count there.
    """

    entries: tuple[Unmodelled, ...]
    everywhere: tuple[int, ...]
    by_place: Mapping[Place, tuple[int, ...]]

    def at(self, places: Iterable[Place]) -> tuple[Unmodelled, ...]:
        """What counts at these places, in order."""
        return _at(self, frozenset(place for place in places if place in self.by_place))


@lru_cache(maxsize=1024)
def _at(found: Omissions, places: frozenset[Place]) -> tuple[Unmodelled, ...]:
    """The entries of places among those that count everywhere; one value for all answers alike."""
    numbers = {number for place in places for number in found.by_place[place]}
    return tuple(found.entries[number] for number in sorted(numbers.union(found.everywhere)))


@lru_cache(maxsize=16)
def left_out(cluster: Cluster, profile: str | None = None) -> Omissions:
    """Everything that the manifests of a cluster hold and the simulator does not model.

    Args:
        cluster: with the controllers that decide whose annotations count.
        profile: the controller that is asked instead of those that run.
    """
    placed = dict[Unmodelled, tuple[Place, ...]]()
    signs = Signs(cluster)
    for one in _all(cluster, profile):
        placed.setdefault(one.entry, tuple(sign for place in one.places for sign in signs.of(place)))
    by_place = dict[Place, list[int]]()
    for number, places in enumerate(placed.values()):
        for place in places:
            by_place.setdefault(place, []).append(number)
    everywhere = tuple(number for number, places in enumerate(placed.values()) if not places)
    return Omissions(tuple(placed), everywhere, {place: tuple(found) for place, found in by_place.items()})


def _all(cluster: Cluster, profile: str | None) -> Iterator[Omission]:
    manifests = cluster.manifests
    yield from (Omission(entry, _place_of(entry)) for entry in manifests.unmodelled)
    readers = Readers(cluster, profile)
    for item in manifests.objects:
        for read in meanings_of(item, readers):
            yield Omission(_marked(item, read), read.places)
    for kind in manifests.of(IngressClass):
        yield from _parameters(kind)
    for question in open_questions(manifests):
        yield Omission(question.entry, (("policy", question.policy),) if question.policy else ())
    for scaler in manifests.of(HorizontalPodAutoscaler):
        yield from _metrics(scaler)
    for service in manifests.of(Service):
        yield from _balancer_class(service, cluster.cloud)
    for proxies in cluster.gateway_proxies:
        yield from _in_the_cloud(cluster.gateways[proxies.gateway or ""], proxies)
    planes = [_plane(p.controller) for p in cluster.gateway_proxies]
    for kind in (HTTPRoute, GRPCRoute):
        for route in manifests.of(kind):
            yield from _filters(route, planes)
    for item in manifests.objects:
        if isinstance(item, HTTPRoute | GRPCRoute | TLSRoute | TCPRoute | UDPRoute):
            yield from (
                _left_to_some(item, part) for part in (*open_parts(item), *ignored_parts(item, planes))
            )
    for controller in (*cluster.controllers, *cluster.gateway_proxies):
        own = PROFILES.get(profile or controller.profile)
        for entry in own.left_out(cluster, controller) if own is not None else ():
            yield Omission(entry, (("controller", controller.name),))


def _place_of(entry: Unmodelled) -> tuple[Place, ...]:
    """Where a kind or a field counts."""
    namespace = (entry.key or "").partition("/")[0]
    match entry.kind:
        case "Ingress" | "Service" | "Gateway" | "HTTPRoute" | "GRPCRoute" | "TLSRoute":
            return ((entry.kind, entry.key or ""),)
        case "IngressClass" | "GatewayClass":
            return ((entry.kind, (entry.key or "").rpartition("/")[2]),)
        case None | "ClusterNetworkPolicy" | "Kustomization" | "Namespace" | "Node" | "Secret":
            return ()
    if entry.part or entry.kind in NAMESPACED_POLICIES:
        return (("namespace", namespace),)
    return ()


def _marked(item: KubernetesObject, read: Meaning) -> Unmodelled:
    """An annotation or a label of an object."""
    source = item.origin.at(*read.path) if item.origin else None
    what = printable(f"{item.kind} {item.key}: {read.part}")
    return Unmodelled(what, read.may_change, source, read.why, item.kind, item.key, read.part, read.value)


def _parameters(kind: IngressClass) -> Iterator[Omission]:
    """What an IngressClass says to its controller by another object."""
    known = next((p for p in PROFILES.values() if p.controller == kind.spec.controller), None)
    if kind.spec.parameters is None or (known is not None and not known.reads_parameters):
        return
    value = repr(sorted(kind.spec.parameters.items()))
    yield Omission(
        _field(kind, "parameters", value, "read by its controller"), (("IngressClass", kind.name),)
    )


def _metrics(scaler: HorizontalPodAutoscaler) -> Iterator[Omission]:
    """What an autoscaler looks at besides CPU."""
    for place, name in other_metrics(scaler):
        what = f"HorizontalPodAutoscaler {scaler.key}: metric {name}"
        why, line = "in a run it asks for no Pods", scaler.line("spec", "metrics", place)
        yield Omission(Unmodelled(what, False, line, why, scaler.kind, scaler.key, f"metric {name}"), ())


def _balancer_class(service: Service, cloud: Cloud) -> Iterator[Omission]:
    """What makes the load balancer instead of the provider: how it leads packets is its own matter."""
    wanted = service.spec.load_balancer_class
    if serves_class(wanted, cloud):
        return
    if wanted is not None and service.spec.type == "LoadBalancer":
        entry = _field(service, "loadBalancerClass", wanted, f"read by what makes {wanted}")
        yield Omission(entry, (("balancer", service.key),))


def _in_the_cloud(gateway: Gateway, proxies: Controller) -> Iterator[Omission]:
    """A Gateway that is a load balancer of a cloud: Pods that are assumed stand for it."""
    cloud, name = cloud_of(gateway, proxies.controller), gateway.spec.gateway_class_name or ""
    if cloud and proxies.assumed:
        source = gateway.origin.at("spec", "gatewayClassName") if gateway.origin else None
        part = f"class {name}, a load balancer of {cloud}"
        what, why = printable(f"Gateway {gateway.key}: {part}"), "assumed Pods and a Service stand for it"
        entry = Unmodelled(what, True, source, why, "Gateway", gateway.key, part, name)
        yield Omission(entry, (("Gateway", gateway.key),))


def _field(item: KubernetesObject, name: str, value: str, why: str) -> Unmodelled:
    """A field of the spec that may change an answer."""
    source, part = item.origin.at("spec", name) if item.origin else None, f"spec.{name}"
    what = printable(f"{item.kind} {item.key}: {part}")
    return Unmodelled(what, True, source, printable(why), item.kind, item.key, part, value)


def _plane(controller: str) -> DataPlane:
    """What the proxies of a controller are known to do."""
    known = profile_of_gateways(controller)
    return (known and known.plane) or LETTER


def _is_decided(item: HTTPRouteFilter, planes: Iterable[DataPlane]) -> bool:
    """Whether every gateway of the set is known to do a filter, or to refuse it."""
    return all(item.type in plane.refuses or (plane.envoy_kinds and is_envoys(item)) for plane in planes)


def _filters(route: HTTPRoute | GRPCRoute, planes: Collection[DataPlane]) -> Iterator[Omission]:
    """The filters of a route whose effect belongs to the implementation alone, and is not modelled."""
    for number in range(len(route.spec.rules)):
        rule = route.spec.rules[number]
        names = tuple(rule_name(route.key, number, match) for match in range(len(rule.matches) or 1))
        where = ("spec", "rules", number)
        known = [f for f in rule.filters if planes and _is_decided(f, planes)]
        yield from _open(route, rule.filters, (*where, "filters"), names, known)
        for index, ref in enumerate(rule.backend_refs):
            yield from _open(route, ref.filters, (*where, "backendRefs", index, "filters"), names)


def _left_to_some(route: Route, part: OpenPart) -> Omission:
    """What only some gateways, or a mesh, do with a route."""
    source = route.origin.at(*part.path) if route.origin else None
    what = printable(f"{route.kind} {route.key}: {part.part}")
    why, value = printable(part.why), part.part if part.may_change else ""
    entry = Unmodelled(what, part.may_change, source, why, route.kind, route.key, part.part, value)
    return Omission(entry, part.places)


def _open(
    route: HTTPRoute | GRPCRoute,
    filters: Iterable[HTTPRouteFilter],
    where: Path,
    names: Iterable[str],
    known: Collection[HTTPRouteFilter] = (),
) -> Iterator[Omission]:
    for index, item in enumerate(filters):
        if item.type in OPEN_FILTERS and item not in known:
            source = route.origin.at(*where, index) if route.origin else None
            part = f"filter {item.type}"
            what = printable(f"{route.kind} {route.key}: {part}")
            value = item.model_dump_json(exclude_unset=True)
            entry = Unmodelled(what, True, source, "", route.kind, route.key, part, value)
            yield Omission(entry, tuple(("rule", name) for name in names))


def passed(leg: Leg) -> frozenset[Place]:
    """What a leg passes."""
    rule, service = None, None
    match leg:
        case ToLoadBalancer():
            return frozenset({("balancer", leg.service.key), ("balancer", ""), ("Service", leg.service.key)})
        case ToNode() | ToPod():
            rule, service = leg.sending and leg.sending.rule, leg.service
        case ToService():
            rule, service = leg.sending.rule, leg.found.service
    places = [("rule", rule)] if rule else []
    return frozenset([*places, ("Service", service.key)] if service is not None else places)


def of_answer(
    cluster: Cluster, request: Request, taken: Taken, profile: str | None = None
) -> tuple[Unmodelled, ...]:
    """What may change one answer, and what is harmless.

    Args:
        taken: the walk at its end.
        profile: the controller that was asked instead of the one that runs.
    """
    return left_out(cluster, profile).at(_places(request, taken, profile))


def _places(request: Request, taken: Taken, profile: str | None) -> Iterator[Place]:
    """Every place on the way of a request: what it passed, and what its name belongs to."""
    yield from taken.passed
    yield from (("namespace", key.partition("/")[0]) for kind, key in taken.passed if kind == "Service")
    rules = {name for kind, name in taken.passed if kind == "rule"}
    if isinstance(taken.following, Final) and taken.following.rule:
        rules.add(taken.following.rule)
    yield from (("rule", rule) for rule in rules)
    yield from (("Ingress", rule.partition(" ")[0]) for rule in rules)
    yield from _of_name(request, taken.proxy, profile)
    yield from [("nobody", "")] if taken.proxy is None else [("controller", taken.proxy.name)]
    if taken.proxy is not None and taken.proxy.gateway is not None:
        yield "gateway", taken.proxy.gateway


def _of_name(request: Request, proxy: Controller | None, profile: str | None) -> Iterator[Place]:
    """What the host of a request stands for, at the controller that answers; None: nobody does."""
    host = host_of(request)
    at_gateway = proxy is not None and proxy.gateway is not None
    reader = "" if profile or proxy is None else proxy.name
    yield from (("name", name) for name in (host, wildcard_of(host)))
    for pattern in any_depth(host):
        if proxy is None or at_gateway:
            yield "route", pattern
        if not at_gateway:
            yield f"host {pattern}", reader
        if not at_gateway and request.method in WITH_BODY:
            yield f"body {pattern}", reader


class Signs:
    """By which signs of a request, on its way, the objects of a cluster are found again.

    Ingresses and routes are found by the hosts in their rules, classes by their controllers, so that the list
    for one request takes no longer among ten thousand rules than among ten.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._ingresses = {i.key: i for i in cluster.manifests.of(Ingress)}
        self._routes = {(type(r).__name__, r.key): r for r in cluster.routes}

    def of(self, place: Place) -> Iterator[Place]:
        """The signs of a place, the place itself among them."""
        kind, name = place
        yield place
        match kind:
            case "Ingress" | "body":
                yield from self._of_ingress(name, "host" if kind == "Ingress" else "body")
            case "HTTPRoute" | "GRPCRoute" | "TLSRoute":
                route = self._routes.get((kind, name))
                hosts = route.spec.hostnames or ("",) if route is not None else ()
                yield from (("route", host.lower()) for host in hosts)
            case "IngressClass":
                classes, running = self._cluster.ingress_classes, self._cluster.controllers
                mine = classes[name].spec.controller if name in classes else None
                yield from (("controller", c.name) for c in running if c.controller == mine)
                yield "nobody", ""
            case "Gateway" | "GatewayClass":
                yield from self._of_gateways(kind, name)
                yield "nobody", ""

    def _of_ingress(self, key: str, what: str) -> Iterator[Place]:
        """The hosts of its rules at each controller that reads it, and the load balancer that is its own."""
        ingress = self._ingresses.get(key)
        if ingress is None:
            return
        hosts = {(rule.host or "").lower() for rule in ingress.spec.rules}
        if not hosts or ingress.spec.default_backend is not None:
            hosts.add("")
        running = self._cluster.controllers
        readers = ["", *(c.name for c in running if reads(self._cluster, c, ingress)[0])]
        yield from ((f"{what} {host}", reader) for host in hosts for reader in readers)
        yield from (("controller", c.name) for c in running if c.reads is not None and key in c.reads)

    def _of_gateways(self, kind: str, name: str) -> Iterator[Place]:
        """The Gateway, or those of a class."""
        for key, gateway in self._cluster.gateways.items():
            if name == (key if kind == "Gateway" else gateway.spec.gateway_class_name):
                yield "gateway", key


def may_change(found: Iterable[Unmodelled]) -> tuple[Unmodelled, ...]:
    """What may change an answer, each once, in order."""
    return tuple(dict.fromkeys(one for one in found if one.may_change_answer))


def of_manifests(manifests: Manifests, setup: Setup | None = None) -> tuple[Unmodelled, ...]:
    """What a set leaves out, for whatever is asked of it; the same list in every command.

    Args:
        setup: what is stated besides, such as the controller; None: nothing.
    """
    running = {c.name for c in found_controllers(manifests)}
    kept = tuple(
        o
        for o in manifests.objects
        if isinstance(o, Gateway | GatewayClass | Ingress | IngressClass) or f"{o.kind} {o.key}" in running
    )
    controllers = build(replace(manifests, objects=kept), setup)
    cloud, _ = cloud_around(manifests, setup or Setup())
    return left_out(replace(controllers, manifests=manifests, cloud=cloud)).entries


def not_in(found: Iterable[Unmodelled], other: Iterable[Unmodelled]) -> tuple[Unmodelled, ...]:
    """What may change an answer and does not stand alike among others: elsewhere, or with another value."""
    there = {(u.kind, u.key, u.part, u.value) for u in may_change(other)}
    return tuple(u for u in may_change(found) if (u.kind, u.key, u.part, u.value) not in there)
