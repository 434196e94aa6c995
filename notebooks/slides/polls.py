"""A poll slide for every question of every lesson: what is asked, the choices, and room to count hands. No answer.

A task that asks for a prediction, value by value, has one too, with an empty box for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.patches import Circle

from sim.lessons import lesson_names
from sim.lessons.book import Book, Question, Task, read_book
from sim.lessons.lesson import LESSON_FILE
from sim.manifests.reading.loading import documents, read_text
from sim.report.charts.picture import MARGIN, Picture, sheet
from sim.report.charts.shapes import PAGE_HEIGHT, Canvas, Spot
from sim.report.theme import NOTE, SUBTITLE
from sim.scenario.experiment import find
from slides.kit import RIGHT

ASK, CHOICE = 22.0, 19.0
"""Points of the question, and of a choice."""
_TOP, _BOTTOM, _VOTES = 84.0, PAGE_HEIGHT - 50, 96.0
NOTHING_SHOWN = "Vote before anything is shown. A wrong answer costs nothing."


def book_of(name: str) -> Book:
    """What the file of a shipped lesson says."""
    file = str(find(name).with_name(LESSON_FILE))
    return read_book(next(iter(documents(read_text(file), file))))


def polls(theme: str = "light") -> Iterator[tuple[str, Picture]]:
    """Every question: the name of its slide, and the slide."""
    for name in lesson_names():
        book, number = book_of(name), name.partition("-")[0]
        where = f"Lesson {int(number)} · {book.title}"
        for question in book.questions:
            yield f"{number}-{question.id}", poll(where, book, question, theme)
        for task in book.tasks:
            if task.kind == "predict":
                yield f"{number}-{task.id}", blanks(f"{where} · to fill in", task, theme)


def poll(lesson: str, book: Book, question: Question, theme: str) -> Picture:
    """The slide of a question."""
    where = f"{lesson} · question {book.questions.index(question) + 1} of {len(book.questions)}"
    with sheet("slide", theme) as page:
        canvas = Canvas(page)
        canvas.text(MARGIN, 40, where, SUBTITLE, "ink2")
        y = _bold_lines(canvas, question.ask)
        _choices(canvas, dict(question.choices) or {"": ""}, y + 12)
        canvas.text(MARGIN, PAGE_HEIGHT - 22, NOTHING_SHOWN, NOTE, "ink2")
    choices = "; ".join(f"{letter}: {text}" for letter, text in question.choices.items())
    alt = f"{where}. {question.ask} {choices or 'Answer in your own words'}. {NOTHING_SHOWN}"
    return Picture(page.figure, where, alt)


def blanks(where: str, task: Task, theme: str) -> Picture:
    """The slide of a task that is a prediction: a row and an empty box for each value."""
    with sheet("slide", theme) as page:
        canvas = Canvas(page)
        canvas.text(MARGIN, 40, where, SUBTITLE, "ink2")
        top = _bold_lines(canvas, task.ask) + 8
        step = min(58.0, (_BOTTOM - top) / len(task.values))
        for number, name in enumerate(task.values):
            y = top + step * (number + 0.5)
            canvas.text(MARGIN, y, name, CHOICE, bold=True)
            canvas.box(Spot(MARGIN + 260, y - step / 2 + 5, RIGHT - MARGIN - 260, step - 10), f"for {name}", 6, dash="--")
        canvas.text(MARGIN, PAGE_HEIGHT - 22, NOTHING_SHOWN, NOTE, "ink2")
    return Picture(page.figure, where, f"{where}. {task.ask} {'; '.join(task.values)}. {NOTHING_SHOWN}")


def _bold_lines(canvas: Canvas, words: str) -> float:
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and canvas.width_of(longer, ASK, True) <= RIGHT - MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    for number, line in enumerate(lines):
        canvas.text(MARGIN, _TOP + 31 * number, line, ASK, bold=True)
    return _TOP + 31 * len(lines) - 10


def _choices(canvas: Canvas, choices: dict[str, str], top: float) -> None:
    """A row for each: its letter, what it says, and an empty box for the votes."""
    step = min(86.0, (_BOTTOM - top) / len(choices))
    for number, (letter, text) in enumerate(choices.items()):
        y = top + step * (number + 0.5)
        box = Spot(RIGHT - _VOTES, y - min(27, step / 2 - 5), _VOTES, min(54, step - 10))
        canvas.box(box, f"votes for {letter}", 6, dash="--")
        left = MARGIN
        if letter:
            look = {"fc": canvas.colour("page"), "ec": canvas.colour("ink"), "lw": canvas.page.to_scale(2), "label": letter}
            canvas.add(Circle((MARGIN + 18, y), 17, **look))
            canvas.text(MARGIN + 18, y, letter, CHOICE, bold=True, align="center")
            left += 52
        lines = canvas.page.wrapped(text, box.left - 24 - left, CHOICE)
        for row, line in enumerate(lines):
            canvas.text(left, y + 27 * (row - (len(lines) - 1) / 2), line, CHOICE)

