"""The profile `cilium`: the Gateway side of Cilium, which is the Envoy of each node told by its operator.

Its Ingress side (class cilium) is not modelled. Paths are compared as they are sent: no option of Envoy that
changes them is set. Source: cilium/cilium, operator/pkg/model/translation (envoy_http_connection_manager.go,
envoy_virtual_host.go); kubernetes-sigs/gateway-api, conformance/reports/v1.6/cilium (1.20.0).
"""

from dataclasses import replace

from sim.routing.controllers.gateways_only import reads_gateways
from sim.routing.controllers.profile import Fact
from sim.routing.path_rules import DataPlane
from sim.routing.proxies.retries import ENVOY, Outlier

CONTROLLER = "io.cilium/gateway-controller"
_CODE = "cilium/cilium, operator/pkg/model/translation"
_REPORT = "kubernetes-sigs/gateway-api, conformance/reports/v1.6/cilium"

CILIUM = reads_gateways(
    "the Ingress side of Cilium is not modelled; write an HTTPRoute",
    name="cilium",
    controller=CONTROLLER,
    program="envoy",
    # Envoy's own 5 s to connect; the outlier detection that Cilium switches on has Envoy's figures.
    retries=replace(ENVOY, connect_timeout_s=5.0, read_timeout_s=300.0, outlier=Outlier()),
    plane=DataPlane(one_host=True, order="longest-text", ignores=frozenset({"sessionPersistence"})),
    facts=(
        Fact("classes", f"GatewayClass with controllerName {CONTROLLER}", f"{_CODE}/gateway-api"),
        Fact("paths", "as they are sent: nothing is merged, resolved or decoded",
             f"{_CODE}/envoy_http_connection_manager.go"),
        Fact("order", "Exact; then by length, prefixes and expressions in one list; headers, query",
             f"{_CODE}/envoy_virtual_host.go (SortableRoute)"),
        Fact("hosts", "with any port; a wildcard stands for any depth", f"{_CODE}/envoy_virtual_host.go"),
        Fact("answers", "404 no route; 500 no valid backend; 503 nothing ready; 504 too slow",
             f"{_CODE}/envoy_virtual_host.go"),
        Fact("CORS", "a preflight from another origin gets 200 without Access-Control-Allow-Origin",
             f"{_CODE}/envoy_virtual_host.go (ForwardNotMatchingPreflights off)"),
        Fact("features", "retries, timeouts, mirrors, CORS, TCPRoute, UDPRoute, ListenerSet",
             _REPORT),
        Fact("balancing", "round robin, by each worker of each node's Envoy",
             f"{_CODE}/envoy_cluster.go (clusterMutators)"),
        Fact("time-outs", "none for a route, so that a stream that idles for 5 minutes ends with 504",
             f"{_CODE}/envoy_virtual_host.go (MaxStreamDuration 0); cilium/cilium issue 34582"),
        Fact("tries", "one, unless a rule says retry; connect 5 s; five errors in a row leave a Pod out, no "
             "more than 10 % of them", f"{_CODE}/envoy_cluster_mutator.go (withOutlierDetection); Envoy, "
             "cluster.proto, outlier_detection.proto"),
    ),
    unknown=(
        "CiliumEnvoyConfig, CiliumClusterwideEnvoyConfig and CiliumGatewayClassConfig",
        "two routes with the same match: their backends share the requests, instead of the older route alone",
        "a Host that belongs to another HTTPS listener than the handshake: 421 is the API's answer",
    ),
)  # fmt: skip
