"""Statuses of BackendTLSPolicies, per Gateway that uses them; see `sim.routing.gateway.statuses`."""

from collections.abc import Iterator

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import Gateway
from sim.manifests.objects.gateway_routes import BackendTLSPolicy
from sim.routing.gateway.attached import Attached
from sim.routing.gateway.attachment import ACCEPTED
from sim.routing.gateway.backend_tls import authority_faults, conflict, no_target, unusable
from sim.routing.gateway.conditions import FALSE, TRUE, Condition
from sim.routing.gateway.route_statuses import references_of


def of_policy(cluster: Cluster, policy: BackendTLSPolicy) -> Iterator[Condition]:
    """Accepted while it has a target for itself, and someone to trust; ResolvedRefs by whom it names."""
    fault = no_target(cluster, policy) or conflict(cluster, policy) or unusable(cluster, policy)
    if fault is None:
        yield Condition(ACCEPTED, TRUE, ACCEPTED, "it is used")
    else:
        yield Condition(ACCEPTED, FALSE, fault.reason, fault.message, policy.line(*fault.where))
    broken = next(authority_faults(cluster, policy), None)
    if broken is None:
        yield Condition("ResolvedRefs", TRUE, "ResolvedRefs", "every reference is resolved")
    else:
        line = policy.line(*broken.where)
        yield Condition("ResolvedRefs", FALSE, broken.reason, broken.message, line)


def ancestors(cluster: Cluster, policy: BackendTLSPolicy, found: dict[str, Attached]) -> Iterator[Gateway]:
    """The Gateways whose routes lead to a target of a policy.

    Args:
        found: key of a Gateway -> what attaches to it.
    """
    targets = {f"{policy.namespace}/{t.name}" for t in policy.spec.target_refs if t.kind == "Service"}
    for key, attached in found.items():
        routes = {id(a.route): a.route for a in attached.every if a.reason == ACCEPTED}.values()
        leads = (f"{r.namespace or one.namespace}/{r.name}" for one in routes for r, _ in references_of(one))
        if targets & set(leads):
            yield cluster.gateways[key]
