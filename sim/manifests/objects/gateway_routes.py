"""GRPCRoute, TLSRoute, TCPRoute, UDPRoute, ListenerSet and BackendTLSPolicy, as the Gateway API has them."""

from __future__ import annotations

from typing import Any

from pydantic import Field, StrictStr

from sim.manifests.objects.gateway_api import (
    HTTPBackendRef,
    HTTPRoute,
    HTTPRouteFilter,
    HTTPRouteRule,
    HTTPValueMatch,
    Listener,
    ParentReference,
)
from sim.manifests.objects.meta import KubernetesObject, Manifest


class GRPCMethodMatch(Manifest):
    """A gRPC service, a method of it, or both; what is not written fits every one."""

    type: StrictStr = "Exact"
    service: StrictStr | None = None
    method: StrictStr | None = None


class GRPCRouteMatch(Manifest):
    """What a gRPC request must look like; all of its parts count."""

    method: GRPCMethodMatch = GRPCMethodMatch()
    headers: tuple[HTTPValueMatch, ...] = ()


class GRPCRouteRule(Manifest):
    """Matches (any of them is enough), filters and backends."""

    name: StrictStr | None = None
    matches: tuple[GRPCRouteMatch, ...] = ()
    filters: tuple[HTTPRouteFilter, ...] = ()
    backend_refs: tuple[HTTPBackendRef, ...] = ()


class GRPCRouteSpec(Manifest):
    """Parents, host names and rules."""

    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[StrictStr, ...] = ()
    rules: tuple[GRPCRouteRule, ...] = ()


class GRPCRoute(KubernetesObject):
    """gateway.networking.k8s.io GRPCRoute."""

    spec: GRPCRouteSpec = GRPCRouteSpec()


class StreamRouteRule(Manifest):
    """Where connections, or datagrams, go."""

    name: StrictStr | None = None
    backend_refs: tuple[HTTPBackendRef, ...] = ()


class StreamRouteSpec(Manifest):
    """Parents and rules; of a TLSRoute also the server names that it takes."""

    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[StrictStr, ...] = ()
    rules: tuple[StreamRouteRule, ...] = ()


class TLSRoute(KubernetesObject):
    """gateway.networking.k8s.io TLSRoute: connections by the server name of the handshake."""

    spec: StreamRouteSpec = StreamRouteSpec()


class TCPRoute(KubernetesObject):
    """gateway.networking.k8s.io TCPRoute: every connection of a port."""

    spec: StreamRouteSpec = StreamRouteSpec()


class UDPRoute(KubernetesObject):
    """gateway.networking.k8s.io UDPRoute: every datagram of a port."""

    spec: StreamRouteSpec = StreamRouteSpec()


StreamRoute = TLSRoute | TCPRoute | UDPRoute
"""A route that reads no request: it sees a connection, at most its handshake."""

Route = HTTPRoute | GRPCRoute | StreamRoute

STREAM_ROUTES: tuple[type[TLSRoute] | type[TCPRoute] | type[UDPRoute], ...] = (TLSRoute, TCPRoute, UDPRoute)


def rules_of(route: Route) -> tuple[HTTPRouteRule | GRPCRouteRule | StreamRouteRule, ...]:
    """The rules of a route of any kind."""
    return route.spec.rules


class ListenerSetSpec(Manifest):
    """The Gateway that the listeners are added to, and the listeners."""

    parent_ref: ParentReference = ParentReference()
    listeners: tuple[Listener, ...] = ()


class ListenerSet(KubernetesObject):
    """gateway.networking.k8s.io ListenerSet: more listeners for a Gateway that allows it."""

    spec: ListenerSetSpec = ListenerSetSpec()


class PolicyTarget(Manifest):
    """What a policy applies to: an object of its own namespace, or a section of it."""

    group: StrictStr = ""
    kind: StrictStr = ""
    name: StrictStr = ""
    section_name: StrictStr | None = None


class LocalObjectReference(Manifest):
    """An object of the same namespace."""

    group: StrictStr = ""
    kind: StrictStr = ""
    name: StrictStr = ""


class SubjectAltName(Manifest):
    """A name that a certificate may carry; `type` says which field counts."""

    type: StrictStr = ""
    hostname: StrictStr | None = None
    uri: StrictStr | None = None


class BackendTLSPolicyValidation(Manifest):
    """The server name that is sent, whom to trust, and which names a certificate must have."""

    ca_certificate_refs: tuple[LocalObjectReference, ...] = Field(default=(), alias="caCertificateRefs")
    well_known_ca_certificates: StrictStr | None = Field(default=None, alias="wellKnownCACertificates")
    hostname: StrictStr = ""
    subject_alt_names: tuple[SubjectAltName, ...] = ()


class BackendTLSPolicySpec(Manifest):
    """Which Services are spoken to in TLS, and how their certificates are checked."""

    target_refs: tuple[PolicyTarget, ...] = ()
    validation: BackendTLSPolicyValidation = BackendTLSPolicyValidation()
    options: dict[StrictStr, Any] | None = None


class BackendTLSPolicy(KubernetesObject):
    """gateway.networking.k8s.io BackendTLSPolicy: TLS between a Gateway and the Pods of a Service."""

    spec: BackendTLSPolicySpec = BackendTLSPolicySpec()
