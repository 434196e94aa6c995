"""The command `sim inspect`."""

from functools import partial
from typing import Any

import click

from sim import __version__
from sim.cli.messages import say
from sim.cli.options import (
    controller_option,
    inputs,
    manifests_of,
    output_format,
    show_data,
)
from sim.cli.reports import report_options, write_reports


@click.command()
@inputs
@output_format
@controller_option("Controller profile that is taken to run: {names}.")
@report_options
@click.option("--strict", is_flag=True, help="Count what may change the answer as an error.")
def inspect(
    files: tuple[str, ...], namespace: str, output: str, controller: str | None, strict: bool, **how: Any
) -> int:
    """What is in here: routes, Services, load balancers; what is broken; what is not modelled.

    For example: helm template . | sim inspect -f -
    """
    from sim.analysis.inspect import inspect as look
    from sim.report.ci.remarks import of_inspection

    found = look(manifests_of(files, namespace), controller)
    if output != "text":
        show_data(output, found.to_json(__version__))
    else:
        from sim.report.text import terminal
        from sim.report.text.inspect import inspect_lines

        for note in found.manifests.notes:
            say(f"sim: note: {note}")
        out = terminal.console()
        terminal.show(inspect_lines(found, __version__, strict, terminal.is_ascii(out)), out)
    write_reports(partial(of_inspection, strict=strict), found, how["reports"], how["github"], output)
    return found.status(strict)
