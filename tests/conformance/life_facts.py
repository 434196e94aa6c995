"""The rule `fact` of all tables: our figure of the same id lies in the row's range, and has its other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.life_tables import Rule, Values, alike

from sim.cluster.life.figures import FIGURES, SETTINGS
from sim.cluster.life.probes import INITIALLY

WORDS = {"when", "note", "what", "role"}
PRODUCT: Mapping[str, Mapping[str, Any]] = {
    "probes-fact-initial-values": INITIALLY,
    **{name: settings.values | {"unit": settings.unit} for name, settings in SETTINGS.items()},
}
"""What is no single figure."""


def _numbers(value: Any) -> list[float]:
    """All numbers in a value."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, Mapping):
        return [n for part in value.values() for n in _numbers(part)]
    return (
        [n for part in value for n in _numbers(part)] if isinstance(value, list | tuple) else [float(value)]
    )


def _is_end(end: Any) -> bool:
    return isinstance(end, int | float) and not isinstance(end, bool)


def _lies_in(typical: Any, ends: Any) -> bool:
    """Whether every number of a figure lies between two ends; an end that is no number is open."""
    low, high = ends
    return all(
        (not _is_end(low) or low <= n) and (not _is_end(high) or n <= high) for n in _numbers(typical)
    ) and bool(_numbers(typical))


def _asked(row: Values) -> Values:
    """What we say of a row, in its own words: a key that agrees has the value that it expects."""
    stated = row["out"]
    said = {k: stated[k] for k in stated if k in WORDS}
    if row["id"] in PRODUCT:
        return said | dict(PRODUCT[row["id"]])
    if not _numbers(stated):
        return dict(stated)
    figure = FIGURES.get(row["id"])
    if figure is None:
        return said
    said |= {"idle": figure.typical, "unit": figure.unit}
    if stated.get("range") is not None:
        within = _lies_in(figure.typical, stated["range"])
        ours = figure.typical if isinstance(figure.typical, int | float) else list(figure.typical or ())
        said |= {k: stated[k] if within else ours for k in ("typical", "range") if k in stated}
    elif "typical" in stated:
        said["typical"] = stated["typical"] if alike(stated["typical"], figure.typical) else figure.typical
    return said


FACT = Rule(frozenset(), _asked)
