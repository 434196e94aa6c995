"""The profile `kgateway`: Envoy told by kgateway, which reads Gateways and HTTPRoutes, and no Ingress.

Source: kgateway-dev/kgateway at 06ff8b9d and later (irtranslator/fc.go, route.go);
kubernetes-sigs/gateway-api, conformance/reports/v1.6/kgateway (2.4.0-rc.1).
"""

from dataclasses import replace

from sim.routing.controllers.gateways_only import GATEWAY_KINDS, reads_gateways
from sim.routing.controllers.profile import Fact
from sim.routing.path_rules import DataPlane, PathRules
from sim.routing.proxies.retries import ENVOY

CONTROLLER = "kgateway.dev/kgateway"
_CODE = "kgateway-dev/kgateway, translator/irtranslator"
_REPORT = "kubernetes-sigs/gateway-api, conformance/reports/v1.6/kgateway"

KGATEWAY = reads_gateways(
    "kgateway reads no Ingress; write an HTTPRoute",
    name="kgateway",
    controller=CONTROLLER,
    program="envoy",
    retries=replace(ENVOY, connect_timeout_s=5.0),
    prefixes=("kgateway.dev/",),
    annotated=GATEWAY_KINDS,
    plane=DataPlane(PathRules(normalize_path=True, merge_slashes=True), one_host=True),
    facts=(
        Fact("classes", f"GatewayClass with controllerName {CONTROLLER}; no Ingress", f"{_CODE}"),
        Fact("paths", "slashes merged, dots resolved; %2F and %5C stay", f"{_CODE}/fc.go"),
        Fact("hosts", "the port of the Host header does not count", f"{_CODE}/route.go"),
        Fact("answers", "404 no route; 500 no valid backend; 503 nothing ready; 504 too slow", _REPORT),
        Fact("features", "retries, timeouts, mirrors, CORS, TCPRoute, ListenerSet, client certificates",
             _REPORT),
        Fact("balancing", "Envoy's round robin, by each worker, unless a policy of its own says otherwise",
             f"{_CODE}/upstream.go (initializeCluster sets no policy); Envoy, cluster.proto"),
        Fact("tries", "one, unless a rule says retry; connect 5 s; 504 after 15 s without an answer",
             f"{_CODE}/upstream.go (ClusterConnectionTimeout)"),
    ),
    unknown=(
        "TrafficPolicy, ListenerPolicy, HTTPListenerPolicy, Backend, DirectResponse and GatewayParameters",
        "whether normalizePath and mergeSlashes are switched off (since 2.4 they can be)",
        "a preflight from another origin: 200 without Access-Control-Allow-Origin is assumed, as by its kin",
        "a Host that belongs to another HTTPS listener than the handshake: 421 is the API's answer",
    ),
)  # fmt: skip
