"""The command `sim init`."""

import click

from sim.cli.completing import FILE
from sim.cli.folders import refuse_unbuilt, write_folder
from sim.cli.messages import say
from sim.cli.options import Files, controller_option, inputs, warn
from sim.cli.strict import doubt
from sim.errors import UsageError


@click.command()
@inputs
@click.option("--expose", multiple=True, metavar="NS/NAME", help="Also expose this Service.")
@controller_option("Controller profile of the scenario: {names}.")
@click.argument("folder", type=FILE, metavar="DIR")
def init(files: Files, namespace: str, expose: tuple[str, ...], controller: str | None, folder: str) -> int:
    """Write a scenario folder from manifests, with every assumption as a commented line.

    For example: sim init -f manifests/ mine && sim compare mine
    """
    from sim.scenario.write import draft

    made = draft(_contents(files), namespace, expose, controller=controller)
    write_folder(made, folder)
    warn(made.manifests)
    doubt(made.unmodelled)
    say(f"next: sim compare {folder}")
    return 0


def _contents(paths: Files) -> list[tuple[str, bytes]]:
    """(name, content) of every file that -f names."""
    from sim.manifests.reading.loading import files_below, read_text

    if not paths:
        raise UsageError("no manifests; write for example: sim init -f manifests/ DIR")
    refuse_unbuilt(paths, "sim init -f - DIR")
    return [(file, read_text(file)) for path in paths for file in files_below(path, paths.exclude)]
