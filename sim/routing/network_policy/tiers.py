"""ClusterNetworkPolicies: the tiers before and after NetworkPolicy, and which of their rules decides.

In a tier the lowest priority is asked first, in a policy its rules in order; the first that fits decides:
Accept and Deny are final, Pass goes on to the next tier. Of two policies with one priority a plugin may ask
either first. A peer of a form that is not known fails closed: it lets nothing pass, and denies everything.
Pods on the network of their node are neither subjects nor peers.
Source: network-policy-api, apis/v1alpha2/clusternetworkpolicy_types.go.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.labels import selector_fits
from sim.manifests.objects.network_policy import (
    ClusterNetworkPolicy,
    ClusterPolicyPeer,
    ClusterPolicyProtocol,
    ClusterPolicyRule,
    DestinationPort,
)
from sim.manifests.objects.workloads import NodeObject
from sim.routing.network_policy.compiled import Policies
from sim.routing.network_policy.peers import within
from sim.routing.network_policy.values import Direction, End, NewConnection


class TierRule(NamedTuple):
    """The rule of a tier that decides.

    Args:
        action: Accept, Deny or Pass.
        policy: `KIND NAME`.
    """

    name: str
    action: str
    policy: str
    source: str | None


class AskedTier(NamedTuple):
    """One end of a connection, as a tier is asked about it."""

    cluster: Cluster
    policies: Policies
    pod: RunningPod
    other: End
    connection: NewConnection
    direction: Direction


def deciding(asked: AskedTier, tier: str) -> tuple[TierRule, ...]:
    """The rule of a tier that decides; several where plugins may choose; none where no rule fits."""
    there = asked.policies.tier(tier, asked.pod)
    for _, equals in groupby(there, key=lambda p: p.spec.priority):
        found = tuple(rule for policy in equals if (rule := _first(asked, policy)) is not None)
        if found:
            return found
    return ()


def _first(asked: AskedTier, policy: ClusterNetworkPolicy) -> TierRule | None:
    rules = policy.spec.ingress if asked.direction == "ingress" else policy.spec.egress
    for number, rule in enumerate(rules):
        action = _fits(asked, rule)
        if action is not None:
            where = ("spec", asked.direction, number)
            name = f"{policy.spec.tier} {policy.name} {asked.direction}[{number}] {action}"
            return TierRule(name, action, f"{policy.kind} {policy.key}", policy.line(*where))
    return None


def _fits(asked: AskedTier, rule: ClusterPolicyRule) -> str | None:
    """The action of a rule that fits, else None."""
    if any(_is_unknown(peer) for peer in rule.peers) and rule.action != "Accept":
        return "Deny"
    target = asked.connection.target.pod if asked.direction == "egress" else asked.pod
    on_port = not rule.protocols or any(_on_port(p, asked.connection, target) for p in rule.protocols)
    return rule.action if on_port and any(_is_peer(asked, peer) for peer in rule.peers) else None


def _is_unknown(peer: ClusterPolicyPeer) -> bool:
    known = peer.namespaces is not None or peer.pods is not None or peer.nodes is not None
    return not (known or peer.networks or peer.domain_names)


def _is_peer(asked: AskedTier, peer: ClusterPolicyPeer) -> bool:
    """Whether the other end is a peer; which addresses a domain name has is not known here."""
    pod, address = asked.other.pod, asked.other.address
    if peer.namespaces is not None or peer.pods is not None:
        return pod is not None and not pod.host_network and asked.policies.is_one_of(peer, pod)
    if peer.nodes is not None and asked.other.node is not None:
        nodes: Iterator[NodeObject] = asked.cluster.manifests.of(NodeObject)
        labels = {n.name: n.metadata.labels for n in nodes}
        return selector_fits(peer.nodes, labels.get(asked.other.node, {}))
    return any(within(address, cidr) for cidr in peer.networks)


def _on_port(wanted: ClusterPolicyProtocol, connection: NewConnection, target: RunningPod | None) -> bool:
    if wanted.destination_named_port:
        named = wanted.destination_named_port, connection.protocol
        return target is not None and target.ports.get(named) == connection.port
    ports = {"TCP": wanted.tcp, "UDP": wanted.udp, "SCTP": wanted.sctp}.get(connection.protocol)
    return ports is not None and _in_range(ports.destination_port, connection.port)


def _in_range(wanted: DestinationPort | None, port: int) -> bool:
    if wanted is None or (wanted.number is None and wanted.range is None):
        return True
    if wanted.range is not None:
        return wanted.range.start <= port <= wanted.range.end
    return wanted.number == port
