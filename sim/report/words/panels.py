"""What the comparison chart shows, as plain values: rows on axes, and the words around them.

Worked out before anything is drawn, so that the chart and its text alternative say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor, isfinite, log10

from sim.comparison.comparison import QUANTILES, Comparison
from sim.costs.bill import half_up
from sim.report.theme import currency_name, item_name

MOST_PLACES = 3
CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Row:
    """One thing that is compared.

    Args:
        values: of the two plans, in the unit of the axis; NaN is not drawn.
        half_widths: of their intervals; zero where there is none.
        shown: the values as text.
        difference: as text; empty where the panel shows none.
    """

    label: str
    values: tuple[float, float]
    half_widths: tuple[float, float]
    shown: tuple[str, str]
    difference: str = ""
    bold: bool = False

    @property
    def in_words(self) -> str:
        """The row as a part of a sentence."""
        difference = f", difference {self.difference}" if self.difference else ""
        return f"{self.label} {self.shown[0]}, {self.shown[1]}{difference}"


@dataclass(frozen=True)
class Panel:
    """Rows on one axis that starts at zero.

    Args:
        unit: in words, above the axis.
        note: below the axis; empty for none.
        with_values: whether there is room for the column of values.
    """

    unit: str
    rows: tuple[Row, ...]
    note: str = ""
    with_values: bool = True

    @property
    def with_difference(self) -> bool:
        """Whether there is a column of differences."""
        return any(row.difference for row in self.rows)

    @property
    def limit(self) -> float:
        """Where the axis ends: a little right of the last mark."""
        ends = [v + h for r in self.rows for v, h in zip(r.values, r.half_widths, strict=True) if isfinite(v)]
        return 1.04 * max(ends, default=0.0) or 1.0


def subtitle(comparison: Comparison) -> str:
    """What is shown, of what, and what the bars mean."""
    services, rate = comparison.services, comparison.requests_per_s
    what = f"{counted(services, 'Service')}, {rate:,.10g} requests per second in all."
    if comparison.replications < 2:
        return f"{what} One run, so no interval."
    return f"{what} Bars through the marks: 95 % interval of {comparison.replications:,} paired runs."


def caption(comparison: Comparison) -> str:
    """Where the numbers come from."""
    first = comparison.pair[0]
    prices = f"{first.bill.provider} {first.bill.product}, prices of {comparison.prices_as_of}"
    runs = "one run" if comparison.replications < 2 else f"{comparison.replications:,} paired runs"
    sent = f"{runs}, {first.sent:,} requests per plan"
    plans = len(comparison.outcomes)
    left_out = f" · the first two of {plans} plans" if plans > 2 else ""
    return f"seed {comparison.seed} · sim {comparison.version} · {prices} · {sent}{left_out}"


def alt_text(title: str, comparison: Comparison) -> str:
    """The chart in words."""
    first, second = comparison.pair
    bills, latencies = money_panel(comparison), latency_panel(comparison)
    parts = (
        f"{title}. {subtitle(comparison)}",
        f"Money, in {bills.unit}, {first.name} then {second.name}:",
        f"{'; '.join(row.in_words for row in bills.rows)}. {bills.note[:1].upper()}{bills.note[1:]}.",
        f"Latency, in {latencies.unit}: {'; '.join(row.in_words for row in latencies.rows)}.",
        f"{'; '.join(plan_facts(comparison))}.",
    )
    return " ".join(parts)


def counted(number: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "Service"), counted(1200, "Service")
    ('1 Service', '1,200 Services')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def plan_facts(comparison: Comparison) -> list[str]:
    """The names of the plans, with failed requests if there are any, else with their load balancers."""
    if any(outcome.failed for outcome in comparison.pair):
        return [f"{o.name}: {o.failed:,} of {o.sent:,} requests failed" for o in comparison.pair]
    return [f"{o.name}: {counted(o.load_balancers, 'load balancer')}" for o in comparison.pair]


def break_even_note(comparison: Comparison) -> str:
    """From how many Services on the single Ingress is cheaper."""
    if comparison.break_even_services is None:
        return "an Ingress is never cheaper"
    return f"an Ingress is cheaper from {counted(comparison.break_even_services, 'Service')} on"


def money_panel(comparison: Comparison) -> Panel:
    """The total and every item of either bill."""
    first, second = comparison.pair
    amounts = {"Total": (first.bill.amount, second.bill.amount)}
    amounts |= {item_name(i): (first.amount(i), second.amount(i)) for i in comparison.items}
    unit, name = _money_unit(max(amounts["Total"]))
    rows = [_money_row(label, one / unit, other / unit) for label, (one, other) in amounts.items()]
    words = f"{name}{currency_name(first.bill.currency)} per month"
    return Panel(words, (replace(rows[0], bold=True), *rows[1:]), break_even_note(comparison))


def _money_unit(largest: Fraction) -> tuple[int, str]:
    """A unit in which the largest amount has at most five digits before the point."""
    units = ((1, ""), (10**3, "thousand "), (10**6, "million "), (10**9, "billion "))
    return next((u for u in units if largest < 10**5 * u[0]), units[-1])


def _money_row(label: str, one: Fraction, other: Fraction) -> Row:
    return Row(label, (float(one), float(other)), (0.0, 0.0), (money(one), money(other)))


def money(amount: Fraction) -> str:
    """An amount as a column shows it: two digits that count, or all before the point.

    >>> money(Fraction("274.35")), money(Fraction("7.008")), money(Fraction("0.6")), money(Fraction(0))
    ('274', '7.0', '0.60', '0')
    """
    if 0 < amount < Fraction("0.005"):
        return "<0.01"
    places = 0 if amount >= 10 or not amount else 1 if amount >= 1 else 2
    return f"{half_up(amount, places):,}"


def latency_panel(comparison: Comparison) -> Panel:
    """Mean and quantiles, and the paired difference of each."""
    latencies = [outcome.latency_s[quantile] for outcome in comparison.pair for quantile in QUANTILES]
    largest = max((v for v in latencies if isfinite(v)), default=1.0)
    unit_s, name = time_unit(largest)
    places = places_of(largest / unit_s)
    return Panel(name, tuple(_latency_row(comparison, q, unit_s, places) for q in QUANTILES))


def time_unit(largest_s: float) -> tuple[float, str]:
    """A unit in which the largest time is read easily, in seconds, and its name."""
    units = ((1e-6, "microseconds", 1e-3), (1e-3, "milliseconds", 10.0))
    return next(((unit, name) for unit, name, below in units if largest_s < below), (1.0, "seconds"))


def places_of(number: float) -> int:
    """Decimals that give a number three digits, at most three."""
    return min(3, max(0, 2 - floor(log10(number)))) if number > 0 else 0


def _latency_row(comparison: Comparison, quantile: str, unit_s: float, places: int) -> Row:
    one, other = (outcome.latency_s[quantile] / unit_s for outcome in comparison.pair)
    widths = [(outcome.latency_ci or {}).get(quantile, 0.0) / unit_s for outcome in comparison.pair]
    return Row(
        "Mean" if quantile == "mean" else quantile,
        (one, other),
        (widths[0], widths[1]),
        (decimal(one, places), decimal(other, places)),
        difference_text(comparison, quantile, unit_s, places),
    )


def decimal(value: float, places: int) -> str:
    """A number with so many digits after the point, or that nothing was answered."""
    return f"{value:,.{places}f}" if isfinite(value) else "none"


def difference_text(comparison: Comparison, quantile: str, unit_s: float, places: int) -> str:
    """The difference with its interval, or "cannot tell" where the interval covers zero or nothing is known.

    Args:
        places: decimals of the values beside it; as many more as the interval needs not to round to nothing.
    """
    difference = comparison.differences.get(quantile)
    if difference is None or difference.cannot_tell or not isfinite(difference.mean):
        return CANNOT_TELL
    mean, width = difference.mean / unit_s, difference.half_width
    if width is None:
        return _signed(mean, places)
    finest = next((p for p in range(places, MOST_PLACES) if round(width / unit_s, p)), MOST_PLACES)
    return f"{_signed(mean, finest)} ± {decimal(width / unit_s, finest)}"


def _signed(value: float, places: int) -> str:
    """A change; what rounds to nothing has no sign.

    >>> _signed(2.04, 1), _signed(-0.02, 1)
    ('+2.0', '0.0')
    """
    shown = decimal(abs(value), places)
    return shown if not float(shown.replace(",", "")) else f"{'−' if value < 0 else '+'}{shown}"
