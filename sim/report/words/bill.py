"""What bills are made of, in three parts: the finding, the amounts, and the words around them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sim.costs.bill import Bill
from sim.costs.offers import Offer, Priced
from sim.report.theme import PLANS, currency_name, item_name, provider_name
from sim.report.words.money import Found, named, offers_of, origin
from sim.report.words.numbers import amount_in_words, money_text, money_unit, percents, rounded_amount
from sim.units import counted

PARTS = {
    "Load balancers": ("load_balancer_hours", "load_balancer_nodes", "rule_hours", "public_addresses"),
    "Traffic": ("capacity_units", "data_processed", "cross_zone_bytes"),
    "Controller": ("controller_compute",),
}
"""What is stacked -> items of a bill. Every item belongs to one part."""
MOST_ROWS = 12


@dataclass(frozen=True)
class BillRow:
    """One bill.

    Args:
        bill: the bill itself.
        amounts: of each of PARTS.
        largest: the dearest bill of the same provider.
        unit: in which amounts are shown, the same for all providers with this currency; and in words.
    """

    offer: Offer
    plan: str
    bill: Bill
    amounts: tuple[Fraction, ...]
    largest: Fraction
    unit: tuple[int, str]

    @property
    def total(self) -> Fraction:
        """The sum of the parts: the whole bill."""
        return sum(self.amounts, Fraction(0))


def bill_rows(found: Found) -> list[list[BillRow]]:
    """The bills of each provider, as many providers as there is room for.

    Raises:
        UsageError: nothing was priced.
    """
    offers = offers_of(found)
    most = max(1, MOST_ROWS // max(len(offer.plans) for offer in offers))
    return [_of(offer, _unit(offers, offer.currency)) for offer in offers[:most]]


def _unit(offers: Sequence[Offer], currency: str) -> tuple[int, str]:
    """The unit for all bills in a currency."""
    size, word = money_unit(max(p.bill.amount for o in offers if o.currency == currency for p in o.plans))
    return size, f"{word}{currency_name(currency)}"


def _of(offer: Offer, unit: tuple[int, str]) -> list[BillRow]:
    largest = max(plan.bill.amount for plan in offer.plans)
    return [BillRow(offer, plan.name, plan.bill, _amounts(plan), largest, unit) for plan in offer.plans]


def _amounts(plan: Priced) -> tuple[Fraction, ...]:
    return tuple(sum(map(plan.bill.amount_of, items), Fraction(0)) for items in PARTS.values())


def titles(groups: Sequence[Sequence[BillRow]]) -> list[str]:
    """The finding, the fullest first: what the second plan saves on which part, and what it adds."""
    if not any(row.total for rows in groups for row in rows):
        return ["Nothing to pay: every plan is free of charge"]
    if any(len(rows) < 2 for rows in groups):
        return [_makes_up(groups)]
    if len(groups) > 1:
        return [*_cuts(groups), _makes_up(groups)]
    first, second = groups[0][:2]
    subject = PLANS[second.plan].subject
    changes = [b - a for a, b in zip(first.amounts, second.amounts, strict=True)]
    saved, added = -sum(c for c in changes if c < 0), sum(c for c in changes if c > 0)
    lower = [name.lower() for name, change in zip(PARTS, changes, strict=True) if change < 0]
    less, more = (rounded_amount(Fraction(sum_), first.offer.currency) for sum_ in (saved, added))
    if not saved:
        return [f"{subject} adds {more} a month and saves nothing" if added else f"{subject} costs the same"]
    on = f" on {lower[0]}" if len(lower) == 1 else ""
    if not added:
        return [f"{subject} saves {less} a month{on}", f"{subject} saves {less} a month"]
    return [f"{subject} saves {less}{on}, adds {more}", f"{subject} saves {less}, adds {more}"]


def _cuts(groups: Sequence[Sequence[BillRow]]) -> list[str]:
    """By how much the part that is most of the bills shrinks, where it does so everywhere."""
    part = _largest(groups)
    pairs = [(rows[0].amounts[part], rows[1].amounts[part]) for rows in groups if rows[0].amounts[part]]
    cuts = [(one - other) / one for one, other in pairs]
    if not cuts or min(cuts) <= 0:
        return []
    subject, name = PLANS[groups[0][1].plan].subject, list(PARTS)[part].lower()
    cheaper = f"{percents(cuts)} cheaper"
    return [f"{subject} makes {name} {cheaper}", f"{name.capitalize()} {cheaper}"]


def _makes_up(groups: Sequence[Sequence[BillRow]]) -> str:
    part = _largest(groups)
    shares = [rows[0].amounts[part] / rows[0].total for rows in groups if rows[0].total]
    return f"{list(PARTS)[part]}: {percents(shares or [Fraction(0)])} of the bill"


def _largest(groups: Sequence[Sequence[BillRow]]) -> int:
    """The part that is most of the first bill with anything on it."""
    rows = [rows[0] for rows in groups]
    first = next((row for row in rows if row.total), rows[0])
    return max(range(len(PARTS)), key=first.amounts.__getitem__)


def items_in_words(rows: Sequence[BillRow]) -> list[str]:
    """What parts of several items consist of, in all these bills."""
    bought = {line.item for row in rows for line in row.bill.lines}
    return [
        f"{part}: {', '.join(_item(item, part) for item in items)}"
        for part, items in _several(bought).items()
    ]


def items_of(row: BillRow) -> list[str]:
    """What the parts of one bill consist of, with each amount; a part that is one item says nothing more."""
    amounts = {line.item: row.bill.amount_of(line.item) / row.unit[0] for line in row.bill.lines}
    paid = {
        part: [f"{_item(item, part)} {money_text(amounts[item])}" for item in items if amounts[item]]
        for part, items in _several(amounts).items()
    }
    return [f"{part}: {', '.join(items)}" for part, items in paid.items() if items]


def _several(bought: Collection[str]) -> dict[str, list[str]]:
    """The parts of which several items were bought, and those."""
    parts = {part: [item for item in items if item in bought] for part, items in PARTS.items()}
    return {part: items for part, items in parts.items() if len(items) > 1}


def _item(item: str, part: str) -> str:
    return item_name(item).lower() if item_name(item) != part else "hours"


def subtitle(found: Found, groups: Sequence[Sequence[BillRow]]) -> str:
    """What is shown, of what, in which unit, and what the length of a bar is."""
    services = counted(found.services, "Service")
    if len(groups) == 1:
        unit = groups[0][0].unit[1]
        return f"The bill of a month in {unit}: {services} at {named(groups[0][0].offer)}."
    of = f"The bill of a month: {services}. A full bar is the provider's dearest plan."
    return f"{of} Addresses and rules count as load balancers, bytes across zones as traffic."


def caption(found: Found, groups: Sequence[Sequence[BillRow]]) -> str:
    """Where the numbers come from, how they are rounded, and the providers that there is no room for."""
    names = [provider_name(offer.provider) for offer in found.offers[len(groups) :]]
    without = f" · without {', '.join(names)}" if names else ""
    return f"{origin(found)} · each amount is rounded for itself{without}"


def alt_text(title: str, shown: str, groups: Sequence[Sequence[BillRow]]) -> str:
    """The chart in words: every amount to the cent."""
    return " ".join([f"{title}. {shown}", *(_in_words(row) for rows in groups for row in rows)])


def _in_words(row: BillRow) -> str:
    currency = row.offer.currency
    parts = ", ".join(
        f"{name.lower()} {amount_in_words(amount, currency)}"
        for name, amount in zip(PARTS, row.amounts, strict=True)
    )
    return f"{named(row.offer)}, {row.plan}: {parts}, total {amount_in_words(row.total, currency)}."
