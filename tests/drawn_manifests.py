"""Manifests drawn at random for tests of agreement: nodes, Pods, Services of every type, Ingresses, and slips.

A draw depends on its seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import yaml

NODES = {"node-1": "zone-a", "node-2": "zone-b", "node-3": "zone-b"}
SERVICES = ("web", "api", "old", "new")
HOSTS = ("shop.example", "api.example", "*.shop.example")
PATHS = (("/", "Prefix"), ("/a", "Prefix"), ("/a/b", "Exact"), ("/b", "Exact"))

Manifest = dict[str, Any]


def draw(seed: int) -> str:
    """A set of manifests, as a text of YAML; one in five holds something that the API server refuses."""
    random = Random(seed)
    objects = [*_nodes(), *(_class() if random.random() < 0.3 else ())]
    for name in random.sample(SERVICES, random.randint(1, 3)):
        objects += _app(random, name)
    ingresses = [_ingress(random, number) for number in range(random.choice((0, 1, 1, 2)))]
    objects += [*ingresses, *(_canary(random, one) for one in ingresses[:1] if random.random() < 0.7)]
    if random.random() < 0.2:
        _spoil(random, objects)
    return yaml.safe_dump_all(objects, sort_keys=False)


def _nodes() -> Iterator[Manifest]:
    for name, zone in NODES.items():
        labels = {"topology.kubernetes.io/zone": zone}
        yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _class() -> Iterator[Manifest]:
    yield {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "nginx"},
        "spec": {"controller": "k8s.io/ingress-nginx"},
    }


def _app(random: Random, name: str) -> Iterator[Manifest]:
    """A Service and its Pods, each on a node of its own choice; some are not ready, some listen elsewhere."""
    for number in range(random.choice((0, 1, 1, 2, 3, 4))):
        ready = "True" if random.random() < 0.85 else "False"
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{name}-{number}", "namespace": "shop", "labels": {"app": name}},
            "spec": {
                "nodeName": random.choice(list(NODES)),
                "containers": [
                    {"name": "c", "image": "c", "ports": [{"name": "http", "containerPort": 8080}]}
                ],
            },
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
        }
    kind = random.choice(("ClusterIP", "ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer"))
    port = {"name": "http", "port": 80, "targetPort": random.choice((8080, 8080, "http", "http", "web"))}
    spec: Manifest = {"type": kind, "selector": {"app": name}, "ports": [port]}
    if kind != "ClusterIP" and random.random() < 0.5:
        spec["externalTrafficPolicy"] = "Local"
    if random.random() < 0.2:
        spec["internalTrafficPolicy"] = "Local"
    if random.random() < 0.2:
        spec["trafficDistribution"] = "PreferClose"
    if random.random() < 0.15:
        spec["sessionAffinity"] = "ClientIP"
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    }


def _ingress(random: Random, number: int) -> Manifest:
    rules = []
    for host in random.sample(HOSTS, random.randint(1, 2)):
        chosen = random.sample(PATHS, random.randint(1, 3))
        paths = [{"path": p, "pathType": kind, "backend": _backend(random)} for p, kind in chosen]
        rules.append({"host": host, "http": {"paths": paths}})
    spec: Manifest = {"rules": rules}
    if random.random() < 0.9:
        spec["ingressClassName"] = random.choice(("nginx", "nginx", "nginx", "other"))
    if random.random() < 0.3:
        spec["tls"] = [{"hosts": ["shop.example"], "secretName": "cert"}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"i{number}", "namespace": "shop", "annotations": {}},
        "spec": spec,
    }


def _canary(random: Random, ingress: Manifest) -> Manifest:
    """A twin of an Ingress that takes a share of its requests, to other Services."""
    twin: Manifest = deepcopy(ingress)
    prefix = "nginx.ingress.kubernetes.io/canary"
    twin["metadata"] = {
        **ingress["metadata"],
        "name": "canary",
        "annotations": {prefix: "true", f"{prefix}-weight": random.choice(("10", "30"))},
    }
    for rule in twin["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            path["backend"] = _backend(random)
    return twin


def _backend(random: Random) -> Manifest:
    port = {"number": random.choice((80, 80, 80, 80, 8080))}
    return {"service": {"name": random.choice(SERVICES), "port": port}}


def _spoil(random: Random, objects: list[Manifest]) -> None:
    """One value that the API server refuses."""
    item = random.choice([o for o in objects if o["kind"] in {"Service", "Ingress", "Pod"}])
    if item["kind"] == "Ingress":
        item["spec"]["rules"][0]["http"]["paths"][0]["path"] = "no-slash"
    elif item["kind"] == "Service":
        item["spec"]["ports"][0]["port"] = 70_000
    else:
        item["metadata"]["name"] = "Upper_Case"
