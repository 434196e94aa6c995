"""`sim rollout` in the terminal: whether requests fail, who ended them, which delay rules, what to write."""

import textwrap
from collections.abc import Iterator

from rich.text import Text

from sim.comparison.rollout_answer import SEEDS, Rollout, Rollouts
from sim.report.width import WIDTH
from sim.report.words import rollout as words
from sim.report.words.failed import failure_lines

_INDENT = 10


def rollouts_lines(found: Rollouts) -> Iterator[Text]:
    """One workload after the other, then what was left out."""
    for number, one in enumerate(found.rollouts):
        yield from (Text(),) * min(number, 1)
        yield from rollout_lines(one)
    yield from (Text(),) * bool(found.rollouts and found.left_out)
    for key, because in found.left_out:
        yield from _block("left out", f"{key}: {because}")


def rollout_lines(found: Rollout) -> Iterator[Text]:
    """The answer first, then who, why and what to change, then what is assumed."""
    yield Text.assemble((f"roll-out of {found.workload}", "bold"), f"  plan {found.plan}")
    mark = ("✕ fails", "red bold") if found.fails else ("● does not fail", "green bold")
    yield from _answer(mark, words.answer(found))
    yield Text()
    if found.fails:
        yield from map(Text, failure_lines(found.as_is.failed.to_json(), len(SEEDS)))
        yield Text()
        yield from _block("why", words.why(found))
        yield from _block("fix", words.fix(found))
        if found.hook is not None:
            yield from _block("patch", _patch(found))
            yield from _block("versions", words.versions(found.hook))
    if said := words.retries(found.retries):
        yield from _block("retries", said)
    for route, end in found.broken:
        yield from _block("broken", f"{route} fails without a roll-out too ({end}); it got no requests")
    for one in found.assumptions:
        yield from _block("assumed", one.what)


def _answer(mark: tuple[str, str], says: str) -> Iterator[Text]:
    first, *more = textwrap.wrap(says, WIDTH - len(mark[0]) - 2)
    yield Text.assemble(mark, f"  {first}")
    yield from (Text(f"{' ' * (len(mark[0]) + 2)}{line}") for line in more)


def _patch(found: Rollout) -> str:
    if found.hook is not None and found.hook.patch:
        called = "sim rollout --patch with the same options, into patch"
        if found.hook.patch.startswith(("--- /", "--- ../", "--- -\n")):
            return f"{called} FILE: patch -p0 finds no file outside the folder that it is called in"
        return f"{called} -p0"
    return "none: these files, or the hook that is there, cannot be changed in place; write it by hand"


def _block(name: str, says: str) -> Iterator[Text]:
    lines = textwrap.wrap(says, WIDTH - _INDENT, break_on_hyphens=False)
    return (Text(f"{name if n == 0 else '':<{_INDENT}}{line}") for n, line in enumerate(lines))
