"""The lesson as a notebook uses it: predict, then see; try, then be told what does not hold yet."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim import __version__
from sim.cluster.cluster import Cluster
from sim.errors import InputError, SimError, UsageError, one_of, there_are
from sim.lessons import progress
from sim.lessons.book import Book, Explanations, Part, Question, Task, read_book
from sim.lessons.checks import Complaint, HandedIn, complaints
from sim.manifests.decoding import merge
from sim.manifests.reading.loading import documents, load, load_text, read_text
from sim.report.charts.card import Card
from sim.report.text.terminal import trace_lines
from sim.routing.building import build
from sim.scenario.experiment import (
    LESSON_FILE,
    Experiment,
    find,
    lesson_names,
    load_experiment,
    setup_of,
    with_number,
)

MODEL_ANSWERS = "SIM_MODEL_ANSWERS"
"""Environment variable: a YAML file with the answers that stand in where a cell is left empty."""
FEWEST_WORDS = 3
"""A reason of fewer words is no sentence."""


class NotPredictedError(SimError):
    """A result was asked for before a prediction was stored. In a notebook it is a sentence, no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Stop: {self}"]


class Lesson:
    """One lesson and one learner's progress in it."""

    def __init__(self, folder: Path, book: Book) -> None:
        self.name = folder.name
        self._folder, self._book = folder, book
        self._progress = progress.stored(self.name)

    @property
    def experiment(self) -> Experiment:
        """The lesson's scenario: `sim.run(lesson.experiment)`."""
        return load_experiment(str(self._folder))

    def cluster(self, text: str = "", given: tuple[str, ...] = ("manifests/",)) -> Cluster:
        """The lesson's cluster, with the objects of a YAML text in it or instead of their own.

        Raises:
            InputError: what the API server would refuse in the text, as `sim inspect` says it.
        """
        parts = [load([str(self._folder / name) for name in given])] if given else []
        written = [load_text(text, "your answer")] if text else []
        manifests = merge([*parts, *written])
        for fault in manifests.faults:
            if fault.severity == "error":
                raise InputError(fault.message, fault.source, fault.fix)
        # Nodes and provider are the scenario's; controllers as the files show, or need;
        # where the scenario has none, the reader is the student's to install.
        stated = setup_of(self.experiment.scenario)
        assumed = stated.controllers != ()
        return build(manifests, replace(stated, controllers=None, profile=None, assume_controllers=assumed))

    def predict(self, question: str, answer: str = "", because: str = "") -> Card:
        """Store a prediction: a choice (or a few words), and one sentence why.

        Raises:
            UsageError: the answer is none of the choices.
        """
        asked = self._question(question)
        answer, because = answer or _model("predictions", question), because or _model("because", question)
        if not answer or not because:
            choices = [f"{letter}: {text}" for letter, text in asked.choices.items()]
            return Card(asked.ask, [*choices, "then give answer=… and because=… in one sentence"], "", "?")
        if asked.choices and (answer := answer.strip().lower()) not in asked.choices:
            raise UsageError(f"{question}: answer with one of {', '.join(asked.choices)}, not {answer!r}")
        if len(because.split()) < FEWEST_WORDS:
            return Card("not stored yet: why do you think so?", ["give because=… as one sentence"], "", "?")
        self._progress["predictions"][question] = {"answer": answer, "because": because}
        self._keep()
        return Card("stored; go on with the next cell", [f"{answer}: {because}"], "", "✓")

    def require(self, *questions: str) -> None:
        """Go on only with a prediction: the first line of a cell that shows something.

        Args:
            questions: those that must be answered; none given: every one of the lesson.

        Raises:
            NotPredictedError: one is not predicted yet.
        """
        asked = [self._question(name).id for name in questions] or [q.id for q in self._book.questions]
        missing = next((name for name in asked if name not in self._predicted()), None)
        if missing:
            raise NotPredictedError(
                f"predict first. Answer {missing} in its cell above, with one sentence why, and run it; "
                "then run this cell again. A wrong answer costs nothing: it is what the lesson is for."
            )

    def reveal(self, question: str) -> Card:
        """What was predicted, what is right, and a sentence about each choice.

        Raises:
            NotPredictedError: nothing was predicted.
        """
        self.require(question)
        asked, said = self._question(question), self._progress["predictions"][question]
        chosen = f"{said['answer']}: {asked.choices[said['answer']]}" if asked.choices else said["answer"]
        lines = [f"because {said['because']}", *_answered(asked, said["answer"], self._book.told)]
        return Card(f"you said {chosen}", lines, "", "→")

    def explain(self) -> Card:
        """What the lesson was about, to compare with one's own words.

        Raises:
            NotPredictedError: a question is not predicted yet.
        """
        self.require()
        return Card("What this was about", [*self._aim(), *self._book.told.explain])

    def on_a_cluster(self) -> Card:
        """What the model leaves out, and the commands that show the same things on a real cluster.

        Raises:
            NotPredictedError: a question is not predicted yet.
        """
        self.require()
        return Card(
            "What this model leaves out, and a real cluster",
            self._book.told.left_out,
            self._book.told.commands,
        )

    def check(self, task: str, answer: str | Mapping[str, Any] = "") -> Card:
        """Judge an answer by what it does: YAML of the objects to add or change, or the values asked for."""
        asked = self._task(task)
        answer = _written(answer) or _model("tasks", task)
        if not answer:
            return Card(f"{task} ({asked.kind}): {asked.ask}", ["nothing handed in yet"], "", "?")
        found = self.judge(task, answer)
        if found is not None:
            lines = trace_lines(found.trace, __version__) if found.trace else ()
            shown = "\n".join(line.plain for line in lines)
            return Card(
                f"{task}: not yet", [asked.ask, found.message, f"a hint: lesson.hint({task!r})"], shown, "✕"
            )
        self._progress["solved"] = sorted({*self._progress["solved"], task})
        self._keep()
        return Card(f"{task}: solved", [], "", "✓")

    def judge(self, task: str, answer: str | Mapping[str, Any]) -> Complaint | None:
        """The first thing about an answer that does not hold; None: it is solved. It stores nothing."""
        asked = self._task(task)
        text, values = (answer, {}) if isinstance(answer, str) else ("", answer)
        try:
            handed = HandedIn(self.cluster(text, asked.given), values)
        except SimError as error:
            return Complaint(str(error))
        return next(complaints(asked, handed), None)

    def objects(self, *kinds: str, folder: str = "manifests") -> Card:
        """The lesson's objects as they are written, to read and to copy into an answer.

        Args:
            kinds: such as "Ingress"; none given: all of them.
            folder: the folder of the lesson to read.

        Raises:
            NotPredictedError: a question is not predicted yet.
        """
        self.require()
        files = sorted((self._folder / folder).glob("*.yaml"))
        texts = [text.strip() for file in files for text in file.read_text("utf-8").split("\n---\n")]
        chosen = [text for text in texts if not kinds or any(f"kind: {kind}\n" in text for kind in kinds)]
        return Card("As it was applied", [], "\n---\n".join(chosen))

    def hint(self, task: str) -> Card:
        """The next of three hints; the third says nearly everything."""
        hints = self._task(task).hints
        level = min(self._progress["hints"].get(task, 0) + 1, len(hints))
        self._progress["hints"][task] = level
        self._keep()
        return Card(f"hint {level} of {len(hints)} for {task}", [hints[level - 1]])

    def report(self) -> Card:
        """How far this lesson is done, and a line to hand to the teacher."""
        done = self._progress["solved"]
        tasks = [f"{t.id}: {'solved' if t.id in done else 'open'}" for t in self._book.tasks]
        lines = [*self._aim(), *tasks]
        return Card(self._book.title, lines, progress.code(self.name, self._progress))

    def _repr_html_(self) -> str:
        return self._card()._repr_html_()

    def __repr__(self) -> str:
        return repr(self._card())

    def _card(self) -> Card:
        book, predicted = self._book, len(self._predicted())
        solved = sum(task.id in self._progress["solved"] for task in book.tasks)
        predicted_of, solved_of = f"{predicted} of {len(book.questions)}", f"{solved} of {len(book.tasks)}"
        done = f"{predicted_of} questions predicted, {solved_of} tasks solved"
        return Card(f"{book.title} · {book.total_minutes} minutes", [*self._aim(), done])

    def _predicted(self) -> list[str]:
        """The questions that have an answer; the file may hold questions and choices that are gone."""
        stored = {name: said["answer"] for name, said in self._progress["predictions"].items()}
        asked = [q for q in self._book.questions if q.id in stored]
        return [q.id for q in asked if not q.choices or stored[q.id] in q.choices]

    def _aim(self) -> list[str]:
        """What the lesson is about, which answers its questions: told when all are predicted."""
        if len(self._predicted()) < len(self._book.questions):
            return ["predict first; what this is about is said when every question has your answer"]
        return [f"About: {self._book.told.goal}", f"Many believe: {self._book.told.misconception}"]

    def _question(self, name: str) -> Question:
        return _named(name, self._book.questions, "question")

    def _task(self, name: str) -> Task:
        return _named(name, self._book.tasks, "task")

    def _keep(self) -> None:
        progress.store(self.name, self._progress)


def lesson(name: str) -> Lesson:
    """Open a lesson.

    Args:
        name: its folder, or the name or number of a shipped one.

    Raises:
        UsageError: there is no such lesson; the message lists the shipped ones.
    """
    folder = _folder(name)
    if folder is None:
        raise UsageError(f"no lesson {name}; {there_are(name, lesson_names())}")
    file = str(folder / LESSON_FILE)
    return Lesson(folder, read_book(next(iter(documents(read_text(file), file)))))


def _folder(name: str) -> Path | None:
    if (Path(name) / LESSON_FILE).is_file():
        return Path(name)
    known = with_number(name, lesson_names())
    return find(known).parent if known else None


def _answered(asked: Question, chosen: str, told: Explanations) -> Iterator[str]:
    """What is said to a choice: of itself, of the right one, then of the others."""
    after, right = told.after.get(asked.id, {}), told.right.get(asked.id, "")
    if chosen != right and chosen in after:
        yield after[chosen]
    if right in after:
        it_is = ", as you said" if chosen == right else f": {asked.choices[right]}"
        yield f"It is {right}{it_is}. {after[right]}"
    others = [letter for letter in after if letter not in (chosen, right)]
    yield from (f"Not {letter} ({asked.choices[letter]}): {after[letter]}" for letter in others)


def _written(answer: str | Mapping[str, Any]) -> str | Mapping[str, Any]:
    """An answer, or nothing where a cell has only empty lines between its quotation marks."""
    return "" if isinstance(answer, str) and not answer.strip() else answer


def _named(name: str, parts: Iterable[Part], what: str) -> Part:
    by_id = {part.id: part for part in parts}
    return by_id[one_of(name, by_id, what)]


def _model(part: str, name: str) -> Any:
    """The model answer for a cell that is left empty: only a test, or a teacher, names a file of them."""
    file = os.environ.get(MODEL_ANSWERS)
    if not file:
        return ""
    value = next(iter(documents(read_text(file), file))).value
    return value.get(part, {}).get(name, "")
