"""`sim migrate` in the terminal: how many requests answer alike, each cause once, what is left out."""

import textwrap
from collections.abc import Iterable, Iterator

from rich.text import Text

from sim.analysis.diff import answer_in_words, source, why
from sim.analysis.migrate import Migrated, Unlike
from sim.plans.migration import LeftOut
from sim.report.text.terminal import shortened, shortened_path
from sim.report.width import WIDTH
from sim.report.words.changes import change_in_words
from sim.report.words.migration import asked_in_words, headline, left_in_words
from sim.routing import Trace
from sim.units import counted

_INDENT = 9
_ANSWER = WIDTH - _INDENT - 24
_MOST_ROWS = 20


def migrate_lines(found: Migrated, status: int) -> Iterator[Text]:
    """The answer first, then each difference with its cause and choices, then what is not carried over.

    Args:
        status: of the exit.
    """
    yield Text(headline(found), "bold")
    yield Text()
    for number, (one, count) in enumerate(found.grouped, 1):
        yield from _difference(number, one, count)
        yield Text()
    yield from _left(found.left)
    yield from _also(found)
    files = counted(len(found.written.files), "file")
    yield Text(f"{counted(len(found.written.objects), 'object')} in {files} · exit {status}", "dim")


def _difference(number: int, one: Unlike, count: int) -> Iterator[Text]:
    says = one.cause.says if one.cause is not None else "Answered otherwise; both reasons:"
    yield from map(Text, _wrapped(f"{number}. ", f"{says} ({counted(count, 'request')})", ""))
    yield Text(shortened(f"   {asked_in_words(one)}", WIDTH))
    for name, trace in (("old", one.old), ("new", one.new)):
        yield Text(_row(name, trace))
        if one.cause is None:
            yield from map(Text, _wrapped("why ", why(trace), " " * _INDENT))
    yield from map(Text, _beside(one))
    for choice in one.cause.choices if one.cause is not None else ():
        yield from map(Text, _wrapped("- ", choice, "   "))


def _row(name: str, trace: Trace) -> str:
    place = shortened_path(source(trace), 22)
    return f"   {name:<6}{shortened(answer_in_words(trace), _ANSWER):<{_ANSWER + 1}} {place}".rstrip()


def _beside(one: Unlike) -> Iterator[str]:
    """What differs, where the answers read alike."""
    if answer_in_words(one.old) == answer_in_words(one.new):
        for change in one.changes:
            old, new = change_in_words(change)
            yield from _wrapped(f"{change.name.replace('_', ' ')}: ", f"{old}; new: {new}", " " * _INDENT)


def _left(left: Iterable[LeftOut]) -> Iterator[Text]:
    rows = list(left)
    if not rows:
        return
    yield Text("Not carried over", "bold")
    for one in rows[:_MOST_ROWS]:
        yield from map(Text, _wrapped("", left_in_words(one), "   "))
        for choice in one.choices:
            yield from map(Text, _wrapped("- ", choice, "     "))
    if len(rows) > _MOST_ROWS:
        yield Text(f"   and {len(rows) - _MOST_ROWS} more: -o json lists them", "dim")
    yield Text()


def _also(found: Migrated) -> Iterator[Text]:
    """Ingresses that nobody reads, and what is not modelled."""
    if found.written.unread:
        keys = ", ".join(found.written.unread)
        yield from map(Text, _wrapped("Not migrated, for no controller reads it: ", keys, ""))
    for one in found.unmodelled[:_MOST_ROWS]:
        yield from map(Text, _wrapped("Not compared, for it is not modelled: ", one.what, ""))
    if found.written.unread or found.unmodelled:
        yield Text()


def _wrapped(label: str, text: str, margin: str) -> list[str]:
    inside = margin + " " * min(len(label), 4)
    return textwrap.wrap(
        label + text, WIDTH, initial_indent=margin, subsequent_indent=inside, break_on_hyphens=False
    )
