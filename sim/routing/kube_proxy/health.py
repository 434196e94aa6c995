"""The health check node port: what a node answers a load balancer that asks whether Pods are here.

Only ready endpoints on this node count. A Pod that terminates but still serves gets connections while the
answer is already 503, so that the balancer drains the node.
Source: pkg/proxy/healthcheck/service_health.go of Kubernetes 1.35.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.routing.kube_proxy.proxy import Proxy

WEIGHT_HEADER = "X-Load-Balancing-Endpoint-Weight"


@dataclass(frozen=True)
class HealthAnswer:
    """An answer of the health server.

    Args:
        local_endpoints: ready endpoints on this node, each address once.
    """

    status: int
    local_endpoints: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]


def health_answer(proxy: Proxy, port: int, proxy_healthy: bool = True) -> HealthAnswer | None:
    """What a node answers on a port, whatever the path; None: no Service has this health check node port.

    Args:
        proxy_healthy: whether the rules of this kube-proxy are up to date.
    """
    asked = proxy.index.by_health_port.get(port)
    if asked is None:
        return None
    everywhere = (e for p in asked.service.ports for e in p.over(proxy.family))
    own = [e for e in everywhere if e.node == proxy.node.name and e.ready]
    count = len({e.address for e in own})
    return HealthAnswer(
        200 if count and proxy_healthy else 503,
        count,
        {
            "Content-Type": "application/json",
            "X-Content-Type-Options": "nosniff",
            WEIGHT_HEADER: str(count),
        },
        {
            "service": {"namespace": asked.service.manifest.namespace, "name": asked.service.manifest.name},
            "localEndpoints": count,
            "serviceProxyHealthy": proxy_healthy,
        },
    )
