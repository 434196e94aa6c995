"""The engine `replay` against the same model in idiomatic SimPy: requests per second, and their ratio.

python tests/benchmarks/replay_speed.py [REQUESTS] [ROUNDS]

The model: Poisson arrivals, a constant delay, one of two controller Pods at random (exponential service, half
used), then one of eight Pods in the controller Pod's own turn (exponential service, used at 70 %). Both sides
draw, run, and sum up: mean, p50, p99 and requests per Pod. Ours records every instant of every request besides.
Rounds are interleaved; rates of a shared machine are noisy, so read the median of the ratios.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable
from math import ceil
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import peer_models
from small import NO_DELAY, app, experiment

from sim.scenario.experiment import Experiment
from sim.simulation.design import Design, compile_design
from sim.simulation.engines import run

PODS = 8
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: web.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


def ours(pods: int = PODS) -> tuple[Experiment, Design]:
    """The model as a scenario."""
    found = experiment(
        app(pods=pods).replace("type: LoadBalancer, ", "") + INGRESS,
        nodes={"zone-a": 1},
        controller={
            "profile": "ingress-nginx", "replicas": peer_models.FRONTS, "workers": 1,
            "service_time": {"exponential": f"{1 / peer_models.front_rate(pods)}s"},
        },
        service_time={"default": {"exponential": "1s"}},
        workers={"default": 1},
        latency={**NO_DELAY, "client": f"{peer_models.DELAY_S / 2}s"},
        traffic=[{"host": "web.example.com", "path": "/", "rps": peer_models.rate(pods), "keep_alive": 1, "requests": 1}],
    )  # fmt: skip
    return found, compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules)


def idiomatic(requests: int) -> dict[str, float]:
    """The model as SimPy's documentation would write it: a process per request, a Resource per Pod."""
    return summed_up(peer_models.simpy_idiomatic(requests, PODS, seed=1))


def summed_up(latencies: Iterable[float]) -> dict[str, float]:
    """Mean and two quantiles."""
    ordered = sorted(latencies)
    mean = statistics.fmean(ordered)
    return {"mean": mean, **{f"p{p}": ordered[ceil(p / 100 * len(ordered)) - 1] for p in (50, 99)}}


def main() -> None:
    """Run both in turns; print rates and ratios."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    found, design = ours()
    rates: list[tuple[float, float]] = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = run(design, found.scenario, 1, requests=requests)
        summary = result.summary()
        middle = time.perf_counter()
        theirs = idiomatic(requests)
        end = time.perf_counter()
        rates.append((requests / (middle - start), requests / (end - middle)))
        print(f"replay {rates[-1][0]:8,.0f}/s  idiomatic SimPy {rates[-1][1]:8,.0f}/s")
    used = [s.utilisation for s in result.stations]
    print(f"mean {summary['mean']:.3f} s against {theirs['mean']:.3f} s; used {[round(u, 2) for u in used]}")
    print(f"ratio, median of {rounds}: {statistics.median(a / b for a, b in rates):.2f}")


if __name__ == "__main__":
    main()
