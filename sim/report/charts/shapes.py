"""The shapes of places, as teaching pictures draw them: client, load balancer, controller, Pod, telephone.

All lengths are points of a slide, whatever the picture's size; a shape decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Arc, BoxStyle, Circle, FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from sim.report.charts.picture import Sheet
from sim.report.theme import BOX, LABEL, SIZES

_SLIDE = SIZES["slide"]
PAGE_WIDTH, PAGE_HEIGHT = _SLIDE.width_in * 72, _SLIDE.height_in * 72
"""Points of a slide."""
POINT_OF_ENTRY, INSET = 19.0, 12.0
"""How far the tip of a load balancer stands out, and from a box's edge to its text."""
TEXTBOOK = ("Entry point", "Rule evaluation", "Routing to Service", "Delivery to Pod")
"""The four steps in which textbooks tell the way of a request through an Ingress."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Spot:
    """Where a shape stands: upper left corner and size."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.top + self.height / 2

    @property
    def centre(self) -> float:
        """Half way across."""
        return self.left + self.width / 2


@dataclass(frozen=True)
class Canvas:
    """A page on which shapes are put."""

    page: Sheet

    def add(self, artist: Artist, zorder: float = 2.0) -> None:
        """Put an artist on the page, its coordinates in points of a slide."""
        across, down = self.page.width / PAGE_WIDTH, self.page.height / PAGE_HEIGHT
        artist.set_transform(Affine2D().scale(across, down) + self.page.transform)
        artist.set_zorder(zorder)
        self.page.figure.add_artist(artist)

    def colour(self, name: str) -> str:
        """A colour of the theme by its name."""
        found: str = getattr(self.page.colours, name)
        return found

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = LABEL,
        colour: str = "ink",
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """One line of text, its capitals centred on y."""
        across, down = self.page.width / PAGE_WIDTH, self.page.height / PAGE_HEIGHT
        self.page.text(x * across, y * down, words, size, colour, bold, align)

    def width_of(self, words: str, size: float = LABEL, bold: bool = False) -> float:
        """How wide a line of text is, in points of a slide."""
        return self.page.width_of(words, size, bold) / self.page.width * PAGE_WIDTH

    def short(self, words: str, room: float, size: float = LABEL, bold: bool = False) -> str:
        """Text whose middle gives way where it has no room."""
        return self.page.shortened(words, room * self.page.width / PAGE_WIDTH, size, bold)

    def lines(
        self, x: float, y: float, words: str, room: float, size: float = LABEL, colour: str = "ink"
    ) -> float:
        """Text in lines, the first centred on y; returns the y below the last one."""
        leading = size * 1.45
        for line in self.page.wrapped(words, room * self.page.width / PAGE_WIDTH, size):
            self.text(x, y, line, size, colour)
            y += leading
        return y

    def stroke(
        self,
        points: Sequence[Point],
        colour: str = "line",
        width: float = 1.5,
        dash: str = "-",
        zorder: float = 2.0,
    ) -> None:
        """A line through some points."""
        look = {"color": self.colour(colour), "lw": self.page.to_scale(width), "ls": dash}
        self.add(Line2D([x for x, _ in points], [y for _, y in points], **look), zorder)  # type: ignore[arg-type]

    def wire(self, start: Point, end: Point, colour: str, width: float = 3.5, zorder: float = 1.5) -> None:
        """A line that leaves and arrives level."""
        half = (start[0] + end[0]) / 2
        curve = Path([start, (half, start[1]), (half, end[1]), end], [Path.MOVETO, *[Path.CURVE4] * 3])
        look = {"ec": self.colour(colour), "lw": self.page.to_scale(width)}
        self.add(PathPatch(curve, fc="none", fill=False, capstyle="butt", **look), zorder)

    def box(
        self,
        spot: Spot,
        label: str,
        rounding: float = 8.0,
        edge: str = "line",
        fill: str = "page",
        width: float = 1.5,
        dash: str = "-",
    ) -> None:
        """An outline with corners as round as told; square if 0."""
        corners = BoxStyle.Round(pad=0, rounding_size=max(rounding, 0.01))
        patch = FancyBboxPatch((spot.left, spot.top), spot.width, spot.height, boxstyle=corners)
        patch.set(
            fc=self.colour(fill), ec=self.colour(edge), lw=self.page.to_scale(width), ls=dash, label=label
        )
        self.add(patch)

    def bar(self, spot: Spot, colour: str, label: str) -> None:
        """A filled rectangle: the winner's bar, or an amount."""
        self.add(
            Rectangle(
                (spot.left, spot.top), spot.width, spot.height, fc=self.colour(colour), lw=0, label=label
            ),
            3.0,
        )


def pill(canvas: Canvas, spot: Spot, name: str) -> None:
    """A client."""
    canvas.box(spot, name, spot.height / 2)
    canvas.text(spot.centre, spot.middle, name, bold=True, align="center")


def entry(
    canvas: Canvas,
    spot: Spot,
    edge: str,
    lines: tuple[str, str],
    dash: str = "-",
    label: str = "load balancer",
) -> None:
    """A load balancer: a box with a pointed right side, its name and what it says."""
    shoulder = spot.right - POINT_OF_ENTRY
    above, below = (
        [(spot.left, spot.top), (shoulder, spot.top)],
        [(shoulder, spot.bottom), (spot.left, spot.bottom)],
    )
    corners = [*above, (spot.right, spot.middle), *below]
    look = {
        "fc": canvas.colour("page"),
        "ec": canvas.colour(edge),
        "lw": canvas.page.to_scale(2.5),
        "ls": dash,
    }
    canvas.add(Polygon(corners, closed=True, label=label, joinstyle="miter", **look))
    first = spot.middle - (10 if lines[1] else 0)
    colour, bold = ("ink2", False) if dash != "-" else ("ink", True)
    name = canvas.short(lines[0], spot.width - POINT_OF_ENTRY - INSET, LABEL, bold)
    canvas.text(spot.left + INSET, first, name, LABEL, colour, bold)
    if lines[1]:
        canvas.text(spot.left + INSET, spot.middle + 11, lines[1], BOX, "ink2")


def reader(canvas: Canvas, spot: Spot, label: str = "controller") -> None:
    """The double outline of a controller: a Pod with a rulebook."""
    canvas.box(spot, label, 7)
    canvas.box(Spot(spot.left + 3, spot.top + 3, spot.width - 6, spot.height - 6), label, 5, width=1)


def winner(canvas: Canvas, left: float, middle: float, height: float = 24.0) -> None:
    """The bar before the row that decides."""
    canvas.bar(Spot(left, middle - height / 2, 4.5, height), "ink", "the winner's bar")


def number(canvas: Canvas, x: float, y: float, digit: int, filled: bool = True) -> None:
    """A numbered disc: a step of the textbook."""
    fill, ink = ("ink", "page") if filled else ("page", "ink")
    look = {"fc": canvas.colour(fill), "ec": canvas.colour("ink"), "lw": canvas.page.to_scale(1.5)}
    canvas.add(Circle((x, y), 10.5, label=f"step {digit}", **look))
    canvas.text(x, y, str(digit), BOX, ink, bold=True, align="center")


def person(canvas: Canvas, x: float, top: float, headset: bool = False) -> None:
    """A head and shoulders; with a headset, whoever puts calls through."""
    pen = {"ec": canvas.colour("ink"), "lw": canvas.page.to_scale(2), "fill": False}
    canvas.add(Circle((x, top + 11), 10.5, **pen))
    left, right, low = x - 20, x + 20, top + 46
    bow = [
        (left, top + 28),
        (x - 12, top + 26),
        (x, top + 26),
        (x + 12, top + 26),
        (right, top + 28),
        (right, low),
    ]
    shoulders = [(left, low), *bow]
    codes = [Path.MOVETO, *[Path.CURVE4] * 6]
    canvas.add(PathPatch(Path([*shoulders, (0, 0)], [*codes, Path.CLOSEPOLY]), **pen))
    if headset:
        canvas.add(
            Arc(
                (x, top + 10),
                25,
                25,
                theta1=180,
                theta2=360,
                ec=canvas.colour("ink"),
                lw=canvas.page.to_scale(3.5),
            )
        )
        canvas.stroke([(x + 12.5, top + 10), (x + 11, top + 17), (x + 4, top + 20)], "ink", 2.5)


def telephone(canvas: Canvas, x: float, y: float) -> None:
    """A telephone on a desk, its middle at a point."""
    pen = {"ec": canvas.colour("ink"), "lw": canvas.page.to_scale(1.8), "fill": False}
    body = [(x - 11, y - 2), (x + 11, y - 2), (x + 17, y + 13), (x - 17, y + 13)]
    canvas.add(Polygon(body, closed=True, joinstyle="round", **pen))
    canvas.add(Circle((x, y + 6), 3, fc=canvas.colour("ink"), lw=0))
    hand = [(x - 19, y - 4), (x - 17, y - 16), (x + 17, y - 16), (x + 19, y - 4)]
    for thick, colour in ((6.5, "ink"), (2.5, "page")):
        look = {"ec": canvas.colour(colour), "lw": canvas.page.to_scale(thick), "fill": False}
        canvas.add(PathPatch(Path(hand, [Path.MOVETO, *[Path.CURVE4] * 3]), capstyle="round", **look))
