"""Policy Local while Pods go: a node is a target until its checks fail, and uses Pods that terminate until they end.

A run and a trace at the same moment say the same. Pods go at 10 s and serve for 5 s more; a node without a ready
Pod is left out after 15 s, in the mean of checks that are 10 s apart of which two must fail.
"""

from __future__ import annotations

import pytest
from small import NO_DELAY, app, design, experiment

from sim.cluster.life.health_checks import TargetCheck
from sim.cluster.life.hearing import Seen
from sim.cluster.life.node_checks import checked_node
from sim.routing import Request, route
from sim.simulation.engines import run
from sim.simulation.moment import cluster_at

GO_S, SERVE_S, OUT_S = 10, 5, 15
LISTED = Seen(0.0, 100.0, 110.0)
CHECK = TargetCheck(10, 2, 1)


def going(event):
    hook = f"lifecycle: {{preStop: {{sleep: {{seconds: {SERVE_S}}}}}}}"
    text = app(pods=3).replace("image: web,", f"image: web, {hook},")
    return experiment(
        text.replace("type: LoadBalancer,", "type: LoadBalancer, externalTrafficPolicy: Local,"),
        events=[{"at": f"{GO_S}s"} | event],
        load_balancer={"health": {"interval": "10s", "down": 2, "up": 2}},
        propagation={"endpointslice": "0s", "kube_proxy": "0s", "controller": "0s"},
        latency=NO_DELAY,
        service_time={"default": "0ms"},
        traffic=[
            {
                "host": "web.shop.example",
                "rps": 60,
                "duration_s": 40,
                "keep_alive": 1,
                "connect_timeout": "1s",
            }
        ],
    )


def promised(found, at_s):
    trace = route(cluster_at(found, at_s, "lb-per-service"), Request.parse("http://web.shop.example/"))
    return {one.state for one in trace.final.shares()}


@pytest.mark.parametrize(
    ("event", "at_s", "ends"),
    [
        pytest.param({"scale": "shop/web", "to": 2}, GO_S + 1, {"delivered"}, id="the-one-that-terminates-serves"),
        pytest.param({"scale": "shop/web", "to": 2}, GO_S + SERVE_S + 1, {"delivered", "dropped"}, id="dropped"),
        pytest.param({"scale": "shop/web", "to": 2}, GO_S + OUT_S + 1, {"delivered"}, id="its-node-is-left-out"),
        pytest.param({"scale": "shop/web", "to": 0}, GO_S + 1, {"delivered"}, id="all-terminate-and-serve"),
        pytest.param({"scale": "shop/web", "to": 0}, GO_S + SERVE_S + 1, {"refused"}, id="nobody-is-left"),
        pytest.param({"scale": "shop/web", "to": 0}, GO_S + OUT_S + 1, {"lb-no-healthy-target"}, id="no-target"),
    ],
)  # fmt: skip
def test_a_run_and_a_trace_say_the_same_of_a_node_whose_pods_go(event, at_s, ends):
    found = going(event)
    result = run(design(found, "lb-per-service"), found.scenario, 1)
    mine = (result.sent_s >= at_s) & (result.sent_s < at_s + 3)
    assert {result.ends[end] for end in result.end[mine]} == ends
    assert promised(found, at_s) == promised(found, at_s + 2) == ends


@pytest.mark.parametrize(
    ("pods", "at_s", "healthy"),
    [
        pytest.param([LISTED], -1, False, id="nobody-yet"),
        pytest.param([LISTED], 4.9, False, id="one-check-must-succeed"),
        pytest.param([LISTED], 5, True, id="and-does-after-half-an-interval"),
        pytest.param([LISTED], 114.9, True, id="two-must-fail"),
        pytest.param([LISTED], 115, False, id="and-have"),
        pytest.param(
            [LISTED, Seen(112.0, 200.0, 200.0)], 130, True, id="a-gap-that-is-too-short-is-not-seen"
        ),
        pytest.param([LISTED, Seen(90.0, 200.0, 200.0)], 130, True, id="another-is-ready"),
        pytest.param([], 0, False, id="no-pod-ever"),
    ],
)
def test_a_node_is_what_so_many_checks_in_a_row_say(pods, at_s, healthy):
    found = checked_node(pods, CHECK, at_s)
    assert found.healthy is healthy
    assert checked_node(pods, CHECK, (at_s + min(found.until_s, 1000)) / 2).healthy is healthy
