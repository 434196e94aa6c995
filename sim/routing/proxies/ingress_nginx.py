"""ingress-nginx chooses in Lua, each nginx worker for itself: turns, a consistent hash, or how slow each was.

Every endpoint has weight 1. Nothing is known of failures: a retry asks again.
Source: kubernetes/ingress-nginx, rootfs/etc/nginx/lua/balancer/{resty,round_robin,chash,ewma}.lua;
lua-resty-balancer 0.05, lib/resty/{roundrobin,chash}.lua and chash.c.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache, partial
from math import ceil, exp, gcd
from typing import NamedTuple

from sim.routing.proxies.hashing import crc32, in_bytes
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, Method, TryEnd, View, methods

POINTS = 160
DECAY_S = 10.0
"""After so long a score has lost 63 % of its weight (DECAY_TIME)."""


class Round(NamedTuple):
    """The weighted turns of lua-resty-balancer.

    Args:
        order: the names as the table gives them; `last`: who was chosen last.
        current: the weight that is asked for now.
    """

    backends: Backends
    order: tuple[str, ...]
    last: str
    current: int


def _round_of(backends: Backends, state: Round | None, draws: Draws) -> Round:
    """A new list begins afresh, at a place drawn by chance."""
    if state is not None and state.backends is backends:
        return state
    start = min(int(draws(0) * len(backends.names)), len(backends.names) - 1)
    return Round(backends, backends.names, backends.names[start], max(backends.weights))


def round_robin(view: View, state: Round | None, draws: Draws) -> Choice:
    """Go round after the last one; with weights, whoever weighs what is asked for, less at each round."""
    own = _round_of(view.backends, state, draws)
    backends, order = own.backends, own.order
    at, current = order.index(own.last), own.current
    while True:
        at += 1
        if at == len(order):
            at, current = 0, current - gcd(*backends.weights)
            if current <= 0:
                current = max(backends.weights)
        place = backends.places[order[at]]
        if backends.weights[place] >= current:
            after = Round(backends, order, order[at], current)
            return Choice(place, after, partial(_why_turn, own.last))


def _why_turn(last: str) -> str:
    return f"the next after {last}"


@lru_cache(maxsize=64)
def ring(backends: Backends) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The points in order, and the place that each belongs to; of equal points the first stays."""
    return _ring_of([(backend.address, backend.weight) for backend in backends.listed])


def _ring_of(nodes: Iterable[tuple[str, int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ring of nodes, each with its name and weight."""
    points = []
    for place, (name, weight) in enumerate(nodes):
        base, last = name.encode(), b"\0\0\0\0"
        for _ in range(POINTS * weight):
            point = crc32(base + last)
            last = point.to_bytes(4, "little")
            points.append((point, place))
    points.sort()
    return tuple(p for p, _ in points), tuple(place for _, place in points)


def chash(view: View, state: None, draws: Draws) -> Choice:
    """By a key on a ring: `upstream-hash-by`, and the affinity cookie."""
    points, places = ring(view.backends)
    place = places[bisect_left(points, crc32(in_bytes(view.key))) % len(points)]
    return Choice(place, state, lambda: f"the point after {view.key!r} on the ring")


def hash_subset(view: View, state: None, draws: Draws, size: int = 3) -> Choice:
    """By a key to one of the subsets, and there by chance: `upstream-hash-by-subset`.

    Args:
        size: of a subset; the last one is filled up with the first backends.
    """
    count = len(view.backends.names)
    sets = ceil(count / size)
    points, numbers = _ring_of_sets(sets)
    number = numbers[bisect_left(points, crc32(in_bytes(view.key))) % len(points)]
    members = [n if n < count else (n - count) % count for n in range(number * size, (number + 1) * size)]
    place = members[min(int(draws(0) * size), size - 1)]
    return Choice(place, state, lambda: f"one of subset {number + 1} of {sets}, which {view.key!r} leads to")


@lru_cache(maxsize=64)
def _ring_of_sets(count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return _ring_of((f"set{n + 1}", 1) for n in range(count))


@lru_cache(maxsize=64)
def of_size(method: Method, size: int) -> Method:
    """The same method with subsets of another size."""
    return replace(method, choose=partial(hash_subset, size=size))


class Slowness(NamedTuple):
    """How slow each backend was of late, by place in `backends`; a Pod's workers share it.

    Args:
        values_s: as stored at the last answer; None: nothing is stored.
        touched_s: when that was.
    """

    backends: Backends
    values_s: tuple[float | None, ...]
    touched_s: tuple[float, ...]


def slowness_of(backends: Backends, state: Slowness | None, now_s: float = 0.0) -> Slowness:
    """Those that were known keep their values; a new one starts at the mean of what is stored."""
    if state is not None and state.backends is backends:
        return state
    if state is None:
        return Slowness(backends, (None,) * len(backends.names), (0.0,) * len(backends.names))
    known = dict(zip(state.backends.names, zip(*state[1:], strict=True), strict=True))
    stored = [v for v, _ in (known[name] for name in backends.names if name in known) if v is not None]
    new = (sum(stored) / len(stored), now_s) if stored else (None, 0.0)
    pairs = [known.get(name, new) for name in backends.names]
    return Slowness(backends, tuple(v for v, _ in pairs), tuple(t for _, t in pairs))


def _weight(since_s: float) -> float:
    return exp(-max(since_s, 0.0) / DECAY_S)


def score(state: Slowness, place: int, now_s: float) -> float:
    """How slow a backend counts now, in seconds."""
    value_s = state.values_s[place]
    return value_s * _weight(now_s - state.touched_s[place]) if value_s else 0.0


def ewma(view: View, state: Slowness | None, draws: Draws) -> Choice:
    """Two different ones by chance, and the one that answered sooner of late: the first of equals."""
    own = slowness_of(view.backends, state, view.now_s)
    every = range(len(own.values_s))
    left = ([p for p in every if p not in view.tried] or every) if view.tried else every
    if len(left) == 1:
        return Choice(left[0], own, _why_only)
    one = int(draws(0) * len(left))
    other = int(draws(1) * (len(left) - 1))
    first, second = left[one], left[other if other < one else other + 1]
    slow_s, other_s = score(own, first, view.now_s), score(own, second, view.now_s)
    if other_s < slow_s:
        return Choice(second, own, partial(_why_ewma, other_s, slow_s))
    return Choice(first, own, partial(_why_ewma, slow_s, other_s))


def _why_only() -> str:
    return "the only one"


def _why_ewma(chosen_s: float, other_s: float) -> str:
    return f"{chosen_s:.3g} s of late, against {other_s:.3g} s of the other of two by chance"


def ended(state: Slowness, now_s: float, end: TryEnd) -> Slowness:
    """An answer, or that none came: the time taken is folded into the score."""
    place = state.backends.places.get(end.name)
    if place is None:
        return state
    weight = _weight(now_s - state.touched_s[place])
    value = (state.values_s[place] or 0.0) * weight + end.answer_s * (1 - weight)
    values, touched = list(state.values_s), list(state.touched_s)
    values[place], touched[place] = value, now_s
    return Slowness(state.backends, tuple(values), tuple(touched))


ALGORITHMS: dict[str, Algorithm] = {
    "round-robin": round_robin,
    "hash-consistent": chash,
    "hash-subset": hash_subset,
    "ewma": ewma,
}

METHODS = methods(
    "ingress-nginx", ALGORITHMS, ended={"ewma": ended}, per_worker=("round-robin",), even=("round-robin",)
)
