"""What happens next: events in the order in which SimPy would have them.

Of events at one time those that were put down first come first. What happens at this very instant waits in a
ring beside the heap, since nothing can come between but what is in the heap for the same time; what begins
(a process of SimPy) comes before both.
"""

from heapq import heappop, heappush
from typing import Any, cast

from sim.simulation.fast.compiled import walked, walked_as
from sim.simulation.fast.records import Due
from sim.simulation.fast.world import World


@walked
def number(w: World) -> int:
    """The number of another event."""
    c = w.clock[0]
    found = c.seq
    c.seq = found + 1
    return found


@walked
def later(w: World, at_s: float, what: int) -> int:
    """Something happens at a time; returns its number."""
    seq = number(w)
    push(w, at_s, seq, what)
    return seq


@walked
def soon(w: World, what: int) -> int:
    """Something happens at this instant, after what is put down for it already; returns its number."""
    c = w.clock[0]
    seq = number(w)
    place = c.soon_first + c.soon
    if place >= c.room_soon:
        place -= c.room_soon
    w.soon[place].seq = seq
    w.soon[place].what = what
    c.soon += 1
    return seq


@walked
def hurry(w: World, what: int) -> None:
    """Something begins, once what happens now is over."""
    c = w.clock[0]
    place = c.hurry_first + c.hurry
    if place >= c.room_hurry:
        place -= c.room_hurry
    w.hurry[place].what = what
    c.hurry += 1


@walked
def hurried(w: World) -> int:
    """The first that begins."""
    c = w.clock[0]
    what = w.hurry[c.hurry_first].what
    c.hurry -= 1
    c.hurry_first = c.hurry_first + 1 if c.hurry_first + 1 < c.room_hurry else 0
    return what


@walked
def of_now(w: World) -> int:
    """The first of this instant."""
    c = w.clock[0]
    one = w.soon[c.soon_first]
    c.at = one.seq
    c.soon -= 1
    c.soon_first = c.soon_first + 1 if c.soon_first + 1 < c.room_soon else 0
    return one.what


@walked
def is_soon(w: World) -> bool:
    """Whether something of this instant is before all that the heap and the source have."""
    c = w.clock[0]
    if c.soon == 0:
        return False
    seq = w.soon[c.soon_first].seq
    if c.due_s <= c.now and c.due < seq:
        return False
    return not (c.heap > 0 and top_s(w) <= c.now and top_seq(w) < seq)


@walked
def is_sending(w: World) -> bool:
    """Whether the next open-loop request comes before all that the heap has."""
    c = w.clock[0]
    if c.heap == 0:
        return c.next < c.count
    if c.due_s != top_s(w):
        return c.due_s < top_s(w)
    return c.due < top_seq(w)


def push(w: World, at_s: float, seq: int, what: int) -> None:
    """Into the heap."""
    heap: list[Any] = w.heap
    heappush(heap, (at_s, seq, what))
    w.clock[0].heap += 1


def pop(w: World) -> int:
    """The first of the heap: the time is its."""
    c, heap = w.clock[0], cast(list[tuple[float, int, int]], w.heap)
    c.now, c.at, what = heappop(heap)
    c.heap -= 1
    return what


def top_s(w: World) -> float:
    """The time of the first of the heap."""
    heap: list[Any] = w.heap
    return cast(float, heap[0][0])


def top_seq(w: World) -> int:
    """The number of the first of the heap."""
    heap: list[Any] = w.heap
    return cast(int, heap[0][1])


@walked_as(push)
def push_compiled(w: World, at_s: float, seq: int, what: int) -> None:
    """Into the heap, from its end past what comes later."""
    c, heap = w.clock[0], w.heap
    place = c.heap
    c.heap = place + 1
    while place > 0:
        above = (place - 1) >> 1
        if is_before(heap[above], at_s, seq):
            break
        put(heap[place], heap[above].at_s, heap[above].seq, heap[above].what)
        place = above
    put(heap[place], at_s, seq, what)


@walked_as(pop)
def pop_compiled(w: World) -> int:
    """The first of the heap; the last takes its place and sinks."""
    c, heap = w.clock[0], w.heap
    c.now, c.at, what = heap[0].at_s, heap[0].seq, heap[0].what
    size = c.heap - 1
    c.heap = size
    at_s, seq, moved = heap[size].at_s, heap[size].seq, heap[size].what
    place, below = 0, 1
    while below < size:
        if below + 1 < size and is_before(heap[below + 1], heap[below].at_s, heap[below].seq):
            below += 1
        if not is_before(heap[below], at_s, seq):
            break
        put(heap[place], heap[below].at_s, heap[below].seq, heap[below].what)
        place, below = below, 2 * below + 1
    put(heap[place], at_s, seq, moved)
    return what


@walked_as(top_s)
def top_s_compiled(w: World) -> float:
    """The time of the first of the heap."""
    return w.heap[0].at_s


@walked_as(top_seq)
def top_seq_compiled(w: World) -> int:
    """The number of the first of the heap."""
    return w.heap[0].seq


@walked
def is_before(one: Due, at_s: float, seq: int) -> bool:
    """Whether an event comes before one at that time with that number."""
    return one.at_s < at_s or (one.at_s == at_s and one.seq < seq)


@walked
def put(one: Due, at_s: float, seq: int, what: int) -> None:
    """Write an event down."""
    one.at_s = at_s
    one.seq = seq
    one.what = what
