"""The charts of money over the shipped scenarios: each draws, or says what it lacks."""

from __future__ import annotations

from itertools import cycle
from math import isfinite

import pytest
from crowded import crowded

from sim import __version__
from sim.comparison.compare import compare
from sim.comparison.comparison import Comparison
from sim.report.charts.charts import COMPARISON_CHARTS
from sim.report.theme import LONGEST_TITLE, SIZES, THEMES
from sim.scenario.experiment import load_experiment, shipped_scenarios

PROVIDERS = ("all", "gcp", "aws", "azure", "hetzner")
READ_HTTP = {"alb-reads-rules": "aws"}
"""Scenarios whose load balancers read HTTP, which not every provider sells."""


@pytest.mark.parametrize(
    ("name", "provider", "size", "theme"),
    list(zip(shipped_scenarios(), cycle(PROVIDERS), cycle(SIZES), cycle(THEMES), strict=False)),
)
def test_the_charts_of_money_draw_a_shipped_scenario(name: str, provider: str, size: str, theme: str) -> None:
    experiment = load_experiment(name)
    found = compare(
        experiment, __version__, requests=100, provider=READ_HTTP.get(name, provider), faults=False
    )
    for kind in kinds_of(found):
        picture = COMPARISON_CHARTS[kind](found, size, theme)
        assert (kind, crowded(picture.figure)) == (kind, [])
        assert len(picture.title) <= LONGEST_TITLE
        assert picture.alt.startswith(picture.title)


def kinds_of(found: Comparison) -> list[str]:
    """The charts that have something to show: some need plans that can be compared, or two of them with answers."""
    kinds = ["bill"] if found.obstacles else ["break-even", "bill"]
    two = len(found.outcomes) > 1 and all(isfinite(outcome.latency_s["p95"]) for outcome in found.outcomes)
    return [*kinds, "plane"] if two else kinds
