"""Tables about the plans themselves: money, latency, what they take, what fails, what a provider allows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sim.comparison.comparison import Comparison, PlanOutcome
from sim.costs.bill import Bill, QuotaUse
from sim.costs.offers import BOTH, Offer
from sim.report.print.tables import Cell, Head, PageTable, TableRow, group, line, plan_heads, source_cell
from sim.report.text.cost import break_even_cell
from sim.report.theme import currency_name
from sim.report.words.compare import (
    CompareRow,
    bill_rows,
    bought_rows,
    common_rows,
    difference_rows,
    difference_unit,
    failure_rows,
    latency_rows,
    risks,
    what_happens,
)
from sim.report.words.numbers import NOTHING, UNIT_NAMES, latency_text, share_change, share_text
from sim.units import show_seconds

HALF = Fraction(1, 2)
"""Of a provider that was only asked besides, limits are listed that a plan uses to this share or more."""


def plans_table(comparison: Comparison) -> PageTable:
    """Everything that the plans differ in: a column each, and of two plans one for what changes."""
    plans = comparison.outcomes
    alone = len(plans) == 2
    heads = plan_heads("", [o.name for o in plans])
    return PageTable(
        f"{_COUNTED.get(len(plans), str(len(plans)))} plans for the same requests",
        (*heads, Head("Change", figures=True)) if alone else heads,
        (
            *_money(comparison),
            group("What it takes"),
            *_with_changes(bought_rows(plans), alone),
            *_with_changes(common_rows(plans), alone),
            *_failures(comparison, alone),
            group("Latency, from the decision to send to the last byte"),
            *_with_changes(_latency(comparison), alone),
            *(() if alone else _differences(comparison)),
        ),
        _note(comparison),
    )


def _failures(comparison: Comparison, alone: bool) -> Iterator[TableRow]:
    if comparison.happens:
        yield group(f"What failed, and who ended it: {what_happens(comparison)}")
        yield from _with_changes(failure_rows(comparison), alone)


_COUNTED = {2: "Two", 3: "Three", 4: "Four"}


def _with_changes(rows: Iterable[CompareRow], alone: bool) -> Iterator[TableRow]:
    """Rows; of two plans, with a cell for what changes."""
    for row in rows:
        yield line(row.label, *row.cells, *((row.changes or ("",)) if alone else ()), total=row.total)


def _money(comparison: Comparison) -> Iterator[TableRow]:
    first, *others = (o.bill for o in comparison.outcomes)
    yield group(f"A month at {first.provider}, {currency_name(first.currency)}")
    *items, total = _with_changes(bill_rows(comparison), len(others) == 1)
    yield from items
    shares = [share_change(first.amount, other.amount) for other in others]
    kept, last = total.cells[: -len(shares)], total.cells[-len(shares) :]
    changed = (replace(cell, note=share) for cell, share in zip(last, shares, strict=True))
    yield replace(total, cells=(*kept, *changed))


def _latency(comparison: Comparison) -> Iterator[CompareRow]:
    for row in latency_rows(comparison):
        yield replace(row, cells=tuple(_with_interval(o, row.label) for o in comparison.outcomes))


def _with_interval(outcome: PlanOutcome, name: str) -> str:
    """A latency and its 95 % interval, where there are several runs."""
    value_s, interval = outcome.latency_s[name], (outcome.latency_intervals or {}).get(name)
    if interval is None:
        return latency_text(value_s)
    return f"{show_seconds(value_s)} [{show_seconds(interval.low)}, {show_seconds(interval.high)}]"


def _differences(comparison: Comparison) -> Iterator[TableRow]:
    unit, _ = difference_unit(comparison)
    first = comparison.outcomes[0].name
    yield group(f"Difference from {first}, {UNIT_NAMES[unit]}")
    for row in difference_rows(comparison):
        yield line(row.label, NOTHING, *row.cells[1:])


def _note(comparison: Comparison) -> str:
    """What the figures mean, for whoever reads no other page."""
    means = "p95: 95 of 100 requests are answered within this time. "
    if comparison.replications < 2:
        return f"{means}One run is one sample: no interval, so small differences may be chance."
    return (
        f"{means}In brackets, and behind ±: the 95 % interval over {comparison.replications:,} runs. "
        "Differences are of paired runs, with the same clients and draws; “cannot tell” stands where the "
        "interval covers zero."
    )


def stops(comparison: Comparison) -> list[str]:
    """Limits that a plan exceeds."""
    plans = (plan for offer in comparison.offers for plan in offer.plans)
    return [f"{p.bill.provider} {p.name} takes {q.in_words}" for p in plans for q in p.quotas if q.exceeded]


def quota_tables(comparison: Comparison) -> list[PageTable]:
    """One per provider; of others than the first, only what is used to a good part."""
    names = [o.name for o in comparison.outcomes]
    first, *others = comparison.offers
    rest = (quota_table(offer, names, HALF) for offer in others)
    return [table for table in (quota_table(first, names), *rest) if table.lines]


def quota_table(offer: Offer, names: Sequence[str], least: Fraction = Fraction(0)) -> PageTable:
    """What each plan takes of each limit.

    Args:
        least: share of a limit that must be used for it to be listed.
    """
    fullest = {plan.name: _fullest(plan.quotas) for plan in offer.plans}
    limits = dict.fromkeys(name for quotas in fullest.values() for name in quotas)
    rows = []
    for name in limits:
        uses = {plan: quotas[name] for plan, quotas in fullest.items() if name in quotas}
        if any(Fraction(use.used, use.limit) >= least for use in uses.values()):
            rows.append(_quota_line(name, [uses.get(plan) for plan in names]))
    heads = (*plan_heads("Limit", names), Head("Source"))
    note = "" if not least else "Only limits that a plan uses to half or more."
    return PageTable(f"What the plans take of the limits of {offer.provider}", heads, tuple(rows), note)


def _fullest(quotas: Iterable[QuotaUse]) -> dict[str, QuotaUse]:
    """Of a plan that is bought in parts, the part that comes nearest to each limit."""
    found: dict[str, QuotaUse] = {}
    for use in quotas:
        other = found.get(use.name)
        if other is None or use.used * other.limit > other.used * use.limit:
            found[use.name] = use
    return found


def _quota_line(name: str, uses: Sequence[QuotaUse | None]) -> TableRow:
    one = next(use for use in uses if use)
    cells = (
        Cell(NOTHING)
        if use is None
        else Cell(f"{use.used:,} of {use.limit:,}", "does not fit" if use.exceeded else "")
        for use in uses
    )
    raised = "can be raised on request" if one.adjustable else "a hard limit"
    label = Cell(name.replace("_", " ").capitalize(), raised)
    return TableRow(label, (*cells, source_cell("", one.as_of, one.sources)))


def moving_table(comparison: Comparison) -> PageTable | None:
    """Who keeps a load balancer of their own; None: everybody can move."""
    if not comparison.cannot_move:
        return None
    rows = tuple(line(one.service, one.why) for one in comparison.cannot_move)
    return PageTable("Services that keep a load balancer of their own", (Head("Service"), Head("Why")), rows)


def risk_table(comparison: Comparison) -> PageTable:
    """Which share of the requests fails with one part of each kind, with its interval."""
    plans = comparison.outcomes
    rows = tuple(TableRow(Cell(name), tuple(map(_risk_cell, radii))) for name, radii in risks(comparison))
    note = (
        "Of the requests that the healthy plan answers, the share that fails while this part is broken from "
        "beginning to end and nobody has noticed; in brackets its 99 % interval. Of all parts of a kind, the "
        "one is broken that most requests need; its name stands below."
    )
    heads = plan_heads("Broken part", [o.name for o in plans])
    return PageTable("Requests that fail with one part, measured in a run with that fault", heads, rows, note)


def _risk_cell(found: dict[str, Any] | None) -> Cell:
    if found is None:
        return Cell("not in this plan")
    low, high = found["low"], found["high"]
    interval = f" [{low * 100:.0f}, {high * 100:.0f}]" if 0 < found["share"] < 1 else ""
    return Cell(f"{share_text(found['share'])}{interval}", found["name"])


def providers_table(comparison: Comparison) -> PageTable | None:
    """What each provider asks for each plan; None: only one was asked."""
    if len(comparison.offers) < 2:
        return None
    names = [o.name for o in comparison.outcomes]
    rows = tuple(_provider_line(offer, names) for offer in comparison.offers)
    note = (
        "The same runs, priced by each sheet in its own currency. In the second line of a cell: the change "
        f"from {names[0]}. A dash: the provider's sheet has nothing for this plan."
    )
    return PageTable("A month at each provider", plan_heads("Provider", names), rows, note)


def _provider_line(offer: Offer, names: Sequence[str]) -> TableRow:
    bills = {plan.name: plan.bill for plan in offer.plans}
    first = bills.get(names[0])
    cells = (_provider_cell(bills.get(name), first) for name in names)
    return TableRow(Cell(offer.provider, f"prices of {offer.prices_as_of}"), tuple(cells))


def _provider_cell(bill: Bill | None, first: Bill | None) -> Cell:
    """A bill, and how it changes from the first plan's."""
    if bill is None:
        return Cell(NOTHING)
    change = "" if first is None or bill is first else share_change(first.amount, bill.amount)
    return Cell(f"{bill.total:,} {bill.currency}", change)


def break_even_table(comparison: Comparison) -> PageTable | None:
    """From how many Services on each plan is cheaper than a load balancer per Service; None: not known."""
    if comparison.obstacles or not any(offer.break_evens for offer in comparison.offers):
        return None
    names = [o.name for o in comparison.outcomes if o.name != BOTH[0]]
    rows = tuple(
        line(offer.provider, *(break_even_cell(offer, name) for name in names)) for offer in comparison.offers
    )
    note = (
        "From this number of Services on, each with the mean traffic of those here, the plan costs less than "
        "a load balancer per Service. Never: not for up to 200."
    )
    return PageTable("Break-even, in Services", plan_heads("Provider", names), rows, note)
