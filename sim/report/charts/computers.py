"""What runs where, for those who hear of it for the first time: a thing is drawn, then said, then named."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sim.cluster.cluster import Cluster, RunningPod
from sim.report.charts.picture import MARGIN, Picture, frame, sheet
from sim.report.charts.shapes import Canvas, Spot, number
from sim.report.theme import BOX, LABEL
from sim.units import counted

NAMES = (
    ("A program that runs, with an", "address of its own. Copies do", "the same work:", "a Pod"),
    ("A computer. It runs programs", "and passes packets on:", "a node"),
    ("All computers together, and", "what is known of them:", "a cluster"),
)
"""What stands beside the picture: what it is, in lines, and what it is called."""
CAPTION = (
    "no random numbers · sim shows the names that the manifests give; which program runs where is assumed"
)
MOST_NODES, MOST_PODS = 2, 5
_OUTSIDE, _NODE, _POD = Spot(MARGIN, 62.0, 556.0, 418.0), 256.0, 58.0
"""The cluster; the width of a node and the distance of its Pods."""
_SAID = 624.0


def computers_picture(cluster: Cluster, size: str = "slide", theme: str = "light") -> Picture:
    """Draw nodes and the Pods on them, as many as have room.

    Args:
        cluster: whose nodes and Pods they are.
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: no such size or theme.
    """
    running = sorted((pod for pod in cluster.pods.values() if pod.node), key=lambda pod: str(pod.node))
    placed = {node: list(pods) for node, pods in groupby(running, key=lambda pod: str(pod.node))}
    title = f"{counted(len(running), 'program')} on {counted(len(cluster.nodes), 'computer')}"
    with sheet(size, theme) as page:
        frame(page, [title], "", CAPTION)
        canvas = Canvas(page)
        canvas.box(_OUTSIDE, "cluster", 10, dash="--")
        for index, node in enumerate(cluster.nodes[:MOST_NODES]):
            _node(
                canvas,
                _OUTSIDE.left + 14 + (_NODE + 16) * index,
                node.name,
                placed.get(node.name, []),
                not index,
            )
        _names(canvas)
    said = "; ".join(f"{node} runs {', '.join(_name(pod) for pod in pods)}" for node, pods in placed.items())
    words = " ".join(f"{' '.join(lines)}." for lines in NAMES)
    return Picture(page.figure, title, f"{title}. {said}. {words} {CAPTION}.")


def _name(pod: RunningPod) -> str:
    return pod.key.rpartition("/")[2]


def _node(canvas: Canvas, left: float, name: str, pods: Sequence[RunningPod], numbered: bool) -> None:
    spot = Spot(left, _OUTSIDE.top + 52, _NODE, _OUTSIDE.height - 68)
    canvas.box(spot, name, 0, fill="panel")
    canvas.text(left + 14, spot.top + 20, canvas.short(name, _NODE - 60, LABEL, True), LABEL, bold=True)
    for index, pod in enumerate(pods[:MOST_PODS]):
        _pod(
            canvas,
            Spot(left + 12, spot.top + 40 + _POD * index, _NODE - 24, _POD - 12),
            pod,
            numbered and not index,
        )
    more = len(pods) - MOST_PODS
    if more > 0:
        canvas.text(left + 14, spot.bottom - 12, f"and {more} more", BOX, "ink2")


def _pod(canvas: Canvas, spot: Spot, pod: RunningPod, numbered: bool) -> None:
    canvas.box(spot, _name(pod), 8)
    address, left = pod.address or "", spot.left + 12
    if numbered:
        number(canvas, left + 8, spot.middle, 1)
        left += 26
    room = spot.right - 24 - canvas.width_of(address, BOX) - left
    canvas.text(left, spot.middle, canvas.short(_name(pod), room, BOX, True), BOX, bold=True)
    canvas.text(spot.right - 12, spot.middle, address, BOX, "ink2", align="right")


def _names(canvas: Canvas) -> None:
    """A number in the picture, and beside it what it is and what it is called."""
    number(canvas, _OUTSIDE.left + 14 + _NODE - 24, _OUTSIDE.top + 72, 2)
    number(canvas, _OUTSIDE.right - 26, _OUTSIDE.top + 27, 3)
    y = _OUTSIDE.top + 34
    for digit, lines in enumerate(NAMES, 1):
        number(canvas, _SAID, y, digit)
        for index, line in enumerate(lines):
            last = index == len(lines) - 1
            canvas.text(_SAID + 20, y + 22 * index + 6 * last, line, LABEL if last else BOX, bold=last)
        y += 22 * len(lines) + 44
