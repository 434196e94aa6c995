"""HAProxy's weighted turns: `balance roundrobin`, `balance static-rr`, and the table that hashes look in.

Source: HAProxy 2.6, src/lb_fwrr.c and src/lb_map.c.
"""

from bisect import insort
from collections.abc import Sequence
from functools import lru_cache, partial, reduce
from math import gcd
from typing import NamedTuple

from sim.routing.proxies.haproxy_servers import (
    HEAVIEST,
    SCALE,
    avoided,
    full,
    heavy,
    nobody,
    up_of,
)
from sim.routing.proxies.values import Backends, Choice, Draws, View

Turn = tuple[int, int, int, int, int]
"""A server in a tree: the key that sorts it, when it was put there (for equals), its place in the list, where
it comes next, and what division left over."""

Tree = tuple[Turn, ...]


class UpServers(NamedTuple):
    """The active servers, or the backups.

    Args:
        among: those that are up; `total`: their weights.
        rests: of those that are down, by place: what division left over.
    """

    backends: Backends
    among: tuple[int, ...]
    total: int
    rests: dict[int, int]


class Turns(NamedTuple):
    """Where the round of some servers stands.

    Args:
        weight, at: the sum of the weights of this round, and the place in it.
        number: how many turns were put into trees.
        fresh: who was not served in this round; `current`: who comes again in it; `later`: in the next one.
    """

    servers: UpServers
    weight: int
    at: int
    number: int
    fresh: Tree
    current: Tree
    later: Tree


Groups = tuple[Turns, Turns | None]
"""That of the active servers, and that of the backups if there are any."""


def _turns_of(view: View, own: Turns | None, group: Sequence[int]) -> Turns:
    """The round of who is up now."""
    among, backends = tuple(up_of(view, group)), view.backends
    if own is None:
        total = heavy(backends, among)
        turns = sorted((HEAVIEST - backends.weights[p] * SCALE, n, p, 0, 0) for n, p in enumerate(among))
        return Turns(UpServers(backends, among, total, {}), total, total, len(among), tuple(turns), (), ())
    was = own.servers
    if was.backends is backends and (was.among is among or was.among == among):
        return own
    return _changed(backends, own, among)


def _changed(backends: Backends, own: Turns, among: tuple[int, ...]) -> Turns:
    """Who went down leaves the trees, who came up is put where its weight says."""
    place_of = [backends.places.get(name) for name in own.servers.backends.names]
    rests = {new: rest for p, rest in own.servers.rests.items() if (new := place_of[p]) is not None}
    trees = list[Tree]()
    for tree in (own.fresh, own.current, own.later):
        known = [(k, n, new, at, rest) for k, n, p, at, rest in tree if (new := place_of[p]) is not None]
        rests |= {p: rest for _, _, p, _, rest in known if p not in among}
        trees.append(tuple(turn for turn in known if turn[2] in among))
    there = {turn[2] for tree in trees for turn in tree}
    own = Turns(UpServers(backends, among, heavy(backends, among), rests), *own[1:4], *trees)
    for place in among:
        if place not in there:
            ahead = (own.servers.total + own.weight - own.at) // (backends.weights[place] * SCALE)
            own = _queued(own, (place, own.at + ahead, rests.pop(place, 0)))
    return own


def _with(tree: Tree, turn: Turn) -> Tree:
    turns = [*tree]
    insort(turns, turn)
    return tuple(turns)


def round_robin(view: View, state: Groups | None, draws: Draws) -> Choice:
    """`balance roundrobin`: the heaviest first, each as far apart as its weight allows."""
    first, spare = view.backends.groups
    active, backups = state or (None, None)
    active, place = _turns_of(view, active, first), None
    backups = _turns_of(view, backups, spare) if spare else None
    if active.servers.among:
        place, active = _next(view, active)
    elif backups is not None and backups.servers.among:
        if not view.backends.all_backups:
            return _first_backup(view, active, backups)
        place, backups = _next(view, backups)
    if place is None:
        return nobody((active, backups))
    return Choice(place, (active, backups), partial(why_turn, view.backends.weights[place]))


def _first_backup(view: View, active: Turns, backups: Turns) -> Choice:
    place = backups.servers.among[0]
    if full(view, place):
        return nobody((active, backups))
    return Choice(place, (active, backups), why_backup)


def _next(view: View, own: Turns) -> tuple[int | None, Turns]:
    """Take the next that is not full, nor the one that was just tried where there is another."""
    servers, weight, at, number, fresh, current, later = own
    backends, _, total, _ = servers
    if not fresh and not current:
        fresh, later, weight, at = later, (), total, total
    if current and (current[0][3] <= at or not fresh):
        (_, _, place, again, rest), current = current[0], current[1:]
    elif fresh:
        (_, _, place, _, _), fresh = fresh[0], fresh[1:]
        again = rest = 0
    else:
        return None, own
    if (view.tried and view.tried[-1] == place) or (backends.limited and full(view, place)):
        return _searched(view, own)
    effective = backends.weights[place] * SCALE
    more, left = divmod(total, effective)
    again, rest = (again or at) + more, rest + left
    if rest >= effective:
        again, rest = again + 1, rest - effective
    if again >= 2 * weight or again >= weight + total:
        later = _with(later, (HEAVIEST - effective, number, place, again - weight, rest))
    else:
        key = 256 * again + (HEAVIEST + rest - effective) // SCALE
        current = _with(current, (key, number, place, again, rest))
    return place, Turns(servers, weight, at + 1, number + 1, fresh, current, later)


Again = tuple[int, int, int]
"""A server that was taken out of its tree, where it comes again, and what division leaves over."""


def _searched(view: View, own: Turns) -> tuple[int | None, Turns]:
    """The same where the first may not be taken: those that are passed over are put back afterwards."""
    held, spared, chosen, switched = list[Again](), None, None, False
    while chosen is None:
        if not own.fresh and not own.current:
            if switched:
                break
            total = own.servers.total
            own, switched = own._replace(weight=total, at=total, fresh=own.later, later=()), True
            continue
        own, one = _taken(own)
        held.append(one)
        if not full(view, one[0]):
            if spared is None and avoided(view) == one[0]:
                spared = one
            else:
                chosen = one
    return _put_back(own, held, chosen or spared, switched)


def _taken(own: Turns) -> tuple[Turns, Again]:
    """Take out whose turn it is."""
    servers, weight, at, number, fresh, current, later = own
    if current and (current[0][3] <= at or not fresh):
        (_, _, place, again, rest), current = current[0], current[1:]
    else:
        place, again, rest, fresh = fresh[0][2], 0, 0, fresh[1:]
    more, left = divmod(servers.total, servers.backends.weights[place] * SCALE)
    again, rest = (again or at) + more, rest + left
    if rest >= servers.backends.weights[place] * SCALE:
        again, rest = again + 1, rest - servers.backends.weights[place] * SCALE
    return Turns(servers, weight, at + 1, number, fresh, current, later), (place, again, rest)


def _put_back(
    own: Turns, held: list[Again], chosen: Again | None, switched: bool
) -> tuple[int | None, Turns]:
    """The chosen one goes where it comes again, then the others, the last first; after a switch by weight."""
    if chosen is not None:
        own = _queued(own, chosen)
    for one in [one for one in reversed(held) if one is not chosen]:
        if switched:
            place, at, rest = one
            turn = (HEAVIEST - own.servers.backends.weights[place] * SCALE, own.number, place, at, rest)
            own = own._replace(fresh=_with(own.fresh, turn), number=own.number + 1)
        else:
            own = _queued(own, one)
    return (None if chosen is None else chosen[0]), own


def _queued(own: Turns, one: Again) -> Turns:
    """Put a server where it comes again: in this round, or in the next one."""
    place, at, rest = one
    effective = own.servers.backends.weights[place] * SCALE
    if at >= min(2 * own.weight, own.weight + own.servers.total):
        turn = (HEAVIEST - effective, own.number, place, at - own.weight, rest)
        return own._replace(number=own.number + 1, later=_with(own.later, turn))
    turn = (256 * at + (HEAVIEST + rest - effective) // SCALE, own.number, place, at, rest)
    return own._replace(number=own.number + 1, current=_with(own.current, turn))


def why_turn(weight: int) -> str:
    """Why a server was chosen."""
    return f"its turn, at weight {weight}"


def why_backup() -> str:
    """Why a backup was chosen."""
    return "the first backup"


def mapped(view: View) -> tuple[int, ...]:
    """The table for who is up now; for backups that do not share, with the slots of the first one."""
    first, spare = view.backends.groups
    servers = tuple(up_of(view, first))
    if servers:
        return _table(view.backends, servers, len(servers))
    servers = tuple(up_of(view, spare))
    return _table(view.backends, servers, len(servers) if view.backends.all_backups else 1)


@lru_cache(maxsize=64)
def _table(backends: Backends, servers: tuple[int, ...], counted: int) -> tuple[int, ...]:
    """A place for each unit of weight of the servers that are counted; all of them may get it."""
    step = reduce(gcd, backends.weights, 0) or 1
    shares = {p: backends.weights[p] // step for p in servers}
    total, scores, slots = sum(shares[p] for p in servers[:counted]), dict.fromkeys(servers, 0), list[int]()
    for _ in range(total):
        for place in servers if total > 1 else ():
            scores[place] += shares[place]
        best = max(servers, key=lambda p: ((scores[p] + total) // total, -servers.index(p)))
        scores[best] -= total
        slots.append(best)
    return tuple(slots)


def static_round_robin(view: View, state: int | None, draws: Draws) -> Choice:
    """`balance static-rr`: along the table; who was just tried only where nobody else is.

    Where no server is up the table is not looked at, and its turn stays.
    """
    slots, at, avoid, last = mapped(view), state or 0, avoided(view), None
    if not slots:
        return nobody(state)
    at = at if at < len(slots) else 0
    for step in range(len(slots)):
        number = (at + step) % len(slots)
        if not full(view, slots[number]):
            last = number
            if slots[number] != avoid:
                break
    if last is None:
        return nobody(at)
    place = slots[last]
    return Choice(place, last + 1, partial(why_turn, view.backends.weights[place]))
