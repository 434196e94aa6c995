"""How long a load balancer goes on sending to a node that is silent, and leaves out one that answers again."""

from __future__ import annotations

import numpy as np
import pytest
from small import HOST, design, experiment

from sim import cluster_at
from sim.simulation.engines import run

CHECKS = {"interval": "2s", "timeout": "1s", "down": 2, "up": 2}
"""A silent target is left out after 3 to 5 s, one that answers again is taken after 2 to 4."""

FAULT = {"at": "10s", "node": "node-a", "until": "40s"}


def asked(**more):
    return experiment(
        traffic=[{"host": HOST, "rps": 20, "duration_s": 60, "connect_timeout": "1s"}], faults=[FAULT], **more
    )


@pytest.mark.parametrize(
    ("health", "out_s", "back_s"),
    [(None, 40.0, 40.0), (CHECKS, 14.0, 43.0), ({**CHECKS, "down": 3}, 16.0, 43.0)],
)
def test_a_silent_node_is_left_out_as_checks_see_it(health, out_s, back_s):
    found = asked(load_balancer={} if health is None else {"health": health})
    plan = design(found, "lb-per-service")
    result = run(plan, found.scenario, 1)
    at_node = result.sent_s[result.node == plan.nodes.index("node-a")]
    silent = at_node[(at_node > 10) & (at_node < 40)]
    assert silent.max() < out_s + 1
    assert silent.max() > out_s - 1
    after = at_node[at_node > 40]
    assert back_s - 0.1 < after.min() < back_s + 1
    assert np.all(result.ended_s[result.node == -1] > 0)


def test_a_moment_knows_the_same():
    found = asked(load_balancer={"health": CHECKS})
    troubles = {at: cluster_at(found, at).moment.troubles for at in (13.0, 15.0, 41.0, 44.0)}
    assert [t.node_is_silent("node-a") for t in troubles.values()] == [True, True, False, False]
    assert [t.node_is_avoided("node-a", at) for at, t in troubles.items()] == [False, True, True, False]


def test_detected_after_stands_over_checks():
    found = asked(load_balancer={"health": CHECKS})
    (fault,) = found.scenario.faults
    own = fault.model_copy(update={"detected_after": 7.0})
    assert (fault.detected_s(found.scenario.load_balancer.health), own.detected_s(None)) == (14.0, 17.0)
