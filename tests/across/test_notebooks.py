"""Every notebook runs from top to bottom with the public names of the package, and is built from its source."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from course import NAMES, leaks, marked, written

import sim

pytestmark = pytest.mark.slow

for needed in ("jupytext", "nbclient", "ipykernel"):
    pytest.importorskip(needed, reason=f"{needed} runs notebooks: pip install '.[test]'")

FOLDER = Path(__file__).parents[2] / "notebooks"
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
    assert "00-traffic-flow" in IDS
    assert IDS == NAMES, "every notebook asks before it shows"


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """A learner without progress; a call names the model answers that stand in for empty cells."""
    monkeypatch.setenv("SIM_LESSONS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("SIM_MODEL_ANSWERS", raising=False)
    return lambda name: monkeypatch.setenv(
        "SIM_MODEL_ANSWERS", str(Path(__file__).parents[1] / "lessons" / f"{name}.yaml")
    )


def texts(notebook) -> str:
    """Everything that the cells show, as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(o.get("data", {}).get("text/plain", o.get("text", "")) for o in outputs)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("source", SOURCES, ids=IDS)
def test_what_it_claims_holds(source, answers):
    answers(source.stem)
    notebook = builder().executed(source)
    said = texts(notebook)
    solved = re.findall(r"✓ (L\d\d-\d): solved", said)
    assert set(solved) == set(written(source.stem)["tasks"]), said[-1500:]
    assert [early for early in told_too_early(source.stem, notebook) if early[1]] == []


def told_too_early(name: str, notebook) -> Iterator[tuple[str, list[str]]]:
    """Question -> what of its answer stands in what the cells above its prediction show, of any kind but pixels."""
    for question in written(name)["predictions"]:
        shown = ""
        for cell in notebook.cells:
            if f'predict("{question}"' in cell.source:
                break
            outputs = cell.get("outputs", [])
            shown += json.dumps([{**o.get("data", {}), "image/png": o.get("text", "")} for o in outputs])
        else:
            raise AssertionError(f"{question} is not asked")
        yield question, leaks(name, question, shown) + [s for s in [marked(name, question)] if s in shown]


@pytest.mark.filterwarnings("default")
def test_without_a_prediction_a_lesson_stops_with_a_friendly_sentence(answers):
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError) as stopped:
        builder().executed(FOLDER / f"{NAMES[0]}.py")
    said = str(stopped.value)
    assert "predict first" in said
    assert "A wrong answer costs nothing" in said


@pytest.mark.parametrize("name", NAMES)
def test_a_built_lesson_shows_nothing_before_it_is_asked(name):
    import jupytext

    cells = jupytext.read(FOLDER / f"{name}.ipynb").cells
    assert [cell.source for cell in cells if cell.get("outputs")] == []


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
