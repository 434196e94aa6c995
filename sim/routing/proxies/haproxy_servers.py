"""Which servers HAProxy may ask: those that are up, the active ones before the backups.

Source: HAProxy 2.6, src/backend.c (recount_servers, update_backend_weight), include/haproxy/server.h.
"""

from collections.abc import Sequence

from sim.routing.proxies.values import Backends, Choice, View

SCALE = 16
"""A weight of 1 counts for sixteen (BE_WEIGHT_SCALE), so that it can change in small steps."""

HEAVIEST = 256 * SCALE
"""The most that a weight may come to."""


def up_of(view: View, places: Sequence[int]) -> Sequence[int]:
    """Those of the places that are up and weigh anything."""
    if view.up is None and not view.backends.limited:
        return places
    return [p for p in places if _up(view, p)]


def _up(view: View, place: int) -> bool:
    backend = view.backends.listed[place]
    return not backend.down and backend.weight > 0 and (view.up is None or view.up[place])


def usable(view: View) -> Sequence[int]:
    """The active ones; where none is up, the first backup, or all of them."""
    first, spare = view.backends.groups
    if active := up_of(view, first):
        return active
    left = up_of(view, spare)
    return left if view.backends.all_backups else left[:1]


def full(view: View, place: int) -> bool:
    """Whether a server holds as many requests as it may."""
    most = view.backends.listed[place].most_open
    return bool(most) and view.in_flight[place] >= most


def first_backup(view: View, servers: Sequence[int]) -> bool:
    """Whether all that is left is the first backup: it is taken without any algorithm."""
    return len(servers) == 1 and view.backends.listed[servers[0]].backup and not view.backends.all_backups


def avoided(view: View) -> int | None:
    """The server that the request comes from: another one is looked for."""
    return view.tried[-1] if view.tried else None


def heavy(backends: Backends, places: Sequence[int]) -> int:
    """The weights of these servers, as HAProxy counts them."""
    return sum(backends.weights[p] * SCALE for p in places)


def nobody(state: object) -> Choice:
    """No server may be asked."""
    return Choice(None, state, lambda: "no server is up, or each is full")
