"""Which Ingress controllers run: stated, found among the workloads, or assumed; and the Service in front."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sim.cluster.cloud_load_balancers import front
from sim.cluster.cluster import CLASS_ANNOTATION, Controller, LinkedService
from sim.cluster.setup import ControllerSetup as ControllerSetup
from sim.manifests.objects import (
    Container,
    Ingress,
    IngressClass,
    IngressClassSpec,
    Manifests,
    ObjectMeta,
    Service,
    ServicePort,
    ServiceSpec,
    Workload,
)

CONTROLLER_OF_PROFILE = {
    "spec": "example.com/spec",
    "ingress-nginx": "k8s.io/ingress-nginx",
    "nginx-inc": "nginx.org/ingress-controller",
    "haproxy": "haproxy.org/ingress-controller/haproxy",
    "traefik": "traefik.io/ingress-controller",
    "aws-alb": "ingress.k8s.aws/alb",
    "gke": "k8s.io/ingress-gce",
    "envoy-gateway": "gateway.envoyproxy.io/gatewayclass-controller",
}
"""Profile -> the spec.controller of its IngressClass, or the controllerName of its GatewayClass."""

_CLASS_HINTS = (
    ("alb", "aws-alb"),
    ("gce", "gke"),
    ("haproxy", "haproxy"),
    ("nginx", "ingress-nginx"),
    ("traefik", "traefik"),
)
_ANNOTATION_HINTS = (
    ("alb.ingress.kubernetes.io/", "aws-alb"),
    ("haproxy.org/", "haproxy"),
    ("nginx.org/", "nginx-inc"),
    ("traefik.ingress.kubernetes.io/", "traefik"),
)


def profile_of_ingress(ingress: Ingress) -> str:
    """The profile that the class of an Ingress points to, else its annotations; else ingress-nginx.

    The class nginx is that of two controllers: annotations tell them apart.
    """
    name = wanted_class(ingress) or ""
    by_class = next((profile for word, profile in _CLASS_HINTS if word in name), None)
    by_annotation = next(
        (
            p
            for start, p in _ANNOTATION_HINTS
            if any(a.startswith(start) for a in ingress.metadata.annotations)
        ),
        None,
    )
    if by_class == "ingress-nginx" and by_annotation == "nginx-inc":
        return by_annotation
    return by_class or by_annotation or "ingress-nginx"


def profile_of_controller(controller: str) -> str:
    """The profile for an IngressClass's spec.controller; `spec` for one that is not known."""
    return next((p for p, c in CONTROLLER_OF_PROFILE.items() if c == controller), "spec")


def wanted_class(ingress: Ingress) -> str | None:
    """The class that an Ingress names, in its spec or in the old annotation."""
    return ingress.spec.ingress_class_name or ingress.metadata.annotations.get(CLASS_ANNOTATION)


def assumed_class(name: str, controller: str, default: bool) -> IngressClass:
    """The IngressClass that an assumed controller brings along."""
    annotations = {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}
    return IngressClass(
        metadata=ObjectMeta(name=name, annotations=annotations), spec=IngressClassSpec(controller=controller)
    )


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
        return front(controller)
    namespace, _, name = controller.services[0].partition("/")
    ports = (
        ServicePort(name="http", port=80, target_port="http"),
        ServicePort(name="https", port=443, target_port="https"),
    )
    return Service(
        api_version="v1",
        kind="Service",
        metadata=ObjectMeta(name=name, namespace=namespace),
        spec=ServiceSpec(
            type="LoadBalancer", selector={"app.kubernetes.io/name": controller.name}, ports=ports
        ),
    )


def found_controllers(manifests: Manifests) -> Iterator[Controller]:
    """Controllers among the workloads, known by their image."""
    for workload in manifests.of(Workload):
        for container in workload.spec.template.spec.containers:
            if re.search(r"ingress-nginx/controller|nginx-ingress-controller", container.image or ""):
                yield _found_nginx(workload, container)


def _found_nginx(workload: Workload, container: Container) -> Controller:
    options = dict(re.findall(r"--([\w-]+)(?:=(\S+))?", " ".join(container.args)))
    controller = options.get("controller-class") or CONTROLLER_OF_PROFILE["ingress-nginx"]
    flags = tuple(name for name, value in options.items() if value in {"", "true"})
    if options.get("ingress-class"):
        flags += (f"ingress-class={options['ingress-class']}",)
    default = options.get("default-backend-service") or None
    return Controller(
        f"{workload.kind} {workload.key}", "ingress-nginx", controller, (), (), flags, default, assumed=False
    )


def in_front(controller: Controller, services: Mapping[str, LinkedService]) -> Controller:
    """Fill in the Services (and Pods) of a controller that was found among the workloads."""
    if controller.services:
        return controller
    namespace = controller.name.partition(" ")[2].partition("/")[0]
    prefix = controller.name.partition(" ")[2] + "-"
    mine = {
        s.key: [e.pod for p in s.ports for e in p.endpoints if e.pod and e.pod.startswith(prefix)]
        for s in services.values()
        if s.manifest.namespace == namespace and "admission" not in s.key
    }
    pods = dict.fromkeys(pod for found in mine.values() for pod in found if pod)
    return replace(controller, services=tuple(k for k, found in mine.items() if found), pods=tuple(pods))
