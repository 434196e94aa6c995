"""Which share of new connections each Pod of a Service gets, before any is opened.

The load balancer takes each healthy node with the same probability, the node's kube-proxy each endpoint that
it may choose. So under policy Cluster the shares are equal; under policy Local a Pod gets the share of its
node, divided by the Pods on it. Source: docs/model.md, "Who chooses, when, and how evenly".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService, Node
from sim.routing.hops.load_balancer import targets
from sim.routing.kube_proxy import (
    DEFAULT_MODE,
    Packet,
    Verdict,
    allowed_client,
    behind_balancer,
    decide,
    proxy_of,
)
from sim.routing.trace import Request


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

    Of a Service without a way in from outside: those of clients that are spread evenly over the nodes.

    Args:
        mode: of kube-proxy, a key of MODES.
    """
    open_nodes = ways_in(cluster, service, port, mode)
    per_pod: dict[str, float] = {}
    for verdict in open_nodes.values():
        for endpoint in verdict.endpoints:
            name, share = endpoint.pod or endpoint.target, verdict.probability / len(open_nodes)
            per_pod[name] = per_pod.get(name, 0.0) + share
    per_node = {name: 1 / len(open_nodes) for name in open_nodes}
    return Spread(per_pod, per_node, _source_kept(open_nodes))


def ways_in(cluster: Cluster, service: LinkedService, port: LinkedPort, mode: str) -> dict[str, Verdict]:
    """What kube-proxy answers on each node that may be asked and has an endpoint to give."""
    client = Request("client").client_ip
    verdicts = {
        node.name: decide(proxy_of(cluster, node), _first_packet(service, port, node, client), mode)
        for node in targets(service, port, cluster.nodes).healthy
    }
    return {name: verdict for name, verdict in verdicts.items() if verdict.endpoints}


def _first_packet(service: LinkedService, port: LinkedPort, node: Node, client: str) -> Packet:
    """How a connection reaches a node: from outside if the Service lets it in, else for the ClusterIP."""
    if service.manifest.spec.type in {"LoadBalancer", "NodePort"} or service.cluster_ip is None:
        return behind_balancer(service, port, node, allowed_client(service, client))
    return Packet(client, service.cluster_ip, port.number, port.protocol)


def _source_kept(verdicts: Mapping[str, Verdict]) -> bool:
    """No endpoint of any node has its packets masqueraded."""
    return bool(verdicts) and not any(
        verdict.masquerades(endpoint) for verdict in verdicts.values() for endpoint in verdict.endpoints
    )
