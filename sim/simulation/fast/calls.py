"""What is called from outside a walk; where it is compiled it is handed the addresses of the tables."""

from sim.simulation.fast.again import think
from sim.simulation.fast.agenda import later
from sim.simulation.fast.compiled import called
from sim.simulation.fast.walk import close, wait, walk
from sim.simulation.fast.world import World


def tables(w: World) -> World:
    """The tables themselves."""
    return w


@called
def walk_on(w: World, events: int) -> int:
    """Go on for so many events; returns why it stopped."""
    return walk(tables(w), events)


@called
def wait_for(w: World) -> None:
    """The open-loop source begins."""
    wait(tables(w))


@called
def think_of(w: World) -> None:
    """A user of a closed loop begins to think."""
    think(tables(w))


@called
def put_down(w: World, at_s: float, what: int) -> None:
    """Something happens at a time."""
    later(tables(w), at_s, what)


@called
def close_books(w: World) -> None:
    """The run is over."""
    close(tables(w))
