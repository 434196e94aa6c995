"""HAProxy: its own weighted round robin, the fewest requests, hashes by a table or a ring, chance on a ring.

Source: HAProxy 2.6, src/lb_fwrr.c, lb_fwlc.c, lb_fas.c, lb_map.c, lb_chash.c, backend.c; configuration.txt,
`balance`.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache, partial, reduce
from ipaddress import ip_address
from operator import itemgetter, xor
from typing import NamedTuple

from sim.routing.proxies.haproxy_servers import (
    HEAVIEST,
    SCALE,
    avoided,
    first_backup,
    full,
    nobody,
    up_of,
    usable,
)
from sim.routing.proxies.haproxy_turns import mapped, round_robin, static_round_robin, why_backup
from sim.routing.proxies.hashing import full_hash, sdbm
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, TryEnd, View, methods

NODES = 4096
"""Numbers between the nodes of two servers on the ring."""


class Waiting(NamedTuple):
    """The servers that are up, as the tree of `balance leastconn` has them.

    Args:
        opened: requests at each server, by place, as far as they are known.
        number: how often a server was put into the tree.
        tree: for each server how loaded it is, when it came to be, and its place; in this order.
    """

    backends: Backends
    among: tuple[int, ...]
    opened: tuple[int, ...]
    number: int
    tree: tuple[tuple[int, int, int], ...]


def _waiting(view: View, state: Waiting | None) -> Waiting:
    """The tree for who is up now, and what is open now; who came up since goes behind those that were."""
    backends, opened = view.backends, tuple(view.in_flight)
    among, spare = backends.groups
    if spare or view.up is not None or backends.limited:
        among = (*up_of(view, among), *up_of(view, spare))
    if state is None:
        state = Waiting(backends, (), (), 0, ())
    known = state.backends is backends and (state.among is among or state.among == among)
    if known and state.opened == opened:
        return state
    since, number = {state.backends.names[place]: since for _, since, place in state.tree}, state.number
    if not known:
        since = {name: since.get(name, number + n) for n, name in enumerate(backends.names)}
        number += len(since)
    names, weights = backends.names, backends.weights
    tree = tuple(sorted((_load(opened[p], weights[p]), since[names[p]], p) for p in among))
    return Waiting(backends, among, opened, number, tree)


def _load(opened: int, weight: int) -> int:
    return (opened + 1) * HEAVIEST // (weight * SCALE) if opened else 0


def least_conn(view: View, state: Waiting | None, draws: Draws) -> Choice:
    """`balance leastconn`: an idle server before a busy one, whatever its weight; equals in turn."""
    own, backends = _waiting(view, state), view.backends
    tree = own.tree
    n = 0 if tree and not (view.tried or backends.limited or backends.groups[1]) else _first_open(view, own)
    if n is None:
        return nobody(own)
    place = tree[n][2]
    opened = view.in_flight[place]
    return Choice(place, _moved(own, n, opened + 1), partial(_why_fewest, opened, backends.weights[place]))


def _first_open(view: View, own: Waiting) -> int | None:
    """Where the first stands that may be asked; the one that was just tried only for want of others."""
    servers, avoid = usable(view), avoided(view)
    open_ = [n for n, (_, _, p) in enumerate(own.tree) if p in servers and not full(view, p)]
    return next((n for n in open_ if own.tree[n][2] != avoid), open_[0] if open_ else None)


def _why_fewest(opened: int, weight: int) -> str:
    return f"{opened} open at weight {weight}, the fewest" if opened else "nothing open, for the longest time"


def _moved(own: Waiting, n: int, opened: int) -> Waiting:
    """The n-th of the tree has so many requests now: it goes behind those that are loaded alike."""
    backends, among, before, number, tree = own
    counts, place = list(before), tree[n][2]
    counts[place] = opened
    moved = (_load(opened, backends.weights[place]), number, place)
    turns = [*tree[:n], *tree[n + 1 :]]
    turns.insert(bisect_left(turns, moved), moved)
    return Waiting(backends, among, tuple(counts), number + 1, tuple(turns))


def ended(state: Waiting, now_s: float, end: TryEnd) -> Waiting:
    """A request left the server."""
    place = state.backends.places.get(end.name)
    n = next((n for n, (_, _, p) in enumerate(state.tree) if p == place), None)
    if place is None or n is None:
        return state
    return _moved(state, n, max(0, state.opened[place] - 1))


def first(view: View, state: None, draws: Draws) -> Choice:
    """`balance first`: the first server that is not full."""
    servers, avoid = usable(view), avoided(view)
    if servers and servers[0] != avoid and not full(view, servers[0]):
        return Choice(servers[0], state, _why_first)
    open_ = [p for p in servers if not full(view, p)]
    if not open_:
        return nobody(state)
    return Choice(next((p for p in open_ if p != avoid), open_[0]), state, _why_first)


def _why_first() -> str:
    return "the first that is not full"


class LastNode(NamedTuple):
    """The node of the ring that took the last request without a value."""

    number: int
    place: int


Ring = tuple[tuple[int, ...], tuple[int, ...]]


@lru_cache(maxsize=64)
def ring(backends: Backends, servers: tuple[int, ...]) -> Ring:
    """The ring: nodes in order, and the place of each; a server's number decides, not its address."""
    nodes = [
        (full_hash((place + 1) * NODES + n), place)
        for place in servers
        for n in range(backends.weights[place] * SCALE)
    ]
    nodes.sort(key=itemgetter(0))
    return tuple(node for node, _ in nodes), tuple(place for _, place in nodes)


def _nearest(nodes: Sequence[int], number: int) -> int:
    """Which node is nearest; the one before wins a tie."""
    at = bisect_left(nodes, number) % len(nodes)
    before = (at or len(nodes)) - 1
    nearer = (number - nodes[before]) & 0xFFFFFFFF <= (nodes[at] - number) & 0xFFFFFFFF
    return before if nearer else at


def _on_ring(view: View, servers: Sequence[int], number: int) -> int:
    """The server of the nearest node; of the next nodes one of another than was just tried."""
    nodes, places = ring(view.backends, tuple(servers))
    at, avoid = _nearest(nodes, number), avoided(view)
    if places[at] != avoid:
        return places[at]
    turn = (places[(at + step) % len(nodes)] for step in range(len(nodes)))
    return next((p for p in turn if p != avoid), places[at])


def _of_client(view: View) -> int:
    """An IPv4 address as the number that its four octets are; of IPv6 its words, one over the other."""
    address = ip_address(view.client)
    if address.version == 4:
        return int(address)
    return reduce(xor, (int.from_bytes(address.packed[n : n + 4], "big") for n in range(0, 16, 4)))


def _by_table(view: View, state: int | None, number: int, what: str) -> Choice:
    slots = mapped(view)
    if not slots:
        return nobody(state)
    number = 0 if first_backup(view, usable(view)) else number
    return Choice(slots[number % len(slots)], state, partial(_why_hash, what))


def _why_hash(what: str) -> str:
    return f"the hash of {what}"


def _by_ring(view: View, state: LastNode | None, number: int, what: str) -> Choice:
    servers = usable(view)
    if not servers:
        return nobody(state)
    place = servers[0] if first_backup(view, servers) else _on_ring(view, servers, full_hash(number))
    return Choice(place, state, partial(_why_ring, what))


def _why_ring(what: str) -> str:
    return f"the nearest on the ring to {what}"


def source(view: View, state: None, draws: Draws) -> Choice:
    """`balance source`: by the client's whole address."""
    return _by_table(view, state, _of_client(view), view.client)


def source_consistent(view: View, state: None, draws: Draws) -> Choice:
    """`balance source` with `hash-type consistent`."""
    return _by_ring(view, state, _of_client(view), view.client)


def uri(view: View, state: None, draws: Draws) -> Choice:
    """`balance uri`: by the path, without the query."""
    return _by_table(view, state, sdbm(view.key.partition("?")[0].encode()), view.key)


def uri_consistent(view: View, state: None, draws: Draws) -> Choice:
    """`balance uri` with `hash-type consistent`."""
    return _by_ring(view, state, sdbm(view.key.partition("?")[0].encode()), view.key)


def _value(view: View) -> str:
    """The first value of a header: what stands before a comma."""
    return view.key.partition(",")[0].strip(" \t")


def hdr(view: View, state: int | None, draws: Draws) -> Choice:
    """By the first value of the header that `balance hdr` names; without one, along the table."""
    value = _value(view)
    if value or len(usable(view)) == 1:  # With one server left it does not look for a value.
        return _by_table(view, state, sdbm(value.encode()), value)
    return static_round_robin(view, state, draws)


def hdr_consistent(view: View, state: LastNode | None, draws: Draws) -> Choice:
    """By the first value of a header, with `hash-type consistent`; without one, along the ring.

    Where the last server of a ring goes down it forgets where it stood.
    """
    servers, value = usable(view), _value(view)
    if not servers:
        return nobody(None)
    if first_backup(view, servers):
        return _by_ring(view, state, 0, value)
    found = ring(view.backends, tuple(servers))
    last = _last(view, state, servers, found)
    return _by_ring(view, last, sdbm(value.encode()), value) if value else _along(view, last, found)


def _last(view: View, state: LastNode | None, servers: Sequence[int], found: Ring) -> LastNode | None:
    """Where the last one stands: once its server is down, the node after it counts as the last."""
    if state is None or state.place in servers:
        return state
    listed, (nodes, places) = view.backends.listed, found
    if listed[state.place].backup != listed[servers[0]].backup:
        return None
    at = bisect_left(nodes, state.number) % len(nodes)
    return LastNode(nodes[at], places[at])


def _along(view: View, state: LastNode | None, found: Ring) -> Choice:
    """The next node whose server is not full, nor the one that was just tried where there is another.

    Where it stands nowhere it looks at the first node alone (chash_get_next_server ends there);
    where all that it looks at are full it forgets where it stood.
    """
    (nodes, places), avoid, last = found, avoided(view), None
    at = -1 if state is None else bisect_left(nodes, state.number)
    for step in range(1, 2 if state is None else len(nodes) + 1):
        number = (at + step) % len(nodes)
        if not full(view, places[number]):
            last = number
            if places[number] != avoid:
                break
    if last is None:
        return nobody(None)
    after = LastNode(nodes[last], places[last])
    return Choice(places[last], after, lambda: "the next on the ring")


def random(view: View, state: None, draws: Draws) -> Choice:
    """Two draws on the ring, the same server perhaps; the later one unless it is busier: `balance random`."""
    servers = usable(view)
    if not servers:
        return nobody(state)
    if first_backup(view, servers) and not full(view, servers[0]):
        return Choice(servers[0], state, why_backup)
    before, place = (_on_ring(view, servers, int(draws(k) * 2**32)) for k in (0, 1))
    opened, weights = view.in_flight, view.backends.weights
    if opened[place] * weights[before] > opened[before] * weights[place]:
        place = before
    if full(view, place):
        return nobody(state)
    return Choice(place, state, partial(_why_two, opened[place], weights[place]))


def _why_two(opened: int, weight: int) -> str:
    return f"{opened} open at weight {weight}, the fewer of two by chance"


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
    moves_on=("round-robin", "static-rr", "least-conn", "first", "random"),
)
