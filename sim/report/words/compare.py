"""What a comparison says, as rows of words: a cell per plan, and how each other plan differs from the first.

The terminal lays them out as columns, the report as tables; neither says anything of its own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any

from sim.comparison.comparison import QUANTILES, Comparison, Difference, Happening, PlanOutcome
from sim.report.theme import item_name
from sim.report.words.answers import kind_of
from sim.report.words.numbers import (
    CANNOT_TELL,
    NO_DIFFERENCE,
    NOTHING,
    latency_text,
    money_change,
    money_text,
    share_text,
    sign,
    signed,
    with_interval,
)
from sim.units import show_seconds


@dataclass(frozen=True)
class CompareRow:
    """A line of a table.

    Args:
        cells: one per plan.
        changes: one per plan after the first; empty where a difference means nothing.
        total: whether it sums up those above.
    """

    label: str
    cells: tuple[str, ...]
    changes: tuple[str, ...] = ()
    total: bool = False


def bill_rows(comparison: Comparison) -> Iterator[CompareRow]:
    """Every item of any bill, and the sum."""
    plans = comparison.outcomes
    for item in comparison.items:
        yield _money_row(item_name(item), [o.bill.amount_of(item) for o in plans])
    yield _money_row("Total", [o.bill.amount for o in plans], total=True)


def _money_row(label: str, amounts: Sequence[Fraction], total: bool = False) -> CompareRow:
    first, *others = amounts
    changes = (money_change(other - first) for other in others)
    return CompareRow(label, tuple(map(money_text, amounts)), tuple(changes), total)


def bought_rows(plans: Sequence[PlanOutcome]) -> Iterator[CompareRow]:
    """What a provider is asked for."""
    yield CompareRow("Load balancers", tuple(f"{o.load_balancers:,}" for o in plans))
    yield CompareRow("Public addresses", tuple(f"{o.public_addresses:,}" for o in plans))


def common_rows(plans: Sequence[PlanOutcome]) -> Iterator[CompareRow]:
    """What is the same at every provider."""
    yield CompareRow("Controller Pods", tuple(f"{o.controller_pods:,}" for o in plans))
    yield CompareRow("Requests failed", tuple(f"{o.failed:,} of {o.sent:,}" for o in plans))


def failure_rows(comparison: Comparison) -> Iterator[CompareRow]:
    """What failed while something happened, by how it ended and who wrote that, and what was hidden."""
    for (reason, author), cells in failures_alike(comparison.outcomes):
        yield count_row(f"{kind_of(reason)} ({author})", cells)
    if any(o.hidden for o in comparison.outcomes):
        yield count_row("Saved by another try", [o.hidden for o in comparison.outcomes])


def failures_alike(outcomes: Sequence[PlanOutcome]) -> list[tuple[tuple[str, str], list[int]]]:
    """(reason, author) and how many each plan has of it, the most frequent first."""
    counts = [_counted(o) for o in outcomes]
    every: Counter[tuple[str, str]] = sum(counts, Counter())
    return [(alike, [count[alike] for count in counts]) for alike, _ in every.most_common()]


def _counted(outcome: PlanOutcome) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in outcome.failures or ():
        found[one.reason, one.author] += one.count
    return found


def count_row(label: str, counts: Sequence[int]) -> CompareRow:
    """Counts, and what each plan has more or fewer than the first."""
    first, *others = counts
    changes = (f"{sign(n - first)}{abs(n - first):,}" if n != first else "0" for n in others)
    return CompareRow(label, tuple(f"{n:,}" for n in counts), tuple(changes))


def what_happens(comparison: Comparison) -> str:
    """The events and the faults of the runs, each with its moment."""
    return "; ".join(f"at {one.at_s:g} s {_happens(one)}" for one in comparison.happens)


def _happens(one: Happening) -> str:
    return one.what.replace("_", " ") + (" fails" if one.kind == "fault" else "")


def latency_rows(comparison: Comparison) -> Iterator[CompareRow]:
    """Mean and quantiles, each with its paired difference."""
    for name in QUANTILES:
        cells = (latency_text(o.latency_s[name]) for o in comparison.outcomes)
        changes = (difference_text(d.get(name)) for d in _differences(comparison))
        yield CompareRow(name, tuple(cells), tuple(changes))


def _differences(comparison: Comparison) -> list[Any]:
    return [comparison.differences_of(o.name) for o in comparison.outcomes[1:]]


def difference_text(difference: Difference | None) -> str:
    """Paired difference; `cannot tell` where its interval covers zero."""
    if difference is None or not isfinite(difference.mean):
        return ""
    if difference.is_nothing:
        return NO_DIFFERENCE
    if difference.cannot_tell:
        return CANNOT_TELL
    if abs(difference.mean) + (difference.half_width or 0.0) < _LEAST_S:
        return f"{sign(difference.mean)}<1 µs"
    if difference.half_width is None:
        return f"{sign(difference.mean)}{show_seconds(abs(difference.mean))}"
    return f"{with_interval(difference.mean * 1e3, difference.half_width * 1e3)} ms"


LARGE_S = 10.0
_LEAST, _LEAST_S = 0.0005, 5e-7
"""What three decimals can show, and that in seconds where they are milliseconds."""


def difference_unit(comparison: Comparison) -> tuple[str, float]:
    """The unit in which all differences of a comparison are short, and how many of it are in a second."""
    sizes = (abs(d.mean) for of_plan in _differences(comparison) for d in of_plan.values())
    return ("s", 1.0) if max((s for s in sizes if isfinite(s)), default=0.0) >= LARGE_S else ("ms", 1e3)


def difference_rows(comparison: Comparison) -> Iterator[CompareRow]:
    """Each plan's difference from the first, in one unit for all; the first's own cell is empty."""
    _, per_s = difference_unit(comparison)
    for name in QUANTILES:
        cells = (bare_difference(d.get(name), per_s) for d in _differences(comparison))
        yield CompareRow(name, ("", *cells))


def bare_difference(difference: Difference | None, per_s: float) -> str:
    """A paired difference without its unit.

    >>> bare_difference(Difference(0.0012, None), 1e3), bare_difference(Difference(0.001, 0.002), 1e3)
    ('+1.200', 'cannot tell')
    """
    if difference is None or not isfinite(difference.mean):
        return ""
    if difference.is_nothing:
        return NO_DIFFERENCE
    if difference.cannot_tell:
        return CANNOT_TELL
    if abs(difference.mean) * per_s + (difference.half_width or 0.0) * per_s < _LEAST:
        return f"{sign(difference.mean)}<0.001"
    if difference.half_width is None:
        return signed(difference.mean * per_s, 3)
    return with_interval(difference.mean * per_s, difference.half_width * per_s)


PARTS = {
    "load_balancer": "One load balancer",
    "controller_pod": "One controller Pod",
    "node": "One node",
    "zone": "One zone",
    "bad_rule": "One bad rule",
}
"""Kind of part -> what people call one of it."""


def risks(comparison: Comparison) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """What fails with one part, the one that most requests need: a value per plan."""
    plans, elsewhere = comparison.outcomes, comparison.one_load_balancer_elsewhere
    for kind, name in PARTS.items():
        if any(kind in o.blast_radius for o in plans):
            yield name, tuple(o.blast_radius.get(kind) for o in plans)
        if kind == "load_balancer" and elsewhere and any(elsewhere[1]):
            yield f"… at {elsewhere[0]}", elsewhere[1]


def risk_rows(comparison: Comparison) -> Iterator[CompareRow]:
    """The same in words."""
    for name, radii in risks(comparison):
        yield CompareRow(name, tuple(NOTHING if r is None else share_text(r["share"]) for r in radii))
