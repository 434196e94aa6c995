"""What `sim compare` prints: one table of money and latency, the finding first, every line of the bill."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor, log10
from textwrap import wrap

from rich.text import Text

from sim.comparison import QUANTILES, Comparison, Difference, PlanOutcome
from sim.cost import half_up
from sim.report.finding import finding
from sim.report.terminal import WIDTH
from sim.report.theme import PLANS, item_name
from sim.units import show_seconds

_NAME, _FIGURE = 24, 18


def compare_lines(comparison: Comparison, name: str) -> Iterator[Text]:
    """The comparison of two plans."""
    first, second = comparison.pair
    yield Text(finding(comparison)[0], "bold")
    yield Text(_subtitle(comparison, name))
    yield Text()
    marks = [f"{PLANS[o.name].mark} {o.name}" for o in (first, second)]
    yield Text(f"{'':<{_NAME}}{marks[0]:>{_FIGURE}}{marks[1]:>{_FIGURE}}{'change':>{_FIGURE}}", "bold")
    yield from _bill(comparison)
    yield from _counts(first, second)
    yield from _latency(comparison)
    yield Text()
    yield from _verdicts(comparison)
    for assumption in comparison.assumptions:
        yield from map(Text, wrap(f"assumed: {assumption.what}", WIDTH, subsequent_indent="  "))
    yield Text(_foot(comparison), "dim")


def _subtitle(comparison: Comparison, name: str) -> str:
    services = f"{comparison.services} Service{'s' if comparison.services != 1 else ''}"
    return f"{name}: {services}, {comparison.requests_per_s:.6g} requests/s in all"


def _row(name: str, first: str, second: str, change: str = "", style: str = "") -> Text:
    return Text(f"{name:<{_NAME}}{first:>{_FIGURE}}{second:>{_FIGURE}}{change:>{_FIGURE}}".rstrip(), style)


def _bill(comparison: Comparison) -> Iterator[Text]:
    first, second = comparison.pair
    yield Text(f"{first.bill.currency} a month", "dim")
    for item in comparison.items:
        one, other = first.amount(item), second.amount(item)
        yield _row(f"  {item_name(item)}", _money(one), _money(other), _change(other - one))
    one, other = first.bill.amount, second.bill.amount
    yield _row("  Total", _money(one), _money(other), _change(other - one), "bold")


def _money(amount: Fraction) -> str:
    return f"{half_up(amount, 2):,}" if amount else "–"


def _change(amount: Fraction) -> str:
    shown = half_up(abs(amount), 2)
    sign = "+" if amount > 0 else "−"
    return f"{sign}{shown:,}" if shown else "="


def _counts(first: PlanOutcome, second: PlanOutcome) -> Iterator[Text]:
    yield Text("what it takes", "dim")
    yield _row("  Load balancers", f"{first.load_balancers:,}", f"{second.load_balancers:,}")
    yield _row("  Public addresses", f"{first.public_addresses:,}", f"{second.public_addresses:,}")
    yield _row("  Controller Pods", f"{first.controller_pods:,}", f"{second.controller_pods:,}")
    yield _row("  Requests failed", _failed(first), _failed(second))


def _failed(outcome: PlanOutcome) -> str:
    return f"{outcome.failed:,} of {outcome.sent:,}"


def _latency(comparison: Comparison) -> Iterator[Text]:
    first, second = comparison.pair
    yield Text("latency, from the decision to send to the last byte", "dim")
    for name in QUANTILES:
        one, other = _time(first.latency_s[name]), _time(second.latency_s[name])
        yield _row(f"  {name}", one, other, _difference(comparison.differences.get(name)))


def _time(value_s: float) -> str:
    return "–" if value_s != value_s else show_seconds(value_s)


def _difference(difference: Difference | None) -> str:
    """Paired difference; `cannot tell` where its interval covers zero."""
    if difference is None or difference.mean != difference.mean:
        return ""
    if difference.cannot_tell:
        return "cannot tell"
    sign = "+" if difference.mean >= 0 else "−"
    if difference.half_width is None:
        return f"{sign}{show_seconds(abs(difference.mean))}"
    size, half = abs(difference.mean) * 1e3, difference.half_width * 1e3
    places = min(3, max(0, 1 - floor(log10(half)))) if half else 3
    return f"{sign}{size:,.{places}f} ± {half:.{places}f} ms"


def _verdicts(comparison: Comparison) -> Iterator[Text]:
    count = comparison.break_even_services
    if count is None:
        yield Text("break-even: the single Ingress is not cheaper for up to 200 such Services")
    else:
        yield Text(f"break-even: the single Ingress is cheaper from {count} such Services on")
    for outcome in comparison.outcomes:
        for quota in outcome.quotas:
            if quota.exceeded:
                limit = f"{quota.used:,} of {quota.limit:,}"
                yield Text(f"quota: {outcome.name} needs {limit} {quota.name.replace('_', ' ')}")


def _foot(comparison: Comparison) -> str:
    bill = comparison.outcomes[0].bill
    runs = "one run" if comparison.replications == 1 else f"{comparison.replications} paired runs"
    return (
        f"seed {comparison.seed} · {runs} · {bill.provider} {bill.product}, prices of "
        f"{comparison.prices_as_of}"
        f" · sim {comparison.version}"
    )
