"""Load balancers as a scenario has them, over what annotations and their providers say."""

from dataclasses import replace

from sim.cluster.cluster import Cluster, LinkedService
from sim.cluster.load_balancers.values import BalancerPort, LoadBalancer


def with_pod_targets(cluster: Cluster) -> Cluster:
    """The same cluster with Pods as the targets of all load balancers that pass connections on."""
    return replace(cluster, services={key: _to_pods(cluster, one) for key, one in cluster.services.items()})


def _to_pods(cluster: Cluster, service: LinkedService) -> LinkedService:
    controller = cluster.controller_of_service.get(service.key)
    if not service.load_balancer or (controller is not None and controller.listeners):
        return service
    return replace(service, balancer=replace(_balancer(service), target_type="ip"))


def crossing(service: LinkedService, cross_zone: bool | None) -> LinkedService:
    """The same Service, the zones of whose load balancer use the targets of all, or not; None: as it is."""
    if cross_zone is None or not service.load_balancer:
        return service
    return replace(service, balancer=replace(_balancer(service), cross_zone=cross_zone))


def with_crossing(cluster: Cluster, cross_zone: bool | None) -> Cluster:
    """The same cluster with such load balancers; None: itself."""
    if cross_zone is None:
        return cluster
    services = {key: crossing(one, cross_zone) for key, one in cluster.services.items()}
    return replace(cluster, services=services)


def _balancer(service: LinkedService) -> LoadBalancer:
    """Its load balancer; one of which nothing is known listens on all of its ports."""
    ports = tuple(BalancerPort(port.number, port.protocol) for port in service.ports)
    return service.balancer or LoadBalancer(None, ports=ports)
