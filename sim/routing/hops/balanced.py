"""What stands behind a load balancer: the nodes or Pods that a connection may reach, and how likely each is.

Which load balancer a Service has, and its targets, is decided in `sim.cluster.load_balancers`; what a node
does with a connection, by its kube-proxy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Literal

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService, Node
from sim.cluster.families import Family
from sim.cluster.life.hearing import ClusterPart
from sim.cluster.load_balancers.targets import BalancerTarget, is_local, targets_of
from sim.cluster.load_balancers.values import BalancerPort, LoadBalancer
from sim.routing.final import Reached
from sim.routing.hops.node import from_outside, known_at, reached
from sim.routing.hops.opened import Arrival
from sim.routing.kube_proxy import BALANCER_ADDRESS, DEFAULT_MODE, Packet, Verdict
from sim.routing.trace import Branch, Step

Seen = Literal["client", "node", "load-balancer"]
"""Whose address a node or a Pod sees as the source of a connection."""

MOST_TIMES = 240
"""Arrivals that stand for unequal shares, at most."""

NODES = LoadBalancer(None)
"""One of which nothing is known: it takes healthy nodes, one as likely as the others."""


@dataclass(frozen=True)
class Targets:
    """The targets that a load balancer may choose, and why the others are left out."""

    chosen: tuple[BalancerTarget, ...]
    steps: tuple[Step, ...]

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Each target with its probability for a new connection."""
        return tuple(Branch(_name(t), float(t.share)) for t in self.chosen)

    @property
    def healthy(self) -> tuple[Node, ...]:
        """The nodes among them."""
        return tuple(t.node for t in self.chosen if t.node is not None)


def targets(
    service: LinkedService,
    port: LinkedPort,
    nodes: Iterable[Node],
    checked: Mapping[str, bool] | None = None,
) -> Targets:
    """Check the health of every target as the load balancer of a Service sees it.

    Args:
        checked: as for `targets_of`.
    """
    found = targets_of(service.balancer or NODES, service, port, nodes, checked)
    steps = (Step(_name(t), t.healthy, t.because) for t in found)
    return Targets(tuple(t for t in found if t.healthy), tuple(steps))


def targets_at(cluster: Cluster, service: LinkedService, port: LinkedPort) -> Targets:
    """The targets at a moment: Pods as the load balancer knows them, nodes by what each knows of its own.

    A node whose kube-proxy knows no Pod of the Service is passed over while another one knows one; under
    policy Local its checks decide.
    """
    if cluster.moment is None:
        return targets(service, port, cluster.nodes)
    moment = cluster.moment
    nodes = [n for n in cluster.nodes if not moment.troubles.node_is_avoided(n.name, moment.at_s)]
    if to_pods(service):
        view = cluster.known_by(ClusterPart("load_balancer", service.key)).services[service.key]
        return targets(view, view.ports[port.index], nodes)
    known = _as_nodes_know(cluster, service, port)
    if is_local(service):
        checked = {n.name: _is_taken(cluster, service, port, known, n) for n in nodes}
        return targets(service, known, nodes, checked)
    found = targets(service, known, nodes)
    there = from_outside(cluster, service, port, found.healthy)
    empty = {a.node.name for a in there if not a.verdict.endpoints}
    if len(empty) in (0, len(there)):
        return found
    passed_over = (Step(name, False, "passed over: its kube-proxy knows no Pod") for name in sorted(empty))
    left = targets(service, known, [n for n in nodes if n.name not in empty])
    return Targets(left.chosen, (*left.steps, *passed_over))


def _is_taken(
    cluster: Cluster, service: LinkedService, port: LinkedPort, known: LinkedPort, node: Node
) -> bool:
    """Whether a load balancer takes a node for one with a ready Pod.

    What is out of order with its Pods, and is heard of, counts at once.
    """
    assert cluster.moment is not None
    taken_for, has_ready, _ = cluster.moment.node_as_checked(service, port, node.name)
    broken = has_ready and not any(e.node == node.name for e in known.ready)
    return taken_for and not broken


def _as_nodes_know(cluster: Cluster, service: LinkedService, port: LinkedPort) -> LinkedPort:
    """A port with the endpoints of each node that the node itself knows."""
    views = ((n, known_at(cluster, n).services[service.key].ports[port.index]) for n in cluster.nodes)
    return replace(port, endpoints=tuple(e for n, view in views for e in view.endpoints if e.node == n.name))


def _name(target: BalancerTarget) -> str:
    if target.node is not None:
        return target.node.name
    return (target.endpoint and target.endpoint.pod) or target.name


def to_pods(service: LinkedService) -> bool:
    """Whether the load balancer of a Service sends to Pods, past every node's kube-proxy."""
    return service.balancer is not None and service.balancer.target_type == "ip"


def serving(
    cluster: Cluster,
    service: LinkedService,
    port: LinkedPort,
    mode: str = DEFAULT_MODE,
    over: Family | None = None,
) -> tuple[Arrival, ...]:
    """How connections arrive at the nodes that may be asked and have an endpoint to give.

    Where Pods are the targets: at each of them, whatever its node's kube-proxy would do.

    Args:
        over: as for `from_outside`.
    """
    chosen = targets(service, port, cluster.nodes).chosen
    if to_pods(service):
        return tuple(_at_pod(cluster, t) for t in chosen)
    nodes = [(t.node, t.share) for t in chosen if t.node is not None]
    found = from_outside(cluster, service, port, [node for node, _ in nodes], mode, over)
    weighted = (replace(a, weight=share) for a, (_, share) in zip(found, nodes, strict=True))
    return tuple(a for a in weighted if a.verdict.endpoints)


def _at_pod(cluster: Cluster, target: BalancerTarget) -> Arrival:
    endpoint = target.endpoint
    assert endpoint is not None
    node = cluster.node_by_name.get(endpoint.node or "") or cluster.nodes[0]
    packet = Packet(BALANCER_ADDRESS, endpoint.address, endpoint.port)
    return Arrival(node, packet, Verdict("dnat", target.because, endpoints=(endpoint,)), target.share)


def evenly(found: Sequence[Arrival]) -> tuple[Arrival, ...]:
    """Arrivals of which each is as likely as the others: one that is likelier stands several times.

    Exact as long as that takes no more than MOST_TIMES of them; else as near as these allow.
    """
    alike = (replace(a, weight=Fraction(1)) for a in found)
    return tuple(a for a, n in zip(alike, times([a.weight for a in found]), strict=True) for _ in range(n))


def times(weights: Sequence[Fraction]) -> tuple[int, ...]:
    """How often each of several stands in a list in which all are equally likely."""
    whole = sum(weights, Fraction(0))
    parts = [(weight / whole).limit_denominator(MOST_TIMES) for weight in weights]
    most = min(lcm(*(part.denominator for part in parts)), MOST_TIMES) if parts else 0
    return tuple(max(1, round(part * most)) for part in parts)


def shares(
    cluster: Cluster, service: LinkedService, port: LinkedPort, mode: str = DEFAULT_MODE
) -> tuple[Reached, ...]:
    """The endpoints behind the load balancer of a Service, each with its share of new connections."""
    return reached(serving(cluster, service, port, mode))


def source_seen(cluster: Cluster, service: LinkedService, port: LinkedPort) -> tuple[Seen, Seen]:
    """Whose address the node sees as the source of a connection, and whose the Pod does."""
    by_node: Seen = "client" if keeps_client(service, port) else "load-balancer"
    if to_pods(service):
        return by_node, by_node
    found = serving(cluster, service, port)
    masked = any(a.verdict.masquerades(e) for a in found for e in a.verdict.endpoints)
    return by_node, "node" if masked else by_node


def keeps_client(service: LinkedService, port: LinkedPort) -> bool:
    """Whether targets see the client's own address."""
    found = port_of(service, port)
    return found is None or found.keeps_client


def port_of(service: LinkedService, port: LinkedPort) -> BalancerPort | None:
    """A port of the load balancer of a Service; None: it has none, or does not listen there."""
    return service.balancer.port(port.number, port.protocol) if service.balancer is not None else None
