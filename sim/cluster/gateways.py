"""The proxies of Gateways: which Gateways a controller takes, and the Service that stands in front.

A GatewayClass belongs to the controller it names; each Gateway of such a class gets proxies and a load
balancer of its own. Names follow GEP-1762: NAME-CLASS, label gateway.networking.k8s.io/gateway-name. Proxies
that the files show are found by that label.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TypeVar

from sim.cluster.cloud_gateways import CLOUD_CLASSES, CLOUD_CONTROLLERS
from sim.cluster.cluster import Assumption, Controller, LinkedService
from sim.cluster.labels import ByLabels
from sim.cluster.pods import Group, assumed_pods
from sim.cluster.services import assumed_service
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, GatewayClassSpec
from sim.manifests.objects.gateway_routes import ListenerSet
from sim.manifests.objects.meta import KubernetesObject, ObjectMeta
from sim.manifests.objects.networking import Service, ServicePort

NAME_LABEL = "gateway.networking.k8s.io/gateway-name"
ASSUMED_CONTROLLER = "example.com/gateway-controller"


def cloud_of(gateway: Gateway, controller: str) -> str:
    """Whose load balancer is the Gateway itself; empty: as far as is known, Pods apply its routes.

    Args:
        controller: that takes it.
    """
    name = gateway.spec.gateway_class_name or ""
    usual = next((who for pattern, who in CLOUD_CLASSES.items() if fnmatchcase(name, pattern)), "")
    return CLOUD_CONTROLLERS.get(usual if controller == ASSUMED_CONTROLLER else controller, "")


def gateway_classes(manifests: Manifests, stated: bool) -> tuple[dict[str, GatewayClass], list[Assumption]]:
    """The classes of the set; where it has none, one for each name that a Gateway uses.

    Where it has some, a Gateway of another one is served if its status has an address: a controller wrote it.

    Args:
        stated: whether the controllers are stated; then nothing is assumed.
    """
    classes = {c.name: c for c in manifests.of(GatewayClass)}
    unknown = [g for g in manifests.of(Gateway) if (g.spec.gateway_class_name or "") not in classes]
    served_all_the_same = [g for g in unknown if not classes or g.status.addresses]
    if stated or not served_all_the_same:
        return classes, []
    spec = GatewayClassSpec(controller_name=ASSUMED_CONTROLLER)
    names = dict.fromkeys(g.spec.gateway_class_name or "" for g in served_all_the_same)
    made = {name: GatewayClass(metadata=ObjectMeta(name=name), spec=spec) for name in names}
    what = f"a Gateway controller for class {', '.join(made)}, and a load balancer per Gateway"
    said = f"{what}: their status has an address" if classes else what
    return classes | made, [Assumption(said, "give the GatewayClass, or --controller none")]


def served(
    manifests: Manifests, classes: Mapping[str, GatewayClass], running: Iterable[str] | None, replicas: int
) -> Iterator[Controller]:
    """The proxies of each Gateway whose class belongs to a controller that runs.

    Args:
        running: names of the controllers; None: whichever the classes name.
        replicas: Pods of each.
    """
    names = None if running is None else set(running)
    services = ByLabels((s.namespace, s.metadata.labels, s.key) for s in manifests.of(Service))
    for gateway in manifests.of(Gateway):
        found = classes.get(gateway.spec.gateway_class_name or "")
        if found is not None and (names is None or found.spec.controller_name in names):
            shown = services.fitting(gateway.namespace, {NAME_LABEL: gateway.name})
            yield _proxies(gateway, found, shown, replicas)


def _proxies(gateway: Gateway, kind: GatewayClass, shown: list[str], replicas: int) -> Controller:
    name = f"{gateway.name}-{kind.name}"
    pods = tuple(f"{gateway.namespace}/{name}-{n + 1}" for n in range(replicas))
    services = tuple(shown) or (f"{gateway.namespace}/{name}",)
    return Controller(
        name,
        "gateway-api",
        kind.spec.controller_name,
        services,
        () if shown else pods,
        assumed=not shown,
        gateway=gateway.key,
    )


def proxy_pods(proxies: Controller) -> Group:
    """The Pods of a Gateway's proxies that no file shows."""
    return assumed_pods(proxies.pods, {NAME_LABEL: (proxies.gateway or "").partition("/")[2]}, {})


def proxy_service(proxies: Controller, gateway: Gateway, sets: Iterable[ListenerSet]) -> Service:
    """The Service of type LoadBalancer before proxies that no file shows; its ports are the listeners'.

    Args:
        sets: the ListenerSets there are; those of the Gateway add listeners to it.
    """
    mine = (one.spec.listeners for one in sets if parent_of(one) == gateway.key)
    listeners = (*gateway.spec.listeners, *(x for listeners in mine for x in listeners))
    asked = ((x.port, "UDP" if x.protocol == "UDP" else "TCP") for x in listeners if x.port is not None)
    label = {NAME_LABEL: gateway.name}
    ports = _ports(tuple(dict.fromkeys(asked)))
    return assumed_service(proxies.services[0], ports, labels=label, selector=label)


def _ports(asked: tuple[tuple[int, str], ...]) -> Iterator[ServicePort]:
    """A port for each number and protocol; the protocol is in the name where a number has both."""
    numbers = [number for number, _ in asked]
    for number, protocol in asked:
        suffix = "-udp" if protocol == "UDP" and numbers.count(number) > 1 else ""
        name = f"port-{number}{suffix}"
        yield ServicePort(name=name, port=number, target_port=number, protocol=protocol)


def parent_of(listeners: ListenerSet) -> str:
    """`NAMESPACE/NAME` of the Gateway that a ListenerSet adds its listeners to."""
    parent = listeners.spec.parent_ref
    return f"{parent.namespace or listeners.namespace}/{parent.name}"


Aged = TypeVar("Aged", bound=KubernetesObject)


def in_order_of_age(found: Iterable[Aged]) -> tuple[Aged, ...]:
    """The oldest first; of the same age the first by `NAMESPACE/NAME`."""
    return tuple(sorted(found, key=lambda item: (item.metadata.creation_timestamp or "", item.key)))


def at_addresses_of_gateways(
    proxies: Iterable[Controller], gateways: Mapping[str, Gateway], services: Mapping[str, LinkedService]
) -> dict[str, LinkedService]:
    """The Services before proxies at the addresses that their Gateways show, by key."""
    shown = ((key, gateways[p.gateway or ""].addresses) for p in proxies for key in p.services)
    return {k: replace(services[k], load_balancer=found) for k, found in shown if found and k in services}
