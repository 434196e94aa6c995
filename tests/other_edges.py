"""A shop behind Traefik, HAProxy's controller or F5's, with a ConfigMap, arguments and more objects."""

from __future__ import annotations

import json

from shop import SERVICES

from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing.building import build

HOST = "a.example"
HTTP, HTTPS = f"http://{HOST}/x", f"https://{HOST}/x"
EDGE = {
    "traefik": ("traefik:v3.5", "traefik.io/ingress-controller", ["--providers.kubernetesingress"]),
    "haproxy": (
        "haproxytech/kubernetes-ingress:3.1", "haproxy.org/ingress-controller/web",
        ["--ingress.class=web", "--configmap=edge/settings"],
    ),
    "nginx-inc": (
        "nginx/nginx-ingress:5.0.0", "nginx.org/ingress-controller",
        ["-ingress-class=web", "-nginx-configmaps=$(POD_NAMESPACE)/settings"],
    ),
}  # fmt: skip


def built(profile, data=None, arguments=(), objects=(), annotations=None, of_service=None):
    """A shop behind a controller, with a ConfigMap and more arguments; `of_service`: annotations of `web`."""
    image, controller, usual = EDGE[profile]
    labels, metadata = {"app": "edge"}, {"name": "edge", "namespace": "edge"}
    container = {
        "name": "edge",
        "image": image,
        "args": [*usual, *arguments],
        "ports": [{"name": "http", "containerPort": 8000}, {"name": "https", "containerPort": 8443}],
    }
    ports = [
        {"name": "http", "port": 80, "targetPort": "http"},
        {"name": "https", "port": 443, "targetPort": "https"},
    ]
    items = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "web"},
            "spec": {"controller": controller},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata | {"annotations": annotations or {}},
            "spec": {"type": "LoadBalancer", "selector": labels, "ports": ports},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "edge"},
            "data": data or {},
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cert", "namespace": "shop"}},
    ]
    services = SERVICES.replace("{name: web,", f"{{name: web, annotations: {json.dumps(of_service or {})},")
    text = "\n---\n".join((services, *objects, *(json.dumps(item, indent=1) for item in items)))
    return build(merge(from_document(d) for d in documents(text, "set.yaml")))
