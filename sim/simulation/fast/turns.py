"""How a worker of a controller Pod chooses a Pod: the algorithms of `sim.routing.proxies` over arrays.

Only while nobody is marked down, full, or a backup; `refusals` says so of the rest.
"""

from typing import Final

from sim.simulation.fast.clients import pick
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.world import World

METHODS: Final = {
    name: number
    for number, name in enumerate(
        (
            "textbook/round-robin",
            "textbook/random",
            "textbook/least-conn",
            "ingress-nginx/round-robin",
            "nginx/round-robin",
            "nginx/least-conn",
            "nginx/random",
            "nginx/random-two",
            "envoy/round-robin",
            "envoy/least-request",
            "envoy/random",
        )
    )
}
"""Method -> its number here."""

ROUND, CHANCE, LEAST, LUA_ROUND, SMOOTH, SMOOTH_LEAST, WEIGHTED_CHANCE, WEIGHTED_TWO = range(8)
ENVOY_ROUND, ENVOY_TWO, ENVOY_CHANCE = range(8, 11)


@walked
def choose(w: World, v: int, u: int, turn: int, first: int, open_: int, number: int) -> int:
    """The place of the backend that is chosen; -1: nobody is left.

    Args:
        v: for whom. u: the upstream. turn: whose turn it is with this worker.
        first: of what it knows of the backends. open_: of what all workers know.
        number: of the request's draws.
    """
    up = w.upstreams[u]
    method = up.method
    if method == ROUND:
        return next_left(w, v, u, turn)
    if method == LUA_ROUND:
        return weighted_round(w, v, u, turn, number)
    if method == SMOOTH:
        return smooth(w, u, first)
    if method == ENVOY_ROUND:
        return next_of(w, turn, up.count, int(w.balance[number] * 4294967296.0))
    if method == CHANCE:
        return by_chance(w, v, u, number)
    if method == WEIGHTED_CHANCE:
        return drawn(w, u, w.balance[number] * w.listings[up.listing].sum)
    if method == ENVOY_CHANCE:
        return int(w.balance[number] * up.count)
    return fewest(w, v, u, first, open_, number)


@walked
def fewest(w: World, v: int, u: int, first: int, open_: int, number: int) -> int:
    """The same of those that look at what is open."""
    up = w.upstreams[u]
    if up.method == LEAST:
        return least(w, v, u, open_)
    if up.method == SMOOTH_LEAST:
        return least_in_turn(w, u, first, open_)
    if up.method == WEIGHTED_TWO:
        return two_by_weight(w, u, first, open_, number)
    one, other = int(w.balance[number] * up.count), int(w.balance_1[number] * up.count)
    return other if w.peers[open_ + other].open < w.peers[open_ + one].open else one


@walked
def next_of(w: World, turn: int, count: int, start: int) -> int:
    """Turns, from a place on."""
    own = w.turns[turn]
    if own.begun == 0:
        own.begun = 1
        own.last = start % count
        return own.last
    own.last = own.last + 1 if own.last + 1 < count else 0
    return own.last


@walked
def listing(w: World, v: int, u: int) -> int:
    """The backends that a request's controller Pod lists."""
    visit = w.visits[v]
    controller = w.stations[w.conns[visit.conn].station].controller
    return w.known[controller * w.fixed[0].upstreams + u].listing


@walked
def is_tried(w: World, v: int, place: int) -> bool:
    """Whether a request has tried a backend already."""
    return (w.visits[v].tried >> place) & 1 == 1


@walked
def next_left(w: World, v: int, u: int, turn: int) -> int:
    """The next one in the list that was not tried; a turn is kept by who had it, and where it stood."""
    own, up = w.turns[turn], w.listings[listing(w, v, u)]
    start = 0
    if own.begun:
        start = own.current
        for n in range(up.count):
            if w.backends[up.first + n].place == own.last:
                start = n + 1
    for step in range(start, start + up.count):
        n = step if step < up.count else step - up.count
        n = n if n < up.count else n - up.count
        if not is_tried(w, v, w.backends[up.first + n].place):
            own.begun = 1
            own.last = w.backends[up.first + n].place
            own.current = n
            return own.last
    return -1


@walked
def by_chance(w: World, v: int, u: int, number: int) -> int:
    """Each that was not tried as likely as the others."""
    up, left = w.listings[listing(w, v, u)], 0
    if w.visits[v].tried == 0:
        return w.backends[up.first + pick(w.balance[number], up.count)].place
    for n in range(up.count):
        left += not is_tried(w, v, w.backends[up.first + n].place)
    if left == 0:
        return -1
    wanted = pick(w.balance[number], left)
    for n in range(up.count):
        place = w.backends[up.first + n].place
        if not is_tried(w, v, place):
            if wanted == 0:
                return place
            wanted -= 1
    return -1


@walked
def weighted_round(w: World, v: int, u: int, turn: int, number: int) -> int:
    """Whoever weighs what is asked for, less at each round; another list begins by chance."""
    own, visit = w.turns[turn], w.visits[v]
    k = w.stations[w.conns[visit.conn].station].controller * w.fixed[0].upstreams + u
    up = w.listings[w.known[k].listing]
    if own.begun == 0 or own.version != w.known[k].version:
        own.begun = 1
        own.version = w.known[k].version
        own.last = pick(w.balance[number], up.count)
        own.current = up.heaviest
    while True:
        own.last += 1
        if own.last == up.count:
            own.last = 0
            own.current -= up.gcd
            if own.current <= 0:
                own.current = up.heaviest
        if w.backends[up.first + own.last].weight >= own.current:
            return w.backends[up.first + own.last].place


@walked
def smooth(w: World, u: int, first: int) -> int:
    """Whoever's current weight is the highest, the first of equals."""
    up, whole = w.upstreams[u], w.listings[w.upstreams[u].listing]
    place = 0
    for p in range(up.count):
        w.peers[first + p].current += w.backends[up.first + p].weight
        if w.peers[first + p].current > w.peers[first + place].current:
            place = p
    w.peers[first + place].current -= whole.sum
    return place


@walked
def least(w: World, v: int, u: int, open_: int) -> int:
    """The fewest open of those that were not tried; the first of equals."""
    up, found = w.listings[listing(w, v, u)], -1
    for n in range(up.first, up.first + up.count):
        place = w.backends[n].place
        if (found < 0 or w.peers[open_ + place].open < w.peers[open_ + found].open) and not is_tried(
            w, v, place
        ):
            found = place
    return found


@walked
def least_in_turn(w: World, u: int, first: int, open_: int) -> int:
    """The fewest open for its weight; equals take smooth turns."""
    up = w.upstreams[u]
    place, ties = 0, 1
    for p in range(1, up.count):
        here, there = load(w, up.first, open_, p), load(w, up.first, open_, place)
        if here < there:
            place, ties = p, 1
        elif here == there:
            ties += 1
    if ties == 1:
        return place
    least_load, total, chosen = load(w, up.first, open_, place), 0, -1
    for p in range(place, up.count):
        if load(w, up.first, open_, p) == least_load:
            weight = w.backends[up.first + p].weight
            w.peers[first + p].current += weight
            total += weight
            if chosen < 0 or w.peers[first + p].current > w.peers[first + chosen].current:
                chosen = p
    w.peers[first + chosen].current -= total
    return chosen


@walked
def load(w: World, backend: int, open_: int, place: int) -> float:
    """What is open at a backend, for its weight."""
    return w.peers[open_ + place].open / w.backends[backend + place].weight


@walked
def drawn(w: World, u: int, number: float) -> int:
    """The place that a number below the sum of the weights falls on."""
    up = w.upstreams[u]
    low, high = 0, up.count
    while low < high:
        middle = (low + high) >> 1
        if number < w.backends[up.first + middle].upto:
            high = middle
        else:
            low = middle + 1
    return low if low < up.count else up.count - 1


@walked
def two_by_weight(w: World, u: int, first: int, open_: int, number: int) -> int:
    """Two different ones by chance and weight; then the fewer open for its weight, the second of equals."""
    up = w.upstreams[u]
    if up.count < 2:
        return smooth(w, u, first)
    one = drawn(w, u, w.balance[number] * w.listings[up.listing].sum)
    mine = w.backends[up.first + one]
    rest = w.balance_1[number] * (w.listings[up.listing].sum - mine.weight)
    other = drawn(w, u, rest if rest < mine.upto - mine.weight else rest + mine.weight)
    here = w.peers[open_ + other].open * mine.weight
    there = w.peers[open_ + one].open * w.backends[up.first + other].weight
    return one if here > there else other
