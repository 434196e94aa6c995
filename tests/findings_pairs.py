"""For every finding: the smallest change that makes it, to a set of manifests that has nothing wrong.

A row is (code, name, sound, broken): two texts or sets of files that differ in what the finding is about. The
first does not raise the code; the second does, once per mistake.
"""

from __future__ import annotations

from dataclasses import dataclass

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations: {}
spec:
  ingressClassName: nginx
  tls:
  - hosts: [shop.example.com]
    secretName: web-tls
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
OF_BOTH = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  ipFamilyPolicy: RequireDualStack
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
status: {loadBalancer: {ingress: [{ip: 203.0.113.90}, {ip: "2001:db8::9"}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status:
  podIP: 10.244.1.9
  podIPs: [{ip: 10.244.1.9}, {ip: "fd00:10:244::9"}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector:
    app: web
  ports:
  - port: 80
    targetPort: http
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example/web:1
        ports: [{name: http, containerPort: 8080}]
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: web-tls, namespace: shop}\ntype: kubernetes.io/tls\n"
CLASS = """\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: nginx
  annotations: {}
spec:
  controller: k8s.io/ingress-nginx
"""
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
        args: [/nginx-ingress-controller, --controller-class=k8s.io/ingress-nginx]
"""
FRONT = """\
apiVersion: v1
kind: Service
metadata: {name: front, namespace: ingress}
spec: {type: LoadBalancer, selector: {app: controller}, ports: [{name: http, port: 80}, {name: tls, port: 443}]}
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: ingress}
data:
  use-forwarded-headers: "true"
  ssl-redirect: "false"
"""
SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-1
  namespace: shop
  labels: {kubernetes.io/service-name: web}
addressType: IPv4
ports: [{port: 8080}]
endpoints:
- addresses: [10.0.0.1]
  conditions: {ready: true}
"""
BALANCER = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, uid: 1f0a, resourceVersion: "7"}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: http, nodePort: 30080}]}
status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
"""
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
  - backendRefs:
    - {name: web, port: 80, weight: 1}
"""
GRANT = """\
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: web, namespace: back}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: Service}]
"""
APP = SERVICE + "---\n" + WORKLOAD
BACK = APP.replace("namespace: shop", "namespace: back")
AWAY = ROUTE.replace("{name: web, port", "{name: web, namespace: back, port")
NGINX = "nginx.ingress.kubernetes.io"


def together(*texts: str) -> str:
    """Documents of one text."""
    return "---\n".join(texts)


SOUND = together(INGRESS, APP, SECRET, CLASS, CONTROLLER)
CONFIGURED = together(
    SOUND.replace("ingress-nginx]", "ingress-nginx, --configmap=ingress/settings]"), SETTINGS
)
GATEWAYS = together(GATEWAY, ROUTE, APP)
MORE_LISTENERS = """\
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: more, namespace: shop}
spec:
  parentRef: {name: door}
  listeners:
  - {name: more, port: 80, protocol: HTTP, hostname: more.example.org}
"""
OPEN_GATEWAYS = together(
    GATEWAY + "  allowedListeners: {namespaces: {from: Same}}\n", ROUTE, APP, MORE_LISTENERS
)
BACKEND_TLS = """\
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: web, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: web}]
  validation:
    hostname: web.example.com
    wellKnownCACertificates: System
"""


@dataclass(frozen=True)
class Pair:
    """Two sets of files (name -> text) that differ in one mistake.

    Args:
        line: of the finding, counted in the file that it is in.
    """

    code: str
    name: str
    sound: dict[str, str]
    broken: dict[str, str]

    @property
    def id(self) -> str:
        return f"{self.code}: {self.name}"


def _policy(selected: str, peer: str, more: str = "") -> str:
    """A policy of shop with one peer."""
    rule = f"{{from: [{{podSelector: {{matchLabels: {peer}}}{more}}}]}}"
    return (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        f"spec: {{podSelector: {{matchLabels: {selected}}}, ingress: [{rule}]}}\n"
    )


def changed(code: str, name: str, old: str, new: str, text: str = SOUND) -> Pair:
    """A pair by replacing a piece of a sound text."""
    assert text.count(old) >= 1, (code, name, old)
    return Pair(code, name, {"a.yaml": text}, {"a.yaml": text.replace(old, new, 1)})


def beside(code: str, name: str, harmless: str, harmful: str, text: str = SOUND) -> Pair:
    """A pair by one more document beside a sound text."""
    return Pair(code, name, {"a.yaml": together(text, harmless)}, {"a.yaml": together(text, harmful)})


def other_ingress(name: str, old: str = "", new: str = "") -> str:
    """A second Ingress, the first one's twin but for a piece."""
    assert not old or old in INGRESS, old
    return INGRESS.replace("  name: web\n  namespace", f"  name: {name}\n  namespace", 1).replace(old, new, 1)


def kustomized(text: str) -> dict[str, str]:
    """A kustomize folder."""
    return {"kustomization.yaml": text, "app.yaml": APP}


KUSTOMIZATION = "resources:\n- app.yaml\n"
NO_ANNOTATIONS = "  namespace: shop\n  annotations: {}\n"


def annotated(name: str, value: str) -> str:
    return f'  namespace: shop\n  annotations: {{{name}: "{value}"}}\n'


def in_front(**ports: str) -> str:
    """The Service in front of the controller, of AWS, which ends TLS for the port named tls."""
    listed = "".join(f"  - {{name: {name}, port: {port}}}\n" for name, port in ports.items())
    head = FRONT.partition("spec:")[0].replace(
        "namespace: ingress}", f"namespace: ingress, annotations: {{{AWS}}}}}"
    )
    return f"{head}spec:\n  type: LoadBalancer\n  selector: {{app: controller}}\n  ports:\n{listed}"


AWS = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn, service.beta.kubernetes.io/aws-load-balancer-ssl-ports: tls"
SERVED = together(SOUND, FRONT)
WITH_SPACES = together(
    SERVED, "apiVersion: v1\nkind: Namespace\nmetadata: {name: ingress, labels: {role: edge}}\n"
)
BEHIND_AWS = together(
    SOUND + "        ports: [{name: http, containerPort: 80}, {name: https, containerPort: 443}]\n",
    in_front(http="80, targetPort: http", tls="443, targetPort: http"),
)
CANARY = other_ingress("tier", "            name: web\n", "            name: two\n").replace(
    NO_ANNOTATIONS, f'  namespace: shop\n  annotations: {{{NGINX}/canary: "true"}}\n'
)
LATE = other_ingress("shelf", "            name: web\n", "            name: two\n").replace(
    "shop.example.com", "late.example.com"
)
WITH_TWO = together(SERVED, APP.replace("name: web\n", "name: two\n"), CANARY)
LOCAL = together(
    BALANCER.replace("ports:", "externalTrafficPolicy: Local, ports:"),
    "apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n"
    "spec:\n  nodeName: node-1\n  containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]\n",
)
SECURE_GATEWAYS = together(
    GATEWAY + "  - {name: tls, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: web-tls}]}}\n",
    ROUTE,
    APP,
    SECRET,
)
ALB = together(
    INGRESS.replace("ingressClassName: nginx", "ingressClassName: alb")
    .replace("{number: 80}", "{name: use-annotation}")
    .replace(
        NO_ANNOTATIONS,
        """  namespace: shop
  annotations:
    alb.ingress.kubernetes.io/actions.web: '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"200"}}'
""",
    ),
)

BY_PROVIDER = together(
    """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: nlb
    service.beta.kubernetes.io/aws-load-balancer-internal: 'true'
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
""",
    WORKLOAD,
)
ON_AWS = BY_PROVIDER.replace("type: nlb", "scheme: internet-facing").replace(
    "    service.beta.kubernetes.io/aws-load-balancer-internal: 'true'\n", ""
).replace("spec:\n  type: LoadBalancer", "spec:\n  loadBalancerClass: service.k8s.aws/nlb\n  type: LoadBalancer")  # fmt: skip
SEEN = together(
    BY_PROVIDER,
    """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: lbc, namespace: kube-system}
spec:
  replicas: 1
  selector: {matchLabels: {app: lbc}}
  template:
    metadata: {labels: {app: lbc}}
    spec: {containers: [{name: lbc, image: public.ecr.aws/eks/aws-load-balancer-controller:v2.4.7}]}
""",
)

PAIRS = (
    changed("SIM1001", "a bracket that never closes", "{number: 80}", "{number: 80"),
    changed("SIM1001", "a tab as indentation", "  rules:", "\trules:"),
    changed("SIM1002", "a control character", "name: web\n", "name: web\x01\n"),
    changed("SIM1003", "a key twice", "  replicas: 2\n", "  replicas: 2\n  replicas: 3\n"),
    Pair("SIM1004", "an alias in a circle", {"a.yaml": SERVICE.replace("app: web", "app: &x web")}, {"a.yaml": SERVICE.replace("  selector:\n    app: web", "  selector: &x\n    app: *x")}),
    changed("SIM1005", "a template that is not rendered", "replicas: 2", "replicas: {{ .Values.replicas }}"),
    Pair("SIM1006", "lists within lists", {"a.yaml": f"{SERVICE}x: {'[' * 9}{']' * 9}\n"}, {"a.yaml": f"{SERVICE}x: {'[' * 300}{']' * 300}\n"}),
    changed("SIM1007", "a merge that is not finished", "  replicas: 2\n", "<<<<<<< HEAD\n  replicas: 2\n=======\n  replicas: 3\n>>>>>>> main\n"),
    changed("SIM1008", "a tag of a tool", "name: web\n", "name: !Ref web\n"),
    Pair("SIM1009", "an empty file", {"a.yaml": SERVICE}, {"a.yaml": "# nothing yet\n"}),
    changed("SIM1010", "no kind", "kind: Service\n", ""),
    changed("SIM1011", "a kind in small letters", "kind: Service\n", "kind: service\n"),
    changed("SIM1011", "a kind in the group of another", "apiVersion: apps/v1\n", "apiVersion: v1\n"),
    changed("SIM1012", "text where a number belongs", "{number: 80}", '{number: "80"}'),
    changed("SIM1013", "a field that no Service has", "  selector:\n", "  selectors: {}\n  selector:\n"),
    changed("SIM1014", "a path without a slash", "path: /web", "path: web"),
    changed("SIM1015", "a version that is gone", "networking.k8s.io/v1\n", "networking.k8s.io/v1beta1\n"),
    beside("SIM1016", "the same Service again", SERVICE.replace("name: web", "name: other"), SERVICE),
    Pair("SIM1017", "a file that is not there", kustomized(KUSTOMIZATION), kustomized(KUSTOMIZATION + "- gone.yaml\n")),
    Pair("SIM1017", "a key in the singular", kustomized(KUSTOMIZATION), kustomized(KUSTOMIZATION + "resource: []\n")),
    Pair("SIM1018", "a replacement", kustomized(KUSTOMIZATION), kustomized(KUSTOMIZATION + "replacements: [{path: r.yaml}]\n")),
    changed("SIM1020", "a port name too long in the template of a StatefulSet", "{name: http, containerPort: 8080}", "{name: http, containerPort: 8080}, {name: metrics-of-the-web, containerPort: 9090}", SOUND.replace("kind: Deployment", "kind: StatefulSet")),
    changed("SIM1021", "a readiness probe of a port by a name that none has", "containerPort: 8080}]\n", "containerPort: 8080}]\n        readinessProbe: {httpGet: {port: htpp}}\n"),
    changed("SIM1030", "a path with a colon, and a webhook", "path: /web", "path: /we:b", SOUND.replace("--controller-class=k8s.io/ingress-nginx]", "--controller-class=k8s.io/ingress-nginx, --validating-webhook=:8443]")),
    changed("SIM1101", "a slip in the name of a Service", "            name: web\n", "            name: wbe\n"),
    Pair("SIM1102", "a Service of another namespace", {"a.yaml": SOUND}, {"a.yaml": together(INGRESS, BACK, SECRET, CLASS, CONTROLLER)}),
    changed("SIM1103", "a port that the Service has not", "{number: 80}", "{number: 8080}"),
    changed("SIM1103", "a name that no port has", "{number: 80}", "{name: http}"),
    changed("SIM1104", "a slip in a selector", "  selector:\n    app: web", "  selector:\n    app: wbe"),
    changed("SIM1105", "a name that no container has", "targetPort: http", "targetPort: web"),
    changed("SIM1105", "a number that no container lists", "targetPort: http", "targetPort: 9090"),
    Pair("SIM1106", "no selector and no slice", {"a.yaml": together(SERVICE.replace("  selector:\n    app: web\n", ""), SLICE)}, {"a.yaml": SERVICE.replace("  selector:\n    app: web\n", "")}),
    changed("SIM1107", "no replicas", "replicas: 2", "replicas: 0"),
    changed("SIM1107", "a workload whose status says that none is ready", "spec:\n  replicas: 2", "status: {observedGeneration: 3, replicas: 2}\nspec:\n  replicas: 2"),
    changed("SIM1107", "no address of a slice ready", "ready: true", "ready: false", together(SERVICE, SLICE)),
    changed("SIM1108", "a slice for nobody", "service-name: web", "service-name: wbe", together(SERVICE, SLICE)),
    changed("SIM1109", "a certificate that is not in the set", "{name: web-tls, namespace: shop}", "{name: other, namespace: shop}"),
    changed("SIM1110", "a certificate in another namespace", "{name: web-tls, namespace: shop}", "{name: web-tls, namespace: back}"),
    Pair("SIM1111", "Services with, Deployments and Ingress without", {"a.yaml": SOUND}, {"a.yaml": together(INGRESS.replace("  namespace: shop\n", ""), SERVICE, WORKLOAD.replace("  namespace: shop\n", ""))}),
    changed("SIM1112", "a slice whose port has another name", "[{port: 8080}]", "[{name: web, port: 8080}]", together(SERVICE, SLICE)),
    Pair("SIM1113", "a slip that a replacement may mend", kustomized(KUSTOMIZATION + "replacements: [{path: r.yaml}]\n"), kustomized(KUSTOMIZATION + "replacements: [{path: r.yaml}]\n") | {"app.yaml": APP.replace("targetPort: http", "targetPort: web")}),
    changed("SIM1201", "a slip in the class", "ingressClassName: nginx", "ingressClassName: ngnix"),
    changed("SIM1201", "a controller, and no class at all", CLASS + "---\n", ""),
    Pair(
        "SIM1201", "a slip in the old annotation",
        {"a.yaml": SOUND.replace("  ingressClassName: nginx\n", "").replace(NO_ANNOTATIONS, annotated("kubernetes.io/ingress.class", "nginx"))},
        {"a.yaml": SOUND.replace("  ingressClassName: nginx\n", "").replace(NO_ANNOTATIONS, annotated("kubernetes.io/ingress.class", "ngnix"))},
    ),
    changed("SIM1202", "no class, and none is the default", "  ingressClassName: nginx\n", ""),
    changed("SIM1203", "a class whose controller does not run", "controller: k8s.io/ingress-nginx", "controller: example.com/other"),
    beside(
        "SIM1204", "two classes are the default",
        CLASS.replace("name: nginx", "name: other"),
        together(*(CLASS.replace("name: nginx", f"name: {n}").replace("annotations: {}", 'annotations: {ingressclass.kubernetes.io/is-default-class: "true"}') for n in ("one", "two"))),
    ),
    changed("SIM1205", "an annotation of another controller", NO_ANNOTATIONS, annotated("alb.ingress.kubernetes.io/scheme", "internal")),
    Pair("SIM1206", "a word where true or false belongs", {"a.yaml": SOUND.replace(NO_ANNOTATIONS, annotated(f"{NGINX}/ssl-redirect", "false"))}, {"a.yaml": SOUND.replace(NO_ANNOTATIONS, annotated(f"{NGINX}/ssl-redirect", "no"))}),
    changed("SIM1320", "a key that is misspelt", "use-forwarded-headers", "use-forwarded-header", CONFIGURED),
    changed("SIM1320", "a value that is neither true nor false", 'ssl-redirect: "false"', 'ssl-redirect: "off"', CONFIGURED),
    Pair("SIM1207", "no class at all, and a controller that wants one", {"a.yaml": SERVED.replace("ingress-nginx]", "ingress-nginx, --watch-ingress-without-class]").replace("  ingressClassName: nginx\n", "").replace(CLASS + "---\n", "")}, {"a.yaml": SERVED.replace("  ingressClassName: nginx\n", "").replace(CLASS + "---\n", "")}),
    changed("SIM1208", "a list of networks that is none", NO_ANNOTATIONS, annotated(f"{NGINX}/whitelist-source-range", "office"), SERVED),
    changed("SIM1209", "TLS ends in front, and the controller waits for it too", "443, targetPort: http", "443, targetPort: https", BEHIND_AWS),
    beside("SIM1301", "two Ingresses for one path", other_ingress("two", "/web", "/two"), other_ingress("two")),
    beside("SIM1302", "the same prefix with a slash", other_ingress("two", "/web", "/webs"), other_ingress("two", "/web", "/web/")),
    changed("SIM1303", "a star in a prefix", "path: /web", "path: /web/*"),
    beside("SIM1304", "a rewrite beside plain paths", other_ingress("two", "/web", "/two"), other_ingress("two", "/web", "/two").replace(NO_ANNOTATIONS, annotated(f"{NGINX}/rewrite-target", "/"))),
    beside("SIM1208", "a rule for the Service of a canary", LATE.replace("name: two\n", "name: web\n"), LATE, WITH_TWO),
    changed("SIM1305", "a host name that no listener takes", "[shop.example.com]", "[shop.example.com, shop.example.org]", GATEWAYS),
    changed("SIM1306", "TLS ends in front, and https is asked for behind", NO_ANNOTATIONS, annotated(f"{NGINX}/force-ssl-redirect", "true"), BEHIND_AWS.replace("  tls:\n  - hosts: [shop.example.com]\n    secretName: web-tls\n", "")),
    changed("SIM1307", "an action that no annotation has", "actions.web", "actions.wbe", ALB),
    changed("SIM1401", "a live load balancer without an address", "{loadBalancer: {ingress: [{ip: 203.0.113.7}]}}", "{loadBalancer: {}}", together(BALANCER, WORKLOAD)),
    beside("SIM1402", "a node port twice", BALANCER.replace("name: web", "name: two").replace("30080", "30081"), BALANCER.replace("name: web", "name: two"), together(BALANCER, WORKLOAD)),
    changed("SIM1403", "a live Ingress without a default backend", "metadata:\n  name: web\n", "metadata:\n  name: web\n  uid: 4e1c\n"),
    Pair("SIM1404", "a selector that does nothing", {"a.yaml": SERVICE}, {"a.yaml": SERVICE.replace("spec:", "spec:\n  type: ExternalName\n  externalName: api.example.com")}),
    changed("SIM1405", "policy Local, and no Pod on a node", "nodeName: node-1", "nodeName: node-9", LOCAL),
    changed("SIM1406", "a host under tls, and no port 443 in front", ", {name: tls, port: 443}", "", SERVED),
    Pair("SIM1407", "hints that are asked for", {"a.yaml": together(SERVICE, WORKLOAD)}, {"a.yaml": together(SERVICE.replace("spec:", "spec:\n  trafficDistribution: PreferClose"), WORKLOAD)}),
    changed("SIM1408", "a scheme that nobody knows", "scheme: internet-facing", "scheme: public", ON_AWS),
    changed("SIM1408", "a type without its targets", "aws-load-balancer-type: nlb", "aws-load-balancer-type: external", BY_PROVIDER),
    changed("SIM1409", "a scheme that nobody says", "    service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing\n", "", ON_AWS),
    changed("SIM1411", "targets that the cloud provider does not read", "aws-load-balancer-internal: 'true'\n", "aws-load-balancer-internal: 'true'\n    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip\n", SEEN),
    changed("SIM1410", "a Service of both families, and a Pod of one", '[{ip: 10.244.1.9}, {ip: "fd00:10:244::9"}]', "[{ip: 10.244.1.9}]", OF_BOTH),
    Pair("SIM1501", "a backend of another namespace without a grant", {"a.yaml": together(GATEWAY, AWAY, BACK, GRANT)}, {"a.yaml": together(GATEWAY, AWAY, BACK)}),
    changed("SIM1502", "all weights 0", "weight: 1", "weight: 0", GATEWAYS),
    changed("SIM1503", "a slip in the name of a Gateway", "[{name: door}]", "[{name: dor}]", GATEWAYS),
    changed("SIM1504", "a host name that no listener has", "[shop.example.com]", "[shop.example.org]", GATEWAYS),
    changed("SIM1505", "a slip in the class of a Gateway", "gatewayClassName: envoy", "gatewayClassName: envoi", GATEWAYS),
    changed("SIM1506", "a listener without its certificate", "{name: web-tls, namespace: shop}", "{name: web-tls, namespace: back}", SECURE_GATEWAYS),
    Pair("SIM1507", "a route alone", {"a.yaml": GATEWAYS}, {"a.yaml": together(ROUTE, APP)}),
    beside("SIM1601", "a slip in the label that a policy selects", _policy("{app: web}", "{app: web}"), _policy("{app: wbe}", "{app: web}"), WITH_SPACES),
    beside("SIM1602", "a slip in the label of a peer", _policy("{app: web}", "{app: web}"), _policy("{app: web}", "{app: wbe}"), WITH_SPACES),
    beside("SIM1602", "a namespace label that none has", _policy("{app: web}", "{}", ", namespaceSelector: {matchLabels: {role: edge}}"), _policy("{app: web}", "{}", ", namespaceSelector: {matchLabels: {role: egde}}"), WITH_SPACES),
    beside("SIM1603", "the controller's namespace is not among the peers", _policy("{app: web}", "{}", ", namespaceSelector: {matchLabels: {role: edge}}"), _policy("{app: web}", "{app: web}"), WITH_SPACES),
    changed("SIM1508", "a backend that is no Service", "{name: web, port: 80, weight: 1}", "{group: example.com, kind: Pool, name: web, weight: 1}", GATEWAYS),
    changed("SIM1509", "a slip in the Gateway of a ListenerSet", "parentRef: {name: door}", "parentRef: {name: dor}", OPEN_GATEWAYS),
    changed("SIM1510", "a slip in the target of a policy", "kind: Service, name: web}", "kind: Service, name: wed}", together(GATEWAYS, BACKEND_TLS)),
)  # fmt: skip
