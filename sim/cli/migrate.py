"""The command `sim migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.completing import FILE, WRITTEN
from sim.cli.messages import say
from sim.cli.names import name_option
from sim.cli.options import Files, controller_option, inputs, manifests_of, output_format, show, warn
from sim.cli.strict import strict_option
from sim.errors import UsageError
from sim.units import counted

if TYPE_CHECKING:
    from sim.analysis.migrate import Migrated

TARGET_NAMES, DEFAULT_TARGET = "sim.analysis.migrate:TARGETS", "sim.analysis.migrate:DEFAULT_TARGET"


@click.command()
@inputs
@name_option(
    "--to", "target", registry=TARGET_NAMES, what="target", default=DEFAULT_TARGET, help="Write for: {names}."
)
@controller_option("Who reads the Ingresses now: {names}.")
@click.option("--out", "folder", type=FILE, metavar="DIR", help="Write the objects here, never over a file.")
@click.option(
    "--report",
    type=WRITTEN,
    metavar="FILE",
    help="Write the report too: .md Markdown, .json JSON, else text.",
)
@output_format
@strict_option
def migrate(files: Files, namespace: str, target: str, output: str, **how: Any) -> int:
    """Write the Gateway API objects for these Ingresses, and prove them: the same requests, asked of both.

    The objects go to standard output and the report to standard error; with --out the objects go to files.

    For example: sim migrate -f manifests/ --out gateway/
    """
    from sim.analysis import migrate as analysis

    manifests = manifests_of(files, namespace)
    refused = [fault for fault in manifests.faults if fault.severity == "error"]
    warn(manifests, refused)
    controller = how["controller"]
    found = analysis.migrate(manifests, target, controller)
    status = found.status(how["strict"])
    if how["folder"] and status < 2:
        _write(found, how["folder"])
    if how["report"]:
        _report(found, how["report"], status)
    _show(found, status, output, how["folder"])
    return status


def _show(found: Migrated, status: int, output: str, folder: str | None) -> None:
    """The report; with the objects on standard output, on standard error."""
    from sim.report.text import terminal
    from sim.report.text.migrate import migrate_lines

    lines = list(migrate_lines(found, status))
    if output == "text" and not folder and status < 2:
        click.echo(found.written.text(), nl=False)
        terminal.show(lines, terminal.console(stderr=True))
    else:
        show(output, found, lines)


def _write(found: Migrated, folder: str) -> None:
    """All files, or none where one is there already.

    Raises:
        UsageError: one is, or it cannot be written.
    """
    from sim.report.files import write

    home = Path(folder)
    taken = [name for name in found.written.files if (home / name).exists()]
    if taken:
        raise UsageError(f"{home / taken[0]}: is there already; name a folder without it")
    try:
        for name in found.written.files:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            write(str(home / name), found.written.text(name))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: {getattr(error, 'strerror', None) or error}") from None
    say(f"wrote {folder}: {counted(len(found.written.files), 'file')}")


def _report(found: Migrated, path: str, status: int) -> None:
    """In the form that the name of the file asks for."""
    import json

    from sim.report.ci.migration import markdown
    from sim.report.files import write
    from sim.report.text.migrate import migrate_lines

    ending = Path(path).suffix.lower()
    if ending in (".md", ".markdown"):
        text = markdown(found)
    elif ending == ".json":
        text = json.dumps(found.to_json(), indent=2) + "\n"
    else:
        text = "".join(f"{line.plain}\n" for line in migrate_lines(found, status))
    write(path, text)
