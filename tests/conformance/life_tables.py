"""Tables of a cluster's life: each case asks one pure function by the name of its rule; unknown words are failures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sim.errors import InputError

Values = dict[str, Any]
CASE_KEYS = {"id", "rule", "in", "out", "by", "source", "seen", "note"}
NEVER = math.inf


@dataclass(frozen=True)
class Rule:
    """How one rule is asked.

    Args:
        keys: of `in` that it knows.
        ask: `in` -> what `out` is compared with.
    """

    keys: frozenset[str]
    ask: Callable[[Values], Values]


def rule(keys: str) -> Callable[[Callable[[Values], Values]], Rule]:
    """Make a function the answer to a rule; `keys` are the words it knows."""
    return lambda ask: Rule(frozenset(keys.split()), ask)


def cases(file: Path, rules: Mapping[str, Rule]) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """(id, what differs) of every case of a table."""
    whole = yaml.load(file.read_text(), yaml.CSafeLoader)
    for key in set(whole) - {"schema", "table", "cases"} | {k for k in ("schema",) if whole[k] != "life/1"}:
        yield file.name, lambda key=key: f"unknown {key!r}"
    for case in whole["cases"]:
        yield str(case["id"]), lambda case=case: difference(case, rules)


def difference(case: Mapping[str, Any], rules: Mapping[str, Rule]) -> str | None:
    """What differs between a case and what the product says."""
    asked, known = case.get("in") or {}, rules.get(case["rule"])
    if known is None:
        return f"unknown rule {case['rule']!r}"
    unknown = (set(case) - CASE_KEYS) | (set() if case["rule"] == "fact" else set(asked) - known.keys)
    if unknown:
        return f"unknown key {min(unknown)!r}"
    try:
        got = known.ask({"id": case["id"], "out": case["out"]} if case["rule"] == "fact" else dict(asked))
    except InputError:
        got = {"error": True}
    differs = [k for k, v in case["out"].items() if k not in got or not alike(v, got[k])]
    return "; ".join(f"{k}: expected {case['out'][k]}, got {got.get(k, 'nothing')}" for k in differs) or None


def alike(wanted: Any, got: Any) -> bool:
    """Whether two values are the same; numbers within what a table writes of them."""
    if isinstance(wanted, Mapping):
        return (
            isinstance(got, Mapping)
            and set(wanted) == set(got)
            and all(alike(wanted[k], got[k]) for k in wanted)
        )
    if isinstance(wanted, list | tuple):
        same = isinstance(got, list | tuple) and len(wanted) == len(got)
        return same and all(alike(w, g) for w, g in zip(wanted, got, strict=True))
    if isinstance(wanted, bool) or isinstance(got, bool) or wanted is None or got is None:
        return wanted is got
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return math.isclose(wanted, got, rel_tol=1e-6, abs_tol=1e-9)
    return wanted == got


def seconds_or_never(value: Any) -> float:
    """A time of a table; `never`, `forever` and null are without end."""
    return NEVER if value is None or value in ("never", "forever") else float(value)


def only(asked: Values, names: Mapping[str, str]) -> Values:
    """What a case gives, by our names: the rest is the product's own default."""
    return {ours: seconds_or_never(asked[theirs]) for theirs, ours in names.items() if theirs in asked}


def or_none(value_s: float) -> float | None:
    """A moment as a table has it; what never comes is null."""
    return None if value_s == NEVER else value_s
