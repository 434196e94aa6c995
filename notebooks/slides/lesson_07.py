"""Lesson 7: rules against paths, and the winner of each."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.lines import Line2D

import sim
from sim.lessons import Lesson
from sim.report.charts.match_grid import LOSES, NO_FIT, WINS, GridRow, MatchGrid
from sim.report.charts.picture import MARGIN, Picture
from sim.report.charts.shapes import Canvas
from sim.report.theme import SUBTITLE
from slides.kit import RIGHT, last_words, slide_sheet

PATHS = ("/", "/cart", "/cart/", "/cartoon", "/cart/items/7")
COUNTS = {4: "Four", 5: "Five", 6: "Six"}
_NAMES, _TOP, _STEP = 250.0, 112.0, 52.0


def rules(lesson: Lesson, theme: str = "light") -> Picture:
    """Rules of a host against paths."""
    grid = sim.grid(lesson.cluster(), list(PATHS), host="shop.local")
    rows = [row for row in grid.rows if set(row.signs) != {NO_FIT}]
    assert all(any(row.signs[n] == WINS for row in rows) for n in range(len(PATHS)))
    many = COUNTS[len(PATHS)]
    title = f"{many} paths, {many.lower()} winners: the longest rule, then Exact"
    subtitle = "Rules of shop.local against five paths. Disc: wins. Ring: fits, but another is longer or Exact. Dot: does not fit."
    last = "Turn the rules round in the file, and nothing changes."
    caption = f"no random numbers · sim {sim.__version__} · controller ingress-nginx"
    with slide_sheet(title, subtitle, caption, theme) as canvas:
        _grid(canvas, rows, grid)
        last_words(canvas, last)
    said = "; ".join(f"{path}: {_name(answer)}" for path, answer in zip(PATHS, grid.answers, strict=True))
    return Picture(canvas.page.figure, title, f"{title}. {subtitle} {said}. {last} {caption}.")


def _name(answer: str) -> str:
    return answer.partition("/")[2].partition(":")[0] or answer


def _grid(canvas: Canvas, rows: Sequence[GridRow], grid: MatchGrid) -> None:
    column = (RIGHT - MARGIN - _NAMES) / len(PATHS)
    places = [MARGIN + _NAMES + column * (n + 0.5) for n in range(len(PATHS))]
    for x, path in zip(places, PATHS, strict=True):
        canvas.text(x, _TOP + _STEP / 2, path, SUBTITLE, bold=True, align="center")
    for number, row in enumerate(rows, 1):
        y = _TOP + _STEP * (number + 0.5)
        canvas.stroke([(MARGIN, y - _STEP / 2), (RIGHT, y - _STEP / 2)], "hair", 1)
        canvas.text(MARGIN, y, row.label.removeprefix("shop.local"), SUBTITLE, bold=True)
        for x, sign in zip(places, row.signs, strict=True):
            _sign(canvas, x, y, sign)
    y = _TOP + _STEP * (len(rows) + 1.5)
    canvas.stroke([(MARGIN, y - _STEP / 2), (RIGHT, y - _STEP / 2)], "line", 1.5)
    canvas.text(MARGIN, y, "goes to Service", SUBTITLE)
    for x, answer in zip(places, grid.answers, strict=True):
        canvas.text(x, y, _name(answer), SUBTITLE, align="center")


def _sign(canvas: Canvas, x: float, y: float, sign: str) -> None:
    size = {WINS: 22, LOSES: 18, NO_FIT: 5}[sign]
    fill = {WINS: "ink", LOSES: "page", NO_FIT: "line"}[sign]
    edge = canvas.colour("line" if sign == NO_FIT else "ink")
    canvas.add(Line2D([x], [y], ls="", marker="o", ms=size, mfc=canvas.colour(fill), mec=edge, mew=2))
