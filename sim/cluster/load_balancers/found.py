"""On which provider a set of manifests runs, found from what it shows: nodes, statuses, classes, annotations.

Where nothing shows it, or signs of several providers stand side by side, none is assumed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from sim.cluster.cluster import Assumption
from sim.cluster.load_balancers import aws_controller, gce
from sim.cluster.load_balancers.said import BETA
from sim.cluster.load_balancers.values import Cloud, Provider
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import IngressClass, Service
from sim.manifests.objects.workloads import NodeObject, WorkloadResource

MACHINES: Mapping[str, Provider] = {
    "aws": "aws", "azure": "azure", "gce": "gcp", "digitalocean": "digitalocean",
}  # fmt: skip
"""Scheme of a node's providerID -> provider; every other scheme is another one."""

NODE_LABELS: Mapping[str, Provider] = {
    "eks.amazonaws.com/": "aws", "kubernetes.azure.com/": "azure", "cloud.google.com/gke-": "gcp",
    "doks.digitalocean.com/": "digitalocean",
}  # fmt: skip
"""Prefix of a label that a provider puts on its nodes -> provider."""

ANNOTATIONS: Mapping[str, Provider] = {
    f"{BETA}aws-load-balancer-": "aws", f"{BETA}azure-": "azure", "networking.gke.io/": "gcp",
    "cloud.google.com/": "gcp", f"{BETA}do-loadbalancer-": "digitalocean",
    "kubernetes.digitalocean.com/": "digitalocean",
}  # fmt: skip
"""Prefix of an annotation of a Service of type LoadBalancer -> provider."""

CLASSES: Mapping[str, Provider] = {aws_controller.CLASS: "aws", **dict.fromkeys(gce.CLASSES, "gcp")}
ALB_CLASS = "ingress.k8s.aws/alb"
WEBHOOK_SINCE = (2, 5)
_IMAGE = re.compile(r"(?:^|/)aws-load-balancer-controller(?::v?(?P<version>[\d.]+))?")
_AWS_HOST = re.compile(r"\.elb(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$")
_CONTROLLER, _ITS_FILES = "the AWS Load Balancer Controller", "give its Deployment with -f too"
_OTHERWISE = "give Node objects, whose spec.providerID says it"


def cloud_of(manifests: Manifests) -> tuple[Cloud, list[Assumption]]:
    """What makes load balancers around a set of manifests, and what is assumed about it."""
    services = [s for s in manifests.of(Service) if s.spec.type == "LoadBalancer"]
    nodes = dict(_of_nodes(manifests.of(NodeObject)))
    if nodes:
        return _cloud(next(iter(nodes)) if len(nodes) == 1 else None, manifests, services, [])
    signs = dict(_of_services(services))
    if len(signs) == 1:
        ((provider, sign),) = signs.items()
        about = [Assumption(f"the cluster runs on {TITLES[provider]}: {sign}", _OTHERWISE)]
        return _cloud(provider, manifests, services, about)
    return Cloud(), []


TITLES: Mapping[Provider, str] = {
    "aws": "AWS", "azure": "Azure", "gcp": "Google Cloud", "digitalocean": "DigitalOcean",
    "other": "another provider", "bare": "machines where nothing makes load balancers",
}  # fmt: skip


def _cloud(
    provider: Provider | None, manifests: Manifests, services: list[Service], about: list[Assumption]
) -> tuple[Cloud, list[Assumption]]:
    if provider == "gcp":
        return Cloud(provider, gke_version=_gke_version(manifests)), about
    if provider != "aws":
        return Cloud(provider if provider != "other" else None), about
    version = _controller_version(manifests)
    if version is not None:
        by_webhook = not version or version >= WEBHOOK_SINCE
        return Cloud(provider, ("aws-cloud-provider", aws_controller.NAME), by_webhook), about
    running = ("aws-cloud-provider", aws_controller.NAME)
    asks = next(_asking(manifests, services), None)
    wants = next((s.key for s in services if aws_controller.needs_webhook(s)), None)
    if wants is not None:
        what = f"{_CONTROLLER} runs with its webhook, for annotations of Service {wants} mean nothing else"
        return Cloud(provider, running, class_by_webhook=True), [*about, Assumption(what, _ITS_FILES)]
    if asks is None:
        return Cloud(provider), about
    more = Assumption(f"{_CONTROLLER} runs, for {asks} asks for it", _ITS_FILES)
    return Cloud(provider, running), [*about, more]


def _of_nodes(nodes: Iterable[NodeObject]) -> Iterator[tuple[Provider, str]]:
    for node in nodes:
        scheme, is_id, _ = (node.spec.provider_id or "").partition("://")
        if is_id:
            yield MACHINES.get(scheme, "other"), f"Node {node.name}"
        for label in node.metadata.labels:
            yield from (
                (p, f"Node {node.name}") for start, p in NODE_LABELS.items() if label.startswith(start)
            )


def _of_services(services: Iterable[Service]) -> Iterator[tuple[Provider, str]]:
    for service in services:
        for name in service.metadata.annotations:
            for start, provider in ANNOTATIONS.items():
                if name.startswith(start):
                    yield provider, f"annotation {name} of Service {service.key}"
        given = service.spec.load_balancer_class or ""
        if given in CLASSES:
            yield CLASSES[given], f"loadBalancerClass of Service {service.key}"
        if any(_AWS_HOST.search(a) for a in service.status.load_balancer.addresses):
            yield "aws", f"host name of Service {service.key}"


def _controller_version(manifests: Manifests) -> tuple[int, ...] | None:
    """Of the AWS Load Balancer Controller among the workloads; empty: not known; None: it is not there."""
    for workload in manifests.of(WorkloadResource):
        for container in workload.spec.template.spec.containers:
            found = _IMAGE.search(container.image or "")
            if found:
                return gce.version_of(found["version"] or "")
    return None


def _asking(manifests: Manifests, services: Iterable[Service]) -> Iterator[str]:
    """What asks for the AWS Load Balancer Controller, and would mean nothing without it."""
    for service in services:
        if service.spec.load_balancer_class == aws_controller.CLASS:
            yield f"Service {service.key}"
        if service.spec.load_balancer_class is None and aws_controller.asked_for(service):
            yield f"Service {service.key}"
    yield from (
        f"IngressClass {c.name}" for c in manifests.of(IngressClass) if c.spec.controller == ALB_CLASS
    )


def _gke_version(manifests: Manifests) -> str:
    """As the nodes say it; empty: they do not."""
    return next((n.status.node_info.kubelet_version for n in manifests.of(NodeObject)), "")
