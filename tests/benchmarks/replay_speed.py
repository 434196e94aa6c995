"""The engine `replay` against the same model in idiomatic SimPy: requests per second, and their ratio.

python tests/benchmarks/replay_speed.py [REQUESTS] [ROUNDS]

The model: Poisson arrivals, a constant delay, one of two controller Pods at random (exponential service, half
used), then one of eight Pods in the controller Pod's own turn (exponential service, used at 70 %). Both sides
draw, run, and sum up: mean, p50, p99 and requests per Pod. Ours records every instant of every request besides.
Rounds are interleaved; rates of a shared machine are noisy, so read the median of the ratios.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from math import ceil
from pathlib import Path

import simpy

sys.path.insert(0, str(Path(__file__).parents[1]))

from small import NO_DELAY, app, experiment

from sim.scenario.experiment import Experiment
from sim.simulation.design import Design, compile_design
from sim.simulation.engines import run

PODS, CONTROLLERS, DELAY_S, POD_USE, CONTROLLER_USE = 8, 2, 0.1, 0.7, 0.5
RATE = POD_USE * PODS
CONTROLLER_RATE = RATE / CONTROLLERS / CONTROLLER_USE
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


def ours() -> tuple[Experiment, Design]:
    """The model as a scenario."""
    found = experiment(
        app(pods=PODS).replace("type: LoadBalancer, ", "") + INGRESS,
        nodes={"zone-a": 1},
        controller={
            "profile": "ingress-nginx", "replicas": CONTROLLERS, "workers": 1,
            "service_time": {"exponential": f"{1 / CONTROLLER_RATE}s"},
        },
        service_time={"default": {"exponential": "1s"}},
        workers={"default": 1},
        latency={**NO_DELAY, "client": f"{DELAY_S / 2}s"},
        traffic=[{"host": "web.example.com", "path": "/", "rps": RATE, "keep_alive": 1, "requests": 1}],
    )  # fmt: skip
    return found, compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules)


def idiomatic(requests: int) -> dict[str, float]:
    """The model as SimPy's documentation would write it: a process per request, a Resource per Pod."""
    env, draw = simpy.Environment(), random.Random(1)
    controllers = [simpy.Resource(env, 1) for _ in range(CONTROLLERS)]
    pods = [simpy.Resource(env, 1) for _ in range(PODS)]
    turns, served, latency_s = [0] * CONTROLLERS, [0] * PODS, []

    def request():
        sent_s = env.now
        yield env.timeout(DELAY_S)
        controller = draw.randrange(CONTROLLERS)
        with controllers[controller].request() as turn:
            yield turn
            yield env.timeout(draw.expovariate(CONTROLLER_RATE))
        pod = turns[controller]
        turns[controller] = (pod + 1) % PODS
        with pods[pod].request() as turn:
            yield turn
            yield env.timeout(draw.expovariate(1.0))
        served[pod] += 1
        latency_s.append(env.now - sent_s)

    def source():
        for _ in range(requests):
            yield env.timeout(draw.expovariate(RATE))
            env.process(request())

    env.process(source())
    env.run()
    latency_s.sort()
    mean = statistics.fmean(latency_s)
    return {"mean": mean, **{f"p{p}": latency_s[ceil(p / 100 * requests) - 1] for p in (50, 99)}}


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
