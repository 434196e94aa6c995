"""Which Ingress controllers run: stated, found among the workloads, or assumed; and the Service in front."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from sim.cluster.arguments import arguments, version
from sim.cluster.cloud_load_balancers import front_service
from sim.cluster.cluster import CLASS_ANNOTATION, Assumption, Controller, LinkedService
from sim.cluster.known_controllers import Known, KnownController
from sim.cluster.pods import Group, assumed_pods
from sim.cluster.services import assumed_service
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import GatewayClass
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import (
    Ingress,
    IngressClass,
    IngressClassSpec,
    Service,
    ServicePort,
)
from sim.manifests.objects.workloads import WorkloadResource

DEFAULT_PORTS = {"http": 80, "https": 443}
"""Of a controller that no file shows, by name."""


def profile_of_ingress(ingress: Ingress, known: Known) -> KnownController:
    """The controller that the class of an Ingress points to, else its annotations; else the usual one.

    One word may stand for two controllers (nginx): annotations tell them apart. Those of the usual controller
    are also written by habit, so another one's count before them.
    """
    name = wanted_class(ingress) or ""
    named = [k for k in known if any(word in name for word in k.class_words)]
    annotations = ingress.metadata.annotations
    annotated = [k for k in (*known[1:], known[0]) if any(a.startswith(k.prefixes) for a in annotations)]
    return [*(k for k in annotated if k in named), *named, *annotated, known[0]][0]


def profile_of_controller(controller: str, known: Known) -> str | None:
    """The profile for an IngressClass's spec.controller; None for one that is not known."""
    return next((k.name for k in known if k.controller == controller), None)


def wanted_class(ingress: Ingress) -> str | None:
    """The class that an Ingress names, in its spec or in the old annotation."""
    return ingress.spec.ingress_class_name or ingress.metadata.annotations.get(CLASS_ANNOTATION)


def assumed_class(name: str, controller: str, default: bool) -> IngressClass:
    """The IngressClass that an assumed controller brings along."""
    annotations = {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}
    meta = ObjectMeta(name=name, annotations=annotations)
    return IngressClass(metadata=meta, spec=IngressClassSpec(controller=controller))


def stated_controller(setup: ControllerSetup, index: int) -> Controller:
    """A controller with Pods and a Service of its own, in a namespace of its own."""
    namespace = "ingress" if index == 0 else f"ingress-{index + 1}"
    pods = tuple(f"{namespace}/{setup.profile}-{n + 1}" for n in range(setup.replicas))
    return Controller(
        namespace,
        setup.profile,
        setup.controller,
        (f"{namespace}/{setup.profile}",),
        pods,
        setup.flags,
        setup.default_backend,
        assumed=True,
    )


def controller_service(controller: Controller) -> Service:
    """The Service of type LoadBalancer in front of a controller that no file shows."""
    if controller.reads is not None:
        return front_service(controller)
    ports = (ServicePort(name=name, port=n, target_port=name) for name, n in DEFAULT_PORTS.items())
    selector = {"app.kubernetes.io/name": controller.name}
    return assumed_service(controller.services[0], ports, selector=selector)


def controller_pods(controller: Controller) -> Group:
    """The Pods of a controller that no file shows, with the label that its Service selects."""
    labels = {"app.kubernetes.io/name": controller.name}
    ports = {(name, "TCP"): number for name, number in DEFAULT_PORTS.items()}
    return assumed_pods(controller.pods, labels, ports)


def ingress_controllers(
    manifests: Manifests, setup: Setup, known: Known
) -> tuple[list[Controller], dict[str, IngressClass], list[Assumption]]:
    """The controllers that read Ingresses, the IngressClasses there are then, and what is assumed."""
    classes = {c.name: c for c in manifests.of(IngressClass)}
    if setup.controllers is not None:
        return _stated(_without_gateways(manifests, setup.controllers)), classes, []
    found = list(found_controllers(manifests, known))
    ingresses = list(manifests.of(Ingress))
    if found or not ingresses:
        return found, classes, []
    if not classes:
        return _by_class_name(ingresses, setup, known)
    if setup.profile is None:
        return [], classes, []
    used = _used_controllers(ingresses, classes)
    what = f"an Ingress controller of profile {setup.profile} for the classes here"
    made = [ControllerSetup(c, setup.profile, replicas=setup.replicas) for c in used]
    return _stated(made), classes, [Assumption(what, "--controller none")]


def _stated(setups: Iterable[ControllerSetup]) -> list[Controller]:
    return [stated_controller(setup, index) for index, setup in enumerate(setups)]


def _without_gateways(manifests: Manifests, stated: Iterable[ControllerSetup]) -> list[ControllerSetup]:
    """The stated controllers without those that only a GatewayClass names."""
    gateways = {c.spec.controller_name for c in manifests.of(GatewayClass)}
    others = {c.spec.controller for c in manifests.of(IngressClass)}
    return [c for c in stated if c.controller not in gateways - others]


def _used_controllers(ingresses: Iterable[Ingress], classes: Mapping[str, IngressClass]) -> list[str]:
    """What the classes in use name as their controller, each once; if none is in use, what all name."""
    used = {wanted_class(i) for i in ingresses}
    named = [k.spec.controller for n, k in classes.items() if n in used or k.is_default]
    return list(dict.fromkeys(named or [k.spec.controller for k in classes.values()]))


def _by_class_name(
    ingresses: Iterable[Ingress], setup: Setup, known: Known
) -> tuple[list[Controller], dict[str, IngressClass], list[Assumption]]:
    """No controller and no IngressClass in the set: one per class that the Ingresses name."""
    wanted = next((k for k in known if k.name == setup.profile), None)
    of_class: dict[str | None, KnownController] = {}
    for ingress in ingresses:
        of_class.setdefault(wanted_class(ingress), wanted or profile_of_ingress(ingress, known))
    kinds = {k.name: k for k in of_class.values()}
    flags = ("any-annotation-class",)
    setups = [ControllerSetup(k.controller, k.name, flags, replicas=setup.replicas) for k in kinds.values()]
    names = {kind: [name for name, k in of_class.items() if k.name == kind] for kind in kinds}
    classes = [
        assumed_class(name or kind, kinds[kind].controller, default=name is None)
        for kind in kinds
        for name in names[kind]
    ]
    said = (f"{kind} for {_shown(names[kind])}, {_in_front(k)}" for kind, k in kinds.items())
    way_out = "--controller NAME or none; in a scenario, controller.profile"
    assumptions = [Assumption(f"an Ingress controller of profile {what}", way_out) for what in said]
    return _stated(setups), {c.name: c for c in classes}, assumptions


def _shown(classes: Collection[str | None]) -> str:
    """Class names for people; None stands for Ingresses that name no class."""
    names = [name for name in classes if name]
    parts = [f"class {', '.join(names)}"] if names else []
    return " and ".join([*parts, *(["Ingresses without a class"] if None in classes else [])])


def _in_front(kind: KnownController) -> str:
    """What clients reach it by."""
    if kind.front is not None:
        return "which makes load balancers that apply the rules themselves"
    return "behind a load balancer" if kind.reads_ingresses else "which reads no Ingress"


def found_controllers(manifests: Manifests, known: Known) -> Iterator[Controller]:
    """Controllers among the workloads, known by their image."""
    for workload in manifests.of(WorkloadResource):
        for number, container in enumerate(workload.spec.template.spec.containers):
            kind = next((k for k in known if k.image and re.search(k.image, container.image or "")), None)
            if kind is not None:
                yield _found(kind, workload, number)


def _found(kind: KnownController, workload: WorkloadResource, number: int) -> Controller:
    """A controller with the options of its container; the last one of a name counts."""
    given = {argument.name: argument for argument in arguments(workload, number)}
    options = {name: argument.value for name, argument in given.items()}
    return Controller(
        f"{workload.kind} {workload.key}",
        kind.name,
        options.get("controller-class") or kind.controller,
        flags=tuple(argument.flag for argument in given.values()),
        default_backend=options.get("default-backend-service") or None,
        arguments=tuple(given.values()),
        version=version(workload.spec.template.spec.containers[number].image or ""),
    )


def in_front(controller: Controller, services: Mapping[str, LinkedService]) -> Controller:
    """Fill in the Services (and Pods) of a controller that was found among the workloads."""
    if controller.services:
        return controller
    prefix = controller.name.partition(" ")[2] + "-"
    mine = {
        s.key: [e.pod for p in s.ports for e in p.endpoints if e.pod and e.pod.startswith(prefix)]
        for s in services.values()
        if s.manifest.namespace == controller.namespace and "admission" not in s.key
    }
    pods = dict.fromkeys(pod for found in mine.values() for pod in found if pod)
    return replace(controller, services=tuple(k for k, found in mine.items() if found), pods=tuple(pods))
