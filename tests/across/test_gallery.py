"""The gallery has every chart, each with its picture, and the words that its command produces today."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from website.examples import workplace
from website.gallery import ENTRIES, PAGE, PICTURES, Entry, alts_of_page, drawn, one_run_for_all, page, small

from sim.comparison import compare as comparing
from sim.report.charts.charts import CHARTS, COMPARISON_CHARTS
from sim.report.words.chart_kinds import COMPARISON_KINDS
from sim.scenario.experiment import load_experiment

MOST_BYTES = 1_500_000
ANEW = "make gallery"
"""What brings the page up to date."""


@pytest.fixture(scope="module")
def folder():
    with workplace(), one_run_for_all():
        yield


def files(entry: Entry) -> list[str]:
    return [f"{entry.name}.png", f"{entry.name}-dark.png"]


def test_every_chart_of_the_registry_is_there_and_every_kind_says_what_it_is_for() -> None:
    assert set(CHARTS) <= {entry.name for entry in ENTRIES}, "give it an Entry in docs/website/gallery.py"
    assert list(COMPARISON_CHARTS) == list(COMPARISON_KINDS)
    assert all(f"--chart-kind {kind}" in PAGE.read_text("utf-8") for kind in list(COMPARISON_KINDS)[1:])


def test_every_picture_is_on_the_page_and_the_other_way_round() -> None:
    wanted = {file for entry in ENTRIES for file in files(entry)}
    assert {file.name for file in PICTURES.iterdir()} == wanted, ANEW
    text = PAGE.read_text("utf-8")
    assert all(f"images/gallery/{file}" in text for file in wanted), ANEW
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) < MOST_BYTES


def test_the_page_is_what_is_written_of_its_pictures(folder: None) -> None:
    assert page(dict(alts_of_page())) == PAGE.read_text("utf-8"), ANEW


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_command_still_makes_the_picture_that_is_shown(entry: Entry, folder: None) -> None:
    _, alt = drawn(entry)
    assert dict(alts_of_page())[entry.name] == alt, ANEW
    for file in files(entry):
        with Image.open(PICTURES / file) as picture:
            assert picture.width >= 1920
            assert picture.info["Description"] == alt, f"{file} is older than its words: {ANEW}"


def test_a_small_picture_looks_the_same_and_keeps_its_words(folder: None) -> None:
    png, alt = drawn(ENTRIES[0])
    less = small(png)
    assert len(less) < len(png) / 2
    before, after = (Image.open(BytesIO(data)) for data in (png, less))
    assert before.size == after.size
    assert after.info["Description"] == alt
    pairs = zip(before.convert("L").tobytes()[::997], after.convert("L").tobytes()[::997], strict=True)
    assert max(abs(a - b) for a, b in pairs) < 24


def test_runs_are_shared_only_while_the_gallery_is_drawn(monkeypatch) -> None:
    calls = []
    monkeypatch.setattr(comparing, "compare", lambda *how, **named: calls.append((how, named)))
    found = load_experiment("fanout")
    with one_run_for_all():
        kept = comparing.compare
        kept(found, "0")
        kept(found, "0")
    assert len(calls) == 1
    kept(found, "0")
    kept(found, "0", seed=2)
    assert len(calls) == 3
