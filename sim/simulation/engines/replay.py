"""The engine `replay`: SimPy, one process per request, a Station per Pod. The one that people read.

A request opens a connection or takes its client's open one, travels to the Pod that kube-proxy chose for that
connection, and from a controller on to the Pod that the controller chooses for this request. Delays are
constant per leg and those in a row are one timeout. What goes wrong on the way ends the attempt with its
reason; a client may then try again. Events at the same instant happen in the order in which they were
scheduled (docs/model.md).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import simpy

from sim.scenario import TrafficRow
from sim.simulation.design import Design, Flow
from sim.simulation.engines.connections import Client, Connection, Connections
from sim.simulation.engines.health import Health
from sim.simulation.engines.proxies import Proxies
from sim.simulation.engines.record import SCRATCH, Record
from sim.simulation.engines.station import Station
from sim.simulation.result import Result, StationRecord
from sim.simulation.workload import Column, Draws, User, Workload

Process = Generator[simpy.Event, Any, None]
Attempt = Generator[simpy.Event, Any, str | None]
Progress = Callable[[int, int], None]

REPORT_EVERY = 500
DELIVERED = "delivered"

SILENCE_S = 924.6
"""How long TCP repeats what nobody acknowledges. Source: Linux, net.ipv4.tcp_retries2 = 15."""

BACKOFF_S = 0.1
"""Longest pause before a client's first new attempt; it doubles. An assumption; with full jitter."""

TRIED_AGAIN = frozenset({"timeout", "connect-timeout", "refused", "reset", "lb-no-healthy-target", "dropped"})


@dataclass(slots=True)
class Visit:
    """One request of a client, as far as it has come.

    Args:
        entry: its place in the record; that for scratch once its client has given it up.
        number: of its draws.
    """

    entry: int
    row: int
    traffic: TrafficRow
    client: Client
    draws: Draws
    number: int


class Replay:
    """One run: an environment, the stations, and everything that is counted."""

    def __init__(self, design: Design, workload: Workload) -> None:
        self.env = simpy.Environment()
        self.design, self.workload = design, workload
        self.rows = workload.scenario.traffic
        self.stations = [
            Station(self.env, spec, number in design.outages.stations)
            for number, spec in enumerate(design.stations)
        ]
        self.health = Health(self.env, design, self.stations) if design.outages else None
        self.connections = Connections(self.env, design, workload, self.health)
        self.record = Record()
        self.proxies = Proxies(self.env, design, self.stations, self.health, self.record)
        self.sent = self.answered = self.in_flight = self.retried = 0
        self.failed: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self.done = self.env.event()
        self._sources = 0
        self._later: dict[str, tuple[Draws, Column]] = {}

    def start(self, progress: Progress | None) -> None:
        """Everyone who sends."""
        self._source(self.open_source(progress))
        for row, traffic in enumerate(self.rows):
            for number, user in enumerate(self.workload.users(row)) if traffic.users else ():
                self._source(self.user(row, number, user))

    def _source(self, process: Process) -> None:
        self._sources += 1
        self.env.process(self._until_done(process))

    def _until_done(self, process: Process) -> Process:
        yield from process
        yield self.env.timeout(0)  # the last request starts before that
        self._sources -= 1
        self._end_if_done()

    def _end_if_done(self) -> None:
        """The run by number is over when nobody sends any more and nothing is open."""
        if self._sources == self.in_flight == 0 and not self.done.triggered:
            self.done.succeed()

    def open_source(self, progress: Progress | None) -> Process:
        """Send the open-loop requests at their instants."""
        requests, draws = self.workload.requests, self.workload.open_draws()
        clients = [(row.host, row.client_ip) for row in self.rows]
        total = len(requests)
        columns = (requests.sent_s.tolist(), requests.row.tolist(), requests.client.tolist())
        for number, (sent_s, row, client) in enumerate(zip(*columns, strict=True)):
            if sent_s > self.env.now:
                yield self.env.timeout(sent_s - self.env.now)
            self.env.process(self.request(row, (*clients[row], client), draws, number))
            if progress is not None and number % REPORT_EVERY == 0:
                progress(number, total)

    def user(self, row: int, number: int, user: User) -> Process:
        """A closed-loop user: think, send, wait for the answer, again; until the row's duration or number."""
        traffic = self.rows[row]
        share, rest = divmod(traffic.requests or 0, traffic.users or 1)
        most = share + (number < rest) if traffic.requests else inf
        until_s = traffic.duration_s or inf
        client = ("user", row, number)
        sent = 0
        while sent < most:
            yield self.env.timeout(user.think_s[sent])
            if self.env.now >= until_s:
                return
            sent += 1
            yield self.env.process(self.request(row, client, user.draws, sent - 1, user.name))

    def request(
        self, row: int, client: Client, draws: Draws, number: int, name: str | None = None
    ) -> Process:
        """One request, from the decision to send it to the last byte, in one attempt or several.

        Args:
            name: of the streams that it draws from; None: those of the row.
        """
        traffic = self.rows[row]
        visit = Visit(self.record.open(row, self.env.now), row, traffic, client, draws, number)
        self.sent += 1
        self.in_flight += 1
        patient = traffic.timeout is None
        reason = yield from (self.attempt(visit) if patient else self.patiently(visit))
        if traffic.retries and reason is not None:
            reason = yield from self.again(visit, reason, name)
        self.end(visit.entry, reason)

    def again(self, visit: Visit, reason: str | None, name: str | None) -> Attempt:
        """Later attempts, each after a longer pause at most and with draws of its own."""
        if name is None:
            visit.number = int(self.workload.requests.number[visit.number])
        stream = name or self.workload.row_name(visit.row)
        for attempt in range(1, visit.traffic.retries + 1):
            if reason is None or not is_tried_again(reason):
                return reason
            visit.draws, pauses = self.later(visit.row, f"{stream}/attempt/{attempt}")
            yield self.env.timeout(BACKOFF_S * 2 ** (attempt - 1) * pauses[visit.number])
            self.retried += 1
            self.record.renew(visit.entry)
            reason = yield from self.patiently(visit)
        return reason

    def later(self, row: int, name: str) -> tuple[Draws, Column]:
        """The draws of an attempt, and what spreads the pauses before it."""
        if name not in self._later:
            self._later[name] = self.workload.draws(row, name), self.workload.backoffs(name)
        return self._later[name]

    def patiently(self, visit: Visit) -> Attempt:
        """One attempt; after its timeout the client gives it up, and whoever works on it goes on in vain."""
        if visit.traffic.timeout is None:
            return (yield from self.attempt(visit))
        mine = Visit(visit.entry, visit.row, visit.traffic, visit.client, visit.draws, visit.number)
        process = self.env.process(self.attempt(mine))
        yield process | self.env.timeout(visit.traffic.timeout)
        if process.triggered:
            return process.value
        mine.entry = SCRATCH
        return "timeout"

    def flow(self, row: int) -> Flow:
        """Where a row's requests go now."""
        for broken in self.design.broken:
            if broken.at_s <= self.env.now < broken.until_s:
                return broken.flows[row]
        return self.design.flows[row]

    def attempt(self, visit: Visit) -> Attempt:
        """From the client to whatever answers, and back; returns why it failed."""
        env, record, draws, number = self.env, self.record, visit.draws, visit.number
        flow = self.design.flows[visit.row] if not self.design.broken else self.flow(visit.row)
        if not flow.nodes and not flow.per_request:
            yield env.timeout(self.design.delays.dns_s + self.design.delays.client_s)
            return flow.end
        connection = self.connections.take(
            visit.client, visit.traffic, flow, draws.node[number], draws.pod[number], draws.resume[number]
        )
        cpu_s = connection.cpu_s
        record.connection[visit.entry] = connection.number
        record.node[visit.entry] = connection.node
        if connection.trouble is not None:
            yield env.timeout(connection.ready_s - env.now)
            return connection.trouble
        record.ready_s[visit.entry] = connection.ready_s
        record.crossings[visit.entry] = connection.crosses
        yield env.timeout(connection.ready_s - env.now + connection.way_s / 2)
        if self.health is not None and (lost := (yield from self.lost(visit, connection))) is not None:
            connection.left = 0
            return lost
        reason = yield from self.answer(visit, flow, connection.station, cpu_s)
        if flow.upstream is not None and reason is None:
            service_s = draws.service_s[number] + (cpu_s if flow.tls_ends == "pod" else 0.0)
            reason = yield from self.proxies.forward(visit, connection.station, flow.upstream, service_s)
        if self.health is not None and not is_broken(reason):
            reason = (yield from self.lost(visit, connection)) or reason
        if is_broken(reason) or (visit.entry == SCRATCH and visit.traffic.protocol == "http"):
            connection.left = 0
        if connection.way_s > 0 and reason != "timeout":
            yield env.timeout(connection.way_s / 2)
        self.connections.give_back(visit.client, visit.traffic, connection)
        return reason

    def answer(self, visit: Visit, flow: Flow, station: int, cpu_s: float) -> Attempt:
        """The connection's other end: the load balancer, a Pod, or a controller that may pass it on."""
        if flow.per_request:
            return self.at_balancer(visit, flow)
        if flow.upstream is None and flow.end is None:
            return self.at_pod(visit, station, visit.draws.service_s[visit.number] + cpu_s)
        return self.at_controller(visit, flow, station, cpu_s)

    def lost(self, visit: Visit, connection: Connection) -> Attempt:
        """What happens on a way that is out of order: a reset, or nothing at all for a long time."""
        assert self.health is not None
        outage = self.health.blocked(connection.destination, connection.node, connection.station)
        if outage is None:
            return None
        if outage.silent:
            yield self.env.timeout(SILENCE_S)
            return "timeout"
        return "refused" if visit.traffic.protocol == "udp" else "reset"

    def at_controller(self, visit: Visit, flow: Flow, station: int, cpu_s: float) -> Attempt:
        """The request at the controller Pod: wait, be read and matched."""
        record, draws, number = self.record, visit.draws, visit.number
        record.controller[visit.entry] = station
        record.controller_arrival_s[visit.entry] = self.env.now
        own_s = cpu_s if flow.tls_ends == "controller" else 0.0
        start_s = yield from self.stations[station].serve(draws.controller_s[number] + own_s)
        if start_s is None:
            return (yield from self.died(station))
        record.controller_start_s[visit.entry] = start_s
        record.controller_departure_s[visit.entry] = self.env.now
        return flow.end

    def at_balancer(self, visit: Visit, flow: Flow) -> Attempt:
        """A load balancer that reads HTTP: it answers itself, or chooses a target for this request."""
        yield self.env.timeout(self.design.delays.load_balancer_http_s)
        if flow.end is not None:
            return flow.end
        return (yield from self.proxies.to_target(visit, flow, self.connections))

    def at_pod(self, visit: Visit, station: int, service_s: float) -> Attempt:
        """The request at the application's Pod."""
        record = self.record
        record.pod[visit.entry] = station
        record.arrival_s[visit.entry] = self.env.now
        start_s = yield from self.stations[station].serve(service_s)
        if start_s is None:
            return (yield from self.died(station))
        record.start_s[visit.entry] = start_s
        record.departure_s[visit.entry] = self.env.now
        return None

    def died(self, station: int) -> Attempt:
        """The Pod died with the request in it: its node resets the connection, or is dead too."""
        assert self.health is not None
        outage = self.health.blocked(-1, -1, station)
        if outage is None or not outage.silent:
            return "reset"
        yield self.env.timeout(SILENCE_S)
        return "timeout"

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
        self._end_if_done()

    def note_busy(self, at_s: float, busy_s: list[float]) -> Process:
        """Remember the busy time of every station at the end of the warm-up."""
        yield self.env.timeout(at_s)
        for index, station in enumerate(self.stations):
            station.integrate()
            busy_s[index] = station.busy_s


def is_tried_again(reason: str) -> bool:
    """Whether a client tries again what ended so: no answer, or one that says that nobody could."""
    return reason in TRIED_AGAIN or reason.endswith((" 502", " 503", " 504"))


def is_broken(reason: str | None) -> bool:
    """Whether a connection cannot be used any more."""
    return reason in ("reset", "timeout", "refused")


def run(design: Design, workload: Workload, progress: Progress | None = None) -> Result:
    """Run one plan on one workload."""
    replay, scenario = Replay(design, workload), workload.scenario
    busy_s = [0.0] * len(replay.stations)
    if scenario.warm_up_s:
        replay.env.process(replay.note_busy(scenario.warm_up_s, busy_s))
    replay.start(progress)
    end_s = workload.end_s
    replay.env.run(until=replay.done if end_s is None else end_s)
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
    columns = {name: np.array(values[SCRATCH + 1 :]) for name, values in vars(replay.record).items()}
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
        retried=replay.retried,
        stations=tuple(records),
        nodes=replay.design.nodes,
        node_zones=replay.design.node_zones,
        ends=tuple(replay.ends),
        destinations=replay.design.destinations,
        row_destination=tuple(flow.destination for flow in replay.design.flows),
        reads_http=tuple({flow.destination for flow in replay.design.flows if flow.per_request}),
        **columns,
    )
