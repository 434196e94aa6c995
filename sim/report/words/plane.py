"""Money against latency: the plans as points, what changes from the first to another, and the words.

One provider's bills are amounts. Several providers differ in level and currency, so each bill is shown in per
cent of the first plan's at the same provider; the latencies are those of one run for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from sim.comparison.comparison import Comparison, PlanOutcome
from sim.costs.offers import Offer
from sim.errors import UsageError
from sim.report.theme import PLANS, currency_name, provider_name
from sim.report.words.numbers import (
    CANNOT_TELL,
    UNIT_NAMES,
    money_unit,
    percents,
    rounded_amount,
    share_text,
    time_unit,
)
from sim.report.words.origin import interval_note
from sim.report.words.panels import difference_text
from sim.report.words.verdict import JUDGED, half_width_s
from sim.units import counted, show_seconds


@dataclass(frozen=True)
class PlanPoint:
    """A plan at a provider.

    Args:
        label: what stands beside it.
        money: in the unit of the axis.
        latency_s: of the quantile that is judged.
        half_s: half width of its interval; 0: none is known.
    """

    plan: str
    label: str
    money: float
    latency_s: float
    half_s: float


@dataclass(frozen=True)
class Plane:
    """One pair of axes.

    Args:
        name: the plan that is set against the first one; empty where all plans are here.
        points: the first plan first.
    """

    name: str
    points: tuple[PlanPoint, ...]


def planes(comparison: Comparison) -> tuple[Plane, ...]:
    """One panel for the plans at one provider, else one for each plan after the first.

    Raises:
        UsageError: there is one plan, fewer than two answered, or no provider asks anything for the first.
    """
    first, _ = comparison.pair
    answered = [o for o in comparison.outcomes if isfinite(o.latency_s[JUDGED])]
    if len(answered) < 2 or answered[0] is not first:
        raise UsageError(
            "a plane needs the latency of the first plan and of another; too little was answered"
        )
    if len(comparison.offers) < 2:
        return (Plane("", tuple(_amount_point(o, answered) for o in answered)),)
    found = (Plane(o.name, _shares(comparison.offers, answered[0], o)) for o in answered[1:])
    shown = tuple(plane for plane in found if len(plane.points) > 1)
    if not shown:
        raise UsageError("a plane needs a bill of the first plan; no provider asks anything for it")
    return shown


def _amount_point(outcome: PlanOutcome, all_of_them: Sequence[PlanOutcome]) -> PlanPoint:
    amount = outcome.bill.amount
    unit, _ = money_unit(max(o.bill.amount for o in all_of_them))
    cost = rounded_amount(amount, outcome.bill.currency) if amount else "free"
    label = f"{outcome.name}: {cost}, {show_seconds(outcome.latency_s[JUDGED])}"
    return _point(outcome, label, amount / unit)


def _point(outcome: PlanOutcome, label: str, money: Fraction) -> PlanPoint:
    return PlanPoint(outcome.name, label, float(money), outcome.latency_s[JUDGED], half_width_s(outcome))


def _shares(offers: Sequence[Offer], first: PlanOutcome, other: PlanOutcome) -> tuple[PlanPoint, ...]:
    """The first plan once, and the other at each provider that has both."""
    shares = changes(offers, first.name, other.name)
    points = (
        _point(other, f"{provider_name(name)} {share_text(share)}", share * 100)
        for name, share in shares.items()
    )
    return (_point(first, first.name, Fraction(100)), *points)


def changes(offers: Sequence[Offer], first: str, other: str) -> dict[str, Fraction]:
    """Provider -> the bill of the other plan, as a share of the first plan's, where that is not nothing."""
    found = {}
    for offer in offers:
        bills = {plan.name: plan.bill.amount for plan in offer.plans}
        if bills.get(first) and other in bills:
            found[offer.provider] = bills[other] / bills[first]
    return found


def titles(comparison: Comparison) -> list[str]:
    """The finding, the fullest first: what changes from the first plan to the second."""
    subject, latency = PLANS[comparison.pair[1].name].subject, latency_change(comparison)
    money = _money_changes(comparison)
    return [
        *(f"{subject}: {words}, {latency}" for words in money),
        *(f"{words[:1].upper()}{words[1:]}, {latency}" for words in money),
        latency,
    ]


def _money_changes(comparison: Comparison) -> list[str]:
    if len(comparison.offers) < 2:
        return [money_change(comparison)]
    first, second = comparison.pair
    shares = list(changes(comparison.offers, first.name, second.name).values())
    if shares and max(shares) < 1:
        return [f"{percents([1 - share for share in shares])} cheaper", f"cheaper at all {len(shares)}"]
    if shares and min(shares) > 1:
        return [f"{percents([share - 1 for share in shares])} dearer", f"dearer at all {len(shares)}"]
    if set(shares) == {1}:
        return ["the same bills"]
    return [f"cheaper at {sum(share < 1 for share in shares)} of {len(shares)} providers"]


def money_change(comparison: Comparison) -> str:
    """From the first bill to the second, in words."""
    first, second = (outcome.bill for outcome in comparison.pair)
    change = second.amount - first.amount
    if not change:
        return "the same bill"
    return f"{rounded_amount(abs(change), first.currency)} a month {'less' if change < 0 else 'more'}"


def latency_change(comparison: Comparison) -> str:
    """The paired difference from the first plan to the second, in words."""
    unit_s, name = _time_unit(comparison)
    difference = difference_text(comparison, JUDGED, unit_s, 1)
    return f"{JUDGED}: {CANNOT_TELL}" if difference == CANNOT_TELL else f"{JUDGED} {difference} {name}"


def _time_unit(comparison: Comparison) -> tuple[float, str]:
    return time_unit(max(o.latency_s[JUDGED] for o in comparison.outcomes if isfinite(o.latency_s[JUDGED])))


def axis_names(comparison: Comparison) -> tuple[str, str, float]:
    """What the axes show, money and latency, and the unit of time in seconds."""
    unit_s, time = _time_unit(comparison)
    first, latency = comparison.outcomes[0], f"{JUDGED}, {UNIT_NAMES[time]}"
    if len(comparison.offers) > 1:
        return f"per cent of the bill of {first.name}", latency, unit_s
    largest = max(o.bill.amount for o in comparison.outcomes)
    return f"{money_unit(largest)[1]}{currency_name(first.bill.currency)} a month", latency, unit_s


def subtitle(comparison: Comparison) -> str:
    """What is shown, of what, and what a bar means."""
    services, rate = counted(comparison.services, "Service"), f"{comparison.requests_per_s:,.10g}"
    of = f"{services}, {rate} requests/s in all: the bill of a month, and what 95 of 100 requests stay below."
    return f"{of} {interval_note(comparison.replications, 'Bars')}"


def alt_text(title: str, comparison: Comparison, shown: Sequence[Plane]) -> str:
    """The chart in words."""
    money, latency, unit_s = axis_names(comparison)
    axes = f"Across: {money}. Up: {latency}."
    panels = ("; ".join(_in_words(point, unit_s) for point in plane.points) for plane in shown)
    return " ".join([f"{title}. {subtitle(comparison)} {axes}", *(f"{panel}." for panel in panels)])


def _in_words(point: PlanPoint, unit_s: float) -> str:
    name = point.label if point.label.startswith(point.plan) else f"{point.plan}, {point.label}"
    half = f" ± {point.half_s / unit_s:,.3g}" if point.half_s else ""
    return f"{name} ({point.latency_s / unit_s:,.4g}{half})"
