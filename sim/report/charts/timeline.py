"""What pictures with a clock share: the span of time that they show, and its axis."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from sim.report.charts.picture import Sheet, tick_label, ticks
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
