"""What runs of shipped scenarios gave, so that a new key changes nothing where it is not used.

Where a change is meant, `SIM_RECORD_RUNS=1 pytest -m "" tests/scenario/test_shipped_scenarios.py` writes the file
anew, and CHANGELOG.md says it under "Results change".
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import numpy as np

from sim.simulation.result import Result

RECORD = Path(__file__).with_name("recorded_runs.json")
COLUMNS = ("row", "connection", "node", "controller", "pod", "crossings")
TIMES = ("sent_s", "ready_s", "controller_start_s", "start_s", "departure_s", "answered_s", "ended_s")


def digest(result: Result) -> str:
    """Of what every request did; times to a tenth of a nanosecond, so that a last bit does not count."""
    known = sha256()
    for name in COLUMNS:
        known.update(getattr(result, name).astype(np.int64).tobytes())
    for name in TIMES:
        known.update(",".join(f"{t:.10f}" for t in getattr(result, name)).encode())
    known.update(",".join(result.ends[n] if n >= 0 else "-" for n in result.end).encode())
    return known.hexdigest()[:16]


def recorded(name: str, result: Result) -> str | None:
    """What this run gave when it was recorded; None: it was not."""
    known: dict[str, str] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    key = f"{name}, {result.plan}, {result.sent} sent"
    if os.environ.get("SIM_RECORD_RUNS"):
        known[key] = digest(result)
        RECORD.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    return known.get(key)
