"""Pack what a lesson tells after its predictions into its lesson.yaml, where nobody reads it by accident.

It is written in tests/lessons/NAME.yaml, as `told` and `predictions`, and becomes the last key of lesson.yaml.

python notebooks/pack.py
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import yaml

from sim.lessons.packed import pack, unpack

ROOT = Path(__file__).parents[1]
KEY = "# After the predictions; written in tests/lessons, packed by notebooks/pack.py.\ntold: |\n"
WIDTH = 110


def told(source: Path) -> dict[str, Any]:
    """What a source says that the lesson tells, with the right letters."""
    written = yaml.safe_load(source.read_text("utf-8"))
    return {**written["told"], "right": written["predictions"]}


def lesson_file(name: str) -> Path:
    """The lesson.yaml of a lesson: in its scenario, or in a folder beside its notebook."""
    places = [ROOT / folder / name / "lesson.yaml" for folder in ("scenarios", "notebooks")]
    return next(place for place in places if place.is_file())


def packed(text: str, value: dict[str, Any]) -> str:
    """The text of a lesson.yaml that holds `value`; unchanged if it does already."""
    head, _, kept = text.partition(KEY)
    if kept and unpack(kept) == value:
        return text
    return (
        head
        + KEY
        + textwrap.indent("\n".join(textwrap.wrap(pack(value), WIDTH - 2, break_on_hyphens=False)), "  ")
        + "\n"
    )


def main() -> None:
    """Pack them all."""
    for source in sorted((ROOT / "tests" / "lessons").glob("*.yaml")):
        file = lesson_file(source.stem)
        file.write_text(packed(file.read_text("utf-8"), told(source)), "utf-8")
        print(f"packed {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
