"""nginx: smooth weighted round robin and what stands on it, and how failures are counted.

Source: nginx 1.22, src/http/ngx_http_upstream_round_robin.c, modules/ngx_http_upstream_least_conn_module.c,
ngx_http_upstream_ip_hash_module.c, ngx_http_upstream_hash_module.c, ngx_http_upstream_random_module.c.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import count
from math import floor
from typing import NamedTuple

from sim.routing.proxies.hashing import crc32, in_bytes
from sim.routing.proxies.retries import Outcome
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, Ended, View, methods

POINTS = 160
"""Points of a server on the ring, for each unit of its weight."""

MOST_HASHES = 20
"""After so many hashes that lead to nobody who can serve, turns are taken."""


class Peers(NamedTuple):
    """What nginx remembers of each peer, by place in `backends`.

    Args:
        current, effective: weights of the smooth round robin.
        fails: in a row, as far as they count; `accessed_s`, `checked_s`: of the last failure, and of the last
            time that it was given another chance, in whole seconds.
    """

    backends: Backends
    current: tuple[int, ...]
    effective: tuple[int, ...]
    fails: tuple[int, ...]
    accessed_s: tuple[int, ...]
    checked_s: tuple[int, ...]


def peers_of(backends: Backends, state: Peers | None = None) -> Peers:
    """The state for this list: what was known of the same names is kept, the others begin afresh."""
    if state is not None and state.backends is backends:
        return state
    nil = (0,) * len(backends.names)
    fresh = Peers(backends, nil, backends.weights, nil, nil, nil)
    if state is None:
        return fresh
    known = state.backends.places
    places = [known.get(name) for name in backends.names]
    kept = (
        tuple(own[n] if p is None else old[p] for n, p in enumerate(places))
        for own, old in zip(fresh[1:], state[1:], strict=True)
    )
    return Peers(backends, *kept)


def _can_serve(view: View, state: Peers, place: int) -> bool:
    """Not down, not out for its failures, not full."""
    peer = view.backends.listed[place]
    if peer.down or (view.up is not None and not view.up[place]):
        return False
    single = len(view.backends.listed) == 1
    out = peer.max_fails and state.fails[place] >= peer.max_fails and not single
    if out and floor(view.now_s) - state.checked_s[place] <= peer.fail_timeout_s:
        return False
    return not peer.most_open or view.in_flight[place] < peer.most_open


def _usable(view: View, state: Peers, places: tuple[int, ...], tried: tuple[int, ...]) -> Sequence[int]:
    if not tried and view.up is None and not view.backends.limited and not any(state.fails):
        return places
    return [p for p in places if p not in tried and _can_serve(view, state, p)]


def _taken(view: View, state: Peers, place: int) -> Peers:
    """A peer whose time-out is over gets this request as its probe."""
    now_s = floor(view.now_s)
    if not state.fails[place] or now_s - state.checked_s[place] <= view.backends.listed[place].fail_timeout_s:
        return state
    checked = list(state.checked_s)
    checked[place] = now_s
    return state._replace(checked_s=tuple(checked))


def _smooth(view: View, state: Peers, usable: Iterable[int]) -> tuple[int | None, Peers]:
    """One step of the smooth weighted round robin among these peers; the others do not move."""
    current, effective, weights = list(state.current), state.effective, view.backends.weights
    total, best, most, weak = 0, None, 0, False
    for place in usable:
        weight = effective[place]
        total += weight
        now = current[place] = current[place] + weight
        weak = weak or weight < weights[place]
        if best is None or now > most:
            best, most = place, now
    if best is None:
        return None, state
    current[best] -= total
    if weak:
        effective = _recovering(effective, weights, usable)
    return best, Peers(state[0], tuple(current), effective, *state[3:])


def _recovering(
    effective: tuple[int, ...], weights: tuple[int, ...], usable: Iterable[int]
) -> tuple[int, ...]:
    """A weight that a failure took away comes back by one at each look."""
    seen = set(usable)
    return tuple(e + 1 if n in seen and e < weights[n] else e for n, e in enumerate(effective))


def _busy(state: Peers) -> Choice:
    return Choice(None, state, lambda: "no peer can serve: down, full, or out for their failures")


Step = Callable[[View, Peers, tuple[int, ...], tuple[int, ...]], tuple[int | None, Peers]]


def _turn(
    view: View, state: Peers, places: tuple[int, ...], tried: tuple[int, ...]
) -> tuple[int | None, Peers]:
    return _smooth(view, state, _usable(view, state, places, tried))


def _by_groups(view: View, state: Peers, step: Step) -> Choice:
    """The primaries, then the backups, where what was tried of the primaries is forgotten."""
    first, backups = view.backends.groups
    for number, places in enumerate((first, backups)):
        tried = tuple(p for p in view.tried if p in backups) if number else view.tried
        place, state = step(view, state, places, tried)
        if place is not None:
            after = _taken(view, state, place)
            return Choice(place, after, partial(_why_smooth, view, after, place))
    return _busy(state)


def _why_smooth(view: View, state: Peers, place: int) -> str:
    total = sum(state.effective[p] for p in view.backends.groups[view.backends.listed[place].backup])
    return f"current weight {state.current[place] + total} of {total}, the highest"


def round_robin(view: View, state: Peers | None, draws: Draws) -> Choice:
    """Smooth weighted round robin: whoever's current weight is the highest, the first of equals."""
    return _by_groups(view, peers_of(view.backends, state), _turn)


def _fewest(
    view: View, state: Peers, places: tuple[int, ...], tried: tuple[int, ...]
) -> tuple[int | None, Peers]:
    """The fewest open for its weight; among equals, from the first of them on, a step of the round robin."""
    usable, opened, weights = _usable(view, state, places, tried), view.in_flight, view.backends.weights
    best, ties = None, list[int]()
    for place in usable:
        if best is None or opened[place] * weights[best] < opened[best] * weights[place]:
            best, ties = place, [place]
        elif opened[place] * weights[best] == opened[best] * weights[place]:
            ties.append(place)
    return _smooth(view, state, ties) if len(ties) > 1 else (best, state)


def least_conn(view: View, state: Peers | None, draws: Draws) -> Choice:
    """The fewest open requests for its weight; equals take turns."""
    choice = _by_groups(view, peers_of(view.backends, state), _fewest)
    return Choice(choice.index, choice.state, partial(_why_fewest, view, choice.index))


def _why_fewest(view: View, place: int | None) -> str:
    if place is None:
        return "no peer can serve: down, full, or out for their failures"
    return f"{view.in_flight[place]} open at weight {view.backends.weights[place]}, the fewest"


def _weighted(backends: Backends, number: int) -> int:
    """The place that a number below the sum of the weights falls on."""
    for place, weight in enumerate(backends.weights):
        number -= weight
        if number < 0:
            return place
    return len(backends.weights) - 1


def _hashed(view: View, state: Peers, places: Iterable[int], what: str, stays: bool = False) -> Choice:
    """The first of the places that can serve; else, and where there is nothing to hash, turns are taken.

    Args:
        stays: whether another try looks at the place again that the last one took.
    """
    missed, had = 0, set[int]()
    for place in places:
        if place not in view.tried and _can_serve(view, state, place):
            return Choice(place, _taken(view, state, place), lambda: f"{what} leads here")
        missed += stays or place not in view.tried or place in had
        had.add(place)
        if missed > MOST_HASHES:
            break
    return _by_groups(view, state, _turn)


def ip_hash(view: View, state: Peers | None, draws: Draws) -> Choice:
    """By the client's address: of IPv4 the first three octets, of IPv6 all."""
    return _hashed(view, peers_of(view.backends, state), _of_address(view), f"the hash of {view.client}")


def _of_address(view: View) -> Iterable[int]:
    octets = (
        [int(part) for part in view.client.split(".")[:3]] if "." in view.client else _octets(view.client)
    )
    total, found = sum(view.backends.weights), 89
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
    total, found = sum(view.backends.weights), 0
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
    if view.key and choice.index is not None and own.effective != view.backends.weights:
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
    weights = view.backends.weights
    number = draw * sum(weights[p] for p in places)
    for place in places:
        number -= weights[place]
        if number < 0:
            return place
    return places[-1]


def random(view: View, state: Peers | None, draws: Draws) -> Choice:
    """By chance and weight: `random`."""
    own = peers_of(view.backends, state)
    usable = _usable(view, own, view.backends.groups[0], view.tried)
    if not usable:
        return _by_groups(view, own, _turn)
    place = _drawn(view, usable, draws(0))
    return Choice(place, _taken(view, own, place), lambda: "by chance, as its weight says")


def random_two(view: View, state: Peers | None, draws: Draws) -> Choice:
    """Two different ones by chance and weight; then the fewer open for its weight, the second of equals."""
    own = peers_of(view.backends, state)
    usable = _usable(view, own, view.backends.groups[0], view.tried)
    if len(usable) < 2:
        return _by_groups(view, own, _turn)
    first = _drawn(view, usable, draws(0))
    second = _drawn(view, [p for p in usable if p != first], draws(1))
    opened, weights = view.in_flight, view.backends.weights
    place = first if opened[second] * weights[first] > opened[first] * weights[second] else second
    return Choice(
        place, _taken(view, own, place), lambda: f"{opened[place]} open, the fewer of two by chance"
    )


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


def ended(state: Peers, now_s: float, end: Ended) -> Peers:
    """What the end of a try changes: a failure costs weight and counts, a success after a probe clears it."""
    place = state.backends.places.get(end.name)
    if place is None or len(state.backends.listed) == 1:
        return state
    peer = state.backends.listed[place]
    if not end.failed:
        clear = state.fails[place] and state.accessed_s[place] < state.checked_s[place]
        return state._replace(fails=_with(state.fails, place, 0)) if clear else state
    lost = peer.weight // peer.max_fails if peer.max_fails else 0
    return state._replace(
        effective=_with(state.effective, place, max(0, state.effective[place] - lost)),
        fails=_with(state.fails, place, state.fails[place] + 1),
        accessed_s=_with(state.accessed_s, place, floor(now_s)),
        checked_s=_with(state.checked_s, place, floor(now_s)),
    )


def _with(values: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    return (*values[:place], value, *values[place + 1 :])


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
