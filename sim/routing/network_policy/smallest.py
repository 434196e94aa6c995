"""The smallest rule that would let a stopped connection through: this peer, this port, this Pod, no more.

The peer is named by its namespace and all of its labels, or by its address; the port by number and protocol.
The Pod is named by what the nearest policy asks for and by all of its own labels, so that the rule selects
only Pods which that policy isolates already: a policy that isolated one more Pod would deny. Labels that the
control plane gives anew at every roll-out are left out. What a ClusterNetworkPolicy denies no rule allows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.cluster.cluster import Cluster, RunningPod
from sim.manifests.objects.network_policy import NetworkPolicy
from sim.routing.network_policy.compiled import NAME_LABEL, policies_of
from sim.routing.network_policy.isolation import PEERS
from sim.routing.network_policy.judging import judge
from sim.routing.network_policy.values import Direction, End, EndVerdict, NewConnection

VOLATILE = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Labels of Pods that a roll-out changes, or that only one replica has."""


@dataclass(frozen=True)
class SmallestRule:
    """A rule, and the Pods that it is for.

    Args:
        policy: `NS/NAME` of the nearest policy, which isolates them.
        selector: podSelector of a policy of its own.
        rule: as it is written below spec.ingress or spec.egress.
        fits_policy: whether the nearest policy selects no other Pod than these, so that it may hold the rule.
    """

    direction: Direction
    policy: str
    selector: Mapping[str, Any]
    rule: Mapping[str, Any]
    fits_policy: bool

    @property
    def spec(self) -> dict[str, Any]:
        """The spec of a policy of its own."""
        kind = self.direction.capitalize()
        return {"podSelector": self.selector, "policyTypes": [kind], self.direction: [self.rule]}


def smallest(cluster: Cluster, connection: NewConnection) -> tuple[SmallestRule, ...]:
    """The rules that allow a connection, one for each end that stops it; none if no NetworkPolicy can."""
    blocking = [side for side in judge(cluster, connection).verdict.sides if not side.allowed]
    found = tuple(rule for side in blocking for rule in _of_side(cluster, side, connection))
    return found if len(found) == len(blocking) else ()


def _of_side(cluster: Cluster, side: EndVerdict, connection: NewConnection) -> Iterator[SmallestRule]:
    if side.nearest is None or side.pod is None:
        return
    key, pod = side.nearest.policy, cluster.pods[side.pod]
    policy = next(p for p in policies_of(cluster).namespaced if p.key == key)
    other = connection.target if side.direction == "egress" else connection.masqueraded or connection.source
    port = {"protocol": connection.protocol, "port": connection.port}
    rule = {PEERS[side.direction]: [_peer(other, pod.namespace)], "ports": [port]}
    yield SmallestRule(side.direction, key, _selector(policy, pod), rule, _is_exact(cluster, policy, pod))


def _peer(other: End, namespace: str) -> dict[str, Any]:
    """The other end and as few others as possible."""
    labels = _lasting(other.pod) if other.pod is not None and not other.pod.host_network else {}
    if other.pod is None or not labels:
        return {"ipBlock": {"cidr": f"{other.address}/{128 if ':' in other.address else 32}"}}
    pods = {"podSelector": {"matchLabels": labels}}
    if other.pod.namespace == namespace:
        return pods
    return {"namespaceSelector": {"matchLabels": {NAME_LABEL: other.pod.namespace}}} | pods


def _lasting(pod: RunningPod) -> dict[str, str]:
    return {key: value for key, value in pod.labels.items() if key not in VOLATILE}


def _selector(policy: NetworkPolicy, pod: RunningPod) -> dict[str, Any]:
    """What the policy asks for, and the Pod's own labels."""
    asked = policy.spec.pod_selector
    selector: dict[str, Any] = {"matchLabels": dict(asked.match_labels) | _lasting(pod)}
    written = [e.model_dump(exclude_unset=True) for e in asked.match_expressions]
    return selector | ({"matchExpressions": written} if written else {})


def _is_exact(cluster: Cluster, policy: NetworkPolicy, pod: RunningPod) -> bool:
    """Whether all Pods that a policy selects have the labels of this one."""
    direction: Direction = "ingress" if "Ingress" in policy.types else "egress"
    known, wanted = policies_of(cluster), _lasting(pod).items()
    here = (other for other in cluster.pods.values() if other.namespace == policy.namespace)
    return all(wanted <= p.labels.items() for p in here if policy in known.selecting(p, direction))
