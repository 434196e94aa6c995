"""A run's clock does what SimPy's environment does, in the same order, ties and interruptions included."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import simpy
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from sim.simulation.design import StationSpec
from sim.simulation.engines.clock import RunClock
from sim.simulation.engines.station import Station

Log = list[tuple[float, object]]

FEW = st.sampled_from([0.0, 0.25, 0.5, 1.0])
"""So few that much happens at the same instant."""


def passes(env: simpy.Environment, seed: int, log: Log) -> None:
    """Processes that wait, begin others, wait for each other, and interrupt."""
    draw = random.Random(seed)

    def walk(name, depth):
        try:
            for step in range(draw.randint(0, 3)):
                log.append((env.now, (name, step)))
                yield env.timeout(draw.choice([0, 0, 0.25, 0.5, 1]))
                if depth < 3 and draw.random() < 0.5:
                    other = env.process(walk(f"{name}/{step}", depth + 1))
                    if draw.random() < 0.3:
                        yield other | env.timeout(0.5)
                        log.append((env.now, (name, "in time" if other.triggered else "late")))
                    elif draw.random() < 0.5:
                        log.append((env.now, (name, "got", (yield other))))
                    elif other.is_alive:
                        other.interrupt()
        except simpy.Interrupt:
            log.append((env.now, (name, "interrupted")))
        return name

    for first in range(4):
        env.process(walk(first, 0))


@given(st.integers(0, 10**6))
@examples(60)
def test_what_happens_and_in_which_order_is_as_in_simpy(seed):
    ours, theirs = list[tuple[float, object]](), list[tuple[float, object]]()
    clock, env = RunClock(), simpy.Environment()
    passes(clock, seed, ours)
    passes(env, seed, theirs)
    clock.run_until(clock.moment(20))
    env.run(until=20)
    assert ours == theirs
    assert clock.now == env.now


def served(env: simpy.Environment, jobs: list[tuple[float, float]], serve: Callable[[float], object]) -> Log:
    """When each job begins and ends at one station, with whatever comes at the same instant in between."""
    log: Log = []

    def job(number, after_s, service_s):
        yield env.timeout(after_s)
        start_s = yield from serve(service_s)
        log.append((env.now, (number, start_s)))
        yield env.timeout(0.5)
        log.append((env.now, number))

    for number, (after_s, service_s) in enumerate(jobs):
        env.process(job(number, after_s, service_s))
    return log


@given(st.lists(st.tuples(FEW, FEW), max_size=8), st.integers(1, 3))
@examples(60)
def test_a_station_serves_as_a_resource_of_simpy_does(jobs, workers):
    clock, env = RunClock(), simpy.Environment()
    station = Station(clock, StationSpec("web-1", "node-a", "zone-a", workers))
    resource = simpy.Resource(env, workers)

    def by_hand(service_s):
        with resource.request() as turn:
            yield turn
            start_s = env.now
            yield env.timeout(service_s)
        return start_s

    ours, theirs = served(clock, jobs, station.serve), served(env, jobs, by_hand)
    clock.run_until(clock.moment(50))
    env.run(until=50)
    assert ours == theirs


def test_a_pause_is_never_negative():
    with pytest.raises(ValueError, match="Negative"):
        RunClock().timeout(-1e-9)


def test_what_is_lost_in_a_pod_leaves_its_worker_free():
    clock, log = RunClock(), []
    station = Station(clock, StationSpec("web-1", "node-a", "zone-a", 1))

    def job(name, after_s):
        yield clock.timeout(after_s)
        log.append((name, (yield from station.serve(2.0)), clock.now))

    for name, after_s in (("lost in service", 0), ("lost in the queue", 0.5), ("later", 1.5)):
        clock.process(job(name, after_s))
    clock.timeout(1).callbacks.append(lambda _: station.die())
    clock.run_until(clock.moment(10))
    assert log == [("lost in service", None, 1), ("lost in the queue", None, 1), ("later", 1.5, 3.5)]
    assert (list(station.starts_s), list(station.stops_s), station.served) == ([0, 1.5], [1, 3.5], 1)
