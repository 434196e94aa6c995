"""What is recorded of a scenario for playing it back: runs under the same draws, a trace per traffic row."""

from dataclasses import dataclass

from sim.comparison.comparison import Comparison
from sim.plans import Plan
from sim.routing import Trace
from sim.scenario import Scenario
from sim.simulation.design import Design
from sim.simulation.result import Result


@dataclass(frozen=True)
class RecordedRun:
    """One plan's run, and what a request of each traffic row meets in it, in the scenario's order of rows.

    Args:
        entries: the load balancer that a row's requests are sent to, as `--to` takes it; None: the host says.
    """

    plan: Plan
    design: Design
    result: Result
    traces: tuple[Trace, ...]
    entries: tuple[str | None, ...]


@dataclass(frozen=True)
class Recorded:
    """One run, or two under the same draws, of the scenario called `name`.

    Args:
        comparison: of the two; None where there is one.
    """

    name: str
    scenario: Scenario
    runs: tuple[RecordedRun, ...]
    comparison: Comparison | None = None
