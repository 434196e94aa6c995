"""Build the notebooks: run every NAME.py (jupytext, percent format) beside this file and write NAME.ipynb.

A lesson is built without outputs: who opens it has to predict before anything is shown.

python notebooks/build.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
TIMEOUT_S = 300


def executed(source: Path) -> Any:
    """The notebook of a source file, run in a fresh kernel in the folder of the source.

    Raises:
        CellExecutionError: a cell raises, so a claim of the text does not hold.
    """
    notebook = jupytext.read(source)
    where = {"metadata": {"path": str(source.parent)}}
    NotebookClient(notebook, timeout=TIMEOUT_S, kernel_name="python3", resources=where).execute()
    return notebook


def shown(notebook: Any) -> Any:
    """The notebook with what a reader sees: no running times, and no plain text where there is HTML."""
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output["data"].pop("text/plain", None)
    return notebook


def is_lesson(source: Path) -> bool:
    """Whether a source tells the lesson of the scenario folder with its name."""
    return (HERE.parent / "scenarios" / source.stem / "lesson.yaml").is_file()


def built(source: Path) -> Any:
    """What is kept beside a source: a lesson unsolved, anything else with its outputs."""
    return shown(jupytext.read(source) if is_lesson(source) else executed(source))


def sources() -> list[Path]:
    """The sources, in the order of their numbers."""
    return sorted(HERE.glob("[0-9]*.py"))


def main() -> None:
    """Build them all."""
    for source in sources():
        nbformat.write(built(source), source.with_suffix(".ipynb"))
        print(f"wrote {source.with_suffix('.ipynb').name}")


if __name__ == "__main__":
    main()
