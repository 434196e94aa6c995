"""What a command says beside its answer: on standard error, at most 80 columns, in any encoding.

A word is never broken, so that a path or a command can be copied whole.
"""

import shlex
import textwrap
from collections.abc import Iterable, Iterator

import click

from sim.cli.habits import HABITS
from sim.report.width import WIDTH


def say(text: str) -> None:
    """A message; what does not fit goes on below, indented."""
    from sim.manifests.decoding import printable_lines, without_command

    for line in printable_lines(text).splitlines():
        for row in _rows(line):
            click.echo(without_command(row), err=True)


def _rows(line: str) -> Iterator[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    yield from textwrap.wrap(
        line.lstrip(),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def say_command(said: str, words: Iterable[str]) -> None:
    """A command to be copied: what does not fit goes on below, after a backslash."""
    from sim.manifests.decoding import printable_lines

    rows = [said]
    for word in map(shlex.quote, words):
        if len(rows[-1]) + len(word) > WIDTH - len("  \\"):
            rows.append("  ")
        rows[-1] += f" {word}"
    click.echo(printable_lines(" \\\n".join(rows)), err=True)


def say_usage(error: click.UsageError) -> None:
    """What is wrong with the words of a command, how it is used, and where that is written."""
    said = f"sim: {error.format_message().rstrip('.')}"
    if error.ctx is None:
        say(said)
        return
    path, words = error.ctx.command_path, error.ctx.command.collect_usage_pieces(error.ctx)
    say("\n".join([said, f"  usage: {' '.join([path, *words])}", f"  fix: {_remedy(error, path)}"]))


def _remedy(error: click.UsageError, path: str) -> str:
    """What to type instead."""
    if isinstance(error, click.NoSuchOption) and error.option_name in HABITS:
        return HABITS[error.option_name]
    if isinstance(error, click.MissingParameter) and error.param and error.param.name == "scenario":
        shipped = f"{path} shop; a lesson: {path} 7; all shipped ones: docs/play.md"
        return f"{shipped}; your own: sim init -f MANIFESTS DIR"
    return f"{path} --help"
