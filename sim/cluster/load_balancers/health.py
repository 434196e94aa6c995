"""What several providers ask nodes alike: kube-proxy itself, or the health check node port of a Service.

Source: k8s.io/cloud-provider, service/helpers (GetServiceHealthCheckPathPort); kube-proxy's /healthz on
10256.
"""

from sim.cluster.cluster import LinkedService
from sim.cluster.load_balancers.values import BalancerCheck

PATH, KUBE_PROXY = "/healthz", 10256


def health_node_port(service: LinkedService) -> int:
    """The port where a node says whether Pods of the Service are on it; 0: policy Cluster needs none."""
    spec = service.manifest.spec
    return (spec.health_check_node_port or 0) if spec.external_traffic_policy == "Local" else 0


def check_of_nodes(
    service: LinkedService, interval_s: int, timeout_s: int, healthy: int, unhealthy: int
) -> BalancerCheck:
    """Whether the node has a Pod, under policy Local; else whether its kube-proxy is well."""
    number = health_node_port(service) or KUBE_PROXY
    return BalancerCheck("HTTP", number, PATH, interval_s, timeout_s, healthy, unhealthy)
