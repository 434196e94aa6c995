"""A notebook without predictions: every cell that shows something stops with a friendly sentence, and shows nothing."""

from __future__ import annotations

import ast

import pytest
from course import NAMES, ROOT, cells

from sim.lessons.lesson import NotPredictedError

WAITS = ("lesson.require(", "lesson.reveal(", "lesson.explain(", "lesson.on_a_cluster(", "lesson.objects(")


def code_cells(name: str) -> list[str]:
    """The code cells of a notebook, in their order."""

    def is_code(cell: str) -> bool:
        try:
            ast.parse(cell)
        except SyntaxError:
            return False
        return "lesson" in cell and not cell.startswith("#")

    return [cell for cell in cells(name) if is_code(cell)]


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_that_shows_something_stops_with_a_friendly_sentence(name, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.setenv("SIM_LESSONS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("SIM_MODEL_ANSWERS", raising=False)
    first, *others = code_cells(name)
    names: dict[str, object] = {}
    exec(first, names)
    waiting = [cell for cell in others if cell.startswith(WAITS)]
    assert len(waiting) >= 6
    for cell in waiting:
        with pytest.raises(
            NotPredictedError, match=r"predict first.*A wrong answer costs nothing"
        ) as stopped:
            exec(cell, names)
        assert stopped.value._render_traceback_() == [f"Stop: {stopped.value}"]
    for cell in set(others) - set(waiting):
        exec(cell, names)  # a question, a task or a report: it shows no result
