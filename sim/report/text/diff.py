"""`sim diff` in the terminal: each kind of difference once, with both answers and their reasons."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from sim.analysis.diff import ChangedAnswer, answer_in_words, grouped, source, why
from sim.report.text.terminal import WIDTH, shortened, shortened_path
from sim.report.words.changes import change_in_words
from sim.routing import Trace
from sim.units import counted

_INDENT = 11
_ANSWER = WIDTH - _INDENT - 24
"""Columns of an answer; its place takes the rest."""


def diff_lines(found: Sequence[ChangedAnswer], asked: int, status: int) -> Iterator[Text]:
    """What differs, and how many requests were asked.

    Args:
        status: of the exit.
    """
    for difference, count in grouped(found):
        request = difference.request
        url = request.url if request.method == "GET" else f"{request.method} {request.url}"
        yield Text(shortened(url, WIDTH), "bold")
        if request.headers:
            headers = ", ".join(f"{k}: {v}" for k, v in request.headers.items())
            yield Text(shortened(f"  with {headers}", WIDTH))
        for name, trace, rows in zip(("old", "new"), difference.sides, _rows(difference), strict=True):
            yield Text(_head(name, trace))
            yield from map(Text, (*rows, *_wrapped("why ", why(trace))))
        if count > 1:
            yield Text(f"  and {count - 1} more requests that change alike", "dim")
        yield Text()
    kinds = len(grouped(found))
    some = f"{len(found)} of {asked} requests differ (of {counted(kinds, 'kind')})"
    yield Text(f"{some if found else f'no difference in {asked} requests'} · exit {status}", "dim")


def _head(name: str, trace: Trace) -> str:
    """An answer in one line, with the place that decides it."""
    place = shortened_path(source(trace), 22)
    return f"  {name:<9}{_answer(trace):<{_ANSWER + 1}} {place}".rstrip()


def _answer(trace: Trace) -> str:
    return shortened(answer_in_words(trace), _ANSWER)


def _rows(difference: ChangedAnswer) -> Iterator[list[str]]:
    """For each side what differs beside the answer; where both answers read alike, all that differs."""
    answers = [_answer(trace) for trace in difference.sides]
    beside = []
    for change in difference.changes:
        texts = change_in_words(change)
        read = all(v is None or t in a for v, t, a in zip(change.sides, texts, answers, strict=True))
        if answers[0] == answers[1] or not read:
            beside.append((change.name.replace("_", " "), texts))
    for side in (0, 1):
        yield [row for name, texts in beside for row in _wrapped(f"{name} ", texts[side])]


def _wrapped(label: str, text: str) -> list[str]:
    """A labelled text below an answer, as many lines as it takes."""
    margin = " " * _INDENT
    inside = margin + " " * min(len(label), 4)
    width = WIDTH - 2
    return textwrap.wrap(
        label + text, width, initial_indent=margin, subsequent_indent=inside, break_on_hyphens=False
    )
