"""Properties of every balancing algorithm that is registered: a new one is held to them by being there."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.routing.proxies import PROGRAMS
from sim.routing.proxies.values import Backend, Backends, Choice, Method, View

METHODS = [method for methods in PROGRAMS.values() for method in methods.values()]

EVERY = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)


def listed(weights: list[int]) -> Backends:
    """Backends a, b, c and so on."""
    return Backends(
        tuple(Backend("abcdefghi"[n], f"10.0.0.{n + 1}:8080", weight) for n, weight in enumerate(weights))
    )


def looks(choice: Choice) -> tuple[int | None, object, str]:
    """All that there is to see of a choice."""
    return choice.index, choice.state, choice.because()


@EVERY
@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_the_same_state_and_draws_give_the_same_choice(
    method: Method, weights: list[int], chance: Random
) -> None:
    backends, state = listed(weights), None
    for number in range(8):
        opened, uniforms = [chance.randrange(4) for _ in weights], [chance.random() for _ in range(4)]
        view = View(backends, opened, number / 7, key=f"/{chance.random()}", client=f"10.1.{number}.9")
        before = repr(state)
        once, again = (method.choose(view, state, uniforms.__getitem__) for _ in range(2))
        assert looks(once) == looks(again)
        assert repr(state) == before
        state = once.state
