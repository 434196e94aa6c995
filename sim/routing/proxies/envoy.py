"""Envoy: turns by deadline, the fewer of two, rings, tables, chance; priorities and panic say among whom.

Source: envoyproxy/envoy 1.40, source/common/upstream/{load_balancer_impl,edf_scheduler}.cc and
source/extensions/load_balancing_policies/{round_robin,least_request,ring_hash,maglev,random}.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import accumulate
from math import ceil
from sys import maxsize
from typing import NamedTuple

from sim.routing.proxies.hashing import LONG, in_bytes, xxh64
from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, View, methods

OVERPROVISIONING = 140
"""A priority takes all requests while so many per cent of its healthy share are at least 100."""

PANIC_SHARE = 0.5
"""Under this share of healthy hosts health is not looked at any more."""

BEHIND = maxsize
"""A place that no host has: it sorts behind all who are due at the same time."""

MOST_TURNS = (2**32 - 1) // 10
"""Weighted turns begin less than so many turns on."""

HEAVIER = 1e-13
"""What a weight has more where turns begin."""

RING_LEAST, RING_MOST = 1024, 8 * 1024 * 1024
MAGLEV_SLOTS = 65537


def hosts(view: View, draw: float = 0.0) -> tuple[int, ...]:
    """The hosts to choose among: of a priority that is drawn by how healthy each is; in panic, all of it.

    Args:
        draw: a uniform, asked where more than one priority takes requests.
    """
    first, second = view.backends.groups
    if view.up is None and not view.backends.limited:
        return first or second
    up = (True,) * len(view.backends.listed) if view.up is None else tuple(view.up)
    priorities = _priorities(view.backends, up)
    return next((among for load, among in priorities if 100 * draw < load), priorities[-1][1])


@lru_cache(maxsize=256)
def _priorities(backends: Backends, up: tuple[bool, ...]) -> list[tuple[int, tuple[int, ...]]]:
    """For each priority the per cent of requests that go to it or one before it, and the hosts to ask."""
    groups = [group for group in backends.groups if group]
    healthy = [tuple(p for p in group if up[p] and not backends.listed[p].down) for group in groups]
    shares = [min(100, OVERPROVISIONING * len(h) // len(g)) for h, g in zip(healthy, groups, strict=True)]
    total = sum(shares)
    if total < 100 and all(len(h) < PANIC_SHARE * len(g) for h, g in zip(healthy, groups, strict=True)):
        return _all_in_panic(groups)
    found, load = list[tuple[int, tuple[int, ...]]](), 0
    for share, own, group in zip(shares, healthy, groups, strict=True):
        load = min(100, load + (share if total >= 100 else 100 * share // total))
        panic = total < 100 and len(own) / len(group) < PANIC_SHARE
        found.append((load, group if panic or not own else own))
    return found


def _all_in_panic(groups: Sequence[tuple[int, ...]]) -> list[tuple[int, tuple[int, ...]]]:
    """Each priority takes as many requests as it has hosts; what is left over, the first."""
    every = sum(map(len, groups))
    loads = [100 * len(group) // every for group in groups]
    loads[0] += 100 - sum(loads)
    return [(sum(loads[: n + 1]), group) for n, group in enumerate(groups)]


def _nobody(state: object) -> Choice:
    return Choice(None, state, _why_nobody)


def _why_nobody() -> str:
    return "no host is listed"


Due = tuple[tuple[float, int], ...]
"""When each host is due, and its place; the next one first."""


class Schedule(NamedTuple):
    """The turns of one worker.

    Args:
        among: the hosts that they are for.
        seed: where they begin; drawn once.
        at: how many turns were taken where all weigh the same.
        deadlines: where weights differ, each host's with its place; the next one first. They are Envoy's own
            numbers: where two would fall together, their last bits put one first.
        kind: the priority of the hosts, and whether their health is not looked at.
        others: the turns of the other kinds, which wait.
    """

    backends: Backends
    among: tuple[int, ...]
    seed: int
    at: int
    deadlines: Due = ()
    kind: tuple[bool, bool] = (False, False)
    others: tuple["Schedule", ...] = ()


def _schedule(view: View, state: Schedule | None, among: tuple[int, ...], draws: Draws) -> Schedule:
    """For a new list of hosts deadlines begin afresh, some turns on; without weights the count goes on."""
    if (
        state is not None
        and state.backends is view.backends
        and (state.among is among or state.among == among)
    ):
        return state
    if state is None:
        seed = int(draws(0) * 2**32)
        return Schedule(view.backends, among, seed, seed, _begun(view.backends, among, seed))
    backup = view.backends.listed[among[0]].backup
    kind = backup, view.up is not None and not all(view.up[p] for p in among)
    known = {own.kind: own._replace(others=()) for own in (state, *state.others)}
    own = known.pop(kind, None)
    others, seed = tuple(known.values()), state.seed
    if own is not None and own.backends is view.backends and own.among == among:
        return own._replace(others=others)
    at = seed if own is None else own.at
    return Schedule(view.backends, among, seed, at, _begun(view.backends, among, seed), kind, others)


def _begun(backends: Backends, among: tuple[int, ...], seed: int) -> Due:
    """The deadlines after as many turns as the seed says; none where all weigh the same.

    Each host has had its whole share of these turns, reckoned with weights that are a little heavier; what is
    left over is taken turn by turn.
    """
    weights = [backends.weights[p] + HEAVIER for p in among]
    if len(set(weights)) < 2:
        return ()
    turns, (*_, total) = seed % MOST_TURNS, accumulate(weights)  # One by one; sum() may round otherwise.
    taken = [int(weight * turns / total) for weight in weights]
    taken = [t - (t > 0 and t / weight >= turns / total) for t, weight in zip(taken, weights, strict=True)]
    whose = zip(taken, weights, among, strict=True)
    deadlines = tuple(sorted(((t + 1) / weight, place) for t, weight, place in whose))
    for _ in range(turns - sum(taken)):
        deadlines = _later(deadlines, 1 / backends.weights[deadlines[0][1]])
    return deadlines


def _later(deadlines: Due, interval: float) -> Due:
    """The earliest is put back, behind those that are due at the same time."""
    deadline, place = deadlines[0]
    after = deadline + interval
    n = bisect_right(deadlines, (after, BEHIND))
    return (*deadlines[1:n], (after, place), *deadlines[n:])


def round_robin(view: View, state: Schedule | None, draws: Draws) -> Choice:
    """Turns; with weights, by earliest deadline."""
    among = hosts(view, draws(1) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    own = _schedule(view, state, among, draws)
    backends, _, seed, at, deadlines, kind, others = own
    if deadlines:
        place = deadlines[0][1]
        after = Schedule(
            backends, among, seed, at, _later(deadlines, 1 / backends.weights[place]), kind, others
        )
        return Choice(place, after, partial(_why_deadline, backends.weights[place]))
    turn = at % len(among)
    after = Schedule(backends, among, seed, at + 1, (), kind, others)
    return Choice(among[turn], after, partial(_why_turn, turn, len(among)))


def _why_deadline(weight: int) -> str:
    return f"the earliest deadline, at weight {weight}"


def _why_turn(turn: int, count: int) -> str:
    return f"turn {turn + 1} of {count}"


def least_request(view: View, state: Schedule | None, draws: Draws) -> Choice:
    """The fewer open of two by chance, the same one perhaps; with weights, by deadline and what is open."""
    among = hosts(view, draws(2) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    own, opened = _schedule(view, state, among, draws), view.in_flight
    if own.deadlines:
        return _weighed(own, opened)
    first, second = among[int(draws(0) * len(among))], among[int(draws(1) * len(among))]
    place = second if opened[second] < opened[first] else first
    return Choice(place, own, partial(_why_two, opened[place]))


def _weighed(own: Schedule, opened: Sequence[int]) -> Choice:
    """The earliest deadline; the more is open, the later it is due again."""
    backends, among, seed, at, deadlines, kind, others = own
    place = deadlines[0][1]
    count = opened[place]
    later = _later(deadlines, 1 / (backends.weights[place] / (count + 1)))
    after = Schedule(backends, among, seed, at, later, kind, others)
    return Choice(place, after, partial(_why_weighed, backends.weights[place], count))


def _why_weighed(weight: int, opened: int) -> str:
    return f"the earliest deadline; with {opened} open at weight {weight} it is put back"


def _why_two(opened: int) -> str:
    return f"{opened} open, the fewer of two by chance"


def full_scan(view: View, state: Schedule | None, draws: Draws) -> Choice:
    """The fewest open of all, one of the equals by chance; with weights, by deadline and what is open."""
    among = hosts(view, draws(1) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    own, opened = _schedule(view, state, among, draws), view.in_flight
    if own.deadlines:
        return _weighed(own, opened)
    counts = opened if len(among) == len(opened) else [opened[p] for p in among]
    fewest = min(counts)
    ties = [p for p, count in zip(among, counts, strict=True) if count == fewest]
    return Choice(ties[int(draws(0) * len(ties))], own, partial(_why_fewest, fewest))


def _why_fewest(opened: int) -> str:
    return f"{opened} open, the fewest of all"


def random(view: View, state: None, draws: Draws) -> Choice:
    """By chance; weights do not count."""
    among = hosts(view, draws(1) if view.up is not None else 0.0)
    if not among:
        return _nobody(state)
    return Choice(among[int(draws(0) * len(among))], state, partial(_why_chance, len(among)))


def _why_chance(count: int) -> str:
    return f"one of {count} by chance"


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


def _percent(found: int) -> float:
    """What decides between priorities: the hash itself, in whole per cent."""
    return (found % 100 + 0.5) / 100


def ring_hash(view: View, state: None, draws: Draws) -> Choice:
    """By a key on the ring; where it leads to who was tried, as many points on as there were choices."""
    found = _hash(view, draws)
    among = hosts(view, _percent(found))
    if not among:
        return _nobody(state)
    points, places = ring(view.backends, among)
    place = places[(bisect_left(points, found) + view.again) % len(points)]
    return Choice(place, state, partial(_why_ring, view.key))


def _why_ring(key: str) -> str:
    return f"the point after {key!r} on the ring" if key else "a point of the ring by chance: there is no key"


@lru_cache(maxsize=64)
def maglev_table(backends: Backends, among: tuple[int, ...]) -> tuple[int, ...]:
    """The table: by address, each host takes its next free slot, as often as its weight says."""
    slots, taken = [-1] * MAGLEV_SLOTS, 0
    among = tuple(sorted(among, key=lambda p: backends.listed[p].address))
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
    """By a key in Maglev's table; where that was tried, by its hash and the number of the choice."""
    found = _hash(view, draws)
    among = hosts(view, _percent(found))
    if not among:
        return _nobody(state)
    if view.again:
        found ^= LONG - view.again + 1
    place = maglev_table(view.backends, among)[found % MAGLEV_SLOTS]
    return Choice(place, state, partial(_why_slot, view.key))


def _why_slot(key: str) -> str:
    return f"the slot of {key!r}" if key else "a slot by chance: there is no key"


ALGORITHMS: dict[str, Algorithm] = {
    "round-robin": round_robin,
    "least-request": least_request,
    "least-request-full-scan": full_scan,
    "ring-hash": ring_hash,
    "maglev": maglev,
    "random": random,
}

METHODS = methods("envoy", ALGORITHMS, per_worker=tuple(ALGORITHMS), even=("round-robin", "random"))
