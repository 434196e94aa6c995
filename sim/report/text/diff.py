"""`sim diff` in the terminal: each kind of difference once, with both answers and their reasons."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from sim.analysis.diff import Difference, grouped, said, source, why
from sim.report.text.terminal import WIDTH, shortened, shortened_path
from sim.routing import Trace
from sim.units import counted

_INDENT = 11


def diff_lines(found: Sequence[Difference], asked: int, status: int) -> Iterator[Text]:
    """What differs, and how many requests were asked.

    Args:
        status: of the exit.
    """
    for difference, count in grouped(found):
        request = difference.request
        url = request.url if request.method == "GET" else f"{request.method} {request.url}"
        yield Text(shortened(url, WIDTH), "bold")
        if request.headers:
            yield Text(
                shortened("  with " + ", ".join(f"{k}: {v}" for k, v in request.headers.items()), WIDTH)
            )
        yield from _answer("old", difference.old)
        yield from _answer("new", difference.new)
        if count > 1:
            yield Text(f"  and {count - 1} more requests that change alike", "dim")
        yield Text()
    kinds = len(grouped(found))
    told = (
        f"{len(found)} of {asked} requests differ (of {counted(kinds, 'kind')})"
        if found
        else f"no difference in {asked} requests"
    )
    yield Text(f"{told} · exit {status}", "dim")


def _answer(name: str, trace: Trace) -> Iterator[Text]:
    place = shortened_path(source(trace), 22)
    yield Text(
        f"  {name:<9}{shortened(said(trace), WIDTH - _INDENT - 24):<{WIDTH - _INDENT - 23}} {place}".rstrip()
    )
    wrapped = textwrap.wrap(why(trace), WIDTH - _INDENT - 6)
    yield from (Text(" " * _INDENT + ("why " if i == 0 else "    ") + line) for i, line in enumerate(wrapped))
