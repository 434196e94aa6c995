"""ReferenceGrant: who may refer to an object of another namespace.

The grant lives in the namespace of the object that is referred to. Source: Gateway API, type ReferenceGrant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.manifests.objects import GATEWAY_API, ReferenceGrant


@dataclass(frozen=True)
class CrossNamespaceReference:
    """A reference from one namespace into another.

    Args:
        kind: of the object that refers: HTTPRoute, Gateway.
        to_group, to_kind, to_namespace, to_name: what it refers to.
    """

    kind: str
    namespace: str
    to_group: str
    to_kind: str
    to_namespace: str
    to_name: str


def permits(
    grants: Iterable[ReferenceGrant], crossing: CrossNamespaceReference
) -> tuple[bool, str, str | None]:
    """Whether a reference is allowed, why, and the line of the grant (or of the one that comes nearest)."""
    if crossing.namespace == crossing.to_namespace:
        return True, "same namespace", None
    mine = [g for g in grants if g.namespace == crossing.to_namespace]
    for grant in mine:
        if _from(grant, crossing) and _to(grant, crossing):
            return True, f"ReferenceGrant {grant.key} allows it", grant.line("spec")
    wanted = f"from {crossing.kind} of {crossing.namespace} to {crossing.to_kind} {crossing.to_name}"
    if not mine:
        return False, f"no ReferenceGrant in namespace {crossing.to_namespace} ({wanted})", None
    names = ", ".join(g.name for g in mine)
    missed = "to" if any(_from(g, crossing) for g in mine) else "from"
    because = (
        f"ReferenceGrant {names} in {crossing.to_namespace} does not allow it {wanted}: see its {missed}"
    )
    return False, because, mine[0].line("spec", missed)


def _from(grant: ReferenceGrant, crossing: CrossNamespaceReference) -> bool:
    wanted = (GATEWAY_API, crossing.kind, crossing.namespace)
    return any((f.group, f.kind, f.namespace) == wanted for f in grant.spec.from_)


def _to(grant: ReferenceGrant, crossing: CrossNamespaceReference) -> bool:
    wanted = (crossing.to_group, crossing.to_kind)
    return any((t.group, t.kind) == wanted and t.name in (None, "", crossing.to_name) for t in grant.spec.to)
