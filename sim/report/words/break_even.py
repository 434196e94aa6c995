"""From how many Services on one Ingress is cheaper: the finding and the curves behind it, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat

from sim.comparison.comparison import Comparison
from sim.costs.offers import BOTH, MOST_SERVICES, Offer
from sim.errors import UsageError
from sim.report.theme import PLANS, currency_name, provider_name
from sim.report.words.money import Found, demand_of_each, named, offers_of
from sim.report.words.numbers import amount_in_words
from sim.report.words.obstacles import obstacle_title
from sim.units import counted

LEAST_SHOWN = 12
"""Services up to which the curves go at least; further where a break-even lies beyond."""


@dataclass(frozen=True)
class Curves:
    """What one provider asks for 1, 2, 3 … Services under two plans.

    Args:
        counts: numbers of Services, shape (n,).
        amounts: of each plan, shape (n,) each.
        pays_from: from how many Services on the second plan is cheaper; None: never.
    """

    offer: Offer
    plans: tuple[str, str]
    counts: tuple[int, ...]
    amounts: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    pays_from: int | None

    @property
    def dearer(self) -> tuple[int, ...]:
        """The numbers of Services for which the second plan saves nothing."""
        return tuple(n for n, one, other in zip(self.counts, *self.amounts, strict=True) if other >= one)

    @property
    def lasts(self) -> bool:
        """Whether the second plan stays the cheaper one beyond the break-even."""
        return self.pays_from is not None and not any(n > self.pays_from for n in self.dearer)

    @property
    def verdict(self) -> str:
        """The break-even in a few words."""
        return "never pays" if self.pays_from is None else f"{pays([self])} {self.pays_from:,}"


def pays(curves: Iterable[Curves]) -> str:
    """A verb for break-evens; where a saving comes and goes, not one that says it stays."""
    found = [c for c in curves if c.pays_from is not None]
    return "pays from" if all(c.lasts for c in found) else "first pays at"


def curves_of(found: Found) -> tuple[Curves, ...]:
    """The curves of every provider, over the same numbers of Services.

    Raises:
        UsageError: nothing was priced, or the plans cannot be compared.
    """
    if isinstance(found, Comparison) and found.obstacles:
        raise UsageError(f"{obstacle_title(found.obstacles)}, so no break-even is drawn")
    plan = other_plan(offers_of(found))
    offers = [offer for offer in found.offers if plan in offer.growth]
    pays_from = [offer.break_evens.get(plan, offer.break_even_services) for offer in offers]
    last = last_shown(max((n or 0 for n in pays_from), default=0))
    return tuple(map(_curves, offers, repeat(plan), pays_from, repeat(last)))


def other_plan(offers: Sequence[Offer]) -> str:
    """The plan that is set against a load balancer per Service: one Ingress if it is priced."""
    names = [plan.name for plan in offers[0].plans if plan.name != BOTH[0]]
    return BOTH[1] if BOTH[1] in names or not names else names[0]


def last_shown(largest: int) -> int:
    """Services up to which the curves go: the largest break-even has half as much to its right.

    >>> last_shown(6), last_shown(12), last_shown(190)
    (12, 20, 200)
    """
    if largest <= LEAST_SHOWN - 2:
        return LEAST_SHOWN
    ends = (20, 30, 40, 60, 80, 100, 150, MOST_SERVICES)
    return next((end for end in ends if 1.5 * largest <= end), MOST_SERVICES)


def _curves(offer: Offer, plan: str, pays_from: int | None, last: int) -> Curves:
    plans = (BOTH[0], plan)
    counts = tuple(n for n in offer.growth[plan] if n <= last)
    one, other = (tuple(offer.growth[name][n] for n in counts) for name in plans)
    return Curves(offer, plans, counts, (one, other), pays_from)


def titles(curves: Sequence[Curves]) -> list[str]:
    """The finding, the fullest first."""
    subject, verb = PLANS[curves[0].plans[1]].subject, pays(curves)
    counts = {provider_name(c.offer.provider): c.pays_from for c in curves}
    found = sorted((count, name) for name, count in counts.items() if count is not None)
    never = [name for name, count in counts.items() if count is None]
    if not found:
        where = f" on {never[0]}" if len(never) == 1 else ""
        return [f"{subject} never pays{where}, up to {MOST_SERVICES} Services", f"{subject} never pays"]
    (least, _), (most, last) = found[0], found[-1]
    first = f"{subject} {verb} {counted(least, 'Service')}"
    # Of the providers with this break-even, the one that was asked for first.
    main = next(name for name, count in counts.items() if count == least)
    if never:
        some = f"{subject} pays at {len(found)} of {len(counts)} providers"
        return [f"{first} on {main}, never on {never[0]}", some]
    if least == most:
        return [f"{first} on {main}" if len(found) == 1 else f"{first} at all {len(found)} providers", first]
    spread = f"{subject} {verb} {least:,} to {most:,} Services, by provider"
    return [f"{first} on {main}, {most:,} on {last}", spread]


def subtitle(found: Found, curves: Sequence[Curves], scale_words: str, unit: str) -> str:
    """What is shown, of what, in which unit, and what the grey means."""
    shared = [provider_name(c.offer.provider) for c in curves if c.offer.shared]
    currencies = {currency_name(c.offer.currency) for c in curves}
    # Of several currencies each panel says its own.
    money = f" in {unit}{currencies.pop()}" if len(currencies) == 1 else ""
    parts = [f"Cost a month{money} by number of Services {demand_of_each(found)}."]
    parts += [scale_words] if scale_words else []
    parts += ["Grey: no saving."] if any(c.dearer for c in curves) else []
    if shared:
        parts.append(f"{' and '.join(shared)}: one load balancer, an address and rule per Service.")
    return " ".join(parts)


def alt_text(title: str, shown: str, curves: Sequence[Curves]) -> str:
    """The chart in words: both ends of both curves of every provider, and the break-even."""
    return " ".join([f"{title}. {shown}", *map(_in_words, curves)])


def _in_words(curves: Curves) -> str:
    currency, last = curves.offer.currency, curves.counts[-1]
    ends = (
        f"{plan} {amount_in_words(amounts[0], currency)} for 1 Service,"
        f" {amount_in_words(amounts[-1], currency)} for {last:,}"
        for plan, amounts in zip(curves.plans, curves.amounts, strict=True)
    )
    return f"{named(curves.offer)}: {'; '.join(ends)}; {curves.plans[1]} {curves.verdict}."
