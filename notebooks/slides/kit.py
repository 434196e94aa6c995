"""What the slides of the lessons share: the sheet they are drawn on, marks of ends, a chair, an amount of a Pod."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path

import sim
from sim.report.charts.picture import MARGIN, frame, sheet
from sim.report.charts.shapes import PAGE_WIDTH, Canvas, Spot, number
from sim.report.theme import DELIVERED, FAILED, LABEL, REDIRECTED, SUBTITLE, Family
from sim.simulation.result import Result

RIGHT = PAGE_WIDTH - MARGIN
"""The right margin."""
THEMES = {"light": "", "dark": "-dark"}
"""Theme -> what the name of its file ends with."""
FOOT = 461.0
"""Where the last sentence of a slide stands."""


@contextmanager
def slide_sheet(title: str, subtitle: str, caption: str, theme: str) -> Iterator[Canvas]:
    """A slide with its finding, what is shown and where the numbers come from."""
    with sheet("slide", theme) as page:
        frame(page, [title], subtitle, caption)
        yield Canvas(page)


def of_run(run: Result, what: str, unit: str = "requests") -> str:
    """Where the numbers of a run come from."""
    on_the_way = f", {run.in_flight} still on their way at the end" if run.in_flight else ""
    return f"seed {run.seed} · sim {sim.__version__} · {what} · {run.sent:,} {unit} in {run.end_s:g} s, one run{on_the_way}"


def last_words(canvas: Canvas, words: str) -> None:
    """What a teacher says at the end, at the foot."""
    canvas.text(MARGIN, FOOT, words, SUBTITLE, bold=True)


def amount(canvas: Canvas, spot: Spot, share: float) -> None:
    """A share as a bar within a bar."""
    canvas.bar(spot, "hair", "all")
    canvas.bar(Spot(spot.left, spot.top, spot.width * share, spot.height), "ink", "its share")


def step_head(canvas: Canvas, left: float, right: float, y: float, digit: int, words: str, now: bool) -> None:
    """A step of the textbook over a column."""
    number(canvas, left + 11, y, digit, filled=now)
    canvas.text(left + 28, y, words, LABEL, bold=now)
    canvas.stroke([(left, y + 19), (right, y + 19)], "ink" if now else "hair", 3.5 if now else 1.2)


def chair(canvas: Canvas, x: float, top: float, height: float) -> None:
    """An empty chair, its middle at x."""
    unit = height / 100
    back, seat, front = 19.5 * unit, 17 * unit, 26 * unit
    for side in (-1, 1):
        canvas.stroke([(x + side * back, top + 4 * unit), (x + side * back, top + 57 * unit)], "ink", 4)
        canvas.stroke([(x + side * (front - 2 * unit), top + 68 * unit), (x + side * (front - 2 * unit), top + 100 * unit)], "ink", 4)
        canvas.stroke([(x + side * seat, top + 68 * unit), (x + side * seat, top + 88 * unit)], "ink", 3.5)
    for bow in (3, 18, 33):
        y = top + bow * unit
        rail = [(x - back, y + 2 * unit), (x - 7 * unit, y - 3 * unit), (x + 7 * unit, y - 3 * unit), (x + back, y + 2 * unit)]
        pen = {"ec": canvas.colour("ink"), "lw": canvas.page.to_scale(3.5), "fill": False}
        canvas.add(PathPatch(Path(rail, [Path.MOVETO, *[Path.CURVE4] * 3]), **pen))
    plate = [(x - back, top + 57 * unit), (x + back, top + 57 * unit), (x + front, top + 68 * unit), (x - front, top + 68 * unit)]
    look = {"fc": canvas.colour("page"), "ec": canvas.colour("ink"), "lw": canvas.page.to_scale(4), "label": "chair"}
    canvas.add(Polygon(plate, closed=True, joinstyle="miter", **look), 3.0)


def mark(canvas: Canvas, x: float, y: float, family: Family, size: float = 5.0) -> None:
    """How a request ended: a ticked disc, a diamond, a cross, or a ring."""
    if family is FAILED:
        for sign in (-1, 1):
            canvas.stroke([(x - size, y - size * sign), (x + size, y + size * sign)], family.colour, 0.5 * size, zorder=4)
        return
    hollow = family not in (DELIVERED, REDIRECTED)
    colour = canvas.colour(family.colour)
    look = {"mfc": canvas.colour("page") if hollow else colour, "mec": colour, "mew": 2 if hollow else 0}
    shape = "D" if family is REDIRECTED else "o"
    canvas.add(Line2D([x], [y], ls="", marker=shape, ms=canvas.page.to_scale(size * (1.7 if shape == "D" else 2.2)), **look), 4.0)
    if family is DELIVERED:
        tick = [(x - size * 0.5, y), (x - size * 0.1, y + size * 0.45), (x + size * 0.5, y - size * 0.4)]
        canvas.stroke(tick, "page", 0.3 * size, zorder=5)


def chance(one_of: float) -> str:
    """A chance in words: 0.5 is 1 in 2."""
    return f"1 in {1 / one_of:.3g}"
