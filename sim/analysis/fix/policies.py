"""What policies stop: the smallest rules that let it through, in the nearest policy or in one beside."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.fix.case import Candidate, Case, one
from sim.analysis.fix.edits import Append, Change, NewObject
from sim.manifests.objects.network_policy import NetworkPolicy
from sim.routing.network_policy import NewConnection, SmallestRule, policies_of, smallest


def smallest_rules(case: Case) -> Iterator[Candidate]:
    """A rule for exactly this peer and this port, for each end that stops the connection."""
    found = _rules(case)
    policies = {p.key: p for p in case.manifests.of(NetworkPolicy)}
    if not found or any(policies[rule.policy].origin is None for rule in found):
        return
    says = "; ".join(dict.fromkeys(_says(rule) for rule in found))
    if all(rule.fits_policy for rule in found):
        changes: list[Change] = [
            Append(policies[rule.policy], ("spec", rule.direction), dict(rule.rule)) for rule in found
        ]
        yield from one(says, *changes)
    beside: list[Change] = [
        NewObject(policies[rule.policy], _beside(case, policies[rule.policy], rule, number))
        for number, rule in enumerate(found)
    ]
    yield from one(says, *beside)


def _rules(case: Case) -> list[SmallestRule]:
    """The rules for all connections that are stopped; none if one of them cannot be let through."""
    known, found = policies_of(case.cluster), list[SmallestRule]()
    for barred in case.trace.final.barred:
        source, target = known.end(barred.source), known.end(barred.target)
        node = known.end(barred.masqueraded) if barred.masqueraded else None
        rules = smallest(case.cluster, NewConnection(source, target, barred.port, barred.protocol, node))
        if not rules:
            return []
        found += [rule for rule in rules if rule not in found]
    return found


def _says(rule: SmallestRule) -> str:
    port, policy = rule.rule["ports"][0], rule.policy
    return f"allow {rule.direction} of {port['port']}/{port['protocol']} for exactly this peer ({policy})"


def _beside(case: Case, policy: NetworkPolicy, rule: SmallestRule, number: int) -> dict[str, Any]:
    """A policy of its own, with a name that is free."""
    taken = {p.name for p in case.manifests.of(NetworkPolicy) if p.namespace == policy.namespace}
    base = f"{policy.name}-{rule.rule['ports'][0]['port']}{f'-{number + 1}' if number else ''}"
    name = next(n for n in (base, *(f"{base}-{i}" for i in range(2, 999))) if n not in taken)
    metadata = {"name": name}
    if policy.origin is not None and ("metadata", "namespace") in policy.origin.positions:
        metadata["namespace"] = policy.namespace
    text = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata}
    return text | {"spec": rule.spec}
