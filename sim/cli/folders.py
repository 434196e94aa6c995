"""Scenario folders, as `sim init` and `sim compare --write-scenario` write them: new, never over others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.messages import say
from sim.errors import UsageError
from sim.units import counted

if TYPE_CHECKING:
    from sim.scenario.write import Draft


def refuse_unbuilt(paths: Iterable[str], command: str) -> None:
    """Refuse kustomize folders: what is copied has to be what was read.

    Args:
        command: that reads the built manifests from standard input.

    Raises:
        UsageError: one of the paths is such a folder.
    """
    from sim.manifests.reading.kustomize import kustomization_file

    for path in paths:
        if path != "-" and kustomization_file(path) is not None:
            raise UsageError(f"{path}: build it first: kubectl kustomize {path} | {command}")


def refuse_taken(folder: str) -> None:
    """Refuse a folder that holds something.

    Raises:
        UsageError: it does, or it is none.
    """
    home = Path(folder)
    try:
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise UsageError(f"{folder}: is there already; name a folder that is new or empty")
    except (OSError, ValueError) as error:
        raise _cannot(folder, error) from None


def write_folder(made: Draft, folder: str) -> None:
    """Write a new folder, and say so; nothing that is there is changed.

    Raises:
        UsageError: it holds something, or it cannot be written.
    """
    refuse_taken(folder)
    from sim.report.files import write

    home = Path(folder)
    was_there = home.exists()
    try:
        for name, raw in made.files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            write(str(home / name), raw)
    except (OSError, ValueError, UsageError) as error:
        _take_away(home, was_there)
        raise error if isinstance(error, UsageError) else _cannot(folder, error) from None
    for note in made.notes:
        say(f"sim: note: {note}")
    say(f"wrote {folder}: scenario.yaml and {counted(len(made.files) - 1, 'manifest file')}")


def _take_away(home: Path, stays: bool) -> None:
    """Remove the half of a folder that could be written; it was new or empty."""
    import shutil

    for part in sorted(home.iterdir()) if home.is_dir() else ():
        shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)
    if home.is_dir() and not stays:
        home.rmdir()


def _cannot(folder: str, error: Exception) -> UsageError:
    return UsageError(f"{folder}: {getattr(error, 'strerror', None) or error}")
