"""Where a figure comes from, in one line, and which figures are too old to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sim.costs.price_sheet.figure import GIVEN, Figure
from sim.costs.price_sheet.numbers import last_day
from sim.costs.price_sheet.overrides import in_use
from sim.costs.price_sheet.sheet import PriceSheet


def cite(figure: Figure, sheet: PriceSheet) -> str:
    """Where a figure stands, of when it is, and who says so, in one line."""
    best = sheet.sources[figure.sources[0]]
    if figure.confidence == GIVEN:
        return f"{sheet.provider} {figure.key}, {best.title} {best.address}".rstrip()
    of = f"as of {figure.as_of}" if figure.as_of else "no date known"
    return f"{sheet.provider} {figure.key}, {of}, confidence {figure.confidence}: {best.title}, {best.date}"


def old_figures(sheet: PriceSheet, today: date, days: int = 180) -> tuple[Figure, ...]:
    """Figures that a bill of the default product may use and that are older than `days`, the oldest first.

    A figure that is known by year or month is taken at its last day; what the user has set is never old.
    """
    dated = [f for _, f in in_use(sheet) if f.confidence != GIVEN]
    old = [f for f in dated if f.as_of is None or (today - last_day(f.as_of)).days > days]
    return tuple(sorted(old, key=lambda figure: (figure.as_of or "", figure.key)))


def stale(sheets: Sequence[PriceSheet], today: date) -> str | None:
    """One line about figures that are too old to be trusted; None if there are none."""
    old = {sheet.provider: found for sheet in sheets if (found := old_figures(sheet, today))}
    if not old:
        return None
    count = sum(map(len, old.values()))
    many = f"{count} figures are" if count > 1 else "a figure is"
    oldest = min((f for found in old.values() for f in found), key=lambda f: (f.as_of or "", f.key))
    name = oldest.key.rpartition(".")[2].replace("_", " ")
    age = f"of {oldest.as_of}" if oldest.as_of else "of no known date"
    return f"{', '.join(old)} prices: {many} over 180 days old ({name}: {age}); replace with --prices FILE"
