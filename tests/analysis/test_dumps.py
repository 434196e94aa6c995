"""Dumps of a cluster: addresses, ready conditions and ends of Pods are as the dump says; and how old it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from command import sim

URL = "http://shop.example.com/cart"


def meta(name: str, namespace: str | None = "shop", **more: Any) -> dict[str, Any]:
    """Metadata as a live object has it."""
    fields = {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}}}}
    managed = {
        "manager": "kubectl",
        "operation": "Update",
        "time": "2026-11-20T09:30:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    common = {
        "name": name,
        "uid": f"0b1c-{name}",
        "resourceVersion": "4711",
        "creationTimestamp": "2026-11-01T08:00:00Z",
    }
    return common | {"managedFields": [managed]} | ({"namespace": namespace} if namespace else {}) | more


def pod(number: int, ready: bool = True, **more: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-11-24T10:00:00Z"}
    condition |= {} if ready else {"reason": "ContainersNotReady", "message": "probe failed"}
    containers = [{"name": "cart", "image": "cart:1", "ports": [{"containerPort": 8080, "name": "http"}]}]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": meta(f"cart-{number}", labels={"app": "cart"}, **more),
        "spec": {"nodeName": "n1", "containers": containers},
        "status": {"phase": "Running", "podIP": f"10.244.1.{number}", "conditions": [condition]},
    }  # fmt: skip


def workload(
    name: str, namespace: str, image: str, ready: int | None = None, args: tuple[str, ...] = ()
) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": name, "image": image, "args": list(args), "ports": [{"containerPort": 8080, "name": "http"}]}]},
    }  # fmt: skip
    status = {"observedGeneration": 1, "replicas": 2} | ({"readyReplicas": ready} if ready else {})
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(name, namespace), "status": status if ready is not None else {},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template},
    }  # fmt: skip


def service(name: str, namespace: str, kind: str, address: str | None = None) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    balancer = {"ingress": [{"ip": address}]} if address else {}
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": meta(name, namespace), "status": {"loadBalancer": balancer},
        "spec": {"type": kind, "clusterIP": "10.96.7.7", "selector": {"app": name}, "ports": ports, "sessionAffinity": "None"},
    }  # fmt: skip


def endpoint(number: int, **conditions: bool) -> dict[str, Any]:
    return {
        "addresses": [f"10.244.1.{number}"],
        "conditions": conditions,
        "nodeName": "n1",
        "targetRef": {"kind": "Pod", "name": f"cart-{number}", "namespace": "shop"},
    }


NODE = {
    "apiVersion": "v1", "kind": "Node", "metadata": meta("n1", None, labels={"topology.kubernetes.io/zone": "eu-1a"}),
    "status": {
        "addresses": [{"type": "InternalIP", "address": "10.0.0.7"}],
        "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-11-25T07:15:00Z"}],
    },
}  # fmt: skip
CLASS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": meta("nginx", None),
    "spec": {"controller": "k8s.io/ingress-nginx"},
}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta("shop"),
    "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": [
        {"path": "/cart", "pathType": "Prefix", "backend": {"service": {"name": "cart", "port": {"number": 80}}}}]}}]},
    "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.77"}]}},
}  # fmt: skip
CONTROLLER = workload(
    "front",
    "ingress",
    "registry.k8s.io/ingress-nginx/controller:v1.14.0",
    2,
    ("--controller-class=k8s.io/ingress-nginx",),
)
SLICE = {
    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    "metadata": meta("cart-x7", labels={"kubernetes.io/service-name": "cart"}),
    "endpoints": [endpoint(1, ready=True), endpoint(2, ready=False), endpoint(3, ready=False, serving=True, terminating=True)],
}  # fmt: skip
ENDING = {"deletionTimestamp": "2026-11-25T07:14:00Z", "deletionGracePeriodSeconds": 30}
CLUSTER = [
    NODE,
    CLASS,
    INGRESS,
    CONTROLLER,
    service("front", "ingress", "LoadBalancer", "203.0.113.77"),
    service("cart", "shop", "ClusterIP"),
]
PODS = [pod(1), pod(2, ready=False), pod(3, **ENDING)]


def dumped(folder, *items: dict[str, Any]) -> str:
    file = folder / "dump.json"
    file.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
    )
    return str(file)


def trace(file: str, *words: str) -> dict[str, Any]:
    return json.loads(sim("trace", "-f", file, "-o", "json", *words).out)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param([workload("cart", "shop", "cart:1", 1), *PODS], id="from the Pods' conditions"),
        pytest.param([*PODS, SLICE], id="from the EndpointSlice"),
    ],
)
def test_only_what_the_dump_calls_ready_is_reached(more, tmp_path):
    found = trace(dumped(tmp_path, *CLUSTER, *more), URL)
    assert found["final"]["state"] == "delivered"
    assert found["final"]["pod"] == "shop/cart-1"
    assert found["assumptions"] == []


def test_where_no_pod_is_ready_the_trace_says_why(tmp_path):
    file = dumped(tmp_path, *CLUSTER, *PODS[1:])
    final = trace(file, URL)["final"]
    assert (final["state"], final["status"], final["code"]) == ("answered-by-proxy", 503, "SIM2003")
    said = " ".join(sim("trace", "-f", file, URL, "--all-rules").out.split())
    assert "probe failed" in said
    assert "terminating" in said


@pytest.mark.parametrize(("ready", "state"), [(1, "delivered"), (0, "answered-by-proxy")])
def test_without_pods_the_status_of_their_workload_counts(ready, state, tmp_path):
    final = trace(dumped(tmp_path, *CLUSTER, workload("cart", "shop", "cart:1", ready)), URL)["final"]
    assert final["state"] == state
    assert final["pod"] == ("shop/cart-1" if ready else None)


def test_names_and_addresses_of_a_status_lead_in(tmp_path):
    file = dumped(tmp_path, *CLUSTER, *PODS)
    for url in (URL, "http://203.0.113.77/cart"):
        found = trace(file, "-H", "Host: shop.example.com", url)
        assert found["hops"][0]["before"]["destination"] == "203.0.113.77:80"
        assert found["final"]["state"] == "delivered"


def test_a_load_balancer_without_an_address_is_still_pending(tmp_path):
    pending = [
        service("front", "ingress", "LoadBalancer")
        if i["metadata"]["name"] == "front" and i["kind"] == "Service"
        else i
        for i in CLUSTER
    ]
    shown = json.loads(sim("inspect", "-f", dumped(tmp_path, *pending, *PODS), "-o", "json").out)
    assert "SIM1401" in {f["code"] for f in shown["findings"]}


def test_the_newest_time_of_a_dump_is_said(tmp_path):
    file = dumped(tmp_path, *CLUSTER, *PODS)
    assert "as of 2026-11-25T07:15:00Z" in sim("inspect", "-f", file).out
    assert "2026-11-25T07:15:00Z" in sim("trace", "-f", file, URL).out
    assert any("2026-11-25T07:15:00Z" in n["message"] for n in trace(file, URL)["notes"])
