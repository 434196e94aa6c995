"""What the proxies remember on the page: as the engine wrote it down, and only where it is asked for."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

import pytest

from sim.comparison.replay import record
from sim.report.page.replay import Replay
from sim.report.words.remembered import UNSAID, memory_of
from sim.routing.proxies import PROGRAMS
from sim.routing.proxies.values import Backend, Backends, Method, View
from sim.scenario.experiment import load_experiment

METHODS = [method for methods in PROGRAMS.values() for method in methods.values()]


@cache
def recorded(profile: str, remember: bool = True) -> Replay:
    """A run of the fan-out scenario behind a controller."""
    experiment = load_experiment("fanout")
    key = experiment.scenario.controller_key.model_copy(update={"profile": profile})
    scenario = experiment.scenario.model_copy(update={"controller": key})
    return Replay(record(replace(experiment, scenario=scenario), requests=80, remember=remember))


def numbers(text: str) -> list[int]:
    """The inverse of `as_text`."""
    found, number, shift = list[int](), 0, 0
    for byte in base64.b64decode(text):
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(number)
            number = shift = 0
    return found


def moments(memory: dict[str, Any]) -> list[tuple[int, int, str, str, list[tuple[int, str]]]]:
    """Time, place, why, what is remembered, and of each Pod what is open and its phrase."""
    stream, found, at = iter(numbers(memory["stream"])), [], 0
    for step in stream:
        at += step
        place = next(stream)
        because, says = (memory["texts"][next(stream)] for _ in range(2))
        pods = [(next(stream), memory["texts"][next(stream)]) for _ in memory["places"][place]["pods"]]
        found.append((at, place, because, says, pods))
    return found


def test_a_page_that_does_not_ask_has_none_of_it() -> None:
    """Not a byte of data more."""
    (plan,) = recorded("nginx-inc", remember=False).data["plans"]
    assert "memory" not in plan


@pytest.mark.parametrize("profile", ["ingress-nginx", "haproxy"])
def test_each_choice_is_that_of_the_run(profile: str) -> None:
    """One reason per request that a controller passed on, which names its Pod; nothing is open in the end."""
    (plan,) = recorded(profile).data["plans"]
    run = recorded(profile).recorded.runs[0]
    memory, result = plan["memory"], run.result
    chosen = [because.partition(":")[0] for _, _, because, _, _ in moments(memory) if because]
    served = sorted(
        (time, plan["stations"][pod]["name"])
        for time, pod in zip(result.controller_departure_s.tolist(), result.pod.tolist(), strict=True)
        if pod >= 0
    )
    assert chosen == [name for _, name in served]
    last = {place: pods for _, place, _, _, pods in moments(memory)}
    assert {memory["places"][place]["by"].partition(" of ")[2] for place in last} == {profile}
    by_proxy = groupby(sorted(last), key=lambda place: memory["places"][place]["controller"])
    assert all(sum(opened for place in places for opened, _ in last[place]) <= 80 for _, places in by_proxy)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.full_name)
def test_every_state_has_words(method: Method) -> None:
    """A sentence for each, and phrases for known Pods alone."""
    listed = tuple(Backend(f"shop/{name}", f"10.0.0.{n}:80", weight=n) for n, name in enumerate("abc", 1))
    view, state = View(Backends(listed), (0, 0, 0), key="k", client="203.0.113.9"), None
    for _ in range(4):
        state = method.choose(view, state, lambda _: 0.4).state
    said = memory_of(state, method.name)
    assert said.says != UNSAID.says
    assert set(said.of) <= set(view.backends.names)
