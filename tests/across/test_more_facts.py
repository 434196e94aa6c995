"""A true object more never makes an answer worse: classes, statuses, nodes, endpoints and Pods that agree.

A set is drawn, asked, and asked again with what a cluster would show beside it: what was served is served.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from clusters import cluster

from sim.cluster.cluster import Cluster
from sim.routing import Request, route
from sim.routing.controllers import PROFILES

Manifest = dict[str, Any]

CLASSES = {
    "nginx": PROFILES["ingress-nginx"].controller,
    "internal": "k8s.io/internal-ingress-nginx",
    "plus": PROFILES["nginx-inc"].controller,
    "traefik": PROFILES["traefik"].controller,
    "haproxy": PROFILES["haproxy"].controller,
    "alb": PROFILES["aws-alb"].controller,
    "kong": "ingress-controllers.konghq.com/kong",
    None: PROFILES["ingress-nginx"].controller,
}
"""Class of an Ingress -> the controller that its IngressClass names, in a cluster where it is served."""

NAMES = ("web", "api")


def made(kind: str, version: str, name: str, **more: Any) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **more}


def app(random: Random, name: str, shown: bool) -> Iterator[Manifest]:
    """A Service with what stands behind it, or alone."""
    kind = random.choice(("ClusterIP", "NodePort", "LoadBalancer"))
    target = random.choice((8080, "http"))
    ports = [{"name": "main", "port": 80, "targetPort": target}]
    yield made("Service", "v1", name, spec={"type": kind, "selector": {"app": name}, "ports": ports})
    container = {"name": "c", "ports": [{"name": "http", "containerPort": 8080}]}
    if shown:
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
        spec = {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template}
        yield made("Deployment", "apps/v1", name, spec=spec)


def ingress(random: Random, name: str) -> Manifest:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}
    kind = random.choice(list(CLASSES))
    spec = {"rules": [{"host": f"{name}.example", "http": {"paths": [path]}}]} | (
        {"ingressClassName": kind} if kind else {}
    )
    found = made("Ingress", "networking.k8s.io/v1", name, spec=spec)
    if kind == "alb":
        found["metadata"]["annotations"] = {"alb.ingress.kubernetes.io/target-type": "ip"}
    return found


def gateway(name: str) -> Iterator[Manifest]:
    api = "gateway.networking.k8s.io/v1"
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    yield made("Gateway", api, "door", spec={"gatewayClassName": "std", "listeners": listeners})
    rules = [{"backendRefs": [{"name": name, "port": 80}]}]
    hosts = {"parentRefs": [{"name": "door"}], "hostnames": [f"{name}.example"]}
    yield made("HTTPRoute", api, name, spec=hosts | {"rules": rules})


def drawn(random: Random) -> list[Manifest]:
    """A set that is served, each name by an Ingress or a Gateway."""
    shown = random.random() < 0.7
    found = [one for name in NAMES for one in app(random, name, shown)]
    by_gateway = random.random() < 0.3
    return [
        *found,
        ingress(random, NAMES[0]),
        *(gateway(NAMES[1]) if by_gateway else [ingress(random, NAMES[1])]),
    ]


def of_kind(objects: list[Manifest], kind: str) -> list[Manifest]:
    return [one for one in objects if one["kind"] == kind]


Fact = Callable[[Random, list[Manifest], Cluster], Iterator[Manifest]]


def ingress_class(_: Random, objects: list[Manifest], __: Cluster) -> Iterator[Manifest]:
    """The classes in use; where an Ingress names none, there is a default one."""
    for kind in {one["spec"].get("ingressClassName"): None for one in of_kind(objects, "Ingress")}:
        default = {"ingressclass.kubernetes.io/is-default-class": "true"} if kind is None else {}
        meta = {"name": kind or "standard", "annotations": default}
        yield {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": meta,
               "spec": {"controller": CLASSES[kind]}}  # fmt: skip


def gateway_class(_: Random, objects: list[Manifest], __: Cluster) -> Iterator[Manifest]:
    for _one in of_kind(objects, "Gateway"):
        yield {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "std"},
               "spec": {"controllerName": "example.com/gateways"}}  # fmt: skip


def with_status(kind: str, status: Callable[[Random, int], Manifest]) -> Fact:
    def fact(random: Random, objects: list[Manifest], _: Cluster) -> Iterator[Manifest]:
        for number, one in enumerate(of_kind(objects, kind)):
            one["status"] = status(random, number)
        return iter(())

    return fact


def balancer(random: Random, number: int) -> Manifest:
    address = random.choice(({"ip": f"203.0.113.{77 + number}"}, {"hostname": f"lb-{number}.example.net"}))
    return {"loadBalancer": {"ingress": [address]}}


def programmed(_: Random, number: int) -> Manifest:
    conditions = [{"type": "Programmed", "status": "True", "reason": "Programmed"}]
    return {
        "addresses": [{"type": "IPAddress", "value": f"203.0.113.{120 + number}"}],
        "conditions": conditions,
    }


def service_status(random: Random, objects: list[Manifest], _: Cluster) -> Iterator[Manifest]:
    for number, one in enumerate(of_kind(objects, "Service")):
        if one["spec"]["type"] == "LoadBalancer":
            one["status"] = balancer(random, 40 + number)
    return iter(())


def nodes(_: Random, __: list[Manifest], found: Cluster) -> Iterator[Manifest]:
    for one in found.nodes:
        labels = {"topology.kubernetes.io/zone": one.zone}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": one.name, "labels": labels},
               "status": {"addresses": [{"type": "InternalIP", "address": one.address}]}}  # fmt: skip


def slices(_: Random, objects: list[Manifest], found: Cluster) -> Iterator[Manifest]:
    for one in of_kind(objects, "Service"):
        name = one["metadata"]["name"]
        port = found.services[f"shop/{name}"].ports[0]
        ends = [
            {"addresses": [e.address], "conditions": {"ready": e.ready}, "nodeName": e.node}
            for e in port.endpoints
        ]
        meta = {"name": f"{name}-x7", "namespace": "shop", "labels": {"kubernetes.io/service-name": name}}
        numbers = {e.port for e in port.endpoints}
        yield {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4",
               "endpoints": ends, "ports": [{"name": "main", "port": n} for n in numbers]}  # fmt: skip


def pods(_: Random, objects: list[Manifest], found: Cluster) -> Iterator[Manifest]:
    """The Pods of the workloads, running and ready."""
    for one in of_kind(objects, "Deployment"):
        template, name = one["spec"]["template"], one["metadata"]["name"]
        for pod in (p for p in found.pods.values() if p.workload == f"Deployment shop/{name}"):
            meta = {"name": pod.name, "namespace": "shop", "labels": template["metadata"]["labels"]}
            status = {"phase": "Running", "podIP": pod.address, "conditions": [{"type": "Ready", "status": "True"}],
                      "containerStatuses": [{"name": "c", "ready": True, "state": {"running": {}}}]}  # fmt: skip
            spec = template["spec"] | {"nodeName": pod.node}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}


def namespace(_: Random, __: list[Manifest], ___: Cluster) -> Iterator[Manifest]:
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


FACTS: dict[str, Fact] = {
    "IngressClass": ingress_class,
    "GatewayClass": gateway_class,
    "status of Ingresses": with_status("Ingress", balancer),
    "status of Gateways": with_status("Gateway", programmed),
    "status of Deployments": with_status(
        "Deployment", lambda _, __: {"observedGeneration": 1, "readyReplicas": 2}
    ),
    "status of Services": service_status,
    "Nodes": nodes,
    "EndpointSlices": slices,
    "Pods": pods,
    "Namespace": namespace,
}


def answers(objects: list[Manifest]) -> dict[str, Any]:
    """The end of a request for each name, over https where a load balancer listens on nothing else."""
    found = cluster(*map(json.dumps, objects))
    return {name: route(found, Request.parse(f"http://{name}.example/a")).final for name in NAMES}


def added(random: Random, objects: list[Manifest], names: list[str]) -> list[Manifest]:
    """The set with more facts, each true of the cluster that the set alone is taken for."""
    before, more = cluster(*map(json.dumps, objects)), copy.deepcopy(objects)
    for name in names:
        more += list(FACTS[name](random, more, before))
    return more


@pytest.mark.parametrize("name", FACTS)
def test_one_fact_more_leaves_what_is_served_served(name):
    for seed in range(6):
        random = Random(f"{seed} {name}")
        objects = drawn(random)
        before, after = answers(objects), answers(added(random, objects, [name]))
        for host in NAMES:
            assert before[host].fine, (seed, host, before[host])
            assert (after[host].state, after[host].backend) == (before[host].state, before[host].backend), (
                seed,
                host,
                after[host],
            )


def test_many_facts_more_leave_what_is_served_served():
    for seed in range(20):
        random = Random(seed)
        objects = drawn(random)
        names = random.sample(list(FACTS), random.randint(2, len(FACTS)))
        after = answers(added(random, objects, names))
        assert all(final.fine for final in after.values()), (seed, names, after)


def test_where_a_true_object_shows_a_fault_the_fault_is_named():
    """A class of another name, and nobody's: the answer is worse, and says by which class."""
    for seed in range(20):
        random = Random(seed)
        objects = drawn(random)
        other = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "other"},
                 "spec": {"controller": "example.com/other"}}  # fmt: skip
        for host, final in answers([*objects, other]).items():
            ruling = next((i for i in of_kind(objects, "Ingress") if i["metadata"]["name"] == host), None)
            named = ruling["spec"].get("ingressClassName") if ruling else None
            assert final.fine or (final.code in {"SIM2002", "SIM2006"} and final.fix), (seed, host, final)
            assert final.fine or (named or "no class") in final.message


def test_a_gateway_with_an_address_is_served_whatever_classes_are_shown():
    other = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "other"},
             "spec": {"controllerName": "example.com/other"}}  # fmt: skip
    objects = [*app(Random(1), "api", True), *gateway("api")]
    asked = Request.parse("http://api.example/")
    refused = route(cluster(*map(json.dumps, [*objects, other])), asked).final
    assert (refused.code, "std" in refused.message) == ("SIM2057", True)
    list(FACTS["status of Gateways"](Random(1), objects, cluster()))
    found = cluster(*map(json.dumps, [*objects, other]))
    assert route(found, asked).final.backend == "shop/api:80"
    assert any("class std" in a.what for a in found.assumptions)


def test_an_address_in_a_status_is_a_way_in_in_any_letter_case():
    for seed in range(5):
        random = Random(seed)
        objects = added(
            random, drawn(random), ["status of Ingresses", "status of Gateways", "status of Services"]
        )
        found = cluster(*map(json.dumps, objects))
        for one in objects:
            status = one.get("status", {})
            for entry in (*status.get("loadBalancer", {}).get("ingress", ()), *status.get("addresses", ())):
                address = entry.get("ip") or entry.get("hostname") or entry.get("value")
                port = {"Ingress": 80, "Gateway": 80, "Service": 80}[one["kind"]]
                for host in (address, address.upper()):
                    trace = route(found, Request.parse(f"tcp://{host}:{port}"))
                    assert trace.hops[1].kind == "load-balancer", (seed, host, trace.final)


def test_without_a_controller_nothing_is_served_whatever_is_shown():
    for seed in range(10):
        random = Random(seed)
        objects = added(random, [*app(random, "web", True), ingress(random, "web")], list(FACTS))
        found = cluster(*map(json.dumps, objects), controllers=())
        assert not route(found, Request.parse("http://web.example/a"), to=None).final.rule
