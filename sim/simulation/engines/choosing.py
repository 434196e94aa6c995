"""Which engine runs where nobody says so: the one that is done first; all of them give the same result."""

from typing import NamedTuple

from sim.simulation.design import Design
from sim.simulation.workload import Workload

LARGE = 50_000
"""Under so many requests any engine is done in seconds, and the one that people read runs."""


class EngineChoice(NamedTuple):
    """An engine.

    Args:
        because: why not the faster one; empty: it is that, or it would not matter.
    """

    name: str
    because: str = ""


def chosen(design: Design, workload: Workload) -> EngineChoice:
    """The engine that is done first."""
    count = expected(workload)
    if count < LARGE:
        return EngineChoice("replay")
    from sim.simulation.fast.pays import why_not

    because = why_not(design, workload, count)
    return EngineChoice("replay", because) if because else EngineChoice("fast")


def expected(workload: Workload) -> int:
    """About how many requests a run has; users of closed loops are taken to do nothing but think."""
    count = float(len(workload.requests))
    for row in workload.scenario.traffic:
        if row.users:
            pause_s = max(row.think.mean_s, workload.scenario.delays.client_s, 1e-3)
            count += row.requests or row.users * (row.duration_s or 0.0) / pause_s
    return int(count)
