"""A request on its way, step by step: `sim.simulation.engines.replay` as a walk.

Each step does what replay's process does between two of its waits, in the same order.
"""

from math import inf, nan

from sim.simulation.fast.agenda import hurry, later
from sim.simulation.fast.clients import drawn_at, take
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.ends import DELIVERED, QUEUE_FULL, RESET
from sim.simulation.fast.homewards import ended, fresh_visit, homewards
from sim.simulation.fast.proxied import answered, died_behind, forward
from sim.simulation.fast.stations import enter, is_full, leave
from sim.simulation.fast.steps import (
    ARRIVED,
    AT_CONTROLLER,
    AT_END,
    BEGIN,
    BEHIND,
    DEADLINE,
    ENDED,
    SILENCE,
    STEPS,
    TLS_AT_CONTROLLER,
    UNHEARD,
)
from sim.simulation.fast.troubles import NOTHING, WAITS, epoch, lost, lost_on_way
from sim.simulation.fast.world import World


@walked
def fresh_entry(w: World) -> int:
    """Where the next request is written down: nothing has happened yet."""
    c = w.clock[0]
    c.sent += 1
    renew_entry(w, c.sent)
    return c.sent


@walked
def renew_entry(w: World, e: int) -> None:
    """Nothing has happened to a request yet, or to another attempt at it."""
    one = w.entries[e]
    one.connection = one.node = one.controller = one.pod = -1
    one.end = one.cause = one.fault = one.last_try = -1
    one.crossings = 0
    one.ready_s = one.controller_arrival_s = one.controller_start_s = one.controller_departure_s = nan
    one.arrival_s = one.start_s = one.departure_s = one.answered_s = one.ended_s = nan


@walked
def begin_open(w: World) -> None:
    """The next open-loop request begins."""
    c = w.clock[0]
    number = c.begun
    c.begun += 1
    v = fresh_visit(w)
    visit = w.visits[v]
    visit.row = w.row[number]
    visit.client = w.rows[visit.row].client + w.client[number]
    visit.number = number
    begin(w, v)


@walked
def begin(w: World, v: int) -> None:
    """A client has decided to send."""
    c, visit = w.clock[0], w.visits[v]
    visit.entry = fresh_entry(w)
    w.entries[visit.entry].row = visit.row
    w.entries[visit.entry].sent_s = c.now
    c.in_flight += 1
    w.rows[visit.row].sent += 1
    patiently(w, v)


@walked
def patiently(w: World, v: int) -> None:
    """One attempt; a client that has a timeout gives it up."""
    visit = w.visits[v]
    timeout_s = w.rows[visit.row].timeout_s
    if timeout_s < inf:
        visit.deadline = later(w, w.clock[0].now + timeout_s, v * STEPS + DEADLINE)
        hurry(w, v * STEPS + BEGIN)
    else:
        attempt(w, v)


@walked
def way(w: World, v: int) -> None:
    """Where a request goes; where weights share out those of its row, a draw of its own says it."""
    visit = w.visits[v]
    f = w.entrances[epoch(w) * w.fixed[0].rows + visit.row]
    at = drawn_at(w, v)
    for n in range(w.flows[f].way, w.flows[f].way + w.flows[f].ways):
        if w.split[at] < w.ways[n].upto:
            f = w.ways[n].flow
            break
    visit.flow = f
    visit.service_s = w.service_s[w.flows[f].service * w.fixed[0].draws + at]


@walked
def attempt(w: World, v: int) -> None:
    """From the client to where its connection leads."""
    c, visit, fixed = w.clock[0], w.visits[v], w.fixed[0]
    way(w, v)
    flow, entry = w.flows[visit.flow], w.entries[visit.entry]
    if flow.nodes == 0 and flow.per_request == 0:
        visit.reason = flow.end
        visit.wait = later(w, c.now + (fixed.dns_s + fixed.client_s), v * STEPS + ENDED)
        return
    visit.conn = take(w, v)
    known = w.conns[visit.conn]
    visit.cpu_s = known.cpu_s
    entry.connection = known.number
    entry.node = known.node
    if known.trouble >= 0:
        visit.reason = known.trouble
        visit.wait = later(w, c.now + (known.ready_s - c.now), v * STEPS + ENDED)
        return
    entry.ready_s = known.ready_s
    entry.crossings = known.crosses
    visit.wait = later(w, c.now + (known.ready_s - c.now + known.way_s / 2), v * STEPS + ARRIVED)


@walked
def arrived(w: World, v: int) -> None:
    """At the connection's other end: a Pod, or a controller Pod."""
    c, visit = w.clock[0], w.visits[v]
    flow, entry, station = w.flows[visit.flow], w.entries[visit.entry], w.conns[visit.conn].station
    found = lost_on_way(w, v, UNHEARD)
    if found != NOTHING:
        if found >= 0:
            unheard(w, v, found)
        return
    if flow.upstream < 0 and flow.end < 0:
        entry.pod = station
        if is_full(w, station):
            homewards(w, v, QUEUE_FULL)
            return
        entry.arrival_s = c.now
        enter(w, v, station, visit.service_s + visit.cpu_s, AT_END)
        return
    entry.controller = station
    entry.controller_arrival_s = c.now
    if is_full(w, station):
        homewards(w, v, QUEUE_FULL)
        return
    own_s = visit.cpu_s if flow.tls == TLS_AT_CONTROLLER else 0.0
    enter_controller(w, v, station, w.controller_s[drawn_at(w, v)] + own_s)


@walked
def unheard(w: World, v: int, reason: int) -> None:
    """A request did not come to the other end of its connection."""
    visit = w.visits[v]
    w.conns[visit.conn].left = 0.0
    visit.reason = reason
    ended(w, v)


@walked
def died(w: World, v: int) -> None:
    """The station in which a request was has died."""
    visit = w.visits[v]
    visit.wait = -1
    leave(w, v)
    if visit.phase == BEHIND:
        died_behind(w, v)
        return
    found = lost(w, v, -1, -1, visit.station, SILENCE)
    if found != WAITS:
        homewards(w, v, RESET)


@walked
def enter_controller(w: World, v: int, station: int, service_s: float) -> None:
    """The controller Pod's own time is not the application's, which is still to come."""
    visit = w.visits[v]
    kept_s = visit.service_s
    enter(w, v, station, service_s, AT_CONTROLLER)
    visit.ahead_s = kept_s


@walked
def served(w: World, v: int) -> None:
    """A station has served a request."""
    c, visit = w.clock[0], w.visits[v]
    entry = w.entries[visit.entry]
    if visit.phase == AT_CONTROLLER:
        entry.controller_start_s = visit.start_s
        entry.controller_departure_s = c.now
        if w.flows[visit.flow].upstream >= 0:
            forward(w, v)
        else:
            homewards(w, v, w.flows[visit.flow].end)
        return
    entry.start_s = visit.start_s
    entry.departure_s = c.now
    if visit.phase == AT_END:
        homewards(w, v, DELIVERED)
        return
    answered(w, v)
