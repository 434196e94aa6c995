"""Which share of new connections each Pod of a Service gets, before any is opened.

The load balancer takes each healthy node with the same probability, the node's kube-proxy each endpoint that
it may choose. So under policy Cluster the shares are equal; under policy Local a Pod gets the share of its
node, divided by the Pods on it. Source: docs/model.md, "Who chooses, when, and how evenly".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.cluster import Cluster, LinkedPort, LinkedService
from sim.routing.cloud_lb import targets
from sim.routing.decision import Request
from sim.routing.kube_proxy import (
    DEFAULT_MODE,
    Verdict,
    allowed_client,
    behind_balancer,
    decide,
    proxy_of,
)


@dataclass(frozen=True)
class Spread:
    """Where new connections to one port of a Service go.

    Args:
        per_pod: Pod, or address where a slice names none -> probability; they sum to 1, or there is none.
        per_node: node -> probability.
        source_kept: whether every Pod sees the client's own address.
    """

    per_pod: Mapping[str, float]
    per_node: Mapping[str, float]
    source_kept: bool


def spread(cluster: Cluster, service: LinkedService, port: LinkedPort, mode: str = DEFAULT_MODE) -> Spread:
    """The shares of a Service behind its load balancer, for clients that no affinity knows.

    Args:
        mode: of kube-proxy, a key of MODES.
    """
    healthy = targets(service, port, cluster.nodes).healthy
    client = allowed_client(service, Request("client").client_ip)
    verdicts = {
        node.name: decide(proxy_of(cluster, node), behind_balancer(service, port, node, client), mode)
        for node in healthy
    }
    open_nodes = {name: verdict for name, verdict in verdicts.items() if verdict.endpoints}
    per_pod: dict[str, float] = {}
    for verdict in open_nodes.values():
        for endpoint in verdict.endpoints:
            name, share = endpoint.pod or endpoint.target, verdict.probability / len(open_nodes)
            per_pod[name] = per_pod.get(name, 0.0) + share
    per_node = {name: 1 / len(open_nodes) for name in open_nodes}
    return Spread(per_pod, per_node, _source_kept(open_nodes))


def _source_kept(verdicts: Mapping[str, Verdict]) -> bool:
    """No endpoint of any node has its packets masqueraded."""
    return bool(verdicts) and not any(
        verdict.masquerades(endpoint) for verdict in verdicts.values() for endpoint in verdict.endpoints
    )
