"""Draw a slide for every lesson: what its own run shows, as a sentence with a number over the picture that proves it.

Writes docs/images/lessons/NAME.png (16:9) and its text alternative, NAME.png.alt.txt.

python notebooks/slides.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

import sim
from sim.lessons import Lesson
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, save, sheet
from sim.report.theme import FAILED, FAMILIES, SUBTITLE
from sim.report.topology.picture import topology_picture
from sim.simulation.result import Result

FOLDER = Path(__file__).parents[1] / "docs" / "images" / "lessons"
COLOURS = 64
"""Enough for flat colours and the edges of type; a third of the size."""
ROW, THICK, NAMES, AFTER = 104.0, 56.0, 250.0, 300.0
"""Points on a slide: from bar to bar, the thickest bar, the room for names before the bars and for words behind them."""


@dataclass(frozen=True)
class Bar:
    """A row of a slide: its name, how much, what is said of it, and the colour (a name of the theme)."""

    name: str
    amount: float
    said: str
    colour: str = "ink2"
    mark: str = ""


def bars(title: str, subtitle: str, rows: Sequence[Bar], caption: str) -> Picture:
    """Horizontal bars from zero, each with its name and what is said of it."""
    with sheet("slide", "light") as page:
        _, top, bottom = frame(page, [title], subtitle, caption)
        left, room = MARGIN + NAMES, page.width - 2 * MARGIN - NAMES - AFTER
        most = max(row.amount for row in rows)
        step = min(ROW, (bottom - top - 60) / len(rows))
        first = top + 50
        for number, row in enumerate(rows):
            _bar(
                page,
                row,
                left,
                first + step * (number + 0.5) - 4,
                room * row.amount / most,
                min(step * 0.6, THICK),
            )
    said = "; ".join(f"{row.name}: {row.said}" for row in rows)
    return Picture(page.figure, title, f"{title}. {subtitle} {said}. {caption}.")


def _bar(page: Sheet, row: Bar, left: float, middle: float, length: float, height: float) -> None:
    page.text(left - 16, middle, row.name, SUBTITLE, bold=True, align="right")
    colour = getattr(page.colours, row.colour)
    page.add(
        Rectangle((left, middle - height / 2), max(length, 1.0), height, fc=colour, lw=0, label=row.name)
    )
    page.text(left + length + 16, middle, f"{row.mark} {row.said}".strip(), SUBTITLE)


def caption(run: Result) -> str:
    """Where the numbers come from."""
    return f"seed {run.seed} · sim {sim.__version__} · {run.sent:,} requests in {run.end_s:g} s · one run"


def per_pod(lesson: Lesson) -> tuple[Result, list[tuple[str, str, int, float]]]:
    """The lesson's run: name, node, requests and share of each Pod."""
    run = sim.run(lesson.experiment)
    total = sum(one.served for one in run.stations)
    return run, [
        (s.spec.name.partition("/")[2], s.spec.node, s.served, s.served / total) for s in run.stations
    ]


def service(lesson: Lesson) -> Picture:
    """Lesson 1: what the nodes' rules made of a run."""
    run, pods = per_pod(lesson)
    rows = [
        Bar(name, served, f"{served:,} requests, {share * 100:.0f} %", "lb_per_service")
        for name, _, served, share in pods
    ]
    nodes = len(run.nodes)
    return bars(
        f"No process is called Service: {nodes} nodes draw 1 of {len(pods)} Pods",
        "Requests that each Pod of demo/web got, a connection each. No packet entered a Service: the node where a "
        "connection arrives draws, by rules that all nodes have.",
        rows, caption(run),
    )  # fmt: skip


def policy(lesson: Lesson) -> Picture:
    """Lesson 4: shares of Pods where a node sends to its own Pods only."""
    run, pods = per_pod(lesson)
    rows = [
        Bar(f"{name} on {node}", n, f"{n:,} requests, {share * 100:.0f} %", "lb_per_service")
        for name, node, n, share in pods
    ]
    alone = max(pods, key=lambda pod: pod[3])
    return bars(
        f"Local: one Pod of {len(pods)} does {alone[3] * 100:.0f} % of the work",
        "Requests that each Pod of demo/web got, a connection each, externalTrafficPolicy Local. The load balancer gives each "
        "node a half; two Pods share theirs.",
        rows, caption(run),
    )  # fmt: skip


def reader(lesson: Lesson) -> Picture:
    """Lesson 6: how far a request comes with rules that nobody reads."""
    cluster = lesson.experiment.plan_to_run(None).cluster
    drawn = topology_picture(cluster, sim.route(cluster, sim.Request.parse("http://shop.local/")))
    title = (
        f"{len(cluster.ingresses)} rulebook, {len(cluster.controllers)} readers: the request never gets in"
    )
    next(text for text in drawn.figure.texts if text.get_text() == drawn.title).set_text(title)
    return Picture(drawn.figure, title, drawn.alt.replace(drawn.title, title))


def rules(lesson: Lesson) -> Picture:
    """Lesson 7: rules against paths, the winner of each."""
    paths = ("/", "/cart", "/cart/", "/cartoon", "/cart/items/7")
    grid = sim.grid(lesson.cluster(), list(paths), host="shop.local")
    rows = [row for row in grid.rows if set(row.signs) != {"·"}]
    fits = sum(sign != "·" for row in rows for sign in row.signs)
    title = f"{fits} times a rule fits, {len(paths)} times one wins: longest, then Exact"
    subtitle = "Rules of shop.local against five paths. Disc: wins. Ring: fits, but another is longer or Exact. Dot: does not."
    with sheet("slide", "light") as page:
        _, top, bottom = frame(
            page, [title], subtitle, f"no random numbers · sim {sim.__version__} · controller ingress-nginx"
        )
        _grid(page, paths, rows, grid.answers, top + 40, bottom)
    said = "; ".join(f"{path}: {answer}" for path, answer in zip(paths, grid.answers, strict=True))
    return Picture(page.figure, title, f"{title}. {subtitle} {said}.")


def _grid(
    page: Sheet,
    paths: Sequence[str],
    rows: Sequence[object],
    answers: Sequence[str],
    top: float,
    bottom: float,
) -> None:
    column, step = (page.width - 2 * MARGIN - NAMES) / len(paths), (bottom - top) / (len(rows) + 2)
    places = [MARGIN + NAMES + column * (n + 0.5) for n in range(len(paths))]
    for x, path in zip(places, paths, strict=True):
        page.text(x, top + step / 2, path, SUBTITLE, bold=True, align="center")
    for number, row in enumerate(rows, 1):
        y = top + step * (number + 0.5)
        page.add(Line2D([MARGIN, page.width - MARGIN], [y - step / 2] * 2, color=page.colours.hair, lw=1))
        page.text(MARGIN, y, row.label, SUBTITLE, bold=True)
        for x, sign in zip(places, row.signs, strict=True):
            _sign(page, x, y, sign)
    y = top + step * (len(rows) + 1.5)
    page.add(Line2D([MARGIN, page.width - MARGIN], [y - step / 2] * 2, color=page.colours.line, lw=1.5))
    page.text(MARGIN, y, "goes to Service", SUBTITLE)
    for x, answer in zip(places, answers, strict=True):
        page.text(x, y, answer.partition("/")[2].partition(":")[0] or answer, SUBTITLE, align="center")


def _sign(page: Sheet, x: float, y: float, sign: str) -> None:
    size = {"●": 22, "○": 18, "·": 5}[sign]
    fill = {"●": page.colours.ink, "○": page.colours.page, "·": page.colours.line}[sign]
    edge = page.colours.line if sign == "·" else page.colours.ink
    page.add(Line2D([x], [y], ls="", marker="o", ms=size, mfc=fill, mec=edge, mew=2))


def speaking(lesson: Lesson) -> Picture:
    """Lesson 9: what each address answered, and who."""
    run, cluster = sim.run(lesson.experiment), lesson.cluster()
    rows, controller = [], 0
    for number, asked in enumerate(lesson.experiment.scenario.traffic):
        scheme, sent = asked.scheme or "http", int((run.row == number).sum())
        final = sim.route(cluster, sim.Request.parse(f"{scheme}://{asked.host}{asked.path}")).final
        family = FAMILIES.get(final.state, FAILED)
        by_controller = final.state != "delivered" and final.status is not None
        controller += sent * by_controller
        who = "the application" if final.state == "delivered" else f"{final.status}, the controller"
        said = f"{sent}: {who if final.status or final.state == 'delivered' else 'no code, nobody'}"
        rows.append(Bar(f"{asked.host}{asked.path}", sent, said, family.colour, family.mark))
    return bars(
        f"{controller} codes of which no application log has a line",
        "Requests per address, how each ended and who answered. Behind every address but one, the application's log has no line.",
        rows, caption(run),
    )  # fmt: skip


def doors(lesson: Lesson) -> Picture:
    """Lesson 11: money and latency of both plans."""
    return sim.chart(
        sim.compare(lesson.experiment, replications=5, requests=3000, provider="aws"), size="slide"
    )


SLIDES: dict[str, Callable[[Lesson], Picture]] = {
    "01-who-takes-the-packet": service,
    "04-cluster-or-local": policy,
    "06-who-reads-the-ingress": reader,
    "07-which-rule-wins": rules,
    "09-who-is-speaking": speaking,
    "11-twelve-load-balancers": doors,
}


def slide(name: str) -> Picture:
    """The slide of a lesson."""
    return SLIDES[name](sim.lesson(name))


def main() -> None:
    """Draw them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SLIDES:
        file = FOLDER / f"{name}.png"
        save(slide(name), str(file))
        Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)
        print(f"wrote {name}.png")


if __name__ == "__main__":
    main()
