"""Who makes the load balancer of a Service: the first of those that run and claim it.

A class beats every annotation. Where the provider is known and nobody claims a Service, it stays without a
load balancer; where it is not known, somebody is taken to make one. One whose status shows an address has
one.
"""

from collections.abc import Callable
from typing import NamedTuple

from sim.cluster.cluster import LinkedService
from sim.cluster.load_balancers import aws_cloud_provider, aws_controller, azure, digitalocean, gce, other
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
    BalancerMaker(gce.NAME, "Google's controllers", "gcp", gce.claims, gce.make),
    BalancerMaker(
        digitalocean.NAME,
        "DigitalOcean's cloud controller",
        "digitalocean",
        digitalocean.claims,
        digitalocean.make,
    ),
)
"""The first that runs and claims a Service makes its load balancer."""

TITLES = {maker.name: maker.title for maker in MAKERS}


def load_balancer_of(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """The load balancer that a Service of type LoadBalancer gets, or why it gets none."""
    found = next((m for m in MAKERS if m.name in cloud.running and m.claims(service, cloud)), None)
    if found is not None:
        return found.make(service, cloud)
    if service.manifest.status.load_balancer.addresses:
        return other.make(service, cloud)
    if cloud.provider is None or (cloud.provider == "other" and cloud.running):
        return other.make(service, cloud)
    return LoadBalancer(None, "pending", nobody(service, cloud), "")


def nobody(service: LinkedService, cloud: Cloud) -> str:
    """Why nobody makes one."""
    given = service.manifest.spec.load_balancer_class
    if given is not None:
        return f"nobody here serves loadBalancerClass {given}"
    if "aws-cloud-provider" in cloud.running and not aws_cloud_provider.claims(service, cloud):
        missing = aws_controller.NAME not in cloud.running and aws_controller.asked_for(service.manifest)
        return (
            "its annotation hands it to the AWS Load Balancer Controller, which does not run"
            if missing
            else "type external needs aws-load-balancer-nlb-target-type beside it, else nobody claims it"
        )
    return "nothing makes load balancers here"
