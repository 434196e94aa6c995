"""The rules of any other Ingress controller as HTTPRoutes: by the letter of the API, whatever its dialect.

A path is Exact or PathPrefix; of two equal ones the older Ingress wins; the first default backend takes the
rest of every host. Annotations say nothing to another controller. What that changes, the proof shows.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.manifests.validation.gateway_rules import absolute_path
from sim.plans.migration.actions import Action
from sim.plans.migration.nginx import HostRules, RouteRule
from sim.plans.migration.objects import LeftOut
from sim.routing.controllers import PROFILES
from sim.routing.controllers.api import claimed_ingresses
from sim.routing.controllers.backends import first_default
from sim.routing.controllers.certificates import certificates_by_host
from sim.routing.controllers.patterns import glob
from sim.routing.controllers.rows import EXACT, Row, rows_of


def host_rules(cluster: Cluster, controller: Controller) -> Iterator[HostRules]:
    """A host after the other; the rules for any host last."""
    claimed = claimed_ingresses(cluster, controller, PROFILES[controller.profile].claims)[0]
    certificates = certificates_by_host(cluster, claimed)
    by_host: dict[str, list[Row]] = {}
    for row in (row for ingress in claimed for row in rows_of(ingress)):
        by_host.setdefault(row.host, []).append(row)
    default = first_default(claimed)
    for host in sorted(by_host.keys() | ({""} if default else set()), key=lambda name: (name == "", name)):
        made, left = _rules(cluster, by_host.get(host, []), PROFILES[controller.profile].stars)
        rest = [_default(cluster, *default)] if default else []
        yield HostRules(host, (host,) if host else (), host in certificates, (*made, *rest), tuple(left))


def _rules(cluster: Cluster, rows: list[Row], stars: bool) -> tuple[list[RouteRule], list[LeftOut]]:
    made: dict[tuple[str, str], RouteRule] = {}
    left = []
    for row in rows:
        kind, value = _path(row, stars)
        path = {"type": kind, "value": value}
        why = next(absolute_path(path), "") or ("" if row.backend.service else "its backend is no Service")
        if why:
            left.append(LeftOut("path", row.ingress.key, f"nothing takes {row.path}: {why}", (), row.source))
        else:
            made.setdefault((kind, value), _rule(cluster, row, path))
    return list(made.values()), left


def _path(row: Row, stars: bool) -> tuple[str, str]:
    """Type and value; where a star is any text, one at the end is a prefix, another an expression."""
    if row.path_type == EXACT:
        return "Exact", row.path
    bare = row.path.removesuffix("*")
    if not stars or row.path_type == "Prefix" or "*" not in row.path:
        return "PathPrefix", row.path
    if "*" not in bare and bare.endswith("/"):
        return "PathPrefix", bare
    return "RegularExpression", glob(row.path).removeprefix("^").removesuffix("$")


def _rule(cluster: Cluster, row: Row, path: Mapping[str, Any]) -> RouteRule:
    sent = Action(backends=(_backend(cluster, row.namespace, row.backend),))
    comments = (": ".join(filter(None, (row.source, row.shown))),)
    return RouteRule(({"path": path},), sent, sent, row.ingress, comments)


def _default(cluster: Cluster, ingress: Ingress, backend: IngressBackend) -> RouteRule:
    sent = Action(backends=(_backend(cluster, ingress.namespace, backend),))
    comments = (": ".join(filter(None, (ingress.line("spec", "defaultBackend"), "the default backend"))),)
    return RouteRule(({"path": {"type": "PathPrefix", "value": "/"}},), sent, sent, ingress, comments)


def _backend(cluster: Cluster, namespace: str, backend: IngressBackend) -> Mapping[str, Any]:
    """A reference to a Service port by its number."""
    assert backend.service is not None
    port = backend.service.port
    linked = cluster.services.get(f"{namespace}/{backend.service.name}")
    found = linked.port(port.number or port.name or "") if linked is not None else None
    number = found.number if found is not None else port.number or 80
    return {"name": backend.service.name, "port": number}
