"""Counts of Pods in panels side by side on one scale: what is usual, what was expected, what came."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from sim.report.charts.picture import MARGIN, Sheet
from sim.report.theme import TICK
from sim.simulation.spread_shares import Share

MOST_ROWS = 12
TALLEST, GAP, MARK = 64.0, 12.0, 12.0
"""Points on a slide: the most height of a row, beside a column, a mark."""
_BETWEEN = 40.0


@dataclass(frozen=True)
class CountPanel:
    """What each Pod got in one way.

    Args:
        title, how: above it.
        unit: of the counts; `total` of them were to be had.
    """

    title: str
    how: str
    unit: str
    total: int
    pods: tuple[Share, ...]

    @property
    def shown(self) -> list[Share]:
        """As many Pods as there is room for: those that got the most and the least."""
        if len(self.pods) <= MOST_ROWS:
            return list(self.pods)
        ordered = sorted(self.pods, key=lambda row: -row.drawn)
        return [*ordered[: MOST_ROWS // 2], *ordered[-MOST_ROWS // 2 :]]

    def __str__(self) -> str:
        rows = (
            f"{row.name} {row.drawn:,}, expected {self.total * row.probability:,.1f},"
            f" {row.interval[0]:,} to {row.interval[1]:,}"
            f"{', outside' if row.outside else ''}"
            for row in self.shown
        )
        return f"{self.title}: {'; '.join(rows)}."


def more_pods(panels: Sequence[CountPanel]) -> str:
    """How many Pods are left out: the end of a caption."""
    left_out = len(panels[0].pods) - MOST_ROWS
    return f" · {left_out:,} more Pods lie between" if left_out > 0 else ""


def _limits(found: Sequence[CountPanel]) -> tuple[float, float]:
    """The scale that all panels share: from zero where the counts need most of it, else closer."""
    ends = [end for panel in found for row in panel.pods for end in (*row.interval, row.drawn)]
    low, high = float(min(ends)), float(max(ends))
    air = max(1.0, 0.08 * (high - low))
    return (0.0 if low < high / 2 else low - air), high + air


def draw_panels(page: Sheet, found: Sequence[CountPanel], top: float, bottom: float) -> None:
    """Panels side by side; names at the first one, counts beside each."""
    shown = [panel.shown for panel in found]
    # The extremes of many Pods differ from mode to mode, so each panel then names its own.
    own_names = len(found[0].pods) > MOST_ROWS
    left, gap = page.to_scale(MARGIN), page.to_scale(GAP)
    counts = page.widest(f"{row.drawn:,}" for rows in shown for row in rows) + gap
    room = page.width - 2 * left - page.to_scale(_BETWEEN) * (len(found) - 1)
    named = len(found) if own_names else 1
    most = (room / len(found) if own_names else room) * 0.3
    names = min(most, page.widest(row.name for rows in shown for row in rows))
    plot = (room - named * (names + gap)) / len(found) - counts
    bottom = min(bottom, top + len(shown[0]) * page.to_scale(TALLEST))
    limits = _limits(found)
    for number, (panel, rows) in enumerate(zip(found, shown, strict=True)):
        if number < named:
            _names(page, rows, left, names, (top, bottom))
            left += names + gap
        page.text(left, top - page.to_scale(36), panel.title, bold=True)
        page.text(left, top - page.to_scale(12), panel.how, TICK, "ink2")
        page.text(left + plot + counts, top - page.to_scale(12), panel.unit, TICK, "ink2", align="right")
        axes = page.rows((left, top, plot, bottom - top), limits, len(rows))
        for at, row in enumerate(rows):
            _share_row(page, axes, row, panel.total * row.probability, at)
            middle = top + (bottom - top) * (at + 0.5) / len(rows)
            page.text(left + plot + counts, middle, f"{row.drawn:,}", bold=row.outside, align="right")
        left += plot + counts + page.to_scale(_BETWEEN)


def _names(page: Sheet, rows: Sequence[Share], left: float, width: float, span: tuple[float, float]) -> None:
    for at, row in enumerate(rows):
        middle = span[0] + (span[1] - span[0]) * (at + 0.5) / len(rows)
        page.text(left + width, middle, page.shortened(row.name, width), align="right")


def _share_row(page: Sheet, axes: Axes, row: Share, expected: float, at: int) -> None:
    """The band, the expected count, the stem from there, and the mark: hollow if it lies outside."""
    ink, size, edge = page.colours.ink, page.to_scale(MARK), page.to_scale(2)
    page.band(axes, at, row.interval)
    page.away(axes, at, expected, row.drawn, ink)
    marker, face = ("D", page.colours.page) if row.outside else ("o", ink)
    axes.plot([row.drawn], [at + 0.5], marker, mfc=face, mec=ink, mew=edge, ms=size, zorder=4, clip_on=False)
