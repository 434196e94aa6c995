"""The chart of a comparison: money and latency of two plans, each on an axis of its own, and the differences.

A title says the finding, marks are labelled directly, and where nothing can be told the chart says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from matplotlib.axes import Axes

from sim.comparison.comparison import Comparison
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, plan_names, sheet
from sim.report.theme import PLANS, TICK, PlanLook
from sim.report.words import panels as words
from sim.report.words.failures import (
    failure_panel,
    failures_alt,
    failures_facts,
    failures_subtitle,
    failures_titles,
)
from sim.report.words.finding import finding
from sim.report.words.panels import Panel, PanelRow

_GAP, _ARROW, _BETWEEN = 10.0, 26.0, 34.0
"""Points on a slide: beside a column, around the arrow of `274 → 36`, between two panels."""
_NARROWEST, _TALLEST = 96.0, 54.0
"""Points on a slide: the least width of a plot, the most height of a row."""


def compare(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """Money and latency of the first two plans side by side, and the differences.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: there are fewer than two plans, or no such size or theme.
    """
    with sheet(size, theme) as page:
        below, caption = words.subtitle(comparison), words.caption(comparison)
        title, top, bottom = frame(page, finding(comparison), below, caption)
        plans = [outcome.name for outcome in comparison.pair]
        top = plan_names(page, plans, top, words.plan_facts(comparison))
        panels = _with_room(page, [words.money_panel(comparison), words.latency_panel(comparison)])
        looks = [PLANS[plan] for plan in plans]
        _panels(page, panels, looks, top + page.to_scale(54), bottom - page.to_scale(58))
    return Picture(page.figure, title, words.alt_text(title, comparison))


def failures_chart(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """What failed under the first two plans while events and faults happened, beside money and latency.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: nothing happens in the runs, there are fewer than two plans, or no such size or theme.
    """
    found = failure_panel(comparison)
    with sheet(size, theme) as page:
        titles, below = failures_titles(comparison), failures_subtitle(comparison)
        title, top, bottom = frame(page, titles, below, words.caption(comparison))
        plans = [outcome.name for outcome in comparison.pair]
        top = plan_names(page, plans, top, failures_facts(comparison))
        looks = [PLANS[plan] for plan in plans]
        _panels(page, [found], looks, top + page.to_scale(54), bottom - page.to_scale(58))
    return Picture(page.figure, title, failures_alt(title, comparison))


@dataclass(frozen=True)
class Columns:
    """Where a panel's columns end on the right, and its plot. None: no room, or not needed."""

    labels: float
    plot: tuple[float, float]
    one: float | None
    other: float | None
    difference: float | None

    @property
    def right(self) -> float:
        """Where the last column ends."""
        return self.difference or self.other or self.plot[1]


def _columns(page: Sheet, panel: Panel, left: float, plot: float) -> Columns:
    """The columns of a panel that starts at `left`: labels, plot, `274 → 36`, difference."""
    gap, bold = page.to_scale(_GAP), any(row.bold for row in panel.rows)
    labels = left + page.widest((row.label for row in panel.rows), bold=bold)
    start, end = labels + gap, labels + gap + plot
    one = end + gap + page.widest((row.shown[0] for row in panel.rows), bold=bold)
    other = one + page.to_scale(_ARROW) + page.widest((row.shown[1] for row in panel.rows), bold=bold)
    last = (other if panel.with_values else end) + page.widest(
        ["difference", *(row.difference for row in panel.rows)]
    )
    return Columns(
        labels,
        (start, end),
        one if panel.with_values else None,
        other if panel.with_values else None,
        last + 2 * gap if panel.with_difference else None,
    )


def _plot_width(page: Sheet, panels: Sequence[Panel]) -> float:
    """What is left for each plot."""
    texts = sum(_columns(page, panel, 0.0, 0.0).right for panel in panels)
    between = page.to_scale(_BETWEEN) * (len(panels) - 1)
    return (page.width - 2 * page.to_scale(MARGIN) - between - texts) / len(panels)


def _with_room(page: Sheet, panels: list[Panel]) -> list[Panel]:
    """Fewer things, not smaller type: latencies are left to their axis where columns would crowd it."""
    if _plot_width(page, panels) >= page.to_scale(_NARROWEST):
        return panels
    return [replace(panel, with_values=not panel.with_difference) for panel in panels]


def _panels(
    page: Sheet, panels: Sequence[Panel], looks: Sequence[PlanLook], top: float, bottom: float
) -> None:
    """Panels side by side; their rows are at the same heights."""
    rows = max(len(panel.rows) for panel in panels)
    bottom = min(bottom, top + rows * page.to_scale(_TALLEST))
    left, plot = page.to_scale(MARGIN), _plot_width(page, panels)
    for panel in panels:
        columns = _columns(page, panel, left, plot)
        _plot(page, panel, looks, columns, (top, bottom, rows))
        _heads(page, panel, looks, columns, top - page.to_scale(14))
        page.text(columns.plot[0], bottom + page.to_scale(44), panel.note, TICK, "ink2")
        for index, row in enumerate(panel.rows):
            _row_text(page, row, columns, top + (bottom - top) * (index + 0.5) / rows)
        left = columns.right + page.to_scale(_BETWEEN)


def _plot(
    page: Sheet,
    panel: Panel,
    looks: Sequence[PlanLook],
    columns: Columns,
    place: tuple[float, float, int],
) -> None:
    """The plot of a panel, with room for `place[2]` rows."""
    top, bottom, rows = place
    start, end = columns.plot
    axes = page.rows((start, top, end - start, bottom - top), (0.0, panel.limit), rows)
    for index, row in enumerate(panel.rows):
        _marks(page, axes, row, looks, index + 0.5)


def _marks(page: Sheet, axes: Axes, row: PanelRow, looks: Sequence[PlanLook], y: float) -> None:
    """Stems from zero, intervals, and the marks of the two plans, the first above the second."""
    for value, half, look, up in zip(row.values, row.half_widths, looks, (-0.15, 0.15), strict=True):
        if isfinite(value):
            ends = [max(0.0, value - half), value + half] if half else []
            page.stem(axes, look, y + up, value, ends)


def _heads(page: Sheet, panel: Panel, looks: Sequence[PlanLook], columns: Columns, y: float) -> None:
    """Above the plot its unit, above the columns whose they are."""
    unit = min(columns.plot[0], columns.plot[1] - page.width_of(panel.unit, TICK))
    page.text(unit, y, panel.unit, TICK, "ink2")
    if columns.one and columns.other:
        for look, right in zip(looks, (columns.one, columns.other), strict=True):
            page.mark(right - page.to_scale(6), y, look)
        page.text(columns.one + page.to_scale(_ARROW) / 2, y, "→", TICK, "ink2", align="center")
    if columns.difference:
        page.text(columns.difference, y, "difference", TICK, "ink2", align="right")


def _row_text(page: Sheet, row: PanelRow, columns: Columns, y: float) -> None:
    """The label on the left, the figures on the right, each column flush right."""
    page.text(columns.labels, y, row.label, bold=row.bold, align="right")
    if columns.one and columns.other:
        page.text(columns.one, y, row.shown[0], bold=row.bold, align="right")
        page.text(columns.one + page.to_scale(_ARROW) / 2, y, "→", bold=row.bold, align="center")
        page.text(columns.other, y, row.shown[1], bold=row.bold, align="right")
    if columns.difference:
        page.text(columns.difference, y, row.difference, align="right")
