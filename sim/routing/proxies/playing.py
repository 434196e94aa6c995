"""What a proxy that has just started would choose next, one request after the other, each answered at once.

Nothing is drawn here: uniforms come from the asker; without them it is said what chance decides, and with
which shares.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil
from typing import Any, Literal

from sim.routing.proxies.values import Backend, Backends, Draws, Method, View
from sim.units import attributes

NEXT = 8
"""Choices that are shown."""

DRAWS_OF_A_PICK = 4
"""So many uniforms are made for each of them."""

_GRID = 48
"""Steps, at least, in which the range of a uniform is tried for the shares that chance gives."""

Chance = Literal["none", "start", "each"]
"""What chance decides: nothing, where turns begin, or every choice."""


@dataclass(frozen=True)
class Pick:
    """One choice.

    Args:
        name: of the backend; None: nobody could be chosen.
        because: why.
    """

    name: str | None
    because: str


def next_choices(
    method: Method, view: View, count: int, draws: Callable[[int], Draws]
) -> tuple[tuple[Pick, ...], Chance]:
    """Play an algorithm from its first state.

    Args:
        view: what the proxy sees at every choice.
        draws: the uniforms of the n-th choice.
    """
    state, picks, drew = None, list[Pick](), list[bool]()
    for number in range(count):
        watched = _Watched(draws(number))
        choice = method.choose(view, state, watched)
        state = choice.state
        name = None if choice.index is None else view.backends.names[choice.index]
        picks.append(Pick(name, choice.because()))
        drew.append(watched.asked)
    return tuple(picks), "each" if any(drew[1:]) else "start" if any(drew) else "none"


class _Watched:
    """Uniforms that know whether they were asked for."""

    def __init__(self, draws: Draws) -> None:
        self._draws, self.asked = draws, False

    def __call__(self, k: int) -> float:
        self.asked = True
        return self._draws(k)


@lru_cache(maxsize=256)
def fresh_view(listed: tuple[Backend, ...], key: str, client: str) -> View:
    """What a proxy sees where nothing is open and everybody is well; kept, for tables are made per list."""
    return View(_list(listed), (0,) * len(listed), key=key, client=client)


@lru_cache(maxsize=256)
def _list(listed: tuple[Backend, ...]) -> Backends:
    return Backends(listed)


@lru_cache(maxsize=256)
def first_shares(method: Method, listed: tuple[Backend, ...], key: str, client: str) -> tuple[float, ...]:
    """How likely each backend is the first choice, by place; exact where draws fall on equal parts."""
    view, counts = fresh_view(listed, key, client), [0] * len(listed)
    total = sum(view.backends.weights)
    first, second = (_steps(parts) for parts in (total, len(listed) - 1))
    for draw in first:
        for other in second:
            choice = method.choose(view, None, lambda k, pair=(draw, other): pair[k % 2])  # type: ignore[misc]
            if choice.index is not None:
                counts[choice.index] += 1
    return tuple(count / len(first) / len(second) for count in counts)


@lru_cache(maxsize=256)
def hashes(method: Method, listed: tuple[Backend, ...]) -> bool:
    """Whether a choice goes by the request's key or by the client's address."""
    views = (fresh_view(listed, str(n), f"198.18.{n}.1") for n in range(_GRID))
    return len({method.choose(view, None, lambda _: 0.5).index for view in views}) > 1


def _steps(parts: int) -> Sequence[float]:
    """Uniforms in the middle of equal steps, whose number is a multiple of `parts`."""
    count = max(1, parts) * ceil(_GRID / max(1, parts))
    return [(n + 0.5) / count for n in range(count)]


@dataclass(frozen=True)
class Chooser:
    """How a proxy chooses for a request among the Pods of a Service.

    Args:
        backend: `NAMESPACE/SERVICE:PORT`.
        key: what the request is hashed by; `client`: the address that it comes from.
        cookie: that binds a client to the Pod which it came to first; empty: none does.
        drawn: uniforms of each choice; empty: nothing is drawn.
        elsewhere: the same for the addresses that it sees where the request comes over other nodes, as far as
            choices go by what is hashed.
    """

    backend: str
    method: Method
    listed: tuple[Backend, ...]
    key: str = ""
    client: str = ""
    cookie: str = ""
    drawn: tuple[tuple[float, ...], ...] = ()
    elsewhere: tuple["Chooser", ...] = ()

    @cached_property
    def _played(self) -> tuple[tuple[Pick, ...], Chance]:
        return next_choices(self.method, fresh_view(self.listed, self.key, self.client), NEXT, self._draws)

    def _draws(self, number: int) -> Draws:
        return self.drawn[number].__getitem__ if self.drawn else lambda _: 0.0

    @property
    def chance(self) -> Chance:
        """What chance decides."""
        return self._played[1]

    @property
    def picks(self) -> tuple[Pick, ...]:
        """The next choices; none where chance decides each and none is drawn.

        Where chance decides how turns begin, and nothing is drawn, one of the ways.
        """
        return self._played[0] if self.drawn or self.chance != "each" else ()

    @property
    def firsts(self) -> tuple[str | None, ...]:
        """Who is chosen first, whichever node the request comes over; each once."""
        picks = (pick.name for one in (self, *self.elsewhere) for pick in one.picks[:1])
        return tuple(dict.fromkeys(picks))

    @property
    def shares(self) -> tuple[float, ...]:
        """How likely each Pod is chosen, by place; empty where chance does not decide each choice."""
        if self.chance != "each":
            return ()
        return first_shares(self.method, self.listed, self.key, self.client)

    def to_json(self) -> dict[str, Any]:
        """The published form, a part of sim.trace/1."""
        return {
            "backend": self.backend,
            "program": self.method.program,
            "algorithm": self.method.name,
            **({"cookie": self.cookie} if self.cookie else {}),
            "state": "worker" if self.method.per_worker else "pod",
            "chance": self.chance,
            **({"elsewhere": list(self.firsts[1:])} if len(self.firsts) > 1 else {}),
            "next": [attributes(p, "name because") for p in self.picks],
            "shares": [
                {"to": b.name, "probability": round(share, 6)}
                for b, share in zip(self.listed, self.shares, strict=False)
            ],
        }
