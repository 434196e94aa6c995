"""The course as a whole: what its text gives away, how its right letters are spread, and whether it fits the time."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml
from course import NAMES, ROOT, cells, choices, leaks, plain, tool, written

import sim
from sim.lessons import lesson_names
from sim.lessons.packed import unpack

TRACK = ("0", "6", "7", "1", "9")
"""For novices, in this order."""
CLASS = 90
QUESTIONS = [(name, question) for name in NAMES for question in written(name)["predictions"]]
NUMBER = re.compile(r"(?:about |all |a )?(\d+|none|one|two|three|eleven|twelve|quarter|third|half)\b")
AMOUNT = {
    "none": 0, "quarter": 1 / 4, "third": 1 / 3, "half": 1 / 2, "one": 1, "two": 2, "three": 3, "eleven": 11, "twelve": 12,
}  # fmt: skip
LAST = ("no code", "nobody")


def test_every_lesson_has_its_sources():
    assert set(lesson_names()) <= set(NAMES)


def test_no_right_letter_stands_more_than_twice_as_often_as_another():
    letters = Counter(written(name)["predictions"][question] for name, question in QUESTIONS)
    used = {letter for name, question in QUESTIONS for letter in choices(name, question)}
    assert len(QUESTIONS) >= 18
    assert max(letters.values()) <= 2 * min(letters[letter] for letter in used), letters


@pytest.mark.parametrize("extreme", [max, min])
def test_the_right_choice_is_seldom_the_longest_or_the_shortest(extreme):
    hits = []
    for name, question in QUESTIONS:
        lengths = {letter: len(text) for letter, text in choices(name, question).items()}
        right = lengths.pop(written(name)["predictions"][question])
        if right not in lengths.values() and extreme(right, *lengths.values()) == right:
            hits.append((name, question))
    assert len(hits) <= len(QUESTIONS) / 3, hits


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_choices_stand_in_an_order_that_gives_nothing_away(name, question):
    texts = list(choices(name, question).values())
    assert list(choices(name, question)) == list("abcde"[: len(texts)])
    amounts = [NUMBER.match(text) for text in texts]
    if all(amounts):
        found = [float(AMOUNT.get(hit[1], hit[1] if hit[1].isdigit() else 0)) for hit in amounts]
        assert found == sorted(found)
    late = [text.startswith(LAST) for text in texts]
    assert late == sorted(late)
    assert max(map(len, texts)) <= 3 * min(map(len, texts)) or all(amounts)


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_a_question_stands_in_its_notebook_as_in_its_lesson(name, question):
    text = plain("\n".join(cells(name)))
    assert all(plain(f"- {letter} {choice}") in text for letter, choice in choices(name, question).items())


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_no_cell_of_a_notebook_and_no_title_answers_a_question(name, question):
    text = "\n".join([name.replace("-", " "), *cells(name)])
    assert leaks(name, question, text) == []
    after = cells(name)[
        next(n for n, cell in enumerate(cells(name)) if f'predict("{question}"' in cell) + 1 :
    ]
    asks = [cell for cell in after if cell.startswith(("sim.", f'lesson.reveal("{question}")'))]
    assert all(cell.startswith("lesson.reveal") for cell in asks), "what is shown asks for a prediction first"


@pytest.mark.parametrize(("name", "question"), [asked for asked in QUESTIONS if asked[0] in lesson_names()])
def test_neither_the_title_of_a_lesson_nor_that_of_its_page_answers_a_question(name, question):
    found = sim.lesson(name)
    assert leaks(name, question, f"{found!r} {found.experiment.scenario.question}") == []


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_that_shows_something_waits_for_the_predictions_made_so_far(name):
    asked: list[str] = []
    for cell in cells(name):
        if found := re.search(r'lesson\.predict\("(\w+)"', cell):
            asked.append(found[1])
        elif asked and re.search(r"\bsim\.(?!lesson)", cell):
            waits = re.match(r"lesson\.require\((.*)\)\n", cell)
            assert waits, cell
            named = re.findall(r"\w+", waits[1]) or list(written(name)["predictions"])
            assert asked[-1] in named, cell


@pytest.mark.parametrize("name", NAMES)
def test_what_a_lesson_tells_is_packed_as_it_is_written(name):
    pack = tool("pack")
    kept = yaml.safe_load(pack.lesson_file(name).read_text("utf-8"))["told"]
    assert unpack(kept) == pack.told(ROOT / "tests" / "lessons" / f"{name}.yaml"), "python notebooks/pack.py"


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_a_lesson_file_says_no_sentence_that_is_told_after_a_question(name, question):
    text = tool("pack").lesson_file(name).read_text("utf-8").partition("tasks:")[0]
    assert leaks(name, question, text) == []


def test_the_track_for_novices_fits_a_class():
    """The questions, what they show, and the first task of each; the other tasks are homework."""
    numbers = {name.partition("-")[0].lstrip("0") or "0": name for name in lesson_names()}
    minutes = {}
    for number in TRACK:
        if number in numbers:
            book = sim.lesson(number)._book
            minutes[number] = book.minutes.predict + book.minutes.run + sum(t.minutes for t in book.tasks[:1])
    assert set(minutes) >= set(TRACK) - {"0"}
    assert sum(minutes.values()) <= CLASS - 8, minutes  # eight to open, to close and for questions
