"""The end of an attempt, and of a request: back to the client, told, tried again or over."""

from math import inf

from sim.simulation.fast.agenda import later, soon
from sim.simulation.fast.clients import drop, give_back
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.ends import LATE
from sim.simulation.fast.steps import (
    ANSWERED,
    DONE,
    HOME,
    HTTP,
    LEFT,
    SILENCE,
    STEPS,
)
from sim.simulation.fast.troubles import WAITS, lost_on_way
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
def homewards(w: World, v: int, reason: int) -> None:
    """Back to the client, with an answer or with what went wrong."""
    c, visit = w.clock[0], w.visits[v]
    known = w.conns[visit.conn]
    if w.reasons[reason].is_broken == 0:
        found = lost_on_way(w, v, SILENCE)
        if found == WAITS:
            return
        if found >= 0:
            reason = found
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
        visit.wait = soon(w, v * STEPS + LEFT)
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
