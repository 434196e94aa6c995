"""A small scenario in which one of three Pods ends and is still listed: what `sim run` says of each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from statistics import fmean
from typing import Any, NamedTuple

from live.open_loop import PODS, Run
from small import NO_DELAY, app, design, experiment

from sim.scenario.experiment import Experiment
from sim.simulation.engines import run
from sim.simulation.result import Result
from sim.simulation.workload import draw

INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: app.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
BALANCING = {"ingress-nginx": "round-robin", "nginx-inc": "nginx/round-robin", "haproxy": "round-robin"}
"""Profile -> what it is asked to choose by; each as its own program does, where the chances are none."""

GAP_S = 0.031
"""Between two requests: longer than a try that is refused takes, and short enough for queues."""

HALF_A_GAP_S = GAP_S / 2


@dataclass(frozen=True)
class Case:
    """One run.

    Args:
        victim: place of the Pod that ends.
        kind: how it does: `dead` from the start, `killed` with a request in it, `graceful` with one too.
        down_s: after so long it is back.
        requests: all of them come before the third check of a proxy could find the Pod dead, 4 s after the start.
    """

    profile: str
    method: str
    victim: int
    kind: str
    seed: int = 1
    requests: int = 110
    down_s: float | None = None

    def __str__(self) -> str:
        return f"{self.profile}-{self.method}-{self.kind}-{self.victim + 1}"


class Predicted(NamedTuple):
    """What is to be sent, and what comes of each request: its status, who had it last, when it is over.

    Args:
        start: place of the Pod that counts as the last one when ingress-nginx's turns begin.
    """

    run: Run
    start: int
    status: list[int]
    pod: list[int]
    ended_s: list[float]

    @property
    def mean_s(self) -> float:
        """The mean latency, of failures too."""
        return fmean(self.ended_s) - fmean(self.run.sent_s)


def three_pods(
    profile: str, traffic: Mapping[str, Any], faults: Sequence[Mapping[str, Any]] = ()
) -> Experiment:
    """Three Pods with a worker each that takes 20 to 60 ms, and nothing else that takes time."""
    return experiment(
        app(pods=PODS).replace("type: LoadBalancer, ", "") + INGRESS,
        nodes={"zone-a": 1},
        controller={
            "profile": profile, "replicas": 1, "workers": 1, "service_time": "0ms",
            "balancing": BALANCING[profile],
        },
        service_time={"default": {"empirical": [f"{ms}ms" for ms in range(20, 61, 5)]}},
        workers={"default": 1},
        latency=NO_DELAY,
        traffic=[{"host": "app.example.com", "path": "/", "keep_alive": 1, **traffic}],
        faults=list(faults),
    )  # fmt: skip


def _experiment(case: Case, faults: Sequence[Mapping[str, Any]]) -> Experiment:
    even = {"rps": 1 / GAP_S, "arrivals": "constant", "requests": case.requests}
    return three_pods(case.profile, {"method": case.method, **even}, faults)


def simulated(case: Case, *faults: dict[str, Any]) -> Result:
    """The run."""
    found = _experiment(case, faults)
    return run(design(found, "single-ingress"), found.scenario, case.seed)


def pods_of(result: Result) -> list[int]:
    """Which Pod of the Service had each request last; -1: none."""
    names = [station.spec.name for station in result.stations]
    places = {names.index(f"shop/web-{place + 1}"): place for place in range(PODS)}
    return [places.get(pod, -1) for pod in result.pod.tolist()]


def statuses_of(result: Result) -> list[int]:
    """What each client got; 0: nothing as yet."""
    got = [200 if end == "delivered" else int(end.rpartition(" ")[2]) for end in result.ends]
    return [got[end] if end >= 0 else 0 for end in result.end.tolist()]


@cache
def ends_at_s(case: Case) -> float:
    """When the victim ends: while it serves the first request that it has after a quarter of them."""
    if case.kind == "dead":
        return 0.0
    whole = simulated(case)
    served = (s for s, pod in zip(whole.sent_s.tolist(), pods_of(whole), strict=True) if pod == case.victim)
    return next(s for s in served if s > GAP_S * case.requests / 4) + HALF_A_GAP_S


def fault_of(case: Case) -> dict[str, Any]:
    """The fault of its scenario: never noticed by whoever lists Pods."""
    at_s = ends_at_s(case)
    until = {} if case.down_s is None else {"until": f"{at_s + case.down_s}s"}
    graceful = {"graceful": True} if case.kind == "graceful" else {}
    pod = f"shop/web-{case.victim + 1}"
    return {"pod": pod, "at": f"{at_s}s", "detected_after": "1000s", **until, **graceful}


def predicted(case: Case) -> Predicted:
    """The run, and what is said of it."""
    result, at_s = simulated(case, fault_of(case)), ends_at_s(case)
    requests = draw(_experiment(case, ()).scenario, ("shop/web",), case.seed).requests
    sent = Run(
        case.method,
        requests.sent_s.tolist(),
        requests.service_s.tolist(),
        case.victim,
        at_s,
        *([] if case.down_s is None else [at_s + case.down_s]),
        graceful=case.kind == "graceful",
    )
    start = min(int(requests.balance[0] * PODS), PODS - 1)
    return Predicted(sent, start, statuses_of(result), pods_of(result), result.ended_s.tolist())


def every(kind: str, seed: int) -> Iterator[Case]:
    """Each program, method and victim."""
    for profile, method, victim in product(BALANCING, ("GET", "POST"), range(PODS)):
        yield Case(profile, method, victim, kind, seed)
