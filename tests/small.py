"""A small application and its scenario, made in memory: one Service, so many Pods, so many workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.manifests.decoding import from_document, merge
from sim.manifests.objects.meta import Origin
from sim.manifests.reading.loading import documents
from sim.scenario import read_scenario
from sim.scenario.experiment import Experiment
from sim.simulation.design import Design, compile_design

NO_DELAY = dict.fromkeys(("client", "zone", "cross_zone", "dns", "load_balancer", "tls_cpu"), "0ms")
APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  replicas: PODS
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec: {type: LoadBalancer, selector: {app: NAME}, ports: [{port: 80, targetPort: 8080}]}
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  rules:
  - host: web.shop.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}
"""
HOST = "web.shop.example"


def app(name: str = "web", pods: int = 1) -> str:
    """Deployment and Service."""
    return APP.replace("NAME", name).replace("PODS", str(pods))


def rolling(folder: Path, more: str = "") -> str:
    """The scenario file of three Pods that are rolled out at 10 s, with more keys, in a folder."""
    (folder / "app.yaml").write_text(app(pods=3))
    (folder / "scenario.yaml").write_text(
        f"manifests: [app.yaml]\nevents: [{{at: 10s, rollout: shop/web}}]\n{more}"
        f"traffic: [{{host: {HOST}, rps: 20, duration_s: 60}}]\n"
    )
    return str(folder / "scenario.yaml")


def experiment(manifests: str | None = None, **keys: Any) -> Experiment:
    """An experiment of these manifests and scenario keys."""
    found = merge(from_document(d) for d in documents(manifests or app(), "app.yaml"))
    origin = Origin("scenario.yaml", {})
    scenario = read_scenario({"manifests": ["app.yaml"], **keys}, origin)
    return Experiment("small", scenario, found, origin)


def design(found: Experiment, plan: str) -> Design:
    """The compiled design of one plan."""
    return compile_design(found.plans([plan])[0], found.scenario, found.rules)
