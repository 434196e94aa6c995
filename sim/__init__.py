"""Where a Kubernetes request goes and why, how it behaves under load, and what it costs.

The door: the names below are public, and each is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Cluster": "sim.cluster.cluster",
    "Request": "sim.routing",
    "build": "sim.routing.building",
    "chart": "sim.api",
    "compare": "sim.api",
    "draw": "sim.api",
    "follow": "sim.api",
    "grid": "sim.api",
    "lesson": "sim.lessons",
    "load": "sim.manifests.reading.loading",
    "load_experiment": "sim.scenario.experiment",
    "replay": "sim.api",
    "route": "sim.api",
    "rules": "sim.api",
    "run": "sim.api",
    "spread": "sim.api",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    """Import a public name from its room (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
