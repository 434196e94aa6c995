"""The registry of charts: each takes values, a size and a theme, and returns a Picture.

Those that a comparison is enough for have a name for `--chart-kind`, and a sentence in `chart_kinds`.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.comparison import Comparison
from sim.report.bill_chart import bill_chart
from sim.report.blast_radius_chart import blast_radius_chart
from sim.report.break_even_chart import break_even_chart
from sim.report.chart_kinds import MONEY_AND_LATENCY, known
from sim.report.compare_chart import compare
from sim.report.latency_chart import latency_chart
from sim.report.picture import Picture, crowded, save
from sim.report.plane_chart import plane_chart
from sim.report.pods_chart import pods_chart
from sim.report.spread_chart import placements_chart, shares_chart
from sim.report.sweep_chart import sweep_chart

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
    return COMPARISON_CHARTS[known(kind, COMPARISON_CHARTS)](comparison, size, theme)


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
