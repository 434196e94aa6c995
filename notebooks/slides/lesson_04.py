"""Lesson 4: the load balancer gives each node a half, and each node divides its own."""

from __future__ import annotations

import sim
from sim.lessons import Lesson
from sim.report.charts.picture import MARGIN, Picture
from sim.report.charts.shapes import Canvas, Spot, entry, pill
from sim.report.theme import LABEL
from sim.routing import Request
from sim.simulation.result import Result
from slides.kit import FOOT, RIGHT, amount, last_words, of_run, slide_sheet

_DOOR, _NODES, _ROW = Spot(132.0, 250.0, 132, 56), 360.0, 66.0
"""The load balancer; where the nodes begin; the height of a Pod's row."""
_TOP, _GAP, _HEAD = 104.0, 22.0, 50.0


def policy(lesson: Lesson, theme: str = "light") -> Picture:
    """Which share the Pods get where a node sends to its own Pods only."""
    run, cluster = sim.run(lesson.experiment), lesson.experiment.plan_to_run(None).cluster
    branches = next(h for h in sim.route(cluster, Request.parse("http://web.demo/")).hops if h.kind == "load-balancer").branches
    total = sum(run.connections_of(number) for number in range(len(run.stations)))
    most = max(run.connections_of(number) / total for number in range(len(run.stations)))
    title = f"Local: one Pod of {len(run.stations)} does {most * 100:.0f} % of the work"
    subtitle = "externalTrafficPolicy Local: the load balancer chooses a node, and a node sends to its own Pods alone."
    last = "It counts nodes, not Pods. Each node divides its own half."
    caption = of_run(run, "a connection for each request", "connections")
    with slide_sheet(title, subtitle, caption, theme) as canvas:
        canvas.stroke([(100, _DOOR.middle), (_DOOR.left, _DOOR.middle)], "lb_per_service", 3.5, zorder=1.0)
        pill(canvas, Spot(MARGIN, _DOOR.middle - 22, 84, 44), "client")
        entry(canvas, _DOOR, "lb_per_service", ("balancer", f"picks 1 of {len(branches)}"))
        top, said = _TOP, []
        for branch in branches:
            spot, words = _node(canvas, run, branch.to, top, total)
            half = f"{branch.probability:.2g}".replace("0.5", "1/2")
            canvas.wire((_DOOR.right, _DOOR.middle), (spot.left, spot.middle), "lb_per_service", 4)
            canvas.text(_NODES - 46, spot.middle + (-20 if spot.middle < _DOOR.middle else 20), half, LABEL, bold=True, align="center")
            said.append(f"{branch.to} gets {half}: {words}")
            top = spot.bottom + _GAP
        last_words(canvas, last)
    assert top - _GAP < FOOT - 20
    return Picture(canvas.page.figure, title, f"{title}. {subtitle} {'. '.join(said)}. {last} {caption}.")


def _node(canvas: Canvas, run: Result, node: str, top: float, total: int) -> tuple[Spot, str]:
    """A node with its Pods; returns its place, and what is said of it."""
    pods = [(number, s.spec.name.partition("/")[2]) for number, s in enumerate(run.stations) if s.spec.node == node]
    spot = Spot(_NODES, top, RIGHT - _NODES, _HEAD + _ROW * len(pods) + 6)
    connections, _ = run.at_node(run.nodes.index(node))
    canvas.box(spot, node, 0, fill="panel")
    canvas.text(spot.left + 16, top + 24, node, 18, bold=True)
    words = f"{connections} connections, {connections / total * 100:.0f} %, for {len(pods)} Pod{'s' * (len(pods) > 1)}"
    canvas.text(spot.left + 100, top + 25, words, LABEL, "ink2")
    said = []
    for index, (number, name) in enumerate(pods):
        count = run.connections_of(number)
        _pod(canvas, Spot(spot.left + 16, top + _HEAD + _ROW * index, spot.width - 32, _ROW - 8), name, count, count / total)
        said.append(f"{name} {count}, {count / total * 100:.0f} %")
    return spot, f"{words}: {', '.join(said)}"


def _pod(canvas: Canvas, spot: Spot, name: str, count: int, share: float) -> None:
    canvas.box(spot, name, 7)
    canvas.text(spot.left + 14, spot.top + 20, name, 18, bold=True)
    canvas.text(spot.left + 110, spot.top + 20, f"{count} connections", LABEL)
    canvas.text(spot.right - 14, spot.top + 20, f"{share * 100:.0f} %", LABEL, bold=True, align="right")
    amount(canvas, Spot(spot.left + 14, spot.bottom - 16, spot.width - 28, 7), share)
