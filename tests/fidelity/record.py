"""`pytest --fidelity FILE`: run what belongs to an area, nothing else, and write how it ended, as JSON.

What a test counted beyond itself (connections, requests, objects) it says with `record_property`. Counts are of
tests as pytest reports them; a test that could not be set up or taken down has failed.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fidelity.areas import AREAS, areas_of
from fidelity.programs import versions

from sim import __version__

OUTCOMES = ("passed", "failed", "skipped", "expected_failure", "passed_though_pending")
CONFORMANCE = Path(__file__).parents[1] / "conformance"


@dataclass
class Outcomes:
    """How the tests of an area ended.

    Args:
        ended: one outcome for each test; failed, if any phase of it did.
    """

    ended: dict[str, str] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)

    def note(self, report: pytest.TestReport) -> None:
        """A phase of a test; what it counted is there when it is over."""
        ended = outcome(report)
        if ended is not None and self.ended.get(report.nodeid) != "failed":
            self.ended[report.nodeid] = ended
            self.reasons.update([reason(report)] if ended == "skipped" else ())
        if report.when == "teardown":
            self.counted.update(dict(report.user_properties))

    def to_json(self) -> dict[str, Any]:
        """The JSON form; what did not occur is left out."""
        totals = Counter(self.ended.values())
        return {
            **{name: totals[name] for name in OUTCOMES if totals[name]},
            **({"skipped_because": dict(sorted(self.reasons.items()))} if self.reasons else {}),
            **({"counted": dict(sorted(self.counted.items()))} if self.counted else {}),
        }


class Recorder:
    """The plugin: selects, listens, writes."""

    def __init__(self, file: Path) -> None:
        """Write to `file` at the end."""
        self.file = file
        self.areas = {name: Outcomes() for name in AREAS}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what belongs to no area."""
        left_out = [item for item in items if not areas_of(item.nodeid)]
        items[:] = [item for item in items if areas_of(item.nodeid)]
        config.hook.pytest_deselected(items=left_out)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a phase of a test decides."""
        self.areas[areas_of(report.nodeid)[0]].note(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the record; of several processes the one that heard all of them does."""
        if not hasattr(session.config, "workerinput"):
            text = json.dumps(self.to_json(), indent=1, ensure_ascii=False)
            self.file.write_text(f"{text}\n", encoding="utf-8")

    def to_json(self) -> dict[str, Any]:
        """The record: when, with what, and how each area ended."""
        return {
            "schema": "sim.fidelity/1",
            "date": datetime.now(UTC).date().isoformat(),
            "version": __version__,
            "python": platform.python_version(),
            "programs": versions(),
            "areas": {name: found.to_json() for name, found in self.areas.items()},
            "doubted": list(doubted()),
        }


def outcome(report: pytest.TestReport) -> str | None:
    """What this phase of a test decides; None: nothing."""
    if report.failed:
        return "failed"
    if hasattr(report, "wasxfail"):
        return "expected_failure" if report.skipped else "passed_though_pending"
    if report.skipped:
        return "skipped"
    return "passed" if report.when == "call" else None


def reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, without the place."""
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return said.removeprefix("Skipped: ")


def doubted() -> Iterator[str]:
    """Cases that are thought to be wrong, each with the reason."""
    lines = (CONFORMANCE / "doubted.txt").read_text(encoding="utf-8").splitlines()
    yield from (line for line in lines if line.strip() and not line.startswith("#"))
