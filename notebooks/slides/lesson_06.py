"""Lesson 6: an Ingress, Pods that wait, and an empty chair where the controller would sit."""

from __future__ import annotations

import sim
from sim.cluster.cluster import Cluster
from sim.lessons import Lesson
from sim.report.charts.picture import MARGIN, Picture
from sim.report.charts.shapes import PAGE_WIDTH, TEXTBOOK, Canvas, Spot, entry, pill
from sim.report.theme import FAILED, LABEL, SUBTITLE
from slides.kit import RIGHT, chair, last_words, mark, of_run, slide_sheet, step_head

URL = "http://shop.local/"
_COLUMNS = ((MARGIN, 246.0), (286.0, 474.0), (508.0, 674.0), (704.0, RIGHT))
"""Left and right edge of the four columns."""
_STEPS, _TOP = 108.0, 148.0


def reader(lesson: Lesson, theme: str = "light") -> Picture:
    """How far a request comes with rules that nobody reads."""
    cluster = lesson.experiment.plan_to_run(None).cluster
    final, run = sim.route(cluster, sim.Request.parse(URL)).final, sim.run(lesson.experiment)
    pods = [(pod.key.partition("/")[2], pod.ready) for pod in cluster.pods.values()]
    served = {s.spec.name.partition("/")[2]: s.served for s in run.stations}
    rows = [(name, "ready" if ready else "not ready", served.get(name, 0)) for name, ready in pods]
    assert not cluster.controllers and final.status is None
    title = "One rulebook, no reader: nothing answers, not even a 404"
    ready = sum(state == "ready" for _, state, _ in rows)
    subtitle = f"GET {URL} in a cluster with an Ingress and without a controller. {ready} Pods are ready."
    last = "kube-controller-manager brings Deployments and endpoints. An Ingress controller you install."
    caption = of_run(run, "lesson 6")
    with slide_sheet(title, subtitle, caption, theme) as canvas:
        for digit, ((left, right), words) in enumerate(zip(_COLUMNS, TEXTBOOK, strict=True), 1):
            step_head(canvas, left, right, _STEPS, digit, words, now=digit == 2)
        _client(canvas)
        _empty(canvas)
        book = _book(canvas, cluster)
        _pods(canvas, rows)
        last_words(canvas, last)
    told = "; ".join(f"{name}, {state}, served {count}" for name, state, count in rows)
    alt = (
        f"{title}. {subtitle} 1 Entry point: the client finds no address, no load balancer was ordered. 2 Rule evaluation: an empty"
        f" chair, no controller is installed. 3 Routing to Service: {book}, unread. 4 Delivery to Pod: {told}. {last} {caption}."
    )
    return Picture(canvas.page.figure, title, alt)


def _client(canvas: Canvas) -> None:
    left, right = _COLUMNS[0]
    middle = _TOP + 88
    pill(canvas, Spot(left, middle - 22, 84, 44), "client")
    canvas.stroke([(left + 84, middle), (left + 112, middle)], "line", 2, ":")
    mark(canvas, left + 122, middle, FAILED, 8)
    canvas.text(left + 140, middle - 11, "no", SUBTITLE, bold=True)
    canvas.text(left + 140, middle + 11, "address", SUBTITLE, bold=True)
    canvas.text(left, middle + 60, "A code needs somebody", SUBTITLE)
    canvas.text(left, middle + 82, "who writes it.", SUBTITLE)
    entry(canvas, Spot(left, middle + 110, right - left - 6, 62), "line", ("load balancer", "nobody ordered one"), "--")


def _empty(canvas: Canvas) -> None:
    left, right = _COLUMNS[1]
    spot = Spot(left, _TOP, right - left, 290)
    canvas.box(spot, "no controller", 6, dash="--")
    canvas.text(spot.centre, _TOP + 28, "controller", 18, bold=True, align="center")
    chair(canvas, spot.centre, _TOP + 64, 166)
    canvas.text(spot.centre, spot.bottom - 26, "none is installed", 18, bold=True, align="center")


def _book(canvas: Canvas, cluster: Cluster) -> str:
    """The Ingress as a closed book; returns it in words."""
    ingress = cluster.ingresses[0]
    rule = ingress.spec.rules[0]
    path = rule.http.paths[0]
    backend = path.backend.service
    rows = [(path.path, f"{backend.name}:{backend.port.number}"), ("class", ingress.spec.ingress_class_name), ("ADDRESS", "empty")]
    left, right = _COLUMNS[2]
    spot = Spot(left, _TOP + 14, right - left, 196)
    canvas.box(spot, "Ingress", 3, fill="panel")
    canvas.stroke([(left + 10, spot.top), (left + 10, spot.bottom)], "line", 1.5)
    name = f"Ingress {ingress.key.partition('/')[2]}"
    canvas.text(left + 22, spot.top + 22, name, 18, bold=True)
    canvas.text(left + 22, spot.top + 48, rule.host, LABEL, "ink2")
    for index, (what, value) in enumerate(rows):
        y = spot.top + 80 + 31 * index
        canvas.stroke([(left + 20, y - 16), (right - 10, y - 16)], "hair", 1)
        canvas.text(left + 22, y, what, LABEL)
        canvas.text(right - 10, y, value, LABEL, align="right")
    canvas.text(left + 22, spot.bottom - 20, "unread", 18, bold=True)
    canvas.text(left, spot.bottom + 26, "The API server stores it", 14, "ink2")
    canvas.text(left, spot.bottom + 46, "and checks its spelling.", 14, "ink2")
    return f"{name}, {rule.host}, {', '.join(f'{what} {value}' for what, value in rows)}"


def _pods(canvas: Canvas, rows: list[tuple[str, str, int]]) -> None:
    left, right = _COLUMNS[3]
    y = _TOP + 6
    for name, state, count in rows:
        spot = Spot(left, y, right - left, 58)
        canvas.box(spot, name, 7)
        canvas.text(left + 14, y + 19, name, 18, bold=True)
        canvas.text(right - 12, y + 19, state, 14, "ink2", align="right")
        canvas.text(left + 14, y + 42, f"served {count}", LABEL)
        y += 70
    canvas.text(left, y + 16, "They run and wait:", 14, "ink2")
    canvas.text(left, y + 36, "no rule leads here.", 14, "ink2")


assert _COLUMNS[-1][1] < PAGE_WIDTH
