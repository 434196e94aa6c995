"""Every way in which a request can end, and that a trace has exactly one end."""

from __future__ import annotations

import pytest
from clusters import cluster

from sim.routing import Request, follow, route
from sim.routing.final import STATES
from sim.routing.trace import HOP_KINDS

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: shop}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: misnamed, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: grpc}]}
---
apiVersion: v1
kind: Service
metadata: {name: out, namespace: shop}
spec: {type: ExternalName, externalName: api.example.org}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /web, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /empty, pathType: Prefix, backend: {service: {name: empty, port: {number: 80}}}}
      - {path: /misnamed, pathType: Prefix, backend: {service: {name: misnamed, port: {number: 80}}}}
      - {path: /ghost, pathType: Prefix, backend: {service: {name: ghost, port: {number: 80}}}}
      - {path: /port, pathType: Prefix, backend: {service: {name: web, port: {number: 81}}}}
      - {path: /out, pathType: Prefix, backend: {service: {name: out, port: {number: 443}}}}
      - {path: /dir/, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
"""
TLS = INGRESS.replace("  rules:", "  tls: [{hosts: [shop.example.com], secretName: shop-tls}]\n  rules:")
BALANCER = """
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec: {type: LoadBalancer, selector: {app: APP}, externalTrafficPolicy: POLICY, ports: [{port: 80, targetPort: 8080}]}
"""


def balancer(app: str = "web", policy: str = "Cluster") -> str:
    return BALANCER.replace("APP", app).replace("POLICY", policy)


@pytest.mark.parametrize(
    ("path", "state", "status", "code"),
    [
        pytest.param("/web/1", "delivered", None, None, id="a rule, a Service, ready Pods"),
        pytest.param("/empty", "answered-by-proxy", 503, "SIM2003", id="no Pod has the labels"),
        pytest.param(
            "/misnamed", "answered-by-proxy", 503, "SIM2014", id="no container has a port of that name"
        ),
        pytest.param("/ghost", "answered-by-proxy", 503, "SIM2007", id="no such Service"),
        pytest.param("/port", "answered-by-proxy", 503, "SIM2008", id="no such port"),
        pytest.param("/out", "delivered", None, None, id="ExternalName leaves the cluster"),
        pytest.param("/dir", "redirected", 301, "SIM2016", id="only the slash is missing"),
        pytest.param("/other", "answered-by-proxy", 404, "SIM2005", id="the host is known, the path is not"),
    ],
)
def test_through_the_controller(path, state, status, code):
    final = route(cluster(APP, INGRESS), Request("shop.example.com", path)).final
    assert (final.state, final.status, final.code) == (state, status, code)


@pytest.mark.parametrize(
    ("texts", "setup", "request_", "state", "code"),
    [
        pytest.param([APP], {}, Request("x.example"), "dns-no-record", "SIM2001", id="nothing has the name"),
        pytest.param(
            [APP, INGRESS], {"controllers": ()}, Request("shop.example.com"), "dns-no-record", "SIM2002",
            id="an Ingress that nobody reads has no address",
        ),
        pytest.param([APP, balancer()], {"provider": False}, Request("front.shop"), "lb-pending", "SIM2009", id="pending"),
        pytest.param([APP, balancer()], {}, Request("front.shop", port=81), "no-listener", "SIM2011", id="closed port"),
        pytest.param([APP, balancer()], {}, Request("front.shop"), "delivered", None, id="straight to the Pod"),
        pytest.param([APP, balancer("nobody")], {}, Request("front.shop"), "refused", "SIM2012", id="REJECT"),
        pytest.param(
            [APP, balancer("nobody", "Local")], {}, Request("front.shop"), "lb-no-healthy-target", "SIM2010",
            id="policy Local and no Pod anywhere: no node is healthy",
        ),
        pytest.param([APP, INGRESS], {}, Request("shop.example.com", port=443), "answered-by-proxy", "SIM2020", id="plain HTTP on 443"),
        pytest.param([APP, INGRESS], {}, Request("shop.example.com", scheme="https", port=80), "tls-failed", "SIM2020", id="TLS on 80"),
        pytest.param([APP, INGRESS], {}, Request("unknown.example"), "answered-by-proxy", "SIM2004", id="the only load balancer takes any name"),
        pytest.param([APP, balancer()], {}, Request("front.shop", scheme="tcp", port=80), "delivered", None, id="a bare connection"),
        pytest.param([APP, balancer()], {}, Request("front.shop", scheme="udp", port=80), "not-http", "SIM2020", id="UDP to a TCP port"),
    ],
)  # fmt: skip
def test_before_and_beside_the_controller(texts, setup, request_, state, code):
    trace = route(cluster(*texts, **setup), request_)
    assert (trace.final.state, trace.final.code) == (state, code)
    assert trace.final.state in STATES
    assert {h.kind for h in trace.hops} <= set(HOP_KINDS)
    assert (trace.final.fix is not None) == (not trace.final.fine)


def test_a_node_port_needs_no_load_balancer():
    found = cluster(APP, balancer())
    port = found.services["shop/front"].ports[0].node_port
    trace = route(found, Request("192.168.0.3", port=port))
    assert [h.kind for h in trace.hops] == ["client", "node", "pod"]
    assert trace.final.state == "delivered"


def test_policy_local_sends_only_to_nodes_with_a_pod():
    trace = route(cluster(APP, balancer(policy="Local")), Request("front.shop"))
    healthy = next(h for h in trace.hops if h.kind == "load-balancer").branches
    assert [b.to for b in healthy] == ["node-a", "node-b"]
    node = next(h for h in trace.hops if h.kind == "node")
    assert "source" not in node.after


def test_policy_cluster_masquerades():
    node = next(h for h in route(cluster(APP, balancer()), Request("front.shop")).hops if h.kind == "node")
    assert node.after["source"] == "192.168.0.2"


def test_a_node_without_a_pod_drops_under_policy_local():
    found = cluster(APP, balancer(policy="Local"))
    port = found.services["shop/front"].ports[0].node_port
    ends = [route(found, Request(n.name, port=port)).final.state for n in found.nodes]
    assert ends == ["delivered", "delivered", "dropped"]


def test_branches_of_every_hop_sum_to_one():
    trace = route(cluster(APP, INGRESS), Request("shop.example.com", "/web"))
    for hop in trace.hops:
        assert not hop.branches or sum(b.probability for b in hop.branches) == pytest.approx(1)


def test_time_grows_along_the_way():
    trace = route(cluster(APP, INGRESS), Request("shop.example.com", "/web"))
    times = [h.at_s for h in trace.hops]
    assert times == sorted(times)
    assert trace.done_s > times[-1]


def test_through_the_cluster_ip_where_an_annotation_says_so():
    text = INGRESS.replace(
        "{name: web, namespace: shop}\nspec:\n  ingress",
        "{name: web, namespace: shop, annotations: {nginx.ingress.kubernetes.io/service-upstream: 'true'}}\nspec:\n  ingress",
    )
    trace = route(cluster(APP, text), Request("shop.example.com", "/web"))
    assert [h.kind for h in trace.hops].count("node") == 2
    assert trace.final.endpoints == ("10.96.0.1:80",)
    broken = route(cluster(APP, text), Request("shop.example.com", "/empty")).final
    assert (broken.status, broken.code) == (502, "SIM2012")


def test_redirects_are_followed_to_the_end():
    traces = follow(cluster(APP, TLS), Request("shop.example.com", "/web"))
    assert [t.final.state for t in traces] == ["redirected", "delivered"]
    assert traces[0].final.location == "https://shop.example.com/web"
    assert traces[1].request.scheme == "https"
    assert traces[1].final.certificate == "shop/shop-tls"


def test_a_class_that_nobody_claims_is_named_in_the_404():
    kind = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: edge}\nspec: {controller: k8s.io/ingress-nginx}\n"
    final = route(
        cluster(APP, INGRESS, kind, profile="ingress-nginx"), Request("shop.example.com", "/web")
    ).final
    assert (final.status, final.code) == (404, "SIM2006")
    assert "there is no IngressClass nginx" in final.message
    assert final.source == "a.yaml:11"


def test_a_rule_for_any_host_is_entered_by_its_address():
    found = cluster(APP, INGRESS.replace("  - host: shop.example.com\n    http:", "  - http:"), balancer())
    final = route(found, Request("shop.example.com", "/web")).final
    assert (final.state, final.code) == ("dns-no-record", "SIM2001")
    address = found.services["ingress/ingress-nginx"].load_balancer[0]
    assert address in final.fix
    assert "--to lb:ingress/ingress-nginx" in final.fix
    assert route(found, Request(address, "/web")).final.state == "delivered"


def test_the_source_of_the_winner_is_its_line():
    trace = route(cluster(APP, INGRESS), Request("shop.example.com", "/web"))
    winner = next(s for h in trace.hops for s in h.steps if s.wins)
    assert INGRESS.splitlines()[int(winner.source.split(":")[1]) - 1].strip().startswith("- {path: /web,")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        pytest.param(
            "shop.example.com/a?b=1", ("http", "shop.example.com", None, "/a?b=1"), id="no scheme is http"
        ),
        pytest.param(
            "https://Shop.example.com:8443", ("https", "Shop.example.com", 8443, "/"), id="port and no path"
        ),
        pytest.param("tcp://198.51.100.1:5432", ("tcp", "198.51.100.1", 5432, "/"), id="a bare connection"),
    ],
)
def test_urls(url, parts):
    request_ = Request.parse(url)
    assert (request_.scheme, request_.host, request_.port, request_.path) == parts
