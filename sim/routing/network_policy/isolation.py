"""NetworkPolicies at one end: who isolates the Pod, every rule that allows, and the nearest that does not.

They add up: a Pod that one of them selects for a direction gets what any of their rules allows, and nothing
else. Source: Kubernetes documentation, "Network Policies" (the two sorts of Pod isolation).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sim.cluster.cluster import RunningPod
from sim.manifests.objects.network_policy import NetworkPolicy, NetworkPolicyRule
from sim.routing.network_policy.compiled import Policies
from sim.routing.network_policy.peers import peer_fails, ports_fail
from sim.routing.network_policy.values import (
    STAGES,
    Direction,
    End,
    EndVerdict,
    FailsAt,
    Nearest,
    NewConnection,
)

PEERS = {"ingress": "from", "egress": "to"}
"""Direction -> the field with the peers of its rules."""

Tried = tuple[str, FailsAt | None, Nearest]
"""A rule, with one of its peers; None: it lets the connection through."""


def isolated(
    policies: Policies, here: End, other: End, connection: NewConnection, direction: Direction
) -> EndVerdict:
    """What the NetworkPolicies of the Pod at one end say.

    Args:
        here, other: the ends as they are seen; `here` has a Pod.
    """
    assert here.pod is not None
    side = EndVerdict(direction, here.pod.key)
    found = tuple(policies.selecting(here.pod, direction))
    if not found:
        return side
    target = connection.target.pod if direction == "egress" else here.pod
    tried = [one for p in found for one in _tried(p, policies, other, connection, direction, target)]
    names = tuple(f"{p.kind} {p.key}" for p in found)
    side = replace(side, isolated_by=tuple(p.key for p in found), policies=names)
    through = tuple(dict.fromkeys(rule for rule, fails, _ in tried if fails is None))
    if through:
        first = next(near for _, fails, near in tried if fails is None)
        said = f"NetworkPolicy {through[0]}"
        return replace(side, decided_by=said, allowed_by=through, source=first.source)
    nearest = _nearest(tried) or Nearest(found[0].key, "no-rules", found[0].key, (), found[0].line("spec"))
    said = f"NetworkPolicy {found[0].key}"
    return replace(
        side, allowed=False, decided_by=said, allowed_by=(), nearest=nearest, source=nearest.source
    )


def rules_of(policy: NetworkPolicy, direction: Direction) -> tuple[NetworkPolicyRule, ...]:
    """The rules of a policy for a direction."""
    return policy.spec.ingress if direction == "ingress" else policy.spec.egress


def _tried(
    policy: NetworkPolicy,
    policies: Policies,
    other: End,
    connection: NewConnection,
    direction: Direction,
    target: RunningPod | None,
) -> Iterator[Tried]:
    for number, rule in enumerate(rules_of(policy, direction)):
        name, path = f"{policy.key} {direction}[{number}]", ("spec", direction, number)
        wrong_port = ports_fail(rule.ports, connection.port, connection.protocol, target)
        if not rule.peers:
            yield name, wrong_port, Nearest(name, wrong_port or "port", policy.key, path, policy.line(*path))
        for index, peer in enumerate(rule.peers):
            fails = peer_fails(peer, policy.namespace, other, policies.labels) or wrong_port
            at = (*path, PEERS[direction], index)
            shown = f"{name}.{PEERS[direction]}[{index}]"
            yield name, fails, Nearest(shown, fails or "port", policy.key, at, policy.line(*at))


def _nearest(tried: Iterable[Tried]) -> Nearest | None:
    """The rule that fails at the latest check; of equals the first."""
    return max((near for _, _, near in tried), key=lambda n: STAGES.get(n.fails_at, 0), default=None)
