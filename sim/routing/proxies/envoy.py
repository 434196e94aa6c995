"""Envoy: turns by deadline, the fewer of two, rings, tables, chance; priorities and panic say among whom.

Source: envoyproxy/envoy 1.40, source/common/upstream/{load_balancer_impl,edf_scheduler}.cc and
source/extensions/load_balancing_policies/{round_robin,least_request,ring_hash,maglev,random}.
"""

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, partial
from math import ceil
from typing import NamedTuple

from sim.routing.proxies.hashing import in_bytes, xxh64
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, View, methods

OVERPROVISIONING = Fraction(14, 10)
"""A priority takes all requests while its healthy share times this is at least 1."""

PANIC_SHARE = Fraction(1, 2)
"""Under this share of healthy hosts health is not looked at any more."""

RING_LEAST, RING_MOST = 1024, 8 * 1024 * 1024
MAGLEV_SLOTS = 65537


def hosts(view: View, draw: float = 0.0) -> tuple[int, ...]:
    """The hosts to choose among: of a priority that is drawn by how healthy each is; in panic, all of it.

    Args:
        draw: a uniform, asked where more than one priority takes requests.
    """
    groups = [group for group in view.backends.groups if group]
    if view.up is None and not view.backends.limited:
        return groups[0] if groups else ()
    healthy = [tuple(p for p in group if _up(view, p)) for group in groups]
    shares = [
        min(Fraction(1), Fraction(len(h), len(g)) * OVERPROVISIONING)
        for h, g in zip(healthy, groups, strict=True)
    ]
    total, chosen, left = sum(shares), len(groups) - 1, Fraction(1)
    if not total:
        return groups[0]
    for number, share in enumerate(shares):
        taken = min(left, share if total >= 1 else share / total)
        left -= taken
        if draw < 1 - left or left == 0:
            chosen = number
            break
    panic = total < 1 and Fraction(len(healthy[chosen]), len(groups[chosen])) < PANIC_SHARE
    return groups[chosen] if panic or not healthy[chosen] else healthy[chosen]


def _up(view: View, place: int) -> bool:
    return not view.backends.listed[place].down and (view.up is None or view.up[place])


def _nobody(state: object) -> Choice:
    return Choice(None, state, lambda: "no host is listed")


class Entry(NamedTuple):
    """A host in the schedule: its deadline, and when it was put there, for equals."""

    deadline: Fraction
    number: int
    place: int


class Schedule(NamedTuple):
    """The turns of one worker.

    Args:
        seed: where they begin; drawn once.
        among: the hosts that they are for; `at`: how many turns were taken where all weigh the same.
        entries: by deadline, where weights differ.
    """

    backends: Backends
    seed: int
    among: tuple[int, ...]
    at: int
    entries: tuple[Entry, ...] = ()
    number: int = 0


def _even(backends: Backends, among: tuple[int, ...]) -> bool:
    return len({backends.weights[p] for p in among}) < 2


def _schedule(view: View, state: Schedule | None, among: tuple[int, ...], draws: Draws) -> Schedule:
    """For a new list of hosts deadlines begin afresh, some turns on; without weights the count goes on."""
    seed = int(draws(0) * 2**32) if state is None else state.seed
    at = seed if state is None else state.at
    entries = tuple(Entry(Fraction(1, view.backends.weights[p]), n, p) for n, p in enumerate(among))
    own = Schedule(view.backends, seed, among, at, entries, len(among))
    if not _even(view.backends, among):
        for _ in range(seed % len(among)):
            own = _popped(own, [view.backends.weights[p] for p in among])[1]
    return own


def _popped(own: Schedule, weights: Sequence[int]) -> tuple[int, Schedule]:
    """The earliest deadline; the host is put back one over its weight later."""
    entry = min(own.entries)
    weight = weights[own.among.index(entry.place)]
    later = Entry(entry.deadline + Fraction(1, weight), own.number, entry.place)
    left = tuple(later if e is entry else e for e in own.entries)
    return entry.place, own._replace(entries=left, number=own.number + 1)


def round_robin(view: View, state: Schedule | None, draws: Draws) -> Choice:
    """Turns; with weights, by earliest deadline."""
    among = hosts(view, draws(1) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    own = state
    if own is None or own.backends is not view.backends or own.among != among:
        own = _schedule(view, state, among, draws)
    if _even(view.backends, among):
        place = among[own.at % len(among)]
        return Choice(place, own._replace(at=own.at + 1), partial(_why_turn, own.at % len(among), len(among)))
    place, after = _popped(own, [view.backends.weights[p] for p in among])
    return Choice(place, after, lambda: f"the earliest deadline, at weight {view.backends.weights[place]}")


def _why_turn(turn: int, count: int) -> str:
    return f"turn {turn + 1} of {count}"


def least_request(view: View, state: Schedule | None, draws: Draws) -> Choice:
    """The fewer open of two by chance, the same one perhaps; with weights, by deadline and what is open."""
    among = hosts(view, draws(2) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    if not _even(view.backends, among):
        return _weighed(view, state, among, draws)
    first, second = (among[min(int(draws(k) * len(among)), len(among) - 1)] for k in range(2))
    place = second if view.in_flight[second] < view.in_flight[first] else first
    return Choice(place, state, lambda: f"{view.in_flight[place]} open, the fewer of two by chance")


def _weighed(view: View, state: Schedule | None, among: tuple[int, ...], draws: Draws) -> Choice:
    own = state
    if own is None or own.backends is not view.backends or own.among != among:
        own = _schedule(view, state, among, draws)
    entry = min(own.entries)
    weight = Fraction(view.backends.weights[entry.place], view.in_flight[entry.place] + 1)
    later = Entry(entry.deadline + 1 / weight, own.number, entry.place)
    left = tuple(later if e is entry else e for e in own.entries)
    after = own._replace(entries=left, number=own.number + 1)
    return Choice(entry.place, after, lambda: "the earliest deadline, by weight and by what is open")


def full_scan(view: View, state: Schedule | None, draws: Draws) -> Choice:
    """The fewest open of all, one of the equals by chance; with weights, by deadline and what is open."""
    among = hosts(view, draws(1) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    if not _even(view.backends, among):
        return _weighed(view, state, among, draws)
    fewest = min(view.in_flight[p] for p in among)
    ties = [p for p in among if view.in_flight[p] == fewest]
    place = ties[min(int(draws(0) * len(ties)), len(ties) - 1)]
    return Choice(place, state, lambda: f"{fewest} open, the fewest of all")


def random(view: View, state: None, draws: Draws) -> Choice:
    """By chance; weights do not count."""
    among = hosts(view, draws(1) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    place = among[min(int(draws(0) * len(among)), len(among) - 1)]
    return Choice(place, state, lambda: f"one of {len(among)} by chance")


@lru_cache(maxsize=64)
def ring(backends: Backends, among: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ring: hashes in order, and the place of each; a host's points follow from its address."""
    total = sum(backends.weights[p] for p in among)
    least = min(backends.weights[p] for p in among) / total
    scale = min(ceil(least * RING_LEAST) / least, RING_MOST)
    points, current, target = list[tuple[int, int]](), 0.0, 0.0
    for place in among:
        target += scale * backends.weights[place] / total
        number = 0
        while current < target:
            points.append((xxh64(f"{backends.listed[place].address}_{number}".encode()), place))
            number, current = number + 1, current + 1
    points.sort()
    return tuple(p for p, _ in points), tuple(place for _, place in points)


def _hash(view: View, draws: Draws) -> int:
    """That of the key; a request without one is sent by chance."""
    return xxh64(in_bytes(view.key)) if view.key else int(draws(1) * 2**64)


def ring_hash(view: View, state: None, draws: Draws) -> Choice:
    """By a key on the ring."""
    among = hosts(view, draws(0) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    points, places = ring(view.backends, among)
    place = places[bisect_left(points, _hash(view, draws)) % len(points)]
    return Choice(place, state, lambda: f"the point after {view.key!r} on the ring")


@lru_cache(maxsize=64)
def maglev_table(backends: Backends, among: tuple[int, ...]) -> tuple[int, ...]:
    """The table: each host takes its next free slot in turn, as often as its weight says."""
    slots, taken = [-1] * MAGLEV_SLOTS, 0
    total = sum(backends.weights[p] for p in among)
    shares = [backends.weights[p] / total for p in among]
    most = max(shares)
    starts = [xxh64(backends.listed[p].address.encode()) % MAGLEV_SLOTS for p in among]
    skips = [xxh64(backends.listed[p].address.encode(), 1) % (MAGLEV_SLOTS - 1) + 1 for p in among]
    targets, turn = [0.0] * len(among), 1
    while taken < MAGLEV_SLOTS:
        for n, place in enumerate(among):
            if taken == MAGLEV_SLOTS or turn * shares[n] < targets[n]:
                continue
            targets[n] += most
            while slots[starts[n]] >= 0:
                starts[n] = (starts[n] + skips[n]) % MAGLEV_SLOTS
            slots[starts[n]] = place
            taken += 1
        turn += 1
    return tuple(slots)


def maglev(view: View, state: None, draws: Draws) -> Choice:
    """By a key in Maglev's table."""
    among = hosts(view, draws(0) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    place = maglev_table(view.backends, among)[_hash(view, draws) % MAGLEV_SLOTS]
    return Choice(place, state, lambda: f"the slot of {view.key!r}")


ALGORITHMS: dict[str, Algorithm] = {
    "round-robin": round_robin,
    "least-request": least_request,
    "least-request-full-scan": full_scan,
    "ring-hash": ring_hash,
    "maglev": maglev,
    "random": random,
}

METHODS = methods("envoy", ALGORITHMS, per_worker=tuple(ALGORITHMS), even=("round-robin", "random"))
