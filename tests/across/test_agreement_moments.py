"""One fact, one answer, at every moment: what `trace --at` says of a request is what the run of that seed meets.

Scenarios with roll-outs, scaling and drains are drawn at random. Without delays on the way and with a connection
for every request, each request of a run meets the cluster as it is when it is sent: the Pod that serves it, or
the end, its author and the Pod behind it, must be among those that a trace at that moment lists.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from moments import Met, promised
from small import NO_DELAY, app, experiment

from sim.comparison.failures import failures_of
from sim.routing import Request, route
from sim.scenario.experiment import Experiment
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.moment import cluster_at
from sim.simulation.result import Result

EXAMPLES = int(os.environ.get("SIM_MOMENTS", "4"))
"""Random scenarios; `make soak` draws many more."""
PER_RUN = 8
"""Requests of each run that are asked about, besides those that failed."""
MOST_WAIT_S = 0.5
"""Who waits longer, for a time-out of its proxy, may meet what comes later."""
URL = "http://web.shop.example/"
CONTROLLERS = ("ingress-nginx", "haproxy", "nginx-inc", "traefik")
PLANS = ("lb-per-service", "single-ingress")


WITH_CHECKS = ("haproxy",)
"""Proxies that find a dead Pod by checks of their own, and let a request wait meanwhile: no trace asks those."""
FAULTS = (
    {"pod": "shop/web-1"},
    {"pod": "shop/web-1", "graceful": True},
    {"node": "node-a"},
    {"zone": "zone-b"},
    {"controller_pod": 1},
    {"load_balancer": "shop/web"},
)


def drawn(number: int) -> tuple[Experiment, str, int]:
    """A scenario with events, its plan, and a seed."""
    random = Random(number)
    pods = random.randint(1, 5)
    text = app(pods=pods)
    if random.random() < 0.4:
        hook = f"lifecycle: {{preStop: {{sleep: {{seconds: {random.randint(1, 4)}}}}}}}"
        text = text.replace("image: web,", f"image: web, {hook},")
    if random.random() < 0.3:
        text = text.replace("replicas:", "strategy: {type: Recreate}\n  replicas:")
    if random.random() < 0.4:
        text = text.replace("type: LoadBalancer,", "type: LoadBalancer, externalTrafficPolicy: Local,")
    kinds = random.choices(("rollout", "scale", "drain", "restart", "delete"), k=random.randint(0, 3))
    events = [
        {"at": f"{random.randint(1, 15)}s"}
        | {
            "rollout": {"rollout": "shop/web"},
            "scale": {"scale": "shop/web", "to": random.randint(0, 6)},
            "drain": {"drain": f"node-{random.choice('abc')}"},
            "restart": {"restart": f"shop/web-{random.randint(1, pods)}"},
            "delete": {"delete": f"Pod/shop/web-{random.randint(1, pods)}"},
        }[kind]
        for kind in kinds
    ]
    plan = random.choice(PLANS)
    profile = random.choice(CONTROLLERS)
    breakable = FAULTS[-2:] if profile in WITH_CHECKS else FAULTS
    broken = random.choices(breakable, k=random.choice((0, 0, 1, 2)))
    faults = [
        fault
        | {"at": f"{random.randint(1, 15)}s"}
        | random.choice(({}, {"until": "18s"}, {"detected_after": "2s"}))
        for fault in broken
    ]
    keys = {
        "events": events,
        "faults": faults,
        "lb_targets": random.choice((None, None, "pod")),
        "load_balancer": {
            "registration": _time(random, 2),
            "deregistration": {"still_new": "3s"},
            "cross_zone": random.choice((None, True, False)),
            "health": random.choice((None, {"interval": "1s", "down": 2, "up": 2})),
        },
        "apps": {
            "default": {"start": _time(random, 4), "on_sigterm": random.choice(("exit", "drain", "ignore"))}
        },
        "propagation": {part: _time(random, 1) for part in ("endpointslice", "kube_proxy", "controller")},
        "controller": {
            "profile": profile,
            "replicas": random.randint(1, 3),
            "service_time": "0ms",
        },
        "traffic": [{"host": "web.shop.example", "path": "/", "rps": 25, "duration_s": 25, "keep_alive": 1}],
        "latency": NO_DELAY,
        "service_time": {"default": "0ms"},
    }
    return experiment(text, **keys), plan, random.randint(1, 1000)


def _time(random: Random, mean_s: float) -> object:
    """A constant or a distribution around a mean."""
    return random.choice((f"{random.uniform(0, 2 * mean_s):.3f}s", {"exponential": f"{mean_s}s"}))


def met(result: Result, number: int, failures: dict[float, list[str]]) -> Met:
    """What a request of a run met."""
    reason = result.ends[result.end[number]]
    if reason == "delivered":
        return Met("delivered", "", result.stations[result.pod[number]].spec.name)
    return Met(reason.removeprefix("connect-"), *failures[number])


@pytest.mark.parametrize("number", range(EXAMPLES))
def test_a_request_meets_what_a_trace_of_its_moment_says(number: int) -> None:
    found, plan, seed = drawn(number)
    design = compile_design(found.plans([plan])[0], found.scenario, found.rules)
    result = run(design, found.scenario, seed)
    ends = [result.ends[end] if end >= 0 else "in flight" for end in result.end]
    at_once = result.ended_s - result.sent_s < MOST_WAIT_S
    answered = [n for n, end in enumerate(ends) if end == "delivered" and at_once[n]]
    failed = [n for n, end in enumerate(ends) if end not in ("delivered", "in flight")]
    asked = [n for n in failed if at_once[n] or ends[n] != "reset"]
    blamed = dict(zip(failed, ((f.author, f.pod) for f in failures_of(result)), strict=False))
    random = Random(number)
    chosen = random.sample(answered, min(PER_RUN, len(answered))) + random.sample(
        asked, min(PER_RUN, len(asked))
    )
    for n in chosen:
        at_s = float(result.sent_s[n])
        trace = route(cluster_at(found, at_s, plan, seed), Request.parse(URL))
        said, is_ = promised(trace), met(result, n, blamed)
        bare = is_ if is_.end == "delivered" else Met(is_.end, is_.author, None)
        assert bare in said, (at_s, is_, said, trace.final.message)
