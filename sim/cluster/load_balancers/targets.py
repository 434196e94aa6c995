"""Where a load balancer sends new connections: its targets, whether each is healthy, and its share.

Clients resolve its name evenly. Without cross-zone balancing each zone then takes an equal part for the
targets in it alone, so that a target alone in its zone gets as much as all those of another zone together;
a zone without a healthy target is left out. Source: AWS, "Cross-zone load balancing" and "Target health";
Kubernetes, "Create an External Load Balancer"; k8s.io/cloud-provider, controllers/service (nodes that are
left out by label).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sim.cluster.cluster import Endpoint, LinkedPort, LinkedService, Node
from sim.cluster.load_balancers.values import LoadBalancer


@dataclass(frozen=True)
class BalancerTarget:
    """A node or a Pod that a load balancer may choose for one port.

    Args:
        name: `NODE:NODEPORT`, or `ADDRESS:PORT` of a Pod.
        because: why it is healthy, or not.
        share: of new connections; 0 if it is not healthy.
    """

    name: str
    zone: str
    node: Node | None
    endpoint: Endpoint | None
    healthy: bool
    because: str
    share: Fraction = Fraction(0)


def targets_of(
    balancer: LoadBalancer,
    service: LinkedService,
    port: LinkedPort,
    nodes: Iterable[Node],
    checked: Mapping[str, bool] | None = None,
) -> tuple[BalancerTarget, ...]:
    """Every target of a port, in order, with its share of new connections.

    Args:
        checked: under policy Local, what each node is taken for by name; None: for what it is.
    """
    found = tuple(_pods(port) if balancer.target_type == "ip" else _nodes(service, port, nodes, checked))
    weights = [_weight(balancer, target, port) for target in found]
    shares = shares_of([target.zone for target in found], weights, balancer.cross_zone)
    return tuple(replace(target, share=share) for target, share in zip(found, shares, strict=True))


def shares_of(zones: Sequence[str], weights: Sequence[int], cross_zone: bool) -> tuple[Fraction, ...]:
    """The share of each target.

    Args:
        zones: of each; where that of one is not known, they all count as one zone.
        weights: of each among those of its zone; 0: it gets nothing.
        cross_zone: whether each zone uses the targets of all zones.

    >>> [str(share) for share in shares_of(["a", "a", "b"], [1, 1, 1], cross_zone=False)]
    ['1/4', '1/4', '1/2']
    """
    own = [""] * len(zones) if cross_zone or not all(zones) else zones
    whole = Counter[str]()
    for zone, weight in zip(own, weights, strict=True):
        whole[zone] += weight
    parts = sum(weight > 0 for weight in whole.values())
    return tuple(
        Fraction(weight, whole[zone] * parts) if weight else Fraction(0)
        for zone, weight in zip(own, weights, strict=True)
    )


def _weight(balancer: LoadBalancer, target: BalancerTarget, port: LinkedPort) -> int:
    if not target.healthy:
        return 0
    if not balancer.by_weight or target.node is None:
        return 1
    return sum(e.node == target.node.name for e in port.ready)


def _pods(port: LinkedPort) -> Iterator[BalancerTarget]:
    """Pods as the EndpointSlices name them; one that is not ready is taken out."""
    for e in port.endpoints:
        because = "healthy: the Pod is ready" if e.ready else f"not a target: {e.state or 'not ready'}"
        yield BalancerTarget(e.target, e.zone or "", None, e, e.ready, because)


def is_local(service: LinkedService) -> bool:
    """Whether a node takes connections from outside for its own Pods alone."""
    return service.manifest.spec.external_traffic_policy == "Local"


def _nodes(
    service: LinkedService, port: LinkedPort, nodes: Iterable[Node], checked: Mapping[str, bool] | None
) -> Iterator[BalancerTarget]:
    local, with_pod = is_local(service), {e.node for e in port.ready}
    for node in nodes:
        has_pod = node.name in with_pod
        taken_for = has_pod if checked is None else checked[node.name]
        healthy, because = _health(node, local, has_pod, taken_for)
        yield BalancerTarget(f"{node.name}:{port.node_port}", node.zone, node, None, healthy, because)


def _health(node: Node, local: bool, has_pod: bool, taken_for: bool) -> tuple[bool, str]:
    """Whether a node is a target, and why.

    Args:
        taken_for: whether the load balancer takes it for one with a ready Pod.
    """
    if node.excluded:
        return False, "not a target: its label keeps it out of load balancers"
    if not local:
        return True, "healthy: kube-proxy answers (policy Cluster)"
    if taken_for != has_pod:
        late = "not enough checks have succeeded yet" if has_pod else "not enough checks have failed yet"
        return (
            taken_for,
            f"{HERE[taken_for]}: {late}; {'a' if has_pod else 'no'} ready Pod here (policy Local)",
        )
    because = "healthy: a ready Pod is here" if has_pod else "unhealthy: no ready Pod here (policy Local)"
    return has_pod, because


HERE = {True: "healthy", False: "unhealthy"}
