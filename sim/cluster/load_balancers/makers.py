"""Who makes the load balancer of a Service: the first of those that run and claim it.

A class beats every annotation. Where the provider is known and nobody claims a Service, it stays without a
load balancer; where it is not known, somebody is taken to make one. One whose status shows an address has
one.
"""

from collections.abc import Callable
from typing import NamedTuple

from sim.cluster.cluster import LinkedService
from sim.cluster.load_balancers import aws_cloud_provider, aws_controller, azure, digitalocean, gce, other
from sim.cluster.load_balancers.said import BETA
from sim.cluster.load_balancers.values import Cloud, LoadBalancer, Provider


class BalancerMaker(NamedTuple):
    """What makes load balancers for Services.

    Args:
        title: as people call it.
        provider: on whose machines it runs.
        claims: whether it makes that of a Service.
        make: what it makes.
    """

    name: str
    title: str
    provider: Provider
    claims: Callable[[LinkedService, Cloud], bool]
    make: Callable[[LinkedService, Cloud], LoadBalancer]


MAKERS = (
    BalancerMaker(
        aws_controller.NAME, "AWS Load Balancer Controller", "aws", aws_controller.claims, aws_controller.make
    ),
    BalancerMaker(
        aws_cloud_provider.NAME,
        "cloud provider of AWS",
        "aws",
        aws_cloud_provider.claims,
        aws_cloud_provider.make,
    ),
    BalancerMaker(azure.NAME, "cloud provider of Azure", "azure", azure.claims, azure.make),
    BalancerMaker(gce.NAME, "controllers of Google", "gcp", gce.claims, gce.make),
    BalancerMaker(
        digitalocean.NAME,
        "cloud controller of DigitalOcean",
        "digitalocean",
        digitalocean.claims,
        digitalocean.make,
    ),
)
"""The first that runs and claims a Service makes its load balancer."""

TITLES = {maker.name: maker.title for maker in MAKERS}


def serves_class(name: str | None, cloud: Cloud) -> bool:
    """Whether somebody who is known here serves a loadBalancerClass."""
    if name == aws_controller.CLASS:
        return aws_controller.NAME in cloud.running
    return name in gce.CLASSES and gce.NAME in cloud.running


def load_balancer_of(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """The load balancer that a Service of type LoadBalancer gets, or why it gets none."""
    found = next((m for m in MAKERS if m.name in cloud.running and m.claims(service, cloud)), None)
    made = found.make(service, cloud) if found is not None else None
    if made is not None and (made.state == "made" or not service.manifest.status.load_balancer.addresses):
        return made
    if service.manifest.status.load_balancer.addresses:
        return other.make(service, cloud)
    if cloud.provider is None or (cloud.provider == "other" and cloud.running):
        return other.make(service, cloud)
    return _nobody(service, cloud)


def _nobody(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """Why nobody makes one, and the way out."""
    given = service.manifest.spec.load_balancer_class
    if given is not None:
        return LoadBalancer(None, "pending", f"nobody here serves loadBalancerClass {given}")
    by_type = f"{BETA}aws-load-balancer-type"
    if aws_cloud_provider.NAME not in cloud.running or by_type not in service.manifest.metadata.annotations:
        return LoadBalancer(None, "pending", "nothing makes load balancers here")
    if aws_controller.asked_for(service.manifest):
        because = f"{by_type} hands it to the AWS Load Balancer Controller, which does not run"
        out = f"run that controller, or set {by_type}: nlb"
        return LoadBalancer(None, "pending", because, by_type, way_out=out)
    target = f"{BETA}aws-load-balancer-nlb-target-type"
    because = (
        f"with {by_type}: external it belongs to the AWS Load Balancer Controller, which wants {target} too"
    )
    return LoadBalancer(None, "pending", because, by_type, way_out=f"set {target} to ip or instance")


KINDS = {
    "classic": "Classic Load Balancer",
    "nlb": "Network Load Balancer",
    "network": "network load balancer",
    "passthrough": "load balancer that passes packets on",
    "proxy": "load balancer that opens its own connections",
}


def in_words(found: LoadBalancer) -> str:
    """What it is, by whom, for whom and to whom, in one phrase."""
    who = f" by the {TITLES[found.created_by]}" if found.created_by in TITLES else ""
    targets = "Pods" if found.target_type == "ip" else "nodes"
    scheme = f"{found.scheme} " if found.scheme else ""
    return f"{scheme}{KINDS.get(found.kind, 'load balancer')}{who}; its targets are {targets}"
