"""The engine `fast`: one walk over tables, compiled where numba is installed; the same result as `replay`."""

from contextlib import suppress

from sim.errors import UnsupportedError
from sim.simulation.design import Design
from sim.simulation.engines.choosing import expected
from sim.simulation.engines.sources import Progress
from sim.simulation.fast.books import result_of
from sim.simulation.fast.calls import close_books, put_down, think_of, wait_for, walk_on
from sim.simulation.fast.columns import Drawn
from sim.simulation.fast.compiled import entry
from sim.simulation.fast.forward import TieError, is_forward, passed
from sim.simulation.fast.passage_books import summed_up
from sim.simulation.fast.pays import pays_to_compile
from sim.simulation.fast.refusals import refusals
from sim.simulation.fast.steps import KILLED, STEPS, WARM
from sim.simulation.fast.tables import Numbered, numbered, world_of
from sim.simulation.fast.walk import FINISHED, FULL, THIRSTY
from sim.simulation.fast.world import Arrays, Lists, Maker, World, seen
from sim.simulation.result import Result
from sim.simulation.workload import Workload

EVENTS = 4_000_000
"""So many events between two reports."""


def run(
    design: Design, workload: Workload, progress: Progress | None = None, compiled: bool | None = None
) -> Result:
    """Run one plan on one workload.

    Args:
        compiled: whether numba compiles the walk; None: where that pays.

    Raises:
        UnsupportedError: the scenario asks what this engine cannot do.
    """
    if missing := refusals(design, workload):
        raise UnsupportedError(f"the engine fast cannot do: {', '.join(missing)}; the engine replay can")
    found = numbered(design, workload)
    compiles = pays_to_compile(expected(workload)) if compiled is None else compiled
    if is_forward(design, workload):
        with suppress(TieError):
            return summed_up(found, passed(found, compiles), compiles)
    return walked_through(found, compiles, progress)


def walked_through(found: Numbered, compiled: bool, progress: Progress | None) -> Result:
    """One walk, event by event."""
    workload, make = found.workload, Arrays() if compiled else Lists()
    w = begun(world_of(found, make), found.design, workload, compiled)
    goes = entry(walk_on) if compiled else walk_on
    while (why := goes(w, EVENTS)) != FINISHED:
        if why == FULL:
            w = make.grown(w)
        elif why == THIRSTY:
            w = drawn_on(found.drawn, w, make)
        elif progress is not None:
            progress(int(seen(w.clock)[0].begun), len(workload.requests))
    (entry(close_books) if compiled else close_books)(w)
    return result_of(found, w)


def drawn_on(drawn: Drawn, w: World, make: Maker) -> World:
    """The tables with draws that were not made yet."""
    c = seen(w.clock)[0]
    drawn.extend(int(c.thirst), int(c.thirst_number))
    seen(w.fixed)[0].draws = drawn.length
    return make.drawn(w, {"streams": list(drawn.streams())}, drawn.columns())


def begun(w: World, design: Design, workload: Workload, compiled: bool) -> World:
    """Whatever waits for its time when a run begins, in the order in which `replay` has it."""
    waits, puts, thinks = wait_for, put_down, think_of
    if compiled:
        waits, puts, thinks = entry(wait_for), entry(put_down), entry(think_of)
    seen(w.clock)[0].sources = 1 + len(w.users)
    for station, breaks in design.outages.stations.items():
        for outage in breaks:
            if not outage.graceful:
                puts(w, outage.at_s, station * STEPS + KILLED)
    if workload.scenario.warm_up_s:
        puts(w, workload.scenario.warm_up_s, WARM)
    waits(w)
    for user in range(len(w.users)):
        seen(w.clock)[0].user = user
        thinks(w)
    return w
