"""What `sim cost` prints: quotas that stop a plan first, then each line of each bill with its price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from textwrap import wrap

from rich.text import Text

from sim.cost import Line, decimal_text, half_up
from sim.offers import Calculation, Offer, Priced
from sim.report.terminal import WIDTH
from sim.report.theme import PLANS, item_name

_ITEM, _QUANTITY, _PRICE, _AMOUNT = 22, 14, 14, 14
_PROVIDER, _TOTAL, _FROM = 28, 16, 12


def cost_lines(found: Calculation) -> Iterator[Text]:
    """Bills of one provider line by line; of several, one table."""
    traffic = found.traffic
    services = f"{found.services:,} Service{'' if found.services == 1 else 's'}"
    rate, gb = float(traffic.requests_per_s), float(traffic.gb)
    yield Text(f"{services}, {rate:,.6g} requests/s and {gb:,.6g} GB a month in all", "bold")
    yield from stops(plan for offer in found.offers for plan in offer.plans)
    if len(found.offers) > 1:
        yield Text()
        yield from table(found.offers)
    else:
        yield from _bills(found.offers[0])
    yield Text()
    for assumption in found.assumptions:
        yield from map(Text, wrap(f"assumed: {assumption.what}", WIDTH, subsequent_indent="  "))
    first = found.offers[0]
    prices = f"{first.provider} {first.product}, prices of {first.prices_as_of}"
    shown = "each provider's own currency" if len(found.offers) > 1 else prices
    yield Text(f"no run, no random numbers · {shown} · sim {found.version}", "dim")


def stops(plans: Iterator[Priced]) -> Iterator[Text]:
    """Quotas that a plan exceeds: they come before any saving."""
    for plan in plans:
        for quota in (q for q in plan.quotas if q.exceeded):
            what = f"does not fit: {plan.bill.provider} {plan.name} takes {quota.in_words}"
            yield from (Text(line, "bold") for line in wrap(what, WIDTH, subsequent_indent="  "))


def _bills(offer: Offer) -> Iterator[Text]:
    for plan in offer.plans:
        yield Text()
        yield Text(f"{PLANS[plan.name].mark} {plan.name}", "bold")
        yield from map(_line, plan.bill.lines)
        pad = _ITEM + _QUANTITY + _PRICE
        yield Text(f"  {f'Total, {offer.currency} a month':<{pad}}{plan.bill.total:>{_AMOUNT},}", "bold")
    yield Text()
    yield Text(break_even_words(offer.break_even_services))


def _line(line: Line) -> Text:
    quantity, unit_price = _short(line.quantity), _short(line.unit_price)
    amount = f"{half_up(line.amount, 2):,}"
    figures = f"{quantity:>{_QUANTITY}} ×{unit_price:>{_PRICE - 2}}{amount:>{_AMOUNT}}"
    return Text(f"  {item_name(line.item):<{_ITEM}}{figures}")


def _short(value: Fraction) -> str:
    """Six places at most; the JSON has all."""
    exact = decimal_text(value)
    whole, _, places = exact.partition(".")
    shown = exact if len(places) <= 6 else f"{half_up(value, 6):f}".rstrip("0").rstrip(".")
    whole, point, places = shown.partition(".")
    return f"{int(whole):,}{point}{places}"


def break_even_words(count: int | None) -> str:
    """From how many Services on the Ingress is cheaper."""
    if count is None:
        return "break-even: the single Ingress is not cheaper for up to 200 such Services"
    return f"break-even: the single Ingress is cheaper from {count} such Services on"


def table(offers: Sequence[Offer]) -> Iterator[Text]:
    """One row per provider: the bill of each plan, the change, and the break-even."""
    names = [plan.name for plan in offers[0].plans[:2]]
    heads = "".join(f"{f'{PLANS[n].mark} {n}':>{_TOTAL + 1}}" for n in names)
    yield Text(f"{'a month':<{_PROVIDER}}{heads}{'change':>8}{'from':>9}", "bold")
    for offer in offers:
        yield Text(_row(offer))
    yield Text("from: number of such Services from which the single Ingress is cheaper", "dim")


def _row(offer: Offer) -> str:
    amounts = [plan.bill.amount for plan in offer.plans[:2]]
    totals = "".join(f"{half_up(amount, 2):>{_TOTAL + 1},}" for amount in amounts)
    name = f"{offer.provider} {offer.product}, {offer.currency}"
    count = "never" if offer.break_even_services is None else str(offer.break_even_services)
    name = name if len(name) <= _PROVIDER else f"{name[: _PROVIDER - 1]}…"
    return f"{name:<{_PROVIDER}}{totals}{_change(amounts):>8}{count:>9}"


def _change(amounts: Sequence[Fraction]) -> str:
    if len(amounts) < 2 or not amounts[0]:
        return ""
    share = (amounts[1] - amounts[0]) / amounts[0] * 100
    sign = "+" if share > 0 else "−"
    return f"{sign}{half_up(abs(share), 0):,} %"
