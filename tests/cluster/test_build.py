"""The small control plane: Pods on nodes, endpoints behind selectors, addresses, classes, assumptions."""

from __future__ import annotations

from collections import Counter

import pytest
from clusters import cluster

from sim.cluster.cluster import class_after_admission
from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing import Request, route
from sim.routing.building import build

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: web,
         ports: [{name: http, containerPort: 8080}]}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: TYPE
  selector: {app: web}
  ports: [{name: main, port: 80, targetPort: TARGET}]
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  CLASS
  rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
"""


def service(kind: str = "ClusterIP", target: str = "http") -> str:
    return SERVICE.replace("TYPE", kind).replace("TARGET", target)


def test_pods_are_spread_over_nodes():
    found = cluster(DEPLOYMENT)
    assert Counter(p.node for p in found.pods.values()) == {"node-a": 2, "node-b": 2, "node-c": 2}


def test_pod_addresses_are_all_different():
    addresses = [p.address for p in cluster(DEPLOYMENT).pods.values()]
    assert len(set(addresses)) == 6


@pytest.mark.parametrize(
    ("target", "port", "ready"),
    [
        pytest.param("http", 8080, 6, id="a targetPort by name is the container's port of that name"),
        pytest.param("9000", 9000, 6, id="a targetPort by number is taken as it is"),
        pytest.param("grpc", 0, 0, id="a name that no container has leads nowhere"),
    ],
)
def test_target_ports(target, port, ready):
    linked = cluster(DEPLOYMENT, service(target=target)).services["default/web"].ports[0]
    assert {e.port for e in linked.endpoints} == {port}
    assert len(linked.ready) == ready


def test_a_load_balancer_without_a_provider_stays_pending():
    assert cluster(service("LoadBalancer"), provider=False).services["default/web"].load_balancer == ()
    assert cluster(service("LoadBalancer")).services["default/web"].load_balancer == ("198.51.100.1",)


@pytest.mark.parametrize(
    ("kind", "has_cluster_ip", "has_node_port"),
    [("ClusterIP", True, False), ("NodePort", True, True), ("LoadBalancer", True, True)],
)
def test_addresses_by_type(kind, has_cluster_ip, has_node_port):
    found = cluster(DEPLOYMENT, service(kind)).services["default/web"]
    assert (found.cluster_ip is not None) == has_cluster_ip
    assert (found.ports[0].node_port is not None) == has_node_port


def test_slices_count_and_pods_do_not_where_both_are_there():
    piece = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: main, port: 8080}]
endpoints:
- {addresses: [10.9.9.1], conditions: {ready: true}, zone: z}
- {addresses: [10.9.9.2], conditions: {ready: false}}
"""
    linked = cluster(DEPLOYMENT, service(), piece).services["default/web"].ports[0]
    assert [e.target for e in linked.ready] == ["10.9.9.1:8080"]
    assert len(linked.endpoints) == 2


def test_pods_of_a_dump_are_not_made_again():
    pod = """
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec: {nodeName: node-b, containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.1.1.1, conditions: [{type: Ready, status: "False", message: starting}]}
"""
    found = cluster(DEPLOYMENT, pod, service())
    assert list(found.pods) == ["default/web-1"]
    assert found.services["default/web"].ports[0].ready == ()
    assert "starting" in found.services["default/web"].ports[0].endpoints[0].state


def test_no_workload_at_all_gives_two_assumed_pods_and_says_so():
    found = cluster(service(target="8080"))
    assert len(found.services["default/web"].ports[0].ready) == 2
    assert any("two ready Pods" in a.what for a in found.assumptions)


def test_a_workload_in_the_set_means_that_no_pod_is_assumed():
    other = DEPLOYMENT.replace("web", "db")
    assert cluster(other, service()).services["default/web"].ports[0].endpoints == ()


@pytest.mark.parametrize(
    ("text", "controllers"),
    [
        pytest.param("ingressClassName: nginx", 1, id="a class nobody defines brings a controller along"),
        pytest.param("defaultBackend:", 1, id="no class at all does too"),
    ],
)
def test_a_controller_is_assumed_where_nothing_shows_one(text, controllers):
    found = cluster(INGRESS.replace("CLASS", text), service(target="8080"))
    assert len(found.controllers) == controllers
    assert any("Ingress controller" in a.what for a in found.assumptions)


CLASS = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: NAME}
spec: {controller: CONTROLLER}
"""
CONTROLLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: edge}
spec:
  selector: {matchLabels: {app: edge}}
  template:
    metadata: {labels: {app: edge}}
    spec:
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.12.1
        args: [/nginx-ingress-controller, --controller-class=k8s.io/internal]
"""
STATUS = "status: {loadBalancer: {ingress: [{hostname: lb.example.net}]}}\n"


def kind(name, controller):
    return CLASS.replace("NAME", name).replace("CONTROLLER", controller)


@pytest.mark.parametrize(
    ("ingress", "beside", "profiles", "said"),
    [
        pytest.param("ingressClassName: nginx", [kind("nginx", "k8s.io/ingress-nginx")], ["ingress-nginx"],
                     "class nginx, whose controller k8s.io/ingress-nginx is not in this set", id="its class is there"),
        pytest.param("ingressClassName: blue", [kind("blue", "traefik.io/ingress-controller")], ["traefik"],
                     "class blue", id="the class says which controller, whatever its own name"),
        pytest.param("ingressClassName: in", [kind("in", "k8s.io/internal-nginx")], ["ingress-nginx"],
                     "k8s.io/internal-nginx", id="a second controller of a known kind"),
        pytest.param("ingressClassName: kong", [kind("kong", "konghq.com/kong")], ["ingress-nginx"], "konghq.com/kong",
                     id="a controller without a profile: the usual one"),
        pytest.param("ingressClassName: nginx", [kind("other", "k8s.io/ingress-nginx")], [], "",
                     id="a class that is not there, beside one that is"),
        pytest.param("ingressClassName: old", [kind("other", "example.com/x"), STATUS], ["ingress-nginx"],
                     "Ingress default/web, whose status has an address", id="the same, and its status has an address"),
        pytest.param("defaultBackend:", [kind("other", "example.com/x"), STATUS], ["ingress-nginx"],
                     "whose status has an address", id="no class, and its status has an address"),
        pytest.param("ingressClassName: blue", [kind("blue", "k8s.io/ingress-nginx"), CONTROLLER], ["ingress-nginx"],
                     "", id="a controller of this kind runs under another name: nobody is assumed"),
        pytest.param("ingressClassName: t", [kind("t", "traefik.io/ingress-controller"), CONTROLLER],
                     ["ingress-nginx", "traefik"], "class t", id="a controller of another kind runs"),
    ],
)  # fmt: skip
def test_who_must_run_elsewhere_is_assumed_and_said(ingress, beside, profiles, said):
    text = INGRESS.replace("CLASS", ingress) + "".join(b for b in beside if b is STATUS)
    found = cluster(text, *(b for b in beside if b is not STATUS))
    assert [c.profile for c in found.controllers] == profiles
    assumed = [a for a in found.assumptions if "Ingress controller" in a.what]
    assert [a for a in assumed if said in a.what and "--controller" in a.otherwise] == assumed
    assert bool(assumed) is bool(said)
    final = route(found, Request("a.example")).final
    assert (final.code not in {"SIM2002", "SIM2004"}) is bool(said)
    assert cluster(text, controllers=()).controllers == ()


def test_an_assumed_controller_stands_at_the_address_of_a_status():
    text = INGRESS.replace("CLASS", "ingressClassName: nginx") + STATUS
    found = cluster(text, kind("nginx", "k8s.io/ingress-nginx"), service(target="8080"))
    for url in ("http://a.example/", "http://lb.example.net/"):
        first = route(found, Request.parse(url, headers={"Host": "a.example"})).hops[0]
        assert first.before["destination"] == "lb.example.net:80"


@pytest.mark.parametrize(
    ("defaults", "got"),
    [
        pytest.param(0, None, id="no default class"),
        pytest.param(1, "c0", id="the default class is filled in"),
        pytest.param(2, "c1", id="of two default classes the newer one"),
    ],
)
def test_the_default_class_is_filled_in_at_admission(defaults, got):
    classes = [
        "apiVersion: networking.k8s.io/v1\nkind: IngressClass\n"
        f"metadata: {{name: c{n}, creationTimestamp: '202{n}-01-01T00:00:00Z', annotations: {{ingressclass.kubernetes.io/is-default-class: '{str(n < defaults).lower()}'}}}}\n"
        "spec: {controller: example.com/x}\n"
        for n in range(2)
    ]
    found = cluster(*classes, INGRESS.replace("CLASS", ""))
    assert class_after_admission(found.ingresses[0], found.ingress_classes) == got


def test_nodes_and_zones_can_be_stated():
    found = cluster(DEPLOYMENT, nodes=(("n1", "east"), ("n2", "west")))
    assert {p.zone for p in found.pods.values()} == {"east", "west"}
    assert not found.assumptions


def test_nodes_that_only_pods_and_slices_name_are_nodes():
    text = """
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec: {nodeName: worker-7, containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-x, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints:
- {addresses: [10.1.0.1], nodeName: worker-7, zone: eu-1b}
- {addresses: [10.1.0.2], nodeName: worker-9}
ports: [{port: 80}]
"""
    found = build(merge(from_document(d) for d in documents(text, "dump.yaml")))
    assert [n.name for n in found.nodes] == ["worker-7", "worker-9", "node-a"]
    assert found.nodes[0].zone == "eu-1b"
    assert "worker-7, worker-9" in found.assumptions[0].what
    assert route(found, Request("web.default")).final.state == "delivered"
