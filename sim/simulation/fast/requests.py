"""A request on its way, step by step: `sim.simulation.engines.replay` as a walk.

Each step does what replay's process does between two of its waits, in the same order.
"""

from math import inf, nan

from sim.simulation.fast.agenda import hurry, later, soon
from sim.simulation.fast.clients import drawn_at, drop, give_back, take
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.ends import DELIVERED, LATE, QUEUE_FULL
from sim.simulation.fast.stations import enter, is_full
from sim.simulation.fast.steps import (
    ANSWERED,
    ARRIVED,
    AT_CONTROLLER,
    AT_END,
    AT_POD,
    BACK,
    BEGIN,
    BEHIND,
    DEADLINE,
    DONE,
    ENDED,
    HOME,
    HTTP,
    LEFT,
    STEPS,
    TLS_AT_CONTROLLER,
    TLS_AT_POD,
)
from sim.simulation.fast.turns import choose
from sim.simulation.fast.world import World


@walked
def fresh_visit(w: World) -> int:
    """A place for an attempt, as new."""
    c = w.clock[0]
    v = c.free_visit
    if v >= 0:
        c.free_visit = w.visits[v].after
    else:
        v = c.visits
        c.visits += 1
    one = w.visits[v]
    one.user = -1
    one.stream = one.attempts = 0
    renew_visit(w, v)
    return v


@walked
def renew_visit(w: World, v: int) -> None:
    """Nothing has happened to an attempt yet."""
    one = w.visits[v]
    one.conn = one.wait = one.deadline = one.station = one.place = one.after = -1
    one.ended = one.told = one.given_up = one.reason = one.phase = 0
    one.service_s = one.cpu_s = 0.0


@walked
def free_visit(w: World, v: int) -> None:
    """An attempt is over, and so is all that waited for it."""
    c = w.clock[0]
    w.visits[v].wait = w.visits[v].deadline = -1
    w.visits[v].after = c.free_visit
    c.free_visit = v


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
    f = w.rows[visit.row].flow
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
    way_s = behind_s(w, v)
    if way_s > 0:
        visit.wait = later(w, c.now + way_s / 2, v * STEPS + BACK)
    else:
        back(w, v)


@walked
def behind_s(w: World, v: int) -> float:
    """The round trip between a controller Pod and the Pod that it chose."""
    visit = w.visits[v]
    here, there = w.stations[w.conns[visit.conn].station].zone, w.stations[chosen(w, v)].zone
    return w.between[here * w.fixed[0].zones + there]


@walked
def chosen(w: World, v: int) -> int:
    """The station of the backend that was chosen."""
    visit = w.visits[v]
    return w.backends[w.upstreams[w.flows[visit.flow].upstream].first + visit.place].station


@walked
def peer(w: World, v: int) -> int:
    """Where stands what the workers of its controller Pod know of the backends of a request."""
    visit, fixed = w.visits[v], w.fixed[0]
    controller = w.stations[w.conns[visit.conn].station].controller
    return controller * fixed.backends + w.upstreams[w.flows[visit.flow].upstream].first


@walked
def forward(w: World, v: int) -> None:
    """From a controller Pod to the Pod of its choice."""
    c, visit, fixed = w.clock[0], w.visits[v], w.fixed[0]
    u, known = w.flows[visit.flow].upstream, w.conns[visit.conn]
    open_ = peer(w, v)
    turn = w.stations[known.station].controller * fixed.upstreams + u
    first = open_
    if w.upstreams[u].per_worker:
        turn += known.worker * fixed.turns
        first += known.worker * fixed.peers
    visit.place = choose(w, u, turn, first, open_, drawn_at(w, v))
    w.peers[open_ + visit.place].open += 1
    if w.stations[known.station].zone != w.stations[chosen(w, v)].zone:
        w.entries[visit.entry].crossings += 1
    way_s = behind_s(w, v)
    if way_s > 0:
        visit.wait = later(w, c.now + way_s / 2, v * STEPS + AT_POD)
    else:
        at_pod(w, v)


@walked
def at_pod(w: World, v: int) -> None:
    """At the Pod that a controller Pod chose."""
    c, visit = w.clock[0], w.visits[v]
    entry, station = w.entries[visit.entry], chosen(w, v)
    entry.pod = station
    entry.arrival_s = c.now
    own_s = visit.cpu_s if w.flows[visit.flow].tls == TLS_AT_POD else 0.0
    enter(w, v, station, visit.ahead_s + own_s, BEHIND)


@walked
def back(w: World, v: int) -> None:
    """The answer is back at the controller Pod."""
    w.peers[peer(w, v) + w.visits[v].place].open -= 1
    homewards(w, v, DELIVERED)


@walked
def homewards(w: World, v: int, reason: int) -> None:
    """Back to the client, with an answer or with what went wrong."""
    c, visit = w.clock[0], w.visits[v]
    known = w.conns[visit.conn]
    visit.reason = reason
    if w.reasons[reason].is_broken or (visit.given_up and w.rows[visit.row].protocol == HTTP):
        known.left = 0.0
    if known.way_s > 0 and reason != LATE:
        visit.wait = later(w, c.now + known.way_s / 2, v * STEPS + HOME)
    else:
        home(w, v)


@walked
def ended(w: World, v: int) -> None:
    """An attempt ends that came to nobody: its connection, if there was any, is not there."""
    k = w.visits[v].conn
    if k >= 0:
        w.conns[k].users -= 1
        drop(w, k)
    over(w, v)


@walked
def home(w: World, v: int) -> None:
    """The attempt is over, and its connection may carry the next one."""
    visit = w.visits[v]
    w.conns[visit.conn].users -= 1
    give_back(w, v)
    drop(w, visit.conn)
    over(w, v)


@walked
def over(w: World, v: int) -> None:
    """An attempt ends; who waits for it is told in an event of its own."""
    visit = w.visits[v]
    if visit.given_up:
        free_visit(w, v)
    elif visit.deadline >= 0:
        visit.ended = 1
        soon(w, v * STEPS + LEFT)
    else:
        decide(w, v, visit.reason)


@walked
def told(w: World, v: int) -> None:
    """The client goes on: the attempt has ended, or its patience has."""
    visit = w.visits[v]
    if visit.ended:
        decide(w, v, visit.reason)
        return
    n = fresh_visit(w)
    other = w.visits[n]
    other.entry, other.row, other.client, other.user = visit.entry, visit.row, visit.client, visit.user
    other.stream, other.number, other.attempts = visit.stream, visit.number, visit.attempts
    visit.entry = 0
    visit.given_up = 1
    decide(w, n, LATE)


@walked
def decide(w: World, v: int, reason: int) -> None:
    """An attempt is over: the client may make another, once its draws are there; else the request is over."""
    visit = w.visits[v]
    if visit.attempts < w.rows[visit.row].retries and w.reasons[reason].is_tried_again:
        visit.reason = reason
        w.clock[0].retry = v
    else:
        finish(w, v, reason)


@walked
def finish(w: World, v: int, reason: int) -> None:
    """Note the end: an answer (of a Pod, or a redirect), or a failure by its reason."""
    c, visit, how = w.clock[0], w.visits[v], w.reasons[reason]
    entry, user = w.entries[visit.entry], visit.user
    free_visit(w, v)
    entry.ended_s = c.now
    c.in_flight -= 1
    if how.end < 0:
        how.end = c.ends
        c.ends += 1
    how.count += 1
    if how.is_answer:
        c.answered += 1
        entry.answered_s = c.now
    entry.end = how.end
    end_if_done(w)
    if user >= 0:
        soon(w, user * STEPS + ANSWERED)


@walked
def end_if_done(w: World) -> None:
    """The run is over where nobody sends any more and nothing is open, unless it has a time to end."""
    c = w.clock[0]
    if c.end_s == inf and c.sources == 0 and c.in_flight == 0 and c.done == 0:
        c.done = 1
        soon(w, DONE)
