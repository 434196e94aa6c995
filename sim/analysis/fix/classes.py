"""Ways out for an Ingress that no controller reads: the class it names, or one that is not there."""

from collections.abc import Iterator

from sim.analysis.fix.case import Candidate, Case, by_likeness, one
from sim.analysis.fix.edits import NewObject, Put
from sim.cluster.cluster import CLASS_ANNOTATION
from sim.manifests.objects.meta import Path
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.api import host_level, path_holds


def other_class(case: Case) -> Iterator[Candidate]:
    """A class of a controller that runs; in the field, or in the old annotation where that stands."""
    running = {c.controller for c in case.cluster.controllers}
    names = [c.name for c in case.cluster.ingress_classes.values() if c.spec.controller in running]
    for ingress in _would_fit(case):
        old = ingress.metadata.annotations.get(CLASS_ANNOTATION)
        asked = ingress.spec.ingress_class_name or old or ""
        for name in by_likeness(asked, names):
            path: Path = ("spec", "ingressClassName")
            if old is not None and ingress.spec.ingress_class_name is None:
                path = ("metadata", "annotations", CLASS_ANNOTATION)
            if name != asked:
                yield from one(f"name the class {name}", Put(ingress, path, name))


def new_class(case: Case) -> Iterator[Candidate]:
    """The class that is named, for the controller that runs."""
    for ingress in _would_fit(case):
        name = ingress.spec.ingress_class_name
        for controller in case.cluster.controllers if name not in case.cluster.ingress_classes else ():
            text = {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "IngressClass",
                "metadata": {"name": name},
                "spec": {"controller": controller.controller},
            }
            if name:
                yield from one(
                    f"add an IngressClass {name} for the controller here", NewObject(ingress, text)
                )


def _would_fit(case: Case) -> list[Ingress]:
    """The Ingresses with a row for this host and path, in order of reading."""
    rows = [r for r in case.rows if host_level(r.host, case.host) and path_holds(r, case.path)]
    found = {row.ingress.key: row.ingress for row in rows}
    found |= {i.key: i for i in case.cluster.ingresses if i.origin and i.spec.default_backend}
    return list(found.values())
