"""The profile `envoy-gateway`: it reads Gateways and HTTPRoutes, and no Ingress.

What it does with an HTTPRoute is in sim.routing.gateway; where it leaves the letter of the API, its `plane`
says: paths are made uniform, and virtual hosts of Envoy do not fall through. Source: envoyproxy/gateway at
d32f282, internal/xds/translator/listener.go (NormalizePath), internal/gatewayapi/listener.go (MergeSlashes,
UnescapeAndRedirect); Envoy, route matching.
"""

from sim.routing.controllers.gateways_only import GATEWAY_KINDS, reads_gateways
from sim.routing.controllers.profile import Fact
from sim.routing.path_rules import DataPlane, PathRules
from sim.routing.proxies.retries import ENVOY

CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
_CODE = "envoyproxy/gateway at d32f282 (2026-08-21)"

ENVOY_GATEWAY = reads_gateways(
    "Envoy Gateway reads no Ingress; write an HTTPRoute",
    name="envoy-gateway",
    controller=CONTROLLER,
    program="envoy",
    balancing="least-request",
    # Tried with a real Envoy: 503 after its connect time-out, and 503 at once where a Pod refuses.
    retries=ENVOY,
    plane=DataPlane(
        PathRules(True, True, "UNESCAPE_AND_REDIRECT"), one_host=True, envoy_kinds=True,
        order="method-as-header", rewrites="as-text", preflights=True, misdirected=404,
        session_paths=True,
        refuses=frozenset({"ExternalAuth"}),
    ),
    prefixes=("gateway.envoyproxy.io/",),
    annotated=GATEWAY_KINDS,
    facts=(
        Fact("classes", f"GatewayClass with controllerName {CONTROLLER}; no Ingress",
             f"{_CODE}, api/v1alpha1/envoygateway_types.go"),
        Fact("paths", "slashes merged, dots resolved; %2F and %5C: unescaped and redirected",
             f"{_CODE}, internal/gatewayapi/listener.go"),
        Fact("order", "Exact, RegularExpression, PathPrefix; then length, headers and method, query",
             f"{_CODE}, internal/gatewayapi/sort.go"),
        Fact("answers", "404 no route; 500 no valid backend; 503 nothing ready",
             f"{_CODE}, internal/gatewayapi/route.go"),
        Fact("CORS", "a preflight from another origin gets 200 without Access-Control-Allow-Origin; a match "
             "with a method takes preflights too", f"{_CODE}, internal/gatewayapi/route.go"),
        Fact("features", "retries, timeouts, mirrors, sessions, ListenerSet; 421 is not detected",
             "kubernetes-sigs/gateway-api, conformance/reports/v1.6/envoy-gateway (1.9.0)"),
        Fact("rewrites", "the prefix / replaced by /new loses its slash: /a becomes /newa",
             f"{_CODE}, internal/xds/translator/route.go (buildXdsURLRewriteAction)"),
        Fact("sessions", "the cookie is for the path of the match; an expression counts as text up to a "
             "star, so that most never set one", f"{_CODE}, internal/xds/translator/session_persistence.go"),
        Fact("sends", "to Pods; to the ClusterIP with routingType Service",
             f"{_CODE}, internal/gatewayapi/route.go"),
        Fact("policies", "of the rule, else its route, the listener, the Gateway; CORS, then 403, then 429",
             f"{_CODE}, internal/gatewayapi/securitypolicy.go, backendtrafficpolicy.go"),
        Fact("defaults", "connect 10 s; 504 after 15 s without an answer; least request; no retries unless a "
             "policy asks, then 2 after a connection that fails or 503",
             f"{_CODE}, internal/xds/translator/cluster.go, route.go"),
        Fact("balancing", "loadBalancer of its policy: round robin, least request, chance; a hash is "
             "Maglev's; each worker has a state, one per CPU",
             f"{_CODE}, internal/xds/translator/cluster.go, api/v1alpha1/envoyproxy_types.go"),
        Fact("health", "of its policy: checks every 3 s, down after 3, up after 1; errors in a row leave a "
             "Pod out for 30 s, no more than 10 % of them; breakers at 1024",
             f"{_CODE}, api/v1alpha1/healthcheck_types.go, circuitbreaker_types.go"),
    ),
    unknown=(
        "ClientTrafficPolicy, EnvoyPatchPolicy, EnvoyExtensionPolicy; of SecurityPolicy more than CORS and "
        "addresses of clients; of BackendTrafficPolicy slow start, zones, overrides, budgets and pauses",
        "the status of the redirect for an escaped slash is Envoy's 307, read in its documentation alone",
    ),
)  # fmt: skip
