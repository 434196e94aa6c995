"""What may change an answer: who reads an annotation, what lies on a request's way, what a status says."""

import pytest
from clusters import API, behind_gateway
from shop import SERVICES, ingress

from sim.cluster.setup import Setup
from sim.manifests.reading.loading import load_text
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.unmodelled import may_change, of_manifests

HOST = "a.example"
NGINX, AWS = "nginx.ingress.kubernetes.io/", "service.beta.kubernetes.io/aws-load-balancer-"
MEASURES = "read by Prometheus, which asks for measurements"
DNS = "external-dns.alpha.kubernetes.io/"


def annotated(name: str, value: str = "x", host: str = HOST, ingress_name: str = "shop") -> str:
    """An Ingress with one annotation."""
    return f"{ingress(ingress_name, (host, [('/', 'Prefix', 'web')]), annotations={name: value})}"


def of_ingress(text: str, profile: str | None, url: str = f"http://{HOST}/", method: str = "GET"):
    """What a trace and a whole set say: two lists of (may change, why)."""
    manifests = load_text(f"{SERVICES}\n---\n{text}")
    setup = Setup(profile=profile)
    trace = route(build(manifests, setup), Request.parse(url, method=method), controller=profile)
    said = [(u.may_change_answer, u.why) for u in trace.unmodelled if "annotation" in u.what]
    return said, [
        (u.may_change_answer, u.why) for u in of_manifests(manifests, setup) if "annotation" in u.what
    ]


@pytest.mark.parametrize(
    ("name", "profile", "expected"),
    [
        pytest.param("nginx.org/rewrites", "nginx-inc", [(True, "read by nginx-inc")], id="of its own prefix"),
        pytest.param("nginx.org/rewrites", "traefik", [(False, "traefik does not read it")],
                     id="of another controller: said as ignored"),
        pytest.param(f"{NGINX}rewrite-target", "traefik", [(False, "traefik does not read it")],
                     id="modelled elsewhere, and ignored here"),
        pytest.param("nginx.org/path-regex", "nginx-inc", [], id="modelled"),
        pytest.param("alb.ingress.kubernetes.io/conditions.web", "aws-alb", [(True, "read by aws-alb")], id="of an ALB"),
        pytest.param("haproxy-ingress.github.io/rewrite-target", "haproxy", [(True, "read by haproxy")],
                     id="of the other HAProxy controller"),
        pytest.param("cloud.google.com/backend-config", "gke", [(True, "read by gke")], id="of GKE"),
        pytest.param("konghq.com/strip-path", "ingress-nginx", [(False, "ingress-nginx does not read it")],
                     id="of a controller without a profile, another one is asked"),
        pytest.param("konghq.com/strip-path", None, [(True, "read by Kong")],
                     id="of a controller without a profile, none is named"),
        pytest.param("example.com/team", None, [(False, "nobody is known to read it on objects of kind Ingress")],
                     id="of nobody"),
    ],
)  # fmt: skip
def test_an_annotation_counts_where_the_controller_reads_it(name, profile, expected):
    assert of_ingress(annotated(name), profile) == (expected, expected)


def test_the_annotation_of_an_ingress_for_another_host_is_not_on_the_way():
    name = f"{NGINX}auth-url"
    assert of_ingress(annotated(name, host="b.example") + "\n---\n" + annotated("prometheus.io/b", ingress_name="mine"), None) == (
        [(False, MEASURES)], [(True, "read by ingress-nginx"), (False, MEASURES)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "said"), [("GET", []), ("POST", [(True, "read by ingress-nginx")])], ids=["without", "with"]
)
def test_a_limit_of_the_body_counts_for_requests_with_one(method, said):
    text = annotated(f"{NGINX}proxy-body-size")
    assert of_ingress(text, None, method=method) == (said, [(True, "read by ingress-nginx")])


SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: s, annotations: {{{annotation!r}: {value!r}}}}}
spec: {{type: {type}, selector: {{app: s}}, ports: [{{port: 80}}]}}
status: {{loadBalancer: {{ingress: {given}}}}}
"""
GIVEN = "[{ip: 203.0.113.90}]"


def of_service(annotation: str, value: str, kind: str = "LoadBalancer", given: str = GIVEN) -> list[bool]:
    """What a connection to its load balancer may be changed by, then what the set says."""
    text = SERVICE.format(annotation=annotation, value=value, type=kind, given=given)
    manifests = load_text(text)
    of_set = [u.may_change_answer for u in of_manifests(manifests)]
    if kind == "LoadBalancer":
        trace = route(build(manifests), Request("any", scheme="tcp", port=80), to="lb:default/s")
        assert [u.may_change_answer for u in trace.unmodelled] == of_set
    return of_set


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        pytest.param(f"{AWS}nlb-target-type", "ip", [], id="targets are Pods: modelled"),
        pytest.param(f"{AWS}nlb-target-type", "instance", [], id="targets are nodes: modelled"),
        pytest.param(f"{AWS}type", "external", [], id="the usual type"),
        pytest.param(f"{AWS}type", "nlb-ip", [], id="a type whose targets are Pods"),
        pytest.param(f"{AWS}target-group-attributes", "preserve_client_ip.enabled=true", [False], id="attributes that are modelled"),
        pytest.param(f"{AWS}target-group-attributes", "stickiness.enabled=true", [True], id="attributes that are not"),
        pytest.param(f"{AWS}healthcheck-path", "/x", [True], id="who is healthy"),
        pytest.param(f"{AWS}healthcheck-interval", "5", [False], id="how often it is asked"),
        pytest.param(f"{AWS}proxy-protocol", "*", [True], id="PROXY protocol"),
        pytest.param(f"{AWS}scheme", "internal", [True], id="internal"),
        pytest.param(f"{AWS}scheme", "internet-facing", [], id="what is modelled anyway"),
        pytest.param(f"{AWS}internal", "false", [], id="not asked for"),
        pytest.param(f"{AWS}ssl-cert", "arn:x", [], id="modelled"),
        pytest.param(f"{AWS}additional-resource-tags", "a=b", [False], id="tags"),
        pytest.param("service.beta.kubernetes.io/azure-load-balancer-internal", "true", [True], id="Azure, internal"),
        pytest.param("networking.gke.io/load-balancer-type", "Internal", [True], id="GKE, internal"),
        pytest.param("load-balancer.hetzner.cloud/uses-proxyprotocol", "true", [True], id="another cloud"),
        pytest.param("metallb.io/allow-shared-ip", "key", [True], id="MetalLB shares an address"),
        pytest.param("metallb.io/loadBalancerIPs", "203.0.113.90", [False], id="an address that the status shows"),
        pytest.param("service.kubernetes.io/topology-mode", "Auto", [], id="hints: modelled"),
        pytest.param("service.kubernetes.io/topology-mode", "Disabled", [], id="no hints"),
        pytest.param(f"{DNS}ttl", "60", [False], id="how long a name is kept"),
        pytest.param("prometheus.io/scrape", "true", [False], id="of monitoring"),
    ],
)  # fmt: skip
def test_an_annotation_of_a_service_counts_where_packets_pass(annotation, value, expected):
    assert of_service(annotation, value) == expected


def test_a_service_without_a_load_balancer_has_no_use_for_its_annotations():
    assert of_service(f"{AWS}scheme", "internal", "ClusterIP", "[]") == [False]


def test_a_name_that_external_dns_makes_counts_for_that_name():
    manifests = load_text(
        SERVICE.format(annotation=f"{DNS}hostname", value="x.example", type="LoadBalancer", given=GIVEN)
    )
    cluster = build(manifests)
    found = {
        host: [u.may_change_answer for u in route(cluster, Request(host)).unmodelled]
        for host in ("x.example", "y.example")
    }
    assert found == {"x.example": [True], "y.example": []}


MESH = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: s}}
spec:
  selector: {{matchLabels: {{app: s}}}}
  template:
    metadata: {{labels: {{app: s}}, annotations: {{linkerd.io/inject: {value}}}}}
    spec: {{containers: [{{name: c, image: x}}]}}
"""


@pytest.mark.parametrize(("value", "expected"), [("enabled", [True]), ("disabled", [])])
def test_a_proxy_beside_the_containers_counts(value, expected):
    assert [u.may_change_answer for u in of_manifests(load_text(MESH.format(value=value)))] == expected


CLASS = "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: c}\nspec: {controllerName: a.b/c}\n"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param("status: {}", [], id="empty"),
        pytest.param("status: {conditions: [{type: Accepted, status: 'True'}]}", [], id="as a cluster writes it"),
        pytest.param("status: {conditoins: []}", [("GatewayClass default/c: status.conditoins", False)], id="misspelt inside"),
        pytest.param("statuss: {}", [("GatewayClass default/c: statuss", True)], id="misspelt itself"),
    ],
)  # fmt: skip
def test_a_status_is_no_input_and_a_misspelt_name_is_said(status, expected):
    found = load_text(CLASS + status).unmodelled
    assert [
        (u.what.replace("GatewayClass c", "GatewayClass default/c"), u.may_change_answer) for u in found
    ] == expected


ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: example.com/gw}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: g}]
  hostnames: [a.example]
  rules:
  - matches: [{path: {type: PathPrefix, value: /auth}}]
    filters: [{type: ExternalAuth, externalAuth: {protocol: GRPC, grpc: {}, backendRef: {name: web, port: 80}}}]
    backendRefs: [{name: web, port: 80}]
  - backendRefs: [{name: web, port: 80}]
"""


WEB = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.mark.parametrize(
    ("path", "expected"), [("/auth", ["HTTPRoute default/r: filter ExternalAuth"]), ("/", [])]
)
def test_a_filter_counts_for_the_requests_of_its_rule(path, expected):
    cluster = build(load_text(f"{ROUTE}\n---\n{WEB}"))
    found = route(cluster, Request(HOST, path))
    assert [u.what for u in may_change(found.unmodelled)] == expected
    assert found.final.fine
    assert found.status(strict=True) == (1 if expected else 0)


def test_what_a_controller_leaves_open_counts_where_it_answers(monkeypatch):
    from dataclasses import replace

    from sim.manifests.objects.collected import Unmodelled
    from sim.routing.controllers import PROFILES

    setting = Unmodelled(
        "ConfigMap ingress/c: key speed", True, "c.yaml:3:1", "", "ConfigMap", "ingress/c", "key speed", "1"
    )
    open_to = replace(PROFILES["ingress-nginx"], left_out=lambda cluster, controller: (setting,))
    monkeypatch.setitem(PROFILES, "ingress-nginx", open_to)
    cluster = build(load_text(f"{SERVICES}\n---\n{annotated('a.example/b')}"))
    assert may_change(route(cluster, Request(HOST)).unmodelled) == (setting,)
    assert may_change(route(cluster, Request("cart.default", scheme="tcp", port=80)).unmodelled) == ()


@pytest.mark.parametrize(
    ("name", "value", "profile", "expected"),
    [
        pytest.param("ingress.kubernetes.io/ssl-redirect", "true", "nginx-inc", [], id="an old prefix that is modelled"),
        pytest.param("ingress.kubernetes.io/whitelist", "x", "haproxy", [(True, "read by haproxy")], id="an old prefix that is read"),
        pytest.param("ingress.kubernetes.io/whitelist", "x", "traefik", [(False, "traefik does not read it")], id="an old prefix that is not read"),
        pytest.param(f"{NGINX}enable-modsecurity", "false", "ingress-nginx", [], id="switched off"),
        pytest.param(f"{NGINX}enable-access-log", "true", "ingress-nginx",
                     [(False, "it does not decide where a request goes")], id="of logs"),
        pytest.param("alb.ingress.kubernetes.io/scheme", "internet-facing", "aws-alb", [], id="what is modelled anyway"),
        pytest.param("alb.ingress.kubernetes.io/scheme", "internal", "aws-alb", [(True, "read by aws-alb")], id="internal"),
        pytest.param("alb.ingress.kubernetes.io/actions.x", '{"type": "redirect"}', "aws-alb", [], id="an action that is modelled"),
        pytest.param("alb.ingress.kubernetes.io/actions.x", '{"type": "forward"}', "aws-alb",
                     [(True, "read by aws-alb")], id="an action that is not"),
    ],
)  # fmt: skip
def test_a_value_may_ask_for_what_is_modelled_anyway(name, value, profile, expected):
    assert of_ingress(annotated(name, value), profile) == (expected, expected)


@pytest.mark.parametrize(
    ("controller", "may_change"),
    [("k8s.io/ingress-nginx", []), ("ingress.k8s.aws/alb", [True]), ("example.com/other", [True])],
)
def test_parameters_of_a_class_count_where_its_controller_reads_them(controller, may_change):
    kind = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: c}\n"
    spec = f"spec: {{controller: {controller}, parameters: {{apiGroup: a.b, kind: P, name: p}}}}\n"
    assert [u.may_change_answer for u in of_manifests(load_text(kind + spec))] == may_change


def test_a_class_of_load_balancers_counts_for_what_passes_it():
    text = SERVICE.format(annotation="a.test/b", value="x", type="LoadBalancer", given=GIVEN)
    manifests = load_text(
        text.replace("type: LoadBalancer", "type: LoadBalancer, loadBalancerClass: tailscale")
    )
    trace = route(build(manifests), Request("any", scheme="tcp", port=80), to="lb:default/s")
    assert [u.what for u in may_change(trace.unmodelled)] == ["Service default/s: spec.loadBalancerClass"]


@pytest.mark.parametrize(
    ("controllers", "may_change"), [(None, [True]), ((), [False])], ids=["nobody said", "none"]
)
def test_without_a_controller_in_the_set_the_one_that_is_meant_may_run(controllers, may_change):
    text = SERVICE.format(
        annotation="traefik.ingress.kubernetes.io/service.serverstransport",
        value="true",
        type="ClusterIP",
        given="[]",
    )
    found = of_manifests(load_text(text), Setup(controllers=controllers))
    assert [u.may_change_answer for u in found] == may_change


GKE_CLASS = "gke-l7-global-external-managed"
OWN_CLASS = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: own}
spec: {controllerName: %s}
"""


@pytest.mark.parametrize(
    ("name", "controller", "cloud"),
    [
        pytest.param(GKE_CLASS, "", "Google Cloud", id="a class that comes with the cluster"),
        pytest.param("own", "gateway.k8s.aws/alb", "AWS", id="a class of the set"),
        pytest.param("own", "example.com/lab", "", id="proxies in Pods"),
        pytest.param("eg", "", "", id="a class that nobody describes"),
    ],
)
def test_a_gateway_that_is_a_load_balancer_of_a_cloud_may_answer_otherwise(name, controller, cloud):
    texts = [behind_gateway("backendRefs: [{name: api, port: 80}]", name), API]
    manifests = load_text("\n---\n".join([*texts, *([OWN_CLASS % controller] if controller else [])]))
    found = [u.what for u in may_change(of_manifests(manifests))]
    trace = route(build(manifests), Request("shop.example"))
    assert found == [u.what for u in may_change(trace.unmodelled)]
    assert found == ([f"Gateway default/edge: class {name}, a load balancer of {cloud}"] if cloud else [])
    assert trace.status(strict=True) == int(bool(cloud))
