"""Load balancers that a cloud controller makes for Ingresses: which Ingress is on which, and its ports.

They apply the rules themselves; the controller in the cluster only configures them. Which Ingresses share one
is known of each controller (`CloudFront`).
"""

from collections.abc import Iterable
from dataclasses import replace

from sim.cluster.cluster import Controller
from sim.cluster.known_controllers import Classes, CloudFront, Known
from sim.cluster.services import assumed_service
from sim.manifests.objects.networking import Ingress, Service, ServicePort


def load_balancers(
    controller: Controller, ingresses: Iterable[Ingress], classes: Classes, known: Known
) -> list[Controller]:
    """A controller as its load balancers: one for each group of Ingresses that it reads, or none in front."""
    found = next((k for k in known if k.name == controller.profile), None)
    if found is None or found.runs_as_pods:
        return [controller]
    if found.front is None:
        return [replace(controller, services=(), pods=(), reads=())]
    groups: dict[str, list[Ingress]] = {}
    for ingress in ingresses:
        if found.claims(classes, controller, ingress)[0]:
            name = found.front.group(ingress) or f"{ingress.namespace}-{ingress.name}"
            groups.setdefault(name, []).append(ingress)
    made = [_load_balancer(controller, found.front, name, members) for name, members in groups.items()]
    return made or [replace(controller, services=(), pods=(), reads=())]


def _load_balancer(
    controller: Controller, front: CloudFront, name: str, members: Iterable[Ingress]
) -> Controller:
    ports = {port: protocol for ingress in members for port, protocol in front.ports(ingress).items()}
    key = f"{controller.name}/{front.short}-{name}"
    return replace(
        controller,
        services=(key,),
        pods=(),
        listeners=tuple(sorted(ports.items())),
        lag=front.lag,
        reads=tuple(ingress.key for ingress in members),
    )


def front_service(controller: Controller) -> Service:
    """What stands for such a load balancer among the Services: its address and its listeners."""
    ports = (ServicePort(name=kind.lower(), port=n, target_port=n) for n, kind in controller.listeners)
    return assumed_service(controller.services[0], ports)
