"""The command `sim replay`."""

import click

from sim.cli.completing import FILE, scenario_names
from sim.cli.options import plans_option, progress_bar, requests_option, seed_option, write_page
from sim.cli.strict import doubt


@click.command()
@click.argument("scenario", shell_complete=scenario_names)
@click.option(
    "--out",
    default="replay.html",
    show_default=True,
    type=FILE,
    metavar="FILE",
    help="Page to write.",
)
@plans_option("{names}; two on one clock.")
@requests_option
@seed_option
@click.option("--remember", is_flag=True, help="Show what the proxies remember; a larger page.")
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
def replay(
    scenario: str,
    out: str,
    plans: tuple[str, ...],
    requests: int | None,
    seed: int | None,
    remember: bool,
    opened: bool,
) -> int:
    """The run as one self-contained page to step through.

    For example: sim replay fanout --out page.html --open
    """
    from sim.api import replay as recorded
    from sim.scenario.experiment import load_experiment

    experiment = load_experiment(scenario)
    with progress_bar() as progress:
        found = recorded(experiment, plans, seed, requests, progress, remember)
    write_page(found.html(), out, opened)
    return doubt(experiment.unmodelled)
