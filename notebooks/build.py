"""Build the notebooks: write every NAME.py (jupytext, percent format) beside this file as NAME.ipynb.

They are built without outputs: who opens one has to predict before anything is shown.

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


def built(source: Path) -> Any:
    """What is kept beside a source: a notebook unsolved, its cells numbered."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


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
