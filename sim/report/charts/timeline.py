"""What pictures with a clock share: the span of time that they show, its axis, and where words have room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from sim.report.charts.picture import Sheet, is_free, tick_label, ticks
from sim.report.theme import TICK

Dash = Literal["-", "--", ":"]
_AROUND = 0.12
"""Of a span of time: so much is shown before and after it."""


@dataclass(frozen=True)
class Timeline:
    """Seconds as points from the left of the page.

    Args:
        span_s: what is shown. left, right: where that begins and ends.
    """

    span_s: tuple[float, float]
    left: float
    right: float

    def x(self, at_s: float) -> float:
        """Where a moment is; those before and after stand at the edges."""
        first, last = self.span_s
        share = (min(max(at_s, first), last) - first) / (last - first)
        return self.left + (self.right - self.left) * share

    def shows(self, at_s: float) -> bool:
        """Whether a moment is in the span."""
        return self.span_s[0] <= at_s <= self.span_s[1]


def span_of(moments_s: Iterable[float], end_s: float) -> tuple[float, float]:
    """All moments with some time around them, within the run."""
    known = [m for m in moments_s if 0 <= m <= end_s] or [0.0, end_s]
    first, last = min(known), max(known)
    around = max(_AROUND * (last - first), 0.5)
    return max(0.0, first - around), min(max(last + around, first + around), max(end_s, last))


@dataclass(frozen=True)
class LabelSpot:
    """Where a label stands: its row, the lowest is 0, and where its words begin."""

    row: int
    begin: float


@dataclass
class LabelRows:
    """What of the rows of labels above a lane is taken, the lowest first: by words, by lines that go up."""

    words: tuple[list[tuple[float, float]], ...]
    lines: tuple[list[float], ...]

    def has_room(self, row: int, x: float, span: tuple[float, float], gap: float) -> bool:
        """Whether a label has room in a row, and its line has below it; if so, both are taken.

        Args:
            x: where its line goes up. span: of its words.
        """
        near = 0.9 * gap
        crossed = any(span[0] - near < line < span[1] + near for line in self.lines[row])
        crosses = any(one - near < x < other + near for below in self.words[:row] for one, other in below)
        if crossed or crosses or not is_free(self.words[row], *span, gap):
            return False
        for lines in self.lines[: row + 1]:
            lines.append(x)
        return True


def spots_of(
    labels: Sequence[tuple[float, float]], rows: int, gap: float, edge: float
) -> list[LabelSpot | None]:
    """Places for labels in rows, each beside its line, better right of it, and across no other line.

    Args:
        labels: where the line of each goes up, and how wide its words are; in order of the lines.
        edge: where the page ends.

    Returns:
        None for one that has no room.
    """
    taken = LabelRows(tuple([] for _ in range(rows)), tuple([] for _ in range(rows)))
    return [_spot(taken, x, width, gap, edge) for x, width in reversed(labels)][::-1]


def _spot(taken: LabelRows, x: float, width: float, gap: float, edge: float) -> LabelSpot | None:
    begins = [b for b in (x + gap, x - gap - width) if b + width <= edge and b >= 0]
    tried = (LabelSpot(row, b) for b in begins for row in range(len(taken.words)))
    return next((s for s in tried if taken.has_room(s.row, x, (s.begin, s.begin + width), gap)), None)


def axis(page: Sheet, time: Timeline, y: float) -> None:
    """The line below, its marks and numbers; the last one says the unit."""
    line(page, (time.left, y), (time.right, y), "line")
    at = ticks(page, time.span_s, time.right - time.left)
    for second in at:
        x = time.x(second)
        line(page, (x, y), (x, y + page.to_scale(4)), "line")
        page.text(x, y + page.to_scale(18), f"{tick_label(second)} s", TICK, align="center")


def line(
    page: Sheet,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    width: float = 1.0,
    dash: Dash = "-",
) -> None:
    """A line of the page, in points on a slide."""
    drawn = Line2D(
        [start[0], end[0]],
        [start[1], end[1]],
        color=getattr(page.colours, colour),
        linewidth=page.to_scale(width),
        linestyle=dash,
        solid_capstyle="butt",
    )
    page.add(drawn)


def bar(
    page: Sheet,
    span: tuple[float, float],
    y: float,
    height: float,
    colour: str,
    *,
    filled: bool = True,
    hatch: str = "",
    dash: Dash = "-",
) -> None:
    """A stretch of time as a bar around a height."""
    drawn = getattr(page.colours, colour)
    box = Rectangle(
        (span[0], y - height / 2),
        max(0.0, span[1] - span[0]),
        height,
        facecolor=drawn if filled else "none",
        edgecolor=drawn,
        fill=filled,
        hatch=hatch,
        linewidth=0.0 if filled else page.to_scale(1.5),
        linestyle=dash,
    )
    page.add(box)
