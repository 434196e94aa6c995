"""The slides of the lessons: of the lesson's own run; the polls: of its own questions, and without an answer."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from crowded import crowded

import sim
from sim.lessons import lesson_names
from sim.report.theme import LONGEST_TITLE

ROOT = Path(__file__).parents[2]
FOLDER, PAGE = ROOT / "docs" / "images" / "lessons", ROOT / "docs" / "lessons.md"
MOST_BYTES, MOST_POLL_BYTES, THIRD_DPI = 150_000, 50_000, 50
NAMES = lesson_names()
NOVICES = ["0", "6", "7", "1", "9"]


@pytest.fixture(scope="module")
def slides() -> ModuleType:
    pytest.importorskip("PIL", reason="the slides need Pillow, which comes with matplotlib")
    sys.path.insert(0, str(ROOT / "notebooks"))
    try:
        import slides
        import slides.page
        import slides.polls
    finally:
        sys.path.pop(0)
    return slides


def written(name: str) -> str:
    return (FOLDER / f"{name}.png.alt.txt").read_text(encoding="utf-8").strip()


def book(name: str) -> dict:
    return yaml.safe_load((ROOT / "scenarios" / name / "lesson.yaml").read_text(encoding="utf-8"))


def answers(name: str) -> dict:
    return yaml.safe_load((ROOT / "tests" / "lessons" / f"{name}.yaml").read_text(encoding="utf-8"))


def poll_names() -> list[str]:
    asked = {name: [*book(name)["questions"], *filled_in(name)] for name in NAMES}
    return [f"{name[:2]}-{one['id']}" for name in NAMES for one in asked[name]]


def filled_in(name: str) -> list[dict]:
    return [task for task in book(name)["tasks"] if task["kind"] == "predict"]


def test_every_lesson_has_a_slide_and_every_question_a_poll_and_nothing_is_left_over(slides):
    assert sorted(slides.SLIDES) == sorted(NAMES)
    for names, files in ((NAMES, "*.png"), (poll_names(), "polls/*.png"), (slides.PICTURES, "first/*.png")):
        both = [f"{name}{ending}" for name in names for ending in ("", "-dark")]
        assert sorted(both) == sorted(p.stem for p in FOLDER.glob(files))
    assert {f"{p}.alt.txt" for p in FOLDER.rglob("*.png")} == set(map(str, FOLDER.rglob("*.alt.txt")))


def test_a_dark_twin_says_the_same(slides):
    for name in [*NAMES, *(f"polls/{poll}" for poll in poll_names())]:
        assert written(f"{name}-dark") == written(name)
    drawn = slides.slide("07-which-rule-wins", "dark")
    assert drawn.figure.get_facecolor()[:3] < (0.2, 0.2, 0.2)


def test_files_are_small():
    assert all(file.stat().st_size < MOST_BYTES for file in FOLDER.rglob("*.png"))
    assert all(file.stat().st_size < MOST_POLL_BYTES for file in FOLDER.glob("polls/*.png"))


@pytest.mark.parametrize("name", NAMES)
def test_a_poll_says_the_question_and_its_choices_and_not_a_word_more(name, slides):
    lesson = book(name)
    for number, question in enumerate(lesson["questions"], 1):
        where = (
            f"Lesson {int(name[:2])} · {lesson['title']} · question {number} of {len(lesson['questions'])}"
        )
        choices = "; ".join(f"{letter}: {text}" for letter, text in question["choices"].items())
        said = f"{where}. {question['ask']} {choices}. {slides.polls.NOTHING_SHOWN}"
        assert written(f"polls/{name[:2]}-{question['id']}") == said
    for task in filled_in(name):
        where = f"Lesson {int(name[:2])} · {lesson['title']} · to fill in"
        said = f"{where}. {task['ask']} {'; '.join(task['values'])}. {slides.polls.NOTHING_SHOWN}"
        assert written(f"polls/{name[:2]}-{task['id']}") == said


@pytest.mark.slow
def test_a_poll_is_drawn_from_the_question_and_every_choice_looks_alike(slides):
    for name, picture in slides.polls.polls():
        assert picture.alt == written(f"polls/{name}")
        looks = {
            (t.get_fontweight(), t.get_color(), t.get_fontsize())
            for t in picture.figure.texts
            if len(t.get_text()) == 1
        }
        assert len(looks) <= 1, "no letter stands out"
        for dpi in (picture.figure.dpi, THIRD_DPI):
            picture.figure.set_dpi(dpi)
            assert crowded(picture.figure) == [], name


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_slide_says_what_the_run_of_its_lesson_gives_today(name, slides):
    drawn = slides.slide(name)
    assert written(name) == drawn.alt.strip()
    assert len(drawn.title) <= LONGEST_TITLE
    assert min(text.get_fontsize() for text in drawn.figure.texts) >= 11
    for dpi in (drawn.figure.dpi, THIRD_DPI):
        drawn.figure.set_dpi(dpi)
        assert crowded(drawn.figure) == []


def test_the_first_pictures_say_what_their_files_say(slides):
    for name, picture in slides.first_pictures():
        assert picture.alt == written(f"first/{name}")


def test_who_answered_how_often_is_what_the_run_says():
    run = sim.run(sim.lesson("9").experiment)
    ends = Counter(run.ends[int(end)] for end in run.end if end >= 0)
    words = written("09-who-is-speaking")
    said = {
        f"answered-by-proxy {status}": int(count) for count, status in re.findall(r"(\d+) × (\d+)", words)
    }
    redirected = said.pop("answered-by-proxy 308")
    assert redirected == ends["redirected"]
    assert f"Nobody, {run.failed['refused']}: no code" in words
    assert {**said, "refused": run.failed["refused"]} == run.failed
    assert words.startswith(f"{run.failures + redirected} of {run.sent} requests")


def test_half_of_the_connections_go_to_each_node_whatever_runs_there():
    run = sim.run(sim.lesson("4").experiment)
    said = written("04-cluster-or-local")
    for node, name in enumerate(run.nodes):
        assert f"{name} gets 1/2: {run.at_node(node)[0]} connections" in said
    assert all(
        f"{s.spec.name.partition('/')[2]} {run.connections_of(n)}, " in said
        for n, s in enumerate(run.stations)
    )


def test_the_page_for_teachers_shows_every_picture_with_its_words(slides):
    page = PAGE.read_text(encoding="utf-8")
    assert slides.page.filled(page) == page, "make slides writes the page anew"
    shown = [
        *(f"{name}.png" for name in NAMES if not name.startswith("00")),
        *(f"polls/{name}.png" for name in poll_names()),
    ]
    shown += [f"first/{name}.png" for name in slides.PICTURES]
    assert [name for name in shown if f"images/lessons/{name}" not in page] == []


def test_before_the_vote_the_page_tells_no_answer():
    sections = re.split(r"^## (\d+) (?!minutes)", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    for number, section in zip(sections[::2], sections[1::2], strict=True):
        name = next(one for one in NAMES if int(one[:2]) == int(number))
        open_part = re.sub(r"<details>.*?</details>", "", section, flags=re.S)
        assert section != open_part
        told, asked = answers(name), " ".join(q["ask"] for q in book(name)["questions"])
        plain = " ".join(re.sub(r"<img[^>]*>", "", open_part).split()).lower()
        for phrases in told["tells"].values():
            assert [
                phrase
                for phrase in phrases
                if phrase.lower() in plain and phrase.lower() not in asked.lower()
            ] == []


def minutes(name: str) -> dict:
    lesson = book(name)
    return {**lesson["minutes"], "tasks": {task["id"]: task["minutes"] for task in lesson["tasks"]}}


def rows(page: str, head: str) -> list[list[str]]:
    """The cells of the table below a head."""
    table = page.partition(head)[2].partition("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("| ")
    ]


def test_the_minutes_of_a_lesson_are_those_of_its_file():
    named = {row[0]: row[1:] for row in rows(PAGE.read_text("utf-8"), "| lesson | predict |")}
    assert list(named) == [str(int(name[:2])) for name in NAMES]
    for name in NAMES:
        told = minutes(name)
        tasks = " + ".join(map(str, told["tasks"].values()))
        everything = told["predict"] + told["run"] + sum(told["tasks"].values())
        assert named[str(int(name[:2]))] == [str(told["predict"]), str(told["run"]), tasks, str(everything)]


def test_one_full_vote_a_lesson_and_a_show_of_hands_for_the_others_fit_its_minutes():
    page = " ".join(PAGE.read_text("utf-8").split())
    assert "## One question, three minutes" in page
    assert "for all of lesson 0, a letter and a show of hands must do: half a minute each" in page
    for name in NAMES:
        if (number := str(int(name[:2]))) in NOVICES:
            full = number != "0"
            hands = len(book(name)["questions"]) - full
            assert 3 * full + hands / 2 <= minutes(name)["predict"], name


def test_the_track_for_novices_takes_ninety_minutes_in_their_order():
    track = rows(PAGE.read_text("utf-8"), "| starts | minutes |")
    now, order = 0, []
    for starts, length, lesson, questions, together in track:
        assert starts == f"{now // 60}:{now % 60:02d}"
        now += int(length)
        if not lesson[0].isdigit():
            continue
        number = lesson.partition(",")[0]
        order.append(number)
        name = next(one for one in NAMES if int(one[:2]) == int(number))
        told = minutes(name)
        assert int(questions) == len(book(name)["questions"])
        assert int(length) == told["predict"] + told["run"] + sum(
            told["tasks"][task] for task in together.split(", ")
        )
    assert order == NOVICES
    assert now == 90
