"""For every end and note of a request's way: manifests and a request that make it, and the change that mends it.

A row is (code, name, broken, asked, sound, asked then): `sim trace -f app.yaml` with `asked` says the code on the
broken text, and with `asked then` on the sound one no more. Where a request is to be changed, the texts are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from findings_pairs import APP, BACKEND_TLS, CLASS, GRANT, NGINX, OF_BOTH, SERVICE, WORKLOAD, together
from made_certificates import END, encoded, pem
from small import app

URL = "http://shop.example.com/web"
HTTPS = "https://shop.example.com/web"
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com
    http:
      paths:
      - path: /web
        pathType: Prefix
        backend:
          service:
            name: web
            port: {number: 80}
"""
TLS = "  tls:\n  - hosts: [shop.example.com]\n    secretName: web-tls\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: web-tls, namespace: shop}\ntype: kubernetes.io/tls\n"
SHOP = together(INGRESS, APP)
_SIX = "tcp://[2001:db8::9]:80"
CONTROLLER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: ingress}
spec:
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec:
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.14.0
        args: [/nginx-ingress-controller]
        ports: [{name: http, containerPort: 80}, {name: https, containerPort: 443}]
---
apiVersion: v1
kind: Service
metadata:
  name: controller
  namespace: ingress
spec:
  type: LoadBalancer
  selector: {app: controller}
  ports:
  - {name: http, port: 80, targetPort: http}
  - {name: https, port: 443, targetPort: https}
status: {loadBalancer: {ingress: [{ip: 198.51.100.7}]}}
"""
WITH_CONTROLLER = together(INGRESS, APP, CLASS, CONTROLLER)


def _flagged(*flags: str) -> str:
    """The controller with arguments of its own."""
    return CONTROLLER.replace(
        "[/nginx-ingress-controller]", f"[/nginx-ingress-controller, {', '.join(flags)}]"
    )


_TOLD = _flagged("--configmap=ingress/controller")
_PROXIED = _TOLD.replace(
    "  namespace: ingress\nspec:\n  type",
    "  namespace: ingress\n  annotations: {service.beta.kubernetes.io/aws-load-balancer-proxy-protocol: '*'}\n"
    "spec:\n  type",
)


def _told(data: str) -> str:
    """The ConfigMap that the controller's argument names."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: controller, namespace: ingress}}\ndata: {{{data}}}\n"


BALANCER = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  type: LoadBalancer
  selector:
    app: web
  ports:
  - port: 80
    targetPort: http
status: {loadBalancer: {ingress: [{ip: 198.51.100.7}]}}
"""
DIRECT = together(BALANCER, WORKLOAD)
ON_NODES = DIRECT.replace("- port: 80", "- nodePort: 31999\n    port: 80", 1)
GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec:
  gatewayClassName: envoy
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: "*.example.com"}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: door}]
  hostnames: [shop.example.com]
  rules:
  - matches: [{path: {type: PathPrefix, value: /web}}]
    backendRefs:
    - {name: web, port: 80, weight: 1}
"""
GATEWAYS = together(GATEWAY, ROUTE, APP)
HTTPS_GATEWAY = GATEWAYS.replace(
    '  - {name: http, port: 80, protocol: HTTP, hostname: "*.example.com"}\n',
    """\
  - name: shop
    port: 443
    protocol: HTTPS
    hostname: shop.example.com
    tls: {certificateRefs: [{name: web-tls}]}
  - name: desk
    port: 443
    protocol: HTTPS
    hostname: desk.example.com
    tls: {certificateRefs: [{name: web-tls}]}
""",
)
_AT_NGINX = GATEWAYS.replace(
    "gateway.envoyproxy.io/gatewayclass-controller", "gateway.nginx.org/nginx-gateway-controller"
)
_CROSSING = GATEWAYS.replace(
    "    backendRefs:",
    "    filters: [{type: CORS, cors: {allowOrigins: ['https://*.example.com'], allowMethods: [PUT]}}]\n    backendRefs:",
)
_CONNECTIONS = together(
    GATEWAY.rstrip("\n") + "\n  - {name: sql, port: 5432, protocol: TCP}\n",
    """\
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: sql, namespace: shop}
spec:
  parentRefs: [{name: door}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
""",
    APP,
)
_PREFLIGHT = "-X OPTIONS -H Access-Control-Request-Method:PUT -H Origin:"
AWAY = ROUTE.replace("{name: web, port", "{name: web, namespace: back, port")
BACK = APP.replace("namespace: shop", "namespace: back")


@dataclass(frozen=True)
class End:
    """A text that leads to a code with one request, and a text and request that do not."""

    code: str
    name: str
    broken: str
    asked: str
    sound: str
    asked_then: str
    scenario: str = ""
    scenario_then: str = ""

    @property
    def id(self) -> str:
        return f"{self.code}: {self.name}"

    @property
    def wrong(self) -> tuple[dict[str, str], str]:
        """The files by name, and the command that says the code."""
        return _files(self.broken, self.scenario), _command(self.asked)

    @property
    def right(self) -> tuple[dict[str, str], str]:
        """The files by name, and the command that does not say it."""
        return _files(self.sound, self.scenario_then), _command(self.asked_then)


def _files(manifests: str, scenario: str) -> dict[str, str]:
    return {"app.yaml": manifests} | ({"scenario.yaml": scenario} if scenario else {})


def _command(asked: str) -> str:
    return f"sim trace {'' if asked.startswith('--scenario') else '-f app.yaml '}{asked}"


def at_moments(code: str, name: str, happens: str, then: str, before: str, kind: str = "events") -> End:
    """An end that a scenario leads to once something has happened, and not before."""
    asked = "--scenario scenario.yaml {} http://web.shop.example/"
    scenario = f"manifests: [app.yaml]\n{kind}: [{happens}]\n"
    text = app(pods=3)
    return End(code, name, text, asked.format(then), text, asked.format(before), scenario, scenario)


_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_ATTRIBUTES = "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes"
ON_AWS = together(
    f"""\
apiVersion: v1
kind: Node
metadata: {{name: node-a, labels: {{topology.kubernetes.io/zone: a}}}}
spec: {{providerID: aws:///eu-west-1a/i-1}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    {_SCHEME}: internet-facing
spec:
  type: LoadBalancer
  loadBalancerClass: service.k8s.aws/nlb
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: 8080}}]
""",
    WORKLOAD,
)
_BACK = "--from pod:shop/web-1 tcp://web-shop.elb.example:80"
_LINED = together(
    """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    service.beta.kubernetes.io/do-loadbalancer-type: REGIONAL
    service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol: "true"
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
status: {loadBalancer: {ingress: [{ip: 203.0.113.30}]}}
""",
    WORKLOAD,
)
_SHORT = "--from pod:shop/web-1 tcp://203.0.113.30:80"
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
"""
_IN = together(SHOP, POLICY + "  ingress: [{ports: [{port: http}]}]\n")
_OUT = together(DIRECT, POLICY + "  policyTypes: [Egress]\n  egress: [{ports: [{port: 8080}]}]\n")
_CUSTOMERS = together(DIRECT, POLICY + "  ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]\n")
_OLD_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: shop, labels: {app: web, release: old}}
spec: {containers: [{name: web, image: example/web:0, ports: [{name: http, containerPort: 8080}]}]}
"""
_OLD = together(SHOP.replace("labels: {app: web}", "labels: {app: web, release: new}").replace("matchLabels: {app: web}", "matchLabels: {app: web, release: new}"), _OLD_POD)  # fmt: skip


def changed(
    code: str, name: str, old: str, new: str, text: str = SHOP, asked: str = URL, then: str = ""
) -> End:
    """An end by replacing a piece of a sound text."""
    assert old in text, (code, name, old)
    return End(code, name, text.replace(old, new, 1), asked, text, then or asked)


def asked(code: str, name: str, wrong: str, right: str = URL, text: str = SHOP) -> End:
    """An end of a request that should be another one."""
    return End(code, name, text, wrong, text, right)


def annotated(annotations: str, text: str = SHOP) -> str:
    """The Ingress, or the first object named web, with annotations."""
    body = "".join(f"    {line}\n" for line in annotations.splitlines())
    return text.replace("  namespace: shop\n", f"  namespace: shop\n  annotations:\n{body}", 1)


def with_annotation(
    code: str, name: str, line: str, asks: str = URL, text: str = SHOP, sound: str = "", then: str = ""
) -> End:
    """An end that an annotation makes; sound: without it, or with another."""
    return End(
        code, name, annotated(line, text), asks, annotated(sound, text) if sound else text, then or asks
    )


def other(name: str, text: str = INGRESS) -> str:
    """A second Ingress."""
    return text.replace("  name: web\n", f"  name: {name}\n", 1)


_PATTERN = INGRESS.replace("path: /web", "path: /web(/|$)(.*)").replace("Prefix", "ImplementationSpecific")
_REGEX = f'{NGINX}/use-regex: "true"'


def _as_pattern(path: str) -> str:
    """The shop with a regular expression for its path."""
    text = annotated(_REGEX, SHOP).replace("pathType: Prefix", "pathType: ImplementationSpecific")
    return text.replace("path: /web\n", f"path: '{path}'\n")


_SECOND = (
    together(SERVICE, WORKLOAD).replace("name: web\n", "name: pages\n").replace("app: web", "app: pages")
)
_PAGES = f'{NGINX}/custom-http-errors: "403"\n{NGINX}/default-backend: pages\n{NGINX}/whitelist-source-range: 10.0.0.0/8'
_NODE_PORTS = APP.replace("spec:\n  selector:\n    app", "spec:\n  type: NodePort\n  selector:\n    app", 1)
_GCE = INGRESS.replace("  ingressClassName: nginx\n", "").replace(
    "  namespace: shop\n", "  namespace: shop\n  annotations:\n    kubernetes.io/ingress.class: gce\n"
)
_ALB = INGRESS.replace("ingressClassName: nginx", "ingressClassName: alb")
_PASS = f'{NGINX}/ssl-passthrough: "true"'
_ROOT = together(INGRESS.replace("path: /web", "path: /"), APP, CLASS, CONTROLLER)
_FLAGGED = _ROOT.replace("controller]\n", "controller, --enable-ssl-passthrough]\n")
_AT_LB = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn:aws:acm:eu-west-1:1:certificate/1\nservice.beta.kubernetes.io/aws-load-balancer-ssl-ports: https"


_ELSEWHERE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {type: ExternalName, externalName: web.example.org, ports: [{port: 80}]}\n"


def _sends(number: int, to: str) -> str:
    """An Ingress that redirects its host `nNUMBER.example.com`."""
    text = other(f"n{number}").replace("shop.example.com", f"n{number}.example.com")
    return annotated(f"{NGINX}/permanent-redirect: {to}", text.replace("path: /web", "path: /"))


def _certified(end: datetime) -> str:
    """A Secret with a certificate that is valid until then."""
    data = f"data: {{tls.crt: {encoded(pem('shop.example.com', end=end))}}}\n"
    return together(INGRESS.replace("  rules:", TLS + "  rules:"), APP, SECRET + data)


def ended_at_lb(target: str, text: str) -> str:
    body = "".join(f"    {line}\n" for line in _AT_LB.splitlines())
    found = text.replace(
        "  name: controller\n  namespace: ingress\nspec:",
        f"  name: controller\n  namespace: ingress\n  annotations:\n{body}spec:",
        1,
    )
    assert found != text
    return found.replace("port: 443, targetPort: https", f"port: 443, targetPort: {target}")


STOPPING = """\
apiVersion: v1
kind: Pod
metadata: {name: web-old, namespace: shop, labels: {app: web}, deletionTimestamp: "2026-09-01T10:00:30Z"}
spec: {nodeName: node-a, containers: [{name: web, image: example/web:1, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.244.1.7, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-new, namespace: shop, labels: {app: web}}
spec: {nodeName: node-b, containers: [{name: web, image: example/web:2, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.244.2.8, conditions: [{type: Ready, status: "True"}]}
"""
ENDS = (
    End("SIM2001", "a name that is not there", together(SHOP, CLASS, CONTROLLER, BALANCER.replace("name: web\n", "name: front\n")), "http://shop.example.org/web", together(SHOP, CLASS, CONTROLLER, BALANCER.replace("name: web\n", "name: front\n")), URL),
    End("SIM2002", "a class, and no controller", together(SHOP, CLASS), f"--controller none {URL}", together(SHOP, CLASS), URL),
    End("SIM2002", "a class that is not there, beside one that is", together(SHOP.replace("ingressClassName: nginx", "ingressClassName: ngnix"), CLASS), URL, WITH_CONTROLLER, URL),
    changed("SIM2003", "a slip in a selector", "  selector:\n    app: web", "  selector:\n    app: wbe"),
    asked("SIM2004", "another name for the same address", "http://www.shop.example.com/web"),
    asked("SIM2005", "a Prefix goes by element", "http://shop.example.com/website"),
    changed("SIM2006", "a slip in the class", "ingressClassName: nginx", "ingressClassName: ngnix", WITH_CONTROLLER),
    changed("SIM2007", "a slip in the name of a Service", "            name: web\n", "            name: wbe\n"),
    changed("SIM2008", "a port that the Service has not", "{number: 80}", "{number: 8081}"),
    End("SIM2009", "nothing makes load balancers here", DIRECT, "--scenario scenario.yaml http://web.shop/", DIRECT, "--scenario scenario.yaml http://web.shop/", "manifests: [app.yaml]\nprovider: false\n", "manifests: [app.yaml]\nprovider: true\n"),
    End("SIM2009", "a class that nobody serves", ON_AWS.replace("service.k8s.aws/nlb", "acme.example/lb"), "http://web.shop/", ON_AWS, "http://web.shop/"),
    changed("SIM2150", "an internal load balancer", "internet-facing", "internal", ON_AWS, "http://web.shop/"),
    End("SIM2151", "a Pod that calls its own load balancer", ON_AWS, _BACK, ON_AWS.replace("internet-facing\n", f"internet-facing\n    {_ATTRIBUTES}: preserve_client_ip.enabled=false\n"), _BACK),
    End("SIM2152", "a short cut without the PROXY line", _LINED, _SHORT, _LINED.replace("{ip: 203.0.113.30}", "{ip: 203.0.113.30, ipMode: Proxy}"), _SHORT),
    changed("SIM2153", "a scheme that nobody knows", "internet-facing", "public", ON_AWS, "http://web.shop/"),
    End("SIM2010", "Local, and no ready Pod", DIRECT.replace("replicas: 2", "replicas: 0").replace("  type: Load", "  externalTrafficPolicy: Local\n  type: Load"), "http://web.shop/", DIRECT.replace("  type: Load", "  externalTrafficPolicy: Local\n  type: Load"), "http://web.shop/"),
    asked("SIM2011", "a port that is closed", "http://shop.example.com:8080/web"),
    changed("SIM2012", "no Pod behind a load balancer", "replicas: 2", "replicas: 0", DIRECT, "http://web.shop/"),
    End("SIM2013", "a client that is not on the list", DIRECT.replace("  type: Load", "  loadBalancerSourceRanges: [10.0.0.0/8]\n  type: Load"), "http://web.shop/", DIRECT.replace("  type: Load", "  loadBalancerSourceRanges: [10.0.0.0/8, 203.0.113.0/24]\n  type: Load"), "http://web.shop/"),
    changed("SIM2014", "a name that no container has", "targetPort: http", "targetPort: web"),
    asked("SIM2106", "a node port on loopback, in mode nftables", "--mode nftables --from node:node-a tcp://127.0.0.1:31999", "--mode nftables --from node:node-a tcp://192.168.0.2:31999", ON_NODES),
    asked("SIM2015", "plain http, and there is a certificate", URL, HTTPS, together(INGRESS.replace("  rules:", TLS + "  rules:"), APP, SECRET)),
    changed("SIM2016", "a slash at the end of the rule", "path: /web", "path: /web/"),
    changed("SIM2017", "a certificate in another namespace", "web-tls, namespace: shop", "web-tls, namespace: back", together(INGRESS.replace("  rules:", TLS + "  rules:"), APP, SECRET), HTTPS),
    End("SIM2018", "a default backend takes what is left", SHOP.replace("  rules:", "  defaultBackend: {service: {name: web, port: {number: 80}}}\n  rules:"), "http://shop.example.com/website", SHOP.replace("path: /web", "path: /"), "http://shop.example.com/website"),
    End("SIM2019", "twelve redirects in a row", together(*(_sends(n, f"http://n{n + 1}.example.com/") for n in range(12)), APP), "-L http://n0.example.com/", _sends(0, "http://n1.example.com/"), "-L http://n0.example.com/"),
    asked("SIM2020", "plain http on the TLS port", "http://shop.example.com:443/web"),
    changed("SIM2021", "a bucket for a backend", "          service:\n            name: web\n            port: {number: 80}\n", "          resource: {apiGroup: example.com, kind: Bucket, name: web}\n", asked=f"--controller spec {URL}"),
    End("SIM2022", "a Service that is a name elsewhere", together(INGRESS, _ELSEWHERE), URL, SHOP, URL),
    asked("SIM2030", "a percent sign without two digits", "http://shop.example.com/web/100%"),
    with_annotation("SIM2031", "a redirect for all paths", f"{NGINX}/permanent-redirect: https://www.example.com"),
    with_annotation("SIM2032", "a preflight that nginx answers", f'{NGINX}/enable-cors: "true"', f"-X OPTIONS -H 'Origin: https://www.example.com' {URL}"),
    with_annotation("SIM2033", "a word among networks", f"{NGINX}/whitelist-source-range: 203.0.113.0/24, office", sound=f"{NGINX}/whitelist-source-range: 203.0.113.0/24, 198.51.100.0/24"),
    End("SIM2034", "a target of captures only", annotated(f"{NGINX}/rewrite-target: $2", together(_PATTERN, APP)), URL, annotated(f"{NGINX}/rewrite-target: /$2", together(_PATTERN, APP)), URL),
    with_annotation("SIM2035", "a client that is not on the list", f"{NGINX}/whitelist-source-range: 10.0.0.0/8", text=SHOP),
    with_annotation("SIM2036", "a page for errors", _PAGES, "http://shop.example.com/web", together(SHOP, _SECOND), sound="\n".join(_PAGES.split("\n")[1:])),
    with_annotation("SIM2037", "a snippet", f"{NGINX}/configuration-snippet: more_set_headers 'X-Web 1';"),
    asked("SIM2038", "the controller's health check", "http://www.shop.example.com/healthz"),
    End("SIM2039", "a bracket that never closes", annotated(_REGEX, SHOP).replace("path: /web", "path: /web(").replace("Prefix", "ImplementationSpecific"), URL, annotated(_REGEX, SHOP).replace("path: /web", "path: /web(/|$)").replace("Prefix", "ImplementationSpecific"), URL),
    End("SIM2115", "a repeat in a repeat", _as_pattern("/web(b+)+$"), f"{URL}{'b' * 40}!", _as_pattern("/web(b+)$"), f"{URL}{'b' * 40}!"),
    End("SIM2116", "a reference back in a repeat", _as_pattern(r"/web(b+)+\1$"), f"{URL}{'b' * 60}!", _as_pattern("/web(b+)$"), f"{URL}{'b' * 60}!"),
    End("SIM2081", "a rewrite to the root", annotated(f"{NGINX}/rewrite-target: /", SHOP), "http://shop.example.com/web/style.css", annotated(f"{NGINX}/rewrite-target: /$2", together(_PATTERN, APP)), "http://shop.example.com/web/style.css"),
    changed("SIM2082", "a roll-out without a pause before the stop", "        lifecycle: {preStop: {sleep: {seconds: 5}}}\n", "", together(SHOP.rstrip("\n") + "\n        lifecycle: {preStop: {sleep: {seconds: 5}}}\n", STOPPING)),
    asked("SIM2051", "a host that no listener has", "http://shop.example.org/web", text=GATEWAYS),
    asked("SIM2052", "a path that no rule has", "http://shop.example.com/website", text=GATEWAYS),
    changed("SIM2053", "a listener that the route does not name", "[{name: door}]", "[{name: door, sectionName: https}]", GATEWAYS),
    End("SIM2054", "a Service of another namespace, without a grant", together(GATEWAY, AWAY, BACK), URL, together(GATEWAY, AWAY, BACK, GRANT), URL),
    changed("SIM2055", "all weights 0", "weight: 1", "weight: 0", GATEWAYS),
    asked("SIM2056", "the connection of another host", "--sni shop.example.com https://desk.example.com/web", HTTPS, together(HTTPS_GATEWAY, SECRET)),
    changed("SIM2057", "a slip in the class of a Gateway", "gatewayClassName: envoy", "gatewayClassName: envoi", GATEWAYS),
    End("SIM2105", "a route, and its Gateway is not in the set", together(ROUTE, APP), URL, GATEWAYS, URL),
    changed("SIM2058", "a listener without its certificate", "{name: web-tls, namespace: shop}", "{name: other, namespace: shop}", together(HTTPS_GATEWAY, SECRET), HTTPS),
    changed("SIM2066", "a port for connections without a route", "kind: TCPRoute", "kind: UDPRoute", _CONNECTIONS, "tcp://shop.example.com:5432 --gateway shop/door"),
    changed("SIM2067", "an authority that is not there", "wellKnownCACertificates: System", 'caCertificateRefs: [{group: "", kind: ConfigMap, name: none}]', together(GATEWAYS, BACKEND_TLS)),
    changed("SIM2059", "a regular expression", "{type: PathPrefix, value: /web}", "{type: RegularExpression, value: /w.b}", GATEWAYS),
    End("SIM2060", "a filter that redirects", GATEWAYS.replace("    backendRefs:\n    - {name: web, port: 80, weight: 1}\n", "    filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]\n"), URL, GATEWAYS, URL),
    End("SIM2061", "a limit of one second", GATEWAYS.replace("    backendRefs:", "    timeouts: {request: 1s}\n    backendRefs:"), URL, GATEWAYS, URL),
    End("SIM2140", "a browser asks whether it may send", _CROSSING, f"{_PREFLIGHT}https://desk.example.com {URL}", _CROSSING, URL),
    End("SIM2141", "a page that may not ask", _CROSSING, f"{_PREFLIGHT}https://elsewhere.test {URL}", _CROSSING, f"{_PREFLIGHT}https://desk.example.com {URL}"),
    End("SIM2142", "three tries", GATEWAYS.replace("    backendRefs:", "    retry: {attempts: 2, codes: [503]}\n    backendRefs:"), URL, GATEWAYS, URL),
    End("SIM2143", "a session by cookie", GATEWAYS.replace("    backendRefs:", "    sessionPersistence: {sessionName: desk}\n    backendRefs:"), URL, GATEWAYS, URL),
    End("SIM2160", "a filter that is not there", GATEWAYS.replace("    backendRefs:", "    filters: [{type: ExtensionRef, extensionRef: {group: gateway.envoyproxy.io, kind: HTTPRouteFilter, name: none}}]\n    backendRefs:"), URL, GATEWAYS, URL),
    End("SIM2144", "a time that NGINX Gateway Fabric does not keep", _AT_NGINX.replace("    backendRefs:", "    timeouts: {request: 1s}\n    backendRefs:"), URL, _AT_NGINX, URL),
    End("SIM2145", "a check that Envoy Gateway does not know", GATEWAYS.replace("    backendRefs:", "    filters: [{type: ExternalAuth, externalAuth: {protocol: HTTP, http: {}, backendRef: {name: web, port: 80}}}]\n    backendRefs:"), URL, GATEWAYS, URL),
    End("SIM2070", "a host in two Ingresses of F5's controller", together(INGRESS.replace("namespace: shop\n", 'namespace: shop\n  creationTimestamp: "2026-01-02T00:00:00Z"\n'), other("api").replace("/web", "/api").replace("namespace: shop\n", 'namespace: shop\n  creationTimestamp: "2026-01-01T00:00:00Z"\n'), APP), f"--controller nginx-inc {URL}", together(INGRESS, other("api").replace("/web", "/api").replace("shop.example.com", "api.example.com"), APP), f"--controller nginx-inc {URL}"),
    changed("SIM2071", "one Service that is missing, on Google Cloud", "            name: web\n", "            name: wbe\n", together(_GCE, _NODE_PORTS), URL),
    asked("SIM2072", "what public sources leave open", f"--controller haproxy {URL}"),
    changed("SIM2073", "a certificate that is missing, at F5's controller", "web-tls, namespace: shop", "web-tls, namespace: back", together(INGRESS.replace("  rules:", TLS + "  rules:"), APP, SECRET), f"--controller nginx-inc {HTTPS}"),
    End("SIM2074", "an action without its annotation", together(_ALB, APP).replace("port: {number: 80}", "port: {name: use-annotation}", 1), URL, together(_ALB, _NODE_PORTS), URL),
    End("SIM2083", "passed through by name", annotated(_PASS, _FLAGGED), HTTPS, _FLAGGED, HTTPS),
    End("SIM2084", "the flag is missing", annotated(_PASS, _ROOT), HTTPS, annotated(_PASS, _FLAGGED), HTTPS),
    End("SIM2085", "plain http arrives at the TLS port", ended_at_lb("https", _ROOT), HTTPS, _ROOT, HTTPS),
    End("SIM2086", "a redirect to where the request came from", ended_at_lb("http", annotated(f'{NGINX}/force-ssl-redirect: "true"', _ROOT)), HTTPS, ended_at_lb("http", annotated(f'{NGINX}/ssl-redirect: "false"', _ROOT)), HTTPS),
    End("SIM2090", "a PROXY line to a controller that expects none", together(INGRESS, APP, CLASS, _PROXIED), URL, together(INGRESS, APP, CLASS, _PROXIED, _told('use-proxy-protocol: "true"')), URL),
    End("SIM2091", "a controller that waits for a PROXY line", together(INGRESS, APP, CLASS, _TOLD, _told('use-proxy-protocol: "true"')), URL, together(INGRESS, APP, CLASS, _TOLD, _told('use-proxy-protocol: "false"')), URL),
    End("SIM2092", "a namespace that the controller does not watch", together(INGRESS, APP, CLASS, _flagged("--watch-namespace=desk")), URL, together(INGRESS, APP, CLASS, _flagged("--watch-namespace=shop")), URL),
    End("SIM2093", "no redirect, for the controller is told so", together(INGRESS + TLS, APP, CLASS, SECRET, _TOLD, _told('ssl-redirect: "false"')), URL, together(INGRESS + TLS, APP, CLASS, SECRET, _TOLD, _told("")), URL),
    End("SIM2094", "a controller on ports of its own", together(INGRESS, APP, CLASS, _flagged("--http-port=8080")), URL, together(INGRESS, APP, CLASS, _flagged("--http-port=80")), URL),
    End(
        "SIM2095", "two redirects that lead to each other",
        together(annotated(f"{NGINX}/permanent-redirect: http://desk.example.com/web", INGRESS), annotated(f"{NGINX}/permanent-redirect: http://shop.example.com/web", other("desk").replace("shop.example.com", "desk.example.com")), APP),
        f"-L {URL}",
        together(INGRESS, annotated(f"{NGINX}/permanent-redirect: http://shop.example.com/web", other("desk").replace("shop.example.com", "desk.example.com")), APP),
        f"-L {URL}",
    ),
    End("SIM2096", "a name elsewhere at F5's controller", together(INGRESS, _ELSEWHERE), f"--controller nginx-inc {URL}", together(INGRESS, _ELSEWHERE), f"--controller ingress-nginx {URL}"),
    End("SIM2097", "a host on two load balancers of Google Cloud", together(_GCE, other("api", _GCE), _NODE_PORTS), URL, together(_GCE, other("api", _GCE), _NODE_PORTS), f"--to lb:ingress/gke-shop-web {URL}"),
    End("SIM2098", "a certificate whose time is over", _certified(datetime(2026, 2, 1, tzinfo=UTC)), HTTPS, _certified(END), HTTPS),
    changed("SIM2120", "the port of the Service in a policy, not that of the Pod", "port: http}]", "port: 80}]", _IN),
    changed("SIM2121", "the port of the Service on the way out", "port: 8080}]}]\n", "port: 80}]}]\n", _OUT, "--from pod:shop/web-1 tcp://web.shop:80"),
    End("SIM2122", "customers by their addresses, behind a node that replaces them", _CUSTOMERS, "http://web.shop/", _CUSTOMERS.replace("  type: Load", "  externalTrafficPolicy: Local\n  type: Load"), "http://web.shop/"),
    End("SIM2123", "one Pod of two releases is shut", together(_OLD, POLICY.replace("{app: web}", "{release: old}")), URL, _OLD, URL),
    asked("SIM2130", "a client with IPv6 alone", f"--client-ip 2001:db8::7 {URL}"),
    End("SIM2131", "an IPv6 address, and a client with IPv4 alone", OF_BOTH, f"--client-ip 203.0.113.7 {_SIX}", OF_BOTH, _SIX),
    changed("SIM2133", "an IPv6 address before a Pod with IPv4 alone", '[{ip: 10.244.1.9}, {ip: "fd00:10:244::9"}]', "[{ip: 10.244.1.9}]", OF_BOTH, _SIX),
    changed("SIM2132", "a Pod with one address, behind a Service with two", '[{ip: 10.244.1.9}, {ip: "fd00:10:244::9"}]', "[{ip: 10.244.1.9}]", OF_BOTH, "http://web.shop/"),
    at_moments("SIM2170", "a Pod that closed half a second ago", "{at: 10s, scale: shop/web, to: 0}", "--at 10.5s", "--at 9s"),
    at_moments("SIM2171", "a proxy that tries another Pod", "{at: 10s, rollout: shop/web}", "--plan single-ingress --at 15.3s", "--plan single-ingress --at 9s"),
    at_moments("SIM2172", "a node that fell silent a second ago", "{at: 10s, node: node-a}", "--at 11s", "--at 9s", kind="faults"),
    changed("SIM2087", "passed through, and no Pod is ready", "replicas: 2", "replicas: 0", annotated(_PASS, _FLAGGED), HTTPS),
)  # fmt: skip
