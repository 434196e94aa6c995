"""What `sim cost` prints: quotas that stop a plan first, then each line of each bill with its price."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from rich.text import Text

from sim.comparison.comparison import Calculation
from sim.costs.bill import Bill, Line, half_up
from sim.costs.offers import BOTH, Offer, Priced
from sim.report.theme import PLANS, item_name
from sim.report.width import WIDTH
from sim.report.words.numbers import NOTHING, exact, share_change
from sim.units import counted

_ITEM, _QUANTITY, _PRICE, _AMOUNT = 22, 14, 14, 14
_PROVIDER, _TOTAL, _FROM = 28, 16, 12


def cost_lines(found: Calculation) -> Iterator[Text]:
    """Bills of one provider line by line; of several, one table."""
    traffic = found.traffic
    rate, gb = float(traffic.requests_per_s), float(traffic.gb)
    yield Text(
        f"{counted(found.services, 'Service')}, {rate:,.6g} requests/s and {gb:,.6g} GB a month in all",
        "bold",
    )
    yield from stops(plan for offer in found.offers for plan in offer.plans)
    if len(found.offers) > 1:
        yield Text()
        yield from table(found.offers, [plan.name for plan in found.offers[0].plans])
    else:
        yield from _bills(found.offers[0])
    yield Text()
    for assumption in found.assumptions:
        yield from map(Text, wrap(f"assumed: {assumption.what}", WIDTH, subsequent_indent="  "))
    yield from in_doubt(plan.bill for offer in found.offers for plan in offer.plans)
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


def in_doubt(bills: Iterable[Bill]) -> Iterator[Text]:
    """The prices of low confidence that bills use, each once, and why they are doubted."""
    low = {
        (bill.provider, line.figure.key): line.figure
        for bill in bills
        for line in bill.lines
        if line.figure.confidence == "low"
    }
    for (provider, key), figure in low.items():
        name = key.rpartition(".")[2]
        why = f": {figure.note}" if figure.note else ""
        words = f"price in doubt: {provider} {name} {exact(figure.value)} {figure.unit}{why}"
        yield from map(Text, wrap(words, WIDTH, subsequent_indent="  "))


def _bills(offer: Offer) -> Iterator[Text]:
    for plan in offer.plans:
        yield Text()
        yield Text(f"{PLANS[plan.name].mark} {plan.name}", "bold")
        yield from map(_line, plan.bill.lines)
        pad = _ITEM + _QUANTITY + _PRICE
        yield Text(f"  {f'Total, {offer.currency} a month':<{pad}}{plan.bill.total:>{_AMOUNT},}", "bold")
    yield Text()
    yield from map(Text, break_even_lines(offer.break_evens, offer.break_even_services))


def _line(line: Line) -> Text:
    quantity, unit_price = exact(line.quantity), exact(line.unit_price)
    amount = f"{half_up(line.amount, 2):,}"
    figures = f"{quantity:>{_QUANTITY}} ×{unit_price:>{_PRICE - 2}}{amount:>{_AMOUNT}}"
    return Text(f"  {item_name(line.item):<{_ITEM}}{figures}")


def break_even_lines(break_evens: Mapping[str, int | None], ingress: int | None) -> list[str]:
    """From how many Services on each plan is cheaper than a load balancer per Service.

    Args:
        ingress: the same of the single Ingress, said where no plan has one.
    """
    return [break_even_words(n, plan) for plan, n in (break_evens or {"single-ingress": ingress}).items()]


def break_even_words(count: int | None, plan: str = "single-ingress") -> str:
    """From how many Services on a plan is cheaper.

    >>> break_even_words(2)
    'break-even: the single Ingress is cheaper from 2 such Services on'
    >>> break_even_words(1, "shared-alb")
    'break-even: the shared ALB is cheaper from the first Service on'
    """
    words = {1: "cheaper from the first Service on", None: "not cheaper for up to 200 such Services"}
    return f"break-even: {PLANS[plan].name} is {words.get(count, f'cheaper from {count} such Services on')}"


def table(offers: Sequence[Offer], plans: Sequence[str]) -> Iterator[Text]:
    """One row per provider: the bill of each plan, the change, and the break-even."""
    yield from (_of_many if len(plans) > 2 else _of_two)(offers, plans)


def _of_many(offers: Sequence[Offer], plans: Sequence[str]) -> Iterator[Text]:
    """Bills of all plans, then the break-even of each; a dash where a provider sells nothing for it."""
    figure = 18 if len(plans) == 3 else 15
    name = WIDTH - figure * len(plans)
    yield Text(f"{'a month':<{name}}{''.join(f'{plan:>{figure}}' for plan in plans)}", "bold")
    for offer in offers:
        bills = {plan.name: f"{plan.bill.total:,}" for plan in offer.plans}
        cells = "".join(f"{bills.get(plan, NOTHING):>{figure}}" for plan in plans)
        yield Text(f"{f'{offer.provider}, {offer.currency}':<{name}}{cells}")
    yield Text(f"from how many such Services on it is cheaper than {BOTH[0]}", "dim")
    for offer in offers:
        cells = "".join(f"{break_even_cell(offer, plan):>{figure}}" for plan in plans)
        yield Text(f"{offer.provider:<{name}}{cells}".rstrip())


def break_even_cell(offer: Offer, plan: str) -> str:
    """A break-even in a word; empty for the plan that others are compared with."""
    if plan == BOTH[0]:
        return ""
    count = offer.break_evens.get(plan)
    return NOTHING if plan not in offer.break_evens else "never" if count is None else str(count)


def _of_two(offers: Sequence[Offer], plans: Sequence[str]) -> Iterator[Text]:
    """Two bills, the change, and the break-even."""
    other = plans[0] if plans[-1] == BOTH[0] else plans[-1]
    heads = "".join(f"{f'{PLANS[n].mark} {n}':>{_TOTAL + 1}}" for n in plans)
    yield Text(f"{'a month':<{_PROVIDER}}{heads}{'change':>8}{'from':>9}", "bold")
    for offer in offers:
        yield Text(_row(offer, len(plans), break_even_cell(offer, other)))
    yield Text(f"from: number of such Services from which {PLANS[other].name} is cheaper", "dim")


def _row(offer: Offer, plans: int, break_even: str) -> str:
    amounts = [plan.bill.amount for plan in offer.plans[:2]]
    shown = [f"{half_up(amount, 2):,}" for amount in amounts] + [NOTHING] * (plans - len(amounts))
    totals = "".join(f"{amount:>{_TOTAL + 1}}" for amount in shown)
    change = share_change(*amounts) if len(amounts) == 2 else ""
    name = f"{offer.provider} {offer.product}, {offer.currency}"
    name = name if len(name) <= _PROVIDER else f"{name[: _PROVIDER - 1]}…"
    return f"{name:<{_PROVIDER}}{totals}{change:>8}{break_even:>9}"
