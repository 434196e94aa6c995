"""The options that say how often plans are run, of how many requests, and what of each run counts."""

from typing import Any

import click

from sim.cli.options import count_option, requests_option, seed_option, together
from sim.errors import InputError, UsageError
from sim.units import seconds


def _share(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """A share such as 2% or 0.02."""
    if value is None:
        return None
    try:
        share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise UsageError(f"--until {value}: must be a share of the mean latency, such as 2% or 0.02")
    return share


def _warm_up(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | str | None:
    """Seconds, or `auto`."""
    if value is None or value == "auto":
        return value
    try:
        warm_up_s = seconds(value)
    except InputError as error:
        raise UsageError(f"--warm-up: {error}") from None
    if warm_up_s < 0:
        raise UsageError(f"--warm-up {value}: must not be negative")
    return warm_up_s


run_options = together(
    requests_option,
    seed_option,
    count_option("--replications", 10_000, 1, "Number of independent runs; with --until, the most of them."),
    click.option(
        "--until",
        metavar="SHARE",
        callback=_share,
        help="Add runs until half the 95 % interval of the mean is below this share of it, such as 2%.",
    ),
    click.option(
        "--warm-up",
        metavar="TIME",
        callback=_warm_up,
        help="Leave out what is sent before, such as 5s; auto: found by MSER-5, as for several runs.",
    ),
)


def bounded(how: dict[str, Any]) -> dict[str, Any]:
    """The options as arguments: with `until` and no number, as many runs as it may take at most."""
    from sim.simulation.replications import MOST

    most = MOST if how["until"] is not None and how["replications"] == 1 else how["replications"]
    return how | {"replications": most}
