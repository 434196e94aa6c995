"""What the API server checks in a HorizontalPodAutoscaler: whom it scales, and between which bounds.

Source: kubernetes `pkg/apis/autoscaling/validation`. Left out: metrics and behaviour.
"""

from collections.abc import Iterator

from sim.manifests.validation.faults import Fault, Place, invalid, required
from sim.manifests.validation.meta_schema import INT32, a_kind, an_object
from sim.manifests.validation.metadata import Object
from sim.manifests.validation.shapes import Anything, Fields, ListOf

_SPEC = Place("spec", ("spec",))
_BOUNDS = {"minReplicas": INT32, "maxReplicas": INT32}
_TARGET = an_object("apiVersion kind name")

AUTOSCALERS: dict[tuple[str, str], Fields] = {
    ("autoscaling/v1", "HorizontalPodAutoscaler"): a_kind(
        spec=an_object(scaleTargetRef=_TARGET, targetCPUUtilizationPercentage=INT32, **_BOUNDS),
        status=Anything(),
    ),
    ("autoscaling/v2", "HorizontalPodAutoscaler"): a_kind(
        spec=an_object(scaleTargetRef=_TARGET, metrics=ListOf(Anything()), behavior=Anything(), **_BOUNDS),
        status=Anything(),
    ),
}
"""(apiVersion, kind) -> fields."""


def autoscaler_faults(autoscaler: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a HorizontalPodAutoscaler."""
    spec = autoscaler.get("spec", {})
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if least < 1:
        yield from invalid(_SPEC.child("minReplicas"), least, "must be greater than or equal to 1")
    at = _SPEC.child("maxReplicas")
    if most < 1:
        yield from invalid(at, most, "must be greater than 0")
    if most < least:
        yield from invalid(at, most, "must be greater than or equal to `minReplicas`")
    target, place = spec.get("scaleTargetRef", {}), _SPEC.child("scaleTargetRef")
    for name in ("kind", "name"):
        if not target.get(name):
            yield required(place.child(name))
