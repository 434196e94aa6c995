"""NetworkPolicies by themselves: those that select no Pod, and peers that no Pod can be.

Only where the set shows Pods of the namespace in question: elsewhere others may have the labels. A policy
without rules is meant to deny, and is no finding; the kubelet reaches its Pods whatever a policy says.
"""

from collections.abc import Iterator, Mapping

from sim.analysis.findings.index import Index, PodSource, finding
from sim.cluster.labels import selector_fits
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.gateway_api import NamespaceSelector
from sim.manifests.objects.network_policy import NetworkPolicy, NetworkPolicyPeer
from sim.manifests.objects.workloads import Namespace
from sim.routing.network_policy import NAME_LABEL


def idle_policies(index: Index) -> Iterator[Finding]:
    """Policies whose podSelector fits no Pod of their namespace."""
    for policy in _policies(index):
        here = [p for p in index.pod_sources if p.manifest.namespace == policy.namespace]
        wanted = policy.spec.pod_selector
        if here and not index.pod_makers and not any(selector_fits(wanted, p.labels) for p in here):
            message = f"selects no Pod of {policy.namespace}, so it isolates nobody"
            fix = f"write the labels that Pods there have, such as {_labels(here[0])}"
            yield finding(policy, "SIM1601", "warning", message, ("spec", "podSelector"), fix)


def nobodys_rules(index: Index) -> Iterator[Finding]:
    """Peers of rules that no Pod of the set can be."""
    labels = _namespaces(index)
    for policy in _policies(index):
        for direction, side in (("ingress", "from"), ("egress", "to")):
            rules = policy.spec.ingress if direction == "ingress" else policy.spec.egress
            for number, rule in enumerate(rules):
                for place, peer in enumerate(rule.peers):
                    why = _nobody(index, policy, peer, labels)
                    if why:
                        path = ("spec", direction, number, side, place)
                        message = f"{direction}[{number}].{side}[{place}] allows nobody: {why}"
                        fix = "compare the labels with those of the Pods and namespaces that are meant"
                        yield finding(policy, "SIM1602", "warning", message, path, fix)


def _policies(index: Index) -> tuple[NetworkPolicy, ...]:
    return tuple(index.manifests.of(NetworkPolicy))


def _namespaces(index: Index) -> Mapping[str, Mapping[str, str]]:
    """The labels of the namespaces that the set shows, each with its name."""
    spaces: Iterator[Namespace] = index.manifests.of(Namespace)
    return {n.name: {NAME_LABEL: n.name} | n.metadata.labels for n in spaces}


def _nobody(
    index: Index, policy: NetworkPolicy, peer: NetworkPolicyPeer, labels: Mapping[str, Mapping[str, str]]
) -> str:
    """Why no Pod of the set is a peer; empty: one is, or the set does not show it."""
    if peer.ip_block is not None or index.pod_makers:
        return ""
    among = {policy.namespace}
    if peer.namespace_selector is not None:
        if not labels or _names_one(peer.namespace_selector):
            return ""
        wanted = peer.namespace_selector
        among = {name for name, own in labels.items() if selector_fits(wanted, own)}
        if not among:
            return "no Namespace here has the labels that it asks for"
    there = [p for p in index.pod_sources if p.manifest.namespace in among]
    pods = peer.pod_selector
    if not there or pods is None or any(selector_fits(pods, p.labels) for p in there):
        return ""
    return f"no Pod of {', '.join(sorted(among)[:3])} has the labels that it asks for"


def _names_one(selector: NamespaceSelector) -> bool:
    """Whether it names a namespace by its name, which may stand in other files."""
    return NAME_LABEL in selector.match_labels or any(e.key == NAME_LABEL for e in selector.match_expressions)


def _labels(pods: PodSource) -> str:
    return ", ".join(f"{key}={value}" for key, value in list(pods.labels.items())[:2]) or "none"


CHECKS = (idle_policies, nobodys_rules)
