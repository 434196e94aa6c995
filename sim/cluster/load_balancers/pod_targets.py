"""A cluster whose load balancers send straight to Pods, where a scenario says so and no annotation does."""

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
    ports = tuple(BalancerPort(port.number, port.protocol) for port in service.ports)
    made = service.balancer or LoadBalancer(None, ports=ports)
    return replace(service, balancer=replace(made, target_type="ip"))
