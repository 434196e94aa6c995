"""The small control plane: from manifests to a Cluster, as a cluster's controllers would do it.

It spreads Pods over nodes in zones, finds the endpoints behind each selector, resolves ports by number and by
name, gives out addresses, and finds the Ingress controllers. What the files do not show is assumed, and every
assumption is listed with a way to say otherwise. Left out: scheduling by resources, taints and affinity;
propagation delays (they belong to a run).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sim.cluster.addresses import service_addresses
from sim.cluster.cloud_load_balancers import load_balancers
from sim.cluster.cluster import Assumption, Cluster, Controller
from sim.cluster.configuration import configured
from sim.cluster.dual_stack import families_of
from sim.cluster.gateways import (
    at_addresses_of_gateways,
    gateway_classes,
    in_order_of_age,
    proxy_pods,
    proxy_service,
    served,
)
from sim.cluster.ingress_controllers import (
    at_addresses_of_ingresses,
    controller_pods,
    controller_service,
    in_front,
    ingress_controllers,
)
from sim.cluster.known_controllers import Known
from sim.cluster.load_balancers.addresses import with_balancers
from sim.cluster.load_balancers.found import cloud_of
from sim.cluster.load_balancers.values import Cloud
from sim.cluster.nodes import nodes_of
from sim.cluster.pods import application_pods, placed
from sim.cluster.services import linked_services, slices_by_service
from sim.cluster.setup import Setup
from sim.manifests.memory import collector_at_rest
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute, ReferenceGrant
from sim.manifests.objects.gateway_routes import STREAM_ROUTES, BackendTLSPolicy, GRPCRoute, ListenerSet
from sim.manifests.objects.networking import EndpointSlice, Ingress, Service
from sim.manifests.objects.workloads import Namespace, Secret


@collector_at_rest()
def build(manifests: Manifests, setup: Setup, known: Known) -> Cluster:
    """Link manifests into a cluster.

    Args:
        manifests: what was read.
        setup: what is stated besides; what is missing is assumed.
        known: the Ingress controllers that there are; the first is assumed where nothing points to another.
    """
    stated = setup.controllers
    families, about_families = families_of(manifests, setup)
    nodes, about_nodes = nodes_of(manifests, setup.nodes, families)
    groups, about_pods = application_pods(manifests, nodes, setup.assume_endpoints)
    found, classes, about_controllers = ingress_controllers(manifests, setup, known)
    found, about_settings = configured(found, manifests, known)
    ingresses = tuple(manifests.of(Ingress))
    controllers = [c for one in found for c in load_balancers(one, ingresses, classes, known)]
    gateways = {g.key: g for g in manifests.of(Gateway)}
    listener_sets = in_order_of_age(manifests.of(ListenerSet))
    kinds, about_gateways = gateway_classes(manifests, stated is not None)
    about = (*about_nodes, *about_pods, *about_controllers, *about_settings, *about_gateways, *about_families)
    running = None if stated is None else [c.controller for c in stated]
    proxies = tuple(served(manifests, kinds, running, setup.replicas))
    # Pods of controllers come last, so that the application's are placed alike with and without them.
    groups += [controller_pods(c) for c in controllers if c.assumed]
    pods = placed([*groups, *map(proxy_pods, proxies)], nodes, families)
    unseen = [proxy_service(p, gateways[p.gateway or ""], listener_sets) for p in proxies if p.assumed]
    services = [*manifests.of(Service), *_before(controllers), *unseen]
    addresses, about_addresses = service_addresses(
        services, setup.provider, setup.allocate_node_ports, families
    )
    slices = slices_by_service(manifests.of(EndpointSlice))
    linked = linked_services(services, addresses, slices, pods, nodes)
    cloud, about_cloud = cloud_around(manifests, setup)
    linked |= with_balancers(linked, cloud)
    linked |= at_addresses_of_gateways(proxies, gateways, linked)
    linked |= at_addresses_of_ingresses(controllers, ingresses, classes, known, linked)
    return Cluster(
        nodes=nodes,
        pods=pods,
        services=linked,
        ingresses=ingresses,
        ingress_classes=classes,
        controllers=tuple(in_front(c, linked) for c in controllers),
        slices=slices,
        certificates=setup.certificates,
        assumptions=(*about, *about_addresses, *about_cloud),
        gateways=gateways,
        gateway_classes=kinds,
        listener_sets=listener_sets,
        gateway_proxies=proxies,
        cloud=cloud,
        manifests=manifests,
        setup=setup,
        families=families,
        **_as_written(manifests),
    )


def _before(controllers: Iterable[Controller]) -> Iterator[Service]:
    """The Services before controllers that no file shows."""
    return (controller_service(c) for c in controllers if c.assumed and c.services)


def _as_written(manifests: Manifests) -> dict[str, Any]:
    """What a cluster has just as the manifests have it."""
    return {
        "secrets": {s.key: s.line() for s in manifests.of(Secret)},
        "chains": {s.key: s.chain for s in manifests.of(Secret) if s.chain is not None},
        "http_routes": tuple(manifests.of(HTTPRoute)),
        "grpc_routes": tuple(manifests.of(GRPCRoute)),
        "stream_routes": tuple(route for kind in STREAM_ROUTES for route in manifests.of(kind)),
        "backend_tls_policies": in_order_of_age(manifests.of(BackendTLSPolicy)),
        "reference_grants": tuple(manifests.of(ReferenceGrant)),
        "namespace_labels": {n.name: n.metadata.labels for n in manifests.of(Namespace)},
    }


def cloud_around(manifests: Manifests, setup: Setup) -> tuple[Cloud, list[Assumption]]:
    """What makes load balancers: as stated, else as the manifests show it."""
    if not setup.provider:
        return Cloud("bare"), []
    return (setup.cloud, []) if setup.cloud is not None else cloud_of(manifests)
