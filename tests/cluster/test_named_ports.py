"""A port that a Service names is a container's port of that name and protocol: random Pods against FindPort."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from clusters import cluster
from hypothesis import given
from hypothesis import strategies as st

from sim import fix, load
from sim.routing import Request, route
from sim.routing.inside import connect

NAMES = ("web", "dns", "web2")
PROTOCOLS = ("TCP", "UDP", "SCTP")

ports = st.lists(
    st.fixed_dictionaries(
        {"containerPort": st.integers(1000, 1009)},
        optional={"name": st.sampled_from(NAMES), "protocol": st.sampled_from(PROTOCOLS)},
    ),
    max_size=3,
)
containers = st.lists(
    st.fixed_dictionaries({"ports": ports}, optional={"restartPolicy": st.just("Always")}), max_size=2
)


def find_port(pod: dict[str, Any], name: str, protocol: str) -> int | None:
    """As pkg/api/v1/pod/util.go in kubernetes has it: containers in order, then sidecars in order."""
    sidecars = [c for c in pod["initContainers"] if c.get("restartPolicy") == "Always"]
    for container in (*pod["containers"], *sidecars):
        for port in container["ports"]:
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                return port["containerPort"]
    return None


def manifests(pod: dict[str, Any], name: str, protocol: str, kind: str = "ClusterIP") -> str:
    """A Pod and a Service with one port, 80, whose target is the name."""
    port = {"port": 80, "targetPort": name, "protocol": protocol}
    node_port = {"nodePort": 30080} if kind == "NodePort" else {}
    return yaml.safe_dump_all([
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "p"}},
         "spec": {"nodeName": "node-a", **pod}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
         "spec": {"type": kind, "selector": {"app": "p"}, "ports": [port | node_port]}},
    ])  # fmt: skip


@given(containers, containers, st.sampled_from(NAMES), st.sampled_from(PROTOCOLS))
def test_named_ports_are_found_as_kubernetes_finds_them(own, init, name, protocol):
    pod = {"containers": own, "initContainers": init}
    linked = cluster(manifests(pod, name, protocol)).services["default/s"].ports[0]
    expected = find_port(pod, name, protocol)
    assert [e.port for e in linked.ready] == ([] if expected is None else [expected])


@given(
    containers, st.sampled_from(NAMES), st.sampled_from(PROTOCOLS), st.sampled_from(["ClusterIP", "NodePort"])
)
def test_a_connection_ends_where_the_named_port_says(own, name, protocol, kind):
    pod = {"containers": own, "initContainers": []}
    expected = find_port(pod, name, protocol)
    url = f"{protocol.lower()}://{'node-b:30080' if kind == 'NodePort' else 's.default:80'}"
    final = connect(cluster(manifests(pod, name, protocol, kind)), Request.parse(url), "node:node-a").final
    if expected is None:
        assert (final.state, final.code) == ("refused", "SIM2012")
    else:
        assert (final.state, final.pod) == ("delivered", "default/p")
        assert final.endpoints[0].endswith(f":{expected}")


INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i}
spec:
  ingressClassName: nginx
  rules:
  - {host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}
"""


@pytest.mark.parametrize(
    ("protocol", "status", "says"),
    [
        pytest.param("TCP", None, "", id="name and protocol fit"),
        pytest.param("UDP", 503, "there it is UDP", id="the container's port of that name is UDP"),
    ],
)
def test_an_ingress_backend_finds_a_named_port_by_its_protocol(protocol, status, says):
    pod = {"containers": [{"ports": [{"name": "web", "containerPort": 8080, "protocol": protocol}]}]}
    final = route(cluster(manifests(pod, "web", "TCP"), INGRESS), Request.parse("http://a.example/")).final
    assert (final.status, final.code) == (status, "SIM2014" if status else None)
    assert says in final.message


def test_the_way_out_is_the_protocol_of_the_container_port(tmp_path):
    pod = {
        "containers": [
            {
                "name": "c",
                "image": "a:1",
                "ports": [{"name": "web", "containerPort": 8080, "protocol": "UDP"}],
            }
        ]
    }
    (tmp_path / "a.yaml").write_text(manifests(pod, "web", "TCP") + INGRESS)
    asked = Request.parse("http://a.example/")
    found = load([str(tmp_path / "a.yaml")])
    tried = fix(found, asked)
    assert tried is not None
    assert "protocol: TCP" in tried.patch
    assert "web be TCP" in tried.says
