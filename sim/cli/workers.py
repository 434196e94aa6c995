"""The options of commands whose runs others may make: processes, a cluster; and where results are kept."""

import functools
from collections.abc import Callable
from typing import Any

import click

from sim.cli.completing import FILE
from sim.cli.messages import say
from sim.cli.options import together

MOST_JOBS = 1024

_options = together(
    click.option(
        "--jobs",
        type=click.IntRange(1, MOST_JOBS),
        default=1,
        show_default=True,
        help="Processes that share the runs out.",
    ),
    click.option(
        "--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster whose workers make the runs."
    ),
    click.option(
        "--keep",
        type=FILE,
        metavar="DIR",
        help="Keep each run's result there; the same command goes on where it was stopped.",
    ),
)


def worker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `runs`: who makes its runs."""

    @functools.wraps(command)
    def with_runs(jobs: int, dask: str | None, keep: str | None, **others: Any) -> Any:
        from sim.comparison.workers import runs_on

        try:
            return command(runs=runs_on(jobs, dask, keep), **others)
        except KeyboardInterrupt:
            if keep:
                say(f"sim: stopped; what is done is kept in {keep}, and the same command goes on from there")
            raise

    return _options(with_runs)
