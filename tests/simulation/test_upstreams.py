"""Breakers and tries of Envoy together, as a live Envoy 1.40 had them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import simpy

from sim.routing.proxies import PROGRAMS
from sim.routing.proxies.retries import ENVOY, Circuit
from sim.routing.proxies.values import Backend, Backends
from sim.simulation.engines.upstreams import KnownUpstream, UpstreamRequest


def answered(requests, circuit, **how):
    """What each request is told and whom it came to: it comes at a time; outcomes and seconds of its tries."""
    env, found = simpy.Environment(), {}
    backends = Backends((Backend("a", "10.0.0.1:80"), Backend("b", "10.0.0.2:80")))
    retries = replace(ENVOY, **{"tries": 2, "after": frozenset({500}), "circuit": circuit} | how)
    upstream = KnownUpstream(env, backends, PROGRAMS["envoy"]["round-robin"], retries)

    def request(name, at_s, tries):
        left = iter(tries)

        def at_host(place):
            seconds_each, status = next(left)
            yield env.timeout(seconds_each)
            return status

        yield env.timeout(at_s)
        answer = yield from upstream.serve(UpstreamRequest(at_host, lambda k: 0.0))
        found[name] = answer.status, answer.tried, env.now

    for name, asked in enumerate(requests):
        env.process(request(name, *asked))
    env.run()
    return found


def test_another_try_that_a_breaker_refuses_is_the_last_one():
    """The request is told 503, though more tries were left; the answer of the one before is lost."""
    found = answered(
        [
            (0.0, [(9.0, 200)]),  # Host a is busy with it, and has no other connection,
            (0.1, [(1.0, 500), (1.0, 200), (1.0, 200)]),
            (0.2, [(1.0, 200)]),  # and this one waits for it, the only one that may.
            (0.3, [(1.0, 200)]),
        ],
        Circuit(connections=1, pending=1),
        tries=3,
    )
    assert found == {0: (200, (0,), 9.0), 1: (503, (1,), 1.1), 2: (200, (0,), 10.0), 3: (503, (), 0.3)}


@pytest.mark.parametrize(("most", "told"), [(1, (500, (0,), 3.2)), (2, (200, (0, 0), 4.2))])
def test_whoever_waits_for_another_try_counts_among_those_that_are_tried_again(most, told):
    """A breaker of tries that is open leaves the answer as it is."""
    found = answered(
        [
            (0.0, [(1.2, 500), (1.0, 200)]),  # Its second try waits for host b.
            (0.1, [(9.0, 200)]),
            (0.2, [(2.0, 500), (1.0, 200)]),
        ],
        Circuit(connections=1),
        most_retried=most,
    )
    assert found == {0: (200, (0, 1), 10.1), 1: (200, (1,), 9.1), 2: told}
