"""Turns, chance, and the fewest open: the algorithms of textbooks, for proxies whose own way is not modelled.

Traefik, Cilium's and cloud load balancers stand on these, and a study may ask for one behind any controller.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sim.routing.proxies.values import Algorithm, Choice, Draws, View, methods


class Last(NamedTuple):
    """Who was chosen last, and the place where it stood, should it leave the list."""

    name: str
    place: int


def left(view: View) -> Sequence[int]:
    """The places that can be asked and were not tried: of the backups only where nobody else is left."""
    if not view.tried and view.up is None and not view.backends.limited:
        return view.backends.groups[0] or view.backends.groups[1]
    free = ([p for p in group if _is_free(view, p)] for group in view.backends.groups)
    return next((group for group in free if group), [])


def _is_free(view: View, place: int) -> bool:
    backend = view.backends.listed[place]
    if backend.down or place in view.tried or (view.up is not None and not view.up[place]):
        return False
    return not backend.most_open or view.in_flight[place] < backend.most_open


def _nobody(state: object) -> Choice:
    return Choice(None, state, lambda: "nobody is left")


def round_robin(view: View, state: Last | None, draws: Draws) -> Choice:
    """Go round after the last one, and pass over who was tried."""
    names, usable = view.backends.names, left(view)
    if not usable:
        return _nobody(state)
    if state is None:
        at = 0
    elif state.name in view.backends.places:
        at = view.backends.places[state.name] + 1
    else:
        at = state.place
    place = next((p for p in usable if p >= at), usable[0])
    before = "the first" if state is None else f"the next after {state.name}"
    return Choice(place, Last(names[place], place), lambda: before)


def random(view: View, state: None, draws: Draws) -> Choice:
    """Each as likely as the others."""
    usable = left(view)
    if not usable:
        return _nobody(state)
    place = usable[min(int(draws(0) * len(usable)), len(usable) - 1)]
    return Choice(place, state, lambda: f"one of {len(usable)} at random")


def least_conn(view: View, state: None, draws: Draws) -> Choice:
    """Go where the fewest requests are open; the first of equals."""
    usable = left(view)
    if not usable:
        return _nobody(state)
    place = min(usable, key=view.in_flight.__getitem__)
    opened = view.in_flight[place]
    return Choice(place, state, lambda: f"{opened} open, the fewest")


ALGORITHMS: dict[str, Algorithm] = {
    "round-robin": round_robin,
    "random": random,
    "least-conn": least_conn,
}

METHODS = methods("textbook", ALGORITHMS, even=("round-robin", "random"))
