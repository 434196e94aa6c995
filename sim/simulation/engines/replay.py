"""The engine `replay`: SimPy, one process per request, a Station per Pod. The one that people read.

A request opens a connection or takes its client's open one, travels to the Pod that kube-proxy chose for that
connection, and from a controller on to the Pod that the controller chooses for this request. Delays are
constant per leg and those in a row are one timeout. What goes wrong on the way ends the attempt with its
reason; a client may then try again. Events at the same instant happen in the order in which they were
scheduled (docs/model.md).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from sim.scenario import TrafficRow
from sim.simulation.design import Design, Flow
from sim.simulation.engines.connections import Client, Connection, Connections
from sim.simulation.engines.health import Health
from sim.simulation.engines.proxies import Proxies
from sim.simulation.engines.record import SCRATCH, Record
from sim.simulation.engines.sources import Process, Progress, start
from sim.simulation.engines.station import Station
from sim.simulation.engines.tally import DELIVERED, Tally
from sim.simulation.result import Result, StationRecord
from sim.simulation.workload import Column, Draws, Workload

Attempt = Generator[simpy.Event, Any, str | None]


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


class ReplayRun:
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
        self.tally = Tally(self.env.event())
        self._later: dict[str, tuple[Draws, Column]] = {}

    def request(self, row: int, client: Client, draws: Draws, number: int, name: str | None) -> Process:
        """One request, from the decision to send it to the last byte, in one attempt or several.

        Args:
            name: of the streams that it draws from; None: those of the row.
        """
        traffic = self.rows[row]
        visit = Visit(self.record.open(row, self.env.now), row, traffic, client, draws, number)
        self.tally.opened()
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
            self.tally.retried += 1
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
        where = (connection.destination, connection.node, connection.station)
        reset = "refused" if visit.traffic.protocol == "udp" else "reset"
        return self.health.lost(*where, reset)

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
        return (yield from self.health.lost(-1, -1, station, "reset")) or "reset"

    def end(self, entry: int, reason: str | None) -> None:
        """Note the end: an answer (of a Pod, or a redirect), or a failure by its reason."""
        self.record.ended_s[entry] = self.env.now
        if self.tally.closed(reason):
            self.record.answered_s[entry] = self.env.now
        self.record.end[entry] = self.tally.ends[reason or DELIVERED]

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
    replay, scenario = ReplayRun(design, workload), workload.scenario
    busy_s = [0.0] * len(replay.stations)
    if scenario.warm_up_s:
        replay.env.process(replay.note_busy(scenario.warm_up_s, busy_s))
    start(replay.env, replay.tally, workload, replay.request, progress)
    end_s = workload.end_s
    replay.env.run(until=replay.tally.done if end_s is None else end_s)
    return _result(replay, busy_s)


def _result(replay: ReplayRun, busy_s: list[float]) -> Result:
    """Close the books at the end of the run."""
    warm_up_s, end_s = replay.workload.scenario.warm_up_s, replay.env.now
    records = []
    for spec, station, before_s in zip(replay.design.stations, replay.stations, busy_s, strict=True):
        station.integrate()
        time_s = (end_s - warm_up_s) * spec.workers
        used = (station.busy_s - before_s) / time_s if time_s > 0 else 0.0
        services = np.array(station.starts_s), np.array(station.stops_s)
        records.append(StationRecord(spec, station.served, used, station.in_system_s, *services))
    columns: dict[str, Any] = {
        name: np.array(values[SCRATCH + 1 :]) for name, values in vars(replay.record).items()
    }
    return Result(
        plan=replay.design.name,
        engine="replay",
        seed=replay.workload.seed,
        end_s=end_s,
        warm_up_s=warm_up_s,
        sent=replay.tally.sent,
        answered=replay.tally.answered,
        failed=dict(sorted(replay.tally.failed.items())),
        in_flight=replay.tally.in_flight,
        retried=replay.tally.retried,
        stations=tuple(records),
        nodes=replay.design.nodes,
        node_zones=replay.design.node_zones,
        ends=tuple(replay.tally.ends),
        destinations=replay.design.destinations,
        row_destination=tuple(flow.destination for flow in replay.design.flows),
        reads_http=tuple({flow.destination for flow in replay.design.flows if flow.per_request}),
        **columns,
    )
