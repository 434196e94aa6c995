"""The registry of charts: each takes values, a size and a theme, and returns a Picture.

Those for which a comparison or a run is enough are registered in `sim.report.words.chart_kinds`.
"""

from collections.abc import Callable
from importlib import import_module

from sim.comparison.comparison import Comparison
from sim.errors import one_of
from sim.report.charts.picture import Picture
from sim.report.charts.spread import placements_chart, shares_chart
from sim.report.charts.sweep import sweep_chart
from sim.report.words.chart_kinds import COMPARISON_KINDS, MONEY_AND_LATENCY, RUN_KINDS
from sim.simulation.result import Result


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


def run_chart(
    result: Result, kind: str = next(iter(RUN_KINDS)), size: str = "slide", theme: str = "light"
) -> Picture:
    """One chart of a run.

    Args:
        kind: a key of RUN_CHARTS.

    Raises:
        UsageError: there is no such kind, size or theme, or the run has nothing to show in it.
    """
    return RUN_CHARTS[one_of(kind, RUN_CHARTS, "chart")](result, size, theme)


def _drawn_by(path: str) -> Callable[..., Picture]:
    module, _, name = path.partition(":")
    found: Callable[..., Picture] = getattr(import_module(module), name)
    return found


COMPARISON_CHARTS: dict[str, Callable[[Comparison, str, str], Picture]] = {
    name: _drawn_by(kind.drawn_by) for name, kind in COMPARISON_KINDS.items()
}
"""Name -> a function of a comparison, `size` and `theme`; UsageError where there is nothing to show."""

RUN_CHARTS: dict[str, Callable[[Result, str, str], Picture]] = {
    name: _drawn_by(kind.drawn_by) for name, kind in RUN_KINDS.items()
}
"""Name -> a function of a run, `size` and `theme`; UsageError where there is nothing to show."""

CHARTS: dict[str, Callable[..., Picture]] = {
    **COMPARISON_CHARTS,
    **RUN_CHARTS,
    "spread": shares_chart,
    "placements": placements_chart,
    "sweep": sweep_chart,
}
"""Name -> a function of values, `size` and `theme`."""
