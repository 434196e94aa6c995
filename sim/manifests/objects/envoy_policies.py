"""Envoy Gateway's own kinds: filters of routes, policies for traffic and security.

Source: envoyproxy/gateway at d32f282, api/v1alpha1 (httproutefilter_types.go, backendtrafficpolicy_types.go,
securitypolicy_types.go). What a policy says beside these fields is named as unknown.
"""

from typing import Any

from pydantic import Field, StrictBool, StrictInt, StrictStr

from sim.manifests.objects.gateway_routes import PolicyTarget
from sim.manifests.objects.meta import KubernetesObject, Manifest

ENVOY_GATEWAY_API = "gateway.envoyproxy.io"


class ReplaceRegexMatch(Manifest):
    """What fits an expression, replaced everywhere in the path, by a text that may name its groups."""

    pattern: StrictStr = ""
    substitution: StrictStr = ""


class RegexPathModifier(Manifest):
    """A rewrite of the path by an expression."""

    type: StrictStr = "ReplaceRegexMatch"
    replace_regex_match: ReplaceRegexMatch | None = None


class EnvoyURLRewrite(Manifest):
    """The rewrites that the Gateway API does not have."""

    path: RegexPathModifier | None = None


class DirectResponse(Manifest):
    """An answer of the proxy itself."""

    status_code: StrictInt = 200


class EnvoyRouteFilterSpec(Manifest):
    """What a filter does."""

    url_rewrite: EnvoyURLRewrite | None = None
    direct_response: DirectResponse | None = None


class EnvoyRouteFilter(KubernetesObject):
    """gateway.envoyproxy.io HTTPRouteFilter: a filter that a rule of a route names with extensionRef."""

    spec: EnvoyRouteFilterSpec = EnvoyRouteFilterSpec()


class PolicySpec(Manifest):
    """What every policy says: whom it is about."""

    target_ref: PolicyTarget | None = None
    target_refs: tuple[PolicyTarget, ...] = ()

    @property
    def targets(self) -> tuple[PolicyTarget, ...]:
        """All of them."""
        return (*((self.target_ref,) if self.target_ref is not None else ()), *self.target_refs)


class SourceSelector(Manifest):
    """Client addresses; Distinct: each counts for itself."""

    type: StrictStr = "Exact"
    value: StrictStr = ""
    invert: StrictBool = False


class RateLimitSelector(Manifest):
    """Which requests a limit counts."""

    source_cidr: SourceSelector | None = Field(default=None, alias="sourceCIDR")


class RateLimitAmount(Manifest):
    """Requests in a unit of time."""

    requests: StrictInt = 0
    unit: StrictStr = "Second"


class LocalRateLimitRule(Manifest):
    """A limit, and whom it is for; no selector: everybody together."""

    client_selectors: tuple[RateLimitSelector, ...] = ()
    limit: RateLimitAmount = RateLimitAmount()


class LocalRateLimit(Manifest):
    """Limits that each proxy counts for itself."""

    rules: tuple[LocalRateLimitRule, ...] = ()


class RateLimit(Manifest):
    """How many requests may come."""

    local: LocalRateLimit | None = None


class Named(Manifest):
    """A header or a parameter, by its name."""

    name: StrictStr = ""


class HashCookie(Named):
    """A cookie that is hashed; with a time to live Envoy gives one to a client that brings none."""

    ttl: StrictStr | None = None
    attributes: dict[StrictStr, StrictStr] = Field(default_factory=dict)


class EnvoyHash(Manifest):
    """What is hashed: SourceIP, Header, Headers, Cookie, QueryParams."""

    type: StrictStr = ""
    header: Named | None = None
    headers: tuple[Named, ...] = ()
    cookie: HashCookie | None = None
    query_params: tuple[Named, ...] = ()


class EnvoyLoadBalancer(Manifest):
    """How a Pod is chosen: RoundRobin, LeastRequest, Random, ConsistentHash."""

    type: StrictStr = "LeastRequest"
    consistent_hash: EnvoyHash | None = None


class PassiveCheck(Manifest):
    """Pods that answer with errors in a row are left out for a while; the defaults are the API's."""

    interval: StrictStr = "3s"
    consecutive_5xx_errors: StrictInt = Field(default=5, alias="consecutive5XxErrors")
    base_ejection_time: StrictStr = "30s"
    max_ejection_percent: StrictInt = 10


class ActiveCheck(Manifest):
    """Envoy's own checks of Pods, which succeed while a Pod answers; the defaults are the API's."""

    type: StrictStr = ""
    timeout: StrictStr = "1s"
    interval: StrictStr = "3s"
    unhealthy_threshold: StrictInt = 3
    healthy_threshold: StrictInt = 1
    http: dict[StrictStr, Any] | None = None
    tcp: dict[StrictStr, Any] | None = None
    grpc: dict[StrictStr, Any] | None = None


class HealthCheck(Manifest):
    """How Envoy learns that a Pod does not serve."""

    active: ActiveCheck | None = None
    passive: PassiveCheck | None = None


class CircuitBreaker(Manifest):
    """How much is let through to one Service at once; the defaults are the API's."""

    max_connections: StrictInt = 1024
    max_pending_requests: StrictInt = 1024
    max_parallel_requests: StrictInt = 1024


class BackendTrafficSpec(PolicySpec):
    """Whom it is about, and how traffic goes to backends; `merge_type`: beside what its Gateway's says."""

    merge_type: StrictStr | None = None
    rate_limit: RateLimit | None = None
    load_balancer: EnvoyLoadBalancer | None = None
    health_check: HealthCheck | None = None
    circuit_breaker: CircuitBreaker | None = None
    timeout: dict[StrictStr, Any] | None = None
    retry: dict[StrictStr, Any] | None = None
    routing_type: StrictStr | None = None
    request_buffer: dict[StrictStr, Any] | None = None


class BackendTrafficPolicy(KubernetesObject):
    """gateway.envoyproxy.io BackendTrafficPolicy: limits and balancing for routes or whole Gateways."""

    spec: BackendTrafficSpec = BackendTrafficSpec()


class AuthorizationPrincipal(Manifest):
    """Who asks: a client address in one of the networks."""

    client_cidrs: tuple[StrictStr, ...] = Field(default=(), alias="clientCIDRs")


class AuthorizationRule(Manifest):
    """The first rule that fits decides; one without a principal fits everybody."""

    name: StrictStr | None = None
    action: StrictStr = ""
    principal: AuthorizationPrincipal | None = None


class Authorization(Manifest):
    """Rules in order; who fits none is denied unless it says otherwise."""

    rules: tuple[AuthorizationRule, ...] = ()
    default_action: StrictStr = "Deny"


class EnvoyCORS(Manifest):
    """Which pages of other origins may ask, and with what."""

    allow_origins: tuple[StrictStr, ...] = ()
    allow_methods: tuple[StrictStr, ...] = ()
    allow_headers: tuple[StrictStr, ...] = ()
    expose_headers: tuple[StrictStr, ...] = ()
    max_age: StrictStr | None = None
    allow_credentials: StrictBool = False


class SecuritySpec(PolicySpec):
    """Whom it is about, and who may ask."""

    authorization: Authorization | None = None
    cors: EnvoyCORS | None = None


class SecurityPolicy(KubernetesObject):
    """gateway.envoyproxy.io SecurityPolicy: who may send requests to routes or whole Gateways."""

    spec: SecuritySpec = SecuritySpec()
