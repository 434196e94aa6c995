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


def ended(circuit, requests, drained_s=None):
    """When each request ends and how: it comes to a host at a time, for seconds, with an outcome.

    Args:
        drained_s: when the connections of host 0 are drained.
    """
    env, found = simpy.Environment(), {}
    pools = Pools(env, circuit, [0, 0])

    def drained():
        yield env.timeout(drained_s)
        pools.drain(0)

    def request(name, at_s, place, seconds_each, outcome):
        def at_host(place):
            yield env.timeout(seconds_each)
            return outcome

        yield env.timeout(at_s)
        end = yield from pools.carry(at_host, place)
        found[name] = env.now, end

    for name, asked_for in enumerate(requests):
        env.process(request(name, *asked_for))
    if drained_s is not None:
        env.process(drained())
    env.run()
    return found


def test_who_waits_for_a_host_gets_a_new_connection_once_a_request_of_that_host_ends():
    """As a live Envoy 1.40 did: what ends at another host is no occasion to connect, though there is room."""
    found = ended(
        Circuit(connections=2),
        [(0.0, 0, 2.0, 200), (0.0, 1, 1.0, "closed"), (0.0, 0, 4.0, 200), (0.0, 0, 4.0, 200)],
    )
    assert found == {1: (1.0, "closed"), 0: (2.0, 200), 2: (6.0, 200), 3: (6.0, 200)}


def test_who_waits_behind_one_that_is_refused_is_refused_too():
    """The new connection that the first of them finds too many requests open for is there for the next one."""
    found = ended(
        Circuit(connections=3, requests=2),
        [
            (0.0, 0, 2.0, 200),
            (0.0, 1, 1.0, "closed"),
            (0.0, 1, 1.0, 200),  # Refused; its connection stays, and is the third.
            *[(0.0, 0, 4.0, 200)] * 3,
            (1.5, 1, 9.0, 200),
        ],
    )
    refused = {2: (0.0, None), 4: (2.0, None), 5: (2.0, None)}
    assert found == refused | {1: (1.0, "closed"), 0: (2.0, 200), 3: (6.0, 200), 6: (10.5, 200)}


@pytest.mark.parametrize(("drained_s", "second_s"), [(None, 4.0), (0.5, 3.0), (1.5, 3.0)])
def test_a_host_that_is_drained_keeps_no_connection_that_it_had(drained_s, second_s):
    """Whether its one request is under way then or over: there is room for a connection of another host."""
    found = ended(
        Circuit(connections=2), [(0.0, 0, 1.0, 200), (2.0, 1, 1.0, 200), (2.0, 1, 1.0, 200)], drained_s
    )
    assert found == {0: (1.0, 200), 1: (3.0, 200), 2: (second_s, 200)}
