"""Which Ingresses the controller reads: class by name, else the old annotation, else its flag.

Source: internal/ingress/controller/store/store.go (GetIngressClass).
"""

from __future__ import annotations

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller
from sim.manifests.objects import Ingress


def claims(cluster: Cluster, controller: Controller, ingress: Ingress) -> tuple[bool, str]:
    """Whether this controller reads an Ingress, and why."""
    name = cluster.class_of(ingress)
    if name is not None:
        return _by_class(cluster, controller, name)
    annotation = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if annotation is not None:
        wanted = flag(controller, "ingress-class") or "nginx"
        held = annotation == wanted or "any-annotation-class" in controller.flags
        return held, f"annotation {CLASS_ANNOTATION} says {annotation}, the controller reads {wanted}"
    if "watch-ingress-without-class" in controller.flags:
        return True, "names no class; the controller watches such Ingresses too"
    return False, "names no class, and there is no default class"


def flag(controller: Controller, name: str) -> str | None:
    """The value of a command-line flag, None if it is not given."""
    found = (f.partition("=")[2] for f in controller.flags if f.startswith(f"{name}="))
    return next(found, None)


def _by_class(cluster: Cluster, controller: Controller, name: str) -> tuple[bool, str]:
    found = cluster.ingress_classes.get(name)
    if found is None:
        return False, f"there is no IngressClass {name}"
    held = found.spec.controller == controller.controller
    return held, f"class {name} belongs to controller {found.spec.controller}"
