"""Clusters from manifests that a test writes down."""

from __future__ import annotations

from typing import Any

from sim.cluster.cluster import Cluster
from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build


def cluster(*texts: str, name: str = "a.yaml", **setup: Any) -> Cluster:
    """What these manifests build.

    Args:
        texts: YAML.
        name: the file that reasons and assumptions name.
        setup: as for `Setup`.
    """
    return build(merge(from_document(d) for t in texts for d in documents(t, name)), Setup(**setup))


def behind_gateway(rule: str, class_name: str = "any") -> str:
    """A Gateway `edge` with a listener for http, and an HTTPRoute `shop` of shop.example with one rule.

    Args:
        rule: what stands in it, as YAML in one line.
        class_name: of the Gateway; no object shows the class.
    """
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec: {{gatewayClassName: {class_name}, listeners: [{{name: http, protocol: HTTP, port: 80}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: shop}}
spec:
  parentRefs: [{{name: edge}}]
  hostnames: [shop.example]
  rules: [{{{rule}}}]
"""


API = """
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {ports: [{port: 80}], selector: {app: api}}
"""
"""The Service that a rule of such a route may send to."""
