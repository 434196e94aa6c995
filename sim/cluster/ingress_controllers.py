"""Which Ingress controllers run: stated, found among the workloads, or assumed; and the Service in front."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sim.cluster.arguments import arguments, version
from sim.cluster.assumed_controllers import assumed_controllers, stated_controller
from sim.cluster.cloud_load_balancers import front_service
from sim.cluster.cluster import Assumption, Controller, LinkedService
from sim.cluster.known_controllers import Known, KnownController
from sim.cluster.pods import Group, assumed_pods
from sim.cluster.services import assumed_service
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import GatewayClass
from sim.manifests.objects.networking import Ingress, IngressClass, Service, ServicePort
from sim.manifests.objects.workloads import WorkloadResource

DEFAULT_PORTS = {"http": 80, "https": 443}
"""Of a controller that no file shows, by name."""


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
        stated = _without_gateways(manifests, setup.controllers)
        return [stated_controller(one, index) for index, one in enumerate(stated)], classes, []
    found = list(found_controllers(manifests, known))
    if not setup.assume_controllers:
        return found, classes, []
    made, more, assumptions = assumed_controllers(manifests, setup, known, found)
    return [*found, *made], classes | more, assumptions


def _without_gateways(manifests: Manifests, stated: Iterable[ControllerSetup]) -> list[ControllerSetup]:
    """The stated controllers without those that only a GatewayClass names."""
    gateways = {c.spec.controller_name for c in manifests.of(GatewayClass)}
    others = {c.spec.controller for c in manifests.of(IngressClass)}
    return [c for c in stated if c.controller not in gateways - others]


def found_controllers(manifests: Manifests, known: Known) -> Iterator[Controller]:
    """Controllers among the workloads, known by their image."""
    for workload in manifests.of(WorkloadResource):
        for number, container in enumerate(workload.spec.template.spec.containers):
            kind = next((k for k in known if k.image and re.search(k.image, container.image or "")), None)
            if kind is not None:
                yield _found(kind, workload, number)


def _found(kind: KnownController, workload: WorkloadResource, number: int) -> Controller:
    """A controller with the options of its container; the last one of a name counts."""
    given = arguments(workload, number)
    options = {argument.name: argument.value for argument in given}
    return Controller(
        f"{workload.kind} {workload.key}",
        kind.name,
        options.get("controller-class") or _named_controller(kind, options),
        flags=tuple(argument.flag for argument in given),
        default_backend=options.get("default-backend-service") or None,
        arguments=given,
        version=version(workload.spec.template.spec.containers[number].image or ""),
    )


def at_addresses_of_ingresses(
    controllers: Iterable[Controller],
    ingresses: Sequence[Ingress],
    classes: Mapping[str, IngressClass],
    known: Known,
    services: Mapping[str, LinkedService],
) -> dict[str, LinkedService]:
    """The Services before controllers that no file shows, by key, at the addresses of their Ingresses."""
    found: dict[str, LinkedService] = {}
    claims = {k.name: k.claims for k in known}
    for controller in (c for c in controllers if c.assumed):
        mine = (i for i in ingresses if i.status.load_balancer.addresses)
        read = [i for i in mine if claims[controller.profile](classes, controller, i)[0]]
        addresses = tuple(dict.fromkeys(a for i in read for a in i.status.load_balancer.addresses))
        for key in controller.services if addresses else ():
            found[key] = replace(services[key], load_balancer=addresses)
    return found


def _named_controller(kind: KnownController, options: Mapping[str, str]) -> str:
    """What its classes must name: as usual, or with what an option puts in the place of the last part."""
    name = options.get(kind.class_flag) if kind.class_flag else None
    return f"{kind.controller.rpartition('/')[0]}/{name}" if name else kind.controller


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
