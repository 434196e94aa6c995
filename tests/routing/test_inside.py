"""Connections that start at a node or in a Pod, in each mode of kube-proxy."""

from __future__ import annotations

import clusters
import pytest

from sim.cluster.setup import Setup
from sim.errors import UsageError
from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.inside import connect

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: shop}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
"""


def cluster():
    return clusters.cluster(APP)


@pytest.mark.parametrize(
    ("origin", "url", "mode", "state", "source"),
    [
        pytest.param(
            "pod:shop/web-1",
            "tcp://web.shop:80",
            "iptables",
            "delivered",
            None,
            id="a-pod-keeps-its-address-to-a-clusterip",
        ),
        pytest.param(
            "node:node-a",
            "tcp://web.shop:80",
            "nftables",
            "delivered",
            "192.168.0.2",
            id="a-node-is-masqueraded",
        ),
        pytest.param(
            "node:node-a",
            "tcp://192.168.0.2:30080",
            "ipvs",
            "delivered",
            "192.168.0.2",
            id="a-node-reaches-its-own-node-port",
        ),
        pytest.param(
            "pod:shop/web-1", "tcp://empty.shop:80", "iptables", "refused", None, id="no-endpoint-is-refused"
        ),
        pytest.param(
            "pod:shop/web-1",
            "tcp://web.shop:81",
            "nftables",
            "refused",
            None,
            id="nftables-refuses-a-wrong-port",
        ),
        pytest.param(
            "pod:shop/web-1",
            "tcp://web.shop:81",
            "iptables",
            "no-listener",
            None,
            id="iptables-leaves-a-wrong-port-alone",
        ),
        pytest.param(
            "pod:shop/web-1",
            "udp://web.shop:80",
            "ipvs",
            "refused",
            None,
            id="another-protocol-is-another-port",
        ),
    ],
)
def test_a_connection_from_inside_ends_as_its_mode_says(origin, url, mode, state, source):
    trace = connect(cluster(), Request.parse(url), origin, mode)
    assert trace.final.state == state
    hop = next(h for h in trace.hops if h.kind == "node")
    assert hop.after.get("source") == source
    assert state != "delivered" or sum(b.probability for b in hop.branches) == pytest.approx(1)


def test_a_pod_that_reaches_itself_is_masqueraded():
    hop = connect(cluster(), Request.parse("tcp://web.shop:80"), "pod:shop/web-1").hops[1]
    assert list(hop.after["source_if_endpoint"].values()) == ["192.168.0.2"]


def test_chains_stand_in_the_order_entered():
    hop = connect(cluster(), Request.parse("tcp://node-a:30080"), "node:node-a").hops[1]
    chains = [s.because.split("-")[1] for s in hop.steps if s.row.startswith("chain ")]
    assert chains == ["SERVICES", "NODEPORTS", "EXT", "SVC"]


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        pytest.param("node:nowhere", "tcp://web.shop:80", id="no-such-node"),
        pytest.param("pod:shop/web-1", "http://web.shop", id="a-web-request"),
        pytest.param("pod:shop/web-1", "tcp://ghost.shop:80", id="no-such-service"),
    ],
)
def test_what_cannot_be_asked_is_said(origin, url):
    with pytest.raises(UsageError):
        connect(cluster(), Request.parse(url), origin)


@pytest.mark.parametrize(
    ("url", "at", "state", "source"),
    [
        pytest.param("tcp://192.168.0.3:30080", "node-b", "delivered", "192.168.0.3", id="its-own-node-port"),
        pytest.param(
            "tcp://192.168.0.3:30080", "node-a", "delivered", "192.168.0.3", id="another-nodes-port"
        ),
        pytest.param(
            "tcp://web.shop:80", "node-a", "delivered", "192.168.0.2", id="a-clusterip-from-outside"
        ),
        pytest.param("tcp://empty.shop:80", "node-a", "refused", None, id="no-endpoint"),
    ],
)
def test_a_packet_from_outside_is_decided_by_the_node_that_it_reaches(url, at, state, source):
    trace = connect(cluster(), Request.parse(url), "client", at=at)
    assert trace.final.state == state
    assert trace.hops[0].before["source"] == "203.0.113.9"
    assert [h.after.get("source") for h in trace.hops if h.kind == "node"][-1] == source


@pytest.mark.parametrize(("origin", "at"), [("client", "nowhere"), ("node:node-a", "node-b")])
def test_where_a_packet_arrives_is_a_node_and_goes_with_clients_alone(origin, at):
    with pytest.raises(UsageError):
        connect(cluster(), Request.parse("tcp://web.shop:80"), origin, at=at)


DNS = """
apiVersion: v1
kind: Service
metadata: {name: each, namespace: shop}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: nobody, namespace: shop}
spec: {clusterIP: None, selector: {app: nobody}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: partner, namespace: shop}
spec: {type: ExternalName, externalName: api.example.com}
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: shop}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  healthCheckNodePort: 32100
  loadBalancerSourceRanges: [198.18.0.0/16]
  externalIPs: [198.51.100.77]
  selector: {app: web}
  ports: [{name: dns, protocol: UDP, port: 53, targetPort: 8080, nodePort: 30053}]
"""


def wider():
    return build(merge(from_document(d) for d in documents(f"{APP}---{DNS}", "a.yaml")), Setup())


@pytest.mark.parametrize(
    ("url", "state", "said"),
    [
        pytest.param(
            "tcp://each.shop:8080", "delivered", "itself, port 8080", id="headless-is-the-pod-itself"
        ),
        pytest.param("tcp://each.shop:80", "no-listener", "no rule turns", id="headless-maps-no-port"),
        pytest.param("tcp://nobody.shop:80", "dns-no-record", "no ready Pod", id="headless-without-pods"),
        pytest.param("tcp://partner.shop:443", "delivered", "api.example.com", id="externalname-is-a-name"),
        pytest.param("tcp://node-a:32100", "answered-by-proxy", "1 ready Pod", id="health-check-node-port"),
    ],
)
def test_what_has_no_rule_is_answered_all_the_same(url, state, said):
    final = connect(wider(), Request.parse(url), "pod:shop/web-1").final
    assert (final.state, said in final.message) == (state, True)


@pytest.mark.parametrize("mode", ["iptables", "nftables", "ipvs"])
@pytest.mark.parametrize(
    ("url", "client", "state"),
    [
        pytest.param("udp://192.168.0.2:30053", "203.0.113.9", "delivered", id="a-node-port-knows-no-ranges"),
        pytest.param(
            "tcp://192.168.0.2:30053", "203.0.113.9", "no-listener", id="a-node-port-has-a-protocol"
        ),
        pytest.param(
            "udp://198.51.100.77:53", "203.0.113.9", "delivered", id="an-external-ip-knows-no-ranges"
        ),
        pytest.param("udp://198.51.100.1:53", "203.0.113.9", "dropped", id="a-load-balancer-does"),
        pytest.param("udp://198.51.100.1:53", "198.18.1.1", "delivered", id="and-lets-its-own-in"),
        pytest.param("tcp://192.168.0.2:32100", "203.0.113.9", "answered-by-proxy", id="a-health-check"),
    ],
)
def test_a_client_outside_reaches_what_a_node_answers_for(url, client, state, mode):
    trace = route(wider(), Request.parse(url, client_ip=client), mode=mode)
    assert trace.final.state == state
