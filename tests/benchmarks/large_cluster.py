"""What a large cluster costs: `python tests/benchmarks/large_cluster.py`.

Sets of 1,000 and of 10,000 Services, each with an EndpointSlice and a Deployment, are built and inspected:
what an object costs in each, and `sim inspect` as a whole against the time in which PyYAML's CSafeLoader takes
the same bytes. 1,000 rules on 100 hosts are compared with a copy in which ten rules name another Service:
`sim diff` as a whole against `sim inspect` of one of them. And one request is routed without an explanation,
with 100 and with 10,000 rules. CPU time, the best of some rounds; compare the ratios of one run.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from sim.analysis.inspect import inspect
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents, load
from sim.routing import Request, route
from sim.routing.building import build

SIZES = (1_000, 10_000)
ROUNDS = 3
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web-{n}
  namespace: shop
  labels:
    app: web-{n}
spec:
  selector:
    app: web-{n}
  ports:
  - name: http
    port: 80
    targetPort: 8080
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-{n}-abcde
  namespace: shop
  labels:
    kubernetes.io/service-name: web-{n}
addressType: IPv4
endpoints:
- addresses:
  - 10.{a}.{b}.{c}
  conditions:
    ready: true
  nodeName: node-a
  zone: zone-a
ports:
- name: http
  port: 8080
  protocol: TCP
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
  namespace: shop
  labels:
    app: web-{n}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web-{n}
  template:
    metadata:
      labels:
        app: web-{n}
    spec:
      containers:
      - name: web
        image: registry.example/web:1.0
        ports:
        - name: http
          containerPort: 8080
"""
RULE = "      - {{path: /p{n}, pathType: Prefix, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}\n"


def services(count: int) -> str:
    """So many Services, each with an EndpointSlice and a Deployment."""
    return "---\n".join(
        SERVICE.format(n=n, a=200 + n // 65_536, b=n // 256 % 256, c=n % 256) for n in range(count)
    )


def rules(hosts: int, each: int, other: frozenset[int] = frozenset()) -> str:
    """An Ingress per host for the class of ingress-nginx, and two Services.

    Args:
        other: numbers of the rules that name the second Service.
    """
    return "---\n".join(
        (*(_ingress(h, each, other) for h in range(hosts)), _service("web"), _service("other"))
    )


def _ingress(host: int, each: int, other: frozenset[int]) -> str:
    head = f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: h{host}, namespace: shop}}\n"
    spec = f"spec:\n  ingressClassName: nginx\n  rules:\n  - host: h{host}.example.com\n    http:\n      paths:\n"
    named = ((n, "other" if n in other else "web") for n in range(host * each, (host + 1) * each))
    return head + spec + "".join(RULE.format(n=n, service=service) for n, service in named)


def _service(name: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n"


def cpu_s(task: Callable[[], object]) -> float:
    start = time.process_time()
    task()
    return time.process_time() - start


def best_s(task: Callable[[], object]) -> float:
    """CPU time of the fastest of some runs, the collector at rest before each."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        times.append(cpu_s(task))
    return min(times)


def command_s(*words: str) -> float:
    """CPU time of the command `sim`, its start included."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "sim", *words], stdout=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(ROUNDS))


def sizes(folder: Path) -> None:
    """What an object costs among few and among many, and the whole command against the C loader."""
    per_object: dict[str, list[float]] = {}
    for size in SIZES:
        file = folder / f"services-{size}.yaml"
        file.write_text(services(size))
        manifests = load([str(file)])
        tasks: dict[str, Callable[[], object]] = {
            "load": partial(load, [str(file)]),
            "build": partial(build, manifests),
            "inspect": partial(inspect, manifests),
        }
        for name, task in tasks.items():
            per_object.setdefault(name, []).append(best_s(task) / (3 * size))
        per_object.setdefault("sim inspect", []).append(command_s("inspect", "-f", str(file)) / (3 * size))
    print(f"{'per object':<14} {'us at 1,000':>12} {'us at 10,000':>13} {'ratio':>6}")
    for name, (few, many) in per_object.items():
        print(f"{name:<14} {few * 1e6:>12.1f} {many * 1e6:>13.1f} {many / few:>6.2f}")
    loader_s = best_s(lambda: list(yaml.load_all(file.read_text(), yaml.CSafeLoader)))
    whole_s = per_object["sim inspect"][-1] * 3 * SIZES[-1]
    print(f"sim inspect of 10,000: {whole_s:.2f} s, {whole_s / loader_s:.2f} x CSafeLoader")


def comparison(folder: Path) -> None:
    """`sim diff` of 1,000 rules and a copy with ten changes against `sim inspect` of one of them."""
    files = (folder / "old.yaml", folder / "new.yaml")
    for file, other in zip(files, ((), range(5, 1_000, 100)), strict=True):
        file.write_text(rules(100, 10, frozenset(other)))
    inspect_s = command_s("inspect", "-f", str(files[0]))
    diff_s = command_s("diff", *map(str, files))
    print(f"sim diff of 1,000 rules: {diff_s:.2f} s, {diff_s / inspect_s:.2f} x sim inspect of one of them")


def routed() -> None:
    """One request without an explanation among 100 rules and among 10,000, the whole call."""
    asked = [Request(f"h{n}.example.com", f"/p{n * 10 + n}/x") for n in range(10)]
    times = []
    for hosts in (10, 1_000):
        cluster = build(merge(from_document(d) for d in documents(rules(hosts, 10), "rules.yaml")))
        times.append(best_s(lambda c=cluster: [route(c, r, explain=False) for r in asked * 100]) / 1_000)
    few, many = times
    print(f"route: {few * 1e6:.1f} us at 100 rules, {many * 1e6:.1f} us at 10,000, ratio {many / few:.2f}")


def main() -> None:
    """Measure, print figures and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        sizes(Path(folder))
        comparison(Path(folder))
    routed()


if __name__ == "__main__":
    main()
