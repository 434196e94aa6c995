"""Manifests put together: of an object that stands twice the last one counts."""

from collections.abc import Iterable

from sim.manifests.decoding.text import printable
from sim.manifests.objects.collected import Finding, Manifests, UnknownObject
from sim.manifests.objects.meta import KubernetesObject


def merge(parts: Iterable[Manifests]) -> Manifests:
    """Put manifests together; of an object that stands twice the last one counts, as after kubectl apply."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    objects: dict[tuple[str, str, str], KubernetesObject] = {}
    unknown: dict[tuple[str, str, str], UnknownObject] = {}
    twice: list[tuple[str, str]] = []
    faults: list[Finding] = []
    for part in parts:
        twice += part.twice
        faults += part.faults
        for item in part.objects:
            identity = (item.api_version.rpartition("/")[0], item.kind, item.key)
            if earlier := objects.pop(identity, None):
                twice.append((item.kind, item.key))
                faults.append(_same_object(item, earlier))
            objects[identity] = item
        for other in part.unknown:
            identity = (other.api_version.rpartition("/")[0], other.kind, other.key)
            if unknown.pop(identity, None):
                twice.append((other.kind, other.key))
            unknown[identity] = other
    return Manifests(
        tuple(objects.values()),
        tuple(u for p in parts for u in p.unmodelled),
        tuple(n for p in parts for n in p.notes),
        tuple(faults),
        tuple(unknown.values()),
        tuple(twice),
        max((p.as_of for p in parts if p.as_of), default=None),
        left_out=tuple(left for p in parts for left in p.left_out),
    )


def _same_object(item: KubernetesObject, earlier: KubernetesObject) -> Finding:
    origin = item.origin
    message = f"{item.kind} {item.key} stands twice, first at {earlier.line()}; the last one counts"
    return Finding(
        "SIM1016",
        "warning",
        printable(message),
        origin.at() if origin else None,
        "remove one of them",
        item.kind,
        item.key,
        origin.template if origin else None,
    )
