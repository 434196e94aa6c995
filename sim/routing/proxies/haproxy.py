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
from sim.routing.proxies.haproxy_turns import mapped, round_robin, static_round_robin
from sim.routing.proxies.hashing import full_hash, sdbm
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, Ended, View, methods

NODES = 4096
"""Numbers between the nodes of two servers on the ring."""


class Waiting(NamedTuple):
    """When each server came to have as many open requests as it has, by name; who came first goes first.

    Args:
        among: those that were up at the last choice.
    """

    backends: Backends
    since: dict[str, int]
    number: int
    among: tuple[int, ...]


def _waiting(view: View, state: Waiting | None) -> Waiting:
    """Who came up since goes behind those that were."""
    backends = view.backends
    among = tuple(p for group in backends.groups for p in up_of(view, group))
    if state is not None and state.among == among and state.backends is backends:
        return state
    known = {} if state is None else state.since
    number = 0 if state is None else state.number
    stayed = set() if state is None else {state.backends.names[p] for p in state.among}
    since = {name: known[name] if name in stayed else number + n for n, name in enumerate(backends.names)}
    return Waiting(backends, since, number + len(since), among)


def _load(opened: int, weight: int) -> int:
    return (opened + 1) * HEAVIEST // (weight * SCALE) if opened else 0


def least_conn(view: View, state: Waiting | None, draws: Draws) -> Choice:
    """`balance leastconn`: an idle server before a busy one, whatever its weight; equals in turn."""
    own, listed, avoid = _waiting(view, state), view.backends.listed, avoided(view)
    open_ = [p for p in usable(view) if not full(view, p)]
    if not open_:
        return nobody(own)
    place = min(
        open_,
        key=lambda p: (p == avoid, _load(view.in_flight[p], listed[p].weight), own.since[listed[p].name]),
    )
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
    avoid, open_ = avoided(view), [p for p in usable(view) if not full(view, p)]
    if not open_:
        return nobody(state)
    return Choice(min(open_, key=lambda p: (p == avoid, p)), state, lambda: "the first that is not full")


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
    after, before = nodes[at], nodes[at - 1]
    return (at - 1) % len(nodes) if (number - before) & 0xFFFFFFFF <= (after - number) & 0xFFFFFFFF else at


def _on_ring(view: View, servers: Sequence[int], number: int) -> int:
    """The server of the nearest node; of the next nodes one of another than was just tried."""
    nodes, places = ring(view.backends, tuple(servers))
    at, avoid = _nearest(nodes, number), avoided(view)
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
    return Choice(slots[number % len(slots)], state, lambda: f"the hash of {what}")


def _by_ring(view: View, state: LastNode | None, number: int, what: str) -> Choice:
    servers = usable(view)
    if not servers:
        return nobody(state)
    place = servers[0] if first_backup(view, servers) else _on_ring(view, servers, full_hash(number))
    return Choice(place, state, lambda: f"the nearest on the ring to {what}")


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
    if value := _value(view):
        return _by_table(view, state, sdbm(value.encode()), value)
    return static_round_robin(view, state, draws)


def hdr_consistent(view: View, state: LastNode | None, draws: Draws) -> Choice:
    """By the first value of a header, with `hash-type consistent`; without one, along the ring."""
    servers, value = usable(view), _value(view)
    if not servers or first_backup(view, servers):
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
    """The next node whose server is not full, nor the one that was just tried where there is another."""
    (nodes, places), avoid, last = found, avoided(view), None
    at = -1 if state is None else bisect_left(nodes, state.number)
    for step in range(1, len(nodes) + 1):
        number = (at + step) % len(nodes)
        if not full(view, places[number]):
            last = number
            if places[number] != avoid:
                break
    if last is None:
        return nobody(state)
    after = LastNode(nodes[last], places[last])
    return Choice(places[last], after, lambda: "the next on the ring")


def random(view: View, state: None, draws: Draws) -> Choice:
    """Two draws on the ring, the same server perhaps; the later one unless it is busier: `balance random`."""
    servers = usable(view)
    if not servers:
        return nobody(state)
    if first_backup(view, servers) and not full(view, servers[0]):
        return Choice(servers[0], state, lambda: "the first backup")
    drawn = [_on_ring(view, servers, int(draws(k) * 2**32)) for k in range(2)]
    place = reduce(partial(_less_busy, view), drawn)
    if full(view, place):
        return nobody(state)
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
    moves_on=("round-robin", "static-rr", "least-conn", "first", "random"),
)
