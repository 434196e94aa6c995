"""An application behind an ingress-nginx that is told things: by its ConfigMap, by annotations of the rule."""

from __future__ import annotations

import json

from edge import controller
from small import NO_DELAY, app, experiment

HOST = "web.shop.example"
CLASS = {"ingressClassName": "web"}
RULE = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": CLASS
    | {
        "rules": [
            {
                "host": HOST,
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "web", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ]
    },
}


def told(data, annotations=None, pods=2, **keys):
    """An experiment whose controller reads these settings."""
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "ingress-nginx"},
        "data": data,
    }
    rule = RULE | {"metadata": RULE["metadata"] | {"annotations": annotations or {}}}
    items = [*controller("--configmap=$(POD_NAMESPACE)/settings"), settings, rule]
    text = "\n---\n".join((app(pods=pods), *map(json.dumps, items)))
    row = {"host": HOST, "path": "/"} | keys.pop("row", {"rps": 50, "duration_s": 2})
    return experiment(text, traffic=[row], latency=NO_DELAY, **keys)
