"""Load balancers that a cloud controller makes for Ingresses: which Ingress is on which, and its ports.

They apply the rules themselves; the controller in the cluster only configures them. On AWS an IngressGroup
shares one, on Google Cloud every Ingress has its own. Sources: kubernetes-sigs/aws-load-balancer-controller
at 225f445 (pkg/ingress: group_loader.go, model_build_listener.go); kubernetes/ingress-gce at acbcf5d
(pkg/utils/utils.go, pkg/annotations/ingress.go).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from sim.cluster.cluster import CLASS_ANNOTATION, Controller, class_after_admission
from sim.manifests.objects import Ingress, IngressClass, ObjectMeta, Service, ServicePort, ServiceSpec

ALB_PREFIX = "alb.ingress.kubernetes.io/"
ALLOW_HTTP = "kubernetes.io/ingress.allow-http"
GKE_CERTIFICATES = ("ingress.gcp.kubernetes.io/pre-shared-cert", "networking.gke.io/managed-certificates")
GKE_CLASSES = frozenset({"gce", "gce-internal"})

Classes = Mapping[str, IngressClass]


def claims_alb(classes: Classes, controller: Controller, ingress: Ingress) -> tuple[bool, str]:
    """The old annotation before the field; without either only the default class."""
    said = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if said is not None:
        held = said == "alb" or "any-annotation-class" in controller.flags
        return held, f"annotation {CLASS_ANNOTATION} says {said}, the controller reads alb"
    name = class_after_admission(ingress, classes)
    if name is None:
        return False, "names no class, and there is no default class"
    return _by_class(classes, controller, name)


def claims_gke(classes: Classes, controller: Controller, ingress: Ingress) -> tuple[bool, str]:
    """The old annotation alone, or neither annotation nor field; the field shuts the controller out.

    A controller that is assumed for the classes of a set reads them as if the annotation said gce.
    """
    said = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if said:
        held = said in GKE_CLASSES or "any-annotation-class" in controller.flags
        return held, f"annotation {CLASS_ANNOTATION} says {said}, the controller reads gce and gce-internal"
    name = class_after_admission(ingress, classes)
    if name is None:
        return True, "names no class; GKE takes such Ingresses"
    held, because = _by_class(classes, controller, name)
    return held, because if held else f"{because}; GKE reads no spec.ingressClassName"


def _by_class(classes: Classes, controller: Controller, name: str) -> tuple[bool, str]:
    found = classes.get(name)
    if found is None:
        return False, f"there is no IngressClass {name}"
    held = found.spec.controller == controller.controller
    return held, f"class {name} belongs to controller {found.spec.controller}"


def alb_group(ingress: Ingress) -> str:
    """The name of its IngressGroup; without one it is alone."""
    return ingress.metadata.annotations.get(f"{ALB_PREFIX}group.name", "")


def alb_order(ingress: Ingress) -> tuple[int, str]:
    """What members of a group are sorted by: group.order, then the name."""
    said = ingress.metadata.annotations.get(f"{ALB_PREFIX}group.order", "")
    return int(said) if said.lstrip("-").isdigit() else 0, ingress.key


def alb_ports(ingress: Ingress) -> dict[int, str]:
    """Port -> protocol of its listeners; by default 443 with a certificate, else 80: never both."""
    annotations = ingress.metadata.annotations
    said = _entries(annotations.get(f"{ALB_PREFIX}listen-ports", ""))
    if said:
        return said
    return {443: "HTTPS"} if annotations.get(f"{ALB_PREFIX}certificate-arn") else {80: "HTTP"}


def _entries(text: str) -> dict[int, str]:
    try:
        entries = json.loads(text or "[]")
        return {int(port): str(protocol) for entry in entries for protocol, port in entry.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def gke_ports(ingress: Ingress) -> dict[int, str]:
    """80 unless allow-http says no, 443 where there is a certificate."""
    annotations = ingress.metadata.annotations
    plain = {} if annotations.get(ALLOW_HTTP) == "false" else {80: "HTTP"}
    tls = bool(ingress.spec.tls) or any(name in annotations for name in GKE_CERTIFICATES)
    return plain | ({443: "HTTPS"} if tls else {})


@dataclass(frozen=True)
class Cloud:
    """How a cloud controller shares out Ingresses over load balancers."""

    short: str
    claims: Callable[[Classes, Controller, Ingress], tuple[bool, str]]
    group: Callable[[Ingress], str]
    ports: Callable[[Ingress], dict[int, str]]


CLOUDS: dict[str, Cloud] = {
    "aws-alb": Cloud("alb", claims_alb, alb_group, alb_ports),
    "gke": Cloud("gke", claims_gke, lambda _: "", gke_ports),
}
"""Profiles whose load balancers apply the rules themselves."""

GATEWAYS_ONLY = frozenset({"envoy-gateway"})
"""Profiles that read no Ingress, so that nothing stands in front of one."""


def load_balancers(
    controller: Controller, ingresses: Iterable[Ingress], classes: Classes
) -> list[Controller]:
    """A controller as its load balancers: one for each group of Ingresses that it reads."""
    if controller.profile in GATEWAYS_ONLY:
        return [replace(controller, services=(), pods=(), reads=())]
    cloud = CLOUDS.get(controller.profile)
    if cloud is None:
        return [controller]
    groups: dict[str, list[Ingress]] = {}
    for ingress in ingresses:
        if cloud.claims(classes, controller, ingress)[0]:
            name = cloud.group(ingress) or f"{ingress.namespace}-{ingress.name}"
            groups.setdefault(name, []).append(ingress)
    return [_load_balancer(controller, cloud, name, members) for name, members in groups.items()]


def _load_balancer(controller: Controller, cloud: Cloud, name: str, members: Iterable[Ingress]) -> Controller:
    ports = {port: protocol for ingress in members for port, protocol in cloud.ports(ingress).items()}
    key = f"{controller.name}/{cloud.short}-{name}"
    return replace(
        controller,
        services=(key,),
        pods=(),
        listeners=tuple(sorted(ports.items())),
        reads=tuple(ingress.key for ingress in members),
    )


def front(controller: Controller) -> Service:
    """What stands for such a load balancer among the Services: its address and its listeners."""
    namespace, _, name = controller.services[0].partition("/")
    ports = tuple(
        ServicePort(name=protocol.lower(), port=port, target_port=port)
        for port, protocol in controller.listeners
    )
    return Service(
        api_version="v1",
        kind="Service",
        metadata=ObjectMeta(name=name, namespace=namespace),
        spec=ServiceSpec(type="LoadBalancer", ports=ports),
    )
