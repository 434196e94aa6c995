"""What the comparison chart shows, as plain values: rows on axes, and the words around them.

Worked out before anything is drawn, so that the chart and its text alternative say the same.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite

from sim.comparison.comparison import QUANTILES, Comparison
from sim.report.theme import currency_name, item_name
from sim.report.words.numbers import (
    CANNOT_TELL,
    NO_DIFFERENCE,
    UNIT_NAMES,
    decimal,
    money_of_axis,
    money_unit,
    places_of,
    signed,
    time_unit,
    with_interval,
)
from sim.report.words.origin import interval_note, prices, runs
from sim.report.words.verdict import half_width_s
from sim.units import counted

MOST_PLACES = 3


@dataclass(frozen=True)
class PanelRow:
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
    rows: tuple[PanelRow, ...]
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
    return f"{what} {interval_note(comparison.replications, 'Bars through the marks')}"


def caption(comparison: Comparison) -> str:
    """Where the numbers come from."""
    first = comparison.pair[0]
    sent = f"{runs(comparison.replications)}, {counted(first.sent, 'request')} per plan"
    plans = len(comparison.outcomes)
    left_out = f" · the first two of {plans} plans" if plans > 2 else ""
    return f"seed {comparison.seed} · sim {comparison.version} · {prices(comparison)} · {sent}{left_out}"


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


def plan_facts(comparison: Comparison) -> list[str]:
    """The names of the plans, with failed requests if there are any, else with their load balancers."""
    if any(outcome.failed for outcome in comparison.pair):
        return [f"{o.name}: {o.failed:,} of {o.sent:,} requests failed" for o in comparison.pair]
    return [f"{o.name}: {counted(o.load_balancers, 'load balancer')}" for o in comparison.pair]


def break_even_note(comparison: Comparison) -> str:
    """From how many Services on the single Ingress is cheaper; not said over an obstacle."""
    if comparison.obstacles:
        return "no plan is called cheaper here"
    if comparison.break_even_services is None:
        return "an Ingress is never cheaper"
    return f"an Ingress is cheaper from {counted(comparison.break_even_services, 'Service')} on"


def money_panel(comparison: Comparison) -> Panel:
    """The total and every item of either bill."""
    first, second = comparison.pair
    amounts = {"Total": (first.bill.amount, second.bill.amount)}
    one, other = first.bill.amount_of, second.bill.amount_of
    amounts |= {item_name(i): (one(i), other(i)) for i in comparison.items}
    unit, name = money_unit(max(amounts["Total"]))
    rows = [_money_row(label, one / unit, other / unit) for label, (one, other) in amounts.items()]
    words = f"{name}{currency_name(first.bill.currency)} per month"
    return Panel(words, (replace(rows[0], bold=True), *rows[1:]), break_even_note(comparison))


def _money_row(label: str, one: Fraction, other: Fraction) -> PanelRow:
    return PanelRow(label, (float(one), float(other)), (0.0, 0.0), (money_of_axis(one), money_of_axis(other)))


def latency_panel(comparison: Comparison) -> Panel:
    """Mean and quantiles, and the paired difference of each."""
    latencies = [outcome.latency_s[quantile] for outcome in comparison.pair for quantile in QUANTILES]
    largest = max((v for v in latencies if isfinite(v)), default=1.0)
    unit_s, name = time_unit(largest)
    places = places_of(largest / unit_s)
    return Panel(UNIT_NAMES[name], tuple(_latency_row(comparison, q, unit_s, places) for q in QUANTILES))


def _latency_row(comparison: Comparison, quantile: str, unit_s: float, places: int) -> PanelRow:
    one, other = (outcome.latency_s[quantile] / unit_s for outcome in comparison.pair)
    widths = [half_width_s(outcome, quantile) / unit_s for outcome in comparison.pair]
    return PanelRow(
        "Mean" if quantile == "mean" else quantile,
        (one, other),
        (widths[0], widths[1]),
        (decimal(one, places), decimal(other, places)),
        difference_text(comparison, quantile, unit_s, places),
    )


def difference_text(comparison: Comparison, quantile: str, unit_s: float, places: int) -> str:
    """The difference with its interval, or "cannot tell" where the interval covers zero or nothing is known.

    Args:
        places: decimals of the values beside it; as many more as keep the interval above zero
            and below the difference.
    """
    difference = comparison.differences.get(quantile)
    if difference is None or difference.cannot_tell or not isfinite(difference.mean):
        return CANNOT_TELL
    if difference.is_nothing:
        return NO_DIFFERENCE
    mean, width = difference.mean / unit_s, difference.half_width
    if width is None:
        return signed(mean, places)
    half = width / unit_s
    tells = (p for p in range(places, MOST_PLACES) if abs(round(mean, p)) > round(half, p) > 0)
    return with_interval(mean, half, next(tells, MOST_PLACES))
