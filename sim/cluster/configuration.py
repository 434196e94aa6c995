"""What a controller's arguments point to: the ConfigMap that it reads, and the namespaces that it watches.

A controller that no file shows names none: a ConfigMap with one of the usual names is taken for its own, and
that is said. Any other ConfigMap is an application's, and no controller looks into it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from sim.cluster.cluster import Assumption, Controller
from sim.cluster.known_controllers import Known, KnownController
from sim.cluster.watched import watched
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import Ingress
from sim.manifests.objects.workloads import Namespace


def configured(
    controllers: Iterable[Controller], manifests: Manifests, known: Known
) -> tuple[list[Controller], list[Assumption]]:
    """Controllers with the ConfigMap that each reads and its namespaces, and what is assumed about it."""
    kinds = {kind.name: kind for kind in known}
    found = [_configured(c, manifests, kinds.get(c.profile)) for c in controllers]
    said = dict.fromkeys(assumption for _, assumption in found if assumption is not None)
    return [_watching(controller, manifests, kinds.get(controller.profile)) for controller, _ in found], [
        *said
    ]


def _watching(controller: Controller, manifests: Manifests, kind: KnownController | None) -> Controller:
    """The controller with the namespaces of the set that it watches, where it does not watch all."""
    named = controller.values(kind.namespaces_flag) if kind is not None and kind.namespaces_flag else ()
    chosen = controller.argument(kind.selector_flag) if kind is not None and kind.selector_flag else None
    only = [name.strip() for value in named for name in value.split(",") if name.strip()]
    selector = chosen.value if chosen is not None else ""
    if not only and not selector:
        return controller
    labels = {n.name: n.metadata.labels for n in manifests.of(Namespace)}
    there = dict.fromkeys(ingress.namespace for ingress in manifests.of(Ingress))
    return replace(controller, watched=watched(there, only, selector, labels))


def _configured(
    controller: Controller, manifests: Manifests, kind: KnownController | None
) -> tuple[Controller, Assumption | None]:
    if kind is None or not kind.config_flag:
        return controller, None
    named = controller.argument(kind.config_flag)
    if named is not None:
        return _named(controller, named.value, manifests)
    return _by_name(controller, manifests, kind) if controller.assumed else (controller, None)


def _named(controller: Controller, name: str, manifests: Manifests) -> tuple[Controller, Assumption | None]:
    """The ConfigMap that an argument names; a namespace that only the running Pod knows is its own."""
    namespace, slash, bare = name.rpartition("/")
    own = "$(" in namespace or not slash
    key = f"{controller.namespace if own else namespace}/{bare}"
    there = manifests.config_maps.get(key)
    if there is not None:
        return replace(controller, config_map=there), None
    what = f"ConfigMap {key} of {controller.name} is not among the files: its defaults hold"
    return controller, Assumption(what, "give that ConfigMap too")


def _by_name(
    controller: Controller, manifests: Manifests, kind: KnownController
) -> tuple[Controller, Assumption | None]:
    """The first ConfigMap with one of the usual names."""
    names = re.compile(kind.config_names)
    there = next((c for c in manifests.config_maps.values() if names.fullmatch(c.name)), None)
    if there is None:
        return controller, None
    what = f"ConfigMap {there.key} is that of the {kind.name} controller, by its name"
    way_out = f"give the controller's Deployment, whose --{kind.config_flag} names one"
    return replace(controller, config_map=there), Assumption(what, way_out)
