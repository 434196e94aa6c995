"""ReferenceGrant: who may refer to an object of another namespace.

The grant lives in the namespace of the object that is referred to. Source: Gateway API, type ReferenceGrant.
"""

from collections.abc import Iterable

from sim.manifests.objects.gateway_api import (
    BackendObjectReference,
    Gateway,
    ReferenceGrant,
    SecretObjectReference,
)
from sim.manifests.objects.gateway_routes import ListenerSet, Route
from sim.manifests.objects.kinds import GATEWAY_API


def permits(
    grants: Iterable[ReferenceGrant],
    owner: Gateway | ListenerSet | Route,
    reference: BackendObjectReference | SecretObjectReference,
) -> tuple[bool, str, str | None]:
    """Whether a reference is allowed, why, and the line of the grant (or of the one that comes nearest).

    Args:
        owner: the object that refers.
    """
    there, kind = reference.namespace or owner.namespace, type(owner).__name__
    if there == owner.namespace:
        return True, "same namespace", None
    mine = [g for g in grants if g.namespace == there]
    for grant in mine:
        if _from(grant, owner) and _to(grant, reference):
            return True, f"ReferenceGrant {grant.key} allows it", grant.line("spec")
    wanted = f"from {kind} of {owner.namespace} to {reference.kind} {reference.name}"
    if not mine:
        return False, f"no ReferenceGrant in namespace {there} ({wanted})", None
    names = ", ".join(g.name for g in mine)
    missed = "to" if any(_from(g, owner) for g in mine) else "from"
    because = f"ReferenceGrant {names} in {there} does not allow it {wanted}: see its {missed}"
    return False, because, mine[0].line("spec", missed)


def _from(grant: ReferenceGrant, owner: Gateway | ListenerSet | Route) -> bool:
    wanted = (GATEWAY_API, type(owner).__name__, owner.namespace)
    return any((f.group, f.kind, f.namespace) == wanted for f in grant.spec.from_)


def _to(grant: ReferenceGrant, asked: BackendObjectReference | SecretObjectReference) -> bool:
    wanted = (asked.group, asked.kind)
    return any((t.group, t.kind) == wanted and t.name in (None, "", asked.name) for t in grant.spec.to)
