"""`sim diff` in the terminal: each kind of difference once, with both answers and their reasons."""

import textwrap
from collections.abc import Iterator

from rich.text import Text

from sim.analysis.diff import ChangedAnswer, Differences, answer_in_words, grouped, source, why
from sim.report.text.terminal import outcome_lines, shortened, shortened_path
from sim.report.width import WIDTH
from sim.report.words.changes import change_in_words
from sim.report.words.ends import outcomes_in_words
from sim.report.words.unmodelled import line_of
from sim.routing import Trace
from sim.routing.unmodelled import may_change
from sim.units import counted

_INDENT = 11
_ANSWER = WIDTH - _INDENT - 24
"""Columns of an answer; its place takes the rest."""

_MOST_ROWS = 20
"""Things that cannot be compared, as many as are listed."""


def diff_lines(compared: Differences, status: int) -> Iterator[Text]:
    """What differs, what cannot be compared, and how many requests were asked.

    Args:
        status: of the exit.
    """
    for difference, count in grouped(compared.found):
        request = difference.request
        url = request.url if request.method == "GET" else f"{request.method} {request.url}"
        yield Text(shortened(url, WIDTH), "bold")
        if request.headers:
            headers = ", ".join(f"{k}: {v}" for k, v in request.headers.items())
            yield Text(shortened(f"  with {headers}", WIDTH))
        for name, trace, rows in zip(compared.names, difference.sides, _rows(difference), strict=True):
            yield Text(_head(name, trace))
            yield from map(Text, rows)
            yield from outcome_lines(trace.final, _INDENT)
            yield from map(Text, _wrapped("why ", why(trace)))
        if count > 1:
            more = "request that changes" if count == 2 else "requests that change"
            yield Text(f"  and {count - 1} more {more} alike", "dim")
        yield Text()
    yield from _not_compared(compared)
    yield Text(f"{_counts(compared)} · exit {status}", "dim")


def _counts(compared: Differences) -> str:
    """How many requests differ; where something cannot be compared, nobody knows that none does."""
    found, asked = compared.found, compared.asked
    if found:
        does = "differs" if len(found) == 1 else "differ"
        kinds = counted(len(grouped(found)), "kind")
        return f"{len(found)} of {counted(asked, 'request')} {does} (of {kinds})"
    if any(compared.not_compared):
        does = "answers" if asked == 1 else "answer"
        return f"{counted(asked, 'request')} {does} alike as far as the model reaches"
    alike = len(may_change(compared.unmodelled[0]))
    besides = f"; {counted(alike, 'thing')} not modelled, alike on both sides" if alike else ""
    return f"no difference in {counted(asked, 'request')}{besides}"


def _not_compared(compared: Differences) -> Iterator[Text]:
    """What may change an answer, is not modelled, and does not stand alike on both sides."""
    sides = zip(("old", "new"), compared.not_compared, strict=True)
    rows = [(side, one) for side, found in sides for one in found]
    if not rows:
        return
    yield Text("Not compared: it may change answers, is not modelled, and differs", "bold")
    for side, one in rows[:_MOST_ROWS]:
        place = shortened_path(line_of(one.source), 22)
        first, *more = textwrap.wrap(one.what, _ANSWER, break_on_hyphens=False)
        yield Text(f"  {side:<9}{first:<{_ANSWER + 1}} {place}".rstrip())
        yield from (Text(f"{' ' * _INDENT}{line}") for line in more)
    if len(rows) > _MOST_ROWS:
        yield Text(f"  and {len(rows) - _MOST_ROWS} more: -o json lists them", "dim")
    yield Text()


def _head(name: str, trace: Trace) -> str:
    """An answer in one line, with the place that decides it."""
    place = shortened_path(source(trace), 22)
    return f"  {name:<9}{_answer(trace):<{_ANSWER + 1}} {place}".rstrip()


def _answer(trace: Trace) -> str:
    return shortened(answer_in_words(trace), _ANSWER)


def _rows(difference: ChangedAnswer) -> Iterator[list[str]]:
    """For each side what differs beside the answer; where both answers read alike, all that differs."""
    answers = [_answer(trace) for trace in difference.sides]
    ends = [list(outcomes_in_words(trace.final)) for trace in difference.sides]
    told = {"outcomes", "mirrors"} if ends[0] != ends[1] else set()
    beside = []
    for change in (c for c in difference.changes if c.name not in told):
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
