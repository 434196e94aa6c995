"""nginx: smooth weighted round robin and what stands on it, and how failures are counted.

Source: nginx 1.22, src/http/ngx_http_upstream_round_robin.c, modules/ngx_http_upstream_least_conn_module.c,
ngx_http_upstream_ip_hash_module.c, ngx_http_upstream_hash_module.c, ngx_http_upstream_random_module.c.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate, count
from math import floor
from operator import add, truediv
from typing import NamedTuple

from sim.routing.proxies.hashing import crc32, in_bytes
from sim.routing.proxies.retries import Outcome
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, TryEnd, View, methods

POINTS = 160
"""Points of a server on the ring, for each unit of its weight."""

MOST_HASHES = 20
"""After so many hashes that lead to nobody who can serve, turns are taken."""


class Failures(NamedTuple):
    """Failures of a peer.

    Args:
        number: in a row, as far as they count.
        last_s, checked_s: when the last one was, and when it was given another chance, in whole seconds.
    """

    number: int
    last_s: int
    checked_s: int


class Peers(NamedTuple):
    """What nginx remembers of each peer, by place in `backends`.

    Args:
        current: weights of the smooth round robin; `effective` is `weights` itself where nobody failed.
        failures: of those that have any.
    """

    backends: Backends
    current: tuple[int, ...]
    effective: tuple[int, ...]
    failures: dict[int, Failures]


def peers_of(backends: Backends, state: Peers | None = None) -> Peers:
    """The state for this list. Another list comes with a reload, after which nothing is known of any peer.

    Source: nginx, ngx_http_upstream_zone_module.c (noreuse); ngx_http_upstream_round_robin.c.
    """
    if state is not None and state.backends is backends:
        return state
    return Peers(backends, (0,) * len(backends.names), backends.weights, {})


def _can_serve(view: View, state: Peers, place: int) -> bool:
    """Not down, not out for its failures, not full."""
    peer = view.backends.listed[place]
    if peer.down or (view.up is not None and not view.up[place]) or _is_out(view, state, place):
        return False
    return not peer.most_open or view.in_flight[place] < peer.most_open


def _is_out(view: View, state: Peers, place: int) -> bool:
    """Whether it has failed too often of late; the only one there is never has."""
    failures, peer = state.failures.get(place), view.backends.listed[place]
    if failures is None or not 0 < peer.max_fails <= failures.number or len(view.backends.listed) == 1:
        return False
    return floor(view.now_s) - failures.checked_s <= peer.fail_timeout_s


def _usable(view: View, state: Peers) -> Sequence[int]:
    """The primaries that can serve; where none can, the backups, whatever was tried of the primaries.

    The only one there is may be tried again. Source: ngx_http_upstream_get_round_robin_peer, `single`.
    """
    first, backups = view.backends.groups
    if first and not (view.tried or view.up or view.backends.limited or state.failures):
        return first
    tried = () if len(view.backends.listed) == 1 else view.tried
    found = [p for p in first if p not in tried and _can_serve(view, state, p)]
    return found or [p for p in backups if p not in tried and _can_serve(view, state, p)]


def _taken(view: View, state: Peers, place: int) -> Peers:
    """A peer whose time-out is over gets this request as its probe."""
    failures = state.failures.get(place)
    if failures is None:
        return state
    now_s = floor(view.now_s)
    if now_s - failures.checked_s <= view.backends.listed[place].fail_timeout_s:
        return state
    return state._replace(failures=state.failures | {place: failures._replace(checked_s=now_s)})


def _smooth(state: Peers, usable: Sequence[int]) -> tuple[int, Peers, int, int]:
    """One step of the smooth weighted round robin among these peers; the others do not move.

    Returns:
        Who is chosen, the state afterwards, its current weight before, and the sum of the weights.
    """
    backends, current, effective, failures = state
    if len(usable) == len(current):
        moved, total = list(map(add, current, effective)), sum(effective)
        most = max(moved)
        place = moved.index(most)
    else:
        moved, place, most, total = list(current), -1, 0, 0
        for p in usable:
            weight = effective[p]
            now = moved[p] = moved[p] + weight
            total += weight
            if place < 0 or now > most:
                place, most = p, now
    moved[place] -= total
    if effective is not backends.weights:
        effective = _recovering(effective, backends.weights, usable)
    return place, Peers(backends, tuple(moved), effective, failures), most, total


def _recovering(
    effective: tuple[int, ...], weights: tuple[int, ...], usable: Iterable[int]
) -> tuple[int, ...]:
    """A weight that a failure took away comes back by one at each look."""
    seen = set(usable)
    found = tuple(e + 1 if n in seen and e < weights[n] else e for n, e in enumerate(effective))
    return weights if found == weights else found


def _why_nobody() -> str:
    return "no peer is left: each is down, full, out for its failures, or was tried"


def _turn(view: View, state: Peers) -> Choice:
    """The smooth round robin among those that can serve."""
    usable = _usable(view, state)
    if not usable:
        return Choice(None, state, _why_nobody)
    place, after, most, total = _smooth(state, usable)
    return Choice(place, _taken(view, after, place), partial(_why_turn, most, total))


def _why_turn(most: int, total: int) -> str:
    return f"current weight {most} of {total}, the highest"


def round_robin(view: View, state: Peers | None, draws: Draws) -> Choice:
    """Smooth weighted round robin: whoever's current weight is the highest, the first of equals."""
    return _turn(view, peers_of(view.backends, state))


def least_conn(view: View, state: Peers | None, draws: Draws) -> Choice:
    """The fewest open requests for its weight; equals take turns."""
    own = peers_of(view.backends, state)
    usable, opened, weights = _usable(view, own), view.in_flight, own.backends.weights
    if not usable:
        return Choice(None, own, _why_nobody)
    loads = _loads(view, usable)
    least = min(loads)
    place, tied = usable[loads.index(least)], loads.count(least)
    if tied > 1:
        ties = [p for p, load in zip(usable, loads, strict=True) if load == least]
        place, own, _, _ = _smooth(own, ties)
    because = partial(_why_fewest, opened[place], weights[place], tied)
    return Choice(place, _taken(view, own, place) if own.failures else own, because)


def _loads(view: View, places: Sequence[int]) -> Sequence[float]:
    """What is open at each of the places, for its weight."""
    backends, opened = view.backends, view.in_flight
    if len(places) < len(opened):
        return [opened[p] / backends.weights[p] for p in places]
    return opened if backends.even else list(map(truediv, opened, backends.weights))


def _why_fewest(opened: int, weight: int, count: int) -> str:
    why = "the fewest" if count == 1 else f"the fewest, as {count - 1} more: its turn among them"
    return f"{opened} open at weight {weight}, {why}"


def _weighted(backends: Backends, number: float) -> int:
    """The place that a number below the sum of the weights falls on."""
    return min(bisect_right(backends.sums, number), len(backends.sums) - 1)


def _hashed(view: View, state: Peers, places: Iterable[int], what: str, stays: bool = False) -> Choice:
    """The first of the places that can serve; else, and where there is nothing to hash, turns are taken.

    Args:
        stays: whether another try looks at the place again that the last one took.
    """
    missed, had = 0, set[int]()
    for place in places:
        if place not in view.tried and _can_serve(view, state, place):
            return Choice(place, _taken(view, state, place), partial(_why_hash, what))
        missed += stays or place not in view.tried or place in had
        had.add(place)
        if missed > MOST_HASHES:
            break
    return _turn(view, state)


def _why_hash(what: str) -> str:
    return f"{what} leads here"


def ip_hash(view: View, state: Peers | None, draws: Draws) -> Choice:
    """By the client's address: of IPv4 the first three octets, of IPv6 all."""
    return _hashed(view, peers_of(view.backends, state), _of_address(view), f"the hash of {view.client}")


def _of_address(view: View) -> Iterable[int]:
    octets = (
        [int(part) for part in view.client.split(".")[:3]] if "." in view.client else _octets(view.client)
    )
    total, found = view.backends.sums[-1], 89
    while True:
        for octet in octets:
            found = (found * 113 + octet) % 6271
        yield _weighted(view.backends, found % total)


def _octets(address: str) -> list[int]:
    """The sixteen octets of an IPv6 address."""
    head, _, tail = address.partition("::")
    left = [int(word, 16) for word in head.split(":") if word]
    right = [int(word, 16) for word in tail.split(":") if word]
    words = left + [0] * (8 - len(left) - len(right)) + right
    return [octet for word in words for octet in (word >> 8, word & 255)]


def hashed(view: View, state: Peers | None, draws: Draws) -> Choice:
    """By a key: `hash KEY`; where that is empty, turns are taken."""
    return _hashed(view, peers_of(view.backends, state), _of_key(view), f"the hash of {view.key!r}")


def _of_key(view: View) -> Iterable[int]:
    total, found = view.backends.sums[-1], 0
    for number in count() if view.key else ():
        again = str(number) if number else ""
        found += (crc32(again.encode() + in_bytes(view.key)) >> 16) & 0x7FFF
        yield _weighted(view.backends, found % total)


@lru_cache(maxsize=64)
def ring(backends: Backends) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ketama ring: the points in order, and the place that each belongs to."""
    points: dict[int, int] = {}
    for place, backend in enumerate(backends.listed):
        host, _, port = backend.address.rpartition(":")
        base, last = host.encode() + b"\0" + port.encode(), b"\0\0\0\0"
        for _ in range(POINTS * backend.weight):
            point = crc32(base + last)
            last = point.to_bytes(4, "little")
            points.setdefault(point, place)
    ordered = sorted(points)
    return tuple(ordered), tuple(points[p] for p in ordered)


def consistent(view: View, state: Peers | None, draws: Draws) -> Choice:
    """By a key on the ketama ring: `hash KEY consistent`."""
    own, what = peers_of(view.backends, state), f"the point after {view.key!r} on the ring"
    choice = _hashed(view, own, _on_ring(view), what, stays=True)
    if view.key and choice.index is not None and own.effective is not view.backends.weights:
        effective = _recovering(choice.state.effective, view.backends.weights, (choice.index,))
        choice.state = choice.state._replace(effective=effective)
    return choice


def _on_ring(view: View) -> Iterable[int]:
    points, places = ring(view.backends)
    at = bisect_left(points, crc32(in_bytes(view.key)))
    for step in count() if view.key else ():
        yield places[(at + step) % len(points)]


def _drawn(view: View, places: Sequence[int], draw: float) -> int:
    """One of the places, by weight."""
    backends = view.backends
    if len(places) == len(backends.sums):
        return _weighted(backends, draw * backends.sums[-1])
    sums = list(accumulate(backends.weights[p] for p in places))
    return places[min(bisect_right(sums, draw * sums[-1]), len(sums) - 1)]


def random(view: View, state: Peers | None, draws: Draws) -> Choice:
    """By chance and weight: `random`."""
    own = peers_of(view.backends, state)
    usable = _usable(view, own)
    if not usable:
        return _turn(view, own)
    place = _drawn(view, usable, draws(0))
    return Choice(place, _taken(view, own, place), _why_chance)


def _why_chance() -> str:
    return "by chance, as its weight says"


def random_two(view: View, state: Peers | None, draws: Draws) -> Choice:
    """Two different ones by chance and weight; then the fewer open for its weight, the second of equals."""
    own = peers_of(view.backends, state)
    usable = _usable(view, own)
    if len(usable) < 2:
        return _turn(view, own)
    first = _drawn(view, usable, draws(0))
    second = _drawn_beside(view, usable, first, draws(1))
    opened, weights = view.in_flight, view.backends.weights
    place = first if opened[second] * weights[first] > opened[first] * weights[second] else second
    return Choice(place, _taken(view, own, place), partial(_why_two, opened[place], weights[place]))


def _drawn_beside(view: View, places: Sequence[int], first: int, draw: float) -> int:
    """One of the other places, by weight."""
    backends = view.backends
    if len(places) < len(backends.sums):
        return _drawn(view, [p for p in places if p != first], draw)
    weight = backends.weights[first]
    number = draw * (backends.sums[-1] - weight)
    return _weighted(backends, number if number < backends.sums[first] - weight else number + weight)


def _why_two(opened: int, weight: int) -> str:
    return f"{opened} open at weight {weight}, the fewer of two by chance"


NEXT_UPSTREAM: Mapping[str, frozenset[Outcome]] = {
    "error": frozenset(("refused", "closed")),
    "timeout": frozenset(("unreachable", "timeout")),
    **{f"http_{status}": frozenset((status,)) for status in (500, 502, 503, 504, 403, 404, 429)},
}
"""Words of proxy_next_upstream."""


def next_upstream(words: Iterable[str]) -> frozenset[Outcome]:
    """After which outcomes another peer is tried."""
    stated = set(words)
    if "off" in stated:
        return frozenset()
    return frozenset(outcome for word in stated for outcome in NEXT_UPSTREAM.get(word, ()))


def ended(state: Peers, now_s: float, end: TryEnd) -> Peers:
    """What the end of a try changes: a failure costs weight and counts, a success after a probe clears it."""
    place = state.backends.places.get(end.name)
    if place is None or len(state.backends.listed) == 1:
        return state
    peer = state.backends.listed[place]
    failures = state.failures.get(place, Failures(0, 0, 0))
    if not end.failed:
        left = {p: other for p, other in state.failures.items() if p != place}
        return state._replace(failures=left) if failures.last_s < failures.checked_s else state
    lost = peer.weight // peer.max_fails if peer.max_fails else 0
    effective = list(state.effective)
    effective[place] = max(0, effective[place] - lost)
    found = Failures(failures.number + 1, floor(now_s), floor(now_s))
    return state._replace(effective=tuple(effective), failures=state.failures | {place: found})


ALGORITHMS: dict[str, Algorithm] = {
    "round-robin": round_robin,
    "least-conn": least_conn,
    "ip-hash": ip_hash,
    "hash": hashed,
    "hash-consistent": consistent,
    "random": random,
    "random-two": random_two,
}

METHODS = methods("nginx", ALGORITHMS, ended=dict.fromkeys(ALGORITHMS, ended), even=("round-robin", "random"))
"""A Pod's workers share a state, as the upstreams of these controllers have a zone."""
