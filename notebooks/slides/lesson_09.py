"""Lesson 9: a mark for every request of the run, on the place that answered it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from matplotlib.lines import Line2D

import sim
from sim.cluster.cluster import Cluster
from sim.lessons import Lesson
from sim.report.charts.picture import MARGIN, Picture
from sim.report.charts.shapes import Canvas, Spot, entry, pill, reader
from sim.report.theme import DELIVERED, FAMILIES, LABEL, SUBTITLE, Family
from sim.simulation.result import Result
from slides.kit import RIGHT, mark, of_run, slide_sheet

SAID = {
    502: "asked, and refused",
    503: "nobody behind the rule",
    404: "no rule fits",
    308: "go to https",
    403: "address not allowed",
}
"""What a code of the controller says here: one reason each, as the traces of the lesson give it."""
_PLACES, _CONTROLLER, _APPLICATION = 118.0, Spot(310.0, 118.0, 240.0, 46.0), Spot(612.0, 118.0, RIGHT - 612.0, 46.0)
_FIRST, _STEP, _MARKS = 190.0, 54.0, 15.0


@dataclass(frozen=True)
class Answers:
    """Requests that ended alike, and for which addresses. `status`: 0 where nobody wrote a code."""

    status: int
    family: Family
    count: int
    asked: tuple[str, ...]


def answers(lesson: Lesson, run: Result, cluster: Cluster) -> tuple[list[Answers], int]:
    """How requests ended that the application never saw, most frequent first, and how many it did see."""
    by_status: dict[int, list[tuple[str, int, Family]]] = defaultdict(list)
    reached = 0
    for number, row in enumerate(lesson.experiment.scenario.traffic):
        sent = int((run.row == number).sum())
        final = sim.route(cluster, sim.Request.parse(f"{row.scheme or 'http'}://{row.host}{row.path}")).final
        if final.state == "delivered":
            reached += sent
        else:
            assert final.answered_by == ("ingress-nginx" if final.status else None)
            where = row.path if row.host == "shop.local" else f"{row.host}{row.path.rstrip('/')}"
            by_status[final.status or 0].append((where, sent, FAMILIES[final.state]))
    found = [
        Answers(status, rows[0][2], sum(n for _, n, _ in rows), tuple(where for where, _, _ in rows))
        for status, rows in by_status.items()
    ]
    return sorted(found, key=lambda one: (-one.count, one.status)), reached


def speaking(lesson: Lesson, theme: str = "light") -> Picture:
    """Who answered how often, and with what."""
    run, cluster = sim.run(lesson.experiment), lesson.cluster()
    found, reached = answers(lesson, run, cluster)
    coded, silent = [one for one in found if one.status], next(one for one in found if not one.status)
    by_controller = sum(one.count for one in coded)
    missing = by_controller + silent.count
    title = f"{missing} of {run.sent} requests never reached the application"
    subtitle = f"One mark for each request, on the place that answered it. The application's log has no line for those {missing}."
    last = f"{' and '.join(silent.asked)}: connection refused, no code at all. Not even a controller was asked."
    caption = of_run(run, "lesson 9")
    with slide_sheet(title, subtitle, caption, theme) as canvas:
        _way(canvas, by_controller, reached)
        for index, one in enumerate(coded):
            _codes(canvas, _FIRST + _STEP * index, one)
        _silent(canvas, silent)
        _delivered(canvas, reached, run.in_flight)
        canvas.stroke([(MARGIN, 458), (RIGHT, 458)], "hair", 1.2)
        canvas.text(MARGIN, 475, last, SUBTITLE)
    told = "; ".join(f"{one.count} × {one.status}, {SAID[one.status]} ({', '.join(one.asked)})" for one in coded)
    alt = f"{title}. {subtitle} Nobody, {silent.count}: no code. Controller, {by_controller}: {told}. Application, {reached}: 200. {last} {caption}."
    return Picture(canvas.page.figure, title, alt)


def _way(canvas: Canvas, by_controller: int, reached: int) -> None:
    middle = _CONTROLLER.middle
    canvas.stroke([(100, middle), (_APPLICATION.left, middle)], "single_ingress", 4, zorder=1.0)
    pill(canvas, Spot(MARGIN, middle - 22, 84, 44), "client")
    entry(canvas, Spot(140.0, middle - 22, 126, 44), "single_ingress", ("balancer", ""))
    reader(canvas, _CONTROLLER)
    canvas.box(_APPLICATION, "application", 7)
    for spot, name, count in ((_CONTROLLER, "controller", by_controller), (_APPLICATION, "application", reached)):
        canvas.text(spot.left + 16, middle, name, LABEL, bold=True)
        canvas.text(spot.right - 16, middle, str(count), 20, bold=True, align="right")


def _codes(canvas: Canvas, y: float, one: Answers) -> None:
    canvas.text(_CONTROLLER.left - 14, y, ", ".join(one.asked), 14, "ink2", align="right")
    canvas.text(_CONTROLLER.left, y, str(one.status), 18, bold=True)
    canvas.text(_CONTROLLER.left + 48, y, SAID[one.status], LABEL)
    canvas.text(_CONTROLLER.left - 14, y + 22, str(one.count), LABEL, bold=True, align="right")
    for number in range(one.count):
        mark(canvas, _CONTROLLER.left + 7 + _MARKS * number, y + 22, one.family, 4)


def _silent(canvas: Canvas, one: Answers) -> None:
    """Those to whom nobody said a code: the mark stands at the client."""
    canvas.text(MARGIN, _FIRST, "no code", 18, bold=True)
    for number in range(one.count):
        mark(canvas, MARGIN + 7 + _MARKS * number, _FIRST + 22, one.family, 4)
    canvas.text(MARGIN + 16 + _MARKS * one.count, _FIRST + 22, str(one.count), LABEL, bold=True)
    canvas.text(MARGIN, _FIRST + 46, "refused", 14)
    canvas.text(MARGIN, _FIRST + 66, ", ".join(one.asked), 14, "ink2")


def _delivered(canvas: Canvas, reached: int, in_flight: int) -> None:
    """Ticks in rows; those still on their way at the end are dots."""
    left, in_a_row = _APPLICATION.left, 17
    canvas.text(left, _FIRST, "200", 18, bold=True)
    canvas.text(left + 48, _FIRST, "delivered, a line in its log", LABEL)
    for number in range(reached):
        x, y = left + 8 + 16.4 * (number % in_a_row), _FIRST + 24 + 16.6 * (number // in_a_row)
        if number < reached - in_flight:
            mark(canvas, x, y, DELIVERED, 5)
        else:
            canvas.add(Line2D([x], [y], ls="", marker="o", ms=6, mfc=canvas.colour("ink2"), mew=0), 4.0)
    canvas.text(left, _FIRST + 24 + 16.6 * (reached // in_a_row + 1) + 10, "shop.local/", 14, "ink2")

