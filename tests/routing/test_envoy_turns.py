"""Envoy's weighted turns: its own numbers decide where deadlines fall together, as in a live Envoy 1.40."""

from __future__ import annotations

from heapq import heapify, heapreplace
from itertools import count, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.routing.proxies.envoy import MOST_TURNS, least_request, round_robin
from sim.routing.proxies.values import Backend, Backends, View


def taken(choose, weights, seed, number, opened=None):
    """The places that take these turns; the first uniform says where they begin."""
    listed = [Backend(f"p{n}", f"10.0.0.{n}:80", weight) for n, weight in enumerate(weights)]
    view, state, found = View(Backends(tuple(listed)), opened or [0] * len(weights)), None, []
    for _ in range(number):
        choice = choose(view, state, [(seed + 0.5) / 2**32, 0.0, 0.0].__getitem__)
        state = choice.state
        found.append(choice.index)
    return found


def by_heap(weights, seed, number):
    """The same from a heap of deadlines, as its EdfScheduler has one: turns that went before, then these."""
    turns, heavier, total = seed % 429_496_729, [w + 1e-13 for w in weights], 0.0
    for weight in heavier:
        total += weight
    heap, order, left = [], count(len(weights)), turns
    for place, weight in enumerate(heavier):
        had = int(weight * turns / total)
        had -= had > 0 and had / weight >= turns / total
        heap.append(((had + 1) / weight, place, place))
        left -= had
    heapify(heap)

    def turn():
        due, _, place = heap[0]
        heapreplace(heap, (due + 1 / weights[place], next(order), place))
        return place

    return list(islice(iter(turn, None), left, left + number))


WEIGHTS = st.lists(st.integers(1, 200), min_size=2, max_size=9).filter(lambda w: len(set(w)) > 1)


@given(WEIGHTS, st.integers(0, 2**32 - 1))
def test_turns_are_those_of_its_heap(weights, seed):
    wanted = by_heap(weights, seed, 2 * len(weights))
    assert taken(round_robin, weights, seed, 2 * len(weights)) == wanted
    assert taken(least_request, weights, seed, 2 * len(weights)) == wanted


SEEN = {
    348_448_616: "babaababababababaababababababaababababababaababababababaabababababaababababababaa",
    277_376_064: "ababababaababababababaababababababaabababababaababababababaababababababaabababab",
}
"""Where turns may have begun -> what a live Envoy 1.40 then made of weights 7 and 6."""


@pytest.mark.parametrize("seed", SEEN)
def test_once_in_a_while_hosts_that_are_due_together_change_places(seed):
    seen = SEEN[seed]
    assert "".join("ab"[place] for place in taken(round_robin, (7, 6), seed, len(seen))) == seen
    twice = [n for n in range(len(seen)) if seen.startswith("aa", n)]
    assert {after - before for before, after in pairwise(twice)} == {11, 13}


def test_turns_begin_no_further_on_than_its_limit():
    assert taken(round_robin, (3, 2), MOST_TURNS + 2, 20) == taken(round_robin, (3, 2), 2, 20)
