"""What policies leave to the network plugin: found in a set of manifests, so that every command lists it.

A NetworkPolicy that selects Pods with hostNetwork, or has them for peers; one that isolates Pods behind a
Service whose nodes masquerade; ClusterNetworkPolicies of one tier and priority, or with domain names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sim.cluster.cluster import RunningPod
from sim.cluster.labels import selector_fits, selects
from sim.manifests.decoding.text import printable
from sim.manifests.objects.collected import Manifests, Unmodelled
from sim.manifests.objects.network_policy import ClusterNetworkPolicy, NetworkPolicy
from sim.manifests.objects.networking import Service
from sim.manifests.objects.workloads import Namespace, Pod, WorkloadResource
from sim.routing.network_policy.compiled import NAME_LABEL
from sim.routing.network_policy.peers import peer_fails
from sim.routing.network_policy.values import End


@dataclass(frozen=True)
class OpenQuestion:
    """An entry, and the policy that it is about: `KIND KEY`; None: it counts everywhere."""

    entry: Unmodelled
    policy: str | None


def open_questions(manifests: Manifests) -> Iterator[OpenQuestion]:
    """All that the policies of a set leave to the plugin."""
    policies: list[NetworkPolicy] = list(manifests.of(NetworkPolicy))
    templates = list(_templates(manifests)) if policies else []
    on_hosts = [t for t in templates if t.host_network]
    exposed = [t for t in templates if _is_behind_masquerade(t, list(manifests.of(Service)))]
    labels = {n.name: {NAME_LABEL: n.name} | n.metadata.labels for n in manifests.of(Namespace)}
    for policy in policies:
        if any(_concerns(policy, one, labels) for one in on_hosts):
            yield _left(policy, "hostNetwork", "a Pod on the network of its node is a node for most plugins")
        if "Ingress" in policy.types and any(_is_selected(policy, one) for one in exposed):
            why = "of clients whose address a node replaces, plugins see the node or the client"
            yield _left(policy, "externalTrafficPolicy", why)
    yield from _tiers(manifests)


def _templates(manifests: Manifests) -> Iterator[RunningPod]:
    """What every Pod of the set looks like to a selector."""
    pods: Iterator[Pod] = manifests.of(Pod)
    for pod in pods:
        labels, on_host = pod.metadata.labels, pod.spec.host_network
        yield RunningPod(pod.key, "", "", "", labels, {}, host_network=on_host)
    workloads: Iterator[WorkloadResource] = manifests.of(WorkloadResource)
    for item in workloads:
        made = item.spec.template
        yield RunningPod(item.key, "", "", "", made.metadata.labels, {}, host_network=made.spec.host_network)


def _is_selected(policy: NetworkPolicy, pod: RunningPod) -> bool:
    return pod.namespace == policy.namespace and selector_fits(policy.spec.pod_selector, pod.labels)


def _concerns(policy: NetworkPolicy, pod: RunningPod, labels: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a policy selects a Pod, or has it for a peer."""
    end = End("", pod)
    peers = (peer for rule in (*policy.spec.ingress, *policy.spec.egress) for peer in rule.peers)

    def of(namespace: str) -> Mapping[str, str]:
        return labels.get(namespace, {NAME_LABEL: namespace})

    is_peer = any(peer_fails(p, policy.namespace, end, of) is None for p in peers if p.ip_block is None)
    return is_peer or _is_selected(policy, pod)


def _is_behind_masquerade(pod: RunningPod, services: list[Service]) -> bool:
    """Whether clients from outside come to a Pod by a node that replaces their address."""
    return any(
        s.spec.type in {"LoadBalancer", "NodePort"}
        and s.spec.external_traffic_policy != "Local"
        and s.namespace == pod.namespace
        and selects(s.spec.selector, pod.labels)
        for s in services
    )


def _tiers(manifests: Manifests) -> Iterator[OpenQuestion]:
    policies: list[ClusterNetworkPolicy] = list(manifests.of(ClusterNetworkPolicy))
    places = [(p.spec.tier, p.spec.priority) for p in policies]
    for policy, place in zip(policies, places, strict=True):
        if places.count(place) > 1:
            yield _left(policy, "priority", "of policies with one priority a plugin may ask either first")
        if any(peer.domain_names for rule in policy.spec.egress for peer in rule.peers):
            found = _left(policy, "domainNames", "which addresses they have is not known here")
            yield OpenQuestion(found.entry, None)


def _left(policy: NetworkPolicy | ClusterNetworkPolicy, part: str, why: str) -> OpenQuestion:
    what = printable(f"{policy.kind} {policy.key}: {part}")
    source = policy.origin.at("spec") if policy.origin else None
    entry = Unmodelled(what, True, source, why, policy.kind, policy.key, part, part)
    return OpenQuestion(entry, f"{policy.kind} {policy.key}")
