"""What a shell offers while a command is typed: the shell's own files, the shipped scenarios."""

import os

import click
from click.shell_completion import CompletionItem

from sim.errors import UsageError


class _FileName(click.ParamType):  # type: ignore[type-arg]
    """A name as it is given; whether it is there is asked where it is opened."""

    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type="file")]


class _Written(_FileName):
    """A file that a command will write: what cannot be written is said before anything runs."""

    def __init__(self, *endings: str) -> None:
        self._endings = endings

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself.

        Raises:
            UsageError: it ends otherwise, or no file can be written there.
        """
        if self._endings and not value.lower().endswith(self._endings):
            raise UsageError(f"{value}: pictures are PNG or SVG; end the name in .png or .svg")
        if why := _unwritable(value):
            raise UsageError(f"{value}: cannot be written: {why}")
        return value


def _unwritable(path: str) -> str:
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        return "it is a folder"
    if not os.path.isdir(folder):
        return f"there is no folder {folder}"
    return "" if os.access(path if os.path.exists(path) else folder, os.W_OK) else "permission denied"


FILE = _FileName()
WRITTEN = _Written()
PICTURE = _Written(".png", ".svg")


def scenario_names(
    _context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shipped scenarios that begin so, else folders."""
    from sim.scenario.experiment import shipped_scenarios

    shipped = [CompletionItem(name) for name in shipped_scenarios() if name.startswith(incomplete)]
    return shipped or [CompletionItem(incomplete, type="dir")]
