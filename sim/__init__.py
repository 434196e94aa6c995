"""Where a Kubernetes request goes and why, how it behaves under load, and what it costs.

The door: the names below are public, and each is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sim.analysis.check import Checked
    from sim.analysis.diff import Differences
    from sim.analysis.inspect import Inspection, inspect
    from sim.analysis.migrate import Migrated, migrate
    from sim.api import (
        chart,
        check,
        compare,
        cost,
        diff,
        draw,
        fix,
        follow,
        grid,
        replay,
        route,
        rules,
        run,
        spread,
        sweep,
        topology,
    )
    from sim.cluster.cluster import Cluster
    from sim.comparison.comparison import Calculation, Comparison
    from sim.comparison.rollout import rollout
    from sim.comparison.rollout_answer import Rollouts
    from sim.comparison.series import Series
    from sim.errors import InputError, ScenarioError, SimError, UnsupportedError, UsageError
    from sim.lessons.lesson import Lesson, lesson
    from sim.manifests.objects.collected import Manifests
    from sim.manifests.reading.loading import load, load_text
    from sim.report.charts.match_grid import MatchGrid
    from sim.report.charts.picture import Picture
    from sim.report.page.replay import Replay
    from sim.routing import Request, Trace
    from sim.routing.building import build
    from sim.routing.kube_proxy.rules import NodeRules
    from sim.routing.patch import TriedPatch
    from sim.scenario.experiment import Experiment, load_experiment
    from sim.simulation.moment import cluster_at
    from sim.simulation.result import Result
    from sim.simulation.spread_shares import ServiceSpread

_ROOMS = {
    "sim.analysis.check": ("Checked",),
    "sim.analysis.diff": ("Differences",),
    "sim.analysis.inspect": ("Inspection", "inspect"),
    "sim.analysis.migrate": ("Migrated", "migrate"),
    "sim.api": (
        "chart", "check", "compare", "cost", "diff", "draw", "fix", "follow", "grid", "replay",
        "route", "rules", "run", "spread", "sweep", "topology",
    ),
    "sim.cluster.cluster": ("Cluster",),
    "sim.comparison.comparison": ("Calculation", "Comparison"),
    "sim.comparison.rollout": ("rollout",),
    "sim.comparison.rollout_answer": ("Rollouts",),
    "sim.comparison.series": ("Series",),
    "sim.errors": ("InputError", "ScenarioError", "SimError", "UnsupportedError", "UsageError"),
    "sim.lessons.lesson": ("Lesson", "lesson"),
    "sim.manifests.objects.collected": ("Manifests",),
    "sim.manifests.reading.loading": ("load", "load_text"),
    "sim.report.charts.match_grid": ("MatchGrid",),
    "sim.report.charts.picture": ("Picture",),
    "sim.report.page.replay": ("Replay",),
    "sim.routing": ("Request", "Trace"),
    "sim.routing.building": ("build",),
    "sim.routing.kube_proxy.rules": ("NodeRules",),
    "sim.routing.patch": ("TriedPatch",),
    "sim.scenario.experiment": ("Experiment", "load_experiment"),
    "sim.simulation.moment": ("cluster_at",),
    "sim.simulation.result": ("Result",),
    "sim.simulation.spread_shares": ("ServiceSpread",),
}  # fmt: skip
"""Room -> the names that it gives the door, as a type checker reads them above."""

_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Calculation", "Checked", "Cluster", "Comparison", "Differences", "Experiment", "InputError",
    "Inspection", "Lesson", "Manifests", "MatchGrid", "Migrated", "NodeRules", "Picture", "Replay",
    "Request", "Result", "Rollouts", "ScenarioError", "Series", "ServiceSpread", "SimError", "Trace",
    "TriedPatch", "UnsupportedError", "UsageError", "__version__", "build", "chart", "check", "cluster_at",
    "compare", "cost", "diff", "draw", "fix", "follow", "grid", "inspect", "lesson", "load",
    "load_experiment", "load_text", "migrate", "replay", "rollout", "route", "rules", "run", "spread",
    "sweep", "topology",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name from its room (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
