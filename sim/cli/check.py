"""The command `sim check`."""

from __future__ import annotations

import click

from sim import __version__
from sim.cli.options import output_format, show_json


@click.command()
@output_format
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def check(files: tuple[str, ...], output: str) -> int:
    """Unit tests for routes: every request of the files against its expectation."""
    from sim.checking import check_files
    from sim.report import pages, terminal

    results = check_files(files)
    if output == "json":
        show_json(
            {"schema": "sim.check/1", "results": [r.to_json() for r in results], "version": __version__}
        )
    else:
        terminal.show(pages.check_lines(results))
    return 0 if all(r.passed for r in results) else 1
