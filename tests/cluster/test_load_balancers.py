"""What load balancer a Service gets: by provider, controller, class and annotation; and on which provider it is."""

from __future__ import annotations

from fractions import Fraction

import pytest
import yaml

from sim.cluster.load_balancers.found import cloud_of
from sim.cluster.load_balancers.makers import in_words
from sim.cluster.load_balancers.targets import targets_of
from sim.cluster.load_balancers.values import Cloud, LoadBalancer
from sim.cluster.setup import Setup
from sim.manifests.reading.loading import load_text
from sim.routing import Request, route
from sim.routing.building import build

AWS, DO = "service.beta.kubernetes.io/aws-load-balancer-", "service.beta.kubernetes.io/do-loadbalancer-"
AZURE = "service.beta.kubernetes.io/azure-"
BOTH = Cloud("aws", ("aws-cloud-provider", "aws-load-balancer-controller"))
CLASS = {"loadBalancerClass": "service.k8s.aws/nlb"}


def service(annotations: dict[str, str] | None = None, **spec: object) -> str:
    ports = [
        {"name": "web", "port": 80, "targetPort": 8080},
        {"name": "tls", "port": 443, "targetPort": 8443},
    ]
    return yaml.safe_dump(
        {
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "annotations": annotations or {}},
            "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": ports, **spec},
        }
    )  # fmt: skip


def made(cloud: Cloud, annotations: dict[str, str] | None = None, **spec: object) -> LoadBalancer:
    cluster = build(load_text(service(annotations, **spec)), Setup(cloud=cloud))
    found = cluster.services["default/web"].balancer
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("annotations", "spec", "says"),
    [
        pytest.param({f"{AWS}healthcheck-protocol": "smtp"}, CLASS, "none of TCP, HTTP, HTTPS", id="check"),
        pytest.param({f"{AWS}ssl-ports": "9443"}, CLASS, "no port", id="a port that is not there"),
        pytest.param({f"{AWS}internal": "yes"}, CLASS, "neither true nor false", id="no boolean"),
        pytest.param({f"{AWS}ip-address-type": "ipv6"}, CLASS, "ipv4, dualstack", id="address type"),
        pytest.param({f"{AWS}attributes": "deletion"}, CLASS, "KEY=VALUE", id="no pair"),
        pytest.param({f"{AWS}target-group-attributes": "preserve_client_ip.enabled=on"}, CLASS, "true nor", id="kept"),
        pytest.param({f"{AWS}proxy-protocol": "yes"}, {}, "none of *", id="in-tree, PROXY"),
        pytest.param({}, {"sessionAffinity": "ClientIP"}, "not supported", id="in-tree, affinity"),
        pytest.param({}, {"loadBalancerIP": "203.0.113.9"}, "cannot be chosen", id="in-tree, address"),
        pytest.param({}, {"ports": [{"port": 53, "protocol": "UDP"}]}, "speak TCP", id="Classic, UDP"),
        pytest.param({}, {"allocateLoadBalancerNodePorts": False}, "no port has a node port", id="no node ports"),
    ],
)  # fmt: skip
def test_what_aws_refuses_is_an_error_that_names_it(annotations, spec, says):
    found = made(BOTH, annotations, **spec)
    assert found.state == "error"
    assert says in found.because
    assert found.cause


@pytest.mark.parametrize(
    ("cloud", "annotations", "spec", "words"),
    [
        (BOTH, {}, {}, "internet-facing Classic Load Balancer by the cloud provider of AWS; its targets are nodes"),
        (BOTH, {}, CLASS, "internal Network Load Balancer by the AWS Load Balancer Controller; its targets are nodes"),
        (BOTH, {f"{AWS}type": "nlb-ip"}, {}, "internal Network Load Balancer by the AWS Load Balancer Controller; its targets are Pods"),
        (Cloud("azure"), {f"{AZURE}load-balancer-internal": "true"}, {}, "internal load balancer that passes packets on by the cloud provider of Azure; its targets are nodes"),
        (Cloud("digitalocean"), {f"{DO}type": "REGIONAL"}, {}, "external load balancer that opens its own connections by the cloud controller of DigitalOcean; its targets are nodes"),
        (Cloud(), {}, {}, "load balancer; its targets are nodes"),
    ],
)  # fmt: skip
def test_a_load_balancer_is_said_in_one_phrase(cloud, annotations, spec, words):
    assert in_words(made(cloud, annotations, **spec)) == words


def test_proxy_lines_by_port_and_by_attribute():
    by_port = made(BOTH, {f"{AWS}proxy-protocol-per-target-group": "443"}, **CLASS)
    assert [bool(p.proxy_line) for p in by_port.ports] == [False, True]
    own = made(BOTH, {f"{AWS}target-group-attributes.443": "proxy_protocol_v2.enabled=true"}, **CLASS)
    assert [bool(p.proxy_line) for p in own.ports] == [False, True]
    nlb = made(BOTH, {f"{AWS}type": "nlb", f"{AWS}proxy-protocol": "*"})
    assert not nlb.proxy_protocol, "on an NLB the cloud provider reads the attribute alone"


def test_udp_keeps_the_client_whatever_the_targets():
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "web", "port": 80}]
    found = made(BOTH, {f"{AWS}nlb-target-type": "ip"}, ports=ports, **CLASS)
    assert [p.keeps_client for p in found.ports] == [True, False]


def test_a_port_without_a_rule_is_closed_on_azure():
    found = made(Cloud("azure"), {"service.beta.kubernetes.io/port_80_no_lb_rule": "true"})
    assert [p.number for p in found.ports] == [443]


def test_a_certificate_of_digitalocean_ends_tls_at_443():
    found = made(Cloud("digitalocean"), {f"{DO}type": "REGIONAL", f"{DO}certificate-id": "c"})
    assert [p.tls is not None for p in found.ports] == [False, True]


NODE = """
---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{topology.kubernetes.io/zone: {zone}{more}}}}}
spec: {{providerID: "{id}"}}
"""


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        pytest.param(service(), None, id="nothing shows it"),
        pytest.param(service({f"{AWS}type": "nlb"}), "aws", id="annotation"),
        pytest.param(service({f"{AZURE}load-balancer-internal": "true"}), "azure", id="Azure"),
        pytest.param(service({"networking.gke.io/load-balancer-type": "Internal"}), "gcp", id="GKE"),
        pytest.param(service({f"{DO}type": "REGIONAL"}), "digitalocean", id="DigitalOcean"),
        pytest.param(service(**CLASS), "aws", id="class"),
        pytest.param(service({f"{AWS}type": "nlb", f"{AZURE}dns-label-name": "a"}), None, id="signs of two"),
        pytest.param(service() + NODE.format(name="n", zone="a", more="", id="gce://p/z/n"), "gcp", id="node"),
        pytest.param(service() + NODE.format(name="n", zone="a", more="", id="kind://docker/n"), None, id="kind"),
        pytest.param(service({f"{AWS}type": "nlb"}) + NODE.format(name="n", zone="a", more="", id="azure:///n"), "azure", id="nodes beat annotations"),
    ],
)  # fmt: skip
def test_the_provider_is_found_or_not_assumed(text, provider):
    cloud, about = cloud_of(load_text(text))
    assert cloud.provider == provider
    assert bool(about) == (provider is not None and "kind: Node" not in text)


def test_what_only_the_controller_reads_says_that_it_runs_with_its_webhook():
    cluster = build(load_text(service({f"{AWS}scheme": "internet-facing"})))
    found = cluster.services["default/web"].balancer
    assert (found.created_by, found.scheme) == ("aws-load-balancer-controller", "internet-facing")
    assert any("webhook" in a.what for a in cluster.assumptions)


def test_aws_publishes_a_host_name_and_packets_come_to_node_ports():
    cluster = build(load_text(service({f"{AWS}type": "nlb"})))
    assert cluster.services["default/web"].load_balancer == ("web-default.elb.example",)


PODS = "".join(
    f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: web-{n}, labels: {{app: web}}}}
spec: {{nodeName: {node}, containers: [{{name: c, image: w}}]}}
status: {{podIP: 10.244.9.{n}}}
"""
    for n, node in enumerate(("n1", "n2", "n3", "n3"))
)
NODES = "".join(
    NODE.format(name=f"n{i}", zone=z, more="", id=f"aws:///{z}/{i}")
    for i, z in ((1, "a"), (2, "b"), (3, "b"))
)


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, ["1/2", "1/4", "1/4"]),
        ({f"{AWS}attributes": "load_balancing.cross_zone.enabled=true"}, ["1/3", "1/3", "1/3"]),
        ({f"{AWS}nlb-target-type": "ip"}, ["1/2", "1/6", "1/6", "1/6"]),
    ],
)  # fmt: skip
def test_a_zone_takes_its_part_whatever_stands_in_it(annotations, expected):
    cluster = build(load_text(service(annotations, **CLASS) + NODES + PODS))
    web = cluster.services["default/web"]
    found = targets_of(web.balancer, web, web.ports[0], cluster.nodes)
    assert [t.share for t in found] == [Fraction(text) for text in expected]


def test_a_node_with_the_label_is_no_target_and_gets_nothing():
    label = ", node.kubernetes.io/exclude-from-external-load-balancers: ''"
    nodes = NODES + NODE.format(name="n4", zone="c", more=label, id="aws:///c/4")
    cluster = build(load_text(service(**CLASS) + nodes + PODS))
    web = cluster.services["default/web"]
    found = targets_of(web.balancer, web, web.ports[0], cluster.nodes)
    assert [t.healthy for t in found] == [True, True, True, False]
    assert sum(t.share for t in found) == 1


RANGE = "service.beta.kubernetes.io/load-balancer-source-ranges"
OUTSIDE, INSIDE = "203.0.113.9", "198.51.100.9"
DROPLETS = Cloud("digitalocean")
TO_PODS = {f"{AWS}nlb-target-type": "ip", f"{AWS}scheme": "internet-facing"}


def end(cloud: Cloud, client: str, annotations: dict[str, str], **spec: object) -> tuple[str, str | None]:
    """How a connection of a client to the load balancer ends, and the code of the reason."""
    there = build(load_text(service(annotations, **spec)), Setup(cloud=cloud))
    final = route(there, Request("any", scheme="tcp", port=80, client_ip=client), to="lb:default/web").final
    return final.state, final.code


@pytest.mark.parametrize(
    ("cloud", "annotations", "spec"),
    [
        pytest.param(BOTH, TO_PODS, CLASS, id="Pods"),
        pytest.param(BOTH, {f"{AWS}scheme": "internet-facing"}, CLASS, id="nodes"),
        pytest.param(BOTH, {}, {}, id="Classic"),
        pytest.param(BOTH, {f"{AWS}type": "nlb"}, {}, id="NLB of the cloud provider"),
        pytest.param(DROPLETS, {}, {}, id="DigitalOcean"),
        pytest.param(Cloud("gcp"), {}, {}, id="Google Cloud: kube-proxy"),
    ],
)  # fmt: skip
def test_a_client_outside_the_source_ranges_does_not_come_through(cloud, annotations, spec):
    ranges = {"loadBalancerSourceRanges": ["198.51.100.0/24"]}
    assert end(cloud, OUTSIDE, annotations, **spec, **ranges) == ("dropped", "SIM2013")
    assert end(cloud, INSIDE, annotations, **spec, **ranges)[0] == "delivered"
    assert end(cloud, OUTSIDE, annotations, **spec)[0] == "delivered"


def test_on_aws_the_annotation_says_ranges_unless_the_field_does_or_groups_of_its_own():
    by_annotation = {RANGE: "198.51.100.0/24, 192.0.2.0/24"}
    assert made(BOTH, by_annotation, **CLASS).allows == ("198.51.100.0/24", "192.0.2.0/24")
    assert made(BOTH, by_annotation, **CLASS).allows_by == RANGE
    field = {"loadBalancerSourceRanges": ["10.0.0.0/8"]}
    assert made(BOTH, by_annotation, **CLASS, **field).allows_by == "loadBalancerSourceRanges"
    groups = by_annotation | {f"{AWS}security-groups": "sg-1"}
    assert made(BOTH, groups, **CLASS, **field).allows == ()
    assert made(DROPLETS, by_annotation).allows == ()
