"""The profile `istio`: the Gateway side of Istio, which is Envoy told by istiod.

Its Ingress side (class istio) is not modelled. Paths: dots are resolved and unreserved characters decoded,
slashes stay as they are (the default of meshConfig.pathNormalization). Source: istio/istio at 86c9f01f
(2026-08-22); kubernetes-sigs/gateway-api, conformance/reports/v1.5/istio-istio (1.30.0).
"""

from dataclasses import replace

from sim.cluster.life.figures import FIGURES
from sim.routing.controllers.gateways_only import reads_gateways
from sim.routing.controllers.profile import Fact
from sim.routing.path_rules import DataPlane, PathRules
from sim.routing.proxies.retries import ENVOY, NOT_SENT

CONTROLLER = "istio.io/gateway-controller"
_CODE = "istio/istio at 86c9f01f (2026-08-22)"
_CONVERSION = f"{_CODE}, pilot/pkg/config/kube/gateway/conversion.go"

ISTIO = reads_gateways(
    "the Ingress side of Istio is not modelled; write an HTTPRoute",
    name="istio",
    controller=CONTROLLER,
    program="envoy",
    balancing="least-request",
    # No time-out at all: a silent Pod is given up when TCP gives its connection up.
    retries=replace(
        ENVOY, tries=3, after=NOT_SENT, reselects=5, read_timeout_s=FIGURES["tcp-silence"].value
    ),
    plane=DataPlane(
        PathRules(normalize_path=True), one_host=True, order="prefix-first", misdirected=404,
        ignores=frozenset({"sessionPersistence"}),
    ),
    facts=(
        Fact("classes", f"GatewayClass with controllerName {CONTROLLER}; also istio-waypoint for a mesh",
             f"{_CODE}, pilot/pkg/config/kube/gateway"),
        Fact("paths", "dots resolved, unreserved characters decoded; slashes and %2F stay (BASE)",
             f"{_CODE}, pilot/pkg/networking/core/listener_builder.go"),
        Fact("order", "Exact, PathPrefix, RegularExpression; then length, method, headers, query",
             f"{_CONVERSION} (sortHTTPRoutes)"),
        Fact("answers", "404 no route; 500 no backend with a weight; 503 nothing ready; 504 too slow",
             f"{_CONVERSION} (convertHTTPRoute)"),
        Fact("CORS", "a preflight from another origin gets 200 without Access-Control-Allow-Origin",
             f"{_CONVERSION} (createCorsFilter: UnmatchedPreflights IGNORE)"),
        Fact("balancing", "least request, by each worker; connect 10 s",
             f"{_CODE}, pilot/pkg/networking/core/cluster_traffic_policy.go (defaultLBAlgorithm); "
             "pkg/config/mesh/mesh.go"),
        Fact("retries", "2 more tries where a connection fails, whether a rule says retry or not; another "
             "Pod is drawn up to 5 times", f"{_CONVERSION}; pilot/pkg/networking/core/route/retry/retry.go"),
        Fact("time-outs", "none for a route or a stream, unless a rule says one",
             f"{_CODE}, pilot/pkg/networking/core/route/route.go (setTimeout); listener_builder.go"),
        Fact("features", "no ListenerSet before 1.31; TLSRoute, GRPCRoute, BackendTLSPolicy, CORS, mirrors",
             "kubernetes-sigs/gateway-api, conformance/reports/v1.5/istio-istio"),
    ),
    unknown=(
        "VirtualService, DestinationRule, EnvoyFilter, AuthorizationPolicy and meshConfig of the cluster",
        "what a rule with an unsupported filter (ExternalAuth, ExtensionRef) answers: its route is left out",
        "the default name of the listener's Service where annotations or infrastructure rename it",
    ),
)  # fmt: skip
