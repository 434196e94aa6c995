"""Charts of a run over time: what was offered against what was served; how busy Pods were, and how many."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from matplotlib.axes import Axes

from sim.comparison.over_time import OverTime, over_time, wanted
from sim.report.charts.lanes import run_caption
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, round_numbers, sheet, tick_label
from sim.report.charts.timeline import LabelSpot, Timeline, axis, line, spots_of
from sim.report.theme import TICK
from sim.report.words.over_time import (
    Mark,
    busy_alt,
    busy_subtitle,
    busy_titles,
    marks_of,
    served_alt,
    served_subtitle,
    served_titles,
)
from sim.simulation.result import Result, Seconds

_GAP, _HEAD, _LABEL = 8.0, 26.0, 20.0
"""Points on a slide: beside a label, above a panel, a line of labels."""
MOST_ROWS = 3
"""Of labels."""
_ABOVE = 1.12
"""Room over the largest value."""


def served_chart(result: Result, size: str = "slide", theme: str = "light") -> Picture:
    """Offered against served, and below it what failed.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: there is no such size or theme.
    """
    slots = over_time(result)
    with sheet(size, theme) as page:
        title, top, bottom = frame(
            page, served_titles(result, slots), served_subtitle(result, slots), run_caption(result)
        )
        room = (top, bottom - page.to_scale(34))
        panels = _Panels(page, marks_of(result), result.end_s, room, (2.0, 1.0))
        limit = _ABOVE * max(float(slots.offered.max()), float(slots.served.max()), 1e-9)
        rates = panels.panel(0, "requests a second: sent (line), of these answered (area)", limit)
        _area(page, rates, slots, slots.served, "delivered")
        _steps(page, rates, slots, slots.offered, "ink")
        lost = panels.panel(1, "of those sent, failed", _ABOVE * max(float(slots.failed.max()), 1.0))
        _area(page, lost, slots, slots.failed, "failed")
        panels.finish()
    return Picture(page.figure, title, served_alt(title, result, slots))


def busy_chart(result: Result, size: str = "slide", theme: str = "light") -> Picture:
    """How busy the workers of Pods were, and how many Pods were ready.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: there is no such size or theme.
    """
    slots = over_time(result)
    with sheet(size, theme) as page:
        title, top, bottom = frame(
            page, busy_titles(result, slots), busy_subtitle(slots), run_caption(result)
        )
        room = (top, bottom - page.to_scale(34))
        panels = _Panels(page, marks_of(result), result.end_s, room, (1.0, 1.0))
        busy = panels.panel(0, "per cent of the workers' time", 100 * _ABOVE)
        _steps(page, busy, slots, 100 * slots.busy, "ink")
        asked = wanted(result, slots)
        most = max(float(slots.ready.max()), 1.0, *([] if asked is None else asked.tolist()))
        unit = "Pods ready" if asked is None else "Pods: ready (area), wanted (line)"
        ready = panels.panel(1, unit, _ABOVE * most, whole=True)
        _area(page, ready, slots, slots.ready, "delivered")
        if asked is not None:
            _steps(page, ready, slots, asked, "ink")
        panels.finish()
    return Picture(page.figure, title, busy_alt(title, result, slots))


class _Panels:
    """Panels one above the other on one clock.

    Args:
        marks: what happened, in order of time.
        room: from where to where on the page.
        weights: shares of the height.
    """

    def __init__(
        self,
        page: Sheet,
        marks: Sequence[Mark],
        end_s: float,
        room: tuple[float, float],
        weights: Sequence[float],
    ) -> None:
        self._page, self._marks = page, marks
        margin = page.to_scale(MARGIN)
        left = margin + page.width_of("100,000", TICK) + page.to_scale(_GAP)
        self.time = Timeline((0.0, max(end_s, 1e-9)), left, page.width - margin - page.to_scale(_GAP))
        head = page.to_scale(_HEAD)
        tried = map(self._placed, range(1, MOST_ROWS + 1))
        self._spots = next((spots for spots in tried if None not in spots), self._placed(MOST_ROWS))
        self._rows = max((spot.row + 1 for spot in self._spots if spot is not None), default=0)
        first = room[0] + self._rows * page.to_scale(_LABEL) + 1.5 * head
        unit = (room[1] - first - head * (len(weights) - 1)) / sum(weights)
        ends = accumulate((unit * weight + head for weight in weights), initial=first)
        self._places = [(top, bottom - head) for top, bottom in pairwise(ends)]

    def _placed(self, rows: int) -> list[LabelSpot | None]:
        page = self._page
        sizes = [(self.time.x(mark.at_s), page.width_of(mark.words, TICK)) for mark in self._marks]
        return spots_of(sizes, rows, page.to_scale(4), page.width - page.to_scale(MARGIN))

    def panel(self, number: int, unit: str, limit: float, whole: bool = False) -> Axes:
        """Axes from zero to a limit, their gridlines labelled, and what they show above them."""
        page, (top, bottom) = self._page, self._places[number]
        height = bottom - top
        axes = page.axes(self.time.left, top, self.time.right - self.time.left, height)
        axes.set(xlim=self.time.span_s, ylim=(0, limit), xticks=[])
        at = [t for t in round_numbers(0, limit, 3) if not whole or t == int(t)]
        page.levels(axes, at)
        for tick in at:
            y = top + height * (1 - tick / limit)
            page.text(self.time.left - page.to_scale(_GAP), y, tick_label(tick), TICK, align="right")
        above = page.to_scale(10) + (0 if number else self._rows * page.to_scale(_LABEL))
        page.text(self.time.left, top - above, unit, TICK, "ink2")
        return axes

    def finish(self) -> None:
        """The clock below, and what happened above."""
        page, (first, _) = self._page, self._places[0]
        axis(page, self.time, self._places[-1][1])
        for mark, spot in zip(self._marks, self._spots, strict=True):
            x = self.time.x(mark.at_s)
            for top, bottom in self._places:
                line(page, (x, top), (x, bottom), "line", 1.0, ":")
            if spot is not None:
                y = first - page.to_scale(10) - spot.row * page.to_scale(_LABEL)
                page.text(spot.begin, y, mark.words, TICK)
                line(page, (x, y - page.to_scale(6)), (x, first), "line")


def _edges(slots: OverTime) -> Seconds:
    return np.append(slots.begins_s, slots.begins_s[-1] + slots.width_s)


def _steps(page: Sheet, axes: Axes, slots: OverTime, values: Seconds, colour: str) -> None:
    drawn = getattr(page.colours, colour)
    axes.stairs(values, _edges(slots), color=drawn, lw=page.to_scale(2.0), baseline=None)


def _area(page: Sheet, axes: Axes, slots: OverTime, values: Seconds, colour: str) -> None:
    axes.stairs(values, _edges(slots), fill=True, color=getattr(page.colours, colour), lw=0)
