"""How controllers claim Ingresses: by class, by the old annotation, or without either."""

from collections.abc import Callable, Iterable

from sim.cluster.cluster import CLASS_ANNOTATION, Controller
from sim.cluster.known_controllers import Classes
from sim.manifests.objects.networking import Ingress

Claimed = tuple[bool, str]
WayIn = Callable[[Classes, Controller, Ingress], str]
"""How an Ingress that a controller does not read asks it to."""
NO_CLASS = (False, "names no class, and there is no default class")


def by_class(classes: Classes, controller: Controller, name: str) -> Claimed:
    """By what the IngressClass of this name says in spec.controller."""
    found = classes.get(name)
    if found is None:
        return False, f"there is no IngressClass {name}"
    held = found.spec.controller == controller.controller
    return held, f"class {name} belongs to {'this ' if held else ''}controller" + (
        "" if held else f" {found.spec.controller}"
    )


def way_in(classes: Classes, controller: Controller, ingress: Ingress) -> str:
    """How an Ingress asks a controller to read it; the old annotation must go, for it may count first."""
    off = f"take the annotation {CLASS_ANNOTATION} off and " if _is_annotated(ingress) else ""
    mine = next((c.name for c in classes.values() if c.spec.controller == controller.controller), None)
    if mine is not None:
        return f"{off}set spec.ingressClassName: {mine}"
    return f"{off}set spec.ingressClassName to a class of this controller ({controller.controller})"


def _is_annotated(ingress: Ingress) -> bool:
    return CLASS_ANNOTATION in ingress.metadata.annotations


def by_annotation(
    classes: Classes, controller: Controller, ingress: Ingress, names: Iterable[str]
) -> Claimed | None:
    """By the old annotation: one of `names`, or the name of a class of this controller; None without it."""
    said = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if said is None:
        return None
    known = "any-annotation-class" in controller.flags or said in names
    held = known or by_class(classes, controller, said)[0]
    return held, f"annotation {CLASS_ANNOTATION} says {said}" + ("" if held else ", no class of this one")


def by_word(controller: Controller, ingress: Ingress, *words: str) -> Claimed | None:
    """By the old annotation alone, which the controller compares with words of its own; None without it."""
    said = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if said is None:
        return None
    held = said in words or "any-annotation-class" in controller.flags
    return held, f"annotation {CLASS_ANNOTATION} says {said}, the controller reads {' and '.join(words)}"


def on_load_balancer(claimed: Claimed, controller: Controller, ingress: Ingress, elsewhere: str) -> Claimed:
    """What is claimed, if it is on this load balancer of a cloud controller; else why not."""
    missing = controller.reads is not None and ingress.key not in controller.reads
    return (False, elsewhere) if claimed[0] and missing else claimed
