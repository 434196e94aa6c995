"""A sweep: the same comparison for each value of one key of a scenario.

Every point has the scenario's seed, so neighbours differ by the key and not by their draws.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sim.comparing import compare
from sim.comparison import QUANTILES, Comparison
from sim.errors import UsageError
from sim.experiments import load_experiment
from sim.loading import documents

EVERY = "*"
EXAMPLE = "write KEY=a,b,c, for example controller.replicas=1,2,4 or traffic.*.rps=10,20"


@dataclass(frozen=True)
class Axis:
    """A key, and the values that it takes in turn.

    Args:
        key: names and list places, outermost first; `*`: every place of a list.
        values: as they would stand in the file.
    """

    key: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One value, and what the comparison gave for it."""

    value: str
    found: Comparison


def axis(text: str) -> Axis:
    """Read `KEY=a,b,c`.

    Raises:
        UsageError: it has no key or no values.
    """
    key, equals, values = text.partition("=")
    parts, items = key.strip().split("."), [v.strip() for v in values.split(",")]
    if not equals or not all(parts) or not all(items):
        raise UsageError(f"{text}: no key with values; {EXAMPLE}")
    return Axis(tuple(parts), tuple(items))


def sweep(scenario: str, over: Axis, version: str, **how: Any) -> Iterator[Point]:
    """Run the comparison at each value.

    Args:
        how: further arguments of `comparing.compare`.

    Raises:
        ScenarioError, UsageError: the scenario has no such key, or it takes no such value.
    """
    points = [(v, load_experiment(scenario, changed(over.key, _parsed(v)))) for v in over.values]
    for value, experiment in points:
        yield Point(value, compare(experiment, version, **how))


def _parsed(text: str) -> Any:
    found = next(documents(text.encode(), "value"), None)
    return None if found is None else found.value


def changed(key: Sequence[str], item: Any) -> Callable[[Any], Any]:
    """A function that copies the keys of a scenario with one of them set.

    >>> changed(["traffic", "*", "rps"], 5)({"traffic": [{"rps": 1}, {"rps": 2}]})
    {'traffic': [{'rps': 5}, {'rps': 5}]}
    """

    def change(value: Any) -> Any:
        copy = deepcopy(value)
        _set(copy, key, item)
        return copy

    return change


def _set(within: Any, key: Sequence[str], item: Any) -> None:
    """Set a key in place; a mapping that is not there is made, a place in a list is not.

    Raises:
        UsageError: the key leads into something that has no keys.
    """
    for place in _places(within, key[0]):
        if len(key) == 1:
            within[place] = item
        else:
            if isinstance(within, dict):
                within.setdefault(place, {})
            _set(within[place], key[1:], item)


def _places(within: Any, name: str) -> Sequence[Any]:
    if isinstance(within, dict):
        return [name]
    if not isinstance(within, list):
        raise UsageError(f"{name}: the scenario has no keys there; {EXAMPLE}")
    if name == EVERY:
        return range(len(within))
    if not name.isdecimal() or int(name) >= len(within):
        raise UsageError(f"{name}: the list has the places 0 to {len(within) - 1}, or * for all")
    return [int(name)]


def as_csv(over: Axis, points: Sequence[Point]) -> str:
    """A row per value and plan: money to the cent, times in seconds, empty where nothing was answered."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    times = [f"{name}_s" for name in QUANTILES]
    head = ("plan", "provider", "currency", "monthly", "sent", "failed")
    writer.writerow([".".join(over.key), *head, *times, *(f"{t}_ci" for t in times)])
    for point in points:
        for one in point.found.outcomes:
            money = (one.bill.provider, one.bill.currency, one.bill.total)
            latency = [_cell(one.latency_s[name]) for name in QUANTILES]
            half = [_cell(one.latency_ci[name]) if one.latency_ci else "" for name in QUANTILES]
            writer.writerow([point.value, one.name, *money, one.sent, one.failed, *latency, *half])
    return out.getvalue()


def _cell(value: float) -> str:
    return f"{value:.9g}" if isfinite(value) else ""
