"""What `sim compare` prints: the finding and the verdict first, then money, latency and risk in one table.

Two plans stand beside their difference; of three or four, each has a column, and the differences a block.
"""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from rich.text import Text

from sim.comparison.comparison import Comparison
from sim.report.text.cost import break_even_lines, in_doubt, stops, table
from sim.report.theme import PLANS
from sim.report.width import WIDTH
from sim.report.words.compare import (
    CompareRow,
    bill_rows,
    bought_rows,
    common_rows,
    difference_rows,
    difference_unit,
    failure_rows,
    latency_rows,
    risk_rows,
    what_happens,
)
from sim.report.words.finding import headline
from sim.report.words.numbers import share_change
from sim.report.words.origin import prices, runs
from sim.report.words.sampling import sample_sentences
from sim.report.words.verdict import verdicts
from sim.units import counted, published

_NAME, _FIGURE = 24, 18
_WIDE, _NARROW = 18, 15
"""Columns of three plans, and of more."""
LATENCY = "latency, from the decision to send to the last byte"
RISK = "requests that fail while one part is broken and nobody has noticed"


def compare_lines(comparison: Comparison, name: str) -> Iterator[Text]:
    """The comparison of plans, priced by one provider line by line, by several in a row each."""
    yield from _head(comparison, name)
    yield Text()
    yield from _table(comparison, len(comparison.offers) > 1)
    yield from _sample(comparison)
    for assumption in comparison.assumptions:
        yield from map(Text, wrap(f"assumed: {assumption.what}", WIDTH, subsequent_indent="  "))
    yield from in_doubt(plan.bill for offer in comparison.offers for plan in offer.plans)
    yield Text(_foot(comparison), "dim")


def _sample(comparison: Comparison) -> Iterator[Text]:
    """What was left out of the runs, and what they are too short for, of the plan that lacks most."""
    worst = max((o.too_short for o in comparison.outcomes), key=len)
    warm_up, until = published(comparison.warm_up), published(comparison.until)
    for sentence in sample_sentences(warm_up, until, published(worst), comparison.replications):
        yield from map(Text, wrap(sentence, WIDTH, subsequent_indent="  "))


def _table(comparison: Comparison, several: bool) -> Iterator[Text]:
    """A run gives the same for all providers; load balancers and addresses differ, so they are left out."""
    plans, lay = comparison.outcomes, _Columns(comparison)
    if several:
        yield from table(comparison.offers, [o.name for o in plans])
        yield Text()
    yield from lay.heads()
    if not several:
        yield Text(f"{plans[0].bill.currency} a month at this traffic", "dim")
        yield from lay.rows(bill_rows(comparison))
        yield from lay.share()
        yield Text("what it takes", "dim")
        yield from lay.rows(bought_rows(plans))
    yield from lay.rows(common_rows(plans))
    if comparison.happens:
        yield from (
            Text(part, "dim")
            for part in wrap(f"what failed (who ended it): {what_happens(comparison)}", WIDTH)
        )
        yield from lay.rows(failure_rows(comparison))
    yield Text(LATENCY, "dim")
    yield from lay.rows(latency_rows(comparison))
    yield from lay.differences()
    yield Text(RISK, "dim")
    yield from lay.rows(risk_rows(comparison))
    yield Text()
    if not several and not comparison.obstacles:
        yield from map(Text, break_even_lines(comparison.break_evens, comparison.break_even_services))


class _Columns:
    """Where the figures stand: two plans and their change, or as many plans as there are."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        count = len(comparison.outcomes)
        self._changes = count == 2
        self._figure = _FIGURE if self._changes else _WIDE if count == 3 else _NARROW
        self._name = _NAME if self._changes else WIDTH - count * self._figure
        self._indent = " " * (2 if count < 4 else 1)

    def heads(self) -> Iterator[Text]:
        """The names of the plans, with their marks where there is room."""
        names = [o.name for o in self._comparison.outcomes]
        marks = [f"{PLANS[n].mark} {n}" for n in names]
        shown = marks if self._figure > max(map(len, marks)) else names
        yield self._line("", [*shown, "change"] if self._changes else shown, "bold")

    def rows(self, rows: Iterable[CompareRow]) -> Iterator[Text]:
        """Rows, with their change if there is one to show."""
        for row in rows:
            cells = (*row.cells, *row.changes) if self._changes else row.cells
            yield self._line(self._indent + row.label, cells, "bold" if row.total else "")

    def share(self) -> Iterator[Text]:
        """Of three plans or more: what each costs more or less than the first."""
        if not self._changes:
            first, *others = (o.bill.amount for o in self._comparison.outcomes)
            yield self._line(f"{self._indent}Change", ["", *(share_change(first, other) for other in others)])

    def differences(self) -> Iterator[Text]:
        """Of three plans or more: each one's paired differences from the first."""
        if not self._changes:
            unit, _ = difference_unit(self._comparison)
            yield Text(f"difference from {self._comparison.outcomes[0].name}, in {unit}", "dim")
            yield from self.rows(difference_rows(self._comparison))

    def _line(self, label: str, cells: Iterable[str], style: str = "") -> Text:
        figures = "".join(f"{cell:>{self._figure}}" for cell in cells)
        room = self._name + len(figures) - len(figures.lstrip()) - 1
        said = label if len(label) <= max(room, self._name) else f"{label[: room - 1]}…"
        return Text(f"{said:<{self._name}}{figures[max(0, len(said) - self._name) :]}".rstrip(), style)


def _head(comparison: Comparison, name: str) -> Iterator[Text]:
    """Quotas that stop a plan, before any saving; then the finding, what it is about, and the verdict."""
    yield from stops(plan for offer in comparison.offers for plan in offer.plans)
    yield Text(headline(comparison), "bold")
    yield Text(_subtitle(comparison, name))
    for sentence in verdicts(comparison):
        yield from map(Text, wrap(sentence, WIDTH, subsequent_indent="  "))


def _subtitle(comparison: Comparison, name: str) -> str:
    rate = f"{round(comparison.requests_per_s, 2):.6g}"
    rest = f": {counted(comparison.services, 'Service')}, {rate} requests/s in all"
    room = WIDTH - len(rest)
    return (name if len(name) <= room else f"…{name[len(name) - room + 1 :]}") + rest


def _foot(comparison: Comparison) -> str:
    priced = "each provider's own currency" if len(comparison.offers) > 1 else prices(comparison)
    return f"seed {comparison.seed} · {runs(comparison.replications)} · {priced} · sim {comparison.version}"
