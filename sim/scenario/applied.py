"""What events make of the objects of a set: the manifests after each of them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import Ingress, IngressSpec
from sim.plans.plan import LaterManifests
from sim.scenario.events import EventKey


def manifests_over_time(manifests: Manifests, events: Iterable[EventKey]) -> Iterator[LaterManifests]:
    """The objects of a set after each event that changes some, in order of time."""
    for event in sorted(events, key=lambda one: one.at):
        if event.apply is not None or event.delete is not None:
            manifests = manifests_after(manifests, event)
            yield LaterManifests(event.at, event.title, manifests)


def manifests_after(manifests: Manifests, event: EventKey) -> Manifests:
    """The objects of a set after one event."""
    if event.apply is not None:
        more = event.applied
        objects, unknown = _with(manifests.objects, more.objects), _with(manifests.unknown, more.unknown)
        return replace(manifests, objects=objects, unknown=unknown)
    return _without(manifests, *event.deletes) if event.delete is not None else manifests


def holds(manifests: Manifests, kind: str, key: str) -> bool:
    """Whether a set has an object."""
    objects: tuple[Any, ...] = (*manifests.objects, *manifests.unknown)
    return any((o.kind, o.key) == (kind, key) for o in objects)


def _with(there: Iterable[Any], more: Iterable[Any]) -> tuple[Any, ...]:
    """Objects replaced by those of the same kind and name, and others besides."""
    new = {(o.kind, o.key): o for o in more}
    kept = [new.pop((o.kind, o.key), o) for o in there]
    return (*kept, *new.values())


def _without(manifests: Manifests, kind: str, key: str) -> Manifests:
    """Objects without one; the last Ingress stays without rules, for its controller stays."""
    is_last = kind == "Ingress" and [i.key for i in manifests.of(Ingress)] == [key]
    if is_last:
        objects = tuple(_emptied(o) if isinstance(o, Ingress) else o for o in manifests.objects)
        return replace(manifests, objects=objects)
    return replace(
        manifests,
        objects=tuple(o for o in manifests.objects if (o.kind, o.key) != (kind, key)),
        unknown=tuple(o for o in manifests.unknown if (o.kind, o.key) != (kind, key)),
    )


def _emptied(ingress: Ingress) -> Ingress:
    spec = IngressSpec(ingress_class_name=ingress.spec.ingress_class_name)
    return ingress.model_copy(update={"spec": spec})
