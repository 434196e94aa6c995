"""The command `sim check`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sim.cli.completing import FILE
from sim.cli.messages import say
from sim.cli.options import output_format, show, warn
from sim.cli.reports import report_options, write_reports
from sim.cli.strict import doubt, strict_option

if TYPE_CHECKING:
    from sim.analysis.check import Checked


@click.command()
@output_format
@report_options
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit status 1 if fewer of the rules are hit.",
)
@strict_option
@click.argument("files", type=FILE, metavar="FILE...", nargs=-1, required=True)
def check(files: tuple[str, ...], output: str, **how: Any) -> int:
    """Unit tests for routes: every request of the files against its expectation, and the rules they hit.

    For example: sim check routes.yaml --fail-under 90
    """
    from sim.analysis.check import check_files
    from sim.report.ci.remarks import of_check
    from sim.report.text.check import check_lines

    checked = check_files(files)
    if _refused(checked):
        return 2
    show(output, checked, check_lines(checked.results, checked.rules))
    write_reports(partial(of_check, strict=how["strict"]), checked, how["reports"], how["github"], output)
    rules = checked.rules
    share = 100 * sum(r.hit for r in rules) / len(rules) if rules else 100.0
    too_few = how["fail_under"] is not None and share < how["fail_under"]
    if too_few:
        say(f"sim: {share:.0f} % of the rules are hit, fewer than {how['fail_under']:g} %")
    doubtful = doubt(checked.unmodelled, how["strict"])
    return 1 if too_few or doubtful or not all(r.passed for r in checked.results) else 0


def _refused(checked: Checked) -> bool:
    """Say what is wrong with the manifests, and whether a request passes through it."""
    from sim.analysis.faults_on_the_way import faults_on_the_way

    wrong = False
    for one in checked.documents:
        found = {f: None for r in one.results for f in faults_on_the_way(one.manifests, r.trace)}
        warn(one.manifests, found)
        wrong = wrong or bool(found)
    return wrong
