"""What a balancing algorithm sees, what it gives back, and how a try ended.

An algorithm is a pure function `(view, state, draws) -> Choice`. Its state is a frozen value of its own, kept
by the names of the backends and never by their places: a list may change between two choices.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

Draws = Callable[[int], float]
"""`draws(k)` is the k-th uniform in [0, 1) of this choice."""


@dataclass(frozen=True)
class Backend:
    """One backend as a proxy lists it.

    Args:
        name: by which it is known: the Pod.
        address: `IP:PORT`; some algorithms hash it.
        backup: whether it is asked only where no other can be; in Envoy, of priority 1.
        most_open: requests that it may hold at once; 0: any number.
        down: marked so by hand.
        max_fails, fail_timeout_s: of nginx: so many failures take it out for so long; 0 fails: never.
    """

    name: str
    address: str = ""
    weight: int = 1
    backup: bool = False
    most_open: int = 0
    down: bool = False
    max_fails: int = 1
    fail_timeout_s: float = 10.0


@dataclass(frozen=True, eq=False)
class Backends:
    """A list of backends; two lists are the same only if they are one object, so tables are kept per list.

    Args:
        all_backups: whether all backups are asked where nobody else can be, not only the first (HAProxy).
    """

    listed: tuple[Backend, ...]
    all_backups: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name at each place."""
        return tuple(b.name for b in self.listed)

    @cached_property
    def places(self) -> dict[str, int]:
        """Name -> place."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """The weight at each place."""
        return tuple(b.weight for b in self.listed)

    @cached_property
    def even(self) -> bool:
        """Whether all weigh the same."""
        return len(set(self.weights)) < 2

    @cached_property
    def sums(self) -> tuple[int, ...]:
        """The sum of the weights up to each place, its own included."""
        return tuple(accumulate(self.weights))

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The places of those that are asked first, then those of the backups."""
        first = tuple(n for n, b in enumerate(self.listed) if not b.backup)
        return first, tuple(n for n, b in enumerate(self.listed) if b.backup)

    @cached_property
    def most_tries(self) -> int:
        """How many there are to try: those that are not marked down."""
        return sum(not b.down for b in self.listed)

    @cached_property
    def limited(self) -> bool:
        """Whether one of them is marked down, has a limit or weighs nothing."""
        return any(b.down or b.most_open or not b.weight for b in self.listed)


@dataclass(slots=True)
class View:
    """What a proxy sees when it chooses.

    Args:
        in_flight: open requests of each backend, by place.
        up: whether each backend is healthy as far as the proxy knows; None: all are.
        tried: places that this request has tried already.
        key: what the request is hashed by; `client`: the address it comes from.
        bound: name of the backend that the request's cookie leads to; empty: it has none.
        again: how many choices of this try have led to a backend that was tried already.
    """

    backends: Backends
    in_flight: Sequence[int]
    now_s: float = 0.0
    up: Sequence[bool] | None = None
    tried: tuple[int, ...] = ()
    key: str = ""
    client: str = ""
    bound: str = ""
    again: int = 0


@dataclass(slots=True)
class Choice:
    """The chosen backend, what to remember, and why.

    Args:
        index: its place; None: there is nobody to choose.
        because: makes the sentence when it is asked for.
    """

    index: int | None
    state: Any
    because: Callable[[], str]


Algorithm = Callable[[View, Any, Draws], Choice]


class TryEnd(NamedTuple):
    """How a try at a backend ended.

    Args:
        name: of the backend.
        failed: whether the program counts it as a failure of the backend.
        status: that came back; 0: none.
        answer_s: how long the answer took, connecting included.
    """

    name: str
    failed: bool = False
    status: int = 200
    answer_s: float = 0.0


Ends = Callable[[Any, float, TryEnd], Any]
"""`(state, now_s, how the try ended) -> state`."""


@dataclass(frozen=True)
class Method:
    """One way of a program to choose: the algorithm, and what its state belongs to.

    Args:
        program: a key of `sim.routing.proxies.PROGRAMS`.
        name: a key of that program's table.
        ended: takes note of how a try ended; None: the state does not depend on it.
        per_worker: whether each worker of a proxy Pod has a state of its own; otherwise they share one.
        even: whether every backend of equal weight gets the same share in the long run, dead or not.
        keeps_places: whether a backend that leaves the list is only marked down: the others stay in place.
        moves_on: whether, where another try may go elsewhere, it does so at once.
    """

    program: str
    name: str
    choose: Algorithm
    ended: Ends | None = None
    per_worker: bool = False
    even: bool = False
    keeps_places: bool = False
    moves_on: bool = False

    @property
    def full_name(self) -> str:
        """`PROGRAM/NAME`."""
        return f"{self.program}/{self.name}"


def methods(
    program: str,
    algorithms: Mapping[str, Algorithm],
    ended: Mapping[str, Ends] | None = None,
    per_worker: Iterable[str] = (),
    even: Iterable[str] = (),
    keeps_places: bool = False,
    moves_on: Iterable[str] = (),
) -> dict[str, Method]:
    """The methods of a program by name.

    Args:
        ended, per_worker, even, moves_on: as in Method, for the names that are in them.
    """
    return {
        name: Method(
            program,
            name,
            choose,
            (ended or {}).get(name),
            name in per_worker,
            name in even,
            keeps_places,
            name in moves_on,
        )
        for name, choose in algorithms.items()
    }
