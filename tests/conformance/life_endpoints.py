"""Adapter of life/endpoints: hints and slices; which endpoints a node's kube-proxy uses, asked of kube-proxy itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml
from conformance.life_facts import FACT
from conformance.life_tables import Values, rule

from sim.cluster.cluster import Node
from sim.cluster.life.slices import slice_sizes
from sim.cluster.setup import Setup
from sim.cluster.topology_hints import (
    MODE,
    EndpointPlace,
    HintsReason,
    NodeCapacity,
    is_overloaded,
    topology_hints,
)
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build
from sim.routing.kube_proxy import Options, Proxy, proxy_of
from sim.routing.kube_proxy.health import health_answer

HEALTH_PORT = 32000
WHY = {
    HintsReason.ONE_ZONE: "one-zone-only",
    HintsReason.FEW_ENDPOINTS: "too-few-endpoints",
    HintsReason.NO_READY: "too-few-endpoints",
    HintsReason.OVERLOAD: "over-the-threshold",
    HintsReason.NO_NODE_CPU: "node-facts-missing",
    HintsReason.NO_ZONE: "endpoint-without-zone",
}


def _known(given: Values, keys: str) -> Values:
    unknown = set(given) - set(keys.split())
    if unknown:
        raise KeyError(f"unknown key {min(unknown)!r}")
    return given


def _capacity(number: int, node: Values) -> NodeCapacity:
    _known(node, "zone cpu ready control_plane")
    left_out = (
        "not ready" if not node.get("ready", True) else "control plane" if node.get("control_plane") else ""
    )
    return NodeCapacity(f"n{number}", node.get("zone") or "", node.get("cpu"), left_out)


@rule("nodes ready endpoint_without_zone")
def hints(asked: Values) -> Values:
    nodes = [_capacity(n, node) for n, node in enumerate(asked["nodes"])]
    places = [EndpointPlace(f"{z}-{n}", z, "") for z, count in asked["ready"].items() for n in range(count)]
    if asked.get("endpoint_without_zone"):
        places.append(EndpointPlace("nowhere", "", ""))
    made = topology_hints({MODE: "Auto"}, None, places, nodes)
    return {
        "hints": dict(Counter(made.zones.values())) if made.are_set else None,
        "why": WHY.get(made.reason),
    }


@rule("hinted cpu")
def overloaded(asked: Values) -> Values:
    cpu = {zone: round(cores * 1000) for zone, cores in asked["cpu"].items()}
    return {"overloaded": is_overloaded(asked["hinted"], cpu)}


@rule("traffic_distribution endpoints")
def distribution(asked: Values) -> Values:
    rows = [_known(e, "name zone node ready") for e in asked["endpoints"]]
    ready = [
        EndpointPlace(e["name"], e.get("zone") or "", e.get("node") or "")
        for e in rows
        if e.get("ready", True)
    ]
    made = topology_hints({}, asked.get("traffic_distribution"), ready, [])
    given = {"zones": made.zones, "nodes": made.nodes}
    return {
        "hints": {
            e["name"]: {kind: [of[e["name"]]] for kind, of in given.items() if e["name"] in of} for e in rows
        }
    }


@rule("endpoints max_per_slice")
def slices(asked: Values) -> Values:
    given = {"most": asked["max_per_slice"]} if "max_per_slice" in asked else {}
    return {"slices": slice_sizes(asked["endpoints"], **given)}


def _endpoint(number: int, row: Values) -> Values:
    _known(row, "name node zone ready serving terminating for_zones for_nodes")
    ready = row.get("ready", True)
    hinted = {
        k: [{"name": n} for n in row[w]]
        for w, k in (("for_zones", "forZones"), ("for_nodes", "forNodes"))
        if w in row
    }
    return {
        "addresses": [f"10.0.{number // 200}.{number % 200 + 1}"],
        "nodeName": row.get("node"),
        "conditions": {
            "ready": ready,
            "serving": row.get("serving", ready),
            "terminating": row.get("terminating", False),
        },
        **({"zone": row["zone"]} if row.get("zone") else {}),
        **({"hints": hinted} if hinted else {}),
    }


def proxy_with(endpoints: list[Values], policies: list[str], node: str = "n1", zone: str = "") -> Proxy:
    """The kube-proxy of a node that knows one Service with these endpoints."""
    local = "Local" in policies
    spec: dict[str, Any] = {
        "type": "LoadBalancer" if local else "ClusterIP",
        "clusterIP": "172.30.0.10",
        "ports": [{"port": 80}],
        "internalTrafficPolicy": "Cluster" if "Cluster" in policies else "Local",
    }
    if local:
        spec |= {"externalTrafficPolicy": "Local", "healthCheckNodePort": HEALTH_PORT}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
    piece = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [{"port": 8080}],
        "endpoints": [_endpoint(n, e) for n, e in enumerate(endpoints)],
    }
    text = yaml.safe_dump_all([service, piece])
    read = merge(from_document(d) for d in documents(text, "case.yaml"))
    cluster = build(read, Setup(controllers=(), assume_endpoints=False, provider=False))
    return proxy_of(cluster, Node(node, zone, "192.168.0.2"), Options())


def health_status(proxy: Proxy, proxy_healthy: bool = True) -> int | None:
    """What the health check node port says."""
    answer = health_answer(proxy, HEALTH_PORT, proxy_healthy)
    return answer.status if answer else None


@rule("policies node zone proxy_healthy endpoints")
def usable(asked: Values) -> Values:
    rows, policies = asked["endpoints"], asked.get("policies", ["Cluster"])
    names = {_endpoint(n, e)["addresses"][0]: e["name"] for n, e in enumerate(rows)}
    proxy = proxy_with(rows, policies, asked.get("node", "n1"), asked.get("zone") or "")
    _, port = proxy.index.by_address["172.30.0.10", "TCP", 80]
    found = proxy.categories(port)
    used = {"cluster": found.cluster, "local": found.local}
    order = [e["name"] for e in rows]
    said = {kind: sorted((names[e.address] for e in ends), key=order.index) for kind, ends in used.items()}
    kept = {kind: said[kind] for kind in ("cluster", "local") if kind.capitalize() in policies}
    return kept | {"health_check_node_port": health_status(proxy, asked.get("proxy_healthy", True))}


RULES = {
    "hints": hints,
    "overloaded": overloaded,
    "distribution": distribution,
    "usable": usable,
    "slices": slices,
    "fact": FACT,
}
