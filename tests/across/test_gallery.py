"""The gallery has every chart, each with its picture, and the words that its command produces today."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image, ImageColor
from website.examples import ROOT, workplace
from website.gallery import (
    ENTRIES,
    OF_OTHER_PAGE,
    OTHER_PAGE,
    OTHER_PICTURES,
    PAGE,
    PICTURES,
    THEMES,
    Entry,
    alts_of_page,
    drawn,
    file_of,
    files_of,
    one_run_for_all,
    page,
    picture,
    small,
    title_of,
)

from sim.comparison import compare as comparing
from sim.report.charts.charts import CHARTS, COMPARISON_CHARTS
from sim.report.theme import LONGEST_TITLE
from sim.report.theme import THEMES as COLOURS
from sim.report.words.chart_kinds import COMPARISON_KINDS, RUN_KINDS
from sim.scenario.experiment import load_experiment

MOST_BYTES = 2_000_000
ANEW = "make gallery"
"""What brings the page up to date."""


@pytest.fixture(scope="module")
def folder():
    with workplace(), one_run_for_all():
        yield


def files(entry: Entry) -> list[str]:
    return [file_of(PICTURES, entry.name, theme).name for theme in THEMES]


def test_every_chart_of_the_registry_is_there_and_every_kind_says_what_it_is_for() -> None:
    assert set(CHARTS) <= {entry.name for entry in ENTRIES}, "give it an Entry in docs/website/gallery.py"
    assert list(COMPARISON_CHARTS) == list(COMPARISON_KINDS)
    for kinds in (COMPARISON_KINDS, RUN_KINDS):
        assert all(f"--chart-kind {kind}" in PAGE.read_text("utf-8") for kind in list(kinds)[1:])


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


@pytest.mark.parametrize("entry", OF_OTHER_PAGE, ids=lambda entry: entry.name)
def test_pictures_of_another_page_are_those_of_its_files_in_both_themes(entry: Entry) -> None:
    with workplace(files_of(OTHER_PAGE)):
        _, alt = drawn(entry)
    assert picture(f"images/{entry.name}", alt) in OTHER_PAGE.read_text("utf-8"), ANEW
    assert (OTHER_PICTURES / f"{entry.name}.png.alt.txt").read_text("utf-8").strip() == alt, ANEW
    for theme in THEMES:
        with Image.open(file_of(OTHER_PICTURES, entry.name, theme)) as shown:
            assert shown.info["Description"] == alt, ANEW


def test_a_picture_with_a_dark_one_beside_it_is_shown_by_the_reader_s_theme_on_every_page() -> None:
    pages = [ROOT / "README.md", *(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts)]
    for one in pages:
        text = one.read_text("utf-8")
        for source in re.findall(r"!\[[^]]*\]\(([^)]+)\.png\)", text):
            assert not (one.parent / f"{source}-dark.png").exists(), f"{one.name}: {source} has a dark one"
        for sources in re.findall(r'<picture>.*srcset="([^"]+)".*src="([^"]+)"', text):
            assert all((one.parent / source).exists() for source in sources), f"{one.name}: {sources}"


def test_titles_are_short_findings_and_no_two_alike() -> None:
    titles = [title_of(alt) for _, alt in alts_of_page()]
    assert max(map(len, titles)) <= LONGEST_TITLE
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_light_and_dark_fill_the_sheet_and_leave_its_edge_free(entry: Entry) -> None:
    """Ink lies in every fifth of the sheet's height, and below the title in every fifth of its width."""
    for file, theme in zip(files(entry), THEMES, strict=True):
        with Image.open(PICTURES / file) as image:
            grey, corner = image.convert("L"), image.convert("RGB").getpixel((0, 0))
        assert corner == ImageColor.getrgb(COLOURS[theme].page), file
        ground = grey.getpixel((0, 0))
        inked = grey.point(lambda value, ground=ground: 255 * (abs(value - ground) > 24))
        left, top, right, bottom = inked.getbbox()
        width, height = inked.size
        assert min(left, top, width - right, height - bottom) > 0.008 * width, file
        for fifth in range(5):
            row = inked.crop((0, height * fifth // 5, width, height * (fifth + 1) // 5))
            column = inked.crop((width * fifth // 5, height // 5, width * (fifth + 1) // 5, height * 9 // 10))
            assert None not in (row.getbbox(), column.getbbox()), (file, fifth)


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
