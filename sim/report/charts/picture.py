"""A picture and its frame: the finding as title, what is shown below it, where it comes from, and alt text.

Everything is placed in points from the upper left corner, so that type has the size it says. Figures are made
without pyplot, and styles hold only while one is drawn: a notebook's settings stay as they are, and so do
ours.
"""

import warnings
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D, Transform

from sim.errors import UsageError, one_of
from sim.manifests.decoding import printable
from sim.report.files import write
from sim.report.theme import (
    FONT,
    LABEL,
    LONGEST_TITLE,
    NOTE,
    PLANS,
    SIZES,
    SUBTITLE,
    THEMES,
    TICK,
    TITLE,
    Colours,
    PlanLook,
    Size,
)

MARGIN = 32.0
"""Points on a slide."""
_CAP_HEIGHT = 0.73
"""Of DejaVu Sans, in ems: what centres a line of text on its row, whatever letters it has."""
Value = TypeVar("Value")
_LONGEST_DRAWN = 1_000
"""Characters of a line: no page has room for more."""
_SVG_FONTS = f"'{FONT}', Verdana, sans-serif"


@dataclass(frozen=True)
class Picture:
    """A figure, its title and its text alternative, made from the same values."""

    figure: Figure
    title: str
    alt: str

    def __post_init__(self) -> None:
        """Names from files are shown without control characters."""
        object.__setattr__(self, "title", printable(self.title))
        object.__setattr__(self, "alt", printable(self.alt))

    def png(self) -> bytes:
        """The picture as PNG, its words in the metadata; the same bytes every time."""
        return self._written("png", {"Description": self.alt, "Software": None})

    def svg(self) -> str:
        """The picture as SVG: text as text, `role=img`, title and desc; the same text every time."""
        svg = self._written("svg", {"Date": None, "Creator": None}).decode("utf-8", "replace")
        svg = svg.replace("<svg ", '<svg role="img" ', 1).replace(f"'{FONT}'", _SVG_FONTS)
        return svg.replace("</title>", f"</title>\n <desc>{escape(self.alt, quote=False)}</desc>", 1)

    def _written(self, form: str, metadata: dict[str, str | None]) -> bytes:
        file = BytesIO()
        with own_style():
            page = self.figure.get_facecolor()
            self.figure.savefig(file, format=form, facecolor=page, metadata={"Title": self.title, **metadata})
        return file.getvalue()

    def _repr_html_(self) -> str:
        data = b64encode(self.png()).decode()
        width = round(self.figure.get_figwidth() * 96)
        return f'<img alt="{escape(self.alt)}" width="{width}" src="data:image/png;base64,{data}">'


def save(picture: Picture, path: str) -> None:
    """Write PNG or SVG, as the name ends, and the text alternative beside it, in `PATH.alt.txt`.

    Raises:
        UsageError: the name ends otherwise, or the file cannot be written.
    """
    file = Path(path)
    formats: dict[str, Callable[[], bytes]] = {".png": picture.png, ".svg": lambda: picture.svg().encode()}
    if file.suffix.lower() not in formats:
        raise UsageError(f"{path}: pictures are PNG or SVG; end the name in .png or .svg")
    write(path, formats[file.suffix.lower()]())
    write(f"{path}.alt.txt", picture.alt + "\n")


def _without_middle(words: str, kept: int) -> str:
    return f"{words[: (kept + 1) // 2]}…{words[len(words) - kept // 2 :]}"


@contextmanager
def own_style() -> Iterator[None]:
    """Matplotlib's defaults, and ours, for as long as a figure is made or written.

    A letter that the font lacks is drawn as a box; that needs no warning.
    """
    ours = {"svg.fonttype": "none", "svg.hashsalt": "sim", "hatch.linewidth": 1.0}
    with warnings.catch_warnings(), style.context(["default", ours]):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


@dataclass(frozen=True)
class Sheet:
    """An empty page to draw on. All lengths are points, x from the left, y from the top.

    Sizes of type are those on a slide; the sheet shrinks them with the picture.
    """

    figure: Figure
    size: Size
    colours: Colours

    @property
    def width(self) -> float:
        """The width of the page."""
        return self.size.width_in * 72

    @property
    def height(self) -> float:
        """The height of the page."""
        return self.size.height_in * 72

    @property
    def transform(self) -> Transform:
        """From points of this page to pixels."""
        return Affine2D().scale(1 / 72, -1 / 72).translate(0, self.size.height_in) + (
            self.figure.dpi_scale_trans
        )

    def to_scale(self, on_slide: float) -> float:
        """A length that is `on_slide` points on a slide."""
        return on_slide * self.size.scale

    def text(
        self,
        x: float,
        y: float,
        words: str,
        type_size: float = LABEL,
        colour: str = "ink",
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """One line of text, its capitals centred on y; control characters are drawn as escapes."""
        words = printable(words)
        points = self.size.points(type_size)
        self.figure.text(
            x,
            y + points * _CAP_HEIGHT / 2,
            words,
            transform=self.transform,
            fontproperties=_font(points, bold),
            color=getattr(self.colours, colour),
            ha=align,
            va="baseline",
            parse_math=False,
        )

    def width_of(self, words: str, type_size: float = LABEL, bold: bool = False) -> float:
        """How wide a line of text is, as it is drawn."""
        words = printable(words)
        points = self.size.points(type_size)
        return float(text_to_path.get_text_width_height_descent(words, _font(points, bold), False)[0])

    def widest(self, lines: Iterable[str], type_size: float = LABEL, bold: bool = False) -> float:
        """How wide the widest of some lines is; 0 if there are none."""
        return max((self.width_of(line, type_size, bold) for line in lines), default=0.0)

    def shortened(self, words: str, width: float, type_size: float = LABEL, bold: bool = False) -> str:
        """Text that fits into a width: its middle gives way."""
        if (
            self.width_of(words[:_LONGEST_DRAWN], type_size, bold) <= width + 0.01
            and len(words) <= _LONGEST_DRAWN
        ):
            return words
        ways = [_without_middle(words, kept) for kept in range(2, min(len(words), _LONGEST_DRAWN))]
        too_wide = bisect_left(
            ways, True, lo=1, key=lambda shown: self.width_of(shown, type_size, bold) > width + 0.01
        )
        return ways[too_wide - 1]

    def wrapped(self, words: str, width: float, type_size: float) -> list[str]:
        """Text in lines that fit into a width, broken at spaces."""
        lines: list[str] = []
        for word in words.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width_of(longer, type_size) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def add(self, artist: Artist) -> None:
        """Put a patch or a line on the page; its coordinates are points."""
        artist.set_transform(self.transform)
        self.figure.add_artist(artist)

    def wears(self, look: PlanLook) -> str:
        """The colour of a plan."""
        colour: str = getattr(self.colours, look.colour)
        return colour

    def mark(self, x: float, y: float, look: PlanLook) -> None:
        """The mark of a plan."""
        wears, size = self.wears(look), self.to_scale(mark_size(look))
        self.add(Line2D([x], [y], ls="", marker=look.marker, ms=size, mfc=wears, mec=wears))

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Empty axes for data: no frame but the lower edge."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box, facecolor="none")
        axes.spines[["top", "left", "right"]].set_visible(False)
        axes.spines["bottom"].set(color=self.colours.line, lw=self.to_scale(1))
        return axes

    def rows(self, box: tuple[float, float, float, float], limits: tuple[float, float], count: int) -> Axes:
        """Axes for so many rows, the first one on top, and their scale."""
        axes = self.axes(*box)
        axes.set(xlim=limits, ylim=(count, 0), yticks=[])
        scale(self, axes, ticks(self, limits, box[2]))
        return axes

    def levels(self, axes: Axes, at: Sequence[float]) -> None:
        """Gridlines at heights; their labels are text of the page."""
        axes.set_yticks(at, [""] * len(at))
        axes.grid(axis="y", color=self.colours.hair, lw=self.to_scale(0.8))
        axes.tick_params("y", length=0)
        axes.set_axisbelow(True)

    def band(self, axes: Axes, row: int, limits: tuple[float, float]) -> None:
        """What was to be expected in a row, in grey: from its lower to its upper end."""
        (low, high), hair = limits, self.colours.hair
        axes.add_patch(Rectangle((low, row), high - low, 1, fc=hair, ec="none", alpha=0.45, zorder=1))
        axes.vlines(limits, row, row + 1, color=self.colours.line, lw=self.to_scale(1), zorder=2)

    def away(self, axes: Axes, row: int, expected: float, value: float, colour: str) -> None:
        """A line at what was expected in a row, and the stem from there to a value."""
        axes.vlines(expected, row, row + 1, color=self.colours.ink2, lw=self.to_scale(1.2), zorder=2)
        axes.hlines(row + 0.5, expected, value, color=colour, lw=self.to_scale(2.5), zorder=3)

    def stem(
        self, axes: Axes, look: PlanLook, y: float, value: float, ends: Sequence[float], shrink: float = 1.0
    ) -> None:
        """A value of a plan: a stem from zero, its interval if it has one, and the mark."""
        wears, size = self.wears(look), self.to_scale(shrink * mark_size(look))
        axes.plot([0, value], [y, y], color=wears, lw=self.to_scale(1.2), ls=look.dash)
        if ends:
            axes.plot(ends, [y, y], color=wears, lw=self.to_scale(3.5), solid_capstyle="butt")
        axes.plot([value], [y], look.marker, color=wears, ms=size, mew=0, clip_on=False, zorder=3)


def _font(points: float, bold: bool) -> FontProperties:
    return FontProperties(family=FONT, size=points, weight="bold" if bold else "normal")


@contextmanager
def sheet(size: str, theme: str) -> Iterator[Sheet]:
    """An empty page, to be drawn on in our own style.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: there is no such size or theme.
    """
    found, colours = _named(SIZES, size, "size"), _named(THEMES, theme, "theme")
    with own_style():
        figure = Figure(figsize=(found.width_in, found.height_in), dpi=found.dpi, facecolor=colours.page)
        FigureCanvasAgg(figure)
        yield Sheet(figure, found, colours)


def _named(table: Mapping[str, Value], name: str, what: str) -> Value:
    return table[one_of(name, table, what)]


def frame(page: Sheet, titles: Sequence[str], subtitle: str, caption: str) -> tuple[str, float, float]:
    """Title, subtitle and caption.

    Args:
        titles: the first that is short enough stands there; of the last one what fits.

    Returns:
        The title, and where the space between subtitle and caption begins and ends.
    """
    left, unit = page.to_scale(MARGIN), page.to_scale(1)
    usable = page.width - 2 * left
    title = _fitting(page, titles, usable)
    page.text(left, 38 * unit, title, TITLE, bold=True)
    lines = page.wrapped(subtitle, usable, SUBTITLE)
    for row, line in enumerate(lines):
        page.text(left, (75 + 21 * row) * unit, line, SUBTITLE, "ink2")
    notes = page.wrapped(caption, usable, NOTE)
    for row, line in enumerate(reversed(notes)):
        page.text(left, page.height - (22 + 16 * row) * unit, line, NOTE, "ink2")
    return title, (75 + 21 * (len(lines) - 1) + 10) * unit, page.height - (22 + 16 * len(notes)) * unit


def _fitting(page: Sheet, titles: Sequence[str], width: float) -> str:
    short = (t for t in titles if len(t) <= LONGEST_TITLE and page.width_of(t, TITLE, True) <= width)
    return next(short, page.shortened(titles[-1][:LONGEST_TITLE], width, TITLE, True))


_BESIDE = 10.0
"""Points on a slide: beside a label."""


def tick_label(tick: float) -> str:
    """An amount beside a tick."""
    return f"{tick:,.10g}"


def signed_tick(tick: float) -> str:
    """A change beside a tick."""
    return f"{'−' if tick < 0 else '+' if tick > 0 else ''}{tick_label(abs(tick))}"


def scale(page: Sheet, axes: Axes, at: Sequence[float], label: Callable[[float], str] = tick_label) -> None:
    """Tick marks, their labels and the grid."""
    axes.set_xticks(at, [label(tick) for tick in at])
    axes.tick_params("x", color=page.colours.line, labelcolor=page.colours.ink, labelfontfamily=FONT)
    axes.tick_params("x", labelsize=page.size.points(TICK), length=page.to_scale(4), width=page.to_scale(1))
    axes.grid(axis="x", color=page.colours.hair, lw=page.to_scale(0.8))
    axes.set_axisbelow(True)


def round_numbers(low: float, high: float, most: int) -> list[float]:
    """Round numbers at equal distances between two ends, about `most` of them."""
    found = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low <= tick <= high]


def ticks(page: Sheet, limits: tuple[float, float], plot: float) -> list[float]:
    """Round numbers within the limits of an axis, as many as have room for their labels."""
    low, high = limits
    for most in (5, 4, 3, 2):
        at = round_numbers(low, high, most)
        widest = page.widest(map(tick_label, at), TICK) + 2 * page.to_scale(_BESIDE)
        if len(at) > 1 and widest < (at[1] - at[0]) / (high - low) * plot:
            return at
    return [low] if low == 0 else at[:1]


def plan_names(page: Sheet, plans: Sequence[str], top: float, facts: Sequence[str] = ()) -> float:
    """The plans' names, or facts, beside their marks, on one line if they fit; returns the last line's y."""
    facts, y = facts or plans, top + page.to_scale(26)
    margin, gap = page.to_scale(MARGIN), page.to_scale(32)
    widths = [page.to_scale(20) + page.width_of(fact) for fact in facts]
    one_line = sum(widths) + gap <= page.width - 2 * margin
    for index, (plan, fact) in enumerate(zip(plans, facts, strict=True)):
        x = margin + (sum(widths[:index]) + gap * index if one_line else 0)
        line = y + (0 if one_line else page.to_scale(23) * index)
        page.mark(x + page.to_scale(6), line, PLANS[plan])
        page.text(x + page.to_scale(20), line, fact)
    return y if one_line else y + page.to_scale(23) * (len(facts) - 1)


def is_free(taken: list[tuple[float, float]], begin: float, end: float, gap: float = 0.0) -> bool:
    """Whether nothing that is taken lies in this span or nearer than a gap; if so, it is taken."""
    free = all(begin > other + gap or end < one - gap for one, other in taken)
    if free:
        taken.append((begin, end))
    return free


def mark_size(look: PlanLook) -> float:
    """Points on a slide; a square looks larger than a disc of the same width."""
    return 10.0 if look.marker == "s" else 11.5
