"""The chart of money against latency: what each plan changes from the first one, which is where nothing does.

Left is cheaper, up is slower, so the corners say what kind of choice it is. An interval that reaches over the
line of no change shows that nobody can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import dist

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from sim.comparison.comparison import Comparison
from sim.report.charts import picture
from sim.report.charts.bill_changes import bill_changes_chart
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, mark_size, sheet
from sim.report.theme import PLANS, TICK
from sim.report.words import plane as words
from sim.report.words.money import origin
from sim.report.words.plane import PlanPoint

_GAP, _CLEAR, _BESIDE = 10.0, 16.0, 4.0
"""Points on a slide: beside a tick, around a mark, beside a leader."""
_LINE, _CLOSEST = 23.0, 17.0
"""Points on a slide: from one line of text to the next, and where there are many."""
_MOST_LABELS = 0.4
"""Of the height, for labels."""
_AROUND = 0.12
"""Of the changes of the bill, on both sides of them."""
_APART = 7.0
"""Points on a slide: between plans with the same bill."""
CORNERS = (("cheaper, but slower", "dearer and slower"), ("cheaper and faster", "dearer, but faster"))
"""What a choice is in each corner: above, then below, from left to right."""


@dataclass(frozen=True)
class PlanePlot:
    """Where the plane is drawn, in points from the left and from the top, and what its edges stand for.

    Args:
        money, latency_s: from the left to the right edge, and from the lower to the upper one.
        below: whether labels stand below their marks, and that of the first plan above its own.
        pitch: points from one label to the next.
        inner: points from the least to the greatest change of latency.
    """

    left: float
    width: float
    top: float
    bottom: float
    money: tuple[float, float]
    latency_s: tuple[float, float]
    below: bool
    pitch: float
    inner: float

    def at(self, point: PlanPoint) -> tuple[float, float]:
        """Where a point is."""
        return self.x(point.money), self.y(point.latency_s)

    def x(self, money: float) -> float:
        """Where a change of the bill is."""
        return self.left + self.width * _part(self.money, money)

    def y(self, latency_s: float) -> float:
        """Where a change of the latency is."""
        return self.bottom - (self.bottom - self.top) * _part(self.latency_s, latency_s)


def _part(span: tuple[float, float], value: float) -> float:
    """How far along a span a value lies."""
    return (value - span[0]) / (span[1] - span[0])


def plane_chart(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """What the bill of a month and the p95 of the latency change; of several providers the bills in per cent.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: too little was answered or nothing is billed, or there is no such size or theme.
    """
    if len(comparison.offers) > 1:
        return bill_changes_chart(comparison, size, theme)
    points = words.points_of(comparison)
    with sheet(size, theme) as page:
        below = words.subtitle(comparison)
        title, top, bottom = frame(page, words.titles(comparison), below, origin(comparison))
        names = words.axis_names(comparison, points)
        _plane(page, points, names, (top + page.to_scale(36), bottom - page.to_scale(60)))
    return Picture(page.figure, title, words.alt_text(title, comparison, points))


def _plane(
    page: Sheet, points: Sequence[PlanPoint], names: tuple[str, str, float], place: tuple[float, float]
) -> None:
    """The axes, the marks and the words around them."""
    (money, latency, unit_s), margin, gap = names, page.to_scale(MARGIN), page.to_scale(_GAP)
    left = margin + page.widest(map(picture.signed_tick, _heights(points, unit_s)), TICK) + gap
    width = page.width - margin - left
    labels = _labels(page, points[1:], width, _across(points))
    plot = replace(_span(page, points, place, labels), left=left, width=width, money=_across(points))
    heights = _heights(points, unit_s, most=int(plot.inner / page.to_scale(_LINE)))
    _plot(page, plot, points, [tick * unit_s for tick in heights])
    _label(page, plot, points[1:], labels)
    _first_label(page, plot, points[0].label)
    _corners(page, plot)
    page.text(margin, place[0] - page.to_scale(18), latency, TICK, "ink2")
    for tick in heights:
        page.text(left - gap, plot.y(tick * unit_s), picture.signed_tick(tick), TICK, align="right")
    page.text(left + width / 2, place[1] + page.to_scale(44), money, TICK, "ink2", align="center")


def _ends(points: Sequence[PlanPoint]) -> tuple[float, float]:
    """The least and the greatest change that an interval reaches; no change is among them."""
    low, high = min(p.latency_s - p.half_s for p in points), max(p.latency_s + p.half_s for p in points)
    return (min(0.0, low), max(0.0, high)) if low < high or low else (0.0, 1e-3)


def _across(points: Sequence[PlanPoint]) -> tuple[float, float]:
    """From the left to the right edge: all changes of the bill with room around them."""
    low, high = min(p.money for p in points), max(p.money for p in points)
    around = _AROUND * (high - low) or 1.0
    return low - around, high + around


def _labels(
    page: Sheet, points: Sequence[PlanPoint], width: float, across: tuple[float, float]
) -> list[LabelPlace]:
    """Where the labels stand, from the left edge."""
    at = [x + width * _part(across, p.money) for x, p in zip(_beside(page, points), points, strict=True)]
    room = page.to_scale(_BESIDE + _GAP)
    return staggered(at, [page.width_of(p.label, TICK) + room for p in points], width)


def _beside(page: Sheet, points: Sequence[PlanPoint]) -> list[float]:
    """How far each mark stands right of its place, so that plans with the same bill stand side by side."""
    found: list[float] = []
    for _, group in groupby(points, key=lambda point: round(point.money, 6)):
        count = len(list(group))
        found += [page.to_scale(2 * _APART * (n - (count - 1) / 2)) for n in range(count)]
    return found


def _span(
    page: Sheet, points: Sequence[PlanPoint], place: tuple[float, float], labels: Sequence[LabelPlace]
) -> PlanePlot:
    """What the upper and the lower edge stand for, so that labels and the words in the corners have room."""
    (low, high), (top, bottom) = _ends(points), place
    clear, line = page.to_scale(_CLEAR), page.to_scale(_LINE)
    faster = sum(point.latency_s for point in points) < 0
    rows = 1 + max(label.row for label in labels)
    pitch = min(line, (_MOST_LABELS * (bottom - top) - clear) / rows)
    many, one = line + clear + rows * pitch, 2 * line + clear
    above, under = (one, many) if faster else (many, one)
    inner = bottom - top - above - under
    unit = (high - low) / inner
    edges = (low - under * unit, high + above * unit)
    return PlanePlot(0.0, 0.0, top, bottom, (0.0, 1.0), edges, faster, pitch, inner)


def _heights(points: Sequence[PlanPoint], unit_s: float, most: int = 5) -> list[float]:
    """Round changes of the latency, in the unit."""
    low, high = (end / unit_s for end in _ends(points))
    return picture.round_numbers(low, high, max(1, min(5, most)))


def _plot(page: Sheet, plot: PlanePlot, points: Sequence[PlanPoint], latencies_s: Sequence[float]) -> None:
    """The axes with their lines of no change, ways from the first plan to the others, intervals and marks."""
    axes = page.axes(plot.left, plot.top, plot.width, plot.bottom - plot.top)
    axes.set(xlim=plot.money, ylim=plot.latency_s)
    picture.scale(page, axes, picture.ticks(page, plot.money, plot.width), picture.signed_tick)
    page.levels(axes, latencies_s)
    for line in (axes.axhline, axes.axvline):
        line(0.0, color=page.colours.line, lw=page.to_scale(1.5), zorder=1)
    axes.spines["bottom"].set_visible(False)
    first, *others = points
    _mark(page, axes, first, 0.0, plot)
    for point, beside in zip(others, _beside(page, others), strict=True):
        _way(page, axes, plot, point, alone=len(others) == 1)
        _mark(page, axes, point, beside, plot)


def _mark(page: Sheet, axes: Axes, point: PlanPoint, beside: float, plot: PlanePlot) -> None:
    """A plan with its interval; `beside` its place by so many points."""
    look = PLANS[point.plan]
    x = point.money + beside * (plot.money[1] - plot.money[0]) / plot.width
    wears, y, half = page.wears(look), point.latency_s, point.half_s
    axes.plot([x, x], [y - half, y + half], color=wears, lw=page.to_scale(3.5), solid_capstyle="butt")
    size = page.to_scale(1.3 * mark_size(look))
    axes.plot([x], [y], look.marker, color=wears, ms=size, mew=0, clip_on=False, zorder=3)


def _way(page: Sheet, axes: Axes, plot: PlanePlot, point: PlanPoint, alone: bool) -> None:
    """From the first plan to another, where they are far enough apart to see it; of one alone an arrow."""
    origin = replace(point, money=0.0, latency_s=0.0)
    clear = page.to_scale(_CLEAR)
    if dist(plot.at(origin), plot.at(point)) < 3 * clear:
        return
    gap, head = 0.8 * clear, page.to_scale(18)
    style = "-|>" if alone else "-"
    ends = (0.0, 0.0), (point.money, point.latency_s)
    arrow = FancyArrowPatch(*ends, arrowstyle=style, mutation_scale=head, shrinkA=gap, shrinkB=gap)
    colour, width = (page.colours.ink, 2.0) if alone else (page.colours.line, 1.0)
    arrow.set(color=colour, lw=page.to_scale(width), zorder=2)
    axes.add_patch(arrow)


def _label(page: Sheet, plot: PlanePlot, others: Sequence[PlanPoint], places: Sequence[LabelPlace]) -> None:
    """What each mark is, and a leader to it."""
    way = 1 if plot.below else -1
    ends = [plot.y(p.latency_s - way * p.half_s) for p in others]
    edge = max(ends) if plot.below else min(ends)
    clear, beside, line = page.to_scale(_CLEAR), page.to_scale(_BESIDE), plot.pitch
    for point, place, end in zip(others, places, ends, strict=True):
        row = edge + way * (clear + line * (place.row + 0.5))
        forwards, inside = place.left == place.at, place.left < place.at < place.right
        stop = row - way * line / 2.4 if inside else row
        start, x = end + way * clear / 2, plot.left + place.at
        page.add(Line2D([x, x], [start, stop], color=page.colours.line, lw=page.to_scale(1)))
        at = plot.left + (place.left + beside if forwards else place.right - beside)
        page.text(at, row, point.label, TICK, align="left" if forwards else "right")


def _first_label(page: Sheet, plot: PlanePlot, label: str) -> None:
    """What the first plan is, beside its mark on the side without labels, and not over the line."""
    y = plot.y(0.0) + (-1 if plot.below else 1) * page.to_scale(_CLEAR + _LINE / 2)
    x, gap = plot.x(0.0), page.to_scale(_GAP)
    if x - gap - page.width_of(label, TICK) >= plot.left:
        page.text(x - gap, y, label, TICK, align="right")
    else:
        page.text(x + gap, y, label, TICK)


def _corners(page: Sheet, plot: PlanePlot) -> None:
    """What kind of choice each corner is, as far as there is room."""
    half, right = page.to_scale(_LINE / 2), plot.left + plot.width
    for y, (cheaper, dearer) in zip((plot.top + half, plot.bottom - half), CORNERS, strict=True):
        if page.width_of(cheaper, TICK) <= plot.x(0.0) - plot.left:
            page.text(plot.left, y, cheaper, TICK, "ink2")
        if page.width_of(dearer, TICK) <= right - plot.x(0.0):
            page.text(right, y, dearer, TICK, "ink2", align="right")


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
