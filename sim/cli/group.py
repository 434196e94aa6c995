"""The group that `sim` is: its commands in sections, in the order in which they are met, each in one line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

import click

READER_GONE = 141
"""128 + SIGPIPE: what a shell says of a program whose output nobody reads any more."""


class Listed(NamedTuple):
    """What help says of a command before anybody calls it.

    Args:
        module: of `sim.cli` that has it; empty: the one of its name.
    """

    says: str
    module: str = ""


class Sections(click.Group):
    """Commands under headings. A reader that goes away, such as `head`, ends a command in silence."""

    def __init__(self, sections: Mapping[str, Mapping[str, Listed]], **attrs: Any) -> None:
        """Heading -> name -> what is listed of a command."""
        super().__init__(**attrs)
        self.sections = sections

    @property
    def names(self) -> list[str]:
        """Of the commands in sections, in their order."""
        return [name for part in self.sections.values() for name in part]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the sections."""
        return self.names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name, those that no list has too; None: there is none."""
        return super().get_command(ctx, cmd_name) or (
            self.listed(cmd_name) if cmd_name in self.names else None
        )

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, which knows no command before it is loaded, and so none that a word comes near."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            near = get_close_matches(args[0], (*self.names, *self.commands))
            meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")

    def listed(self, name: str) -> click.Command:
        """A command that stands in a section; its module is loaded now."""
        module = next(part[name].module for part in self.sections.values() if name in part) or name
        found = getattr(import_module(f"sim.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A list for each section, its columns where those of the others are."""
        widest = max(map(len, self.names))
        for heading, part in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{widest}}", one.says) for name, one in part.items()])

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
