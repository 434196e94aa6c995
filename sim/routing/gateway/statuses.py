"""Statuses: what a conformant controller would write about Gateways, listeners, routes and policies.

A Gateway is Accepted while one listener is, Programmed while one takes requests; a listener that clashes with
another is Conflicted, one whose certificate cannot be used has ResolvedRefs False; both stay unprogrammed. A
route has conditions per parent: Accepted by the listener that it came furthest with, ResolvedRefs by its
backends. It is attached, and counted, whether or not the listener works. Where no controller takes the
Gateway, its conditions stay Unknown, as the API server writes them, and its routes have none. Whether a
listener without a usable certificate, or in conflict, is Accepted the API leaves open: here the first is and
the second is not. Source: Gateway API v1, the types GatewayConditionType, ListenerConditionType,
RouteConditionType and their reasons; its conformance tests.
"""

from collections.abc import Iterator
from typing import Any

from sim.cluster.cluster import Cluster
from sim.cluster.gateways import parent_of
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute, ParentReference
from sim.manifests.objects.gateway_routes import Route
from sim.manifests.objects.kinds import GATEWAY_API
from sim.routing.gateway.attached import Attached, attached
from sim.routing.gateway.attachment import ACCEPTED
from sim.routing.gateway.conditions import UNKNOWN, Condition
from sim.routing.gateway.listener_sets import gateway_behind, sets_of
from sim.routing.gateway.listener_statuses import (
    ListenerStatus,
    of_gateway,
    of_listener_set,
    statuses_of_listeners,
)
from sim.routing.gateway.listeners import ListenerState, listener_states
from sim.routing.gateway.policy_statuses import ancestors, of_policy
from sim.routing.gateway.route_statuses import of_route
from sim.units import attributes, published

States = dict[str, tuple[ListenerState, ...]]
Found = dict[str, Attached]


def statuses_json(cluster: Cluster) -> dict[str, Any]:
    """The key `gateway_status` of `sim inspect -o json`."""
    states = {key: listener_states(cluster, gateway) for key, gateway in cluster.gateways.items()}
    found = {key: attached(cluster, listeners) for key, listeners in states.items()}
    return {
        "gateways": [_gateway(cluster, g, states, found) for g in cluster.gateways.values()],
        "httproutes": [row for r in cluster.http_routes for row in _parents(cluster, r, found)],
        "other_routes": [
            row for r in (*cluster.grpc_routes, *cluster.stream_routes) for row in _parents(cluster, r, found)
        ],
        "listener_sets": list(_listener_sets(cluster, states, found)),
        "backend_tls_policies": list(_policies(cluster, found)),
    }


def _gateway(cluster: Cluster, gateway: Gateway, states: States, found: Found) -> dict[str, Any]:
    """The status of a Gateway; without a controller it has no listeners."""
    controller, conditions = _controller(cluster, gateway), _waiting(gateway)
    listeners: tuple[ListenerStatus, ...] = ()
    if controller is not None:
        listeners = statuses_of_listeners(gateway, states[gateway.key], found[gateway.key])
        conditions = tuple(of_gateway(gateway, listeners))
    return {
        "gateway": gateway.key,
        "controller": controller,
        "conditions": published(conditions),
        "listeners": list(_listeners(listeners)),
    }


def _listeners(listeners: tuple[ListenerStatus, ...]) -> Iterator[dict[str, Any]]:
    for one in listeners:
        name = {"name": one.state.listener.name or None}
        yield name | attributes(one, "attached_routes supported_kinds conditions")


def _listener_sets(cluster: Cluster, states: States, found: Found) -> Iterator[dict[str, Any]]:
    """The status of every ListenerSet at its Gateway; without conditions where nobody writes any."""
    for one in cluster.listener_sets:
        gateway = cluster.gateways.get(parent_of(one))
        controller = _controller(cluster, gateway) if gateway is not None else None
        listeners: tuple[ListenerStatus, ...] = ()
        conditions: tuple[Condition, ...] = ()
        if gateway is not None and controller is not None and one in tuple(sets_of(cluster, gateway)):
            listeners = statuses_of_listeners(one, states[gateway.key], found[gateway.key])
            conditions = tuple(of_listener_set(cluster, gateway, one, listeners))
        yield {
            "listener_set": one.key,
            "gateway": parent_of(one),
            "controller": controller,
            "conditions": published(conditions),
            "listeners": list(_listeners(listeners)),
            "absent": None if conditions else _nobody(one.spec.parent_ref, gateway),
        }


def _policies(cluster: Cluster, found: Found) -> Iterator[dict[str, Any]]:
    """The status of every BackendTLSPolicy at every Gateway whose routes lead to a target of it."""
    for policy in cluster.backend_tls_policies:
        conditions = published(tuple(of_policy(cluster, policy)))
        above = [g for g in ancestors(cluster, policy, found) if _controller(cluster, g) is not None]
        for gateway in above:
            controller = _controller(cluster, gateway)
            yield {
                "policy": policy.key,
                "gateway": gateway.key,
                "controller": controller,
                "conditions": conditions,
                "absent": None,
            }
        if not above:
            absent = "no route of a Gateway that a controller takes leads to a target of it"
            yield {
                "policy": policy.key, "gateway": None, "controller": None, "conditions": [], "absent": absent
            }  # fmt: skip


def _parents(cluster: Cluster, route: Route, found: Found) -> Iterator[dict[str, Any]]:
    """The status of a route at every parent; without conditions where nobody writes any."""
    named = {"httproute": route.key}
    if not isinstance(route, HTTPRoute):
        named = {"kind": type(route).__name__, "route": route.key}
    for number, parent in enumerate(route.spec.parent_refs):
        gateway = gateway_behind(cluster, route, parent)
        controller = _controller(cluster, gateway) if gateway is not None else None
        conditions: tuple[Condition, ...] = ()
        if gateway is not None and controller is not None:
            conditions = of_route(cluster, route, number, found[gateway.key])
        yield {
            **named,
            "parent": f"{parent.namespace or route.namespace}/{parent.name}",
            "parent_kind": parent.kind,
            **attributes(parent, "section_name port"),
            "controller": controller,
            "conditions": published(conditions),
            "absent": None if conditions else _nobody(parent, gateway),
        }


def _controller(cluster: Cluster, gateway: Gateway) -> str | None:
    """The controller of a Gateway's class, None if there is no such class."""
    found = cluster.gateway_classes.get(gateway.spec.gateway_class_name or "")
    return found.spec.controller_name if found is not None else None


def _waiting(gateway: Gateway) -> tuple[Condition, ...]:
    """What the API server writes by default, and nobody changes."""
    message = f"no controller: there is no GatewayClass {gateway.spec.gateway_class_name}"
    source = gateway.line("spec", "gatewayClassName")
    return tuple(Condition(kind, UNKNOWN, "Pending", message, source) for kind in (ACCEPTED, "Programmed"))


def _nobody(parent: ParentReference, gateway: Gateway | None) -> str:
    if gateway is not None:
        return f"no controller takes Gateway {gateway.key}, so nobody writes a status"
    if parent.group != GATEWAY_API or parent.kind not in {"Gateway", "ListenerSet"}:
        return f"{parent.kind} {parent.name} is no Gateway; what is written about it is not modelled"
    return f"there is no such {parent.kind}, so nobody writes a status"
