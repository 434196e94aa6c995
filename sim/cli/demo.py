"""The command `sim demo`, the first minute: a trace, a chart and a page, each with its command."""

from pathlib import Path

import click

from sim import __version__
from sim.cli.completing import FILE
from sim.cli.options import progress_bar, save_chart, write_page
from sim.errors import UsageError
from sim.report.words.chart_kinds import MONEY_AND_LATENCY

URL = "http://fanout.example.com/foo"
REQUESTS, SHOWN = 3000, 300


@click.command(short_help="The first minute: a request, a comparison, a page.")
@click.option(
    "--out",
    default="sim-demo",
    show_default=True,
    type=FILE,
    metavar="DIR",
    help="Folder for what is made.",
)
@click.option("--open/--no-open", "opened", default=True, help="Open the page in the browser.")
def demo(out: str, opened: bool) -> int:
    """The first minute: a request explained, a comparison drawn, a run to step through.

    For example: sim demo --out first-minute
    """
    from sim.report.text import terminal

    folder = _made(out)
    _heading("1  Where does this request go, and why?", f"sim trace --scenario fanout {URL}")
    _trace()
    _heading("2  Nine load balancers, or one Ingress?", f"sim compare shop --chart {folder / 'compare.png'}")
    _compare(folder / "compare.png")
    _heading("3  Step through it", f"sim replay fanout --out {folder / 'replay.html'} --open")
    _replay(folder / "replay.html", opened)
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


def _heading(text: str, command: str) -> None:
    from rich.text import Text

    from sim.report.text import terminal

    terminal.show([Text(), Text(text, "bold"), Text(f"$ {command}", "dim")])


def _trace() -> None:
    from sim.analysis.trace import Client
    from sim.report.text import terminal
    from sim.routing import Request
    from sim.scenario.experiment import load_experiment

    experiment = load_experiment("fanout")
    found = Client(experiment.plan_to_run().cluster).trace(Request.parse(URL))
    out = terminal.console()
    terminal.show(terminal.trace_lines(found, __version__, ascii_only=terminal.is_ascii(out)), out)


def _compare(chart: Path) -> None:
    from sim.comparison.compare import compare
    from sim.report.text import compare as compare_lines
    from sim.report.text import terminal
    from sim.scenario.experiment import load_experiment

    experiment = load_experiment("shop")
    with progress_bar() as progress:
        found = compare(experiment, __version__, requests=REQUESTS, progress=progress)
    terminal.show(compare_lines.compare_lines(found, experiment.name))
    save_chart(found, MONEY_AND_LATENCY, str(chart))


def _replay(page: Path, opened: bool) -> None:
    from sim.api import replay

    with progress_bar() as progress:
        found = replay("fanout", requests=SHOWN, progress=progress)
    write_page(found.html(), str(page), opened)
