"""Where the plots of the latency chart stand: distributions, and differences in a strip below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import log10

from matplotlib.ticker import MaxNLocator

from sim.comparison.comparison import PlanOutcome
from sim.comparison.latency_curve import CurvePoint
from sim.report.charts.picture import MARGIN, Sheet
from sim.report.theme import TICK
from sim.report.words.latency import unit_for

GAP, LINE = 10.0, 20.0
"""Points on a slide: beside a label, between lines."""
_STRIP = 0.34
"""Of the height of both plots."""
_AIR, _WIDEST = 1.2, 4.0
"""Room above the last point; how far a band may widen the strip, in largest differences."""
SLOWER = "slower:"


@dataclass(frozen=True)
class Plot:
    """One of the two plots: points from the left and from the top, seconds from bottom to top.

    Args:
        rarities: at the left and at the right edge.
        most_ticks: gridlines that have room.
    """

    left: float
    right: float
    top: float
    bottom: float
    rarities: tuple[float, float]
    seconds: tuple[float, float]
    most_ticks: int = 4

    def x(self, rarity: float) -> float:
        """Where a rarity is."""
        begin, end = (log10(1 / edge) for edge in self.rarities)
        return self.left + (self.right - self.left) * (log10(1 / rarity) - begin) / (end - begin)

    def y(self, value_s: float) -> float:
        """Where a duration is."""
        low, high = self.seconds
        return self.bottom - (self.bottom - self.top) * (value_s - low) / (high - low)

    @property
    def ticks(self) -> list[float]:
        """Round numbers of the unit, in seconds."""
        unit_s, _ = self.unit
        low, high = (end / unit_s for end in self.seconds)
        found = MaxNLocator(self.most_ticks, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        return [float(tick) * unit_s for tick in found if low <= tick <= high]

    @property
    def unit(self) -> tuple[float, str]:
        """In which its scale is."""
        return unit_for(max(map(abs, self.seconds)))


def plots_of(
    page: Sheet, plans: Sequence[PlanOutcome], span: tuple[float, float]
) -> tuple[Plot, Plot | None]:
    """The plot of the distributions, and that of the differences if there are any.

    Args:
        span: from where to where there is room, from the top.
    """
    points = [point for outcome in plans for point in outcome.quantile_curve]
    changes = [point for outcome in plans for point in outcome.quantile_changes]
    rarities = max(p.rarity for p in points), min(p.rarity for p in points)
    high = _AIR * max(p.value_s for p in points) or 1.0
    hidden = len(plans) == 2 and any(point.cannot_tell for point in changes)
    heads = page.to_scale((3.6 if hidden else 2.7) * LINE) if changes else 0.0
    part = _STRIP * (1.0 if len(plans) < 3 else 1.3) if changes else 0.0
    border = span[1] - heads - part * (span[1] - span[0] - heads)
    right = page.width - page.to_scale(MARGIN)
    upper = _ticked(page, Plot(0.0, right, span[0], border, rarities, (0.0, high)))
    if not changes:
        return _moved(page, [upper])[0], None
    strip = replace(upper, top=border + heads, bottom=span[1], seconds=_strip_limits(changes))
    upper, strip = _moved(page, [upper, _ticked(page, strip)])
    return upper, strip


def _ticked(page: Sheet, plot: Plot) -> Plot:
    return replace(plot, most_ticks=max(1, int((plot.bottom - plot.top) / page.to_scale(1.6 * LINE))))


def _moved(page: Sheet, plots: Sequence[Plot]) -> list[Plot]:
    """The plots, to the right of their labels."""
    labels = [SLOWER, *(label for plot in plots for label in tick_labels(plot, True))]
    left = page.to_scale(MARGIN + GAP) + page.widest(labels, TICK)
    return [replace(plot, left=left) for plot in plots]


def _strip_limits(changes: Sequence[CurvePoint]) -> tuple[float, float]:
    """From the lowest to the highest end of a band, and zero; what is far wider than differences is cut."""
    most = max(abs(p.value_s) for p in changes) or max(p.half_width_s or 0.0 for p in changes)
    if not most:
        return -1e-3, 1e-3
    ends = [p.value_s + side * (p.half_width_s or 0.0) for p in changes for side in (-1, 1)]
    low, high = max(min(0.0, *ends), -_WIDEST * most), min(max(0.0, *ends), _WIDEST * most)
    air = 0.08 * (high - low)
    return low - air, high + air


def tick_labels(plot: Plot, signed: bool) -> Iterator[str]:
    """What stands beside the gridlines, the unit at the highest one."""
    unit_s, unit = plot.unit
    for tick in plot.ticks:
        value = f"{abs(tick / unit_s):,.6g}"
        sign = "" if value == "0" else "−" if tick < 0 else "+" if signed else ""
        yield f"{sign}{value}{f' {unit}' if tick == plot.ticks[-1] else ''}"
