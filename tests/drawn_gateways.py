"""Gateway API sets drawn at random: classes, Gateways with listeners, routes of several namespaces, and slips.

A draw depends on its seed alone.
"""

from __future__ import annotations

from random import Random
from typing import Any

import yaml

HOSTS = ("shop.example", "api.example", "*.shop.example", "")
Manifest = dict[str, Any]
_API = "gateway.networking.k8s.io/v1"


def draw(seed: int) -> str:
    """A set of manifests, as a text of YAML."""
    random = Random(seed)
    objects: list[Manifest] = [
        _made(
            "GatewayClass", "envoy", spec={"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}
        )
    ]
    objects += [_gateway(random, name) for name in ("door", "gate")[: random.choice((1, 1, 2))]]
    objects += [item for name in ("web", "api")[: random.choice((1, 2, 2, 2))] for item in _app(random, name)]
    objects += [_route(random, number) for number in range(random.choice((1, 1, 2)))]
    if random.random() < 0.5:
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "kubernetes.io/tls",
                "metadata": {"name": "cert", "namespace": "shop"},
            }
        )
    return yaml.safe_dump_all(objects, sort_keys=False)


def _made(kind: str, name: str, namespace: str | None = None, **more: Any) -> Manifest:
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name, **where}, **more}


def _gateway(random: Random, name: str) -> Manifest:
    listeners = []
    for number, port in enumerate(random.choice(((80,), (80,), (80, 443), (80, 80)))):
        host = random.choice((*HOSTS, "", "", "", ""))
        listener: Manifest = {
            "name": f"l{number}",
            "port": port,
            "protocol": "HTTPS" if port == 443 else "HTTP",
        }
        listener |= {"hostname": host} if host else {}
        listener |= (
            {"tls": {"certificateRefs": [{"name": random.choice(("cert", "cert", "crt"))}]}}
            if port == 443
            else {}
        )
        listener |= {"allowedRoutes": {"namespaces": {"from": "All"}}} if random.random() < 0.7 else {}
        listeners.append(listener)
    kind = random.choice(("envoy",) * 11 + ("envoi",))
    return _made("Gateway", name, "shop", spec={"gatewayClassName": kind, "listeners": listeners})


def _app(random: Random, name: str) -> list[Manifest]:
    labels = {"app": name}
    pods = [{"name": "c", "image": "example/web:1", "ports": [{"containerPort": 8080}]}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": pods}}
    spec = {
        "replicas": random.choice((0, 1, 2, 2, 2, 2, 2, 2)),
        "selector": {"matchLabels": labels},
        "template": template,
    }
    meta = {"name": name, "namespace": "shop"}
    selector = labels if random.random() < 0.95 else {"app": "other"}
    ports = [{"port": 80, "targetPort": random.choice((8080, 8080, 8080, 8080, 8080, "web"))}]
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": selector, "ports": ports},
        },
    ]


def _route(random: Random, number: int) -> Manifest:
    parent: Manifest = {"name": random.choice(("door",) * 7 + ("gate",)), "namespace": "shop"}
    parent |= {"sectionName": random.choice(("l0", "l0", "l9"))} if random.random() < 0.2 else {}
    rules = []
    for path in random.sample(("/", "/a", "/b"), random.choice((1, 2))):
        names = random.choice((("web",),) * 4 + (("api",), ("web", "api"), ()))
        ports = random.choice((80,) * 9 + (81,))
        refs = [
            {"name": n, "namespace": "shop", "port": ports, "weight": random.choice((1, 1, 1, 0, 9))}
            for n in names
        ]
        match = {"path": {"type": "PathPrefix", "value": path}}
        rules.append({"matches": [match], **({"backendRefs": refs} if refs else {})})
        if random.random() < 0.1:
            redirect = {"scheme": random.choice(("http", "https")), "statusCode": 301}
            rules[-1] = {
                "matches": [match],
                "filters": [{"type": "RequestRedirect", "requestRedirect": redirect}],
            }
    hosts = random.sample([h for h in HOSTS if h], random.choice((1, 1, 2)))
    namespace = random.choice(("shop",) * 7 + ("team",))
    return _made(
        "HTTPRoute",
        f"r{number}",
        namespace,
        spec={"parentRefs": [parent], "hostnames": hosts, "rules": rules},
    )
