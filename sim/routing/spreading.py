"""Which share of new connections each Pod of a Service gets, before any is opened.

The load balancer takes its targets as `sim.cluster.load_balancers` says, nodes with the same probability
where nothing else is known; the node's kube-proxy takes each endpoint that it may choose. So under policy
Cluster the shares are equal; under policy Local a Pod gets the share of its node, divided by the Pods on
it. Source: docs/model.md, "Who chooses, when, and how evenly".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService
from sim.routing.hops.balanced import serving, source_seen
from sim.routing.hops.node import reached
from sim.routing.kube_proxy import DEFAULT_MODE


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
    found = serving(cluster, service, port, mode)
    per_pod: dict[str, float] = {}
    for one in reached(found):
        per_pod[one.name] = per_pod.get(one.name, 0.0) + one.probability
    whole = sum(a.weight for a in found)
    per_node: dict[str, float] = {}
    for arrival in found:
        per_node[arrival.node.name] = per_node.get(arrival.node.name, 0.0) + float(arrival.weight / whole)
    return Spread(per_pod, per_node, bool(found) and source_seen(cluster, service, port)[1] == "client")
