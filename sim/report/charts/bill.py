"""The chart of the bill: what each plan's bill is made of, a stack of three parts, amounts in columns.

A part has its fill (full, hatched, hollow), a plan its mark and colour; so greyscale loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.patches import Rectangle

from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, plan_names, sheet
from sim.report.theme import PLANS, TICK, provider_name
from sim.report.words import bill as words
from sim.report.words.bill import PARTS, BillRow
from sim.report.words.money import Found
from sim.report.words.numbers import money_text

_GAP, _MARK, _SWATCH, _NOTE, _WIDEST = 16.0, 22.0, 14.0, 24.0, 210.0
"""Points on a slide: beside a column, a mark's room, a swatch, a line, a provider at most."""
_BAR, _APART, _BELOW = 0.58, 0.35, 0.22
"""Of the height of a row: its bar, the room between two providers, the bar above notes."""
_THICKEST, _THINNEST = 84.0, 30.0
"""Points on a slide: a bar at most, and at least where notes stand below it."""
FILLS = ((True, ""), (False, "////"), (False, ""))
"""Whether each of PARTS is filled, and its hatch."""


@dataclass(frozen=True)
class BillColumns:
    """Where things stand, in points from the left: the labels, the bars, and the right end of each amount."""

    plans: float
    bars: tuple[float, float]
    amounts: tuple[float, ...]


def bill_chart(found: Found, size: str = "slide", theme: str = "light") -> Picture:
    """What the bill of each plan is made of, at each provider.

    Args:
        found: a comparison or a calculation.
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: nothing was priced, or there is no such size or theme.
    """
    groups = words.bill_rows(found)
    with sheet(size, theme) as page:
        shown = words.subtitle(found, groups)
        title, top, bottom = frame(page, words.titles(groups), shown, words.caption(found, groups))
        if len(groups) > 1:
            plans = list(dict.fromkeys(row.plan for rows in groups for row in rows))
            top = plan_names(page, plans, top)
        columns = _columns(page, groups)
        _heads(page, columns, top + page.to_scale(34))
        top, bottom = top + page.to_scale(52), bottom - page.to_scale(16)
        notes = _notes(page, groups, columns)
        height = (bottom - top) / max(1, len(notes))
        if notes and all(_bar_above(page, lines, height) >= page.to_scale(_THINNEST) for lines in notes):
            _rows(page, groups, columns, (top, bottom), notes)
        else:
            _rows_above_a_foot(page, groups, columns, (top, bottom))
    return Picture(page.figure, title, words.alt_text(title, shown, groups))


def _notes(page: Sheet, groups: Sequence[Sequence[BillRow]], columns: BillColumns) -> list[list[str]]:
    """Of one provider, the lines below each bar: what its parts consist of."""
    if len(groups) > 1:
        return []
    width = page.width - page.to_scale(MARGIN) - columns.bars[0]
    return [_wrapped(page, words.items_of(row), width) for row in groups[0]]


def _wrapped(page: Sheet, items: Sequence[str], width: float) -> list[str]:
    return [line for item in items for line in page.wrapped(item, width, TICK)]


def _bar_above(page: Sheet, lines: Sequence[str], height: float) -> float:
    """How thick a bar is in a row of a height, above its lines."""
    if not lines:
        return min(_BAR * height, page.to_scale(_THICKEST))
    room = height - page.to_scale(_NOTE * (len(lines) + 0.8))
    return min(room / (1 + _BELOW), page.to_scale(_THICKEST))


def _rows_above_a_foot(
    page: Sheet, groups: Sequence[Sequence[BillRow]], columns: BillColumns, place: tuple[float, float]
) -> None:
    """Rows, and where one provider has too many for lines between them, below all what the parts are."""
    items = words.items_in_words(groups[0]) if len(groups) == 1 else []
    width = page.width - 2 * page.to_scale(MARGIN)
    lines = _wrapped(page, items, width)
    bottom = place[1] - page.to_scale(_NOTE * len(lines))
    _rows(page, groups, columns, (place[0], bottom), [[]] * sum(map(len, groups)))
    for number, line in enumerate(lines):
        y = bottom + page.to_scale(_NOTE * (number + 1))
        page.text(page.to_scale(MARGIN), y, line, TICK, "ink2")


def _shown(row: BillRow) -> list[str]:
    """The parts and the total, to the hundredth of the unit; a dash for nothing."""
    return [money_text(amount / row.unit[0]) for amount in (*row.amounts, row.total)]


def _columns(page: Sheet, groups: Sequence[Sequence[BillRow]]) -> BillColumns:
    """Labels on the left, amounts on the right, and the bars in what is left."""
    margin, gap = page.to_scale(MARGIN), page.to_scale(_GAP)
    rows = [row for group in groups for row in group]
    heads = [page.width_of(name, TICK) + page.to_scale(_SWATCH + 6) for name in PARTS]
    amounts = zip(*map(_shown, rows), strict=True)
    widths = [page.widest(column, bold=number == len(PARTS)) for number, column in enumerate(amounts)]
    taken = [max(pair) for pair in zip(widths, [*heads, page.width_of("Total", TICK)], strict=True)]
    right = page.width - margin
    ends = [right - sum(taken[n + 1 :]) - gap * (len(taken) - 1 - n) for n in range(len(taken))]
    plans = margin
    if len(groups) > 1:
        plans += min(page.to_scale(_WIDEST), page.widest(map(_provider, rows), bold=True)) + gap
    names = 0.0 if len(groups) > 1 else page.widest(row.plan for row in rows) + gap
    start = plans + page.to_scale(_MARK) + names
    return BillColumns(plans, (start, ends[0] - taken[0] - gap), tuple(ends))


def _provider(row: BillRow) -> str:
    """The longer line of a provider's label; of one plan it is one line."""
    name, unit = provider_name(row.offer.provider), row.unit[1]
    return f"{name}, {unit}" if len(row.offer.plans) == 1 else max(name, unit, key=len)


def _heads(page: Sheet, columns: BillColumns, y: float) -> None:
    """What each column of amounts is, with the fill that its part has in the bars."""
    for name, fill, right in zip(PARTS, FILLS, columns.amounts, strict=False):
        page.text(right, y, name, TICK, align="right")
        left = right - page.width_of(name, TICK) - page.to_scale(_SWATCH + 6)
        side = page.to_scale(_SWATCH)
        _bar(page, (left, y - side / 2, side, side), "ink2", fill)
    page.text(columns.amounts[-1], y, "Total", TICK, align="right")


def _bar(page: Sheet, box: tuple[float, float, float, float], colour: str, fill: tuple[bool, str]) -> None:
    """One part: full, hatched or hollow in one colour."""
    wears, (left, top, width, height) = getattr(page.colours, colour), box
    edge, (full, hatch) = page.to_scale(1.5), fill
    page.add(
        Rectangle((left, top), width, height, fc=wears, ec=wears, lw=edge, fill=full, hatch=hatch or None)
    )


def _rows(
    page: Sheet,
    groups: Sequence[Sequence[BillRow]],
    columns: BillColumns,
    place: tuple[float, float],
    notes: Sequence[Sequence[str]],
) -> None:
    """A row per plan with its notes, those of a provider together; the rows fill the place."""
    count = sum(map(len, groups)) + _APART * (len(groups) - 1)
    height, top, below = (place[1] - place[0]) / count, place[0], iter(notes)
    for rows in groups:
        if len(groups) > 1:
            _provider_label(page, rows, top, height, columns)
        for number, row in enumerate(rows):
            _row(page, row, columns, (top + height * number, height), next(below))
        top += height * (len(rows) + _APART)


def _provider_label(
    page: Sheet, rows: Sequence[BillRow], top: float, height: float, columns: BillColumns
) -> None:
    """Whose bills they are, and in which unit."""
    room = columns.plans - page.to_scale(MARGIN + _GAP)
    name, unit = provider_name(rows[0].offer.provider), rows[0].unit[1]
    lines = [(name, "ink", True), (unit, "ink2", False)]
    if len(rows) == 1:
        lines = [(f"{name}, {unit}", "ink", False)]
    for number, (line, colour, bold) in enumerate(lines):
        y = top + height * (number + 0.5)
        page.text(page.to_scale(MARGIN), y, page.shortened(line, room, TICK, bold), TICK, colour, bold)


def _row(
    page: Sheet,
    row: BillRow,
    columns: BillColumns,
    place: tuple[float, float],
    notes: Sequence[str],
) -> None:
    """The plan, its stack, and the amounts; below them its notes.

    Args:
        place: where the row begins, and its height.
    """
    thick, line = _bar_above(page, notes, place[1]), page.to_scale(_NOTE)
    above = (place[1] - thick - line * len(notes)) / 2
    y = place[0] + above + thick / 2
    for number, words_below in enumerate(notes):
        at = y + thick / 2 + line * (number + 0.9)
        page.text(columns.bars[0], at, words_below, TICK, "ink2")
    look = PLANS[row.plan]
    page.mark(columns.plans + page.to_scale(6), y, look)
    if columns.plans == page.to_scale(MARGIN):
        page.text(columns.plans + page.to_scale(_MARK), y, row.plan)
    start, end = columns.bars
    widths = [float(amount / row.largest) * (end - start) if row.largest else 0.0 for amount in row.amounts]
    for left, width, fill in zip(accumulate([start, *widths]), widths, FILLS, strict=False):
        if width:
            _bar(page, (left, y - thick / 2, width, thick), look.colour, fill)
    for number, (shown, right) in enumerate(zip(_shown(row), columns.amounts, strict=True)):
        page.text(right, y, shown, bold=number == len(PARTS), align="right")
