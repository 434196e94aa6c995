"""Reading with positions against PyYAML's C loader, and the inspection of a large installation.

python tests/benchmarks/loading.py

500 Ingress documents: PyYAML's CSafeLoader makes values of them; `pieces` does so with a place for each value;
`load` also decodes, validates and links. And `sim inspect` on 2 MB in the manner of an operator's install.yaml:
CustomResourceDefinitions with deep schemas, and some objects. Interleaved runs, medians of CPU time; compare
the ratios of one run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from sim.manifests.reading.loading import load, pieces

ROUNDS = 15
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web-{n}
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/ssl-redirect: "false"
spec:
  ingressClassName: nginx
  rules:
  - host: shop-{n}.example.com
    http:
      paths:
      - path: /cart
        pathType: Prefix
        backend:
          service: {{name: cart, port: {{number: 80}}}}
      - path: /
        pathType: Exact
        backend:
          service:
            name: web
            port:
              name: http
"""


def cpu_s(task: Callable[[], object]) -> float:
    """CPU time of one run."""
    start = time.process_time()
    task()
    return time.process_time() - start


def schema(depth: int) -> dict[str, object]:
    """An OpenAPI schema as controller-gen writes it: properties within properties, each with its sentence."""
    described = {
        "description": "What this field is for, in a sentence or two, as generators of schemas write it."
    }
    if not depth:
        return {**described, "type": "string"}
    properties = {f"field{depth}{letter}": schema(depth - 1) for letter in "abcd"}
    return {**described, "type": "object", "properties": properties}


def installation(size: int) -> str:
    """About `size` bytes of install.yaml."""
    group = {"group": "example.com", "scope": "Namespaced"}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema(5)}}]
    kind = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {**group, "versions": versions},
    }
    text = ""
    for number in range(10**6):
        if len(text) >= size:
            break
        named = {**kind, "metadata": {"name": f"kind{number}.example.com"}}
        text += f"---\n{yaml.dump(json.loads(json.dumps(named)), Dumper=yaml.CSafeDumper)}---\n{INGRESS.format(n=number)}"
    return text


def main() -> None:
    """Measure in turns, print medians and ratios."""
    text = "---\n".join(INGRESS.format(n=n) for n in range(500))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ingresses.yaml"
        file.write_text(text)
        tasks: dict[str, Callable[[], object]] = {
            "CSafeLoader: values": lambda: list(yaml.load_all(text, yaml.CSafeLoader)),
            "pieces: values and places": lambda: list(pieces(text, "a.yaml")),
            "load: and decoded, validated": lambda: load([str(file)]),
        }
        times: dict[str, list[float]] = {name: [] for name in tasks}
        for _ in range(ROUNDS):
            for name, task in tasks.items():
                times[name].append(cpu_s(task))
        whole = statistics.median(times["CSafeLoader: values"])
        for name, measured in times.items():
            median = statistics.median(measured)
            print(f"{name:30} median {median * 1e3:6.1f} ms   {median / whole:4.2f} x CSafeLoader")
        inspect_installation(Path(folder) / "install.yaml")


def inspect_installation(file: Path) -> None:
    """`sim inspect` on 2 MB, from cold."""
    file.write_text(installation(2 * 10**6))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "sim", "inspect", "-f", str(file)], stdout=subprocess.DEVNULL, check=False
        )
        times.append(time.perf_counter() - start)
    print(
        f"{'sim inspect':30} median {statistics.median(times):6.2f} s    {file.stat().st_size / 1e6:.1f} MB install.yaml"
    )


if __name__ == "__main__":
    main()
