"""Controller profiles: how a controller claims classes, orders rules and finds endpoints; one table.

A profile is four functions. To add one, write a module beside `ingress_nginx` and a line in PROFILES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.cluster import Cluster, Controller, Endpoint, LinkedPort, LinkedService
from sim.manifests import ServiceBackendPort
from sim.routing import ingress, ingress_nginx
from sim.routing.decision import Request, Step
from sim.routing.ingress import ClaimRule, Decision


def _by_reference(
    cluster: Cluster, service: LinkedService, port: ServiceBackendPort
) -> tuple[LinkedPort | None, list[Endpoint]]:
    """The port by number or name, as the API says, and its endpoints."""
    reference = port.number if port.number is not None else port.name or ""
    found = service.port(reference)
    return found, list(found.endpoints) if found else []


@dataclass(frozen=True)
class Profile:
    """A kind of Ingress controller.

    Args:
        table: compiles what a controller reads; its type is the profile's own.
        endpoints: the Service port that a backend means, and its endpoints, ready or not.
        balancing: name of the algorithm that spreads requests over them (sim.routing.balancing).
    """

    name: str
    claims: ClaimRule
    table: Callable[[Cluster, Controller], Any]
    decide: Callable[[Request, Any], Decision]
    explain: Callable[[Request, Any], Iterator[Step]]
    endpoints: Callable[
        [Cluster, LinkedService, ServiceBackendPort], tuple[LinkedPort | None, list[Endpoint]]
    ]
    balancing: str = "round-robin"
    modelled_annotations: frozenset[str] = frozenset()


PROFILES: dict[str, Profile] = {
    "spec": Profile("spec", ingress.claims, ingress.table, ingress.decide, ingress.explain, _by_reference),
    "ingress-nginx": Profile(
        "ingress-nginx",
        ingress_nginx.claims,
        ingress_nginx.table,
        ingress_nginx.decide,
        ingress_nginx.explain,
        ingress_nginx.endpoints,
        modelled_annotations=ingress_nginx.MODELLED_ANNOTATIONS,
    ),
}
