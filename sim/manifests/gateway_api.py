"""Gateway, GatewayClass, HTTPRoute and ReferenceGrant, as the Gateway API reference has them."""

from __future__ import annotations

from typing import Any

from pydantic import Field, StrictInt, StrictStr

from sim.manifests.meta import KubernetesObject, Manifest


class Listener(Manifest):
    """A port of a Gateway."""

    name: StrictStr = ""
    protocol: StrictStr = ""
    port: StrictInt | None = None
    hostname: StrictStr | None = None
    tls: dict[StrictStr, Any] | None = None
    allowed_routes: dict[StrictStr, Any] | None = None


class GatewaySpec(Manifest):
    """Class and listeners."""

    gateway_class_name: StrictStr | None = None
    listeners: tuple[Listener, ...] = ()
    addresses: tuple[dict[StrictStr, Any], ...] = ()


class Gateway(KubernetesObject):
    """gateway.networking.k8s.io Gateway: ports that routes attach to."""

    spec: GatewaySpec = GatewaySpec()


class GatewayClassSpec(Manifest):
    """The controller that the class belongs to."""

    controller_name: StrictStr = ""


class GatewayClass(KubernetesObject):
    """gateway.networking.k8s.io GatewayClass."""

    spec: GatewayClassSpec = GatewayClassSpec()


class ParentReference(Manifest):
    """What a route attaches to, a Gateway if it does not say otherwise."""

    group: StrictStr | None = None
    kind: StrictStr = "Gateway"
    namespace: StrictStr | None = None
    name: StrictStr = ""
    section_name: StrictStr | None = None
    port: StrictInt | None = None


class HTTPPathMatch(Manifest):
    """A path of a route; every path if none is written."""

    type: StrictStr = "PathPrefix"
    value: StrictStr = "/"


class HTTPRouteMatch(Manifest):
    """What a request must look like."""

    path: HTTPPathMatch = HTTPPathMatch()
    headers: tuple[dict[StrictStr, Any], ...] = ()
    query_params: tuple[dict[StrictStr, Any], ...] = ()
    method: StrictStr | None = None


class HTTPBackendRef(Manifest):
    """A Service that a rule sends to, with its share."""

    group: StrictStr | None = None
    kind: StrictStr = "Service"
    namespace: StrictStr | None = None
    name: StrictStr = ""
    port: StrictInt | None = None
    weight: StrictInt = 1
    filters: tuple[dict[StrictStr, Any], ...] = ()


class HTTPRouteRule(Manifest):
    """Matches, filters and backends."""

    matches: tuple[HTTPRouteMatch, ...] = ()
    filters: tuple[dict[StrictStr, Any], ...] = ()
    backend_refs: tuple[HTTPBackendRef, ...] = ()


class HTTPRouteSpec(Manifest):
    """Parents, host names and rules."""

    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[StrictStr, ...] = ()
    rules: tuple[HTTPRouteRule, ...] = ()


class HTTPRoute(KubernetesObject):
    """gateway.networking.k8s.io HTTPRoute."""

    spec: HTTPRouteSpec = HTTPRouteSpec()


class ReferenceGrantEntry(Manifest):
    """Whence, or whereto, references are allowed; an empty name is every object of the kind."""

    group: StrictStr = ""
    kind: StrictStr = ""
    namespace: StrictStr | None = None
    name: StrictStr | None = None


class ReferenceGrantSpec(Manifest):
    """Who may refer to what."""

    from_: tuple[ReferenceGrantEntry, ...] = Field(default=(), alias="from")
    to: tuple[ReferenceGrantEntry, ...] = ()


class ReferenceGrant(KubernetesObject):
    """gateway.networking.k8s.io ReferenceGrant: allows references into its namespace."""

    spec: ReferenceGrantSpec = ReferenceGrantSpec()
