"""GatewayClass, Gateway, HTTPRoute and ReferenceGrant, as the Gateway API reference (v1) has them."""

from typing import Any, ClassVar

from pydantic import Field, StrictInt, StrictStr

from sim.manifests.objects.http_traffic import HTTPCORSFilter, HTTPRouteRetry, SessionPersistence
from sim.manifests.objects.meta import KubernetesObject, Manifest


class LabelRequirement(Manifest):
    """A row of matchExpressions."""

    key: StrictStr = ""
    operator: StrictStr = ""
    values: tuple[StrictStr, ...] = ()


class NamespaceSelector(Manifest):
    """Labels that a namespace must have; an empty selector fits every namespace."""

    match_labels: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    match_expressions: tuple[LabelRequirement, ...] = ()


class RouteNamespaces(Manifest):
    """Whose routes a listener takes: Same, All, Selector."""

    from_: StrictStr = Field(default="Same", alias="from")
    selector: NamespaceSelector = NamespaceSelector()


class RouteGroupKind(Manifest):
    """A kind of route."""

    group: StrictStr = "gateway.networking.k8s.io"
    kind: StrictStr = ""


class AllowedRoutes(Manifest):
    """Which routes may attach to a listener; no kinds: those that fit its protocol."""

    namespaces: RouteNamespaces = RouteNamespaces()
    kinds: tuple[RouteGroupKind, ...] = ()


class SecretObjectReference(Manifest):
    """A certificate, by the name of its Secret."""

    group: StrictStr = ""
    kind: StrictStr = "Secret"
    namespace: StrictStr | None = None
    name: StrictStr = ""


class ListenerTLS(Manifest):
    """Where TLS ends, and with which certificates."""

    mode: StrictStr = "Terminate"
    certificate_refs: tuple[SecretObjectReference, ...] = ()


class Listener(Manifest):
    """A port of a Gateway."""

    name: StrictStr = ""
    protocol: StrictStr = ""
    port: StrictInt | None = None
    hostname: StrictStr | None = None
    tls: ListenerTLS | None = None
    allowed_routes: AllowedRoutes = AllowedRoutes()


class GatewayAddress(Manifest):
    """An address of a Gateway."""

    type: StrictStr = "IPAddress"
    value: StrictStr = ""


class ListenerNamespaces(RouteNamespaces):
    """Whose ListenerSets a Gateway takes: None, Same, All, Selector."""

    from_: StrictStr = Field(default="None", alias="from")


class AllowedListeners(Manifest):
    """The ListenerSets that may add listeners to a Gateway."""

    namespaces: ListenerNamespaces = ListenerNamespaces()


class GatewaySpec(Manifest):
    """Class and listeners."""

    gateway_class_name: StrictStr | None = None
    listeners: tuple[Listener, ...] = ()
    allowed_listeners: AllowedListeners = AllowedListeners()
    addresses: tuple[GatewayAddress, ...] = ()


class GatewayStatus(Manifest):
    """The addresses that were given."""

    addresses: tuple[GatewayAddress, ...] = ()


class Gateway(KubernetesObject):
    """gateway.networking.k8s.io Gateway: ports that routes attach to."""

    spec: GatewaySpec = GatewaySpec()
    status: GatewayStatus = GatewayStatus()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that its status shows, else those that it asks for."""
        return tuple(a.value for a in self.status.addresses or self.spec.addresses if a.value)


class GatewayClassSpec(Manifest):
    """The controller that the class belongs to."""

    controller_name: StrictStr = ""


class GatewayClass(KubernetesObject):
    """gateway.networking.k8s.io GatewayClass."""

    has_namespace: ClassVar[bool] = False
    spec: GatewayClassSpec = GatewayClassSpec()


class ParentReference(Manifest):
    """What a route attaches to, a Gateway if it does not say otherwise."""

    group: StrictStr = "gateway.networking.k8s.io"
    kind: StrictStr = "Gateway"
    namespace: StrictStr | None = None
    name: StrictStr = ""
    section_name: StrictStr | None = None
    port: StrictInt | None = None


class HTTPPathMatch(Manifest):
    """A path of a route; every path if none is written."""

    type: StrictStr = "PathPrefix"
    value: StrictStr = "/"


class HTTPValueMatch(Manifest):
    """A header or a query parameter that a request must have, with its value."""

    type: StrictStr = "Exact"
    name: StrictStr = ""
    value: StrictStr = ""


class HTTPRouteMatch(Manifest):
    """What a request must look like; all of its parts count."""

    path: HTTPPathMatch = HTTPPathMatch()
    headers: tuple[HTTPValueMatch, ...] = ()
    query_params: tuple[HTTPValueMatch, ...] = ()
    method: StrictStr | None = None


class HTTPHeader(Manifest):
    """A header, by name and value."""

    name: StrictStr = ""
    value: StrictStr = ""


class HTTPHeaderFilter(Manifest):
    """Headers that are set, added to and removed."""

    set: tuple[HTTPHeader, ...] = ()
    add: tuple[HTTPHeader, ...] = ()
    remove: tuple[StrictStr, ...] = ()


class HTTPPathModifier(Manifest):
    """What becomes of the path: replaced as a whole, or only its matched prefix."""

    type: StrictStr = ""
    replace_full_path: StrictStr | None = None
    replace_prefix_match: StrictStr | None = None


class HTTPRequestRedirect(Manifest):
    """Where a client is sent instead."""

    scheme: StrictStr | None = None
    hostname: StrictStr | None = None
    path: HTTPPathModifier | None = None
    port: StrictInt | None = None
    status_code: StrictInt = 302


class HTTPURLRewrite(Manifest):
    """Host and path that the backend sees."""

    hostname: StrictStr | None = None
    path: HTTPPathModifier | None = None


class BackendObjectReference(Manifest):
    """A Service, unless group or kind say otherwise."""

    group: StrictStr = ""
    kind: StrictStr = "Service"
    namespace: StrictStr | None = None
    name: StrictStr = ""
    port: StrictInt | None = None


class HTTPRequestMirror(Manifest):
    """Who gets a copy of the request; what it answers is thrown away."""

    backend_ref: BackendObjectReference = BackendObjectReference()
    percent: StrictInt | None = None
    fraction: dict[StrictStr, Any] | None = None

    @property
    def share(self) -> float:
        """The share of requests that is copied; all, where nothing is said."""
        if self.percent is not None:
            return self.percent / 100
        part, whole = ((self.fraction or {}).get(name) for name in ("numerator", "denominator"))
        whole = 100 if whole is None else whole
        if not isinstance(part, int) or not isinstance(whole, int) or whole < 1:
            return 1.0
        return min(1.0, max(0, part) / whole)


class HTTPRouteFilter(Manifest):
    """One step of work on a request or its answer; `type` says which field counts."""

    type: StrictStr = ""
    request_header_modifier: HTTPHeaderFilter | None = None
    response_header_modifier: HTTPHeaderFilter | None = None
    request_redirect: HTTPRequestRedirect | None = None
    url_rewrite: HTTPURLRewrite | None = None
    request_mirror: HTTPRequestMirror | None = None
    extension_ref: BackendObjectReference | None = None
    cors: HTTPCORSFilter | None = None
    external_auth: dict[StrictStr, Any] | None = None


class HTTPBackendRef(BackendObjectReference):
    """A backend of a rule, with its share and its own filters."""

    weight: StrictInt = 1
    filters: tuple[HTTPRouteFilter, ...] = ()


class HTTPRouteTimeouts(Manifest):
    """How long a request, and one try at a backend, may take."""

    request: StrictStr | None = None
    backend_request: StrictStr | None = None


class HTTPRouteRule(Manifest):
    """Matches (any of them is enough), filters and backends."""

    name: StrictStr | None = None
    matches: tuple[HTTPRouteMatch, ...] = ()
    filters: tuple[HTTPRouteFilter, ...] = ()
    backend_refs: tuple[HTTPBackendRef, ...] = ()
    timeouts: HTTPRouteTimeouts | None = None
    retry: HTTPRouteRetry | None = None
    session_persistence: SessionPersistence | None = None


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
