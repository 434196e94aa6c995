"""The load balancers of linked Services, and the address that each publishes where its status is empty."""

from collections.abc import Mapping
from dataclasses import replace

from sim.cluster.cluster import LinkedService
from sim.cluster.load_balancers import other
from sim.cluster.load_balancers.makers import load_balancer_of
from sim.cluster.load_balancers.values import Cloud, LoadBalancer

HOSTNAME = "service.beta.kubernetes.io/do-loadbalancer-hostname"
"""With it DigitalOcean publishes this name in the place of an address."""


def with_balancers(services: Mapping[str, LinkedService], cloud: Cloud) -> dict[str, LinkedService]:
    """The Services of type LoadBalancer with what they get, and the address that it publishes.

    One that is assumed, as in front of a controller, has no annotations that could be asked.
    """
    return {s.key: _balanced(s, cloud) for s in services.values() if s.wants_load_balancer}


def _balanced(service: LinkedService, cloud: Cloud) -> LinkedService:
    found = other.make(service, cloud) if service.assumed else load_balancer_of(service, cloud)
    shown = service.manifest.status.load_balancer.addresses
    return replace(service, balancer=found, load_balancer=shown or _published(service, found))


def _published(service: LinkedService, found: LoadBalancer) -> tuple[str, ...]:
    """A host name, the address that was given out, or nothing where nobody makes it."""
    if found.state != "made":
        return ()
    if found.status_field == "ip":
        return service.load_balancer
    stated = service.manifest.metadata.annotations.get(HOSTNAME, "").lower()
    return (stated or f"{service.manifest.name}-{service.manifest.namespace}.elb.example",)
