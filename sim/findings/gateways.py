"""Gateway API: grants, weights, parents and classes that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator

from sim.decoding import shown
from sim.findings.index import Index, finding, listed
from sim.manifests import (
    GATEWAY_API,
    Finding,
    Gateway,
    GatewayClass,
    HTTPRoute,
    Listener,
    ParentReference,
    Path,
    ReferenceGrant,
)


def grants(index: Index) -> Iterator[Finding]:
    """Backends in another namespace that no ReferenceGrant allows."""
    for route in index.routes:
        for i, rule in enumerate(route.spec.rules):
            for j, ref in enumerate(rule.backend_refs):
                namespace = ref.namespace or route.namespace
                if namespace == route.namespace or _granted(index, route, ref.kind, namespace, ref.name):
                    continue
                message = f"no ReferenceGrant in namespace {namespace} allows {ref.kind} {shown(ref.name)}"
                fix = f"write one in {namespace}: from HTTPRoute of {route.namespace}, to {ref.kind}"
                path: Path = ("spec", "rules", i, "backendRefs", j)
                yield finding(route, "SIM1501", "error", message, path, fix)


def _granted(index: Index, route: HTTPRoute, kind: str, namespace: str, name: str) -> bool:
    return any(
        grant.namespace == namespace
        and any(
            f.group == GATEWAY_API and f.kind == "HTTPRoute" and f.namespace == route.namespace
            for f in grant.spec.from_
        )
        and any(t.kind == kind and t.name in (None, "", name) for t in grant.spec.to)
        for grant in index.manifests.of(ReferenceGrant)
    )


def weights(index: Index) -> Iterator[Finding]:
    """Rules whose backends all have weight 0: every request gets a 500."""
    for route in index.routes:
        for i, rule in enumerate(route.spec.rules):
            if rule.backend_refs and all(ref.weight == 0 for ref in rule.backend_refs):
                message = "every weight of this rule is 0: every request gets 500"
                path: Path = ("spec", "rules", i, "backendRefs", 0, "weight")
                yield finding(route, "SIM1502", "error", message, path, "give one backend a weight")


def parents(index: Index) -> Iterator[Finding]:
    """Parents that are not there, or that do not let the route attach."""
    gateways = {g.key: g for g in index.manifests.of(Gateway)}
    for route in index.routes:
        for number, parent in enumerate(route.spec.parent_refs):
            path: Path = ("spec", "parentRefs", number)
            key = f"{parent.namespace or route.namespace}/{parent.name}"
            if parent.kind != "Gateway" or not gateways:
                continue
            if key not in gateways:
                message = f"no Gateway {shown(key)}; there are: {listed(gateways)}"
                yield finding(route, "SIM1503", "error", message, path, "name one that is there")
            elif not _listeners_for(route, parent, gateways[key]):
                message = f"Gateway {key} takes no routes of namespace {route.namespace} (from: Same)"
                fix = "allowedRoutes: {namespaces: {from: All}} at its listener"
                yield finding(route, "SIM1504", "error", message, path, fix)


def _listeners_for(route: HTTPRoute, parent: ParentReference, gateway: Gateway) -> list[Listener]:
    """The listeners that the parent means and that allow the route's namespace."""
    meant = [
        x
        for x in gateway.spec.listeners
        if parent.section_name in (None, x.name) and parent.port in (None, x.port)
    ]
    return [x for x in meant if gateway.namespace == route.namespace or _from(x) != "Same"]


def _from(listener: Listener) -> str:
    """Whose routes a listener allows: Same if it does not say."""
    namespaces = (listener.allowed_routes or {}).get("namespaces")
    return str(namespaces.get("from", "Same")) if isinstance(namespaces, dict) else "Same"


def gateway_classes(index: Index) -> Iterator[Finding]:
    """Gateways of a class that is not there, in a set that has classes."""
    names = [c.name for c in index.manifests.of(GatewayClass)]
    for gateway in index.manifests.of(Gateway):
        wanted = gateway.spec.gateway_class_name
        if names and wanted not in names:
            message = f"no GatewayClass {shown(wanted or '')}; there are: {listed(names)}"
            path = ("spec", "gatewayClassName")
            yield finding(gateway, "SIM1505", "error", message, path, "name one that is there")


CHECKS = (grants, weights, parents, gateway_classes)
