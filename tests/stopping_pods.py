"""A small scenario in which one of three Pods is deleted, stops, and leaves a proxy's list later: what a run says.
Another one may come in its place.

One client that sends its next request when it has the answer to the last, so that one is under way at a time. It
is an event of a scenario and a delay of propagation; every moment of a change keeps its distance from requests.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from simpy import Event
from small import NO_DELAY, app, experiment

from sim.comparison.failures import failures_of
from sim.scenario.experiment import Experiment
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.engines.upstreams import KnownUpstream, UpstreamAnswer, UpstreamRequest
from sim.simulation.result import Result
from sim.simulation.workload import draw

PODS = 3
SERVICE_S, PAUSE_S, REQUESTS = 0.3, 0.3, 40
MID_S, AFTER_S = 0.25, 0.05
"""A change comes so long after a request was sent, or ended: 200 ms and more from any that is sent."""

APART_S = 0.2
EARLIEST_S, AFTERWARDS_S = 1.5, 1.9
"""When something happens, each Pod has had a request."""

NEVER_S = 1_000.0
HOST = "app.example.com"

INGRESS = f"""
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop, annotations: {{haproxy.org/check-interval: 60s}}}}
spec:
  ingressClassName: nginx
  rules:
  - host: {HOST}
    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}
"""
BALANCING = {
    "ingress-nginx": "round-robin",
    "nginx-inc": "nginx/round-robin",
    "haproxy": "round-robin",
    "envoy-gateway": "envoy/round-robin",
    "istio": "envoy/round-robin",
}
"""Profile -> what it is asked to choose by, where chance has no part in it but for where turns begin."""

CLASSES = {
    "envoy-gateway": "gateway.envoyproxy.io/gatewayclass-controller",
    "istio": "istio.io/gateway-controller",
}
"""Profile -> controllerName of its GatewayClass: whose proxies are Envoy, and serve no Ingress."""

GATEWAY = f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: any}}
spec: {{controllerName: CONTROLLER}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: shop}}
spec: {{gatewayClassName: any, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: shop}}
spec:
  parentRefs: [{{name: edge}}]
  hostnames: [{HOST}]
  rules: [{{backendRefs: [{{name: web, port: 80}}]}}]
"""
TURNS = 6
"""Turns of Envoy begin anywhere: among three hosts, and among the two that are left."""


@dataclass(frozen=True)
class Stop:
    """A Pod is deleted while its proxy lists it.

    Args:
        victim: its place; `both`: whether the next one after it stops with it, and nobody comes instead.
        on_sigterm: as in a scenario, exit or drain.
        busy: whether a request is in it when SIGTERM comes; before that, no matter where one is.
        hook_s: least time of its preStop hook.
        listed_s: least time that the proxy lists it after it was deleted.
        gap_s: least time from then on until its successor is listed; None: it never is.
        keeps: whether the proxy keeps connections to Pods.
        stays: whether its client keeps the connection to it.
        turns: where those of Envoy begin, below TURNS; the seed of all others.
    """

    profile: str
    method: str
    victim: int
    on_sigterm: str
    busy: bool
    hook_s: float = 0.0
    listed_s: float = 2.5
    gap_s: float | None = None
    keeps: bool = True
    stays: bool = False
    turns: int = 0
    both: bool = False

    @property
    def victims(self) -> tuple[int, ...]:
        """The places of all that stop."""
        return (self.victim, (self.victim + 1) % PODS)[: 1 + self.both]

    def __str__(self) -> str:
        kind = f"{self.on_sigterm}{'-busy' * self.busy}"
        hook = f"-hook-{self.hook_s:g}-{self.listed_s:g}" if self.hook_s else ""
        hook += "" if self.gap_s is None else f"-then-{self.gap_s:g}"
        kept = f"{'kept' if self.keeps else 'closed'}{'-stays' * self.stays}"
        return f"{self.profile}-{self.method}-{kind}-{self.victim + 1}{'-both' * self.both}{hook}-{kept}"


class Moments(NamedTuple):
    """When the Pod is deleted, stops, and is not listed any more; when its successor is."""

    deleted_s: float
    stops_s: float
    unlisted_s: float
    listed_s: float = 2 * NEVER_S


NEVER = Moments(NEVER_S, NEVER_S, NEVER_S + 1)
NEW = PODS
"""Place of the successor."""


class PredictedEnd(NamedTuple):
    """What becomes of a request.

    Args:
        author: `Pod`, or who answers in its place.
        tried: places of the Pods that were asked, in order.
    """

    status: int
    author: str
    pod: int
    tried: tuple[int, ...]


class KnownList(NamedTuple):
    """What a proxy lists from a moment on.

    Args:
        start: of ingress-nginx: who of them counts as the last one when the turns begin anew.
    """

    at_s: float
    places: tuple[int, ...]
    start: int


class PredictedStop(NamedTuple):
    """A run."""

    at: Moments
    sent_s: list[float]
    ended_s: list[float]
    ends: list[PredictedEnd]
    lists: list[KnownList]


def scenario_of(stop: Stop, at: Moments) -> Experiment:
    """Three Pods on nodes of their own; the victim's is drained, and a successor begins at once."""
    hook = f"lifecycle: {{preStop: {{exec: {{command: [sleep, '{at.stops_s - at.deleted_s}']}}}}}}"
    with_hook = "image: web," if stop.hook_s == 0 else f"image: web, {hook},"
    is_gateway = stop.profile in CLASSES
    manifests = app(pods=PODS).replace("type: LoadBalancer, ", "").replace("image: web,", with_hook)
    return experiment(
        manifests + (GATEWAY.replace("CONTROLLER", CLASSES[stop.profile]) if is_gateway else INGRESS),
        nodes={"zone-a": PODS},
        controller={
            "replicas": 1, "workers": 1, "service_time": "0ms", "balancing": BALANCING[stop.profile],
            "upstream_keep_alive": "60s" if stop.keeps else "0s",
            **({} if is_gateway else {"profile": stop.profile}),
        },
        service_time={"default": f"{SERVICE_S}s"},
        workers={"default": 1},
        latency=NO_DELAY,
        traffic=[{
            "host": HOST, "path": "/", "method": stop.method, "keep_alive": REQUESTS if stop.stays else 1,
            "users": 1, "think": f"{PAUSE_S}s", "requests": REQUESTS,
        }],
        events=[{"at": f"{at.deleted_s}s", "drain": f"zone-a-{place + 1}"} for place in stop.victims],
        apps={"default": {"start": f"{at.listed_s - at.unlisted_s}s", "on_sigterm": stop.on_sigterm}},
        propagation={"endpointslice": "0s", "controller": f"{at.unlisted_s - at.deleted_s}s"},
    )  # fmt: skip


class Played(NamedTuple):
    """A run, and what its proxy answered, request by request."""

    result: Result
    answers: list[UpstreamAnswer]


@cache
def played(stop: Stop, at: Moments) -> Played:
    """The run of a scenario; whom the proxy asked is told by its upstream."""
    found = scenario_of(stop, at)
    plan = found.plans(["as-is" if stop.profile in CLASSES else "single-ingress"])[0]
    answers, serve = list[UpstreamAnswer](), KnownUpstream.serve

    def told(known: KnownUpstream, asked: UpstreamRequest) -> Generator[Event, Any, UpstreamAnswer]:
        answers.append((yield from serve(known, asked)))
        return answers[-1]

    with patch.object(KnownUpstream, "serve", told):
        result = run(compile_design(plan, found.scenario, found.rules), found.scenario, seed_of(stop))
    return Played(result, answers)


@cache
def balance_of(method: str, seed: int) -> list[float]:
    """What the requests of the client draw for balancing."""
    some = Stop("nginx-inc", method, 0, "exit", busy=False)
    workload = draw(scenario_of(some, NEVER).scenario, ("shop/web",), seed)
    column = next(workload.users(0)).draws.balance
    return [column[n] for n in range(REQUESTS)]


@cache
def seed_of(stop: Stop) -> int:
    """A seed with which turns begin so."""
    drawn = ((seed, int(balance_of(stop.method, seed)[0] * 2**32)) for seed in count(1))
    return next(seed for seed, first in drawn if first % TURNS == stop.turns)


def _slots(run: Result) -> list[float]:
    """Moments at which something may change: while a Pod serves a request, and between two requests."""
    took_s = run.ended_s - run.sent_s
    whole, long = np.isclose(took_s, SERVICE_S), took_s > APART_S
    return sorted([*(run.sent_s[whole] + MID_S).tolist(), *(run.ended_s[long] + AFTER_S).tolist()])


def _slot(run: Result, after_s: float) -> float:
    return next(s for s in _slots(run) if s >= after_s - 1e-9)


@cache
def moments(stop: Stop) -> Moments:
    """When things happen: as soon after the least times as keeps the distance from requests."""
    quiet = played(Stop(stop.profile, stop.method, 0, "exit", busy=False, turns=stop.turns), NEVER).result
    if stop.hook_s > stop.listed_s:
        deleted_s = _slot(quiet, EARLIEST_S)
        at = _with_successor(stop, Moments(deleted_s, NEVER_S, _slot(quiet, deleted_s + stop.listed_s)))
        return at._replace(stops_s=_slot(played(stop, at).result, deleted_s + stop.hook_s))
    asked = zip(quiet.sent_s.tolist(), places_of(quiet), strict=True)
    sent_s = next(s for s, pod in asked if pod == stop.victim and s > EARLIEST_S + stop.hook_s)
    stops_s = sent_s + MID_S if stop.busy else sent_s - PAUSE_S + AFTER_S
    deleted_s = max(s for s in (stops_s, *_slots(quiet)) if s <= stops_s - stop.hook_s + 1e-9)
    at = Moments(deleted_s, stops_s, NEVER_S)
    at = at._replace(unlisted_s=_slot(played(stop, at).result, deleted_s + stop.listed_s))
    return _with_successor(stop, at)


def _with_successor(stop: Stop, at: Moments) -> Moments:
    """The same, and when the next Pod is listed."""
    if stop.gap_s is None:
        return at
    if stop.gap_s == 0:
        return at._replace(listed_s=at.unlisted_s)
    return at._replace(listed_s=_slot(played(stop, at).result, at.unlisted_s + stop.gap_s))


def places_of(result: Result) -> list[int]:
    """Which of the Pods answered each request; -1: none did."""
    names = [station.spec.name for station in result.stations]
    places = {names.index(f"shop/web-{place + 1}"): place for place in range(PODS + 1)}
    answered = np.isfinite(result.answered_s)
    return [places.get(pod, -1) if ok else -1 for pod, ok in zip(result.pod.tolist(), answered, strict=True)]


def predicted(stop: Stop, at: Moments | None = None) -> PredictedStop:
    """What a run says, up to some requests after the last change.

    Args:
        at: when things happen; None: as soon as may be.
    """
    at = at or moments(stop)
    result, answers = played(stop, at)
    last = int(np.searchsorted(result.sent_s, max(s for s in at if s < NEVER_S) + AFTERWARDS_S))
    authors = iter(one.author for one in failures_of(result))
    pods = places_of(result)
    ends = [
        PredictedEnd(answer.status, "Pod" if pod >= 0 else next(authors), pod, answer.tried)
        for answer, pod in zip(answers, pods, strict=True)
    ]
    return PredictedStop(
        at,
        result.sent_s.tolist()[:last],
        result.ended_s.tolist()[:last],
        ends[:last],
        list(_lists(stop, at, result)),
    )


def _lists(stop: Stop, at: Moments, result: Result) -> Iterator[KnownList]:
    """All lists; what draws where turns begin is the first request that meets one."""
    balance = balance_of(stop.method, seed_of(stop))
    whole = tuple(range(PODS))
    left = tuple(place for place in whole if place not in stop.victims)
    changes = {0.0: whole, at.unlisted_s: left, at.listed_s: (*left, NEW)}
    for at_s, places in changes.items():
        if at_s < NEVER_S:
            first = int(np.searchsorted(result.sent_s, at_s))
            yield KnownList(at_s, places, int(balance[first] * len(places)))
