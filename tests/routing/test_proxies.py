"""Properties of every balancing algorithm that is registered: a new one is held to them by being there.

What an algorithm is not held to stands in EXEMPT, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.routing.proxies import PROGRAMS, envoy
from sim.routing.proxies.values import Backend, Backends, Choice, Ended, Method, View
from sim.simulation.engines.upstreams import DRAWS_OF_A_CHOICE

METHODS = [method for methods in PROGRAMS.values() for method in methods.values()]
LUA = "Lua knows of no health, no limits and no backups: who cannot answer is not in its list"
NO_BACKUP = "nginx refuses a backup beside it"
WAITS = "a request waits at the server that its hash leads to"
BY_NUMBER = "a server's number in the list is what is hashed, the numbers of those that are down too"
BY_PLACE = "the hash falls on the weights in the order of the list, those that are down too"
EXEMPT: dict[str, dict[str, str]] = {
    "down": {"ingress-nginx/*": LUA},
    "full": {
        "ingress-nginx/*": LUA,
        "envoy/*": "what a host may hold is up to circuit breakers, which let nobody go elsewhere",
        **dict.fromkeys(
            [f"haproxy/{n}{c}" for n in ("source", "uri", "hdr") for c in ("", "-consistent")], WAITS
        ),
    },
    "backup": {
        "ingress-nginx/*": LUA,
        **dict.fromkeys([f"nginx/{n}" for n in ("ip-hash", "hash", "hash-consistent")], NO_BACKUP),
    },
    "weights": {
        "textbook/*": "textbooks have no weights",
        "ingress-nginx/ewma": "every endpoint weighs the same",
        "envoy/random": "Envoy's chance does not look at weights",
        "envoy/least-request-full-scan": "fewest is fewest, whatever the weight",
    },
    "shares": {"haproxy/first": "the first takes all that it can hold"},
    "order": {
        **dict.fromkeys(("nginx/ip-hash", "nginx/hash"), BY_PLACE),
        **dict.fromkeys(("haproxy/random",), BY_NUMBER),
        **dict.fromkeys([f"haproxy/{name}-consistent" for name in ("source", "uri", "hdr")], BY_NUMBER),
    },
}
"""Property -> `PROGRAM/NAME`, or `PROGRAM/*` -> why it is not held to it."""


@pytest.fixture(scope="module", autouse=True)
def small_tables() -> Iterator[None]:
    """Tables of Envoy that are made in no time, and lead to the same properties."""
    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(envoy, "MAGLEV_SLOTS", 1021)
        changes.setattr(envoy, "RING_LEAST", 128)
        yield


def exempt(method: Method, name: str) -> bool:
    """Whether a method is not held to a property."""
    return not {method.full_name, f"{method.program}/*"}.isdisjoint(EXEMPT[name])


def every(name: str | None = None) -> pytest.MarkDecorator:
    """Every method that is held to a property."""
    held = [method for method in METHODS if name is None or not exempt(method, name)]
    return pytest.mark.parametrize("method", held, ids=lambda method: method.full_name)


@dataclass(frozen=True)
class Step:
    """What a proxy sees before a choice, by place in the list of all; `ended`: tries that ended before it."""

    listed: tuple[int, ...]
    up: tuple[bool, ...] | None
    opened: tuple[int, ...]
    tried: tuple[int, ...]
    now_s: float
    number: int
    ended: tuple[tuple[int, bool], ...] = ()

    def uniform(self, k: int) -> float:
        """The k-th of this choice; no algorithm may ask for more than are set aside."""
        assert k < DRAWS_OF_A_CHOICE
        return Random(self.number * DRAWS_OF_A_CHOICE + k).random()

    def view(self, backends: Backends) -> View:
        """As the algorithm sees it, by place in the list as it is now."""
        up = None if self.up is None else [self.up[p] for p in self.listed]
        tried = tuple(self.listed.index(p) for p in self.tried if p in self.listed)
        opened, key = [self.opened[p] for p in self.listed], f"/path/{self.number % 97}"
        return View(
            backends, opened, self.now_s, up, tried, key, f"10.{self.number % 200}.{self.number % 13}.7"
        )


@dataclass(frozen=True)
class Life:
    """Backends, and what happens to them."""

    every: tuple[Backend, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Seen:
    """One choice, and what it was made from."""

    method: Method
    step: Step
    view: View
    before: Any
    choice: Choice

    @property
    def name(self) -> str | None:
        """Who was chosen."""
        return None if self.choice.index is None else self.view.backends.names[self.choice.index]


def backend(number: int, weight: int = 1, **more: Any) -> Backend:
    """Backend a, b, c and so on."""
    return Backend("abcdefghi"[number], f"10.0.0.{number + 1}:8080", weight, **more)


@st.composite
def lists(draw: st.DrawFn, plain: bool = False) -> tuple[Backend, ...]:
    """One to nine; plain: without backups, limits, and marks."""
    weights = draw(st.lists(st.integers(1, 9), min_size=1, max_size=9))
    if plain:
        return tuple(backend(n, weight) for n, weight in enumerate(weights))
    marks = st.tuples(st.booleans(), st.sampled_from((0, 0, 2)), st.sampled_from((False, False, True)))
    return tuple(
        backend(n, weight, backup=n > 0 and backup, most_open=most, down=down)
        for n, weight in enumerate(weights)
        for backup, most, down in (draw(marks),)
    )


@st.composite
def lives(draw: st.DrawFn, plain: bool = False, changing: bool = True, count: int = 12) -> Life:
    """A list that changes, health, open requests, tries that end: what a proxy goes through.

    Args:
        changing: whether backends leave the list and come back.
    """
    found, chance = draw(lists(plain)), Random(draw(st.integers(0, 2**32)))
    size = len(found)
    listed, up, steps, now_s = tuple(range(size)), draw(st.booleans()), list[Step](), 0.0
    for _ in range(count):
        if changing and chance.random() < 0.3:
            listed = tuple(sorted(chance.sample(range(size), chance.randint(1, size))))
        now_s += chance.choice((0.0, 0.1, 3.0, 30.0))
        steps.append(
            Step(
                listed,
                tuple(chance.random() < 0.7 for _ in range(size)) if up else None,
                tuple(chance.randrange(4) for _ in range(size)),
                tuple(chance.sample(range(size), chance.choice((0, 0, 1, min(2, size))))),
                now_s,
                chance.getrandbits(32),
                tuple((chance.randrange(size), chance.random() < 0.5) for _ in range(chance.randrange(3))),
            )
        )
    return Life(found, tuple(steps))


def played(method: Method, life: Life, state: Any = None) -> Iterator[Seen]:
    """Every choice of a life; a list is the same object as long as it is the same list."""
    backends = Backends(())
    for step in life.steps:
        now = tuple(life.every[p] for p in step.listed)
        if backends.listed != now:
            backends = Backends(now)
        for place, failed in step.ended if method.ended is not None and state is not None else ():
            end = Ended(life.every[place].name, failed, 0 if failed else 200, 0.04)
            state = method.ended(state, step.now_s, end)
        view = step.view(backends)
        choice = method.choose(view, state, step.uniform)
        yield Seen(method, step, view, state, choice)
        state = choice.state


@every()
@given(lives())
@settings(max_examples=8)
def test_the_same_state_and_draws_give_the_same_choice_and_nothing_changes(
    method: Method, life: Life
) -> None:
    for seen in played(method, life):
        before = repr(seen.before)
        again = method.choose(seen.view, seen.before, seen.step.uniform)
        assert (again.index, again.state) == (seen.choice.index, seen.choice.state)
        assert again.because() == seen.choice.because()
        assert repr(seen.before) == before
        hash(freezing(again.state))


def freezing(state: Any) -> Any:
    """A state as something that can be hashed: mappings stand for themselves, lists and sets do not."""
    if isinstance(state, dict):
        return tuple((key, freezing(value)) for key, value in state.items())
    return tuple(map(freezing, state)) if isinstance(state, tuple) else state


def is_up(view: View, place: int) -> bool:
    """Whether somebody says that a backend is down."""
    return not view.backends.listed[place].down and (view.up is None or view.up[place])


def is_full(view: View, place: int) -> bool:
    """Whether a backend holds as many requests as it may."""
    most = view.backends.listed[place].most_open
    return bool(most) and view.in_flight[place] >= most


def in_panic(view: View) -> bool:
    """Whether Envoy looks at no health: all priorities together fall short, and less than half of one is healthy."""
    groups = [g for g in view.backends.groups if g]
    healthy = [sum(is_up(view, p) for p in group) / len(group) for group in groups]
    return sum(min(1.0, 1.4 * share) for share in healthy) < 1 and min(healthy) < 0.5


@every("down")
@given(lives())
@settings(max_examples=8)
def test_nobody_who_is_down_is_chosen_while_another_is_up(method: Method, life: Life) -> None:
    for seen in played(method, life):
        view, index = seen.view, seen.choice.index
        if index is None or is_up(view, index) or (method.program == "envoy" and in_panic(view)):
            continue
        assert not any(is_up(view, p) for p in range(len(view.backends.listed))), seen.name


@every("full")
@given(lives())
@settings(max_examples=8)
def test_nobody_who_is_full_is_chosen(method: Method, life: Life) -> None:
    for seen in played(method, life):
        assert seen.choice.index is None or not is_full(seen.view, seen.choice.index), seen.name


@every("backup")
@given(lives())
@settings(max_examples=8)
def test_a_backup_is_not_asked_while_all_others_can_be(method: Method, life: Life) -> None:
    for seen in played(method, life):
        view, index = seen.view, seen.choice.index
        others = [p for p, b in enumerate(view.backends.listed) if not b.backup]
        if index is None or not view.backends.listed[index].backup or not others:
            continue
        free = [is_up(view, p) and not is_full(view, p) and p not in view.tried for p in others]
        assert not all(free) or method.ended is not None, seen.name
