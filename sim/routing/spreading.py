"""Which share of new connections each Pod of a Service gets, before any is opened.

The load balancer takes its targets as `sim.cluster.load_balancers` says, nodes with the same probability
where nothing else is known; the node's kube-proxy takes each endpoint that it may choose. So under policy
Cluster the shares are equal; under policy Local a Pod gets the share of its node, divided by the Pods on
it. Network policies are judged behind kube-proxy, so that they change no share: what goes to a Pod that they
guard is dropped there. Source: docs/model.md, "Who chooses, when, and how evenly".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService
from sim.routing.hops.balanced import keeps_client, serving, source_seen, to_pods
from sim.routing.hops.node import reached
from sim.routing.hops.opened import Arrival, behind_nodes, from_address
from sim.routing.hops.policies import stopped_by
from sim.routing.kube_proxy import BALANCER_ADDRESS, DEFAULT_MODE
from sim.routing.legs import Opened
from sim.routing.network_policy import policies_of
from sim.routing.trace import CLIENTS, Note


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


@dataclass(frozen=True)
class DroppedShare:
    """What network policies do to the connections that go to one endpoint.

    Args:
        share: of them that are dropped.
        why: which direction of which Pod, and what would have allowed it.
    """

    share: float
    why: Note


def stopped(
    cluster: Cluster, service: LinkedService, port: LinkedPort, found: Iterable[Arrival]
) -> Mapping[str, DroppedShare]:
    """Target -> what policies stop of the connections of a client outside; those that get all are left out.

    Args:
        found: how connections arrive, as `serving` says.
    """
    if not policies_of(cluster).there_are:
        return {}
    sums, lost, whys = dict[str, float](), dict[str, float](), dict[str, Note]()
    for opened in _opened(cluster, service, port, tuple(found)):
        target, why = opened.endpoint.target, stopped_by(cluster, opened)
        sums[target] = sums.get(target, 0.0) + opened.probability
        if why is not None:
            lost[target] = lost.get(target, 0.0) + opened.probability
            whys.setdefault(target, why)
    return {target: DroppedShare(share / sums[target], whys[target]) for target, share in lost.items()}


def _opened(
    cluster: Cluster, service: LinkedService, port: LinkedPort, found: tuple[Arrival, ...]
) -> Iterator[Opened]:
    """The connections to endpoints; Pods as targets see the address that the balancer shows them."""
    if not to_pods(service):
        return behind_nodes(cluster, found)
    source = CLIENTS["IPv4"] if keeps_client(service, port) else BALANCER_ADDRESS
    return from_address(cluster, source, reached(found), port.protocol)
