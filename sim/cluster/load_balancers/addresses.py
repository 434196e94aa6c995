"""The load balancers of linked Services, and the address that each publishes where its status is empty."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.cluster.load_balancers import other
from sim.cluster.load_balancers.makers import load_balancer_of
from sim.cluster.load_balancers.values import Cloud, LoadBalancer
from sim.manifests.objects.networking import Service

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


def balancers_of(services: Iterable[Service], cloud: Cloud) -> dict[str, LoadBalancer]:
    """What Services of type LoadBalancer get, by key, without building the cluster around them."""
    wanting = (s for s in services if s.spec.type == "LoadBalancer")
    return {s.key: load_balancer_of(_alone(s), cloud) for s in wanting}


def _alone(service: Service) -> LinkedService:
    """A Service whose ports have node ports where the API server would give them."""
    gives = service.spec.allocate_load_balancer_node_ports
    ports = (
        LinkedPort(
            port.name or "",
            port.port,
            port.protocol,
            port.target_port if port.target_port is not None else port.port,
            port.node_port or (_ANY_NODE_PORT if gives else None),
            (),
            index,
        )
        for index, port in enumerate(service.spec.ports)
    )
    return LinkedService(service, None, tuple(ports))


_ANY_NODE_PORT = 30000
"""Stands for a node port that the API server chooses."""
