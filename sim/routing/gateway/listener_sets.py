"""ListenerSets: which of them may add listeners to a Gateway. Source: Gateway API v1, ListenerSet."""

from collections.abc import Iterator
from typing import NamedTuple

from sim.cluster.cluster import Cluster
from sim.cluster.gateways import parent_of
from sim.manifests.objects.gateway_api import Gateway, Listener, ParentReference
from sim.manifests.objects.gateway_routes import ListenerSet, Route
from sim.manifests.objects.kinds import GATEWAY_API
from sim.routing.gateway.selectors import Words, namespace_allowed

_WORDS = Words("the Gateway", "ListenerSet", "Gateway")


class Admission(NamedTuple):
    """Whether a Gateway takes a ListenerSet, why, and the line that decides."""

    held: bool
    because: str
    source: str | None = None


def admission(cluster: Cluster, gateway: Gateway, listeners: ListenerSet) -> Admission:
    """Ask `allowedListeners` of the Gateway; where it says nothing, none is taken."""
    wanted, labels = gateway.spec.allowed_listeners.namespaces, cluster.namespace_labels
    found = namespace_allowed(wanted, gateway.namespace, listeners.namespace, labels, _WORDS)
    return Admission(*found, gateway.line("spec", "allowedListeners", "namespaces", "from"))


def sets_of(cluster: Cluster, gateway: Gateway) -> Iterator[ListenerSet]:
    """The ListenerSets that name a Gateway, in the order in which their listeners count."""
    for one in cluster.listener_sets:
        parent = one.spec.parent_ref
        if (parent.group, parent.kind, parent_of(one)) == (GATEWAY_API, "Gateway", gateway.key):
            yield one


def allowed_sets(cluster: Cluster, gateway: Gateway) -> Iterator[ListenerSet]:
    """Those of them that it takes."""
    return (one for one in sets_of(cluster, gateway) if admission(cluster, gateway, one).held)


def gateway_behind(cluster: Cluster, route: Route, parent: ParentReference) -> Gateway | None:
    """The Gateway that a parentRef means, by itself or by a ListenerSet; None: it is not there."""
    key = f"{parent.namespace or route.namespace}/{parent.name}"
    if (parent.group, parent.kind) == (GATEWAY_API, "Gateway"):
        return cluster.gateways.get(key)
    if (parent.group, parent.kind) == (GATEWAY_API, "ListenerSet"):
        sets = (one for one in cluster.listener_sets if one.key == key)
        return next((cluster.gateways.get(parent_of(one)) for one in sets), None)
    return None


def listeners_of(cluster: Cluster) -> list[Listener]:
    """The listeners of all Gateways and ListenerSets."""
    own = [x for gateway in cluster.gateways.values() for x in gateway.spec.listeners]
    return own + [x for one in cluster.listener_sets for x in one.spec.listeners]
