"""The command `sim init`."""

from __future__ import annotations

from collections.abc import Mapping

import click

from sim.cli.options import inputs, warn
from sim.errors import UsageError


@click.command()
@inputs
@click.option("--expose", multiple=True, metavar="NS/NAME", help="Also expose this Service.")
@click.argument("folder", metavar="DIR")
def init(files: tuple[str, ...], namespace: str, expose: tuple[str, ...], folder: str) -> int:
    """Write a scenario folder from manifests, with every assumption as a commented line."""
    from sim.drafting import draft

    made = draft(_contents(files), namespace, expose)
    _write(made.files, folder)
    warn(made.manifests)
    for note in made.notes:
        click.echo(f"sim: note: {note}", err=True)
    count = len(made.files) - 1
    click.echo(f"wrote {folder}: scenario.yaml and {count} manifest file{'s'[: count != 1]}", err=True)
    click.echo(f"next: sim compare {folder}", err=True)
    return 0


def _contents(paths: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """(name, content) of every file that -f names."""
    from sim.kustomize import kustomization_file
    from sim.loading import files_below, read_text

    if not paths:
        raise UsageError("no manifests; write for example: sim init -f manifests/ DIR")
    for path in paths:
        if path != "-" and kustomization_file(path) is not None:
            raise UsageError(f"{path}: build it first: kubectl kustomize {path} | sim init -f - DIR")
    return [(file, read_text(file)) for path in paths for file in files_below(path)]


def _write(files: Mapping[str, bytes], folder: str) -> None:
    """Write a new folder; nothing that is there is changed."""
    from pathlib import Path

    home = Path(folder)
    try:
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise UsageError(f"{folder}: is there already; name a folder that is new or empty")
        for name, raw in files.items():
            file = home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(raw)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: {getattr(error, 'strerror', None) or error}") from None
