"""The command `sim demo`, the first minute: a request, a comparison and a page.

Each part is a command, shown and then run as it is shown: who types it again gets the same figures.
"""

import shlex
from pathlib import Path

import click

from sim.cli.completing import FILE
from sim.errors import UsageError

URL = "http://fanout.example.com/foo"


@click.command()
@click.option(
    "--out",
    default="sim-demo",
    show_default=True,
    type=FILE,
    metavar="DIR",
    help="Folder for what is made.",
)
@click.option("--open/--no-open", "opened", default=True, help="Open the page in the browser.")
@click.pass_context
def demo(context: click.Context, out: str, opened: bool) -> int:
    """The first minute: a request explained, a comparison drawn, a run to step through.

    For example: sim demo --out first-minute
    """
    from sim.report.text import terminal

    folder, sim = _made(out), context.find_root().command
    _show(sim, "1  Where does this request go, and why?", "trace", "--scenario", "fanout", URL)
    chart, page = str(folder / "compare.png"), str(folder / "replay.html")
    _show(sim, "2  Nine load balancers, or one Ingress?", "compare", "shop", "--chart", chart)
    then = ("--open",) if opened else ()
    _show(sim, "3  Step through it", "replay", "fanout", "--requests", "300", "--out", page, *then)
    terminal.show_text(["", "Your own: sim trace -f MANIFESTS URL · all commands: sim --help"])
    return 0


def _made(out: str) -> Path:
    """The folder, made if it is not there.

    Raises:
        UsageError: it cannot be made.
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror or error}") from None
    return folder


def _show(sim: click.Command, heading: str, *words: str) -> None:
    """A heading, a command, and what it prints."""
    from rich.text import Text

    from sim.report.text import terminal

    terminal.show([Text(), Text(heading, "bold"), Text(f"$ {shlex.join(['sim', *words])}", "dim")])
    sim.main([*words], prog_name="sim", standalone_mode=False, obj=words)
