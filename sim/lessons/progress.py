"""What a learner did so far: a JSON file in the folder they work in, or the one that SIM_LESSONS names.

It holds predictions, hints taken and tasks solved; nothing leaves the machine. `code` packs it for a teacher.
"""

import json
import os
from pathlib import Path
from typing import Any

from sim.lessons.packed import pack, unpack
from sim.report.files import write

FILE = "sim-lessons.json"


def place() -> Path:
    """The file with the progress."""
    return Path(os.environ.get("SIM_LESSONS", FILE))


def stored(name: str) -> dict[str, Any]:
    """The progress in one lesson; empty at the beginning, and where the file cannot be read as progress."""
    empty: dict[str, Any] = {"predictions": {}, "hints": {}, "solved": []}
    found = _whole().get(name)
    return {**empty, **found} if isinstance(found, dict) else empty


def store(name: str, progress: dict[str, Any]) -> None:
    """Keep the progress in one lesson."""
    text = json.dumps({**_whole(), name: progress}, indent=1, sort_keys=True)
    write(str(place()), text + "\n")


def _whole() -> dict[str, Any]:
    try:
        found = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def code(name: str, progress: dict[str, Any]) -> str:
    """One line that a learner can hand to the teacher."""
    return pack({name: progress})


def read_code(line: str) -> dict[str, Any]:
    """What a line of `code` holds: lesson -> progress."""
    found: dict[str, Any] = unpack(line)
    return found
