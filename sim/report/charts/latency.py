"""The chart of latency distributions: quantiles in steps of tenfold rarity, and the paired difference below.

Where the interval of the difference covers zero, the chart says that it cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import log10

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sim.comparison.comparison import Comparison, PlanOutcome
from sim.comparison.latency_curve import CurvePoint
from sim.report.charts import picture
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, is_free, mark_size, plan_names, sheet
from sim.report.theme import PLANS, TICK, PlanLook
from sim.report.words import latency as words
from sim.report.words.latency import STEPS, named
from sim.report.words.numbers import CANNOT_TELL, in_unit, time_unit
from sim.report.words.origin import runs_caption

_ABOVE = 20.0
"""Points on a slide, from a mark to its figures."""
_BELOW, _CLOSE = 2.2, 0.12
"""How much wider the first plan's line is; how far from its mark a figure may be, of the plot's height."""


def latency_chart(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """The latency distribution of up to four plans, and the paired difference from the first one.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: there are too many plans, one answered too little, or there is no such size or theme.
    """
    plans = words.curves_of(comparison)
    looks = [PLANS[outcome.name] for outcome in plans]
    with sheet(size, theme) as page:
        below, caption = words.subtitle(comparison), runs_caption(comparison)
        title, top, bottom = frame(page, words.titles(comparison), below, caption)
        top = plan_names(page, [outcome.name for outcome in plans], top)
        upper, strip = plots_of(page, plans, (top + page.to_scale(26), bottom - page.to_scale(58)))
        axes = _curves(page, upper, plans, looks)
        if strip is not None:
            axes = _changes(page, strip, plans, looks)
            head = upper.bottom + page.to_scale(1.6 * LINE)
            page.text(strip.left, head, words.strip_head(comparison), TICK, "ink2")
        _rarities(page, strip or upper, axes)
    return Picture(page.figure, title, words.alt_text(title, comparison))


def _axes(page: Sheet, plot: LatencyPlot, signed: bool) -> Axes:
    """Empty axes with gridlines and their labels; x is the logarithm of one in so many."""
    axes = page.axes(plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top)
    axes.set(xlim=tuple(log10(1 / r) for r in plot.rarities), ylim=plot.seconds, xticks=[])
    page.levels(axes, plot.ticks)
    for tick, label in zip(plot.ticks, tick_labels(plot, signed), strict=True):
        page.text(plot.left - page.to_scale(GAP), plot.y(tick), label, TICK, align="right")
    return axes


def _curves(page: Sheet, plot: LatencyPlot, plans: Sequence[PlanOutcome], looks: Sequence[PlanLook]) -> Axes:
    """Bands first, lines on them, a mark at every rarity that has a name."""
    axes = _axes(page, plot, False)
    for outcome in plans:
        _band(page, axes, outcome.quantile_curve)
    for outcome, look in zip(plans, looks, strict=True):
        # What lies below shows where two plans are as good as equal.
        wider = _BELOW if outcome is plans[0] else 1.0
        _line(page, axes, outcome.quantile_curve, look, page.wears(look), wider)
    for outcome, look in zip(plans, looks, strict=True):
        wider = 1.2 if outcome is plans[0] else 0.9
        _points(page, axes, outcome.quantile_curve, look, page.wears(look), wider, full=True)
    if len(plans) < 3:
        _figures(page, plot, plans)
    return axes


def _band(page: Sheet, axes: Axes, points: Sequence[CurvePoint]) -> None:
    """The 95 % interval, in grey."""
    known = [(log10(1 / p.rarity), p.value_s, p.half_width_s) for p in points if p.half_width_s is not None]
    if not known:
        return
    x, low, high = zip(*((at, value - half, value + half) for at, value, half in known), strict=True)
    axes.fill_between(x, low, high, color=page.colours.hair, alpha=0.45, lw=0, zorder=1)
    for edge in (low, high):
        axes.plot(x, edge, color=page.colours.line, lw=page.to_scale(0.8), zorder=1.5)


def _line(
    page: Sheet, axes: Axes, points: Sequence[CurvePoint], look: PlanLook, colour: str, wider: float = 1.0
) -> None:
    x = [log10(1 / p.rarity) for p in points]
    y = [p.value_s for p in points]
    axes.plot(x, y, color=colour, lw=page.to_scale(2.5 * wider), ls=look.dash, zorder=2)


def _points(
    page: Sheet,
    axes: Axes,
    points: Sequence[CurvePoint],
    look: PlanLook,
    colour: str,
    wider: float = 1.0,
    full: bool = False,
) -> None:
    """A mark at every rarity that has a name; hollow where a change cannot be told, unless all are full."""
    size, edge = page.to_scale(wider * mark_size(look)), page.to_scale(1.5)
    for rarity, point in named(points).items():
        face = colour if full or not point.cannot_tell else page.colours.page
        x, y = [log10(1 / rarity)], [point.value_s]
        axes.plot(x, y, look.marker, mfc=face, mec=colour, mew=edge, ms=size, clip_on=False, zorder=3)


def _figures(page: Sheet, plot: LatencyPlot, plans: Sequence[PlanOutcome]) -> None:
    """What the plans need at the rarities that have a name, the most important first, as far as they fit."""
    unit_s, _ = plot.unit
    found = [named(outcome.quantile_curve) for outcome in plans]
    taken: list[tuple[float, float]] = []
    for rarity in (r for r in STEPS if all(r in points for points in found)):
        there = [points[rarity] for points in found]
        values = [point.value_s for point in there]
        above = min(
            max(p.value_s + (p.half_width_s or 0.0) for p in there), max(values) + _CLOSE * plot.seconds[1]
        )
        figures = " → ".join(in_unit(value, unit_s) for value in values)
        width = page.width_of(figures)
        left = min(max(plot.left, plot.x(rarity) - 0.75 * width), plot.right - width)
        if is_free(taken, left, left + width, page.to_scale(GAP)):
            page.text(left, plot.y(above) - page.to_scale(_ABOVE), figures)


def _changes(page: Sheet, plot: LatencyPlot, plans: Sequence[PlanOutcome], looks: Sequence[PlanLook]) -> Axes:
    """The differences from the first plan on their bands; of one plan, where nothing can be told."""
    axes = _axes(page, plot, True)
    axes.axhline(0, color=page.colours.line, lw=page.to_scale(1.2), zorder=1.8)
    for outcome in plans[1:]:
        _band(page, axes, outcome.quantile_changes)
    for outcome, look in zip(plans[1:], looks[1:], strict=True):
        wears = page.colours.ink if len(plans) == 2 else page.wears(look)
        _line(page, axes, outcome.quantile_changes, look, wears)
        _points(page, axes, outcome.quantile_changes, look, wears, 0.9)
    if len(plans) == 2:
        _undecided(page, plot, plans[1].quantile_changes)
    return axes


def _undecided(page: Sheet, plot: LatencyPlot, points: Sequence[CurvePoint]) -> None:
    """A bar above every stretch whose band covers zero, with the words where they have room."""
    height, free = plot.top - page.to_scale(4), plot.left
    for begin, end in _stretches(plot, points):
        page.add(Line2D([begin, end], [height] * 2, color=page.colours.ink2, lw=page.to_scale(2.5)))
        width = page.width_of(CANNOT_TELL, TICK)
        left = min(max(plot.left, (begin + end - width) / 2), plot.right - width)
        if left >= free:
            page.text(left, height - page.to_scale(0.8 * LINE), CANNOT_TELL, TICK)
            free = left + width + page.to_scale(GAP)


def _stretches(plot: LatencyPlot, points: Sequence[CurvePoint]) -> Iterator[tuple[float, float]]:
    """Where nothing can be told, from half way to the point before to half way to the one after."""
    at = [plot.x(point.rarity) for point in points]
    edges = [at[0], *((a + b) / 2 for a, b in pairwise(at)), at[-1]]
    for hidden, numbers in groupby(range(len(points)), key=lambda number: points[number].cannot_tell):
        found = list(numbers)
        if hidden:
            yield edges[found[0]], edges[found[-1] + 1]


def _rarities(page: Sheet, plot: LatencyPlot, axes: Axes) -> None:
    """Under the lower plot how many requests are slower, and which percentile that is, as far as they fit."""
    lines = [plot.bottom + page.to_scale(down) for down in (20, 20 + LINE)]
    page.text(plot.left - page.to_scale(GAP), lines[0], SLOWER, TICK, "ink2", align="right")
    taken: list[tuple[float, float]] = []
    for rarity in (r for r in STEPS if plot.rarities[1] <= r):
        names = words.rarity_name(rarity), words.percentile_name(rarity)
        width = page.widest(names, TICK)
        middle = min(plot.x(rarity), plot.right - width / 2)
        if is_free(taken, middle - width / 2, middle + width / 2, page.to_scale(GAP)):
            for line, word, colour in zip(lines, names, ("ink", "ink2"), strict=True):
                page.text(middle, line, word, TICK, colour, align="center")
    axes.set_xticks([log10(1 / r) for r in STEPS if plot.rarities[1] <= r], [])
    axes.tick_params("x", color=page.colours.line, length=page.to_scale(4), width=page.to_scale(1))


GAP, LINE = 10.0, 20.0
"""Points on a slide: beside a label, between lines."""
_STRIP = 0.34
"""Of the height of both plots."""
_AIR, _WIDEST = 1.2, 4.0
"""Room above the last point; how far a band may widen the strip, in largest differences."""
SLOWER = "slower:"


@dataclass(frozen=True)
class LatencyPlot:
    """One of the two plots: points from the left and from the top, seconds from bottom to top.

    Args:
        rarities: at the left and at the right edge.
        most_ticks: gridlines that have room.
    """

    left: float
    right: float
    top: float
    bottom: float
    rarities: tuple[float, float]
    seconds: tuple[float, float]
    most_ticks: int = 4

    def x(self, rarity: float) -> float:
        """Where a rarity is."""
        begin, end = (log10(1 / edge) for edge in self.rarities)
        return self.left + (self.right - self.left) * (log10(1 / rarity) - begin) / (end - begin)

    def y(self, value_s: float) -> float:
        """Where a duration is."""
        low, high = self.seconds
        return self.bottom - (self.bottom - self.top) * (value_s - low) / (high - low)

    @property
    def ticks(self) -> list[float]:
        """Round numbers of the unit, in seconds."""
        unit_s, _ = self.unit
        low, high = (end / unit_s for end in self.seconds)
        return [tick * unit_s for tick in picture.round_numbers(low, high, self.most_ticks)]

    @property
    def unit(self) -> tuple[float, str]:
        """In which its scale is."""
        return time_unit(max(map(abs, self.seconds)))


def plots_of(
    page: Sheet, plans: Sequence[PlanOutcome], span: tuple[float, float]
) -> tuple[LatencyPlot, LatencyPlot | None]:
    """The plot of the distributions, and that of the differences if there are any.

    Args:
        span: from where to where there is room, from the top.
    """
    points = [point for outcome in plans for point in outcome.quantile_curve]
    changes = [point for outcome in plans for point in outcome.quantile_changes]
    rarities = max(p.rarity for p in points), min(p.rarity for p in points)
    high = _AIR * max(p.value_s for p in points) or 1.0
    hidden = len(plans) == 2 and any(point.cannot_tell for point in changes)
    heads = page.to_scale((3.6 if hidden else 2.7) * LINE) if changes else 0.0
    part = _STRIP * (1.0 if len(plans) < 3 else 1.3) if changes else 0.0
    border = span[1] - heads - part * (span[1] - span[0] - heads)
    right = page.width - page.to_scale(MARGIN)
    upper = _ticked(page, LatencyPlot(0.0, right, span[0], border, rarities, (0.0, high)))
    if not changes:
        return _moved(page, [upper])[0], None
    strip = replace(upper, top=border + heads, bottom=span[1], seconds=_strip_limits(changes))
    upper, strip = _moved(page, [upper, _ticked(page, strip)])
    return upper, strip


def _ticked(page: Sheet, plot: LatencyPlot) -> LatencyPlot:
    return replace(plot, most_ticks=max(1, int((plot.bottom - plot.top) / page.to_scale(1.6 * LINE))))


def _moved(page: Sheet, plots: Sequence[LatencyPlot]) -> list[LatencyPlot]:
    """The plots, to the right of their labels."""
    labels = [SLOWER, *(label for plot in plots for label in tick_labels(plot, True))]
    left = page.to_scale(MARGIN + GAP) + page.widest(labels, TICK)
    return [replace(plot, left=left) for plot in plots]


def _strip_limits(changes: Sequence[CurvePoint]) -> tuple[float, float]:
    """From the lowest to the highest end of a band, and zero; what is far wider than differences is cut."""
    most = max(abs(p.value_s) for p in changes) or max(p.half_width_s or 0.0 for p in changes)
    if not most:
        return -1e-3, 1e-3
    ends = [p.value_s + side * (p.half_width_s or 0.0) for p in changes for side in (-1, 1)]
    low, high = max(min(0.0, *ends), -_WIDEST * most), min(max(0.0, *ends), _WIDEST * most)
    air = 0.08 * (high - low)
    return low - air, high + air


def tick_labels(plot: LatencyPlot, signed: bool) -> Iterator[str]:
    """What stands beside the gridlines, the unit at the highest one."""
    unit_s, unit = plot.unit
    for tick in plot.ticks:
        value = f"{abs(tick / unit_s):,.6g}"
        sign = "" if value == "0" else "−" if tick < 0 else "+" if signed else ""
        yield f"{sign}{value}{f' {unit}' if tick == plot.ticks[-1] else ''}"
