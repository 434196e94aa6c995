"""Which Ingresses the controller reads: class by name, else the old annotation, else its flag.

Source: internal/ingress/controller/store/store.go (GetIngressClass).
"""

from __future__ import annotations

from sim.cluster.cluster import Controller, class_after_admission
from sim.cluster.known_controllers import Classes
from sim.manifests.objects import Ingress
from sim.routing.controllers.classes import NO_CLASS, Claimed, by_class, by_word


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """Whether this controller reads an Ingress, and why."""
    name = class_after_admission(ingress, classes)
    if name is not None:
        return by_class(classes, controller, name)
    said = by_word(controller, ingress, flag(controller, "ingress-class") or "nginx")
    if said is not None:
        return said
    if "watch-ingress-without-class" in controller.flags:
        return True, "names no class; the controller watches such Ingresses too"
    return NO_CLASS


def flag(controller: Controller, name: str) -> str | None:
    """The value of a command-line flag, None if it is not given."""
    found = (f.partition("=")[2] for f in controller.flags if f.startswith(f"{name}="))
    return next(found, None)
