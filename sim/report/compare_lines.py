"""What `sim compare` prints: one table of money and latency, the finding first, every line of the bill."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from textwrap import wrap

from rich.text import Text

from sim.comparison import QUANTILES, Comparison, Difference, PlanOutcome
from sim.cost import half_up
from sim.report.cost_lines import break_even_words, stops, table
from sim.report.finding import finding
from sim.report.terminal import WIDTH
from sim.report.theme import PLANS, item_name
from sim.report.verdict import places_for, verdict
from sim.units import show_seconds

_NAME, _FIGURE = 24, 18


def compare_lines(comparison: Comparison, name: str) -> Iterator[Text]:
    """The comparison of two plans, priced by one provider line by line, by several in a row each."""
    yield from _head(comparison, name)
    yield Text()
    yield from (_of_several if len(comparison.offers) > 1 else _of_one)(comparison)
    for assumption in comparison.assumptions:
        yield from map(Text, wrap(f"assumed: {assumption.what}", WIDTH, subsequent_indent="  "))
    yield Text(_foot(comparison), "dim")


def _of_one(comparison: Comparison) -> Iterator[Text]:
    yield _marks(comparison)
    yield from _bill(comparison)
    yield from _bought(*comparison.pair)
    yield from _common(*comparison.pair)
    yield from _latency(comparison)
    yield from _risk(*comparison.pair)
    yield Text()
    yield Text(break_even_words(comparison.break_even_services))


def _of_several(comparison: Comparison) -> Iterator[Text]:
    """A run gives the same for all; load balancers and addresses differ, so they are left out."""
    yield from table(comparison.offers)
    yield Text()
    yield _marks(comparison)
    yield from _common(*comparison.pair)
    yield from _latency(comparison)
    yield Text()


_PARTS = {
    "load_balancer": "One load balancer",
    "controller_pod": "One controller Pod",
    "node": "One node",
    "zone": "One zone",
    "bad_rule": "One bad rule",
}


def _risk(first: PlanOutcome, second: PlanOutcome) -> Iterator[Text]:
    """Which share of the requests fails with one part, the one that most of them need."""
    yield Text("requests that fail while one part is broken and nobody has noticed", "dim")
    for kind, name in _PARTS.items():
        if kind in first.blast_radius or kind in second.blast_radius:
            yield _row(f"  {name}", _share(first, kind), _share(second, kind))


def _share(outcome: PlanOutcome, kind: str) -> str:
    found = outcome.blast_radius.get(kind)
    return "–" if found is None else f"{found['share']:.0%}"


def _marks(comparison: Comparison) -> Text:
    marks = [f"{PLANS[o.name].mark} {o.name}" for o in comparison.pair]
    return Text(f"{'':<{_NAME}}{marks[0]:>{_FIGURE}}{marks[1]:>{_FIGURE}}{'change':>{_FIGURE}}", "bold")


def _head(comparison: Comparison, name: str) -> Iterator[Text]:
    """Quotas that stop a plan, before any saving; then the finding, what it is about, and the verdict."""
    yield from stops(plan for offer in comparison.offers for plan in offer.plans)
    yield Text(finding(comparison)[0], "bold")
    yield Text(_subtitle(comparison, name))
    yield from map(Text, wrap(verdict(comparison), WIDTH, subsequent_indent="  "))


def _subtitle(comparison: Comparison, name: str) -> str:
    services = f"{comparison.services} Service{'s' if comparison.services != 1 else ''}"
    rest = f": {services}, {comparison.requests_per_s:.6g} requests/s in all"
    room = WIDTH - len(rest)
    return (name if len(name) <= room else f"…{name[len(name) - room + 1 :]}") + rest


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


def _bought(first: PlanOutcome, second: PlanOutcome) -> Iterator[Text]:
    yield Text("what it takes", "dim")
    yield _row("  Load balancers", f"{first.load_balancers:,}", f"{second.load_balancers:,}")
    yield _row("  Public addresses", f"{first.public_addresses:,}", f"{second.public_addresses:,}")


def _common(first: PlanOutcome, second: PlanOutcome) -> Iterator[Text]:
    yield _row("  Controller Pods", f"{first.controller_pods:,}", f"{second.controller_pods:,}")
    yield _row("  Requests failed", _failed(first), _failed(second))


def _failed(outcome: PlanOutcome) -> str:
    return f"{outcome.failed:,} of {outcome.sent:,}"


def _latency(comparison: Comparison) -> Iterator[Text]:
    first, second = comparison.pair
    yield Text("latency, from the decision to send to the last byte", "dim")
    for name in QUANTILES:
        one, other = time_text(first.latency_s[name]), time_text(second.latency_s[name])
        yield _row(f"  {name}", one, other, difference_text(comparison.differences.get(name)))


def time_text(value_s: float) -> str:
    """A latency; a dash where nothing was answered."""
    return "–" if value_s != value_s else show_seconds(value_s)


def difference_text(difference: Difference | None) -> str:
    """Paired difference; `cannot tell` where its interval covers zero."""
    if difference is None or difference.mean != difference.mean:
        return ""
    if difference.cannot_tell:
        return "cannot tell"
    sign = "+" if difference.mean >= 0 else "−"
    if difference.half_width is None:
        return f"{sign}{show_seconds(abs(difference.mean))}"
    size, half = abs(difference.mean) * 1e3, difference.half_width * 1e3
    places = places_for(difference.half_width)
    return f"{sign}{size:,.{places}f} ± {half:.{places}f} ms"


def _foot(comparison: Comparison) -> str:
    bill = comparison.outcomes[0].bill
    runs = "one run" if comparison.replications == 1 else f"{comparison.replications} paired runs"
    one = f"{bill.provider} {bill.product}, prices of {comparison.prices_as_of}"
    prices = "each provider's own currency" if len(comparison.offers) > 1 else one
    return f"seed {comparison.seed} · {runs} · {prices} · sim {comparison.version}"
