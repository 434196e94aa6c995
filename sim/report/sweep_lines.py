"""What `sim sweep` prints: a row per value and plan, and the paired difference beside the second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from sim.comparison import Comparison, PlanOutcome
from sim.report.compare_rows import difference_text, time_text
from sim.report.finding import failed_share, percent
from sim.report.theme import PLANS
from sim.report.verdict import JUDGED

_VALUE, _PLAN, _MONEY, _TIME, _FAILED, _CHANGE = 12, 17, 13, 10, 9, 19


def sweep_lines(key: str, points: Sequence[tuple[str, Comparison]], name: str) -> Iterator[Text]:
    """The table of a sweep over a key of the scenario `name`."""
    first = points[0][1]
    currency = first.outcomes[0].bill.currency
    yield Text(f"{name} for each value of {key}", "bold")
    yield Text()
    yield Text(_cells("value", "", f"{currency} a month", JUDGED, "failed", f"{JUDGED} change"), "bold")
    for value, found in points:
        for place, outcome in enumerate(found.outcomes):
            yield Text(_row(value if place == 0 else "", outcome, _change(found, place)).rstrip())
    yield Text()
    runs = "one run" if first.replications == 1 else f"{first.replications} paired runs"
    bill = first.outcomes[0].bill
    prices = f"{bill.provider} {bill.product}, prices of {first.prices_as_of}"
    yield Text(f"seed {first.seed} · {runs} each · {prices} · sim {first.version}", "dim")


def _change(found: Comparison, place: int) -> str:
    return difference_text(found.differences.get(JUDGED)) if place else ""


def _row(value: str, outcome: PlanOutcome, change: str) -> str:
    plan = f"{PLANS[outcome.name].mark} {outcome.name}"
    failed = percent(failed_share(outcome)) if outcome.failed else "0 %"
    latency = time_text(outcome.latency_s[JUDGED])
    return _cells(value, plan, f"{outcome.bill.total:,}", latency, failed.replace("less than", "<"), change)


def _cells(value: str, plan: str, money: str, latency: str, failed: str, change: str) -> str:
    value = value if len(value) < _VALUE else f"{value[: _VALUE - 2]}…"
    right = f"{money:>{_MONEY}}{latency:>{_TIME}}{failed:>{_FAILED}}{change:>{_CHANGE}}"
    return f"{value:<{_VALUE}}{plan:<{_PLAN}}{right}"
