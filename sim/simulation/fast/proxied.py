"""From a controller Pod to Pods of its choice until one answers: `engines.upstreams` as a walk."""

from typing import Final

from sim.simulation.fast.agenda import later
from sim.simulation.fast.clients import drawn_at
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.ends import DELIVERED
from sim.simulation.fast.homewards import homewards
from sim.simulation.fast.stations import enter, is_full
from sim.simulation.fast.steps import (
    AT_POD,
    BACK,
    BEHIND,
    STEPS,
    TLS_AT_POD,
    TRIED,
)
from sim.simulation.fast.troubles import blocked, emptied_upstream, epoch
from sim.simulation.fast.turns import choose
from sim.simulation.fast.world import World

REFUSED, UNREACHABLE, CLOSED, TOO_LATE = range(4)
"""How a try fails: places in TRY_ENDS."""
FULL: Final = 5
NOT_NOTED: Final = -1


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
    """A controller Pod looks at who is listed, and begins to try."""
    visit, fixed = w.visits[v], w.fixed[0]
    u = w.flows[visit.flow].upstream
    known = w.known[w.stations[w.conns[visit.conn].station].controller * fixed.upstreams + u]
    found = w.usable[epoch(w) * fixed.upstreams + u]
    if known.listing != found:
        known.listing = found
        known.versions += 1
        known.version = 0 if found == w.upstreams[u].listing else known.versions
    if w.listings[found].count == 0:
        emptied_upstream(w, v)
    visit.left = w.upstreams[u].tries
    visit.tried = visit.choices = 0
    try_next(w, v)


@walked
def try_next(w: World, v: int) -> None:
    """The next try, at the Pod of its choice."""
    visit, fixed = w.visits[v], w.fixed[0]
    u, known = w.flows[visit.flow].upstream, w.conns[visit.conn]
    controller = w.stations[known.station].controller
    open_, turn = peer(w, v), controller * fixed.upstreams + u
    visit.place = -1
    if w.listings[w.known[turn].listing].count > 0:
        first = open_
        if w.upstreams[u].per_worker:
            turn += known.worker * fixed.turns
            first += known.worker * fixed.peers
        visit.place = choose(w, v, u, turn, first, open_, visit.choices * fixed.draws + drawn_at(w, v))
        visit.choices += 1
    if visit.place < 0:
        homewards(w, v, w.upstreams[u].nobody)
        return
    w.peers[open_ + visit.place].open += 1
    ask(w, v)


@walked
def ask(w: World, v: int) -> None:
    """On the way to the Pod, should a connection to it be open."""
    c, visit, station = w.clock[0], w.visits[v], chosen(w, v)
    here, up = w.conns[visit.conn].station, w.upstreams[w.flows[visit.flow].upstream]
    if w.stations[here].zone != w.stations[station].zone:
        w.entries[visit.entry].crossings += 1
    way_s, found = behind_s(w, v), blocked(w, -1, -1, station)
    if found >= 0:
        w.entries[visit.entry].fault = w.outages[found].number
        if w.outages[found].silent:
            fails(w, v, up.connect_s, UNREACHABLE, UNREACHABLE)
        else:
            fails(w, v, way_s, REFUSED, REFUSED)
    elif way_s > 0:
        visit.wait = later(w, c.now + way_s / 2, v * STEPS + AT_POD)
    else:
        at_pod(w, v)


@walked
def fails(w: World, v: int, after_s: float, outcome: int, noted: int) -> None:
    """A try turns out to fail after a while."""
    visit = w.visits[v]
    visit.outcome = outcome
    visit.noted = noted
    visit.wait = later(w, w.clock[0].now + after_s, v * STEPS + TRIED)


@walked
def at_pod(w: World, v: int) -> None:
    """At the Pod that a controller Pod chose."""
    c, visit = w.clock[0], w.visits[v]
    entry, station = w.entries[visit.entry], chosen(w, v)
    if is_full(w, station):
        entry.last_try = FULL
        fails(w, v, behind_s(w, v) / 2, REFUSED, NOT_NOTED)
        return
    entry.pod = station
    entry.arrival_s = c.now
    own_s = visit.cpu_s if w.flows[visit.flow].tls == TLS_AT_POD else 0.0
    enter(w, v, station, visit.ahead_s + own_s, BEHIND)


@walked
def died_behind(w: World, v: int) -> None:
    """The Pod that a controller Pod chose has died with the request in it."""
    visit = w.visits[v]
    entry, found = w.entries[visit.entry], blocked(w, -1, -1, visit.station)
    entry.last_try = CLOSED
    if found >= 0:
        entry.fault = w.outages[found].number
        if w.outages[found].silent:
            fails(w, v, w.upstreams[w.flows[visit.flow].upstream].read_s, TOO_LATE, TOO_LATE)
            return
    tried(w, v, CLOSED)


@walked
def failed(w: World, v: int) -> None:
    """A try has failed, as it turned out to."""
    visit = w.visits[v]
    if visit.noted >= 0:
        w.entries[visit.entry].last_try = visit.noted
    tried(w, v, visit.outcome)


@walked
def tried(w: World, v: int, outcome: int) -> None:
    """Another try, or what the proxy answers itself after the last one."""
    visit = w.visits[v]
    flow = w.flows[visit.flow]
    up = w.upstreams[flow.upstream]
    visit.tried |= 1 << visit.place
    visit.left -= 1
    w.peers[peer(w, v) + visit.place].open -= 1
    if visit.left > 0 and (flow.again >> outcome) & 1:
        try_next(w, v)
        return
    reason = up.refused
    if outcome == UNREACHABLE:
        reason = up.unreachable
    elif outcome == CLOSED:
        reason = up.closed
    elif outcome == TOO_LATE:
        reason = up.late
    homewards(w, v, reason)


@walked
def answered(w: World, v: int) -> None:
    """The Pod has answered: back to the controller Pod."""
    visit, way_s = w.visits[v], behind_s(w, v)
    if way_s > 0:
        visit.wait = later(w, w.clock[0].now + way_s / 2, v * STEPS + BACK)
    else:
        back(w, v)


@walked
def back(w: World, v: int) -> None:
    """The answer is back at the controller Pod."""
    w.peers[peer(w, v) + w.visits[v].place].open -= 1
    homewards(w, v, DELIVERED)
