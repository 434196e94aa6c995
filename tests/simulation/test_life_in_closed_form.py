"""What a stopped Pod loses, against its closed form: each path's delay, times its rate, times the Pod's share.

The 99 % interval of the replications must hold `sim.cluster.life.window`, for every path by itself.
"""

from __future__ import annotations

from math import ceil

import pytest
from small import HOST, NO_DELAY, app, experiment

from sim.cluster.life.window import SendingPath, failures, smallest_prestop_s
from sim.comparison.failures import failures_of
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.intervals import half_width

RATE, AT_S, PODS = 400, 0.1, 2
SCALE_IN = [{"at": f"{AT_S}s", "scale": "shop/web", "to": PODS - 1}]
NEVER = "9s"
MEAN_S = 0.3
DELAYS = [
    pytest.param("300ms", id="constant"),
    pytest.param({"empirical": ["200ms", "300ms", "400ms"]}, id="drawn"),
]
PATHS = {
    "kube_proxy": ("lb-per-service", "refused", "Pod"),
    "controller": ("single-ingress", "answered-by-proxy 502", "controller"),
}
"""The plan in which a path alone leads to Pods, and how a request ends there that comes too late."""


def results(plan, last_s=0.45, seeds=12, hook_s=0, **keys):
    """Runs in which one of two Pods goes and which last so long after it, without retries."""
    hook = f"lifecycle: {{preStop: {{sleep: {{seconds: {hook_s}}}}}}}"
    text = app(pods=PODS).replace("image: web,", f"image: web, {hook}," if hook_s else "image: web,")
    row = {"host": HOST, "path": "/", "rps": RATE, "duration_s": AT_S + last_s}
    told = {"latency": NO_DELAY, "service_time": {"default": "0ms"}, "events": SCALE_IN}
    found = experiment(text, traffic=[row], controller={"profile": "spec"}, **told, **keys)
    design = compile_design(found.plans([plan])[0], found.scenario, found.rules)
    return [run(design, found.scenario, seed) for seed in range(1, seeds + 1)]


def told(**delays):
    """How long each path takes; those that are not on the way never hear of it."""
    return {"endpointslice": "0s", "kube_proxy": NEVER, "controller": NEVER, **delays}


def holds(runs, expected):
    """Whether the 99 % interval of the mean holds what is expected, and is narrow enough to say something."""
    counts = [float(r.failures) for r in runs]
    width = half_width(counts, 0.99)
    assert width < 0.25 * expected
    return abs(sum(counts) / len(counts) - expected) <= width


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("path", PATHS)
def test_a_path_loses_its_delay_times_its_rate_times_the_share(path, delay):
    plan, reason, author = PATHS[path]
    runs = results(plan, propagation=told(**{path: delay}))
    assert holds(runs, failures({path: SendingPath(MEAN_S, RATE, 1 / PODS)}, listens_s=0.0)[path])
    blamed = {(f.reason, f.author, f.pod, f.event) for r in runs for f in failures_of(r)}
    assert blamed == {(reason, author, "shop/web-2", "scale shop/web")}


@pytest.mark.parametrize("path", PATHS)
def test_the_slice_is_on_the_way_of_every_path(path):
    runs = results(PATHS[path][0], propagation=told(endpointslice="200ms", **{path: "100ms"}))
    assert holds(runs, failures({path: SendingPath(MEAN_S, RATE, 1 / PODS)}, listens_s=0.0)[path])


def deregistered(still_new, **keys):
    """A load balancer that goes on for so long to open connections to Pods that are its targets."""
    return results(
        "lb-per-service", lb_targets="pod", propagation=told(),
        load_balancer={"deregistration": {"still_new": still_new}}, **keys,
    )  # fmt: skip


def test_a_load_balancer_whose_targets_are_pods_loses_by_its_deregistration():
    path = SendingPath(MEAN_S, RATE, 1 / PODS)
    assert holds(deregistered("300ms"), path.failed(0.0))


def test_a_hook_takes_its_seconds_from_the_window():
    path = SendingPath(1 + MEAN_S, RATE, 1 / PODS)
    runs = deregistered("1300ms", hook_s=1, last_s=1.4)
    assert holds(runs, path.failed(1.0))
    assert all(f.at_s >= AT_S + 1 for r in runs for f in failures_of(r))


def test_a_hook_longer_than_the_slowest_bounded_delay_loses_nothing():
    delays = {"kube_proxy": {"empirical": ["100ms", "1800ms"]}, "controller": "1900ms"}
    needed_s = smallest_prestop_s(SendingPath(s, RATE, 1 / PODS) for s in (1.8, 1.9))
    for plan, _, _ in PATHS.values():
        keys = {"propagation": told(**delays), "last_s": 2.2, "seeds": 3}
        assert not sum(r.failures for r in results(plan, hook_s=ceil(needed_s), **keys))
        assert sum(r.failures for r in results(plan, hook_s=ceil(needed_s) - 1, **keys))
    assert not sum(r.failures for r in deregistered("1900ms", hook_s=2, last_s=2.2, seeds=3))
