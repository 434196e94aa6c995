"""The axis of a plot: round ticks that have room for their labels, and the grid."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.report.charts.picture import Sheet
from sim.report.theme import FONT, TICK

_BESIDE = 10.0
"""Points on a slide: beside a label."""


def scale(page: Sheet, axes: Axes, at: Sequence[float]) -> None:
    """Tick marks, their labels and the grid."""
    axes.set_xticks(at, [_tick_label(tick) for tick in at])
    axes.tick_params("x", color=page.colours.line, labelcolor=page.colours.ink, labelfontfamily=FONT)
    axes.tick_params("x", labelsize=page.size.points(TICK), length=page.to_scale(4), width=page.to_scale(1))
    axes.grid(axis="x", color=page.colours.hair, lw=page.to_scale(0.8))
    axes.set_axisbelow(True)


def ticks(page: Sheet, limits: tuple[float, float], plot: float) -> list[float]:
    """Round numbers within the limits of an axis, as many as have room for their labels."""
    low, high = limits
    for most in (5, 4, 3, 2):
        found = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        at = [float(tick) for tick in found if low <= tick <= high]
        widest = page.widest(map(_tick_label, at), TICK) + 2 * page.to_scale(_BESIDE)
        if len(at) > 1 and widest < (at[1] - at[0]) / (high - low) * plot:
            return at
    return [low] if low == 0 else at[:1]


def _tick_label(tick: float) -> str:
    return f"{tick:,.10g}"
