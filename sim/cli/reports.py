"""Where an answer goes for a pipeline, beside what is printed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from sim.cli.completing import WRITTEN
from sim.cli.options import Command, together

if TYPE_CHECKING:
    from sim.report.ci.remarks import Report


def report_options(command: Command) -> Command:
    """Where the answer goes for a pipeline beside what is printed: `reports` is option -> file."""
    files = {
        "junit": "JUnit XML",
        "sarif": "SARIF 2.1.0",
        "markdown": "a Markdown table",
    }

    @functools.wraps(command)
    def with_reports(**given: Any) -> Any:
        return command(reports={name: path for name in files if (path := given.pop(name))}, **given)

    written = (
        click.option(f"--{name}", type=WRITTEN, metavar="FILE", help=f"Write it as {what} too.")
        for name, what in files.items()
    )
    annotated = click.option(
        "--github/--no-github",
        envvar="GITHUB_ACTIONS",
        help="Print annotations for GitHub's workflows; default where GITHUB_ACTIONS is set.",
    )
    return together(*written, annotated)(with_reports)


def write_reports(
    of: Callable[[Any], Report], found: Any, reports: Mapping[str, str], github: bool, output: str
) -> None:
    """Write the files of `report_options`, and print annotations: beside JSON or YAML on standard error.

    Args:
        of: makes the report of what was found, if anything is to be written.
    """
    if not reports and not github:
        return
    from sim.report.ci import FORMATS
    from sim.report.ci.github import github_lines
    from sim.report.files import write

    report = of(found)
    for name, path in reports.items():
        write(path, FORMATS[name](report))
    for line in github_lines(report) if github else ():
        click.echo(line, err=output != "text")
