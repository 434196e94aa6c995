"""What a proxy remembers, in words: a sentence, and a phrase for each Pod, by what its algorithm goes by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from operator import itemgetter
from typing import Any

from sim.routing.proxies.envoy import Schedule
from sim.routing.proxies.haproxy import Waiting
from sim.routing.proxies.haproxy_turns import Turns
from sim.routing.proxies.ingress_nginx import Round, Slowness
from sim.routing.proxies.nginx import Peers
from sim.routing.proxies.textbook import Last
from sim.routing.proxies.traefik import Deadlines


@dataclass(frozen=True)
class Memory:
    """What is remembered.

    Args:
        says: in a sentence; empty: nothing but what the Pods' phrases say.
        of: name of a Pod -> a phrase; those that are missing have none.
    """

    says: str
    of: Mapping[str, str]


@singledispatch
def memory_of(state: Any, method: str) -> Memory:
    """What a state of an algorithm says; of chance and of hashes there is none.

    Args:
        method: name of the algorithm.
    """
    return ALONE if state is None else UNSAID


UNSAID = Memory("What it remembers is not put into words.", {})
ALONE = Memory("No turn is kept: each choice stands alone.", {})


def short(name: str) -> str:
    """A Pod without its namespace."""
    return name.rpartition("/")[2]


def _each(names: Sequence[str], phrases: Sequence[str]) -> dict[str, str]:
    return dict(zip(names, phrases, strict=True))


@memory_of.register
def _of_peers(state: Peers, method: str) -> Memory:
    failed = {state.backends.names[place]: f", {one.number} failed" for place, one in state.failures.items()}
    if method not in _BY_TURNS:
        return Memory(ALONE.says, {name: phrase.removeprefix(", ") for name, phrase in failed.items()})
    pairs = zip(state.backends.names, state.current, strict=True)
    phrases = {name: f"current weight {weight}{failed.get(name, '')}" for name, weight in pairs}
    return Memory("Each look adds a Pod's weight to its current one; the highest is next.", phrases)


_BY_TURNS = ("round-robin", "least-conn")
"""Of nginx: those that go by current weights."""


@memory_of.register
def _of_round(state: Round, method: str) -> Memory:
    after = state.order[(state.order.index(state.last) + 1) % len(state.order)]
    if len(set(state.backends.weights)) > 1:
        return Memory(f"Last: {short(state.last)}; who weighs {state.current} or more is next.", {})
    return Memory(f"Last: {short(state.last)}; next: {short(after)}.", {state.last: "last", after: "next"})


@memory_of.register
def _of_slowness(state: Slowness, method: str) -> Memory:
    phrases = ["no answer yet" if v is None else f"{v * 1e3:.3g} ms" for v in state.values_s]
    says = "How slow each was when it last answered; of two by chance the sooner one is next."
    return Memory(says, _each(state.backends.names, phrases))


@memory_of.register
def _of_trees(state: tuple, method: str) -> Memory:  # type: ignore[type-arg]
    """Of HAProxy: the trees of its servers, and of its backups."""
    phrases = dict[str, str]()
    for turns in (found for found in state if isinstance(found, Turns)):
        names = turns.servers.backends.names
        phrases |= {names[place]: "down" for place in turns.servers.rests}
        phrases |= {names[turn[2]]: "not served in this round" for turn in turns.fresh}
        phrases |= {names[turn[2]]: "again in this round" for turn in turns.current}
        phrases |= {names[turn[2]]: "in the next round" for turn in turns.later}
    return Memory("Who is due first is next.", phrases) if phrases else UNSAID


@memory_of.register
def _of_waiting(state: Waiting, method: str) -> Memory:
    ordered = [state.backends.names[place] for _, _, place in sorted(state.tree, key=itemgetter(1))]
    phrases = [f"number {n} among equals" for n in range(1, len(ordered) + 1)]
    return Memory(
        "The fewest open for its weight is next; who waits longest goes first.", _each(ordered, phrases)
    )


@memory_of.register
def _of_schedule(state: Schedule, method: str) -> Memory:
    names = state.backends.names
    if len({state.backends.weights[p] for p in state.among}) < 2:
        after = names[state.among[state.at % len(state.among)]]
        return Memory(f"Next: {short(after)}.", {after: "next"})
    due = {names[place]: f"due as number {n}" for n, (_, place) in enumerate(state.deadlines, 1)}
    return Memory("The earliest deadline is next.", due)


@memory_of.register
def _of_heap(state: Deadlines, method: str) -> Memory:
    after = state.backends.names[state.heap[0][1]]
    return Memory(f"Next: {short(after)}, whose deadline is the earliest.", {after: "next"})


@memory_of.register
def _of_last(state: Last, method: str) -> Memory:
    return Memory(f"Last: {short(state.name)}; the next one of the list follows.", {state.name: "last"})


@memory_of.register
def _of_place(state: int, method: str) -> Memory:
    return Memory(f"Entry {state + 1} of the table of turns is next.", {})
