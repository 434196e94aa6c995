"""Properties of every balancing algorithm that is registered: a new one is held to them by being there.

What an algorithm is not held to stands in EXEMPT, with the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import exp
from random import Random
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from sim.routing.proxies import PROGRAMS, envoy
from sim.routing.proxies.values import Backend, Backends, Choice, Method, TryEnd, View
from sim.simulation.engines.upstreams import DRAWS_OF_A_CHOICE

METHODS = [method for methods in PROGRAMS.values() for method in methods.values()]
LUA = "Lua knows of no health, no limits and no backups: who cannot answer is not in its list"
NO_BACKUP = "nginx refuses a backup beside it"
WAITS = "a request waits at the server that its hash leads to"
BY_NUMBER = "a server's number in the list is what is hashed, the numbers of those that are down too"
BY_PLACE = "the hash falls on the weights in the order of the list, those that are down too"
NO_LIMIT = "Traefik knows of no limit of a server, and of no backup"
SHUFFLED = "the order is shuffled by how many are listed"
AGAIN = "a key leads to the same backend again"
HASHES = ("source", "uri", "hdr")
EXEMPT: dict[str, dict[str, str]] = {
    "down": {"ingress-nginx/*": LUA},
    "full": {
        "traefik/*": NO_LIMIT,
        "ingress-nginx/*": LUA,
        "envoy/*": "what a host may hold is up to circuit breakers, which let nobody go elsewhere",
        **dict.fromkeys([f"haproxy/{n}{c}" for n in HASHES for c in ("", "-consistent")], WAITS),
    },
    "backup": {
        "traefik/*": NO_LIMIT,
        "ingress-nginx/*": LUA,
        **dict.fromkeys([f"nginx/{n}" for n in ("ip-hash", "hash", "hash-consistent")], NO_BACKUP),
    },
    "weights": {
        "textbook/*": "textbooks have no weights",
        "ingress-nginx/ewma": "every endpoint weighs the same",
        "envoy/random": "Envoy's chance does not look at weights",
    },
    "shares": {
        "haproxy/first": "the first takes all that it can hold",
        "ingress-nginx/hash-subset": "a ring shares out subsets, and the first backends fill up the last one",
    },
    "survivors": {
        "haproxy/first": "the first takes all that it can hold",
        "textbook/least-conn": "the first of those that have nothing open takes all",
        **dict.fromkeys([f"nginx/{n}" for n in ("ip-hash", "hash", "hash-consistent")], AGAIN),
        **dict.fromkeys([f"haproxy/{n}{c}" for n in HASHES for c in ("", "-consistent")], AGAIN),
        **dict.fromkeys([f"ingress-nginx/hash-{kind}" for kind in ("consistent", "subset")], AGAIN),
        **dict.fromkeys(("envoy/ring-hash", "envoy/maglev"), AGAIN),
    },
    "order": {
        "traefik/*": SHUFFLED,
        "ingress-nginx/*": LUA,
        **dict.fromkeys(("nginx/ip-hash", "nginx/hash"), BY_PLACE),
        **dict.fromkeys(("haproxy/random",), BY_NUMBER),
        **dict.fromkeys([f"haproxy/{name}-consistent" for name in HASHES], BY_NUMBER),
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
            end = TryEnd(life.every[place].name, failed, 0 if failed else 200, 0.04)
            state = method.ended(state, step.now_s, end)
        view = step.view(backends)
        choice = method.choose(view, state, step.uniform)
        yield Seen(method, step, view, state, choice)
        state = choice.state


@every()
@given(lives())
@examples(3)
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
@examples(3)
def test_nobody_who_is_down_is_chosen_while_another_is_up(method: Method, life: Life) -> None:
    for seen in played(method, life):
        view, index = seen.view, seen.choice.index
        if index is None or is_up(view, index) or (method.program == "envoy" and in_panic(view)):
            continue
        assert not any(is_up(view, p) for p in range(len(view.backends.listed))), seen.name


@every("full")
@given(lives())
@examples(3)
def test_nobody_who_is_full_is_chosen(method: Method, life: Life) -> None:
    for seen in played(method, life):
        assert seen.choice.index is None or not is_full(seen.view, seen.choice.index), seen.name


@every("backup")
@given(lives())
@examples(3)
def test_a_backup_is_not_asked_while_all_others_can_be(method: Method, life: Life) -> None:
    for seen in played(method, life):
        view, index = seen.view, seen.choice.index
        others = [p for p, b in enumerate(view.backends.listed) if not b.backup]
        if index is None or not view.backends.listed[index].backup or not others:
            continue
        free = [is_up(view, p) and not is_full(view, p) and p not in view.tried for p in others]
        assert not all(free) or method.ended is not None, seen.name


UP = Step((), None, (), (), 0.0, 0)
"""Everybody is up, and nothing is open."""


def asked(
    method: Method, every: Sequence[Backend], count: int, seed: int, state: Any = None, held: bool = False
) -> list[str]:
    """Who is chosen for so many requests, each by another key and client, in a list that does not change.

    Args:
        held: whether no request ever ends; otherwise each ends at once.
    """
    backends, opened, chance, names = Backends(tuple(every)), [0] * len(every), Random(seed), list[str]()
    for number in range(count):
        client = f"{chance.randrange(1, 224)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
        uniforms = [chance.random() for _ in range(DRAWS_OF_A_CHOICE)]
        view = View(backends, opened, 1e3 + number, None, (), f"/{chance.random()}", client)
        choice = method.choose(view, state, uniforms.__getitem__)
        state = choice.state
        assert choice.index is not None
        names.append(backends.names[choice.index])
        if held:
            opened[choice.index] += 1
        elif method.ended is not None:
            state = method.ended(state, 1e3 + number, TryEnd(names[-1], answer_s=0.04))
    return names


TURNS = {
    "nginx/round-robin": 0,
    "nginx/least-conn": 0,
    "ingress-nginx/round-robin": 0,
    "haproxy/round-robin": 1,
    "haproxy/static-rr": 0,
    "envoy/round-robin": 1,  # Of those that are due together the last may fall into the next round.
    "textbook/round-robin": 0,
}
"""Turns -> how far a share may be off after a whole round, in requests."""

BALANCED = {"nginx/random-two": 8, "haproxy/least-conn": 3, "textbook/least-conn": 1}
"""What looks at open requests, and has no turns or chance for who has none -> how far off it may be at any time."""

POINTS = {"nginx/hash-consistent": 160, "ingress-nginx/hash-consistent": 160, "haproxy/random": 16} | {
    f"haproxy/{name}-consistent": 16 for name in HASHES
}
"""Rings -> points for each unit of weight: shares differ from weights as chance has strewn them."""


def bound(method: Method, every: Sequence[Backend], place: int, count: int) -> float:
    """How far from its share of so many requests a backend may be: six standard deviations of chance."""
    if (exact := TURNS.get(method.full_name, BALANCED.get(method.full_name))) is not None:
        return exact
    total = sum(b.weight for b in every)
    mean, points = count * every[place].weight / total, POINTS.get(method.full_name, 0) * every[place].weight
    if method.full_name == "envoy/ring-hash":
        points = 128 * every[place].weight // total
    return 1 + 6 * (mean * (1 - mean / count) + (mean**2 / points if points else 0)) ** 0.5


@every("shares")
@given(lives(plain=True))
@examples(2)
def test_weights_are_respected_in_the_long_run_whatever_came_before(method: Method, life: Life) -> None:
    if exempt(method, "weights"):
        life = replace(life, every=tuple(replace(b, weight=1) for b in life.every))
    if method.keeps_places:
        whole = tuple(range(len(life.every)))
        life = replace(life, steps=tuple(replace(step, listed=whole) for step in life.steps))
    turns, held = method.full_name in TURNS, method.full_name in BALANCED
    if held:  # who failed before would stay away, for no request ends that shows him to be well
        life = replace(life, steps=tuple(replace(step, ended=()) for step in life.steps))
    *_, last = played(method, life)
    total, state = sum(b.weight for b in life.every), last.choice.state
    count = total * (2 if turns else max(8, 400 // total))
    before = total if turns else 0
    found = Counter(asked(method, life.every, before + count, last.step.number, state, held)[before:])
    for place, one in enumerate(life.every):
        off = found[one.name] - count * one.weight / total
        assert abs(off) <= bound(method, life.every, place, count), (one, found)


@every("survivors")
@given(st.integers(2, 9), st.data())
@examples(2)
def test_who_survives_shares_what_a_dead_one_leaves(method: Method, size: int, data: st.DataObject) -> None:
    """A backend is dead and still listed: whoever finds it so asks another."""
    dead, chance = data.draw(st.integers(0, size - 1)), Random(size)
    backends, state = Backends(tuple(backend(n, max_fails=0) for n in range(size))), None
    found = Counter[int]()
    for number in range(40 * (size - 1)):
        tried: tuple[int, ...] = ()
        while tried[-1:] in ((), (dead,)):
            uniforms = [chance.random() for _ in range(DRAWS_OF_A_CHOICE)]
            view = View(backends, [0] * size, number / 10, None, tried, f"/{number}", f"10.{number}.{size}.1")
            choice = method.choose(view, state, uniforms.__getitem__)
            state, tried = choice.state, (*tried, choice.index or 0)
            if method.ended is not None:
                failed = tried[-1] == dead
                state = method.ended(state, number / 10, TryEnd(backends.names[tried[-1]], failed))
        found[tried[-1]] += 1
    shares = [found[place] for place in range(size) if place != dead]
    off = 1 if method.full_name in TURNS else 6 * 40**0.5
    assert all(abs(count - 40) <= off for count in shares), shares


@st.composite
def interleaved(draw: st.DrawFn) -> tuple[list[Backend], list[Backend], set[str]]:
    """The same backends in two orders, and who of them is down; those that are up stand in the same order."""
    size, away = draw(st.sampled_from(((3, 1), (4, 1), (5, 2), (7, 2))))
    weights = draw(st.lists(st.integers(1, 5), min_size=size + away, max_size=size + away))
    found = [backend(n, weight) for n, weight in enumerate(weights)]
    orders = []
    for _ in range(2):
        order = found[:size]
        for one in draw(st.permutations(found[size:])):
            order.insert(draw(st.integers(0, len(order))), one)
        orders.append(order)
    return orders[0], orders[1], {b.name for b in found[size:]}


def chosen(method: Method, order: Sequence[Backend], down: set[str], seed: int) -> list[str | None]:
    """Who is chosen, request by request; what is open follows from names."""
    backends, state, names = Backends(tuple(order)), None, list[str | None]()
    for number in range(20):
        opened = [Random(f"{seed} {number} {b.name}").randrange(3) for b in order]
        up = [b.name not in down for b in order]
        step = replace(UP, number=seed + number)
        view = View(backends, opened, number / 3, up, (), f"/{number}", f"10.1.{number}.{seed % 256}")
        choice = method.choose(view, state, step.uniform)
        state = choice.state
        names.append(None if choice.index is None else backends.names[choice.index])
    return names


@every("order")
@given(interleaved(), st.integers(0, 2**16))
@examples(2)
def test_where_those_who_are_down_stand_in_the_list_changes_nothing(
    method: Method, lists: tuple[list[Backend], list[Backend], set[str]], seed: int
) -> None:
    one, other, down = lists
    assert chosen(method, one, down, seed) == chosen(method, other, down, seed)


BY_ADDRESS = ("nginx/hash-consistent", "ingress-nginx/hash-consistent", "envoy/ring-hash")
"""Rings whose points follow from addresses: the order of the list says nothing."""


@pytest.mark.parametrize("name", BY_ADDRESS)
@given(st.permutations(range(7)), st.integers(0, 2**16))
@examples(3)
def test_a_ring_of_addresses_has_no_order(name: str, order: list[int], seed: int) -> None:
    every = [backend(n, 1 + n % 3) for n in range(7)]
    method = next(m for m in METHODS if m.full_name == name)
    assert chosen(method, every, set(), seed) == chosen(method, [every[n] for n in order], set(), seed)


@pytest.mark.parametrize("method", [m for m in METHODS if m.full_name in POINTS and "random" not in m.name])
@given(st.integers(0, 6), st.integers(0, 2**16))
@examples(3)
def test_who_goes_down_takes_nobody_elses_keys_along(method: Method, away: int, seed: int) -> None:
    every = [backend(n, 1 + n % 3) for n in range(7)]
    name = every[away].name
    for before, after in zip(
        chosen(method, every, set(), seed), chosen(method, every, {name}, seed), strict=True
    ):
        assert after == before or before == name


@every()
@given(lives())
@examples(2)
def test_every_choice_has_a_plain_sentence_that_stays_true(method: Method, life: Life) -> None:
    for seen in played(method, life):
        said = seen.choice.because()
        assert isinstance(seen.view.in_flight, list)
        seen.view.in_flight[:] = [99 for _ in seen.view.in_flight]
        assert seen.choice.because() == said
        assert re.fullmatch(r"[a-z0-9].{4,110}[^.\s]", said), said
        assert not re.search(r"None|[<>{}]|\b[A-Z]\w*\(|\bstate\b|\bplace\b", said), said


Told = Callable[[Sequence[Seen], Seen], str]
"""From the choices before and this one to what must be said, with figures from nothing but the view."""


def index_of(seen: Seen) -> int:
    assert seen.choice.index is not None
    return seen.choice.index


def opened_of(seen: Seen) -> int:
    return seen.step.opened[index_of(seen)]


def weight_of(seen: Seen) -> int:
    return seen.view.backends.listed[index_of(seen)].weight


def differ(seen: Seen) -> bool:
    return len({b.weight for b in seen.view.backends.listed}) > 1


def smooth(before: Sequence[Seen], seen: Seen) -> str:
    """Each look adds a weight; each choice takes the sum of all away."""
    total, counts = sum(b.weight for b in seen.view.backends.listed), Counter(one.name for one in before)
    now = [(len(before) + 1) * b.weight - total * counts[b.name] for b in seen.view.backends.listed]
    assert now[index_of(seen)] == max(now)
    return f"current weight {max(now)} of {total}, the highest"


def fewest_for_weight(before: Sequence[Seen], seen: Seen) -> str:
    loads = [Fraction(o, b.weight) for o, b in zip(seen.step.opened, seen.view.backends.listed, strict=True)]
    count = loads.count(min(loads))
    assert loads[index_of(seen)] == min(loads)
    why = "the fewest" if count == 1 else f"the fewest, as {count - 1} more: its turn among them"
    return f"{opened_of(seen)} open at weight {weight_of(seen)}, {why}"


def fewest_of_haproxy(before: Sequence[Seen], seen: Seen) -> str:
    if not opened_of(seen):
        return "nothing open, for the longest time"
    loads = [
        Fraction(o + 1, b.weight) for o, b in zip(seen.step.opened, seen.view.backends.listed, strict=True)
    ]
    assert min(seen.step.opened) > 0
    assert loads[index_of(seen)] - min(loads) < Fraction(1, 256)
    return f"{opened_of(seen)} open at weight {weight_of(seen)}, the fewest"


def after_the_last(before: Sequence[Seen], seen: Seen) -> str:
    names = seen.view.backends.names
    return f"the next after {before[-1].name if before else names[int(seen.step.uniform(0) * len(names))]}"


def slowness(before: Sequence[Seen], seen: Seen) -> str:
    """Of every answer of 40 ms a part comes in, and 63 % of what was there goes in ten seconds."""
    backends, found = seen.view.backends, dict[str, tuple[float, float]]()
    if len(backends.listed) == 1:
        return "the only one"
    for one in (*before[1:], seen) if before else ():
        for place, _ in one.step.ended:
            value, then_s = found.get(backends.names[place], (0.0, 0.0))
            left = exp((then_s - one.step.now_s) / 10)
            found[backends.names[place]] = value * left + 0.04 * (1 - left), one.step.now_s
    scores = {name: v * exp((then_s - seen.step.now_s) / 10) for name, (v, then_s) in found.items()}
    other = re.search(r"against (\S+) s", seen.choice.because())
    assert other is not None
    others = [f"{scores.get(n, 0.0):.3g}" for n in backends.names if n != seen.name]
    assert other[1] in others
    own = scores.get(str(seen.name), 0.0)
    assert own <= float(other[1]) * 1.01
    return f"{own:.3g} s of late, against {other[1]} s of the other of two by chance"


def by_deadline(before: Sequence[Seen], seen: Seen) -> str:
    if differ(seen):
        return f"the earliest deadline, at weight {weight_of(seen)}"
    return f"turn {index_of(seen) + 1} of {len(seen.view.backends.listed)}"


def put_back(seen: Seen) -> str:
    return f"the earliest deadline; with {opened_of(seen)} open at weight {weight_of(seen)} it is put back"


def fewest_of_all(before: Sequence[Seen], seen: Seen) -> str:
    return put_back(seen) if differ(seen) else f"{min(seen.step.opened)} open, the fewest of all"


TOLD: dict[str, Told] = {
    "nginx/round-robin": smooth,
    "nginx/least-conn": fewest_for_weight,
    "nginx/ip-hash": lambda _, seen: f"the hash of {seen.view.client} leads here",
    "nginx/hash": lambda _, seen: f"the hash of {seen.view.key!r} leads here",
    "nginx/hash-consistent": lambda _, seen: f"the point after {seen.view.key!r} on the ring leads here",
    "nginx/random-two": lambda before, seen: (
        f"{opened_of(seen)} open at weight {weight_of(seen)}, the fewer of two by chance"
        if len(seen.view.backends.listed) > 1
        else smooth(before, seen)
    ),
    "ingress-nginx/round-robin": after_the_last,
    "ingress-nginx/ewma": slowness,
    "haproxy/round-robin": lambda _, seen: f"its turn, at weight {weight_of(seen)}",
    "haproxy/static-rr": lambda _, seen: f"its turn, at weight {weight_of(seen)}",
    "haproxy/least-conn": fewest_of_haproxy,
    "haproxy/source": lambda _, seen: f"the hash of {seen.view.client}",
    "haproxy/source-consistent": lambda _, seen: f"the nearest on the ring to {seen.view.client}",
    "haproxy/uri": lambda _, seen: f"the hash of {seen.view.key}",
    "haproxy/random": lambda _, seen: (
        f"{opened_of(seen)} open at weight {weight_of(seen)}, the fewer of two by chance"
    ),
    "envoy/round-robin": by_deadline,
    "envoy/least-request": lambda _, seen: (
        put_back(seen) if differ(seen) else f"{opened_of(seen)} open, the fewer of two by chance"
    ),
    "envoy/least-request-full-scan": fewest_of_all,
    "envoy/ring-hash": lambda _, seen: f"the point after {seen.view.key!r} on the ring",
    "envoy/random": lambda _, seen: f"one of {len(seen.view.backends.listed)} by chance",
    "textbook/round-robin": lambda before, _: f"the next after {before[-1].name}" if before else "the first",
    "textbook/random": lambda _, seen: f"one of {len(seen.view.backends.listed)} at random",
    "textbook/least-conn": lambda _, seen: f"{min(seen.step.opened)} open, the fewest",
}
"""What is said of choices among backends that are all up and were not tried."""


@pytest.mark.parametrize("name", TOLD)
@given(lives(plain=True, changing=False, count=8))
@examples(2)
def test_the_figures_of_a_sentence_are_true(name: str, life: Life) -> None:
    method = next(m for m in METHODS if m.full_name == name)
    steps = tuple(
        replace(step, up=None, tried=(), ended=tuple((place, False) for place, _ in step.ended))
        for step in life.steps
    )
    before: list[Seen] = []
    for seen in played(method, replace(life, steps=steps)):
        assert seen.choice.because() == TOLD[name](before, seen)
        before.append(seen)
