"""What is predicted for a request under manifests given as plain objects: a status, a Service, a place to go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.cluster.cluster import Cluster
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.kinds import KINDS
from sim.manifests.objects.meta import KubernetesObject
from sim.routing import Request
from sim.routing.building import build
from sim.routing.controllers import PROFILES, USUAL
from sim.routing.controllers.decision import RedirectTo, SendTo, Split
from sim.routing.final import Redirected
from sim.routing.gateway.answer import answer
from sim.routing.gateway.answers import Served
from sim.routing.path_rules import AS_SENT, DataPlane, PathRules, received

NAMESPACE, CLASS, GATEWAY = "lab", "lab", "lab/edge"


class Said(NamedTuple):
    """An answer. `service` is empty where the proxy answers itself; `location` without scheme and port."""

    status: int
    service: str = ""
    location: str = ""


Ask = Callable[[str, str], Said]
"""Host header and path -> the answer."""


def behind(names: Iterable[str]) -> list[dict[str, Any]]:
    """Services with one ready endpoint each."""
    return [part for name in names for part in _service(name)]


def _service(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata = {"name": name, "namespace": NAMESPACE}
    labels = {"kubernetes.io/service-name": name}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}, {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**metadata, "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.244.1.9"]}],
        "ports": [{"name": "", "port": 80}],
    }


def of_ingresses(
    objects: Iterable[dict[str, Any]],
    profile: str,
    default: str | None = None,
    paths: PathRules = AS_SENT,
    flags: tuple[str, ...] = (),
) -> Ask:
    """The answers of an Ingress controller.

    Args:
        objects: Ingresses of the class CLASS, and Services.
        profile: of the controller.
        default: the Service of --default-backend-service.
        paths: what the proxy makes of a path before the profile sees it.
        flags: of the controller's command line.
    """
    table = _table(objects, profile, default, flags)

    def ask(host: str, path: str) -> Said:
        there = received(path, paths)
        if there.status is not None:
            return Said(there.status, "", there.path if there.status != 400 else "")
        decision = PROFILES[profile].decide(_request(host, there.path), table)
        if isinstance(decision, Split):
            decision = decision.shares[0].decision
        if isinstance(decision, SendTo) and decision.backend.service is not None:
            return Said(200, decision.backend.service.name)
        location = decision.location if isinstance(decision, RedirectTo) else None
        return Said(getattr(decision, "status", 0), "", _place(location))

    return ask


def broken(objects: Iterable[dict[str, Any]]) -> bool:
    """Whether ingress-nginx would write a configuration that nginx refuses."""
    return bool(_table(objects, "ingress-nginx").problems)


def _table(
    objects: Iterable[dict[str, Any]], profile: str, default: str | None = None, flags: tuple[str, ...] = ()
) -> Any:
    """What a controller compiles of the Ingresses of its class."""
    controller = PROFILES[profile].controller
    named = f"{NAMESPACE}/{default}" if default else None
    known = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": CLASS}}
    cluster = _cluster(
        [known | {"spec": {"controller": controller}}, *objects],
        ControllerSetup(controller, profile, flags, named),
    )
    return PROFILES[profile].table(cluster, cluster.controllers[0])


def of_routes(objects: Iterable[dict[str, Any]], plane: DataPlane | None = None) -> Ask:
    """The answers of the Gateway GATEWAY on port 80; `plane` as for `answer`."""
    cluster = _cluster(objects, ControllerSetup(USUAL.controller, USUAL.name))

    def ask(host: str, path: str) -> Said:
        found = answer(cluster, GATEWAY, 80, _request(host, path), plane)
        way = found.ways[found.shown][1]
        if isinstance(way, Served):
            service = (way.upstream.backend or "").partition("/")[2].partition(":")[0]
            return Said(503 if way.upstream.code else 200, service, "")
        return Said(way.status or 200, "", _place(way.location if isinstance(way, Redirected) else None))

    return ask


@dataclass(frozen=True)
class Told:
    """All that is predicted of an exchange.

    Args:
        upstream: path, host and headers, as the application gets them; empty where it gets nothing.
        response: what happens to headers of the answer; None: one is taken away.
    """

    status: int
    service: str = ""
    location: str = ""
    upstream: Mapping[str, str] = field(default_factory=dict)
    response: Mapping[str, str | None] = field(default_factory=dict)


def of_filters(objects: Iterable[dict[str, Any]]) -> Callable[[str, str, str, Mapping[str, str]], Told]:
    """The answers of the Gateway GATEWAY on port 80, by method, host, path and headers."""
    cluster = _cluster(objects, ControllerSetup(USUAL.controller, USUAL.name))

    def ask(method: str, host: str, path: str, headers: Mapping[str, str]) -> Told:
        request = Request("lab.example", path, method, headers={"Host": host, **headers})
        found = answer(cluster, GATEWAY, 80, request)
        way = found.ways[found.shown][1]
        if isinstance(way, Served):
            service = (way.upstream.backend or "").partition("/")[2].partition(":")[0]
            sent = {"path": way.sent.path or "", "host": way.sent.host or "", **(way.sent.headers or {})}
            return Told(503 if way.upstream.code else 200, service, "", sent, way.sent.response)
        location = way.location if isinstance(way, Redirected) else ""
        return Told(way.status or 200, "", location, {}, way.response)

    return ask


def _cluster(objects: Iterable[dict[str, Any]], controller: ControllerSetup) -> Cluster:
    read = tuple(_kind(item).model_validate(item) for item in objects)
    return build(Manifests(read), Setup(controllers=(controller,)))


def _kind(item: dict[str, Any]) -> type[KubernetesObject]:
    return KINDS[item["apiVersion"].rpartition("/")[0], item["kind"]]


def _request(host: str, path: str) -> Request:
    return Request("lab.example", path, headers={"Host": host})


def _place(location: str | None) -> str:
    return (location or "").removeprefix("http://")
