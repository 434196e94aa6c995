"""Ways to walk one workload; one table. Every engine gives the same departures for what it supports."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sim.errors import UnsupportedError, there_are
from sim.scenario import Scenario
from sim.simulation.design import Design, offered_loads, overloads
from sim.simulation.engines import replay
from sim.simulation.engines.choosing import EngineChoice, chosen
from sim.simulation.result import Result
from sim.simulation.workload import Workload, draw

Engine = Callable[[Design, Workload, Callable[[int, int], None] | None], Result]

AUTO = "auto"


def _fast(design: Design, workload: Workload, progress: Callable[[int, int], None] | None = None) -> Result:
    from sim.simulation.fast import engine

    return engine.run(design, workload, progress)


ENGINES: dict[str, Engine] = {"replay": replay.run, "fast": _fast}
CHOICES = (AUTO, *ENGINES)


def run(
    design: Design,
    scenario: Scenario,
    seed: int | None = None,
    engine: str = AUTO,
    requests: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Run a design once.

    Args:
        seed: the scenario's own by default.
        engine: a name in ENGINES, or `auto`: the one that is done first.
        requests: of all open-loop rows together, instead of their duration.
        progress: called with (sent, of how many) now and then.

    Raises:
        UnsupportedError: the engine cannot do what the scenario asks; the message names one that can.
    """
    if engine not in CHOICES:
        raise UnsupportedError(f"no engine {engine}; {there_are(engine, CHOICES)}")
    workload = draw(scenario, design.services, scenario.seed if seed is None else seed, requests)
    choice = chosen(design, workload) if engine == AUTO else EngineChoice(engine)
    result = ENGINES[choice.name](design, workload, progress)
    return replace(
        result,
        overloads=overloads(design, scenario),
        offered=None if result.lives or result.scaled else offered_loads(design, scenario),
        engine_because=choice.because,
    )


def run_within(
    design: Design, scenario: Scenario, seed: int, windows: Sequence[tuple[float, float]]
) -> Result:
    """Run a design once with those requests alone that are sent in some windows of time.

    They have the draws that they have among all requests; what the others would leave behind them (turns,
    queues, open connections) is missing.

    Args:
        windows: seconds from and to; they may overlap.
    """
    return replay.run(design, draw(scenario, design.services, seed).within(windows))


def replication_seed(seed: int, replication: int) -> int:
    """The seed of a replication; the 0th is the given one."""
    return seed + 1_000_003 * replication
