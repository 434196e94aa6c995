"""What Envoy keeps of the hosts of a cluster: ejections as a live Envoy 1.40 made them, and its breakers."""

from __future__ import annotations

import pytest
import simpy

from sim.routing.proxies.retries import Circuit, Outlier
from sim.simulation.engines.envoy_hosts import Ejections, Pools


@pytest.mark.parametrize(("percent", "ejected"), [(10, 0), (30, 1), (40, 2), (100, 5)])
def test_no_more_hosts_are_ejected_than_their_share_allows(percent, ejected):
    up = [True] * 5
    rules = Outlier(consecutive_5xx=1, interval_s=60.0, base_s=300.0, most_percent=percent)
    hosts = Ejections(simpy.Environment(), rules, up)
    for place in range(5):
        hosts.saw(place, 500)
    assert up.count(False) == ejected


def asked(circuit, seconds_each):
    """How requests of one host end that come at once: None where a breaker was open."""
    env, found = simpy.Environment(), []
    pools = Pools(env, circuit, [0])

    def at_host(place):
        yield env.timeout(seconds_each)
        return 200

    def request():
        found.append((yield from pools.carry(at_host, 0)))

    for _ in range(4):
        env.process(request())
    env.run()
    return found


@pytest.mark.parametrize(
    ("circuit", "answered"),
    [
        (Circuit(), 4),
        (Circuit(connections=1, pending=2), 3),
        (Circuit(connections=1, pending=1), 2),
        (Circuit(requests=3), 3),
        (Circuit(pending=0), 0),  # Who needs a connection waits for it, if only for a moment.
    ],
)
def test_breakers_count_who_waits_for_a_connection(circuit, answered):
    assert asked(circuit, 1.0).count(200) == answered
