"""The engine `replay`: SimPy, one process per request, a Station per Pod. The one that people read.

A request opens a connection or takes its client's open one, travels to the Pod that kube-proxy chose for that
connection, and from a controller on to the Pod that the controller chooses for this request. Delays are
constant per leg and those in a row are one timeout. Events at the same instant happen in the order in which
they were scheduled (docs/model.md).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
import simpy

from sim.design import Design, Flow, StationSpec
from sim.results import Result, StationRecord
from sim.routing.balancing import ALGORITHMS, View
from sim.workload import UserDraws, Workload

Process = Generator[simpy.Event, Any, None]
Progress = Callable[[int, int], None]

DNS_TTL_S = 60.0
"""How long a client keeps an address. Source: the TTL of Elastic Load Balancing names."""

REPORT_EVERY = 500
NOT_YET = float("nan")
DELIVERED = "delivered"


class Station:
    """A Pod: `workers` serve at a time, the rest wait, first come first served.

    It integrates the number of requests in it and the number in service over time, apart from any record.
    """

    def __init__(self, env: simpy.Environment, spec: StationSpec) -> None:
        self._env, self._workers = env, simpy.Resource(env, spec.workers)
        self._in_system = self._in_service = self.served = 0
        self._last_s = 0.0
        self.in_system_s = self.busy_s = 0.0

    def integrate(self) -> None:
        """Bring both areas up to now."""
        elapsed = self._env.now - self._last_s
        self.in_system_s += self._in_system * elapsed
        self.busy_s += self._in_service * elapsed
        self._last_s = self._env.now

    def serve(self, service_s: float) -> Generator[simpy.Event, Any, float]:
        """Wait for a worker, hold it for `service_s`, leave; returns when service began. For `yield from`."""
        self.integrate()
        self._in_system += 1
        worker = self._workers.request()
        yield worker
        start_s = self._env.now
        self.integrate()
        self._in_service += 1
        yield self._env.timeout(service_s)
        self.integrate()
        self._in_service -= 1
        self._in_system -= 1
        self.served += 1
        self._workers.release(worker)
        return start_s


@dataclass
class Connection:
    """A client's connection: what was chosen for it once, and what it can still carry."""

    node: int
    node_zone: str
    station: int
    way_s: float
    ready_s: float
    left: int
    number: int


@dataclass(frozen=True)
class Draws:
    """One request's random numbers."""

    service_s: float
    controller_s: float
    node: float
    pod: float
    balance: float


@dataclass
class Record:
    """The columns of a run as lists, one entry per request in order of sending."""

    row: list[int] = field(default_factory=list)
    connection: list[int] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    crossings: list[int] = field(default_factory=list)
    sent_s: list[float] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)
    controller: list[int] = field(default_factory=list)
    controller_arrival_s: list[float] = field(default_factory=list)
    controller_start_s: list[float] = field(default_factory=list)
    controller_departure_s: list[float] = field(default_factory=list)
    pod: list[int] = field(default_factory=list)
    arrival_s: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    departure_s: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)
    end: list[int] = field(default_factory=list)

    def open(self, row: int, now_s: float) -> int:
        """A new entry; everything that has not happened yet is NaN or -1."""
        self.row.append(row)
        self.sent_s.append(now_s)
        self.crossings.append(0)
        for numbers in (self.connection, self.node, self.controller, self.pod, self.end):
            numbers.append(-1)
        for times in (
            self.ready_s, self.controller_arrival_s, self.controller_start_s, self.controller_departure_s,
            self.arrival_s, self.start_s, self.departure_s, self.answered_s, self.ended_s,
        ):  # fmt: skip
            times.append(NOT_YET)
        return len(self.row) - 1


class Replay:
    """One run: an environment, the stations, and everything that is counted."""

    def __init__(self, design: Design, workload: Workload) -> None:
        self.env = simpy.Environment()
        self.design, self.workload = design, workload
        self.stations = [Station(self.env, spec) for spec in design.stations]
        self.zones = [spec.zone for spec in design.stations]
        self.record = Record()
        self.sent = self.answered = self.in_flight = 0
        self.failed: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self._connections: dict[tuple[object, int], Connection] = {}
        self._looked_up_s: dict[tuple[object, int], float] = {}
        self._opened = 0
        self._turns: dict[tuple[int, int], int] = {}
        self._open_at: dict[tuple[int, int], list[int]] = {}

    def open_source(self, progress: Progress | None) -> Process:
        """Send the open-loop requests at their instants."""
        requests, scenario = self.workload.requests, self.workload.scenario
        hosts = [row.host for row in scenario.traffic]
        total = len(requests)
        columns = (
            requests.sent_s, requests.row, requests.client, requests.service_s, requests.controller_s,
            requests.node, requests.pod, requests.balance,
        )  # fmt: skip
        for number, (sent_s, row, client, *drawn) in enumerate(
            zip(*(c.tolist() for c in columns), strict=True)
        ):
            if sent_s > self.env.now:
                yield self.env.timeout(sent_s - self.env.now)
            self.env.process(self.request(row, (hosts[row], client), Draws(*drawn)))
            if progress is not None and number % REPORT_EVERY == 0:
                progress(number, total)

    def user(self, row: int, number: int, draws: UserDraws) -> Process:
        """A closed-loop user: think, send, wait for the answer, again; until the row's duration or number."""
        traffic = self.workload.scenario.traffic[row]
        share, rest = divmod(traffic.requests or 0, traffic.users or 1)
        most = share + (number < rest) if traffic.requests else inf
        until_s = traffic.duration_s or inf
        sent = 0
        while sent < most:
            yield self.env.timeout(draws.think_s[sent])
            if self.env.now >= until_s:
                return
            drawn = Draws(
                draws.service_s[sent],
                draws.controller_s[sent],
                draws.node[sent],
                draws.pod[sent],
                draws.balance[sent],
            )
            sent += 1
            yield self.env.process(self.request(row, ("user", row, number), drawn))

    def request(self, row: int, client: object, draws: Draws) -> Process:
        """One request, from the decision to send it to the last byte of its answer."""
        env, flow = self.env, self.design.flows[row]
        entry = self.record.open(row, env.now)
        self.sent += 1
        self.in_flight += 1
        if not flow.pods:
            yield env.timeout(self.design.delays.dns_s + self.design.delays.client_s)
            return self.end(entry, flow.end)
        connection, is_new = self.connection(row, client, flow, draws)
        self.record.connection[entry] = connection.number
        self.record.node[entry] = connection.node
        self.record.ready_s[entry] = connection.ready_s
        self.record.crossings[entry] = connection.node_zone != self.zones[connection.station]
        handshake_s = (
            self.design.delays.tls_cpu_s if is_new and flow.tls_ends in ("controller", "pod") else 0.0
        )
        way_s = connection.way_s / 2
        yield env.timeout(connection.ready_s - env.now + way_s)
        if flow.upstream is None and flow.end is None:
            yield from self.at_pod(entry, connection.station, draws.service_s + handshake_s)
            yield from self.travel(way_s)
            return self.end(entry, None)
        at_controller_s = handshake_s if flow.tls_ends == "controller" else 0.0
        yield from self.at_controller(entry, connection.station, draws.controller_s + at_controller_s)
        if flow.upstream is not None:
            to_pod_s = handshake_s if flow.tls_ends == "pod" else 0.0
            yield from self.proxied(entry, connection.station, flow.upstream, draws, to_pod_s)
        yield from self.travel(way_s)
        return self.end(entry, flow.end)

    def travel(self, delay_s: float) -> Process:
        """A delay; none at all takes no event."""
        if delay_s > 0:
            yield self.env.timeout(delay_s)

    def at_controller(self, entry: int, station: int, service_s: float) -> Process:
        """The request at the controller Pod: wait, be read and matched."""
        record = self.record
        record.controller[entry] = station
        record.controller_arrival_s[entry] = self.env.now
        record.controller_start_s[entry] = yield from self.stations[station].serve(service_s)
        record.controller_departure_s[entry] = self.env.now

    def proxied(
        self, entry: int, controller: int, upstream: int, draws: Draws, handshake_s: float
    ) -> Process:
        """From the controller to a Pod of its choice, and back."""
        chosen = self.choose(controller, upstream, draws)
        station = self.design.upstreams[upstream].stations[chosen]
        zone, other = self.zones[controller], self.zones[station]
        way_s = self.design.delays.between(zone, other) / 2
        self.record.crossings[entry] += zone != other
        open_at = self._open_at[controller, upstream]
        open_at[chosen] += 1
        yield from self.travel(way_s)
        yield from self.at_pod(entry, station, draws.service_s + handshake_s)
        yield from self.travel(way_s)
        open_at[chosen] -= 1

    def choose(self, controller: int, upstream: int, draws: Draws) -> int:
        """The controller Pod's own choice; what it remembers is its own too."""
        behind = self.design.upstreams[upstream]
        key = controller, upstream
        open_at = self._open_at.setdefault(key, [0] * len(behind.stations))
        choice = ALGORITHMS[behind.algorithm](View(open_at), self._turns.get(key, 0), lambda _: draws.balance)
        self._turns[key] = choice.state
        return choice.index

    def at_pod(self, entry: int, station: int, service_s: float) -> Process:
        """The request at the application's Pod."""
        record = self.record
        record.pod[entry] = station
        record.arrival_s[entry] = self.env.now
        record.start_s[entry] = yield from self.stations[station].serve(service_s)
        record.departure_s[entry] = self.env.now

    def end(self, entry: int, reason: str | None) -> None:
        """Count the end: an answer (of a Pod, or a redirect), or a failure by its reason."""
        self.in_flight -= 1
        self.record.ended_s[entry] = self.env.now
        self.record.end[entry] = self.ends.setdefault(reason or DELIVERED, len(self.ends))
        if reason is None or reason == "redirected":
            self.answered += 1
            self.record.answered_s[entry] = self.env.now
        else:
            self.failed[reason] = self.failed.get(reason, 0) + 1

    def connection(self, row: int, client: object, flow: Flow, draws: Draws) -> tuple[Connection, bool]:
        """The client's open connection to this load balancer, or a new one that must be opened first."""
        key = client, flow.destination
        known = self._connections.get(key)
        if known is not None and known.left > 0:
            known.left -= 1
            known.ready_s = max(known.ready_s, self.env.now)
            return known, False
        opened = self.opened(row, key, flow, draws)
        self._connections[key] = opened
        return opened, True

    def opened(self, row: int, key: tuple[object, int], flow: Flow, draws: Draws) -> Connection:
        """DNS unless the address is known, TCP, TLS; the load balancer picks a node, kube-proxy a Pod."""
        delays = self.design.delays
        node = min(int(draws.node * len(flow.nodes)), len(flow.nodes) - 1)
        pods = flow.pods[node]
        station = pods[min(int(draws.pod * len(pods)), len(pods) - 1)]
        front_s = delays.client_s + 2 * delays.load_balancer_s
        behind_s = delays.zone_s + delays.between(flow.nodes[node], self.zones[station])
        whole_s = front_s + behind_s
        handshake_s = whole_s + self.tls_s(flow, front_s, whole_s)
        self._opened += 1
        ready_s = self.env.now + self.dns_s(key) + handshake_s
        left = self.workload.scenario.traffic[row].keep_alive - 1
        return Connection(
            flow.node_numbers[node], flow.nodes[node], station, whole_s, ready_s, left, self._opened - 1
        )  # fmt: skip

    def tls_s(self, flow: Flow, front_s: float, whole_s: float) -> float:
        """Round trips of the TLS handshake to where it ends; a load balancer's CPU is a delay here too."""
        delays = self.design.delays
        if flow.tls_ends is None:
            return 0.0
        if flow.tls_ends == "load-balancer":
            return delays.tls_round_trips * front_s + delays.tls_cpu_s
        return delays.tls_round_trips * whole_s

    def dns_s(self, key: tuple[object, int]) -> float:
        """A look-up, unless this client still knows the address."""
        last = self._looked_up_s.get(key)
        if last is not None and self.env.now - last < DNS_TTL_S:
            return 0.0
        self._looked_up_s[key] = self.env.now
        return self.design.delays.dns_s

    def note_busy(self, at_s: float, busy_s: list[float]) -> Process:
        """Remember the busy time of every station at the end of the warm-up."""
        yield self.env.timeout(at_s)
        for index, station in enumerate(self.stations):
            station.integrate()
            busy_s[index] = station.busy_s


def run(design: Design, workload: Workload, progress: Progress | None = None) -> Result:
    """Run one plan on one workload."""
    replay, scenario = Replay(design, workload), workload.scenario
    busy_s = [0.0] * len(replay.stations)
    if scenario.warm_up_s:
        replay.env.process(replay.note_busy(scenario.warm_up_s, busy_s))
    replay.env.process(replay.open_source(progress))
    for row, traffic in enumerate(scenario.traffic):
        for number, draws in enumerate(workload.users(row)) if traffic.users else ():
            replay.env.process(replay.user(row, number, draws))
    end_s = workload.end_s
    replay.env.run(until=end_s)
    return _result(replay, busy_s)


def _result(replay: Replay, busy_s: list[float]) -> Result:
    """Close the books at the end of the run."""
    warm_up_s, end_s = replay.workload.scenario.warm_up_s, replay.env.now
    records = []
    for spec, station, before_s in zip(replay.design.stations, replay.stations, busy_s, strict=True):
        station.integrate()
        time_s = (end_s - warm_up_s) * spec.workers
        used = (station.busy_s - before_s) / time_s if time_s > 0 else 0.0
        records.append(StationRecord(spec, station.served, used, station.in_system_s))
    columns = {name: np.array(values) for name, values in vars(replay.record).items()}
    return Result(
        plan=replay.design.name,
        engine="replay",
        seed=replay.workload.seed,
        end_s=end_s,
        warm_up_s=warm_up_s,
        sent=replay.sent,
        answered=replay.answered,
        failed=dict(sorted(replay.failed.items())),
        in_flight=replay.in_flight,
        stations=tuple(records),
        nodes=replay.design.nodes,
        ends=tuple(replay.ends),
        destinations=replay.design.destinations,
        row_destination=tuple(flow.destination for flow in replay.design.flows),
        **columns,
    )
