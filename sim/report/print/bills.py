"""The bills line by line, and where their figures were read."""

from sim.comparison.comparison import Comparison
from sim.costs.bill import Line as BillLine
from sim.costs.bill import half_up
from sim.costs.offers import Offer
from sim.costs.price_sheet import Source
from sim.report.print.tables import Cell, Head, PageTable, TableRow, group, line, source_cell
from sim.report.theme import PLANS, item_name
from sim.report.words.numbers import exact


def bill_tables(comparison: Comparison) -> list[PageTable]:
    """One per provider, every plan a group of rows."""
    return [_bill_table(offer) for offer in comparison.offers]


def _bill_table(offer: Offer) -> PageTable:
    rows: list[TableRow] = []
    for plan in offer.plans:
        rows.append(group(f"{PLANS[plan.name].mark} {plan.name}"))
        rows += map(_bill_line, plan.bill.lines)
        rows.append(line("Total", "", "", f"{plan.bill.total:,}", "", total=True))
    figures = (Head(name, figures=True) for name in ("Quantity", "Unit price", "Amount"))
    heads = (Head("Item"), *figures, Head("Source of the price"))
    caption = f"A month at {offer.provider} in {offer.currency}, prices of {offer.prices_as_of}"
    return PageTable(caption, heads, tuple(rows))


def _bill_line(bought: BillLine) -> TableRow:
    figure = bought.figure
    return TableRow(
        Cell(item_name(bought.item)),
        (
            Cell(exact(bought.quantity), bought.unit),
            Cell(exact(bought.unit_price)),
            Cell(f"{half_up(bought.amount, 2):,}"),
            source_cell(figure.key, figure.as_of, bought.sources, f"confidence {figure.confidence}"),
        ),
    )


def sources(comparison: Comparison) -> list[Source]:
    """Every source of a bill or a limit, once, by title."""
    plans = [plan for offer in comparison.offers for plan in offer.plans]
    prices = (line.sources for plan in plans for line in plan.bill.lines)
    limits = (quota.sources for plan in plans for quota in plan.quotas)
    once = {(source.title, source.address): source for some in (*prices, *limits) for source in some}
    return sorted(once.values(), key=lambda source: source.title.casefold())
