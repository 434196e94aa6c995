"""The command `sim check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sim import __version__
from sim.cli.completing import FILE
from sim.cli.messages import say
from sim.cli.options import output_format, show_json, warn
from sim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analysis.check import CheckResult
    from sim.analysis.checking import Checked
    from sim.analysis.rule_use import RuleUse


@click.command(short_help="Unit tests for routes: requests and answers, in a file.")
@output_format
@click.option("--junit", "file", type=FILE, metavar="FILE", help="Write the results as JUnit XML too.")
@click.option(
    "--github/--no-github",
    envvar="GITHUB_ACTIONS",
    help="Annotate files as GitHub's workflows show it; by itself where GITHUB_ACTIONS is set.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit status 1 if fewer of the rules are hit.",
)
@click.argument("files", type=FILE, metavar="FILE...", nargs=-1, required=True)
def check(files: tuple[str, ...], output: str, **how: Any) -> int:
    """Unit tests for routes: every request of the files against its expectation, and the rules they hit.

    For example: sim check routes.yaml --fail-under 90
    """
    from sim.analysis.checking import check_files, rules_of

    checked = check_files(files)
    if _refused(checked):
        return 2
    results, rules = [r for one in checked for r in one.results], rules_of(checked)
    if how["file"]:
        _write_junit(how["file"], results, rules)
    _show(results, rules, output, how["github"])
    share = 100 * sum(r.hit for r in rules) / len(rules) if rules else 100.0
    too_few = how["fail_under"] is not None and share < how["fail_under"]
    if too_few:
        say(f"sim: {share:.0f} % of the rules are hit, fewer than {how['fail_under']:g} %")
    return 1 if too_few or not all(r.passed for r in results) else 0


def _refused(checked: Sequence[Checked]) -> bool:
    """Say what is wrong with the manifests, and whether a request passes through it."""
    from sim.analysis.faults_on_the_way import faults_on_the_way

    wrong = False
    for one in checked:
        found = {f: None for r in one.results for f in faults_on_the_way(one.manifests, r.trace)}
        warn(one.manifests, found)
        wrong = wrong or bool(found)
    return wrong


def _write_junit(path: str, results: Sequence[CheckResult], rules: Sequence[RuleUse]) -> None:
    from pathlib import Path

    from sim.report.text.ci import junit

    try:
        Path(path).write_text(junit(results, rules), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--junit {path}: {error.strerror}") from None


def _show(results: Sequence[CheckResult], rules: Sequence[RuleUse], output: str, github: bool) -> None:
    from sim.report.text import ci, terminal
    from sim.report.text.check import check_lines

    if output == "json":
        show_json(as_json(results, rules))
    else:
        terminal.show(check_lines(results, rules))
    for line in ci.github_lines(results, rules) if github else ():
        click.echo(line, err=output == "json")


def as_json(results: Sequence[CheckResult], rules: Sequence[RuleUse]) -> dict[str, Any]:
    """The published form, schema sim.check/1."""
    return {
        "schema": "sim.check/1",
        "results": [r.to_json() for r in results],
        "rules": {
            "total": len(rules),
            "hit": sum(r.hit for r in rules),
            "not_hit": [r.to_json() for r in rules if not r.hit and not r.unreachable],
            "unreachable": [r.to_json() for r in rules if r.unreachable],
        },
        "version": __version__,
    }
