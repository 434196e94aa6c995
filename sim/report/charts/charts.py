"""The registry of charts: each takes values, a size and a theme, and returns a Picture.

Those that a comparison is enough for have a name for `--chart-kind`, and a sentence in `chart_kinds`.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.comparison.comparison import Comparison
from sim.errors import one_of
from sim.report.charts.bill import bill_chart
from sim.report.charts.blast_radius import blast_radius_chart
from sim.report.charts.break_even import break_even_chart
from sim.report.charts.compare import compare
from sim.report.charts.latency import latency_chart
from sim.report.charts.picture import Picture, crowded, save
from sim.report.charts.plane import plane_chart
from sim.report.charts.pods import pods_chart
from sim.report.charts.spread import placements_chart, shares_chart
from sim.report.charts.sweep import sweep_chart
from sim.report.words.chart_kinds import MONEY_AND_LATENCY

__all__ = ["CHARTS", "COMPARISON_CHARTS", "Picture", "compare", "comparison_chart", "crowded", "save"]


def comparison_chart(
    comparison: Comparison, kind: str = MONEY_AND_LATENCY, size: str = "slide", theme: str = "light"
) -> Picture:
    """One chart of a comparison.

    Args:
        kind: a key of COMPARISON_CHARTS.

    Raises:
        UsageError: there is no such kind, size or theme, or the comparison has nothing to show in it.
    """
    return COMPARISON_CHARTS[one_of(kind, COMPARISON_CHARTS, "chart")](comparison, size, theme)


COMPARISON_CHARTS: dict[str, Callable[[Comparison, str, str], Picture]] = {
    MONEY_AND_LATENCY: compare,
    "plane": plane_chart,
    "break-even": break_even_chart,
    "bill": bill_chart,
    "latency": latency_chart,
    "pods": pods_chart,
    "blast-radius": blast_radius_chart,
}
"""Name -> a function of a comparison, `size` and `theme`; UsageError where there is nothing to show."""

CHARTS: dict[str, Callable[..., Picture]] = {
    **COMPARISON_CHARTS,
    "spread": shares_chart,
    "placements": placements_chart,
    "sweep": sweep_chart,
}
"""Name -> a function of values, `size` and `theme`."""
