"""What a route says that only some implementations do: other backends, and Services as parents.

Source: Gateway API v1, BackendObjectReference ("implementations may support other kinds") and ParentReference
(a Service, for a mesh: GAMMA).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sim.manifests.objects.gateway_routes import Route
from sim.manifests.objects.meta import Path
from sim.routing.gateway.rule_row import rule_name
from sim.routing.path_rules import DataPlane

OWN_GROUPS = frozenset({"", "core"})


@dataclass(frozen=True)
class OpenPart:
    """A part of a route that may change an answer at some gateways, or that none here does.

    Args:
        part: what it is called in a sentence.
        path: below the route.
        places: where it counts, as `sim.routing.annotations.Place`.
        why: who reads it.
    """

    part: str
    path: Path
    places: tuple[tuple[str, str], ...]
    why: str
    may_change: bool = True


def open_parts(route: Route) -> Iterator[OpenPart]:
    """Every such part, in order of writing."""
    for number, parent in enumerate(route.spec.parent_refs):
        if (parent.group, parent.kind) in {("", "Service"), ("core", "Service")}:
            key = f"{parent.namespace or route.namespace}/{parent.name}"
            why = "read by a mesh, for connections to this Service"
            yield OpenPart(f"parent Service {key}", ("spec", "parentRefs", number), (("Service", key),), why)
    for i in range(len(route.spec.rules)):
        rule = route.spec.rules[i]
        matches = range(len(getattr(rule, "matches", ())) or 1)
        names = tuple(("rule", rule_name(route.key, i, match)) for match in matches)
        for j, ref in enumerate(rule.backend_refs):
            if ref.group not in OWN_GROUPS:
                kind = f"{ref.kind}.{ref.group} {ref.name}"
                why = "a kind that only some gateways know: here it is no backend"
                yield OpenPart(f"backend {kind}", ("spec", "rules", i, "backendRefs", j), names, why)


FIELDS = {"retry": "retry", "sessionPersistence": "session_persistence", "timeouts": "timeouts"}
"""Fields of a rule that some gateways ignore -> their names here."""


def ignored_parts(route: Route, planes: Collection[DataPlane]) -> Iterator[OpenPart]:
    """The fields of its rules that no gateway of the set does."""
    for i in range(len(route.spec.rules)):
        rule = route.spec.rules[i]
        for field, name in FIELDS.items():
            if getattr(rule, name, None) is not None and planes and all(field in p.ignores for p in planes):
                path = ("spec", "rules", i, field)
                names = tuple(
                    ("rule", rule_name(route.key, i, match))
                    for match in range(len(getattr(rule, "matches", ())) or 1)
                )
                yield OpenPart(f"spec.rules[{i}].{field}", path, names, "no gateway here does it", False)
