"""Every notebook runs from top to bottom with the public names of the package, and is built from its source."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import sim

for needed in ("jupytext", "nbclient", "ipykernel"):
    pytest.importorskip(needed, reason=f"{needed} runs notebooks: pip install '.[test]'")

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9]*.py"))
IDS = [source.stem for source in SOURCES]


def builder():
    spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_a_notebook():
    assert "01-traffic-flow" in IDS


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("source", SOURCES, ids=IDS)
def test_what_it_claims_holds(source):
    cells = builder().executed(source).cells
    assert any(cell.get("outputs") for cell in cells)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("source", SOURCES, ids=IDS)
def test_the_built_notebook_is_that_of_the_source(source):
    import jupytext

    text, built = jupytext.read(source), jupytext.read(source.with_suffix(".ipynb"))
    assert [cell.source for cell in built.cells] == [cell.source for cell in text.cells]


@pytest.mark.parametrize("source", SOURCES, ids=IDS)
def test_it_uses_public_names_only(source):
    used = set(re.findall(r"\bsim\.(\w+)", source.read_text(encoding="utf-8")))
    assert used
    assert used - set(sim.__all__) == set()
    assert not re.search(r"^\s*(from sim|import sim\.)", source.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("source", SOURCES, ids=IDS)
def test_the_built_notebook_names_no_folder_of_a_machine(source):
    assert not re.search(
        r'"[^"]*(/home/|/tmp/|/root/|/Users/)', source.with_suffix(".ipynb").read_text("utf-8")
    )
