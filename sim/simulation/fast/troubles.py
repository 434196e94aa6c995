"""What is out of order now, and who finds out: `sim.simulation.engines.health` as a walk."""

from typing import Final

from sim.simulation.fast.agenda import later
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.ends import REFUSED, RESET
from sim.simulation.fast.steps import STEPS, UDP
from sim.simulation.fast.world import World

NOTHING: Final = -1
WAITS: Final = -2


@walked
def epoch(w: World) -> int:
    """The epoch of now."""
    c = w.clock[0]
    while c.epoch + 1 < w.fixed[0].epochs and w.epochs[c.epoch + 1].at_s <= c.now:
        c.epoch += 1
    return c.epoch


@walked
def worst(w: World, stretch: int, best: int) -> int:
    """The worst of some outages that hold now, or the one that is given, unless one is worse."""
    now_s, own = w.clock[0].now, w.broken[stretch]
    for n in range(own.first, own.first + own.count):
        one = w.outages[w.breaks[n]]
        if one.at_s <= now_s < one.until_s and (best < 0 or one.badness > w.outages[best].badness):
            best = w.breaks[n]
    return best


@walked
def blocked(w: World, destination: int, node: int, station: int) -> int:
    """What is out of order on a way now; -1: nothing."""
    fixed, best = w.fixed[0], -1
    if fixed.breaks == 0:
        return best
    if destination >= 0:
        best = worst(w, destination, best)
    if node >= 0:
        best = worst(w, fixed.destinations + node, best)
    if station >= 0:
        best = worst(w, fixed.destinations + fixed.nodes + station, best)
    return best


@walked
def lost(w: World, v: int, destination: int, node: int, station: int, step: int) -> int:
    """How a way that is out of order is noticed: at once, by a step after a long silence, or not at all."""
    visit, now_s = w.visits[v], w.clock[0].now
    found = blocked(w, destination, node, station)
    if found < 0 or w.outages[found].graceful:
        return NOTHING
    w.entries[visit.entry].fault = w.outages[found].number
    if w.outages[found].silent:
        visit.wait = later(w, now_s + w.fixed[0].silence_s, v * STEPS + step)
        return WAITS
    is_udp = destination >= 0 and w.rows[visit.row].protocol == UDP
    return REFUSED if is_udp else RESET


@walked
def lost_on_way(w: World, v: int, step: int) -> int:
    """The same of the whole way of a request's connection."""
    visit = w.visits[v]
    known = w.conns[visit.conn]
    return lost(w, v, w.flows[visit.flow].destination, known.node, known.station, step)


@walked
def is_stale(w: World, v: int, k: int) -> bool:
    """Whether a connection is gone and its client knows."""
    known, fixed, now_s = w.conns[k], w.fixed[0], w.clock[0].now
    if fixed.breaks == 0:
        return False
    stale = ended_since(w, w.flows[w.visits[v].flow].destination, known.opened_s, now_s)
    if known.node >= 0:
        stale = stale or ended_since(w, fixed.destinations + known.node, known.opened_s, now_s)
    if known.station >= 0:
        at = fixed.destinations + fixed.nodes + known.station
        stale = stale or ended_since(w, at, known.opened_s, now_s)
    return stale


@walked
def ended_since(w: World, stretch: int, since_s: float, now_s: float) -> bool:
    """Whether an outage has begun since then of which a client has heard."""
    own = w.broken[stretch]
    for n in range(own.first, own.first + own.count):
        one = w.outages[w.breaks[n]]
        if since_s <= one.at_s <= now_s and (one.silent == 0 or now_s >= one.until_s):
            return True
    return False


@walked
def latest(w: World, stretch: int, number: int) -> int:
    """The highest number of the faults that hold now, or the one that is given."""
    own, now_s = w.broken[stretch], w.clock[0].now
    for n in range(own.first, own.first + own.count):
        one = w.outages[w.breaks[n]]
        if one.at_s <= now_s < one.until_s and one.number > number:
            number = one.number
    return number


@walked
def emptied_flow(w: World, v: int) -> None:
    """Note whose doing it is that nothing is left to choose among the Pods of a flow."""
    visit, fixed = w.visits[v], w.fixed[0]
    flow, number = w.flows[visit.flow], -1
    for n in range(flow.node, flow.node + flow.nodes):
        way = w.nodes[n]
        for k in range(way.station, way.station + way.stations):
            number = latest(w, fixed.destinations + fixed.nodes + w.choices[k], number)
            number = latest(w, flow.destination, number)
    if number >= 0:
        w.entries[visit.entry].fault = number


@walked
def emptied_upstream(w: World, v: int) -> None:
    """The same among the Pods of an upstream."""
    visit, fixed, number = w.visits[v], w.fixed[0], -1
    up = w.upstreams[w.flows[visit.flow].upstream]
    for n in range(up.first, up.first + up.count):
        number = latest(w, fixed.destinations + fixed.nodes + w.backends[n].station, number)
    if number >= 0:
        w.entries[visit.entry].fault = number
