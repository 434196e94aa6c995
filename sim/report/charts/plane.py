"""The chart of money against latency: a mark per plan, and an arrow from the first plan with what changes.

Both axes start at zero, so a change is as large as it looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import dist

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from sim.comparison.comparison import Comparison
from sim.report.charts import picture
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, mark_size, sheet, tick_label
from sim.report.theme import PLANS, TICK
from sim.report.words import plane as words
from sim.report.words.money import origin
from sim.report.words.plane import Plane, PlanPoint

_GAP, _BETWEEN, _CLEAR, _BESIDE = 10.0, 28.0, 16.0, 4.0
"""Points on a slide: beside a tick, between panels, around a mark, beside a leader."""
_LINE, _CLOSEST = 23.0, 17.0
"""Points on a slide: from one line of text to the next, and where there are many."""
_MOST_ABOVE = 0.75
"""Of the height, for labels above the marks."""


@dataclass(frozen=True)
class PlanePlot:
    """Where one panel is drawn, in points from the left and from the top, and what its edges stand for.

    Args:
        money, latency_s: at the right and at the upper edge; zero at the left and at the lower one.
        below: whether labels stand below the marks, or above.
        pitch: points from one label to the next.
    """

    left: float
    width: float
    top: float
    bottom: float
    money: float
    latency_s: float
    below: bool
    pitch: float

    def at(self, point: PlanPoint) -> tuple[float, float]:
        """Where a point is."""
        return self.left + self.width * point.money / self.money, self.y(point.latency_s)

    def y(self, latency_s: float) -> float:
        """Where a latency is."""
        return self.bottom - (self.bottom - self.top) * latency_s / self.latency_s


def plane_chart(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """The bill of a month against the p95 of the latency; for several providers, bills in per cent.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: too little was answered or nothing is billed, or there is no such size or theme.
    """
    shown = words.planes(comparison)
    with sheet(size, theme) as page:
        below = words.subtitle(comparison)
        title, top, bottom = frame(page, words.titles(comparison), below, origin(comparison))
        top += page.to_scale(44 + (_LINE if shown[0].name else 0))
        _panels(page, comparison, shown, (top, bottom - page.to_scale(66)))
    return Picture(page.figure, title, words.alt_text(title, comparison, shown))


def _panels(page: Sheet, comparison: Comparison, shown: Sequence[Plane], place: tuple[float, float]) -> None:
    """Panels on shared scales; latencies at the first one."""
    money, latency, unit_s = words.axis_names(comparison)
    margin, gap, between = (page.to_scale(length) for length in (MARGIN, _GAP, _BETWEEN))
    points = [point for plane in shown for point in plane.points]
    heights = picture.round_numbers(0, max(p.latency_s + p.half_s for p in points) / unit_s or 1.0, 4)
    left = margin + page.widest(map(tick_label, heights), TICK) + gap
    width = (page.width - margin - left - between * (len(shown) - 1)) / len(shown)
    limit = 1.06 * max(p.money for p in points) or 1.0
    labels = [_labels(page, plane.points, width, limit) for plane in shown]
    rows = 1 + max(place.row for places in labels for place in places)
    span = _span(page, points, place, rows, with_words=not shown[0].name)
    for number, (plane, places) in enumerate(zip(shown, labels, strict=True)):
        plot = replace(span, left=left + number * (width + between), width=width, money=limit)
        _plot(page, plot, plane, [tick * unit_s for tick in heights])
        _label(page, plot, plane, places)
        _head(page, plot, plane.name)
    if not shown[0].name:
        change = f"{words.money_change(comparison)}, {words.latency_change(comparison)}"
        _note(page, plot, shown[0].points, change)
    above = 18 + (_LINE if shown[0].name else 0)
    page.text(margin, place[0] - page.to_scale(above), latency, TICK, "ink2")
    for tick in heights:
        page.text(left - gap, span.y(tick * unit_s), tick_label(tick), TICK, align="right")
    middle = left + (page.width - margin - left) / 2
    page.text(middle, place[1] + page.to_scale(48), money, TICK, "ink2", align="center")


def _head(page: Sheet, plot: PlanePlot, plan: str) -> None:
    """Whose marks a panel has beside those of the first plan; nothing where labels say it."""
    if plan:
        look, y = PLANS[plan], plot.top - page.to_scale(18)
        page.mark(plot.left + page.to_scale(6), y, look)
        page.text(plot.left + page.to_scale(20), y, plan, bold=True)


def _labels(page: Sheet, points: Sequence[PlanPoint], width: float, limit: float) -> list[LabelPlace]:
    """Where the labels of a panel stand, from its left edge."""
    at = [width * point.money / limit for point in points]
    room = page.to_scale(_BESIDE + _GAP)
    return staggered(at, [page.width_of(p.label, TICK) + room for p in points], width)


def _span(
    page: Sheet, points: Sequence[PlanPoint], place: tuple[float, float], rows: int, with_words: bool
) -> PlanePlot:
    """The upper edge, so that labels have room: below the marks if they can, else above."""
    top, bottom = place
    highest = max(p.latency_s + p.half_s for p in points) or 1.0
    lowest = min(p.latency_s - p.half_s for p in points)
    height = bottom - top - page.to_scale(_CLEAR + (_LINE if with_words else 0))
    clear, loose = page.to_scale(_CLEAR), page.to_scale(_LINE)
    room = height * lowest / highest - clear
    if room >= rows * page.to_scale(_CLOSEST):
        return PlanePlot(
            0.0, 0.0, top, bottom, 1.0, highest * (bottom - top) / height, True, min(loose, room / rows)
        )
    pitch = min(loose, (_MOST_ABOVE * height - clear) / rows)
    used = height - clear - rows * pitch
    return PlanePlot(0.0, 0.0, top, bottom, 1.0, highest * (bottom - top) / used, False, pitch)


def _plot(page: Sheet, plot: PlanePlot, plane: Plane, latencies_s: Sequence[float]) -> None:
    """The axes, lines from the first plan to the others, intervals and marks."""
    axes = page.axes(plot.left, plot.top, plot.width, plot.bottom - plot.top)
    axes.set(xlim=(0, plot.money), ylim=(0, plot.latency_s), yticks=latencies_s, yticklabels=[])
    picture.scale(page, axes, picture.ticks(page, (0.0, plot.money), plot.width))
    axes.grid(visible=False)
    axes.spines["left"].set(visible=True, color=page.colours.line, lw=page.to_scale(1))
    axes.tick_params("y", color=page.colours.line, length=page.to_scale(4), width=page.to_scale(1))
    first = plane.points[0]
    for point in reversed(plane.points):
        look, x, y = PLANS[point.plan], point.money, point.latency_s
        wears = page.wears(look)
        if plane.name and point is not first:
            axes.plot([first.money, x], [first.latency_s, y], color=page.colours.line, lw=page.to_scale(1))
        ends = [max(0.0, y - point.half_s), y + point.half_s]
        axes.plot([x, x], ends, color=wears, lw=page.to_scale(3.5), solid_capstyle="butt")
        size = page.to_scale(1.3 * mark_size(look))
        axes.plot([x], [y], look.marker, color=wears, ms=size, mew=0, clip_on=False, zorder=3)
    if not plane.name:
        _arrow(page, axes, plot, plane.points[:2])


def _arrow(page: Sheet, axes: Axes, plot: PlanePlot, points: Sequence[PlanPoint]) -> None:
    """From the first plan to the second, where they are far enough apart to see it."""
    ends = [plot.at(point) for point in points]
    clear = page.to_scale(_CLEAR)
    if dist(*ends) < 3 * clear:
        return
    data = [(point.money, point.latency_s) for point in points]
    gap, head = 0.7 * clear, page.to_scale(18)
    arrow = FancyArrowPatch(*data, arrowstyle="-|>", mutation_scale=head, shrinkA=gap, shrinkB=gap)
    arrow.set(color=page.colours.ink, lw=page.to_scale(2), zorder=2)
    axes.add_patch(arrow)


def _label(page: Sheet, plot: PlanePlot, plane: Plane, places: Sequence[LabelPlace]) -> None:
    """What each mark is, and a leader to it."""
    spots = [plot.at(point) for point in plane.points]
    ends = [plot.y(p.latency_s - p.half_s if plot.below else p.latency_s + p.half_s) for p in plane.points]
    edge, way = (max(ends), 1) if plot.below else (min(ends), -1)
    clear, beside, line = page.to_scale(_CLEAR), page.to_scale(_BESIDE), plot.pitch
    for point, place, (x, y) in zip(plane.points, places, spots, strict=True):
        row = edge + way * (clear + line * (place.row + 0.5))
        forwards, inside = place.left == place.at, place.left < place.at < place.right
        end = row - way * line / 2.4 if inside else row
        page.add(Line2D([x, x], [y + way * clear / 2, end], color=page.colours.line, lw=page.to_scale(1)))
        at = plot.left + (place.left + beside if forwards else place.right - beside)
        page.text(at, row, point.label, TICK, align="left" if forwards else "right")


def _note(page: Sheet, plot: PlanePlot, points: Sequence[PlanPoint], change: str) -> None:
    """What changes from the first plan to the second, above them and above the labels."""
    half = page.width_of(change) / 2
    middle = sum(plot.at(point)[0] for point in points[:2]) / 2
    near = page.to_scale(_BESIDE)
    x = min(max(middle, plot.left + near + half), plot.left + plot.width - half)
    page.text(x, plot.top + page.to_scale(_LINE / 2), change, align="center")


@dataclass(frozen=True)
class LabelPlace:
    """Where a label stands.

    Args:
        at: where its point is; a leader runs from there to its row.
        left, right: its ends.
        row: 0 is the row nearest to the points.
    """

    at: float
    left: float
    right: float
    row: int

    def crosses(self, other: LabelPlace) -> bool:
        """Whether this leader runs over the other label."""
        return self.row > other.row and other.left < self.at < other.right

    def touches(self, other: LabelPlace) -> bool:
        """Whether the two labels share a place."""
        return self.row == other.row and self.left < other.right and other.left < self.right


def staggered(at: Sequence[float], widths: Sequence[float], right: float) -> list[LabelPlace]:
    """A place for the label of each point, from 0 to `right`.

    Labels of points on the left begin at their points, those of points on the right end there; the two meet
    where fewest leaders run over labels, and then where fewest rows are needed. No two labels touch.

    Args:
        at: where each point is; shape (n,).
        widths: of each label, with the room around it; shape (n,).

    >>> [(place.left, place.row) for place in staggered([10, 20, 90], [30, 30, 30], 100)]
    [(10, 1), (20, 0), (60, 0)]
    """
    order = sorted(range(len(at)), key=lambda i: at[i])
    found = (_split(at, widths, right, order[:n], order[n:]) for n in range(len(at), -1, -1))
    return min(found, key=_trouble)


def _trouble(places: Sequence[LabelPlace]) -> tuple[int, int]:
    crossings = sum(one.crosses(other) for one in places for other in places)
    return crossings, max(place.row for place in places)


def _split(
    at: Sequence[float], widths: Sequence[float], right: float, forwards: list[int], backwards: list[int]
) -> list[LabelPlace]:
    """Labels that begin at their points, but for the edge, then labels that end there."""
    placed: dict[int, LabelPlace] = {}
    for i in (*reversed(forwards), *backwards):
        least = at[i] if i in forwards and at[i] + widths[i] <= right else at[i] - widths[i]
        left = max(0.0, least)
        tried = [LabelPlace(at[i], left, left + widths[i], row) for row in range(len(at))]
        free = [place for place in tried if not any(map(place.touches, placed.values()))]
        clear = (p for p in free if not any(p.crosses(q) or q.crosses(p) for q in placed.values()))
        placed[i] = next(clear, free[0])
    return [placed[i] for i in range(len(at))]
