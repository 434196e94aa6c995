"""Gateway API: grants, weights, parents and classes that do not fit together."""

from collections.abc import Iterator, Mapping

from sim.analysis.findings.index import Index, finding, listed
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, HTTPRoute, ReferenceGrant
from sim.manifests.objects.meta import Path
from sim.manifests.objects.workloads import Namespace
from sim.routing.gateway.attachment import attach, furthest
from sim.routing.gateway.grants import permits
from sim.routing.gateway.listeners import ListenerState


def grants(index: Index) -> Iterator[Finding]:
    """Backends in another namespace that no ReferenceGrant allows."""
    for route in index.routes:
        for i, rule in enumerate(route.spec.rules):
            for j, ref in enumerate(rule.backend_refs):
                namespace = ref.namespace or route.namespace
                if permits(index.manifests.of(ReferenceGrant), route, ref)[0]:
                    continue
                message = f"no ReferenceGrant in namespace {namespace} allows {ref.kind} {shown(ref.name)}"
                fix = f"write one in {namespace}: from HTTPRoute of {route.namespace}, to {ref.kind}"
                path: Path = ("spec", "rules", i, "backendRefs", j)
                yield finding(route, "SIM1501", "error", message, path, fix)


def weights(index: Index) -> Iterator[Finding]:
    """Rules whose backends all have weight 0: every request gets a 500."""
    for route in index.routes:
        for i, rule in enumerate(route.spec.rules):
            if rule.backend_refs and all(ref.weight == 0 for ref in rule.backend_refs):
                message = "every weight of this rule is 0: every request gets 500"
                path: Path = ("spec", "rules", i, "backendRefs", 0, "weight")
                yield finding(route, "SIM1502", "error", message, path, "give one backend a weight")


def parents(index: Index) -> Iterator[Finding]:
    """Parents that are not there, or whose listeners do not take the route."""
    gateways = {g.key: g for g in index.manifests.of(Gateway)}
    labels = {n.name: n.metadata.labels for n in index.manifests.of(Namespace)}
    for route in index.routes:
        for number, parent in enumerate(route.spec.parent_refs):
            path: Path = ("spec", "parentRefs", number)
            key = f"{parent.namespace or route.namespace}/{parent.name}"
            if parent.kind != "Gateway":
                continue
            if not gateways:
                message = f"Gateway {shown(key)} is not in these files: nothing here takes the route"
                fix = "give the Gateway too, or check that it is there: kubectl get gateways -A"
                yield finding(route, "SIM1507", "warning", message, path, fix)
            elif key not in gateways:
                message = f"no Gateway {shown(key)}; there are: {listed(gateways)}"
                yield finding(route, "SIM1503", "error", message, path, "name one that is there")
            else:
                yield from _not_attached(route, number, gateways[key], labels)


def _not_attached(
    route: HTTPRoute, number: int, gateway: Gateway, labels: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """The check that came furthest and failed, if no listener takes the route."""
    states = [ListenerState(gateway, gateway, i, x) for i, x in enumerate(gateway.spec.listeners)]
    nearest = furthest(attach(route, number, state, labels) for state in states)
    if nearest is None or nearest.held:
        return
    message = f"Gateway {gateway.key} does not take it ({nearest.reason}): {nearest.because}"
    fix = _WAYS_OUT.get(nearest.reason, "see the listeners of the Gateway")
    yield finding(route, "SIM1504", "error", message, ("spec", "parentRefs", number), fix)


_WAYS_OUT = {
    "NoMatchingParent": "name a listener that is there in sectionName and port, or name none",
    "NotAllowedByListeners": "allowedRoutes: {namespaces: {from: All}} at its listener",
    "NoMatchingListenerHostname": "give route and listener a host name in common",
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
