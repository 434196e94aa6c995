"""Traefik: turns by deadline, in an order that is shuffled whenever the list of servers changes.

One balancer per service, which all requests of a Traefik share. Source: traefik/traefik at fd5a576,
pkg/server/service/loadbalancer/wrr/wrr.go, pkg/server/service/service.go (shuffle); Go, container/heap.
"""

from functools import lru_cache
from typing import NamedTuple

from sim.routing.proxies.values import Algorithm, Backends, Choice, Draws, View, methods

Heap = tuple[tuple[float, int], ...]
"""Deadlines from now on, each with the place of its server, as Go's heap has them."""


class Deadlines(NamedTuple):
    """Whose turn comes when."""

    backends: Backends
    heap: Heap


def _deadlines_of(backends: Backends, state: Deadlines | None, draws: Draws) -> Deadlines:
    """A new list begins afresh, in an order drawn by chance."""
    if state is not None and state.backends is backends:
        return state
    heap: Heap = ()
    for place in shuffled(len(backends.listed), draws(0)):
        if backends.weights[place] > 0:
            heap = _pushed(heap, (1 / backends.weights[place], place))
    return Deadlines(backends, heap)


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


def _popped(heap: Heap) -> Heap:
    """Without the first: the last takes its place, and goes down past children whose deadline is sooner."""
    found, at = [heap[-1], *heap[1:-1]] if len(heap) > 1 else [], 0
    while (child := 2 * at + 1) < len(found):
        if child + 1 < len(found) and found[child + 1][0] < found[child][0]:
            child += 1
        if found[child][0] >= found[at][0]:
            break
        found[at], found[child] = found[child], found[at]
        at = child
    return tuple(found)


@lru_cache(maxsize=4096)
def _turn(heap: Heap, weight: int) -> Heap:
    """The heap after the first has had its turn; time goes on to its deadline."""
    now, place = heap[0]
    after = _pushed(_popped(heap), (now + 1 / weight, place))
    return tuple((deadline - now, p) for deadline, p in after)


def round_robin(view: View, state: Deadlines | None, draws: Draws) -> Choice:
    """The server with the soonest deadline; one that is down has its turn, and is passed over."""
    own = _deadlines_of(view.backends, state, draws)
    heap, weights = own.heap, view.backends.weights
    if not heap or not any(_is_up(view, place) for _, place in heap):
        return Choice(None, own, lambda: "no server is available")
    while True:
        place = heap[0][1]
        heap = _turn(heap, weights[place])
        if _is_up(view, place):
            return Choice(place, Deadlines(view.backends, heap), lambda: "its deadline is the soonest")


def _is_up(view: View, place: int) -> bool:
    return not view.backends.listed[place].down and (view.up is None or view.up[place])


ALGORITHMS: dict[str, Algorithm] = {"round-robin": round_robin}

METHODS = methods("traefik", ALGORITHMS, even=("round-robin",))
