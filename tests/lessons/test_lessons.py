"""Lessons: nothing is shown before a prediction; solutions are accepted, wrong ones are not, whatever they look like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import sim
from sim.errors import ScenarioError, UsageError
from sim.lessons import lesson_names
from sim.lessons.book import hashed
from sim.lessons.lesson import NotPredictedError
from sim.lessons.progress import read_code

ANSWERS = Path(__file__).parents[1] / "lessons"
NAMES = lesson_names()


def answers(name: str) -> dict:
    return yaml.safe_load((ANSWERS / f"{name}.yaml").read_text(encoding="utf-8"))


def changed(solution, wrong):
    """A wrong answer: given whole, or the solution with one text replaced by another."""
    if "answer" in wrong:
        return wrong["answer"]
    old, new = wrong["replace"]
    assert old in solution
    return solution.replace(old, new, 1)


TASKS = [(name, task) for name in NAMES for task in answers(name)["tasks"]]
WRONG = [
    pytest.param(name, task, wrong, id=f"{task}: {wrong['why']}")
    for name, task in TASKS
    for wrong in answers(name)["wrong"][task]
]


@pytest.fixture(autouse=True)
def _own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("SIM_LESSONS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("SIM_MODEL_ANSWERS", raising=False)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_two_tasks_to_modify_and_one_to_make_but_the_first_of_five_minutes_a_single_one(name):
    book = sim.lesson(name)._book
    tasks, first = book.tasks, name.startswith("00-")
    assert [t.kind for t in tasks if t.kind != "predict"] == (
        ["modify"] if first else ["modify", "modify", "make"]
    )
    assert not first or book.total_minutes == 5
    assert {t.id for t in tasks} == set(answers(name)["tasks"]) == set(answers(name)["wrong"])


@pytest.mark.parametrize("name", NAMES)
def test_every_question_has_a_model_prediction_among_its_choices(name):
    given = answers(name)
    for question in sim.lesson(name)._book.questions:
        assert given["because"][question.id]
        assert not question.choices or given["predictions"][question.id] in question.choices


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_the_model_solution_is_accepted(name, task):
    assert sim.lesson(name).judge(task, answers(name)["tasks"][task]) is None


@pytest.mark.parametrize(("name", "task", "wrong"), WRONG)
def test_a_wrong_answer_is_rejected(name, task, wrong):
    complaint = sim.lesson(name).judge(task, changed(answers(name)["tasks"][task], wrong))
    assert complaint is not None
    assert complaint.message


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_at_least_five_wrong_answers_are_listed_the_misconception_among_them(name, task):
    wrong = answers(name)["wrong"][task]
    assert len(wrong) >= 5
    assert any(w["why"].startswith("misconception") for w in wrong)


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_nothing_handed_in_is_no_solution(name, task):
    found = sim.lesson(name)
    assert "nothing handed in" in repr(found.check(task))
    assert found.judge(task, "") is not None


def test_nothing_is_revealed_before_a_prediction():
    found = sim.lesson("1")
    with pytest.raises(NotPredictedError, match="predict first"):
        found.reveal("Q1")
    found.predict("Q1", answer="a", because="it listens there")
    assert "because it listens there" in repr(found.reveal("Q1"))


@pytest.mark.parametrize("name", NAMES)
def test_every_choice_is_answered_by_its_own_sentence_and_the_right_one(name):
    found, told = sim.lesson(name), answers(name)["told"]["after"]
    for question in found._book.questions:
        right = answers(name)["predictions"][question.id]
        for letter, choice in question.choices.items():
            found.predict(question.id, letter.upper(), "I think it is so")
            title, because, *lines = repr(found.reveal(question.id)).splitlines()
            assert (title, because) == (f"→ you said {letter}: {choice}", "  because I think it is so")
            first = f"It is {right}, as you said." if letter == right else told[question.id][letter]
            assert lines[0].strip().startswith(" ".join(first.split()))
            assert sum(f"It is {right}" in line for line in lines) == 1
            assert all(" ".join(said.split()) in "\n".join(lines) for said in told[question.id].values())


@pytest.mark.parametrize("name", NAMES)
def test_what_sums_a_lesson_up_is_refused_until_every_question_is_answered(name):
    found = sim.lesson(name)
    for question in found._book.questions:
        for told in (found.require, found.explain, found.on_a_cluster):
            with pytest.raises(NotPredictedError, match=f"Answer {question.id}"):
                told()
        found.predict(question.id, "a", "I think it is so")
    found.require()
    assert answers(name)["told"]["goal"] in repr(found.explain())
    assert answers(name)["told"]["commands"].strip() in repr(found.on_a_cluster())


def test_a_prediction_needs_a_reason_and_is_one_of_the_choices():
    found = sim.lesson("1")
    assert "in one sentence" in repr(found.predict("Q1", answer="a"))
    assert "why do you think so?" in repr(found.predict("Q1", answer="a", because="x"))
    with pytest.raises(NotPredictedError):
        found.reveal("Q1")
    with pytest.raises(UsageError, match="answer with one of a, b, c"):
        found.predict("Q1", answer="x", because="I think it is so")


def test_a_letter_may_be_a_capital():
    found = sim.lesson("1")
    found.predict("Q1", answer=" C ", because="it listens there")
    assert "you said c: at the Service" in repr(found.reveal("Q1"))


def test_a_lesson_of_ones_own_may_tell_nothing_after_a_prediction(tmp_path):
    (tmp_path / "lesson.yaml").write_text(
        "title: Mine\nminutes: {predict: 1, run: 1}\nquestions: [{id: Q1, ask: How many?}]\n"
    )
    found = sim.lesson(str(tmp_path))
    found.predict("Q1", answer="Three of them", because="I counted them twice")
    assert repr(found.reveal("Q1")) == "→ you said Three of them\n  because I counted them twice"


def test_what_was_packed_and_is_damaged_is_said_with_its_place(tmp_path):
    lines = "title: Mine\nminutes: {predict: 1, run: 1}\nquestions: [{id: Q1, ask: How many?}]\ntold: eJxx\n"
    (tmp_path / "lesson.yaml").write_text(lines)
    with pytest.raises(ScenarioError, match=r"lesson\.yaml:4.*told"):
        sim.lesson(str(tmp_path))


def test_progress_stays_and_can_be_handed_in():
    found = sim.lesson("1")
    found.predict("Q1", answer="b", because="rules decide it")
    assert "solved" in repr(found.check("L01-1", answers(found.name)["tasks"]["L01-1"]))
    again = sim.lesson("1")
    assert "L01-1: solved" in repr(again.report())
    handed = read_code(again.report().text)
    assert handed[found.name]["predictions"]["Q1"]["answer"] == "b"


def test_the_objects_of_a_lesson_are_shown_as_written_of_one_kind_too_and_after_the_predictions():
    zero = sim.lesson("0")
    with pytest.raises(NotPredictedError):
        zero.objects()
    for question in ("Q1", "Q2", "Q3"):
        zero.predict(question, answer="a", because="it seems so to me")
    ingress = zero.objects("Ingress").text
    assert ingress in zero.objects().text
    assert zero.check("L00-1", ingress).mark == "✕"
    line = ingress.splitlines()[-1]
    assert zero.check("L00-1", f"{ingress}\n{line.replace('news', 'jobs')}").mark == "✓"
    broken = sim.lesson("6")
    for question in ("Q1", "Q2"):
        broken.predict(question, answer="a", because="it seems so to me")
    assert broken.objects(folder="broken").text.count("kind: Ingress\n") == 4


def test_three_hints_and_then_the_third_again():
    found = sim.lesson("1")
    said = [repr(found.hint("L01-1")) for _ in range(4)]
    assert [line[:11] for line in said] == ["hint 1 of 3", "hint 2 of 3", "hint 3 of 3", "hint 3 of 3"]


def test_a_failed_check_shows_the_request_that_fails():
    found = sim.lesson("1")
    text = repr(found.check("L01-1", answers(found.name)["tasks"]["L01-1"].replace("8080", "http")))
    assert "not yet" in text
    assert found._task("L01-1").ask in text


def test_empty_lines_between_quotation_marks_are_no_answer():
    assert "nothing handed in" in repr(sim.lesson("1").check("L01-1", "\n\n"))


def test_an_answer_that_is_no_yaml_is_told_so():
    complaint = sim.lesson("1").judge("L01-1", "spec: [")
    assert complaint.message.startswith("your answer:")


def test_a_lesson_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(UsageError, match="01-who-takes-the-packet"):
        sim.lesson("99")


def test_a_progress_file_that_is_no_json_is_a_fresh_start(tmp_path, monkeypatch):
    (tmp_path / "broken.json").write_text("{")
    monkeypatch.setenv("SIM_LESSONS", str(tmp_path / "broken.json"))
    assert "0 of 3 questions" in repr(sim.lesson("1"))


def test_answers_to_what_a_lesson_no_longer_asks_do_not_count(tmp_path, monkeypatch):
    said = {"answer": "b", "because": "I know"}
    gone = {"answer": "f", "because": "I know"}
    kept = {sim.lesson("1").name: {"predictions": {"Q1": said, "Q2": gone, "Q9": said}, "solved": ["L01-9"]}}
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    monkeypatch.setenv("SIM_LESSONS", str(tmp_path / "kept.json"))
    shown = repr(sim.lesson("1"))
    assert "1 of 3 questions predicted, 0 of 3 tasks solved" in shown
    with pytest.raises(NotPredictedError):
        sim.lesson("1").reveal("Q2")
    assert sim.lesson("1")._book.told.goal not in shown


def test_a_fault_in_a_lesson_file_has_its_place(tmp_path):
    (tmp_path / "lesson.yaml").write_text("title: x\nminutes: {predict: 0}\n")
    with pytest.raises(ScenarioError, match=r"lesson\.yaml"):
        sim.lesson(str(tmp_path))


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_file_tells_no_value_that_is_asked_for(name):
    text = (Path(sim.lesson(name)._folder) / "lesson.yaml").read_text(encoding="utf-8")
    given = answers(name)["tasks"]
    for task in sim.lesson(name)._book.tasks:
        for value, digest in task.values.items():
            assert hashed(task.id, value, given[task.id][value]) == digest
            assert digest in text


@pytest.mark.parametrize("name", NAMES)
def test_what_a_lesson_is_about_is_told_when_all_is_predicted(name):
    found = sim.lesson(name)
    book, told = found._book, found._book.told
    for question in book.questions:
        shown = f"{found!r}{found.report()!r}{found._repr_html_()}"
        assert told.goal not in shown
        assert told.misconception not in shown
        found.predict(question.id, next(iter(question.choices), "anything"), "I think it is so")
    for card in (repr(found), repr(found.report())):
        assert told.goal in card
        assert told.misconception in card


def test_markup_in_an_answer_is_shown_as_text():
    card = sim.lesson("1").predict("Q1", answer="a", because="<script>alert(1)</script> or so, I think")
    assert "<script>" not in card._repr_html_()


def test_too_many_load_balancers_are_counted_and_named():
    found = sim.lesson("11")
    complaint = found.judge("L11-2", answers(found.name)["tasks"]["L11-3"])
    assert complaint.message.startswith("http://cart.shop/")
    kept = "{type: LoadBalancer, selector: {app: blog}"
    complaint = found.judge(
        "L11-2", answers(found.name)["tasks"]["L11-2"].replace("{selector: {app: blog}", kept)
    )
    assert complaint.message.startswith("your manifests ask for 12 load balancers: ")


def test_a_prefix_that_is_the_whole_path_is_no_exact_rule():
    seven = sim.lesson("7").cluster()
    said = {}
    for path in ("/cart", "/cart/items"):
        hops = sim.route(seven, sim.Request.parse(f"http://shop.local{path}")).hops
        won = next(step for hop in hops if hop.kind == "controller" for step in hop.steps if step.wins)
        said[won.row] = won.because
    assert said == {
        "/cart Exact": "wins: host fits, exact path",
        "/cart/items Prefix": "wins: host fits, longest path",
    }
