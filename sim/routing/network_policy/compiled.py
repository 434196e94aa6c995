"""The policies of a cluster, compiled once, so that those of a Pod are found without a look at the others."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.labels import selector_fits
from sim.manifests.objects.network_policy import (
    ClusterNetworkPolicy,
    ClusterPolicySubject,
    NetworkPolicy,
)
from sim.routing.network_policy.values import Direction, End

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the control plane gives every namespace."""

_Key = tuple[str, str, str]


class Policies:
    """The policies of a cluster by the Pods that they select, and the ends of connections by address.

    Args:
        cluster: whose manifests hold them.
    """

    def __init__(self, cluster: Cluster) -> None:
        own: tuple[NetworkPolicy, ...] = tuple(cluster.manifests.of(NetworkPolicy))
        tiers: tuple[ClusterNetworkPolicy, ...] = tuple(cluster.manifests.of(ClusterNetworkPolicy))
        self.namespaced = own
        self.tiers = sorted(tiers, key=lambda p: (p.spec.priority, p.name))
        self._by_sign = _by_sign(own)
        self._namespaces = cluster.namespace_labels
        self._labels: dict[str, Mapping[str, str]] = {}
        self._selecting: dict[str, tuple[NetworkPolicy, ...]] = {}
        self._nodes = {a: n.name for n in cluster.nodes for a in n.addresses}
        guarded = (p for p in cluster.pods.values() if not p.host_network)
        self._pods = {a: p for p in guarded for a in p.addresses}

    @property
    def there_are(self) -> bool:
        """Whether there is any policy at all."""
        return bool(self.namespaced or self.tiers)

    def labels(self, namespace: str) -> Mapping[str, str]:
        """Those of a namespace; one that no file shows has its name alone."""
        if namespace not in self._labels:
            self._labels[namespace] = {NAME_LABEL: namespace} | dict(self._namespaces.get(namespace, {}))
        return self._labels[namespace]

    def selecting(self, pod: RunningPod, direction: Direction) -> Iterator[NetworkPolicy]:
        """The NetworkPolicies that isolate a Pod in a direction, by name."""
        if pod.key not in self._selecting:
            found = (p for sign in _signs(pod) for p in self._by_sign.get(sign, ()))
            fitting = (p for p in found if selector_fits(p.spec.pod_selector, pod.labels))
            self._selecting[pod.key] = tuple(sorted(fitting, key=lambda p: p.name))
        kind = direction.capitalize()
        return (p for p in self._selecting[pod.key] if kind in p.types)

    def tier(self, name: str, pod: RunningPod) -> Iterator[ClusterNetworkPolicy]:
        """The policies of a tier for a Pod, in order of priority, then name."""
        if pod.host_network:
            return iter(())
        return (p for p in self.tiers if p.spec.tier == name and self.is_one_of(p.spec.subject, pod))

    def is_one_of(self, subject: ClusterPolicySubject, pod: RunningPod) -> bool:
        """Whether a Pod is among those of a subject or a peer."""
        labels = self.labels(pod.namespace)
        if subject.namespaces is not None:
            return selector_fits(subject.namespaces, labels)
        wanted = subject.pods
        if wanted is None or not selector_fits(wanted.namespace_selector, labels):
            return False
        return selector_fits(wanted.pod_selector, pod.labels)

    def end(self, address: str) -> End:
        """Who has an address: a Pod, a node, or somebody outside."""
        pod = self._pods.get(address)
        return End(address, pod, self._nodes.get(address) if pod is None else None)


def end_of(pod: RunningPod, address: str = "") -> End:
    """A Pod as the end of a connection.

    Args:
        address: the one of its own that the connection is over; any other stands for the primary one.
    """
    own = address if address in pod.addresses else pod.address
    return End(own, pod, pod.node if pod.host_network else None)


def _by_sign(policies: Iterable[NetworkPolicy]) -> Mapping[_Key, list[NetworkPolicy]]:
    """By one label that a policy asks for; by none where it asks for no exact value."""
    found: dict[_Key, list[NetworkPolicy]] = {}
    for policy in policies:
        wanted = next(iter(policy.spec.pod_selector.match_labels.items()), ("", ""))
        found.setdefault((policy.namespace, *wanted), []).append(policy)
    return found


def _signs(pod: RunningPod) -> Iterator[_Key]:
    yield pod.namespace, "", ""
    yield from ((pod.namespace, key, value) for key, value in pod.labels.items())


@lru_cache(maxsize=16)
def policies_of(cluster: Cluster) -> Policies:
    """Compiled once per cluster, whatever is asked of it."""
    return Policies(cluster)
