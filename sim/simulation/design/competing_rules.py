"""A bad rule: an older Ingress that claims the hosts and paths of another one, with nothing behind it.

Of two rules for the same host and path the older wins (Ingress: ingress-nginx, "Understanding the routing";
HTTPRoute: Gateway API, conflict resolution; an IngressGroup: the lower group.order). A validating webhook may
refuse such an object; what is modelled is that none did. A rule that the controller cannot read at all
changes nothing that runs: ingress-nginx refuses the reload and keeps the last good configuration.
"""

from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import HTTPRoute
from sim.manifests.objects.networking import HTTPIngressPath, Ingress, IngressBackend, IngressServiceBackend
from sim.routing.controllers.aws_alb import ORDER

OLDEST, OLD = "1970-01-01T00:00:00Z", "1971-01-01T00:00:00Z"
"""Age of the rival, and of what says nothing of its age."""

NOBODY = "nobody"
Aged = TypeVar("Aged", Ingress, HTTPRoute)
Part = TypeVar("Part", bound=BaseModel)


def with_competing_rule(cluster: Cluster, rules: Cluster, key: str) -> Cluster:
    """The same cluster, and a rival for every rule on a host that an Ingress or HTTPRoute names.

    Args:
        rules: where it may stand as well; a plan may have made something else of it.
        key: `NAMESPACE/NAME` of it.
    """
    hosts = _hosts(cluster, key) | _hosts(rules, key)
    rivals = [_ingress(i, hosts) for i in cluster.ingresses if hosts & {r.host for r in i.spec.rules}]
    routes = [_route(r) for r in cluster.http_routes if hosts & {*(r.spec.hostnames or (None,))}]
    controllers = tuple(
        replace(c, reads=(*c.reads, *(r.key for r in rivals))) if c.reads else c for c in cluster.controllers
    )
    return replace(
        cluster,
        ingresses=(*rivals, *map(_aged, cluster.ingresses)),
        http_routes=(*routes, *map(_aged, cluster.http_routes)),
        controllers=controllers,
    )


def _hosts(cluster: Cluster, key: str) -> set[str | None]:
    """The hosts of the Ingress or HTTPRoute of this key; of the HTTPRoutes that a plan made of it too."""
    of_rules = {rule.host for i in cluster.ingresses if i.key == key for rule in i.spec.rules}
    return of_rules | {h for r in cluster.http_routes if _from(r, key) for h in r.spec.hostnames or (None,)}


def _aged(found: Aged) -> Aged:
    """The same; what is not dated is as old as the others of its kind, and younger than the rival."""
    if found.metadata.creation_timestamp:
        return found
    copy = _with(found, metadata=_with(found.metadata, creation_timestamp=OLD))
    if found.origin is not None:
        copy.read_from(found.origin)
    return copy


def _with(found: Part, **changed: Any) -> Part:
    return found.model_copy(update=changed)


def _from(route: HTTPRoute, key: str) -> bool:
    """Whether it is the route of this key, or one that a plan made of an Ingress: its name and a number."""
    return key in (route.key, route.key.rpartition("-")[0])


def _ingress(found: Ingress, hosts: set[str | None]) -> Ingress:
    rules = tuple(
        _with(rule, http=_with(rule.http, paths=tuple(map(_claimed, rule.http.paths))))
        for rule in found.spec.rules
        if rule.host in hosts and rule.http is not None
    )
    annotations = {**found.metadata.annotations, ORDER: "-1000"}
    rival = _rival(found, rules=rules, default_backend=None)
    return _with(rival, metadata=_with(rival.metadata, annotations=annotations))


def _rival(found: Aged, **spec: Any) -> Aged:
    """The oldest object of its kind, with another specification."""
    metadata = _with(found.metadata, name=f"{found.name}-rival", creation_timestamp=OLDEST)
    return _with(found, metadata=metadata, spec=found.spec.model_copy(update=spec))


def _claimed(path: HTTPIngressPath) -> HTTPIngressPath:
    service = path.backend.service
    if service is None:
        return path
    backend = IngressBackend(service=IngressServiceBackend(name=NOBODY, port=service.port))
    return _with(path, backend=backend)


def _route(found: HTTPRoute) -> HTTPRoute:
    rules = (
        _with(rule, backend_refs=tuple(_with(to, name=NOBODY) for to in rule.backend_refs))
        for rule in found.spec.rules
    )
    return _rival(found, rules=tuple(rules))
