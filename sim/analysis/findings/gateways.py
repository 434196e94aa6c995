"""Gateway API: grants, weights, parents and classes that do not fit together."""

from collections.abc import Iterator

from sim.analysis.findings.index import Index, finding, listed
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, ReferenceGrant
from sim.manifests.objects.gateway_routes import Route, rules_of
from sim.manifests.objects.kinds import GATEWAY_API
from sim.manifests.objects.meta import Path
from sim.routing.gateway.attached import Attached, attached
from sim.routing.gateway.attachment import ACCEPTED, furthest
from sim.routing.gateway.grants import permits
from sim.routing.gateway.listener_sets import gateway_behind
from sim.routing.gateway.listeners import listener_states


def nothing_passed(route: Route) -> str:
    """What becomes of everything that a rule takes and sends nowhere."""
    return {
        "HTTPRoute": "every request gets 500",
        "GRPCRoute": "every call gets UNAVAILABLE",
        "UDPRoute": "every datagram is dropped",
    }.get(type(route).__name__, "every connection is refused")


def grants(index: Index) -> Iterator[Finding]:
    """Backends in another namespace that no ReferenceGrant allows."""
    for route in index.every_route:
        for i, rule in enumerate(rules_of(route)):
            for j, ref in enumerate(rule.backend_refs):
                namespace = ref.namespace or route.namespace
                if permits(index.manifests.of(ReferenceGrant), route, ref)[0]:
                    continue
                message = f"no ReferenceGrant in namespace {namespace} allows {ref.kind} {shown(ref.name)}"
                fix = f"write one in {namespace}: from {route.kind} of {route.namespace}, to {ref.kind}"
                path: Path = ("spec", "rules", i, "backendRefs", j)
                yield finding(route, "SIM1501", "error", message, path, fix)


def weights(index: Index) -> Iterator[Finding]:
    """Rules whose backends all have weight 0: nothing is passed on."""
    for route in index.every_route:
        for i, rule in enumerate(rules_of(route)):
            if rule.backend_refs and all(ref.weight == 0 for ref in rule.backend_refs):
                message = f"every weight of this rule is 0: {nothing_passed(route)}"
                path: Path = ("spec", "rules", i, "backendRefs", 0, "weight")
                yield finding(route, "SIM1502", "error", message, path, "give one backend a weight")


def parents(index: Index) -> Iterator[Finding]:
    """Parents that are not there, or whose listeners do not take the route."""
    cluster = index.gateways_alone
    found = {key: attached(cluster, listener_states(cluster, g)) for key, g in cluster.gateways.items()}
    holders = {
        "Gateway": tuple(cluster.gateways),
        "ListenerSet": tuple(one.key for one in cluster.listener_sets),
    }
    for route in index.every_route:
        for number, parent in enumerate(route.spec.parent_refs):
            path: Path = ("spec", "parentRefs", number)
            key = f"{parent.namespace or route.namespace}/{parent.name}"
            there, gateway = holders.get(parent.kind), gateway_behind(cluster, route, parent)
            if there is None or parent.group != GATEWAY_API:
                continue
            what = f"{parent.kind} {shown(key)}"
            if not there:
                message = f"{what} is not in these files: nothing here takes the route"
                plural = f"{parent.kind.lower()}s"
                fix = f"give the {parent.kind} too, or check that it is there: kubectl get {plural} -A"
                yield finding(route, "SIM1507", "warning", message, path, fix)
            elif key not in there:
                message = f"no {what}; there are: {listed(there)}"
                yield finding(route, "SIM1503", "error", message, path, "name one that is there")
            elif gateway is not None:
                yield from _not_attached(route, number, found[gateway.key])


def _not_attached(route: Route, number: int, found: Attached) -> Iterator[Finding]:
    """The check that came furthest and failed, if no listener takes the route."""
    nearest = furthest(a for a in found.of_route(route) if a.parent == number)
    if nearest is None or nearest.reason == ACCEPTED:
        return
    holder = nearest.state.holder
    message = f"{type(holder).__name__} {holder.key} does not take it ({nearest.reason}): {nearest.because}"
    fix = _WAYS_OUT.get(nearest.reason, "see the listeners of the Gateway")
    yield finding(route, "SIM1504", "error", message, ("spec", "parentRefs", number), fix)


_WAYS_OUT = {
    "NoMatchingParent": "name a listener that is there in sectionName and port, or name none",
    "NotAllowedByListeners": "allowedRoutes: {namespaces: {from: All}} at its listener",
    "NoMatchingListenerHostname": "give route and listener a host name in common",
    "HostnameConflict": "give the host name to routes of one kind alone, or use another listener",
    "UnsupportedValue": "use a value that the API knows",
}


def gateway_classes(index: Index) -> Iterator[Finding]:
    """Gateways of a class that is not there, in a set that has classes."""
    names = [c.name for c in index.manifests.of(GatewayClass)]
    for gateway in index.manifests.of(Gateway):
        wanted = gateway.spec.gateway_class_name
        if names and wanted not in names:
            message = f"no GatewayClass {shown(wanted or '')}; there are: {listed(names)}"
            path = ("spec", "gatewayClassName")
            served = bool(gateway.status.addresses)
            message += "; its status has an address, so it is taken as served" if served else ""
            yield finding(
                gateway, "SIM1505", "note" if served else "error", message, path, "name one that is there"
            )


CHECKS = (grants, weights, parents, gateway_classes)
