"""Work on a request that somebody ends before it is done; whoever works on it goes on in vain."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, NamedTuple

import simpy

from sim.simulation.engines.record import Visit


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
    work: Callable[[Visit], Generator[simpy.Event, Any, Any]],
) -> Generator[simpy.Event, Any, CutWork]:
    """Work on a request until a moment, for `yield from`."""
    mine = visit.below = replace(visit, below=None)
    process = env.process(work(mine))
    yield process | env.timeout(max(0.0, at_s - env.now))
    if process.triggered:
        return CutWork(True, process.value)
    mine.give_up()
    return CutWork(False)
