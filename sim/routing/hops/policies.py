"""NetworkPolicies on the way: what becomes of the connections to endpoints."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sim.cluster.cluster import Cluster, Endpoint, Node
from sim.routing.final import Reached
from sim.routing.hops.node import Arrival
from sim.routing.network_policy import Connection, End, Judgement, end_of, judge, policies_of


class Judged(NamedTuple):
    """A connection to an endpoint, how likely it is, and what policies make of it."""

    endpoint: Endpoint
    share: float
    connection: Connection
    judgement: Judgement


def behind_nodes(cluster: Cluster, found: Iterable[Arrival]) -> Iterator[Judged]:
    """The connections that nodes, each as likely as the others, pass on to endpoints."""
    passing = [a for a in found if a.verdict.endpoints]
    for arrival in passing:
        share = 1 / len(passing) / len(arrival.verdict.endpoints)
        packet = arrival.packet
        for endpoint in arrival.verdict.endpoints:
            node = node_end(arrival.node) if arrival.verdict.masquerades(endpoint) else None
            source = policies_of(cluster).end(packet.source)
            yield judged(cluster, source, endpoint, share, packet.protocol, node)


def judged(
    cluster: Cluster,
    source: End,
    endpoint: Endpoint,
    share: float,
    protocol: str = "TCP",
    masqueraded: End | None = None,
) -> Judged:
    """A connection from somewhere to an endpoint."""
    target = target_of(cluster, endpoint)
    connection = Connection(source, target, endpoint.port, protocol, masqueraded)
    return Judged(endpoint, share, connection, judge(cluster, connection))


def target_of(cluster: Cluster, endpoint: Endpoint) -> End:
    """Who an endpoint is."""
    pod = cluster.pods.get(endpoint.pod or "")
    return end_of(pod) if pod is not None else policies_of(cluster).end(endpoint.address)


def node_end(node: Node) -> End:
    """A node as the end of a connection."""
    return End(node.address, None, node.name)


def senders(cluster: Cluster, pods: Iterable[Reached]) -> list[tuple[End, float]]:
    """The Pods that a connection may begin in, each with its share."""
    return [(target_of(cluster, r.endpoint), r.probability) for r in pods]
