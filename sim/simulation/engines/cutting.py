"""Work on a request that somebody ends before it is done; whoever works on it goes on in vain."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, NamedTuple, cast

import simpy

from sim.simulation.engines.record import Visit

LB_CLOSED = "lb-closed"
"""A load balancer closed the connection, for its Pod was being removed and the time for that was over."""

Working = Generator[simpy.Event, Any, Any]


class CutWork(NamedTuple):
    """What came of it.

    Args:
        is_done: whether it was done in time.
        value: what it gave, if it was.
    """

    is_done: bool
    value: Any = None


def cut_at(
    env: simpy.Environment,
    visit: Visit,
    at_s: float,
    work: Callable[[Visit], Working],
) -> Generator[simpy.Event, Any, CutWork]:
    """Work on a request until a moment, for `yield from`."""
    mine = visit.below = replace(visit, below=None)
    process = env.process(work(mine))
    yield process | env.timeout(max(0.0, at_s - env.now))
    if process.triggered:
        return CutWork(True, process.value)
    mine.give_up()
    return CutWork(False)


def until_closed(
    env: simpy.Environment, visit: Visit, station: int, at_s: float, work: Callable[[Visit], Working]
) -> Generator[simpy.Event, Any, str | None]:
    """The same, where a load balancer closes the connection to a Pod that is being removed.

    Args:
        station: of the Pod.
    """
    if env.now < at_s:
        found = yield from cut_at(env, visit, at_s, work)
        if found.is_done:
            return cast("str | None", found.value)
    visit.entry.cause = station
    return LB_CLOSED
