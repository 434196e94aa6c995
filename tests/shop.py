"""A shop with a few Services, Ingresses written in a line, and what a client gets from a controller."""

from __future__ import annotations

import json

from sim.analysis.trace import Client
from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing import Request
from sim.routing.building import build

SERVICES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
""" + "---\n".join(
    f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{type: {kind}, selector: {{app: {app}}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""
    for name, kind, app in (
        ("web", "NodePort", "web"),
        ("cart", "NodePort", "web"),
        ("bare", "ClusterIP", "web"),
        ("empty", "NodePort", "nobody"),
    )
)


def ingress(name="shop", *rules, annotations=None, tls=(), made="2024-01-01T00:00:00Z", default=None, **spec):
    """An Ingress; a rule is (host, [(path, type, service or service:port)])."""

    def backend(text):
        service, _, port = text.partition(":")
        return (
            {
                "service": {
                    "name": service,
                    "port": {"number": int(port)} if port.isdigit() else {"name": port},
                }
            }
            if port
            else {"service": {"name": service, "port": {"number": 80}}}
        )

    found = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "creationTimestamp": made,
            "annotations": annotations or {},
        },
        "spec": {
            "ingressClassName": "web",
            "rules": [
                ({"host": host} if host else {})
                | (
                    {
                        "http": {
                            "paths": [{"path": p, "pathType": t, "backend": backend(s)} for p, t, s in paths]
                        }
                    }
                    if paths
                    else {}
                )
                for host, paths in rules
            ],
            **({"tls": [{"hosts": list(tls), "secretName": "cert"}]} if tls else {}),
            **({"defaultBackend": backend(default)} if default else {}),
        }
        | spec,
    }
    return json.dumps(found)


def traced(profile, url, *ingresses, **request):
    text = "\n---\n".join((SERVICES, *ingresses))
    manifests = merge(from_document(d) for d in documents(text, "shop.yaml"))
    return Client(build(manifests), profile).trace(Request.parse(url, **request))


def gateway(*routes):
    """A Gateway in namespace shop with one listener, and HTTPRoutes of (name, host, rules, age)."""
    found = [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "gw", "namespace": "shop"},
            "spec": {
                "gatewayClassName": "std",
                "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}],
            },
        }
    ]
    for name, host, rules, *age in routes:
        metadata = {"name": name, "namespace": "shop"} | ({"creationTimestamp": age[0]} if age else {})
        found.append(
            {
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "HTTPRoute",
                "metadata": metadata,
                "spec": {"parentRefs": [{"name": "gw"}], "hostnames": [host], "rules": rules},
            }
        )
    return "\n---\n".join(json.dumps(one) for one in found)


def to(service, *matches, **more):
    """A rule of an HTTPRoute: to a Service at port 80, if one of the matches holds."""
    rule = {"backendRefs": [{"name": service, "port": 80}]} | more
    return rule | ({"matches": list(matches)} if matches else {})


def path(value, kind="PathPrefix", **more):
    """A match of an HTTPRoute."""
    return {"path": {"type": kind, "value": value}} | more


def answer(profile, url, *ingresses, **request):
    """What a client gets: the Service, else the status, else the state."""
    final = traced(profile, url, *ingresses, **request).final
    if final.state == "delivered":
        return (final.backend or "").partition("/")[2].partition(":")[0]
    return final.status if final.status is not None else final.state
