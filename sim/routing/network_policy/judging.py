"""The verdict about a connection: its egress at the source Pod, its ingress at the target Pod.

It is judged after a Service's address was replaced by an endpoint's. A Pod always reaches itself, and what
passes between a Pod and its own node is always allowed. Where the API leaves an answer to the network plugin,
every behaviour is judged: a Pod with hostNetwork is its node for most and a Pod for some; a connection that
a node masquerades is the node's for some and the client's for others; one that was open before a policy
came may be cut or kept; of two ClusterNetworkPolicies with one priority either may decide.
Source: Kubernetes documentation, "Network Policies"; networking.k8s.io/v1 API reference.
"""

from collections.abc import Iterator
from itertools import product

from sim.cluster.cluster import Cluster
from sim.routing.network_policy.compiled import policies_of
from sim.routing.network_policy.isolation import isolated
from sim.routing.network_policy.tiers import AskedTier, TierRule, deciding
from sim.routing.network_policy.values import (
    Direction,
    End,
    EndVerdict,
    Judgement,
    NewConnection,
    PolicyVerdict,
)

AS_NODE, AS_POD = "treated-as-node", "treated-as-pod"
SEES_NODE, SEES_CLIENT = "policy-sees-node", "policy-sees-client"
CUT, KEPT = "connection-cut", "connection-kept"

Seen = tuple[tuple[str, ...], NewConnection]
"""Behaviours of a plugin, and the connection as it then is."""


def judge(cluster: Cluster, connection: NewConnection) -> Judgement:
    """What the policies of a cluster make of a connection, by every behaviour that the API leaves open."""
    if not policies_of(cluster).there_are or connection.source.address == connection.target.address:
        return Judgement(PolicyVerdict(EndVerdict("egress"), EndVerdict("ingress")))
    found: dict[str, PolicyVerdict] = {}
    for names, seen in _seen(connection):
        found |= {", ".join((*names, *more)): verdict for more, verdict in _verdicts(cluster, seen)}
    first = next(iter(found.values()))
    if connection.established and not all(verdict.allowed for verdict in found.values()):
        kept = PolicyVerdict(EndVerdict("egress"), EndVerdict("ingress"))
        found = {CUT: next(v for v in found.values() if not v.allowed), KEPT: kept}
    # What the documentation names as usual: a Pod with hostNetwork is its node.
    usual = any(AS_NODE in name for name in found) and not any(SEES_NODE in name for name in found)
    return Judgement(first, found if len(found) > 1 else {}, usual)


def _seen(connection: NewConnection) -> Iterator[Seen]:
    """The connection as plugins may see it, the usual way first."""
    sources = [*_identities(connection.source)]
    targets = [*_identities(connection.target)]
    if connection.masqueraded is None:
        masquerades: list[tuple[tuple[str, ...], End | None]] = [((), None)]
    else:
        masquerades = [((SEES_NODE,), connection.masqueraded), ((SEES_CLIENT,), None)]
    for (one, source), (other, target), (seen, node) in product(sources, targets, masquerades):
        names = (*one, *(name for name in other if name not in one), *seen)
        yield names, connection._replace(source=source, target=target, masqueraded=node)


def _identities(end: End) -> Iterator[tuple[tuple[str, ...], End]]:
    """A Pod with hostNetwork is its node, or a Pod like any other."""
    if end.pod is None or not end.pod.host_network:
        yield (), end
        return
    yield (AS_NODE,), End(end.address, None, end.pod.node)
    yield (AS_POD,), End(end.address, end.pod, None)


def _verdicts(cluster: Cluster, connection: NewConnection) -> Iterator[tuple[tuple[str, ...], PolicyVerdict]]:
    source, target = connection.source, connection.target
    leaving = _sides(cluster, source, target, connection, "egress")
    coming = _sides(cluster, target, connection.masqueraded or source, connection, "ingress")
    for egress, ingress in product(leaving, coming):
        names = [f"{one.decided_by} first" for one in (egress,) if len(leaving) > 1]
        names += [f"{one.decided_by} first" for one in (ingress,) if len(coming) > 1]
        yield tuple(names), PolicyVerdict(egress, ingress)


def _sides(
    cluster: Cluster, here: End, other: End, connection: NewConnection, direction: Direction
) -> list[EndVerdict]:
    """What the policies at one end say; several answers where a plugin may choose."""
    if here.pod is None:
        return [EndVerdict(direction)]
    asked = AskedTier(cluster, policies_of(cluster), here.pod, other, connection, direction)
    return list(dict.fromkeys(_from_admin(asked, here)))


def _from_admin(asked: AskedTier, here: End) -> Iterator[EndVerdict]:
    """The Admin tier, and what comes below where it does not decide."""
    for rule in deciding(asked, "Admin") or (None,):
        side = _final(asked, rule)
        yield from (side,) if side is not None else _below(asked, here)


def _below(asked: AskedTier, here: End) -> Iterator[EndVerdict]:
    """NetworkPolicy, then the Baseline tier for Pods that none selects."""
    if asked.other.node is not None and asked.other.node == asked.pod.node:
        yield EndVerdict(asked.direction, asked.pod.key, local_node=True)
        return
    side = isolated(asked.policies, here, asked.other, asked.connection, asked.direction)
    baseline = () if side.isolated_by else deciding(asked, "Baseline")
    yield from (_final(asked, rule) or side for rule in baseline or (None,))


def _final(asked: AskedTier, rule: TierRule | None) -> EndVerdict | None:
    """What a rule of a tier says; None: no rule fits, or it passes."""
    if rule is None or rule.action == "Pass":
        return None
    accepts = rule.action == "Accept"
    return EndVerdict(
        asked.direction, asked.pod.key, accepts, rule.name, source=rule.source, policies=(rule.policy,)
    )
