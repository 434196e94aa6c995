"""The engine `replay`: SimPy, one process per request, a Station per Pod. The one that people read.

A request opens a connection or takes its client's open one, travels to the Pod that kube-proxy chose for that
connection, and from a controller on to the Pod that the controller chooses for this request. Delays are
constant per leg and those in a row are one timeout. What goes wrong on the way ends the attempt with its
reason; a client may then try again. Events at the same instant happen in the order in which they were
scheduled (docs/model.md).
"""

from dataclasses import replace
from functools import partial
from itertools import accumulate
from math import inf

import numpy as np

from sim.simulation.design import Design, Flow
from sim.simulation.engines.asking import DirectTransport
from sim.simulation.engines.clock import RunClock
from sim.simulation.engines.connection import Connection
from sim.simulation.engines.connections import Connections
from sim.simulation.engines.cutting import LB_CLOSED, until_closed
from sim.simulation.engines.health import Health
from sim.simulation.engines.idle import KEEP_ALIVE_RACE
from sim.simulation.engines.plane import Plane
from sim.simulation.engines.proxies import Attempt, Proxies
from sim.simulation.engines.record import Client, Entry, Record, Visit
from sim.simulation.engines.retries import ClientRetries
from sim.simulation.engines.rules import KnownRules
from sim.simulation.engines.sources import Process, Progress, start
from sim.simulation.engines.station import QUEUE_FULL, Station
from sim.simulation.engines.tally import DELIVERED, Tally
from sim.simulation.result import Result, StationRecord
from sim.simulation.workload import Draws, Workload


class ReplayRun:
    """One run: an environment, the stations, and everything that is counted."""

    def __init__(self, design: Design, workload: Workload) -> None:
        self.env = RunClock()
        self.design, self.workload = design, workload
        self.rows = workload.scenario.traffic
        self.stations = [Station(self.env, spec) for spec in design.stations]
        changes = design.before is not None
        self.plane = Plane(self.env, design, workload, self.stations) if changes else None
        self.sight = None if self.plane is None else self.plane.sight
        broken = bool(design.outages) or self.sight is not None
        self.health = Health(self.env, design, self.stations, self.sight) if broken else None
        self.connections = Connections(self.env, design, workload, self.health)
        self.asking = DirectTransport(self.env, self.stations, self.health)
        self.proxies = Proxies(self.env, design, workload, self.asking, self.health, self.connections)
        self.rules = KnownRules(self.env, design, workload)
        self.record = Record(len(workload.requests))
        self.tally = Tally(self.env.event())
        self.retries = ClientRetries(self.env, workload, self.tally)

    def request(self, row: int, client: Client, draws: Draws, number: int, name: str | None) -> Process:
        """One request, from the decision to send it to the last byte, in one attempt or several.

        Args:
            name: of the streams that it draws from; None: those of the row.
        """
        traffic = self.rows[row]
        place, entry = self.record.opened(row, self.env.now)
        visit = Visit(entry, traffic, client, draws, number)
        self.tally.opened()
        if self.retries.budgets:
            self.retries.note(row)
        reason = yield from self.patiently(visit)
        if traffic.retries and reason is not None:
            reason = yield from self.retries.again(visit, reason, name, self.patiently)
        self.end(entry, reason)
        self.record.closed(place)

    def patiently(self, visit: Visit) -> Attempt:
        """One attempt; a client that has a timeout gives it up, and whoever works on it goes on in vain."""
        timeout_s = visit.traffic.timeout
        return self.attempt(visit) if timeout_s is None else self.until(visit, timeout_s)

    def until(self, visit: Visit, timeout_s: float) -> Attempt:
        """One attempt that its client gives up after so long."""
        mine = replace(visit)
        process = self.env.process(self.attempt(mine))
        yield process | self.env.timeout(timeout_s)
        if process.triggered:
            return process.value
        mine.give_up()
        return "timeout"

    def way(self, visit: Visit) -> Flow:
        """Where a request goes; where weights share out those of its row, a draw of its own says it."""
        row = visit.entry.row
        changes = self.design.broken or self.design.later
        return self.chosen(visit, self.rules.at_entrance(row) if changes else self.design.flows[row])

    def chosen(self, visit: Visit, flow: Flow) -> Flow:
        """One of the ways of a flow, with the service time of where it leads."""
        if flow.ways:
            flow = chosen(flow, visit.draws.split[visit.number])
        service_s = visit.draws.service_at(flow.service) if flow.service else visit.draws.service_s
        visit.service_s = service_s[visit.number]
        return flow

    def attempt(self, visit: Visit) -> Attempt:
        """From the client to whatever answers, and back; returns why it failed."""
        env, entry = self.env, visit.entry
        flow = self.way(visit)
        if not flow.nodes and not flow.per_request:
            entry.fault = self.rules.blamed(entry.row, flow)
            named_until_s = self.rules.named_until_s(entry.fault) if flow.end == "dns-no-record" else 0.0
            return (yield from self.connections.names.nowhere(visit, flow, named_until_s))
        connection = self.connections.take(visit, flow)
        visit.cpu_s, visit.is_first = connection.cpu_s, not connection.reused
        entry.connection, entry.node = connection.number, connection.node
        if connection.trouble is not None:
            if connection.reused:
                write_down(entry, connection, self.design)
            yield env.timeout(connection.ready_s - env.now)
            return connection.trouble
        entry.ready_s, entry.crossings = connection.ready_s, connection.crosses
        yield env.timeout(connection.ready_s - env.now + connection.way_s / 2)
        if self.health is not None and (lost := (yield from self.arrives(visit, connection))) is not None:
            self.broke(visit, connection)
            return lost
        if self.design.later:
            flow = self.chosen(visit, self.rules.at_end(entry.row, connection.station, flow))
            entry.fault = self.rules.blamed(entry.row, flow)
        reason = yield from self.worked_on(visit, connection, flow)
        if self.health is not None and not is_broken(reason):
            reason = (yield from self.lost(visit, connection)) or reason
        if is_broken(reason) or (visit.given_up and visit.traffic.protocol == "http"):
            self.broke(visit, connection)
        if connection.way_s > 0 and reason != "timeout":
            yield env.timeout(connection.way_s / 2)
        self.connections.give_back(visit, flow, connection)
        return reason

    def worked_on(self, visit: Visit, connection: Connection, flow: Flow) -> Attempt:
        """At the other end of its connection, unless the load balancer closes that first."""
        cut_s = inf if self.health is None else self.health.closed_s(visit, connection, flow)
        if cut_s == inf:
            return self.at_its_end(visit, connection, flow)
        work = partial(self.at_its_end, connection=connection, flow=flow)
        return until_closed(self.env, visit, connection.station, cut_s, work)

    def at_its_end(self, visit: Visit, connection: Connection, flow: Flow) -> Attempt:
        """At the other end of its connection, and from a controller on."""
        cpu_s = visit.cpu_s
        reason = yield from self.answer(visit, flow, connection.station, cpu_s)
        if flow.upstream is not None and reason is None:
            service_s = visit.service_s + (cpu_s if flow.tls_ends == "pod" else 0.0)
            reason = yield from self.proxies.forward(visit, connection, flow, service_s)
        return reason

    def broke(self, visit: Visit, connection: Connection) -> None:
        """A connection carries nothing any more; a flow of UDP does not know that its Pod has gone."""
        if self.sight is None or visit.traffic.protocol != "udp":
            connection.left = 0

    def answer(self, visit: Visit, flow: Flow, station: int, cpu_s: float) -> Attempt:
        """The connection's other end: the load balancer, a Pod, or a controller that may pass it on."""
        if flow.per_request:
            return self.at_balancer(visit, flow)
        if flow.upstream is None and flow.end is None:
            return self.at_pod(visit, station, visit.service_s + cpu_s)
        return self.at_controller(visit, flow, station, cpu_s)

    def arrives(self, visit: Visit, connection: Connection) -> Attempt:
        """Why a request does not come to the other end of its connection; None: it does."""
        assert self.health is not None
        lost, station = (yield from self.lost(visit, connection)), connection.station
        is_udp = visit.traffic.protocol == "udp"
        if lost is not None or not (
            self.health.is_gone(station) or (is_udp and self.health.refuses(station))
        ):
            return lost or self.crossed(visit, connection)
        visit.entry.cause = station
        return "refused" if is_udp else "reset"

    def crossed(self, visit: Visit, connection: Connection) -> str | None:
        """What a request meets that its client sent before it heard that a Pod that ends had closed."""
        assert self.health is not None
        unheard_s = self.env.now - connection.way_s
        if not connection.is_alone or not self.health.closed_since(connection.station, unheard_s):
            return None
        visit.entry.cause = connection.station
        return KEEP_ALIVE_RACE

    def lost(self, visit: Visit, connection: Connection) -> Attempt:
        """What happens on a way that is out of order: a reset, or nothing at all for a long time."""
        assert self.health is not None
        where = (connection.destination, connection.node, connection.station)
        reset = "refused" if visit.traffic.protocol == "udp" else "reset"
        return self.health.lost(visit.entry, where, reset)

    def at_controller(self, visit: Visit, flow: Flow, station: int, cpu_s: float) -> Attempt:
        """The request at the controller Pod: wait, be read and matched."""
        visit.entry.controller, visit.entry.controller_arrival_s = station, self.env.now
        if self.stations[station].is_full:
            return QUEUE_FULL
        own_s = cpu_s if flow.tls_ends == "controller" else 0.0
        start_s = yield from self.stations[station].serve(visit.draws.controller_s[visit.number] + own_s)
        if start_s is None:
            return (yield from self.died(visit, station))
        visit.entry.controller_start_s, visit.entry.controller_departure_s = start_s, self.env.now
        return flow.end

    def at_balancer(self, visit: Visit, flow: Flow) -> Attempt:
        """A load balancer that reads HTTP: it answers itself, or chooses a target for this request."""
        yield self.env.timeout(self.design.delays.load_balancer_http_s)
        if flow.end is not None:
            return flow.end
        return (yield from self.proxies.to_target(visit, flow))

    def at_pod(self, visit: Visit, station: int, service_s: float) -> Attempt:
        """The request at the application's Pod."""
        if self.stations[station].is_full:
            visit.entry.pod = station
            return QUEUE_FULL
        served = yield from self.asking.at_pod(visit, station, service_s)
        return None if served else (yield from self.died(visit, station))

    def died(self, visit: Visit, station: int) -> Attempt:
        """The Pod died with the request in it: its node resets the connection, or is dead too."""
        assert self.health is not None
        if self.health.is_gone(station):
            visit.entry.cause = station
        return (yield from self.health.lost(visit.entry, (-1, -1, station), "reset")) or "reset"

    def end(self, entry: Entry, reason: str | None) -> None:
        """Note the end: an answer (of a Pod, or a redirect), or a failure by its reason."""
        entry.ended_s = self.env.now
        if self.tally.closed(reason):
            entry.answered_s = self.env.now
        entry.end = self.tally.ends[reason or DELIVERED]


def note_busy(replay: ReplayRun, at_s: float, busy_s: list[float]) -> Process:
    """Remember the busy time of every station at the end of the warm-up."""
    yield replay.env.timeout(at_s)
    for index, station in enumerate(replay.stations):
        station.integrate()
        busy_s[index] = station.busy_s


def chosen(flow: Flow, draw: float) -> Flow:
    """The way that a uniform falls on."""
    upto = accumulate(share for share, _ in flow.ways)
    return next((way for (_, way), end in zip(flow.ways, upto, strict=True) if draw < end), flow)


def write_down(entry: Entry, connection: Connection, design: Design) -> None:
    """Where a connection led that is not there any more."""
    if connection.station < 0:
        return
    if design.stations[connection.station].is_controller:
        entry.controller = connection.station
    else:
        entry.pod = connection.station


def is_broken(reason: str | None) -> bool:
    """Whether a connection cannot be used any more."""
    return reason in ("reset", "timeout", "refused", LB_CLOSED, KEEP_ALIVE_RACE, QUEUE_FULL)


def run(design: Design, workload: Workload, progress: Progress | None = None) -> Result:
    """Run one plan on one workload."""
    replay, scenario = ReplayRun(design, workload), workload.scenario
    busy_s = [0.0] * len(replay.stations)
    if scenario.warm_up_s:
        replay.env.process(note_busy(replay, scenario.warm_up_s, busy_s))
    start(replay.env, replay.tally, workload, replay.request, progress)
    end_s = workload.end_s
    replay.env.run_until(replay.tally.done if end_s is None else replay.env.moment(end_s))
    return _result(replay, busy_s)


def _result(replay: ReplayRun, busy_s: list[float]) -> Result:
    """Close the books at the end of the run."""
    warm_up_s, end_s = replay.workload.scenario.warm_up_s, replay.env.now
    records = []
    count = len(replay.stations) if replay.sight is None else replay.sight.came
    for spec, station, before_s in list(zip(replay.design.stations, replay.stations, busy_s, strict=True))[
        :count
    ]:
        station.integrate()
        time_s = (end_s - warm_up_s) * spec.workers
        used = (station.busy_s - before_s) / time_s if time_s > 0 else 0.0
        services = np.frombuffer(station.starts_s), np.frombuffer(station.stops_s)
        records.append(StationRecord(spec, station.served, used, station.in_system_s, *services))
    design, tally = replay.design, replay.tally
    changes = tuple(then.because for then in design.later)
    return Result(
        plan=design.name,
        engine="replay",
        seed=replay.workload.seed,
        end_s=end_s,
        warm_up_s=warm_up_s,
        **{name: getattr(tally, name) for name in ("sent", "answered", "in_flight", "retried")},
        failed=dict(sorted(tally.failed.items())),
        stations=tuple(records),
        **{name: getattr(design, name) for name in ("nodes", "node_zones", "destinations")},
        ends=tuple(tally.ends),
        remembered=tuple(replay.proxies.remembered),
        row_destination=tuple(flow.destination for flow in design.flows),
        faults=(*design.outages.titles, *changes),
        fault_starts_s=(*design.outages.starts_s, *(then.at_s for then in design.later)),
        rule_events=changes,
        lives={} if replay.sight is None else replay.sight.lives,
        told=() if replay.sight is None else replay.sight.told,
        scaled=() if replay.plane is None else replay.plane.scaled,
        held=() if replay.plane is None else replay.plane.held,
        reads_http=tuple({flow.destination for flow in design.flows if flow.per_request}),
        **replay.record.columns(),
    )
