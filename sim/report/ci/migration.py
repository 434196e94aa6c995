"""A migration as Markdown, for the description of a pull request."""

from collections.abc import Iterator

from sim.analysis.diff import answer_in_words
from sim.analysis.migrate import Migrated
from sim.report.ci.markdown import MOST_ROWS, as_code, escaped
from sim.report.words.migration import asked_in_words, headline


def markdown(found: Migrated) -> str:
    """The answer, a table of differences with causes and choices, and one of what is not carried over."""
    return (
        "\n".join((f"### sim migrate: {escaped(headline(found))}", *_differences(found), *_left(found)))
        + "\n"
    )


def _differences(found: Migrated) -> Iterator[str]:
    if not found.unlike:
        return
    yield from ("", "| request | today | then | why | choices |", "|---|---|---|---|---|")
    for one, count in found.grouped[:MOST_ROWS]:
        more = f"<br>and {count - 1} more" if count > 1 else ""
        says = escaped(one.cause.says) if one.cause is not None else ""
        choices = "<br>".join(map(escaped, one.cause.choices)) if one.cause is not None else ""
        answers = (escaped(answer_in_words(trace)) for trace in (one.old, one.new))
        yield f"| {as_code(asked_in_words(one))}{more} | {' | '.join(answers)} | {says} | {choices} |"


def _left(found: Migrated) -> Iterator[str]:
    if not found.left:
        return
    yield from ("", "| not carried over | where | what changes | choices |", "|---|---|---|---|")
    for one in found.left[:MOST_ROWS]:
        choices = "<br>".join(map(escaped, one.choices))
        what = f"{escaped(one.what)} of {escaped(one.ingress)}"
        yield f"| {what} | {as_code(one.source)} | {escaped(one.changes)} | {choices} |"
