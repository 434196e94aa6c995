"""HAProxy's weighted turns: `balance roundrobin`, `balance static-rr`, and the table that hashes look in.

Source: HAProxy 2.6, src/lb_fwrr.c and src/lb_map.c.
"""

from functools import lru_cache, partial, reduce
from math import gcd
from typing import NamedTuple

from sim.routing.proxies.haproxy_servers import (
    HEAVIEST,
    SCALE,
    avoided,
    first_backup,
    full,
    heavy,
    nobody,
    up_of,
    usable,
)
from sim.routing.proxies.values import Backends, Choice, Draws, View

NOT_UP = "down"


class Turn(NamedTuple):
    """A server in the trees of the round robin.

    Args:
        tree: `init` (not served in this round), `current` or `next`; `down`: in none of them.
        key: by which the tree is sorted; `number`: when it was put there, for equals.
        at: where it comes next; `rest`: what division left over.
    """

    tree: str
    key: int
    number: int
    at: int = 0
    rest: int = 0


class Trees(NamedTuple):
    """The active servers, or the backups: a turn per server by name, and where the round stands.

    Args:
        among: those that were up at the last choice.
        weight, at: the sum of the weights of this round, and the place in it.
    """

    backends: Backends
    among: tuple[int, ...]
    turns: dict[str, Turn]
    weight: int
    at: int
    number: int


Groups = tuple[Trees, ...]
"""The trees of the active servers, and those of the backups."""


def _trees(view: View, own: Trees | None, group: tuple[int, ...]) -> Trees:
    """The trees for who is up now: who went down leaves, who came up is put where its weight says."""
    among = tuple(up_of(view, group))
    if own is not None and own.among == among and own.backends is view.backends:
        return own
    backends, total = view.backends, heavy(view.backends, among)
    if own is None:
        turns = {
            backends.names[p]: Turn("init", HEAVIEST - backends.weights[p] * SCALE, n)
            for n, p in enumerate(among)
        }
        return Trees(backends, among, turns, total, total, len(among))
    up = {backends.names[p] for p in among}
    kept = {
        n: t if n in up else t._replace(tree=NOT_UP) for n, t in own.turns.items() if n in backends.places
    }
    own = Trees(backends, among, kept, own.weight, own.at, own.number)
    for place in among:
        turn = kept.get(backends.names[place], Turn(NOT_UP, 0, 0))
        if turn.tree == NOT_UP:
            effective = backends.weights[place] * SCALE
            at = own.at + (total + own.weight - own.at) // effective
            own = _queued(own, backends.names[place], at, turn.rest, effective, total)
    return own


def _queued(own: Trees, name: str, at: int, rest: int, effective: int, total: int) -> Trees:
    """Put a server where it comes again: in this round, or in the next one."""
    if at >= 2 * own.weight or at >= own.weight + total:
        turn = Turn("next", HEAVIEST - effective, own.number, at - own.weight, rest)
    else:
        turn = Turn("current", 256 * at + (HEAVIEST + rest - effective) // SCALE, own.number, at, rest)
    return own._replace(turns=own.turns | {name: turn}, number=own.number + 1)


def round_robin(view: View, state: Groups | None, draws: Draws) -> Choice:
    """`balance roundrobin`: the heaviest first, each as far apart as its weight allows."""
    before = state or (None, None)
    groups = tuple(_trees(view, own, g) for own, g in zip(before, view.backends.groups, strict=True))
    servers = usable(view)
    backup = first_backup(view, servers)
    if not servers or (backup and full(view, servers[0])):
        return nobody(groups)
    if backup:
        return Choice(servers[0], groups, lambda: "the first backup")
    spare = view.backends.listed[servers[0]].backup
    place, after = _next(view, groups[spare])
    groups = (groups[0], after) if spare else (after, groups[1])
    if place is None:
        return nobody(groups)
    return Choice(place, groups, partial(why_turn, view.backends.weights[place]))


def _next(view: View, own: Trees) -> tuple[int | None, Trees]:
    """Take the next that is not full, nor the one that was just tried where there is another."""
    backends, total, avoid = view.backends, heavy(view.backends, own.among), avoided(view)
    held, spared, chosen, switched = dict[str, tuple[int, int]](), None, None, False
    if not own.weight:
        own = own._replace(weight=total, at=total)
    while True:
        name = _first(own)
        if name is None and switched:
            chosen = spared
            break
        if name is None:
            own, switched = _swapped(own, total), True
            continue
        place, turn = backends.places[name], own.turns[name]
        held[name] = _after(turn, backends.weights[place] * SCALE, total, own.at)
        own = own._replace(
            turns=own.turns | {name: turn._replace(tree="", rest=held[name][1])}, at=own.at + 1
        )
        if not full(view, place):
            if spared is not None or avoid != place:
                chosen = name
                break
            spared = name
    return _put_back(own, held, chosen, total, switched)


def _put_back(
    own: Trees, held: dict[str, tuple[int, int]], chosen: str | None, total: int, switched: bool
) -> tuple[int | None, Trees]:
    """The chosen one goes where it comes again, then the others, the last first; after a switch by weight."""
    backends = own.backends
    for name in ([chosen] if chosen else []) + [n for n in reversed(held) if n != chosen]:
        at, rest = held[name]
        effective = backends.weights[backends.places[name]] * SCALE
        if switched and name != chosen:
            turn = Turn("init", HEAVIEST - effective, own.number, at, rest)
            own = own._replace(turns=own.turns | {name: turn}, number=own.number + 1)
        else:
            own = _queued(own, name, at, rest, effective, total)
    return (None if chosen is None else backends.places[chosen]), own


def why_turn(weight: int) -> str:
    """Why a server was chosen."""
    return f"its turn, at weight {weight}"


def _first(own: Trees) -> str | None:
    """Whose turn it is: of `current` what is due, else of `init`, else of `current` what comes first."""
    due, fresh = (
        min(((t.key, t.number, n) for n, t in own.turns.items() if t.tree == tree), default=None)
        for tree in ("current", "init")
    )
    if due is not None and own.turns[due[2]].at <= own.at:
        return due[2]
    found = fresh or due
    return None if found is None else found[2]


def _swapped(own: Trees, total: int) -> Trees:
    """The next round begins: what was put off comes first."""
    turns = {n: turn._replace(tree="init") if turn.tree == "next" else turn for n, turn in own.turns.items()}
    return own._replace(turns=turns, weight=total, at=total)


def _after(turn: Turn, effective: int, total: int, at: int) -> tuple[int, int]:
    """Where a server that is taken now comes again, and what division leaves over."""
    place, rest = (0, 0) if turn.tree == "init" else (turn.at, turn.rest)
    place, rest = (place or at) + total // effective, rest + total % effective
    return (place + 1, rest - effective) if rest >= effective else (place, rest)


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
    """`balance static-rr`: along the table; who was just tried only where nobody else is."""
    slots, at, avoid, last = mapped(view), state or 0, avoided(view), None
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
