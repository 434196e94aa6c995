"""A bad rule: an older Ingress that claims the hosts and paths of another one, with nothing behind it.

Of two rules for the same host and path the older wins (Ingress: ingress-nginx, "Understanding the routing";
HTTPRoute: Gateway API, conflict resolution; an IngressGroup: the lower group.order). A validating webhook may
refuse such an object; what is modelled is that none did. A rule that the controller cannot read at all
changes nothing that runs: ingress-nginx refuses the reload and keeps the last good configuration.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from sim.cluster.cluster import Cluster
from sim.manifests.objects import HTTPIngressPath, HTTPRoute, Ingress, IngressBackend, IngressServiceBackend
from sim.routing.controllers.aws_alb import ORDER

OLDEST, OLD = "1970-01-01T00:00:00Z", "1971-01-01T00:00:00Z"
"""Age of the rival, and of what says nothing of its age."""

NOBODY = "nobody"
Aged = TypeVar("Aged", Ingress, HTTPRoute)


def with_competing_rule(cluster: Cluster, key: str) -> Cluster:
    """The same cluster, and a rival for every rule on a host that the Ingress `NAMESPACE/NAME` names.

    Args:
        key: of the Ingress; where a plan made HTTPRoutes of it, those of its name.
    """
    hosts = {rule.host for i in cluster.ingresses if i.key == key for rule in i.spec.rules}
    hosts |= {h for r in cluster.http_routes if _from(r, key) for h in r.spec.hostnames or (None,)}
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


def _aged(found: Aged) -> Aged:
    """The same; what is not dated is as old as the others of its kind, and younger than the rival."""
    if found.metadata.creation_timestamp:
        return found
    metadata = found.metadata.model_copy(update={"creation_timestamp": OLD})
    return found.model_copy(update={"metadata": metadata})


def _from(route: HTTPRoute, key: str) -> bool:
    """Whether a plan made a route of an Ingress: its name and a number."""
    return route.key.rpartition("-")[0] == key


def _ingress(found: Ingress, hosts: set[str | None]) -> Ingress:
    rules = tuple(
        rule.model_copy(
            update={
                "http": rule.http.model_copy(update={"paths": tuple(_claimed(p) for p in rule.http.paths)})
            }
        )
        for rule in found.spec.rules
        if rule.host in hosts and rule.http is not None
    )
    metadata = found.metadata.model_copy(
        update={
            "name": f"{found.name}-rival",
            "creation_timestamp": OLDEST,
            "annotations": {**found.metadata.annotations, ORDER: "-1000"},
        }
    )
    spec = found.spec.model_copy(update={"rules": rules, "default_backend": None})
    return found.model_copy(update={"metadata": metadata, "spec": spec})


def _claimed(path: HTTPIngressPath) -> HTTPIngressPath:
    service = path.backend.service
    if service is None:
        return path
    backend = IngressBackend(service=IngressServiceBackend(name=NOBODY, port=service.port))
    return path.model_copy(update={"backend": backend})


def _route(found: HTTPRoute) -> HTTPRoute:
    rules = tuple(
        rule.model_copy(
            update={"backend_refs": tuple(r.model_copy(update={"name": NOBODY}) for r in rule.backend_refs)}
        )
        for rule in found.spec.rules
    )
    metadata = found.metadata.model_copy(update={"name": f"{found.name}-rival", "creation_timestamp": OLDEST})
    return found.model_copy(
        update={"metadata": metadata, "spec": found.spec.model_copy(update={"rules": rules})}
    )
