"""Cost of a kube-proxy decision against the number of Services, per mode: `python tests/benchmarks/kube_proxy_cost.py`.

Time is that of this model; what a kernel would do is the number of rules or look-ups passed.
"""

from __future__ import annotations

import time

from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build
from sim.routing.kube_proxy import MODES, Packet, proxy_of

SIZES = (1, 100, 1_000, 10_000)
QUESTIONS = 2_000
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: sNUMBER, namespace: shop}
spec: {clusterIP: 10.96.HIGH.LOW, selector: {app: web}, ports: [{port: 80}]}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
"""


def main() -> None:
    print(f"{'services':>9} {'mode':<9} {'passed':>7} {'us/decision':>12}")
    for size in SIZES:
        texts = (
            SERVICE.replace("NUMBER", str(n)).replace("HIGH", str(n // 250)).replace("LOW", str(n % 250 + 1))
            for n in range(size)
        )
        cluster = build(
            merge(from_document(d) for d in documents("---".join([POD, *texts]), "a.yaml")),
            Setup(controllers=()),
        )
        proxy = proxy_of(cluster, cluster.nodes[0])
        last = Packet("10.244.1.9", f"10.96.{(size - 1) // 250}.{(size - 1) % 250 + 1}", 80)
        for name, mode in MODES.items():
            passed = mode.decide(proxy, last).rules_passed
            start = time.perf_counter()
            for _ in range(QUESTIONS):
                mode.decide(proxy, last)
            took_us = (time.perf_counter() - start) / QUESTIONS * 1e6
            print(f"{size:>9} {name:<9} {passed:>7} {took_us:>12.1f}")


if __name__ == "__main__":
    main()
