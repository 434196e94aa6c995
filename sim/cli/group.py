"""The group that `sim` is: its commands in sections, in the order in which they are met, each in one line."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

READER_GONE = 141
"""128 + SIGPIPE: what a shell says of a program whose output nobody reads any more."""


class Sections(click.Group):
    """Commands under headings. A reader that goes away, such as `head`, ends a command in silence."""

    def __init__(self, sections: Mapping[str, Sequence[click.Command]], **attrs: Any) -> None:
        """Heading -> commands."""
        super().__init__(commands=[c for part in sections.values() for c in part], **attrs)
        self.sections = sections

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the sections."""
        return [c.name or "" for part in self.sections.values() for c in part]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A list for each section, its columns where those of the others are."""
        widest = max(map(len, self.list_commands(ctx)))
        for heading, part in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{c.name:<{widest}}", c.short_help or "") for c in part])

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        """As click does; help is shown here."""
        with _reader_may_go():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; a command runs here."""
        with _reader_may_go():
            return super().invoke(ctx)


@contextmanager
def _reader_may_go() -> Iterator[None]:
    """Leave with a status of its own; click would say 1, which means a finding here."""
    try:
        yield
    except BrokenPipeError:
        raise click.exceptions.Exit(READER_GONE) from None
