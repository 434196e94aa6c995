"""What `sim sweep` prints: a row per value and plan, the paired difference, and where money crosses."""

from collections.abc import Iterator
from dataclasses import replace
from textwrap import wrap

from rich.text import Text

from sim.comparison.comparison import Comparison, PlanOutcome
from sim.comparison.series import SERVICES, Crossing, Series
from sim.report.text.cost import break_even_words, in_doubt
from sim.report.theme import PLANS
from sim.report.width import WIDTH
from sim.report.words.compare import difference_text
from sim.report.words.finding import failed_share
from sim.report.words.numbers import latency_text, share_text
from sim.report.words.obstacles import obstacle_title
from sim.report.words.origin import prices, runs
from sim.report.words.verdict import JUDGED
from sim.units import show_seconds

_VALUE, _PLAN, _MONEY, _TIME, _FAILED, _CHANGE = 12, 17, 13, 10, 9, 19


def sweep_lines(series: Series) -> Iterator[Text]:
    """The table of a sweep, and what it comes to."""
    currency = series.first.outcomes[0].bill.currency
    yield Text(f"{series.name} for each value of {series.key}", "bold")
    yield Text()
    yield Text(_cells("value", "", f"{currency} a month", JUDGED, "failed", f"{JUDGED} change"), "bold")
    for point in series.points:
        for place, outcome in enumerate(point.found.outcomes):
            yield Text(_row("" if place else point.value, outcome, _change(point.found, place)).rstrip())
    yield Text()
    sound = tuple(point for point in series.points if not point.found.obstacles)
    money = money_lines(replace(series, points=sound)) if sound else ()
    for line in (*_no_verdicts(series), *money):
        yield from map(Text, wrap(line, WIDTH, subsequent_indent="  "))
    if left_out := [point.found.warm_up.until_s for point in series.points if point.found.warm_up]:
        yield Text(
            f"warm-up: up to {show_seconds(max(left_out))} of a run left out; -o json has each value's"
        )
    yield from in_doubt(o.bill for point in series.points for o in point.found.outcomes)
    first = series.first
    each = f"{runs(first.replications)} each"
    yield Text(f"seed {first.seed} · {each} · {prices(first)} · sim {first.version}", "dim")


def _no_verdicts(series: Series) -> Iterator[str]:
    """The values at which no plan can be called better, after the reason."""
    values: dict[str, list[str]] = {}
    for point in series.points:
        if point.found.obstacles:
            values.setdefault(obstacle_title(point.found.obstacles), []).append(point.value)
    for title, at in values.items():
        yield f"{series.key} {', '.join(at)}: {title[0].lower()}{title[1:]}"


def money_lines(series: Series) -> Iterator[str]:
    """Where the cheaper plan changes, for each plan against the first."""
    for plan in series.plans[1:]:
        found = [c for c in series.crossings if c.plan == plan]
        yield from (_crossing(c, series) for c in found)
        if not found and series.is_numeric:
            always = series.is_cheaper(series.points[0], plan)
            yield f"{plan} is {'cheaper' if always else 'not cheaper'} at every value"
    if series.key == SERVICES and (series.break_even_services or 0) > 1:
        yield break_even_words(series.break_even_services)


def _crossing(crossing: Crossing, series: Series) -> str:
    """At which of the values it changes; what lies between two of them was not tried."""
    if crossing.cheaper:
        return f"{crossing.plan} is cheaper from {_named(crossing.by, series)} on, not at {crossing.after}"
    return f"{crossing.plan} is cheaper up to {_named(crossing.after, series)}, not at {crossing.by}"


def _named(value: str, series: Series) -> str:
    return f"{value} {series.key}" if series.key == SERVICES else f"{series.key} {value}"


def _change(found: Comparison, place: int) -> str:
    if not place:
        return ""
    return difference_text(found.differences_of(found.outcomes[place].name).get(JUDGED))


def _row(value: str, outcome: PlanOutcome, change: str) -> str:
    plan = f"{PLANS[outcome.name].mark} {outcome.name}"
    failed = share_text(failed_share(outcome))
    latency = latency_text(outcome.latency_s[JUDGED])
    return _cells(value, plan, f"{outcome.bill.total:,}", latency, failed.replace("less than", "<"), change)


def _cells(value: str, plan: str, money: str, latency: str, failed: str, change: str) -> str:
    value = value if len(value) < _VALUE else f"{value[: _VALUE - 2]}…"
    right = f"{money:>{_MONEY}}{latency:>{_TIME}}{failed:>{_FAILED}}{change:>{_CHANGE}}"
    return f"{value:<{_VALUE}}{plan:<{_PLAN}}{right}"
