"""Who may talk to whom, as lines of text: what `sim topology --policies` prints."""

import textwrap
from collections.abc import Iterable, Iterator

from sim.analysis.who_may_talk import Isolation, Port
from sim.manifests.decoding import printable
from sim.report.width import WIDTH
from sim.units import counted

_MOST_CALLERS = 12
"""Callers of one workload that are named before the rest is counted."""


def policy_lines(found: Iterable[Isolation]) -> Iterator[str]:
    """Each workload with its policies and its callers."""
    for one in found:
        yield printable(f"{one.title}  {counted(one.pods, 'Pod')}  {_shown(one.ports) or 'no port is known'}")
        yield from _direction("ingress", one.ingress)
        if one.ingress and one.ports:
            yield from _callers(one)
        yield from _direction("egress", one.egress)


def _direction(name: str, policies: tuple[str, ...]) -> Iterator[str]:
    said = f"policies: {', '.join(policies)}" if policies else "open, no policy selects it"
    yield from _wrapped(f"  {name:8}{said}", 10)


def _callers(one: Isolation) -> Iterator[str]:
    if not one.callers:
        yield "    from nobody but its own node"
    for caller in one.callers[:_MOST_CALLERS]:
        every = len(caller.ports) == len(one.ports) > 1
        yield from _wrapped(f"    from {caller.title}  {'every port' if every else _shown(caller.ports)}", 6)
    if len(one.callers) > _MOST_CALLERS:
        yield f"    and from {len(one.callers) - _MOST_CALLERS} more"


def _shown(ports: tuple[Port, ...]) -> str:
    return ", ".join(f"{number}/{protocol}" for number, protocol in ports)


def _wrapped(line: str, indent: int) -> Iterator[str]:
    """A line, cut at words; what cannot be printed is written out."""
    text, spaces = printable(line), len(line) - len(line.lstrip())
    yield from textwrap.wrap(text.strip(), WIDTH, initial_indent=" " * spaces, subsequent_indent=" " * indent)
