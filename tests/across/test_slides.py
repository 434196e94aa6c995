"""The slides of the lessons: one each, of the lesson's own run, with words for who does not see it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from crowded import crowded

from sim.lessons import lesson_names
from sim.report.theme import LONGEST_TITLE

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "images" / "lessons"
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def slides():
    pytest.importorskip("PIL", reason="the slides need Pillow, which comes with matplotlib")
    spec = importlib.util.spec_from_file_location("slides", ROOT / "notebooks" / "slides.py")
    module = sys.modules["slides"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_lesson_has_a_slide_and_no_slide_is_left_over(slides):
    assert sorted(slides.SLIDES) == sorted(lesson_names()) == sorted(p.stem for p in FOLDER.glob("*.png"))


@pytest.mark.parametrize("name", lesson_names())
def test_a_slide_says_what_the_run_of_its_lesson_gives_today(name, slides):
    drawn = slides.slide(name)
    assert (FOLDER / f"{name}.png.alt.txt").read_text(encoding="utf-8").strip() == drawn.alt.strip()
    assert crowded(drawn.figure) == []
    assert len(drawn.title) <= LONGEST_TITLE
    assert (FOLDER / f"{name}.png").stat().st_size < MOST_BYTES


def test_the_page_for_teachers_shows_every_slide():
    page = (ROOT / "docs" / "lessons.md").read_text(encoding="utf-8")
    assert all(f"(images/lessons/{name}.png)" in page for name in lesson_names())
