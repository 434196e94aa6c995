"""HAProxy: its own weighted round robin, the fewest requests, hashes by a table or a ring, chance on a ring.

Source: HAProxy 2.6, src/lb_fwrr.c, lb_fwlc.c, lb_fas.c, lb_map.c, lb_chash.c, backend.c; configuration.txt,
`balance`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial, reduce
from ipaddress import ip_address
from math import gcd
from typing import NamedTuple

from sim.routing.proxies.hashing import full_hash, sdbm
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, Ended, View, methods

SCALE = 16
"""A weight of 1 counts for sixteen (BE_WEIGHT_SCALE), so that it can change in small steps."""

NODES = 4096
"""Numbers between the nodes of two servers on the ring."""

HEAVIEST = 256 * SCALE
"""The most that a weight may come to."""


def usable(view: View) -> Sequence[int]:
    """The servers that are up: the active ones; where none is, the first backup, or all of them."""
    first, spare = view.backends.groups
    if view.up is None and not view.backends.limited:
        active: Sequence[int] = first
    else:
        active = [p for p in first if _up(view, p)]
    if active:
        return active
    left = [p for p in spare if _up(view, p)]
    return left if view.backends.all_backups else left[:1]


def _up(view: View, place: int) -> bool:
    return not view.backends.listed[place].down and (view.up is None or view.up[place])


def full(view: View, place: int) -> bool:
    """Whether a server holds as many requests as it may."""
    most = view.backends.listed[place].most_open
    return bool(most) and view.in_flight[place] >= most


def _nobody(state: object) -> Choice:
    return Choice(None, state, lambda: "no server is up, or each is full")


class Turn(NamedTuple):
    """A server in the trees of the round robin.

    Args:
        tree: `init` (not served in this round), `current` or `next`.
        key: by which the tree is sorted; `number`: when it was put there, for equals.
        at: where it comes next; `rest`: what division left over.
    """

    tree: str
    key: int
    number: int
    at: int = 0
    rest: int = 0


class Trees(NamedTuple):
    """The fast weighted round robin: a turn per server by name, and where the round stands.

    Args:
        among: the servers that were up at the last choice.
        weight, at: the sum of the weights of this round, and the place in it.
    """

    backends: Backends
    among: tuple[int, ...]
    turns: dict[str, Turn]
    weight: int
    at: int
    number: int


def _heavy(backends: Backends, places: Iterable[int]) -> int:
    return sum(backends.weights[p] * SCALE for p in places)


def _trees(view: View, state: Trees | None, among: tuple[int, ...]) -> Trees:
    """The trees for who is up now: who went down leaves, who came up is put where its weight says."""
    names, total = view.backends.names, _heavy(view.backends, among)
    if state is None:
        turns = {
            names[p]: Turn("init", HEAVIEST - view.backends.weights[p] * SCALE, n)
            for n, p in enumerate(among)
        }
        return Trees(view.backends, among, turns, total, total, len(among))
    kept = {names[p]: state.turns[names[p]] for p in among if names[p] in state.turns}
    own = Trees(view.backends, among, kept, state.weight, state.at, state.number)
    for place in among:
        if names[place] not in kept:
            effective = view.backends.weights[place] * SCALE
            at = own.at + (total + own.weight - own.at) // effective
            own = _queued(own, names[place], at, 0, effective, total)
    return own


def _queued(own: Trees, name: str, at: int, rest: int, effective: int, total: int) -> Trees:
    """Put a server where it comes again: in this round, or in the next one."""
    if at >= 2 * own.weight or at >= own.weight + total:
        turn = Turn("next", HEAVIEST - effective, own.number, at - own.weight, rest)
    else:
        turn = Turn("current", 256 * at + (HEAVIEST + rest - effective) // SCALE, own.number, at, rest)
    return own._replace(turns=own.turns | {name: turn}, number=own.number + 1)


def round_robin(view: View, state: Trees | None, draws: Draws) -> Choice:
    """`balance roundrobin`: the heaviest first, each as far apart as its weight allows."""
    among = tuple(usable(view))
    if among and view.backends.listed[among[0]].backup and len(among) == 1:
        return _nobody(state) if full(view, among[0]) else Choice(among[0], state, lambda: "the first backup")
    own = state
    if own is None or own.backends is not view.backends or own.among != among:
        own = _trees(view, state, among)
    return _next(view, own)


def _next(view: View, own: Trees) -> Choice:
    """Take the next that is not full, nor the one that was just tried where there is another."""
    backends, total = view.backends, _heavy(view.backends, own.among)
    held, avoided, chosen, switched = dict[str, tuple[int, int]](), None, None, False
    while True:
        name = _first(own)
        if name is None and switched:
            chosen = avoided
            break
        if name is None:
            own, switched = _swapped(own, total), True
            continue
        place, turn = backends.places[name], own.turns[name]
        held[name] = _after(turn, backends.weights[place] * SCALE, total, own.at)
        own = own._replace(turns={n: t for n, t in own.turns.items() if n != name}, at=own.at + 1)
        if not full(view, place):
            if avoided is not None or view.tried[-1:] != (place,):
                chosen = name
                break
            avoided = name
    for name in ([chosen] if chosen else []) + [n for n in reversed(held) if n != chosen]:
        own = _queued(own, name, *held[name], backends.weights[backends.places[name]] * SCALE, total)
    if chosen is None:
        return _nobody(own)
    return Choice(backends.places[chosen], own, partial(_why_turn, backends.weights[backends.places[chosen]]))


def _why_turn(weight: int) -> str:
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
    begins = turn.tree == "init" or turn.at == 0
    place, rest = (at, 0) if begins else (turn.at, turn.rest)
    place, rest = place + total // effective, rest + total % effective
    return (place + 1, rest - effective) if rest >= effective else (place, rest)


@lru_cache(maxsize=64)
def table(backends: Backends, servers: tuple[int, ...]) -> tuple[int, ...]:
    """The table that `static-rr` walks and hashes look in: a place for each unit of weight."""
    weights = {p: backends.weights[p] for p in servers}
    step = reduce(gcd, weights.values(), 0) or 1
    shares = {p: w // step for p, w in weights.items()}
    total, scores, slots = sum(shares.values()), dict.fromkeys(servers, 0), list[int]()
    for _ in range(total):
        for place in servers:
            scores[place] += shares[place]
        best = max(servers, key=lambda p: ((scores[p] + total) // total, -servers.index(p)))
        scores[best] -= total
        slots.append(best)
    return tuple(slots)


def static_round_robin(view: View, state: int | None, draws: Draws) -> Choice:
    """`balance static-rr`: along the table."""
    slots, at = table(view.backends, tuple(usable(view))), state or 0
    for step in range(len(slots)):
        place = slots[(at + step) % len(slots)]
        if not full(view, place):
            return Choice(
                place, (at + step + 1) % len(slots), partial(_why_turn, view.backends.weights[place])
            )
    return _nobody(at)


class Waiting(NamedTuple):
    """When each server came to have as many open requests as it has, by name; who came first goes first."""

    backends: Backends
    since: dict[str, int]
    number: int


def _waiting(backends: Backends, state: Waiting | None) -> Waiting:
    if state is not None and state.backends is backends:
        return state
    known = {} if state is None else state.since
    number = 0 if state is None else state.number
    since = {name: known.get(name, number + n) for n, name in enumerate(backends.names)}
    return Waiting(backends, since, number + len(since))


def _load(opened: int, weight: int) -> int:
    return (opened + 1) * HEAVIEST // (weight * SCALE) if opened else 0


def least_conn(view: View, state: Waiting | None, draws: Draws) -> Choice:
    """`balance leastconn`: an idle server before a busy one, whatever its weight; equals in turn."""
    own, listed = _waiting(view.backends, state), view.backends.listed
    open_ = [p for p in usable(view) if not full(view, p)]
    if not open_:
        return _nobody(own)
    place = min(open_, key=lambda p: (_load(view.in_flight[p], listed[p].weight), own.since[listed[p].name]))
    opened = view.in_flight[place]
    return Choice(
        place, _moved(own, view.backends.names[place]), lambda: f"{opened} open, the fewest for its weight"
    )


def _moved(state: Waiting, name: str) -> Waiting:
    """A server whose number of open requests changes goes behind those that have as many."""
    since = state.since | {name: state.number}
    return state._replace(since=since, number=state.number + 1)


def ended(state: Waiting, now_s: float, end: Ended) -> Waiting:
    """A request left the server."""
    return _moved(state, end.name)


def first(view: View, state: None, draws: Draws) -> Choice:
    """`balance first`: the first server that is not full."""
    place = next((p for p in usable(view) if not full(view, p)), None)
    return _nobody(state) if place is None else Choice(place, state, lambda: "the first that is not full")


@lru_cache(maxsize=64)
def ring(backends: Backends, servers: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ring: nodes in order, and the place of each; a server's number decides, not its address."""
    nodes: dict[int, int] = {}
    for place in servers:
        for n in range(backends.weights[place] * SCALE):
            nodes.setdefault(full_hash((place + 1) * NODES + n), place)
    ordered = sorted(nodes)
    return tuple(ordered), tuple(nodes[node] for node in ordered)


def _nearest(nodes: Sequence[int], number: int) -> int:
    """Which node is nearest; the one before wins a tie."""
    at = bisect_left(nodes, number) % len(nodes)
    after, before = nodes[at], nodes[at - 1]
    return at - 1 if (number - before) & 0xFFFFFFFF <= (after - number) & 0xFFFFFFFF else at


def _of_client(view: View) -> int:
    """An IPv4 address as the number that its four octets are; of IPv6 its words, combined."""
    address = ip_address(view.client)
    if address.version == 4:
        return int(address)
    return sum(int.from_bytes(address.packed[n : n + 4], "big") for n in range(0, 16, 4)) & 0xFFFFFFFF


def _by_table(view: View, number: int, what: str) -> Choice:
    slots = table(view.backends, tuple(usable(view)))
    if not slots:
        return _nobody(None)
    return Choice(slots[number % len(slots)], None, lambda: f"the hash of {what}")


def _by_ring(view: View, number: int, what: str) -> Choice:
    nodes, places = ring(view.backends, tuple(usable(view)))
    if not nodes:
        return _nobody(None)
    place = places[_nearest(nodes, full_hash(number))]
    return Choice(place, None, lambda: f"the nearest on the ring to {what}")


def source(view: View, state: None, draws: Draws) -> Choice:
    """`balance source`: by the client's whole address."""
    return _by_table(view, _of_client(view), view.client)


def source_consistent(view: View, state: None, draws: Draws) -> Choice:
    """`balance source` with `hash-type consistent`."""
    return _by_ring(view, _of_client(view), view.client)


def uri(view: View, state: None, draws: Draws) -> Choice:
    """`balance uri`: by the path, without the query."""
    return _by_table(view, sdbm(view.key.partition("?")[0].encode()), view.key)


def uri_consistent(view: View, state: None, draws: Draws) -> Choice:
    """`balance uri` with `hash-type consistent`."""
    return _by_ring(view, sdbm(view.key.partition("?")[0].encode()), view.key)


def hdr(view: View, state: Trees | None, draws: Draws) -> Choice:
    """By a value of the request, for `balance hdr` and url_param; without one, turns are taken."""
    return _by_table(view, sdbm(view.key.encode()), view.key) if view.key else round_robin(view, state, draws)


def hdr_consistent(view: View, state: Trees | None, draws: Draws) -> Choice:
    """`balance hdr(NAME)` with `hash-type consistent`."""
    return _by_ring(view, sdbm(view.key.encode()), view.key) if view.key else round_robin(view, state, draws)


def random(view: View, state: None, draws: Draws) -> Choice:
    """Two draws on the ring, the same server perhaps; the later one unless it is busier: `balance random`."""
    nodes, places = ring(view.backends, tuple(usable(view)))
    drawn = [places[_nearest(nodes, int(draws(k) * 2**32))] for k in range(2)] if nodes else []
    open_ = [p for p in drawn if not full(view, p)]
    if not open_:
        return _nobody(state)
    place = reduce(partial(_less_busy, view), open_)
    return Choice(place, state, lambda: f"{view.in_flight[place]} open, the fewer of two by chance")


def _less_busy(view: View, before: int, later: int) -> int:
    opened, weights = view.in_flight, view.backends.weights
    return before if opened[later] * weights[before] > opened[before] * weights[later] else later


ALGORITHMS: dict[str, Algorithm] = {
    "round-robin": round_robin,
    "static-rr": static_round_robin,
    "least-conn": least_conn,
    "first": first,
    "source": source,
    "source-consistent": source_consistent,
    "uri": uri,
    "uri-consistent": uri_consistent,
    "hdr": hdr,
    "hdr-consistent": hdr_consistent,
    "random": random,
}

METHODS = methods(
    "haproxy",
    ALGORITHMS,
    ended={"least-conn": ended},
    even=("round-robin", "static-rr"),
    keeps_places=True,
)
