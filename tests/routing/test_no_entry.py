"""Why a name leads nowhere: what has it is named, with what it waits for; only an unknown name is called unknown."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from clusters import cluster

from sim.routing import Request, route

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: hat, namespace: hats}
spec:
  parentRefs: PARENTS
  hostnames: HOSTS
  rules: [{backendRefs: [{name: hat, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: hat, namespace: hats}
spec: {selector: {app: hat}, ports: [{port: 80}]}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: NAME, namespace: platform}
spec: {gatewayClassName: std, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}
"""
BALANCER = """
apiVersion: v1
kind: Service
metadata: {name: other}
spec: {type: LoadBalancer, selector: {app: other}, ports: [{port: 80}]}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: cap}
spec: {ingressClassName: nginx, rules: [{host: cap.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: cap, port: {number: 80}}}}]}}]}
---
apiVersion: v1
kind: Service
metadata: {name: cap}
spec: {selector: {app: cap}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""
CONTROLLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: ctl, namespace: edge}
spec:
  selector: {matchLabels: {app: ctl}}
  template:
    metadata: {labels: {app: ctl}}
    spec: {containers: [{name: c, image: registry.k8s.io/ingress-nginx/controller:v1.12.1}]}
"""
IN_FRONT = """
apiVersion: v1
kind: Service
metadata: {name: ctl, namespace: edge}
spec: {type: TYPE, selector: {app: ctl}, ports: [{port: 80}]}
"""


def of_route(parents="[{name: public, namespace: platform}]", hosts="[hat.example]"):
    return ROUTE.replace("PARENTS", parents).replace("HOSTS", hosts)


@dataclass(frozen=True)
class Row:
    name: str
    manifests: tuple[str, ...]
    code: str
    says: tuple[str, ...]
    fix: tuple[str, ...]
    host: str = "hat.example"


ROWS = (
    Row("the Gateway is not in the set", (of_route(),), "SIM2105", ("HTTPRoute hats/hat", "Gateway platform/public"), ("Gateway platform/public", "-f")),
    Row("a wildcard of the route", (of_route(hosts="['*.example']"),), "SIM2105", ("Gateway platform/public",), ("-f",), "a.b.example"),
    Row("a route for any host", (of_route(hosts="[]"),), "SIM2105", ("Gateway platform/public",), ("-f",), "any.test"),
    Row("the namespace of the route is meant", (of_route("[{name: public}]"),), "SIM2105", ("Gateway hats/public",), ("-f",)),
    Row("another Gateway is there", (of_route(), GATEWAY.replace("NAME", "publik")), "SIM2105", ("Gateway platform/public", "did you mean platform/publik?"), ("name a Gateway that is there",)),
    Row("one load balancer is there, of something else", (of_route(), BALANCER), "SIM2105", ("Gateway platform/public",), ("-f",)),
    Row("two Gateways are missing", (of_route("[{name: a}, {name: b}]"),), "SIM2105", ("Gateway hats/a and Gateway hats/b",), ("-f",)),
    Row("no parent at all", (of_route("[]"),), "SIM2105", ("names no parent",), ("parentRefs",)),
    Row("a parent of a mesh", (of_route("[{group: '', kind: Service, name: hat}]"),), "SIM2105", ("Service hat",), ("name a Gateway",)),
    Row("nothing runs in front of the controller", (INGRESS, CONTROLLER), "SIM2002", ("Deployment edge/ctl",), ("give the Service in front",), "cap.example"),
    Row("a ClusterIP in front of the controller", (INGRESS, CONTROLLER, IN_FRONT.replace("TYPE", "ClusterIP")), "SIM2002", ("Deployment edge/ctl",), ("Service edge/ctl", "LoadBalancer"), "cap.example"),
    Row("a NodePort in front of the controller", (INGRESS, CONTROLLER, IN_FRONT.replace("TYPE", "NodePort")), "SIM2002", ("Deployment edge/ctl",), ("http://192.168.0.2:30080/", "Host"), "cap.example"),
    Row("a name that nothing has", (INGRESS,), "SIM2001", ("cap.example",), ("use one of these names", "--to lb:"), "hat.example"),
)  # fmt: skip


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_what_has_the_name_is_named_and_what_it_waits_for(row: Row):
    # Two load balancers: none is the only one there is.
    others = (
        (BALANCER.replace("other", "one"), BALANCER.replace("other", "two")) if row.code == "SIM2001" else ()
    )
    final = route(cluster(*row.manifests, *others), Request(row.host)).final
    assert (final.state, final.code) == ("dns-no-record", row.code)
    assert all(word in final.message for word in row.says)
    assert all(word in final.fix for word in row.fix)
    named = row.host in final.message.partition("there are: ")[2]
    assert not (named and "use one of these names" in final.fix)


def test_the_node_port_that_is_advised_serves():
    found = cluster(INGRESS, CONTROLLER, IN_FRONT.replace("TYPE", "NodePort"))
    request = Request.parse("http://192.168.0.2:30080/", headers={"Host": "cap.example"})
    final = route(found, request).final
    assert final.rule == "default/cap rules[0].paths[0]"


def test_a_gateway_that_is_there_beside_one_that_is_not_serves():
    parents = "[{name: gone, namespace: platform}, {name: public, namespace: platform}]"
    found = cluster(of_route(parents), GATEWAY.replace("NAME", "public"))
    assert route(found, Request("hat.example")).final.backend == "hats/hat:80"
