"""The mark of a plan, and the line that says which mark is whose."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.charts.picture import MARGIN, Sheet
from sim.report.theme import PlanLook


def plan_names(page: Sheet, looks: Sequence[PlanLook], facts: Sequence[str], y: float) -> float:
    """The plans' names beside their marks, on one line if they fit; returns where the last line is."""
    margin, gap = page.to_scale(MARGIN), page.to_scale(32)
    widths = [page.to_scale(20) + page.width_of(fact) for fact in facts]
    one_line = sum(widths) + gap <= page.width - 2 * margin
    for index, (look, fact) in enumerate(zip(looks, facts, strict=True)):
        x = margin + (sum(widths[:index]) + gap * index if one_line else 0)
        line = y + (0 if one_line else page.to_scale(23) * index)
        page.mark(x + page.to_scale(6), line, look.marker, look.colour, mark_size(look))
        page.text(x + page.to_scale(20), line, fact)
    return y if one_line else y + page.to_scale(23) * (len(facts) - 1)


def mark_size(look: PlanLook) -> float:
    """Points on a slide; a square looks larger than a disc of the same width."""
    return 10.0 if look.marker == "s" else 11.5
