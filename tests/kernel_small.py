"""Two Services with three endpoints each on one node, whose printed rules are loaded into a kernel."""

from __future__ import annotations

from pathlib import Path

import yaml
from command import sim

OBJECTS = tuple(
    yaml.safe_load_all("""
{apiVersion: v1, kind: Node, metadata: {name: node1}, status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  clusterIP: 10.96.0.1
  ports: [{name: http, port: 80, targetPort: 8080}, {name: dns, protocol: UDP, port: 53, targetPort: 5300}]
---
apiVersion: v1
kind: Service
metadata: {name: sticky, namespace: shop}
spec: {clusterIP: 10.96.0.2, sessionAffinity: ClientIP, ports: [{name: http, port: 80, targetPort: 8080}]}
""")
)
ENDPOINTS = ("10.244.1.1", "10.244.2.1", "10.244.3.1")


def small_cluster(folder: Path) -> Path:
    """One node, and two Services with three endpoints each."""
    slices = [
        {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": f"{name}-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": name}},
            "ports": [
                {"name": "http", "port": 8080, "protocol": "TCP"}, {"name": "dns", "port": 5300, "protocol": "UDP"},
            ],
            "endpoints": [{"addresses": [a], "conditions": {"ready": True}} for a in ENDPOINTS],
        }
        for name in ("web", "sticky")
    ]  # fmt: skip
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump_all([*OBJECTS, *slices]))
    return path


def small_rules(path: Path, mode: str, *more: str) -> str:
    """What the node of the small cluster has."""
    return sim("rules", "-f", str(path), "--mode", mode, *more).out


def clients(count: int) -> tuple[str, ...]:
    """So many client addresses."""
    return tuple(f"198.18.{i // 250}.{i % 250 + 1}" for i in range(count))
