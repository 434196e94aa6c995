"""Money against latency: what every plan changes from the first one, and the words.

The first plan is where nothing changes. One provider's changes are amounts. Several providers differ in level
and currency, so there each change of the bill is in per cent of the first plan's at the same provider; the
latencies are those of one run for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from sim.comparison.comparison import Comparison, Difference, PlanOutcome
from sim.costs.offers import Offer
from sim.errors import UsageError
from sim.report.theme import PLANS, currency_name, provider_name
from sim.report.words.numbers import (
    CANNOT_TELL,
    MONEY_UNITS,
    NO_DIFFERENCE,
    NOTHING,
    UNIT_NAMES,
    money_unit,
    percents,
    rounded_amount,
    share_text,
    signed_percent,
    time_unit,
)
from sim.report.words.origin import interval_note
from sim.report.words.panels import difference_text
from sim.report.words.verdict import JUDGED
from sim.units import counted, show_seconds


@dataclass(frozen=True)
class PlanPoint:
    """A plan at a provider, by what it changes from the first plan.

    Args:
        label: what stands beside it.
        money: in the unit of the axis.
        latency_s: the paired difference of the quantile that is judged.
        half_s: half width of its interval; 0: none is known.
        change: the same in words; empty for the first plan.
    """

    plan: str
    label: str
    money: float = 0.0
    latency_s: float = 0.0
    half_s: float = 0.0
    change: str = ""


@dataclass(frozen=True)
class ProviderChanges:
    """What each plan but the first changes of the bill at a provider.

    Args:
        shares: of the first plan's bill, in the order of the plans; None: not sold there.
    """

    name: str
    shares: tuple[Fraction | None, ...]

    @property
    def known(self) -> list[Fraction]:
        """The changes of the plans that are sold there."""
        return [share for share in self.shares if share is not None]


def points_of(comparison: Comparison) -> tuple[PlanPoint, ...]:
    """The plans at one provider, the first plan first.

    Raises:
        UsageError: there is one plan, or fewer than two answered.
    """
    first, unit = comparison.pair[0], _money_size(comparison)
    amounts = (_amount_point(pair, unit) for pair in answered(comparison))
    return (PlanPoint(first.name, _amount_label(first)), *amounts)


def answered(comparison: Comparison) -> list[Comparison]:
    """Every other plan that answered against the first.

    Raises:
        UsageError: there is one plan, or fewer than two answered.
    """
    pairs = comparison.pairs if comparison.pair else ()
    found = [pair for pair in pairs if _difference(pair)]
    if not found:
        raise UsageError(
            "a plane needs the latency of the first plan and of another; too little was answered"
        )
    return found


def providers_of(comparison: Comparison) -> tuple[ProviderChanges, ...]:
    """The changes at each provider that asks anything for the first plan, the largest saving first.

    Raises:
        UsageError: there is none.
    """
    pairs = answered(comparison)
    every = [changes(pair.offers, *(o.name for o in pair.pair)) for pair in pairs]
    names = [offer.provider for offer in comparison.offers if any(offer.provider in one for one in every)]
    if not names:
        raise UsageError("a plane needs a bill of the first plan; no provider asks anything for it")
    found = (ProviderChanges(provider_name(n), tuple(one.get(n) for one in every)) for n in names)
    return tuple(sorted(found, key=lambda provider: min(provider.known)))


def _difference(pair: Comparison) -> Difference | None:
    """The paired difference of the second plan, if it is known."""
    found = pair.differences.get(JUDGED)
    return found if found and isfinite(found.mean) else None


def _amount_point(pair: Comparison, unit: int) -> PlanPoint:
    first, second = pair.pair
    change = f"{money_change(pair)}, {latency_change(pair)}"
    return _point(pair, _amount_label(second), (second.bill.amount - first.bill.amount) / unit, change)


def _amount_label(outcome: PlanOutcome) -> str:
    amount = outcome.bill.amount
    cost = rounded_amount(amount, outcome.bill.currency) if amount else "free"
    return f"{outcome.name}: {cost}, {show_seconds(outcome.latency_s[JUDGED])}"


def _point(pair: Comparison, label: str, money: Fraction, change: str) -> PlanPoint:
    difference = pair.differences[JUDGED]
    half_s = difference.half_width or 0.0
    return PlanPoint(pair.outcomes[1].name, label, float(money), difference.mean, half_s, change)


def _money_size(comparison: Comparison) -> int:
    """The unit of money for all changes."""
    first, *others = (outcome.bill.amount for outcome in comparison.outcomes)
    return money_unit(max(abs(other - first) for other in others))[0]


def share_label(share: Fraction | None) -> str:
    """A change as a column shows it; a dash where the plan is not sold."""
    if share is None:
        return NOTHING
    return signed_percent(share) if share else share_text(share)


def changes(offers: Sequence[Offer], first: str, other: str) -> dict[str, Fraction]:
    """Provider -> the change to the other plan's bill, as a share of the first plan's, where that is any."""
    found = {}
    for offer in offers:
        bills = {plan.name: plan.bill.amount for plan in offer.plans}
        if bills.get(first) and other in bills:
            found[offer.provider] = bills[other] / bills[first] - 1
    return found


def titles(comparison: Comparison) -> list[str]:
    """The finding, the fullest first: what changes from the first plan to the cheapest other one.

    Of several providers to the second plan, for not every one sells all.
    """
    pairs = comparison.pairs[:1] if len(comparison.offers) > 1 else answered(comparison)
    pair = min(pairs, key=lambda pair: pair.outcomes[1].bill.amount)
    subject, latency = PLANS[pair.outcomes[1].name].subject, latency_change(pair)
    money = _money_changes(pair)
    return [
        *(f"{subject}: {words}, {latency}" for words in money),
        *(f"{words[:1].upper()}{words[1:]}, {latency}" for words in money),
        latency,
    ]


def _money_changes(pair: Comparison) -> list[str]:
    if len(pair.offers) < 2:
        return [money_change(pair)]
    first, second = pair.pair
    shares = list(changes(pair.offers, first.name, second.name).values())
    if shares and max(shares) < 0:
        return [f"{percents([-share for share in shares])} cheaper", f"cheaper at all {len(shares)}"]
    if shares and min(shares) > 0:
        return [f"{percents(shares)} dearer", f"dearer at all {len(shares)}"]
    if set(shares) == {0}:
        return ["the same bills"]
    return [f"cheaper at {sum(share < 0 for share in shares)} of {len(shares)} providers"]


def money_change(pair: Comparison) -> str:
    """From the first bill to the second, in words."""
    first, second = (outcome.bill for outcome in pair.pair)
    change = second.amount - first.amount
    if not change:
        return "the same bill"
    return f"{rounded_amount(abs(change), first.currency)} a month {'less' if change < 0 else 'more'}"


def latency_change(pair: Comparison) -> str:
    """The paired difference from the first plan to the second, in words."""
    unit_s, name = time_unit(max(o.latency_s[JUDGED] for o in pair.outcomes if isfinite(o.latency_s[JUDGED])))
    difference = difference_text(pair, JUDGED, unit_s, 1)
    if difference in (CANNOT_TELL, NO_DIFFERENCE):
        return f"{JUDGED}: {difference}"
    return f"{JUDGED} {difference} {name}"


def axis_names(comparison: Comparison, points: Sequence[PlanPoint]) -> tuple[str, str, float]:
    """What the axes show, money and latency, and the unit of time in seconds."""
    unit_s, time = time_unit(max(abs(point.latency_s) + point.half_s for point in points))
    word, currency = dict(MONEY_UNITS)[_money_size(comparison)], comparison.outcomes[0].bill.currency
    money = f"change of the bill, {word}{currency_name(currency)} a month"
    return money, f"change of {JUDGED}, {UNIT_NAMES[time]}", unit_s


def share_axis(comparison: Comparison) -> str:
    """What the axis of several providers shows."""
    return f"change of the bill, per cent of that of {comparison.outcomes[0].name}"


def plan_facts(comparison: Comparison) -> list[str]:
    """Every plan but the first, with what it changes of the latency."""
    return [f"{pair.outcomes[1].name}: {latency_change(pair)}" for pair in answered(comparison)]


def subtitle(comparison: Comparison) -> str:
    """What is shown, of what, and what a bar means."""
    stay, several = f"95 of 100 requests stay below {JUDGED}.", len(comparison.offers) > 1
    note = interval_note(comparison.replications, "Behind ±" if several else "Bars")
    services, rate = counted(comparison.services, "Service"), f"{comparison.requests_per_s:,.10g}"
    what = f"What changes from {comparison.outcomes[0].name}; {services}, {rate} requests/s in all."
    return f"{what} {stay} {note}"


def alt_text(title: str, comparison: Comparison, points: Sequence[PlanPoint]) -> str:
    """The chart of one provider in words."""
    money, latency, _ = axis_names(comparison, points)
    axes = f"Across: {money}. Up: {latency}."
    return f"{title}. {subtitle(comparison)} {axes} {'; '.join(map(_in_words, points))}."


def _in_words(point: PlanPoint) -> str:
    return f"{point.label} ({point.change})" if point.change else point.label


def providers_alt(title: str, comparison: Comparison, found: Sequence[ProviderChanges]) -> str:
    """The chart of several providers in words."""
    plans = [pair.outcomes[1].name for pair in answered(comparison)]
    rows = (
        f"{one.name}: {', '.join(f'{p} {share_label(s)}' for p, s in zip(plans, one.shares, strict=True))}"
        for one in found
    )
    facts = "; ".join(plan_facts(comparison))
    return f"{title}. {subtitle(comparison)} {facts}. Across: {share_axis(comparison)}. {'; '.join(rows)}."
