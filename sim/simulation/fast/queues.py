"""First come, first served: when each of those that come to a station begins and is done."""

from heapq import heapreplace
from typing import Any

from sim.simulation.fast.compiled import walked, walked_as


def serve(at_s: Any, service_s: Any, free_s: Any, starts_s: Any, stops_s: Any) -> None:
    """Who comes takes the worker that is free first.

    Args:
        free_s: a heap of when each worker is free; starts_s, stops_s: filled in.
    """
    if len(free_s) == 1:
        serve_by_one(at_s, service_s, starts_s, stops_s)
        return
    for n, came_s in enumerate(at_s):
        start_s = came_s if came_s > free_s[0] else free_s[0]
        starts_s[n] = start_s
        stops_s[n] = start_s + service_s[n]
        heapreplace(free_s, stops_s[n])


def serve_by_one(at_s: Any, service_s: Any, starts_s: Any, stops_s: Any) -> None:
    """The same with one worker."""
    free_s = 0.0
    for n, (came_s, for_s) in enumerate(zip(at_s, service_s, strict=True)):
        if came_s > free_s:
            free_s = came_s
        starts_s[n] = free_s
        free_s += for_s
        stops_s[n] = free_s


@walked_as(serve)
def serve_compiled(at_s: Any, service_s: Any, free_s: Any, starts_s: Any, stops_s: Any) -> None:
    """The same, with the worker looked for."""
    for n in range(len(at_s)):
        first = 0
        for worker in range(1, len(free_s)):
            if free_s[worker] < free_s[first]:
                first = worker
        start_s = at_s[n] if at_s[n] > free_s[first] else free_s[first]
        starts_s[n] = start_s
        stops_s[n] = start_s + service_s[n]
        free_s[first] = stops_s[n]


@walked
def look_up(client: Any, sent_s: Any, looked_s: Any, ttl_s: float, asks: Any) -> None:
    """Who looks an address up: whoever does not know it, or not any more.

    Args:
        looked_s: of each client when it last did; asks: filled in.
    """
    for n in range(len(client)):
        if not sent_s[n] - looked_s[client[n]] < ttl_s:
            looked_s[client[n]] = sent_s[n]
            asks[n] = True
