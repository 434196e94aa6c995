"""What a shell offers while a command is typed: the shell's own files, the shipped scenarios."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


class _FileName(click.ParamType):  # type: ignore[type-arg]
    """A name as it is given; whether it is there is asked where it is opened."""

    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type="file")]


FILE = _FileName()


def scenario_names(
    _context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shipped scenarios that begin so, else folders."""
    from sim.scenario.experiment import shipped_scenarios

    shipped = [CompletionItem(name) for name in shipped_scenarios() if name.startswith(incomplete)]
    return shipped or [CompletionItem(incomplete, type="dir")]
