"""A Pod that serves: so many at a time, the rest wait, first come first served."""

from sim.simulation.fast.agenda import later, number, soon
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.steps import FREED, GRANTED, HAS_WORKER, IN_SERVICE, SERVED, STEPS, WAITING
from sim.simulation.fast.world import World


@walked
def integrate(w: World, station: int) -> None:
    """Bring both areas of a station up to now."""
    one, now_s = w.stations[station], w.clock[0].now
    elapsed = now_s - one.last_s
    if elapsed != 0.0:
        one.in_system_s += one.inside * elapsed
        one.busy_s += one.in_service * elapsed
        one.last_s = now_s


@walked
def is_full(w: World, station: int) -> bool:
    """Whether no other request may come in."""
    one = w.stations[station]
    return one.inside >= one.most


@walked
def enter(w: World, v: int, station: int, service_s: float, phase: int) -> None:
    """A request comes to a station and asks for a worker."""
    visit, one = w.visits[v], w.stations[station]
    integrate(w, station)
    one.inside += 1
    visit.station = station
    visit.inside = 1
    visit.turn = WAITING
    visit.came = number(w)
    visit.phase = phase
    visit.service_s = service_s
    visit.after = -1
    if one.first < 0:
        one.first = v
    else:
        w.visits[one.last].after = v
    one.last = v
    grant(w, station)


@walked
def grant(w: World, station: int) -> None:
    """Who waits longest gets a worker, as many as are free."""
    one = w.stations[station]
    while one.free > 0 and one.first >= 0:
        one.free -= 1
        v = one.first
        one.first = w.visits[v].after
        w.visits[v].turn = HAS_WORKER
        w.visits[v].wait = soon(w, v * STEPS + GRANTED)


@walked
def begin_service(w: World, v: int) -> None:
    """A worker begins."""
    c, visit = w.clock[0], w.visits[v]
    integrate(w, visit.station)
    w.stations[visit.station].in_service += 1
    note(w, 2 * visit.station)
    visit.start_s = c.now
    visit.turn = IN_SERVICE
    visit.wait = later(w, c.now + visit.service_s, v * STEPS + SERVED)


@walked
def end_service(w: World, v: int) -> None:
    """A request was served, and leaves its station."""
    visit = w.visits[v]
    one = w.stations[visit.station]
    one.served += 1
    leave(w, v)


@walked
def leave(w: World, v: int) -> None:
    """A request is out, whether it was served to the end, or in part, or not at all."""
    visit = w.visits[v]
    one = w.stations[visit.station]
    integrate(w, visit.station)
    one.inside -= 1
    visit.inside = 0
    if visit.turn == IN_SERVICE:
        one.in_service -= 1
        note(w, 2 * visit.station + 1)
    if visit.turn == WAITING:
        unqueue(w, v)
        return
    one.free += 1
    if one.first >= 0:
        soon(w, visit.station * STEPS + FREED)


@walked
def unqueue(w: World, v: int) -> None:
    """A request waits for a worker no more."""
    one, before = w.stations[w.visits[v].station], -1
    n = one.first
    while n != v:
        before, n = n, w.visits[n].after
    if before < 0:
        one.first = w.visits[v].after
    else:
        w.visits[before].after = w.visits[v].after
    if one.last == v:
        one.last = before


@walked
def victim(w: World) -> int:
    """Of those that are to be lost in the dying station the one that came first; -1: none is left."""
    c, found = w.clock[0], -1
    for v in range(c.visits):
        one = w.visits[v]
        if one.inside and one.station == c.dying and one.came < c.dying_since:
            found = v if found < 0 or one.came < w.visits[found].came else found
    return found


@walked
def note(w: World, what: int) -> None:
    """A worker began or was free again."""
    c = w.clock[0]
    w.log[c.logged].at_s = c.now
    w.log[c.logged].what = what
    c.logged += 1
