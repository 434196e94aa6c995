"""The profile `ingress-nginx`, the controller of the Kubernetes project: what is known about it."""

from sim.routing.controllers.ingress_nginx.annotations import MODELLED
from sim.routing.controllers.ingress_nginx.configuration import READ
from sim.routing.controllers.ingress_nginx.decide import decide
from sim.routing.controllers.ingress_nginx.explain import explain, fits
from sim.routing.controllers.ingress_nginx.keys import KNOWN
from sim.routing.controllers.ingress_nginx.running import running, unmodelled
from sim.routing.controllers.ingress_nginx.table import claims, table
from sim.routing.controllers.ingress_nginx.upstreams import endpoints
from sim.routing.controllers.ingress_nginx.values import PREFIX
from sim.routing.controllers.profile import Fact, Profile
from sim.routing.proxies.retries import Retries

_CODE = "kubernetes/ingress-nginx at dbb11b9 (v1.15)"

INGRESS_NGINX = Profile(
    name="ingress-nginx",
    controller="k8s.io/ingress-nginx",
    class_words=("nginx",),
    image=r"ingress-nginx/controller|nginx-ingress-controller",
    config_flag="configmap",
    config_names=r"(?:.*-)?ingress-nginx-controller|nginx-configuration",
    namespaces_flag="watch-namespace",
    selector_flag="watch-namespace-selector",
    claims=claims,
    table=table,
    decide=decide,
    explain=explain,
    fits=fits,
    endpoints=endpoints,
    program="ingress-nginx",
    retries=Retries(tries=3, connect_timeout_s=5.0, nobody=503, kept_closed="not-last"),
    running=running,
    keys=READ,
    known_keys=KNOWN,
    switches={"proxy-line": "use-proxy-protocol", "forwarded-headers": "use-forwarded-headers"},
    left_out=unmodelled,
    prefixes=(PREFIX,),
    modelled_annotations=frozenset(PREFIX + name for name in MODELLED),
    harmless_annotations=(
        "client-body-buffer-size",
        "enable-access-log",
        "enable-opentelemetry",
        "enable-opentracing",
        "enable-rewrite-log",
        "http2-push-preload",
        "limit-rate",
        "limit-rate-after",
        "opentelemetry-*",
        "opentracing-*",
        "proxy-buffering",
        "proxy-buffers-number",
        "proxy-cookie-domain",
        "proxy-cookie-path",
        "proxy-max-temp-file-size",
        "proxy-redirect-*",
        "proxy-request-buffering",
        "ssl-ciphers",
        "ssl-prefer-server-ciphers",
    ),
    as_modelled=lambda name, value: value.strip().lower() in {"", "false", "off"},
    facts=(
        Fact(
            "classes", "by IngressClass, else the old annotation (nginx); without a class only by flag", _CODE
        ),
        Fact("merging", "one server per host; same host and path: oldest, else the last name", _CODE),
        Fact("paths", "normalised; Prefix by element; regular expressions for the whole host", _CODE),
        Fact("answers", "404 no rule, 503 no Service or nothing ready, 308 to https, 301 to a slash", _CODE),
        Fact("sends", "to Pod addresses of the EndpointSlices; to the ClusterIP by annotation", _CODE),
        Fact("TLS", "certificate by SNI, else a self-signed default; port 443 answers for all hosts", _CODE),
        Fact(
            "passthrough",
            "with the flag enable-ssl-passthrough and the annotation: by SNI alone to the ClusterIP of /",
            f"{_CODE}, pkg/tcpproxy/tcp.go",
        ),
        Fact(
            "defaults", "connect 5 s, read and send 60 s, 3 tries, keep-alive 75 s, 320 idle upstream", _CODE
        ),
        Fact(
            "balancing",
            "in Lua: round robin by each worker, one per CPU (worker-processes); ewma by all of a Pod; "
            "upstream-hash-by and the affinity cookie on a ring",
            f"{_CODE}, rootfs/etc/nginx/lua/balancer.lua, lua/balancer/, template/configmap.go",
        ),
        Fact(
            "tries",
            "after an error or time-out, 3 in all: round robin the next, a hash the same Pod again; 502, 504",
            f"{_CODE}, internal/ingress/controller/config/config.go, lua/balancer/chash.lua",
        ),
        Fact(
            "ConfigMap",
            "the one that --configmap names; a key that is not modelled is named",
            f"{_CODE}, internal/ingress/controller/config/config.go",
        ),
    ),
)
