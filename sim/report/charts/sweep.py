"""The chart of a sweep: bill, latency and its paired change, one above the other over the values of the key.

Money and latency never share an axis, all panels share the other one. Numbers stand to scale on it, names
side by side without a line between them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.comparison.series import Series
from sim.report.charts import picture
from sim.report.charts.money_scale import Scale, compact, proportional
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, is_free, mark_size, sheet
from sim.report.theme import PLANS, TICK
from sim.report.words import sweep as words
from sim.report.words.numbers import CANNOT_TELL
from sim.report.words.sweep import NO_SAVING, Track

_GAP, _LINE, _HEAD = 10.0, 22.0, 28.0
"""Points on a slide: beside a label, from one line of text to the next, above a panel."""
_WEIGHTS = (1.3, 1.0, 0.9)
"""Heights of the panels, in proportion."""
_TOGETHER = 6.0
"""Points on a slide: lines this near hide one another."""
_BESIDE = 0.1
"""Of the step between two names: how far apart the marks of two plans stand."""


@dataclass(frozen=True)
class Across:
    """The axis that both panels share: points from the left, and where each value of the key lies."""

    left: float
    width: float
    at: tuple[float, ...]
    low: float
    high: float

    def x(self, value: float) -> float:
        """Where a place on the axis is on the page."""
        return self.left + self.width * (value - self.low) / (self.high - self.low)

    def edges(self) -> list[float]:
        """Half way between neighbours, and both ends."""
        return [self.low, *((a + b) / 2 for a, b in pairwise(self.at)), self.high]


def sweep_chart(series: Series, size: str = "slide", theme: str = "light") -> Picture:
    """Money and latency of the plans for each value of the key of a sweep.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: there is no such size or theme.
    """
    change = words.change_track(series)
    tracks = [words.money_track(series), words.latency_track(series), *([change] if change else [])]
    with sheet(size, theme) as page:
        below, caption = words.subtitle(series), words.caption(series)
        title, top, bottom = frame(page, words.titles(series), below, caption)
        _panels(page, series, tracks, (top, bottom))
    return Picture(page.figure, title, words.alt_text(title, series))


def _panels(page: Sheet, series: Series, tracks: Sequence[Track], place: tuple[float, float]) -> None:
    """One panel above the other, and the values of the key under them."""
    head = page.to_scale(_HEAD)
    top, bottom = place[0], place[1] - page.to_scale(2 * _LINE + 4)
    weights = _WEIGHTS[: len(tracks)]
    unit = (bottom - top - head * len(tracks)) / sum(weights)
    scales = [_scale(page, track, unit * w) for track, w in zip(tracks, weights, strict=True)]
    across = _across(page, series, tracks, scales)
    start = top
    for track, scale, weight in zip(tracks, scales, weights, strict=True):
        _panel(page, series, track, scale, across, (start + head, start + head + unit * weight))
        start += head + unit * weight
    _values(page, series, across, bottom)
    y = bottom + page.to_scale(_LINE + 15)
    page.text(across.left + across.width / 2, y, words.axis_name(series), TICK, "ink2", align="center")


def _scale(page: Sheet, track: Track, height: float) -> Scale:
    """From zero to the upper end of every interval, or on both sides of it; as many ticks as have room."""
    ends = list(_ends(track))
    most = max(1, int(height / page.to_scale(1.4 * _LINE)))
    if track.why != CANNOT_TELL:
        found = proportional(ends)
        fewer = picture.round_numbers(0.0, found.high, most)
        return found if len(found.ticks) <= most + 1 else replace(found, ticks=tuple(fewer))
    low, high = min(0.0, *ends), max(0.0, *ends)
    pad = 0.08 * (high - low) or 1.0
    ticks = (float(t) for t in MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high))
    return Scale(low - pad, high + pad, tuple(t for t in ticks if low - pad <= t <= high + pad))


def _ends(track: Track) -> Iterator[float]:
    """The ends of all intervals."""
    for plan, line in track.lines.items():
        for value, half in zip(line, track.half_widths[plan], strict=True):
            if isfinite(value):
                yield from (value - half, value + half)


def _across(page: Sheet, series: Series, tracks: Sequence[Track], scales: Sequence[Scale]) -> Across:
    """What labels on both sides leave."""
    margin, gap = page.to_scale(MARGIN), page.to_scale(_GAP)
    left = margin + gap + page.widest((t for s in scales for t in _tick_labels(s)), TICK)
    right = page.width - margin - page.widest(label for t in tracks for label in _end_labels(t)) - 2 * gap
    numbers = [point.number for point in series.in_order]
    at = tuple(float(place) for place in range(len(numbers)))
    if series.is_numeric and len(set(numbers)) > 1:
        at = tuple(number or 0.0 for number in numbers)
    beside = (at[-1] - at[0]) / (2 * max(1, len(at) - 1)) or 0.5
    return Across(left, right - left, at, at[0] - beside, at[-1] + beside)


def _tick_labels(scale: Scale) -> list[str]:
    """Amounts; on a scale of changes with their sign."""
    if scale.low >= 0:
        return [compact(tick) for tick in scale.ticks]
    return [f"{'−' if t < 0 else '+' if t > 0 else ''}{compact(abs(t))}" for t in scale.ticks]


def _panel(
    page: Sheet, series: Series, track: Track, scale: Scale, across: Across, place: tuple[float, float]
) -> None:
    """Grey where there is nothing to choose, the lines with their bands, the names at their ends."""
    top, bottom = place
    axes = page.axes(across.left, top, across.width, bottom - top)
    axes.set(xlim=(across.low, across.high), ylim=(0, 1), xticks=[])
    page.levels(axes, [scale.at(tick) for tick in scale.ticks])
    if scale.low < 0:
        axes.spines["bottom"].set_visible(False)
        axes.axhline(scale.at(0.0), color=page.colours.line, lw=page.to_scale(1), zorder=1)
    if track.why == NO_SAVING:
        _crossings(page, axes, series, track, scale, across)
    for span in _spans(track.grey, across.edges()):
        axes.axvspan(*span, color=page.colours.hair, alpha=0.4, lw=0, zorder=0)
    wider = _lie_together(track, scale, (bottom - top) / page.to_scale(_TOGETHER))
    for plan in track.lines:
        _line(page, axes, series, track, scale, across, plan, wider)
    page.text(across.left, top - page.to_scale(12), track.head, TICK, "ink2")
    for tick, label in zip(scale.ticks, _tick_labels(scale), strict=True):
        y = bottom - (bottom - top) * scale.at(tick)
        page.text(across.left - page.to_scale(_GAP), y, label, TICK, align="right")
    _names(page, track, scale, across, place)


def _crossings(page: Sheet, axes: Axes, series: Series, track: Track, scale: Scale, across: Across) -> None:
    """Where the cheaper plan changes, a line from the axis up to the plan that changes."""
    values = [point.value for point in series.in_order]
    for crossing in series.crossings:
        place = values.index(crossing.by)
        ends = [0.0, scale.at(track.lines[crossing.plan][place])]
        axes.plot([across.at[place]] * 2, ends, color=page.colours.ink, lw=page.to_scale(1.5), zorder=2)


def _spans(grey: Sequence[bool], edges: Sequence[float]) -> Iterator[tuple[float, float]]:
    """From where to where the ground is grey, neighbours together."""
    for is_grey, group in groupby(range(len(grey)), key=grey.__getitem__):
        places = list(group)
        if is_grey:
            yield edges[places[0]], edges[places[-1] + 1]


def _lie_together(track: Track, scale: Scale, steps: float) -> bool:
    """Whether lines hide one another at most values: they lie in one of so many steps of the height."""
    every = zip(*track.lines.values(), strict=True)
    columns = [sorted(scale.at(v) for v in values if isfinite(v)) for values in every]
    hidden = [any((b - a) * steps < 1 for a, b in pairwise(column)) for column in columns]
    return 2 * sum(hidden) > len(hidden)


def _line(
    page: Sheet,
    axes: Axes,
    series: Series,
    track: Track,
    scale: Scale,
    across: Across,
    plan: str,
    wider: bool,
) -> None:
    """A line through marks with a band; between names there is nothing, so marks with bars.

    Args:
        wider: whether those below are wider, so that all of them are seen.
    """
    look = PLANS[plan]
    colour = page.wears(look)
    line, widths = track.lines[plan], track.half_widths[plan]
    seen = [n for n, value in enumerate(line) if isfinite(value)]
    place = list(track.lines).index(plan) - (len(track.lines) - 1) / 2
    above = len(track.lines) - 1 - list(track.lines).index(plan) if wider and series.is_numeric else 0
    beside = 0.0 if series.is_numeric else _BESIDE * place
    at = [across.at[n] + beside for n in seen]
    heights = [scale.at(line[n]) for n in seen]
    low = [scale.at(max(scale.low, line[n] - widths[n])) for n in seen]
    high = [scale.at(line[n] + widths[n]) for n in seen]
    if any(widths) and series.is_numeric and len(at) > 1:
        axes.fill_between(at, low, high, color=colour, alpha=0.22, lw=0, zorder=1)
    elif any(widths):
        axes.vlines(at, low, high, color=colour, lw=page.to_scale(3.5), zorder=2)
    axes.plot(
        at,
        heights,
        look.marker,
        ls=look.dash if series.is_numeric else "",
        color=colour,
        lw=page.to_scale(2.5 + 2.5 * above),
        ms=page.to_scale((0.7 + 0.35 * above) * mark_size(look)),
        mew=0,
        clip_on=False,
        zorder=3,
    )


def _end_labels(track: Track) -> list[str]:
    """What each line is, and where it ends."""
    if track.why == CANNOT_TELL:
        return [text for text in track.shown.values() if text]
    return [f"{plan} {text}" for plan, text in track.shown.items()]


def _names(page: Sheet, track: Track, scale: Scale, across: Across, place: tuple[float, float]) -> None:
    """Beside the last mark of each line; moved apart where lines end together."""
    top, bottom = place
    ends = [line[-1] if isfinite(line[-1]) else 0.0 for line in track.lines.values()]
    heights = [bottom - (bottom - top) * scale.at(end) for end in ends]
    x = across.x(across.high) + page.to_scale(_GAP)
    line = page.to_scale(_LINE)
    placed = within(apart(heights, line), top + line / 4, bottom - line / 4)
    for label, y in zip(_end_labels(track), placed, strict=False):
        page.text(x, y, label)


def apart(heights: Sequence[float], least: float) -> list[float]:
    """The same heights, each at least so far from the next, moved as little as their middle allows.

    >>> apart([10.0, 12.0, 50.0], 8.0)
    [7.0, 15.0, 50.0]
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    groups: list[list[int]] = []
    for place in order:
        groups.append([place])
        while (
            len(groups) > 1
            and _top(groups[-1], heights, least) - _top(groups[-2], heights, least) < len(groups[-2]) * least
        ):
            last = groups.pop()
            groups[-1] += last
    found = list(heights)
    for group in groups:
        start = _top(group, heights, least)
        for row, place in enumerate(group):
            found[place] = start + row * least
    return found


def within(heights: Sequence[float], low: float, high: float) -> list[float]:
    """The same heights, moved together so that they lie between two ends, if they can.

    >>> within([-2.0, 6.0], 0.0, 50.0), within([45.0, 53.0], 0.0, 50.0)
    ([0.0, 8.0], [42.0, 50.0])
    """
    down, up = max(0.0, low - min(heights)), max(0.0, max(heights) - high)
    return [height + down - up for height in heights]


def _top(group: Sequence[int], heights: Sequence[float], least: float) -> float:
    middle = sum(heights[place] for place in group) / len(group)
    return middle - (len(group) - 1) * least / 2


def _values(page: Sheet, series: Series, across: Across, bottom: float) -> None:
    """The values of the key under the axis as far as there is room, those at a crossing first and bold."""
    crossed = {crossing.by for crossing in series.crossings}
    points = series.in_order
    first = [n for n, point in enumerate(points) if point.value in crossed]
    slot = across.width / len(points)
    taken: list[tuple[float, float]] = []
    for n in dict.fromkeys([*first, len(points) - 1, 0, *range(len(points))]):
        bold = points[n].value in crossed
        value = points[n].value
        if not series.is_numeric:
            value = page.shortened(value, slot - page.to_scale(_GAP), TICK, bold)
        half = page.width_of(value, TICK, bold) / 2 + page.to_scale(3)
        x = across.x(across.at[n])
        if is_free(taken, x - half, x + half):
            page.text(x, bottom + page.to_scale(16), value, TICK, bold=bold, align="center")
