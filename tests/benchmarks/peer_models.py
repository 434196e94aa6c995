"""One model in the words of each program that could run it, each as its own documentation would write it.

Poisson arrivals, a constant delay, one of two front stations at random (exponential service, half used), then
one of so many Pods in turn (exponential service, used at 70 %). Each function draws, runs and gives back the
latencies; what is imported in one is that program's own. AsyncFlow 0.1 has no front stations and no service
times other than constant ones, so there it is the Pods alone, which is less to do.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import simpy

FRONTS, DELAY_S, POD_USE, FRONT_USE = 2, 0.1, 0.7, 0.5
"""A Pod serves one request a second on average."""

Latencies = Iterable[float]


def rate(pods: int) -> float:
    """Arrivals a second."""
    return POD_USE * pods


def front_rate(pods: int) -> float:
    """What a front station can serve in a second."""
    return rate(pods) / FRONTS / FRONT_USE


def simpy_idiomatic(requests: int, pods: int, seed: int) -> Latencies:
    """A process per request, a Resource per station."""
    env, draw, latencies = simpy.Environment(), random.Random(seed), []
    fronts = [simpy.Resource(env, 1) for _ in range(FRONTS)]
    served, turns = [simpy.Resource(env, 1) for _ in range(pods)], itertools.cycle(range(pods))

    def visit(station, at_rate):
        with station.request() as turn:
            yield turn
            yield env.timeout(draw.expovariate(at_rate))

    def request():
        sent_s = env.now
        yield env.timeout(DELAY_S)
        yield from visit(draw.choice(fronts), front_rate(pods))
        yield from visit(served[next(turns)], 1.0)
        latencies.append(env.now - sent_s)

    def source():
        for _ in range(requests):
            yield env.timeout(draw.expovariate(rate(pods)))
            env.process(request())

    env.process(source())
    env.run()
    return latencies


class CalledStation:
    """A station without a process: it is called, and calls back."""

    def __init__(self, env: simpy.Environment, service_s: Callable[[], float], then: Callable[[float], None]):
        self._env, self._service_s, self._then = env, service_s, then
        self._waiting: deque[float] = deque()
        self._busy = False

    def come(self, sent_s: float) -> None:
        """A request comes to it."""
        if self._busy:
            self._waiting.append(sent_s)
        else:
            self._begin(sent_s)

    def _begin(self, sent_s: float) -> None:
        self._busy = True
        self._env.timeout(self._service_s(), sent_s).callbacks.append(self._leave)

    def _leave(self, event: simpy.Event) -> None:
        self._busy = False
        if self._waiting:
            self._begin(self._waiting.popleft())
        self._then(event.value)


def simpy_lean(requests: int, pods: int, seed: int) -> Latencies:
    """Time-outs and callbacks alone, no process and no Resource."""
    env, draw, latencies = simpy.Environment(), random.Random(seed), []
    served = [
        CalledStation(env, lambda: draw.expovariate(1.0), lambda sent_s: latencies.append(env.now - sent_s))
        for _ in range(pods)
    ]
    turns, later = itertools.cycle(served), iter(range(1, requests))
    fronts = [
        CalledStation(
            env, lambda: draw.expovariate(front_rate(pods)), lambda sent_s: next(turns).come(sent_s)
        )
        for _ in range(FRONTS)
    ]

    def arrive(_):
        env.timeout(DELAY_S, env.now).callbacks.append(lambda event: draw.choice(fronts).come(event.value))
        if next(later, None) is not None:
            env.timeout(draw.expovariate(rate(pods))).callbacks.append(arrive)

    env.timeout(draw.expovariate(rate(pods))).callbacks.append(arrive)
    env.run()
    return latencies


def salabim(requests: int, pods: int, seed: int) -> Latencies:
    """A component per request, a resource per station."""
    import salabim as sim

    latencies: list[float] = []
    env, draw = sim.Environment(trace=False, yieldless=False), random.Random(seed)
    fronts, turns = (
        [sim.Resource() for _ in range(FRONTS)],
        itertools.cycle([sim.Resource() for _ in range(pods)]),
    )

    class Request(sim.Component):
        def process(self):
            sent_s = env.now()
            yield self.hold(DELAY_S)
            for station, at_rate in ((draw.choice(fronts), front_rate(pods)), (None, 1.0)):
                mine = station or next(turns)
                yield self.request(mine)
                yield self.hold(draw.expovariate(at_rate))
                self.release(mine)
            latencies.append(env.now() - sent_s)

    class Source(sim.Component):
        def process(self):
            for _ in range(requests):
                yield self.hold(draw.expovariate(rate(pods)))
                Request()

    Source()
    env.run()
    return latencies


def ciw(requests: int, pods: int, seed: int) -> Latencies:
    """A network of nodes: the delay, the fronts, the Pods."""
    import ciw as program

    exponential, nodes = program.dists.Exponential, range(2 + FRONTS, 2 + FRONTS + pods)
    turns = itertools.cycle(nodes)
    in_turn = [program.routing.Cycle(list(nodes)) for _ in range(FRONTS)]
    for one in in_turn:
        one.generator = turns
    either = program.routing.Probabilistic(list(range(2, 2 + FRONTS)), [1 / FRONTS] * FRONTS)
    network = program.create_network(
        arrival_distributions=[exponential(rate(pods)), *[None] * (FRONTS + pods)],
        service_distributions=[
            program.dists.Deterministic(DELAY_S),
            *[exponential(front_rate(pods))] * FRONTS,
            *[exponential(1.0)] * pods,
        ],
        number_of_servers=[float("inf"), *[1] * (FRONTS + pods)],
        routing=program.routing.NetworkRouting([either, *in_turn, *[program.routing.Leave()] * pods]),
    )
    program.seed(seed)
    run = program.Simulation(network)
    run.simulate_until_max_customers(requests)
    gone = run.nodes[-1].all_individuals
    return [one.data_records[-1].exit_date - one.data_records[0].arrival_date for one in gone]


def asyncflow(requests: int, pods: int, seed: int) -> Latencies:
    """A client, a load balancer, servers, and an edge between each two; no front stations."""
    from asyncflow import AsyncFlow
    from asyncflow.components import Client, Edge, Endpoint, LoadBalancer, Server
    from asyncflow.runtime.simulation_runner import SimulationRunner
    from asyncflow.settings import SimulationSettings
    from asyncflow.workload import RqsGenerator

    lasts_s = 20
    asked = requests / lasts_s
    step = {"kind": "cpu_bound_operation", "step_operation": {"cpu_time": POD_USE * pods / asked}}
    servers = [
        Server(
            id=f"server-{n}",
            server_resources={"cpu_cores": 1, "ram_mb": 256},
            endpoints=[Endpoint(endpoint_name="/", steps=[step])],
        )
        for n in range(pods)
    ]
    at_once = {"mean": 1e-9, "distribution": "normal", "variance": 0}
    pairs = [("users", "client"), ("client", "balancer")]
    pairs += [("balancer", one.id) for one in servers] + [(one.id, "client") for one in servers]
    payload = (
        AsyncFlow()
        .add_generator(
            RqsGenerator(
                id="users",
                avg_active_users={"mean": 60, "distribution": "normal", "variance": 0},
                avg_request_per_minute_per_user={"mean": asked},
                user_sampling_window=6 * lasts_s,
            )
        )
        .add_client(Client(id="client"))
        .add_servers(*servers)
        .add_load_balancer(
            LoadBalancer(id="balancer", algorithms="round_robin", server_covered={one.id for one in servers})
        )
        .add_edges(
            *(Edge(id=f"{a}-{b}", source=a, target=b, latency=at_once, dropout_rate=0.0) for a, b in pairs)
        )
        .add_simulation_settings(SimulationSettings(total_simulation_time=lasts_s, sample_period_s=0.1))
        .build_payload()
    )
    runner = SimulationRunner(env=simpy.Environment(), simulation_input=payload)
    runner.rng = np.random.default_rng(seed)
    results = runner.run()
    results.get_latency_stats()
    return results.latencies


def _drawn(requests: int, pods: int, seed: int) -> tuple[Any, ...]:
    """Arrivals at the fronts, which front, and both service times."""
    draw = np.random.default_rng(seed)
    sent_s = np.cumsum(draw.exponential(1 / rate(pods), requests))
    front = draw.integers(0, FRONTS, requests)
    return (
        sent_s,
        front,
        draw.exponential(1 / front_rate(pods), requests),
        draw.exponential(1.0, requests),
    )


def _left_s(came_s: Any, service_s: Any) -> Any:
    """Departures of one server: Lindley's recursion as a maximum of sums."""
    sums = np.cumsum(service_s)
    return sums + np.maximum.accumulate(came_s - (sums - service_s))


def numpy(requests: int, pods: int, seed: int) -> Latencies:
    """Whole columns: a station is a cumulative sum and a running maximum."""
    sent_s, front, front_s, pod_s = _drawn(requests, pods, seed)
    gone_s = np.empty(requests)
    for one in range(FRONTS):
        mine = front == one
        gone_s[mine] = _left_s(sent_s[mine] + DELAY_S, front_s[mine])
    order = np.argsort(gone_s, kind="stable")
    came_s, end_s = gone_s[order], np.empty(requests)
    for one in range(pods):
        end_s[one::pods] = _left_s(came_s[one::pods], pod_s[one::pods])
    return end_s - sent_s[order]


def numba(requests: int, pods: int, seed: int) -> Latencies:
    """The same recursion as a compiled loop: about what a machine can do."""
    sent_s, front, front_s, pod_s = _drawn(requests, pods, seed)
    stations = _compiled()
    gone_s = stations(sent_s + DELAY_S, front_s, front, FRONTS)
    order = np.argsort(gone_s, kind="stable")
    return stations(gone_s[order], pod_s, np.arange(requests) % pods, pods) - sent_s[order]


_KNOWN: dict[str, Any] = {}


def _compiled() -> Any:
    """Departures of several single servers, for arrivals in order of time."""
    if not _KNOWN:
        import numba as compiler

        @compiler.njit
        def stations(came_s, service_s, which, count):
            free_s, left_s = np.zeros(count), np.empty(came_s.size)
            for n in range(came_s.size):
                one = which[n]
                free_s[one] = max(came_s[n], free_s[one]) + service_s[n]
                left_s[n] = free_s[one]
            return left_s

        _KNOWN["stations"] = stations
    return _KNOWN["stations"]
