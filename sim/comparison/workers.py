"""Who makes runs: this process, several processes of this machine, or the workers of a Dask cluster.

joblib hands runs out and brings their results back in order; what a run gives does not depend on who made it.
"""

import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

from sim import __version__
from sim.comparison.kept import kept
from sim.errors import InputError, UsageError
from sim.simulation.items import RunItem, Runs, RunsProgress, in_turn
from sim.simulation.result import Result

ALL_WORKERS = -1


def runs_on(jobs: int = 1, dask: str | None = None, folder: str | None = None) -> Runs:
    """A way to make runs.

    Args:
        jobs: processes of this machine; 1: this one alone.
        dask: address of the scheduler of a Dask cluster, such as `tcp://10.0.0.5:8786`, instead.
        folder: where each result is kept, and where those are taken from that are there.

    Raises:
        UsageError: both processes and a cluster are asked for.
    """
    if dask is not None and jobs != 1:
        raise UsageError("--jobs counts processes of this machine; with --dask the cluster's workers run")
    runs = in_turn if dask is None and jobs == 1 else _handed_out(jobs, dask)
    return runs if folder is None else kept(Path(folder), __version__, runs)


def _handed_out(jobs: int, dask: str | None) -> Runs:
    def runs(items: Sequence[RunItem], progress: RunsProgress | None = None) -> Iterator[Result]:
        joblib = _imported("joblib")
        with ExitStack() as held:
            if dask is not None:
                held.enter_context(_client(dask))
                held.enter_context(joblib.parallel_config("dask", n_jobs=ALL_WORKERS))
            workers = joblib.Parallel(n_jobs=None if dask else jobs, return_as="generator")
            results = workers(joblib.delayed(RunItem.run)(item) for item in items)
            held.callback(_closed, results)
            for place, result in enumerate(results):
                if progress is not None:
                    progress(place, 1, 1)
                yield result

    return runs


def _closed(results: Generator[Result]) -> None:
    """Stop handing out; what joblib says of runs that nobody waits for is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        results.close()


def _client(address: str) -> Any:
    try:
        return _imported("distributed").Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers at {address}: {error}") from None


def _imported(name: str) -> Any:
    """A library that only this needs.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        told = "pip install 'ingress-sim[sweep]'"
        raise UsageError(
            f"several processes or a cluster take {name}, which is not installed: {told}"
        ) from None
