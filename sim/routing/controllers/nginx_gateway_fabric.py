"""The profile `nginx-gateway-fabric`: nginx told by NGINX Gateway Fabric, without NGINX Plus.

Every path of every route is a location; headers, methods and query parameters are compared inside of it by a
script, so that no shorter path serves where they do not fit. Source: nginx/nginx-gateway-fabric at e55bfe33
(2026-08-20), internal/controller/nginx; kubernetes-sigs/gateway-api,
conformance/reports/v1.6/nginx-nginx-gateway-fabric (2.7.0).
"""

from sim.routing.controllers.gateways_only import GATEWAY_KINDS, reads_gateways
from sim.routing.controllers.ingress_nginx.uri import normalised
from sim.routing.controllers.profile import Fact
from sim.routing.path_rules import DataPlane, Expressions, Received
from sim.routing.proxies.retries import Retries

CONTROLLER = "gateway.nginx.org/nginx-gateway-controller"
_CODE = "nginx/nginx-gateway-fabric at e55bfe33 (2026-08-20)"
_CONFIG = f"{_CODE}, internal/controller/nginx/config"


def reads(target: str) -> Received:
    """The path as locations are compared with; 400 for one that nginx refuses."""
    path, question, query = target.partition("?")
    found = normalised(path)
    if found is None:
        return Received(target, 400, f"nginx refuses the path {path}")
    return Received(f"{found}{question}{query}")


NGINX_GATEWAY_FABRIC = reads_gateways(
    "NGINX Gateway Fabric reads no Ingress; write an HTTPRoute",
    name="nginx-gateway-fabric",
    controller=CONTROLLER,
    program="nginx",
    balancing="random-two",
    retries=Retries(tries=0, connect_timeout_s=60.0, max_fails=1, kept_closed="free"),
    prefixes=("gateway.nginx.org/",),
    annotated=GATEWAY_KINDS,
    plane=DataPlane(
        reads=reads,
        sends_as_sent=True,
        one_host=True,
        one_path=True,
        expressions=Expressions(perl=True, whole=False),
        answers_options=True,
        ignores=frozenset({"retry", "sessionPersistence", "timeouts"}),
    ),
    facts=(
        Fact("classes", f"GatewayClass with controllerName {CONTROLLER}; no Ingress",
             f"{_CODE}, charts/nginx-gateway-fabric/values.yaml"),
        Fact("paths", "compared decoded, slashes merged, dots resolved; the backend gets them as sent",
             f"{_CONFIG}/servers.go (request_uri); nginx, ngx_http_parse.c"),
        Fact("order", "one location wins: Exact, an expression from its start (PCRE), the longest prefix; "
             "then method, headers and query inside it, 404 where none fits",
             f"{_CODE}, modules/src/httpmatches.js; {_CONFIG}/servers.go (createPath)"),
        Fact("answers", "404 no route; 500 no valid backend or filter; 503 nothing ready",
             f"{_CONFIG}/upstreams.go"),
        Fact("CORS", "every OPTIONS is answered 200; stars for methods and headers stay stars",
             f"{_CONFIG}/servers_template.go"),
        Fact("ignored", "names of rules, timeouts, retries; sessionPersistence without NGINX Plus",
             f"{_CODE}, internal/controller/state/graph/httproute.go (checkForUnsupportedHTTPFields)"),
        Fact("balancing", "random two least_conn; a zone, so the workers of a Pod share failures",
             f"{_CONFIG}/upstreams.go, upstreams_template.go"),
        Fact("tries", "each Pod once after an error or time-out (proxy_next_upstream's default); max_fails 1 "
             "in 10 s, connect and read 60 s: nginx's own, for nothing is said",
             f"{_CONFIG}/upstreams_template.go; nginx, ngx_http_proxy_module, ngx_http_upstream_module"),
    ),
    unknown=(
        "SnippetsFilter, SnippetsPolicy, ClientSettingsPolicy, UpstreamSettingsPolicy and NginxProxy",
        "expressions for headers and query parameters: JavaScript's, which may fit a part of the value",
        "filters of a backendRef: the reference counts as invalid; 500 for its share is not modelled",
    ),
)  # fmt: skip
