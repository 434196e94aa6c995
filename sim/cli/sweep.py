"""The command `sim sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sim import __version__
from sim.cli.options import progress_bar, provider_option, replications_option, requests_option, seed_option
from sim.errors import UsageError


@click.command()
@click.argument("scenario")
@click.argument("over", metavar="KEY=a,b,c")
@click.option("--csv", "csv_file", metavar="FILE", help="Write a row per value and plan.")
@provider_option
@requests_option
@seed_option
@replications_option
def sweep(scenario: str, over: str, csv_file: str | None, **how: Any) -> int:
    """The comparison for each value of one key of a scenario: controller.replicas=1,2,4."""
    from sim import sweeping
    from sim.pricing import ALL
    from sim.report import sweep_lines, terminal

    if how["provider"] == ALL:
        raise UsageError("a sweep has one provider; sim compare --provider all asks every one")
    axis = sweeping.axis(over)
    with progress_bar() as progress:
        points = list(sweeping.sweep(scenario, axis, __version__, progress=progress, **how))
    rows = [(point.value, point.found) for point in points]
    terminal.show(sweep_lines.sweep_lines(".".join(axis.key), rows, scenario))
    if csv_file:
        _write(csv_file, sweeping.as_csv(axis, points))
    return 0


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {path}", err=True)
