"""The walk: one event after the other, until the run ends or something must be done that is no walk."""

from math import inf
from typing import Final

from sim.simulation.fast.again import awake, is_thirsty, paused, think, try_again
from sim.simulation.fast.agenda import hurried, is_sending, is_soon, number, of_now, pop, soon, top_s
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.ends import LATE
from sim.simulation.fast.homewards import end_if_done, ended, home, homewards, told
from sim.simulation.fast.proxied import at_pod, back, failed
from sim.simulation.fast.requests import arrived, attempt, begin, begin_open, died, served, unheard
from sim.simulation.fast.stations import begin_service, end_service, grant, integrate, victim
from sim.simulation.fast.steps import (
    ANSWERED,
    ARRIVED,
    AT_POD,
    AWAKE,
    BACK,
    BEGINS,
    DONE,
    ENDED,
    FREED,
    GRANTED,
    HOME,
    KILLED,
    LEFT,
    PAUSED,
    SERVED,
    SILENCE,
    SILENT,
    STEPS,
    TOLD,
    TRIED,
    UNHEARD,
    WARM,
)
from sim.simulation.fast.world import World

FINISHED: Final = 0
FULL: Final = 1
REPORT: Final = 2
THIRSTY: Final = 3

ROOM: Final = 8
"""So much one event puts into a table at most."""


@walked
def walk(w: World, steps: int) -> int:
    """Go on for so many events; returns why it stopped."""
    c = w.clock[0]
    for _ in range(steps):
        if is_narrow(w):
            return FULL
        if c.retry >= 0 or c.user >= 0:
            if is_thirsty(w):
                return THIRSTY
            goes_again(w)
        elif c.dying >= 0:
            lose_one(w)
        elif c.begun < c.next:
            begin_open(w)
        elif c.hurry > 0:
            starts(w, hurried(w))
        elif is_soon(w):
            if happens(w, of_now(w)):
                return FINISHED
        elif is_sending(w):
            if c.due_s >= c.end_s:
                return FINISHED
            send(w)
        elif c.heap == 0 or top_s(w) >= c.end_s or happens(w, pop(w)):
            return FINISHED
    return REPORT


@walked
def goes_again(w: World) -> None:
    """Who waited for draws goes on."""
    if w.clock[0].retry >= 0:
        try_again(w)
    else:
        think(w)


@walked
def lose_one(w: World) -> None:
    """One more of those that were in a station when it died."""
    v = victim(w)
    if v < 0:
        w.clock[0].dying = -1
    else:
        died(w, v)


@walked
def starts(w: World, what: int) -> None:
    """A request of a user begins, or an attempt of a client with a timeout."""
    if what % STEPS == BEGINS:
        begin(w, what // STEPS)
    else:
        attempt(w, what // STEPS)


@walked
def is_narrow(w: World) -> bool:
    """Whether a table may be too small for what happens next."""
    c = w.clock[0]
    return (
        c.heap + ROOM > c.room_heap
        or c.soon + ROOM > c.room_soon
        or c.hurry + ROOM > c.room_hurry
        or c.logged + ROOM > c.room_log
        or c.withdrawn + ROOM > c.room_withdrawals
        or c.visits + ROOM > c.room_visits
        or c.conns + ROOM > c.room_conns
        or c.sent + ROOM > c.room_entries
    )


@walked
def send(w: World) -> None:
    """The open-loop source sends what is due, and waits for the next."""
    c = w.clock[0]
    c.now = c.due_s
    c.at = c.due
    c.next += 1
    wait(w)


@walked
def wait(w: World) -> None:
    """All requests that are due begin; the source waits for the first that is not."""
    c = w.clock[0]
    while c.next < c.count and not w.sent_s[c.next] > c.now:
        c.next += 1
    if c.next < c.count:
        c.due_s = c.now + (w.sent_s[c.next] - c.now)
        c.due = number(w)
    else:
        c.due_s = inf
        soon(w, SILENT)


@walked
def happens(w: World, what: int) -> bool:
    """What an event does; returns whether the run is over."""
    step, v = what % STEPS, what // STEPS
    if step <= HOME or step == PAUSED or step >= UNHEARD:
        if w.visits[v].wait == w.clock[0].at:
            goes_on(w, v, step)
    elif step == FREED:
        grant(w, v)
    elif step == SILENT:
        w.clock[0].sources -= 1
        end_if_done(w)
    elif step == WARM:
        warm(w)
    elif step == KILLED:
        w.clock[0].dying = v
        w.clock[0].dying_since = number(w)
    elif step == AWAKE:
        awake(w, v)
    elif step == ANSWERED:
        w.clock[0].user = v
    elif step == DONE:
        return True
    else:
        patience(w, v, step)
    return False


@walked
def goes_on(w: World, v: int, step: int) -> None:
    """What an attempt waited for has happened."""
    if step == GRANTED:
        begin_service(w, v)
    elif step == SERVED:
        end_service(w, v)
        served(w, v)
    elif step == ARRIVED:
        arrived(w, v)
    elif step == AT_POD:
        at_pod(w, v)
    elif step == BACK:
        back(w, v)
    elif step == HOME:
        home(w, v)
    elif step == PAUSED:
        paused(w, v)
    elif step == TRIED:
        failed(w, v)
    elif step == SILENCE:
        homewards(w, v, LATE)
    elif step == UNHEARD:
        unheard(w, v, LATE)
    elif step == ENDED:
        ended(w, v)


@walked
def patience(w: World, v: int, step: int) -> None:
    """A client that has a timeout: it is over, or the attempt is; either way it hears of it by one event."""
    visit = w.visits[v]
    if step == TOLD:
        told(w, v)
    elif visit.told == 0 and w.clock[0].at == (visit.wait if step == LEFT else visit.deadline):
        visit.told = 1
        soon(w, v * STEPS + TOLD)


@walked
def close(w: World) -> None:
    """The run is over: the areas of all stations go up to its end."""
    c = w.clock[0]
    if c.end_s < inf:
        c.now = c.end_s
    for station in range(w.fixed[0].stations):
        integrate(w, station)


@walked
def warm(w: World) -> None:
    """The warm-up ends: what was busy until now does not count."""
    for station in range(w.fixed[0].stations):
        integrate(w, station)
        w.stations[station].warm_s = w.stations[station].busy_s
