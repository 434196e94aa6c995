"""Traefik: turns by deadline, in an order that is shuffled whenever the list of servers changes.

One balancer per service, which all requests of a Traefik share. Source: traefik/traefik at fd5a576,
pkg/server/service/loadbalancer/wrr/wrr.go, pkg/server/service/service.go (shuffle); Go, container/heap.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, View, methods

Heap = tuple[tuple[float, int], ...]
"""Deadlines, each with the place of its server, as Go's heap has them."""


class Deadlines(NamedTuple):
    """Whose turn comes when; `even`: all weigh 1, and deadlines are from now on."""

    backends: Backends
    heap: Heap
    even: bool


def _deadlines_of(backends: Backends, state: Deadlines | None, draws: Draws) -> Deadlines:
    """A new list begins afresh, in an order drawn by chance."""
    if state is not None and state.backends is backends:
        return state
    heap: Heap = ()
    for place in shuffled(len(backends.listed), draws(0)):
        if backends.weights[place] > 0:
            heap = _pushed(heap, (1 / backends.weights[place], place))
    return Deadlines(backends, heap, set(backends.weights) == {1})


def shuffled(count: int, draw: float) -> list[int]:
    """One of the orders of so many places, each as likely as the others."""
    left, order = list(range(count)), list[int]()
    while left:
        draw *= len(left)
        order.append(left.pop(min(int(draw), len(left) - 1)))
        draw -= int(draw)
    return order


def _pushed(heap: Heap, entry: tuple[float, int]) -> Heap:
    """Up from the end, past parents whose deadline is later."""
    found, at = [*heap, entry], len(heap)
    while at and found[at][0] < found[(at - 1) // 2][0]:
        found[at], found[(at - 1) // 2] = found[(at - 1) // 2], found[at]
        at = (at - 1) // 2
    return tuple(found)


def _turn(heap: Heap, weights: Sequence[int]) -> Heap:
    """The heap after the first has had its turn: what Pop and Push of container/heap do to it."""
    deadline, place = heap[0]
    found, last, at, child = list(heap), heap[-1], 0, 1
    size = len(found) - 1
    while child < size:
        if child + 1 < size and found[child + 1][0] < found[child][0]:
            child += 1
        if found[child][0] >= last[0]:
            break
        found[at], at, child = found[child], child, 2 * child + 1
    if size:
        found[at] = last
    entry, at = (deadline + 1 / weights[place], place), size
    while at and entry[0] < found[(at - 1) >> 1][0]:
        found[at] = found[(at - 1) >> 1]
        at = (at - 1) >> 1
    found[at] = entry
    return tuple(found)


@lru_cache(maxsize=4096)
def _next_round(heap: Heap) -> Heap:
    """A turn where all weigh 1, with deadlines from now on: so there are few heaps, and each is made once."""
    now = heap[0][0]
    return tuple((deadline - now, p) for deadline, p in _turn(heap, (1,) * len(heap)))


def round_robin(view: View, state: Deadlines | None, draws: Draws) -> Choice:
    """The server with the soonest deadline; one that is down has its turn, and is passed over."""
    own, backends = _deadlines_of(view.backends, state, draws), view.backends
    heap, all_up = own.heap, view.up is None and not backends.limited
    if not heap or not (all_up or any(_is_up(view, place) for _, place in heap)):
        return Choice(None, own, _nobody)
    while True:
        place = heap[0][1]
        heap = _next_round(heap) if own.even else _turn(heap, backends.weights)
        if all_up or _is_up(view, place):
            return Choice(place, Deadlines(backends, heap, own.even), _why)


def _nobody() -> str:
    return "no server is available"


def _why() -> str:
    return "its deadline is the soonest"


def _is_up(view: View, place: int) -> bool:
    return not view.backends.listed[place].down and (view.up is None or view.up[place])


ALGORITHMS: dict[str, Algorithm] = {"round-robin": round_robin}

METHODS = methods("traefik", ALGORITHMS, even=("round-robin",))
