"""The picture of a cluster in fixed columns: client, load balancer, node, controller, Pods.

A part that a plan lacks leaves its column empty, so that two plans can be laid side by side. A Service is a
name on a rule and a caption over its endpoints, never a box: no packet enters it. Without a request the lines
are the ways there are; with one, its own way is thick and thin lines show where it could have gone instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from sim import __version__
from sim.analysis.topology import CLIENT, graph
from sim.cluster.cluster import Cluster
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, sheet
from sim.report.theme import BOX, DELIVERED, FAILED, FAMILIES, LABEL, PLANS, REDIRECTED, Family
from sim.report.topology import words
from sim.report.topology.layout import BRACKET, COLUMNS, WIDTH, Box, Layout, layout
from sim.report.topology.scene import LINE, ControllerBox, Door, PodBox, RuleBox, RuleLine, Scene, scene
from sim.report.words.path_of_packet import PacketPath, packet_path
from sim.routing.trace import Trace

if TYPE_CHECKING:
    from sim.analysis.topology import Graph

HEADS = {
    "client": ("Client", "resolves", "the name"),
    "load balancer": ("Load balancer", "picks a node", "per connection"),
    "node": ("Node: kube-proxy", "picks a Pod", "per connection"),
    "controller": ("Ingress controller", "picks a rule", "per request"),
    "pod": ("Pods", "serve,", "queue when busy"),
}
"""Column -> its name and what it decides, in two lines."""
_HEADS_HEIGHT, _TIP, _INSET = 78.0, 20.0, 9.0
"""Points on a slide: heads of the columns, point of a load balancer, from a box's edge to its text."""
_THICK = 4.5


def topology_picture(
    cluster: Cluster, trace: Trace | None = None, size: str = "slide", theme: str = "light"
) -> Picture:
    """Draw a cluster, and the way of one request through it.

    Args:
        trace: of a request to this cluster; None: all ways there are.
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: no such size or theme.
    """
    with sheet(size, theme) as page:
        drawn = graph(cluster)
        way = packet_path(drawn, trace) if trace else PacketPath()
        below, caption = words.subtitle(way, trace), words.caption(__version__)
        title, start, end = frame(page, words.titles(drawn, way, trace), below, caption)
        top, bottom = start / page.to_scale(1), end / page.to_scale(1)
        seen = scene(drawn, way, bottom - top - _HEADS_HEIGHT)
        board = _Board(page, layout(seen, top + _HEADS_HEIGHT, bottom))
        _heads(board, seen, top + 22)
        _boxes(board, seen)
        _wires(board, drawn, seen, way)
        if trace is not None and way.end in board.layout.boxes:
            _end_mark(board, board.layout.boxes[way.end], FAMILIES[trace.final.state])
    return Picture(page.figure, title, words.alt_text(title, seen, way, trace))


@dataclass(frozen=True)
class _Board:
    """A page that is drawn on in points of a slide, whatever its size."""

    page: Sheet
    layout: Layout

    def add(self, artist: Artist, zorder: float = 2.0) -> None:
        """Put something on the page."""
        across, down = self.page.width / WIDTH, self.page.to_scale(1)
        artist.set_transform(Affine2D().scale(across, down) + self.page.transform)
        artist.set_zorder(zorder)
        self.page.figure.add_artist(artist)

    def text(
        self,
        x: float,
        y: float,
        line: str,
        room: float,
        type_size: float = BOX,
        colour: str = "ink",
        bold: bool = False,
        align: str = "left",
    ) -> float:
        """Text that gives way in its middle where it has no room; returns the room that it took."""
        across = self.page.width / WIDTH
        shown = self.page.shortened(line, room * across, type_size, bold)
        at = x * across, y * self.page.to_scale(1)
        self.page.text(*at, shown, type_size, colour, bold, align)
        return self.page.width_of(shown, type_size, bold) / across

    def pair(self, box: Box, y: float, left: str, right: str, bold: tuple[bool, bool], colour: str) -> None:
        """Two texts on one line of a box; where they have no room, the right one gives way down to 0.4."""
        room = box.width - 3 * _INSET
        left_width, right_width = self._width(left, bold[0]), self._width(right, bold[1])
        right_room = min(right_width, max(0.4 * room, room - left_width))
        first, second = (box.left + _INSET, y), (box.right - _INSET, y)
        self.text(*first, left, room - right_room, bold=bold[0], colour="ink" if bold[0] else colour)
        self.text(*second, right, right_room, bold=bold[1], colour=colour, align="right")

    def fits(self, box: Box, head: str, right: str) -> bool:
        """Whether a heading and what stands at its right have room on one line."""
        return self._width(head, True) + self._width(right, False) <= box.width - 3 * _INSET

    def _width(self, line: str, bold: bool) -> float:
        return self.page.width_of(line, BOX, bold) / self.page.width * WIDTH


def _heads(board: _Board, seen: Scene, y: float) -> None:
    """The names of the columns, and what each decides; what a plan lacks says so."""
    missing = {"load balancer": not seen.entries, "controller": not seen.controllers, "pod": not seen.groups}
    missing["node"] = not seen.nodes and not seen.more_nodes
    for column, (left, _) in COLUMNS.items():
        name, does, how = HEADS[column]
        does = "picks a Pod" if column == "load balancer" and missing["node"] else does
        empty = missing.get(column, False)
        room = WIDTH - left
        board.text(left, y, name, room, LABEL, "ink2" if empty else "ink", bold=True)
        board.text(left, y + 22, words.absent(name) if empty else does, room, colour="ink2")
        board.text(left, y + 39, "" if empty else how, room, colour="ink2")


def _boxes(board: _Board, seen: Scene) -> None:
    """Everything but the lines between."""
    boxes = board.layout.boxes
    client = boxes[CLIENT]
    board.add(_rounded(board, client, client.height / 2, "client"))
    middle = client.left + client.width / 2
    board.text(middle, client.middle, "client", client.width, bold=True, align="center")
    for entry in seen.entries:
        _entry(board, entry, boxes[entry.key])
    for table in seen.nodes:
        _table(board, table, boxes[table.key], rounding=0)
    for controller, box in zip(seen.controllers, board.layout.tables, strict=True):
        for card in controller.cards:
            _controller_card(board, card, boxes[card.pods[0]])
        _table(board, controller.rules, box, rounding=4)
        _rule_book(board, controller, box)
    for group in seen.groups:
        height, _ = board.layout.captions[group.service]
        name = seen.names.get(group.service, group.service)
        _group_caption(board, name, height, empty=not group.cards)
        for card in group.cards:
            _card(board, card, boxes[card.pods[0]])
    for column, height, count in board.layout.counts:
        left, width = COLUMNS[column]
        board.text(left, height, count, width, colour="ink2")


def _rounded(board: _Board, box: Box, rounding: float, label: str, **look: object) -> Patch:
    style = f"round,pad=0,rounding_size={rounding}"
    colours = board.page.colours
    given = {"fc": colours.page, "ec": colours.line, "lw": board.page.to_scale(1.5), "label": label} | look
    return FancyBboxPatch((box.left, box.top), box.width, box.height, boxstyle=style, **given)  # type: ignore[arg-type]


def _entry(board: _Board, entry: Door, box: Box) -> None:
    """A box with a pointed right side, its edge in the plan's colour; dashed while it has no address."""
    shoulder = box.right - _TIP
    upper, lower = (
        [(box.left, box.top), (shoulder, box.top)],
        [(shoulder, box.bottom), (box.left, box.bottom)],
    )
    corners = [*upper, (box.right, box.middle), *lower]
    look = {"fc": board.page.colours.page, "ec": _plan_colour(board, entry), "lw": board.page.to_scale(2.5)}
    dash = "--" if entry.address == "pending" else "-"
    board.add(Polygon(corners, closed=True, ls=dash, label=entry.name, joinstyle="miter", **look))
    room = box.width - _TIP / 2 - 2 * _INSET
    board.text(box.left + _INSET, box.middle - LINE / 2, entry.name, room, bold=True)
    board.text(box.left + _INSET, box.middle + LINE / 2, entry.address, room, colour="ink2")


def _plan_colour(board: _Board, entry: Door) -> str:
    return board.page.wears(PLANS["lb-per-service" if entry.direct else "single-ingress"])


def _table(board: _Board, table: RuleBox, box: Box, rounding: float) -> None:
    """A box of rules; the one that wins has a bar at its left and is bold."""
    if not table.lines:
        return
    board.add(_rounded(board, box, max(rounding, 0.01), table.key, fc=board.page.colours.panel))
    for index, line in enumerate(table.lines):
        top = box.top + table.top(index)
        if line.wins:
            ink = board.page.colours.ink
            bar = Rectangle((box.left, top), 5, line.height, fc=ink, lw=0, label="the winner's bar")
            board.add(bar)
        _rule_line(board, line, box, top + LINE / 2)


def _rule_line(board: _Board, line: RuleLine, box: Box, y: float) -> None:
    """Port or path, and the Service; of a rule that wins on a line of its own where it has no room beside."""
    bold, colour = (line.head or line.wins, line.wins), "ink" if line.wins else "ink2"
    if line.tall:
        room = box.width - 2 * _INSET
        board.text(box.left + _INSET, y, line.left, room, bold=True)
        board.text(box.right - _INSET, y + LINE, line.label, room, bold=True, align="right")
        return
    right = line.label if not line.head or board.fits(box, line.left, line.label) else ""
    board.pair(box, y, line.left, right, bold, colour)


def _controller_card(board: _Board, card: PodBox, box: Box) -> None:
    """A Pod with a rule book: a double outline."""
    _card(board, card, box)
    inner = Box(box.left + 3, box.top + 3, box.width - 6, box.height - 6)
    board.add(_rounded(board, inner, 5, card.name, lw=board.page.to_scale(1)))


def _rule_book(board: _Board, controller: ControllerBox, box: Box) -> None:
    """A dotted line between the Pods of a controller and the rules that they read."""
    if controller.cards and controller.rules.lines and not controller.more:
        x, last = box.left + box.width / 2, board.layout.boxes[controller.cards[-1].pods[0]]
        colour, width = board.page.colours.line, board.page.to_scale(1.5)
        board.add(Line2D([x, x], [last.bottom, box.top], color=colour, lw=width, ls=":"))


def _card(board: _Board, card: PodBox, box: Box) -> None:
    """A Pod, or several; a dashed outline for those that get nothing."""
    board.add(_rounded(board, box, 8, card.name, ls="--" if card.idle else "-"))
    board.pair(box, box.middle, card.name, card.place, (True, False), "ink2")


def _group_caption(board: _Board, service: str, height: float, empty: bool) -> None:
    """Whose endpoints they are; the name alone, or what fits of it, where there is no room for more."""
    left = COLUMNS["pod"][0]
    room = WIDTH - MARGIN / 2 - left
    full = f"{'no endpoints of' if empty else 'endpoints of'} {service}"
    fits = board.page.width_of(full, BOX) <= room * board.page.width / WIDTH
    board.text(left, height, full if fits else service, room, colour="ink2")


def _wires(board: _Board, drawn: Graph, seen: Scene, way: PacketPath) -> None:
    """The lines: all ways there are, or those of the request with its own on top."""
    colours = board.page.colours
    if not way.path:
        for start, end in _all_ends(board.layout, drawn, seen):
            _wire(board, start, end, colours.line, 1.0, 1.0)
        _brackets(board, seen)
        return
    for edge in sorted(way.others):
        for start, end in _ends(board.layout, drawn, seen, edge, way):
            _wire(board, start, end, colours.hair, 1.2, 1.0)
    entry = next((entry for entry in seen.entries if entry.key in way.path), None)
    colour = _plan_colour(board, entry) if entry else colours.ink2
    for edge in way.steps:
        for start, end in _ends(board.layout, drawn, seen, edge, way):
            _wire(board, start, end, colour, _THICK, 1.5)


Point = tuple[float, float]


def _wire(board: _Board, start: Point, end: Point, colour: str, width: float, zorder: float) -> None:
    half = (start[0] + end[0]) / 2
    curve = Path([start, (half, start[1]), (half, end[1]), end], [Path.MOVETO, *[Path.CURVE4] * 3])
    line = PathPatch(curve, fc="none", fill=False, ec=colour, lw=board.page.to_scale(width), capstyle="butt")
    board.add(line, zorder)


def _ends(
    placed: Layout, drawn: Graph, seen: Scene, edge: tuple[str, str], way: PacketPath
) -> Iterator[tuple[Point, Point]]:
    """Where the line of an edge starts and ends; nothing if one of its things is not shown."""
    one, other = (placed.boxes.get(thing) for thing in edge)
    if one is not None and other is not None:
        services = drawn.edges[edge]["services"]
        service = next((s for s in services if s in way.services), services[0])
        start, end = (_height(placed, seen, thing, service) for thing in edge)
        yield (one.right, start), (other.left, end)


def _height(placed: Layout, seen: Scene, thing: str, service: str) -> float:
    """Where lines meet a box: at a node's rule of the Service, else half way down."""
    box = placed.boxes[thing]
    table = next((table for table in seen.nodes if table.key == thing), None)
    if table is None:
        return box.middle
    rows = [i for i, line in enumerate(table.lines) if line.service == service]
    rows = [i for i in rows if table.lines[i].wins] or rows or [len(table.lines) - 1]
    return box.top + table.top(rows[0]) + table.lines[rows[0]].height / 2


def _all_ends(placed: Layout, drawn: Graph, seen: Scene) -> set[tuple[Point, Point]]:
    """The lines of all edges; those to a Service's Pods end together at its bracket."""
    found = set()
    for one, other, data in drawn.edges(data=True):
        for service in data["services"]:
            way = PacketPath(services=frozenset({service}))
            for start, end in _ends(placed, drawn, seen, (one, other), way):
                around = placed.captions.get(service, (0.0, None))[1]
                bracket = drawn.nodes[other]["kind"] == "pod" and around is not None
                found.add((start, (around.left - BRACKET, around.middle) if bracket and around else end))
    return found


def _brackets(board: _Board, seen: Scene) -> None:
    """A line beside the Pods of each Service, where the lines that lead to any of them end."""
    for group in seen.groups:
        _, around = board.layout.captions[group.service]
        if around is not None:
            x, colour = around.left - BRACKET, board.page.colours.line
            ends = [around.top, around.bottom]
            board.add(Line2D([x, x], ends, color=colour, lw=board.page.to_scale(1.5), solid_capstyle="butt"))


def _end_mark(board: _Board, box: Box, family: Family) -> None:
    """The state in which the request ended, right of the last thing that it came to."""
    x, y = box.right + 14, box.middle
    colours = board.page.colours
    colour, inner = getattr(colours, family.colour), colours.page
    width = board.page.to_scale(3.2)
    if family is FAILED:
        for sign in (-1, 1):
            _stroke(board, [(x - 7, y - 7 * sign), (x + 7, y + 7 * sign)], colour, width)
        return
    marker, size = ("D", 15.0) if family is REDIRECTED else ("o", 19.0)
    filled = family in (DELIVERED, REDIRECTED)
    look = {"mfc": colour if filled else inner, "mec": colour, "mew": 0 if filled else width}
    board.add(Line2D([x], [y], ls="", marker=marker, ms=board.page.to_scale(size), **look), 4.0)
    tick = [(x - 4.5, y + 0.5), (x - 1, y + 4), (x + 5, y - 4)]
    arrow = [(x - 4, y), (x + 4, y), (x + 1, y - 3), (x + 4, y), (x + 1, y + 3)]
    if filled:
        _stroke(board, tick if family is DELIVERED else arrow, inner, board.page.to_scale(2))


def _stroke(board: _Board, points: list[Point], colour: str, width: float) -> None:
    board.add(Line2D([x for x, _ in points], [y for _, y in points], color=colour, lw=width), 5.0)
