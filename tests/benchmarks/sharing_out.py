"""How well runs are shared out: `python tests/benchmarks/sharing_out.py`, on two cores that do nothing else.

Efficiency is the wall time of one process over two times that of two workers, for runs of about 20 ms; the start of
the workers is left out. Rounds in turns, medians with the least and the most.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from distributed import LocalCluster

from sim.comparison.compare import prepare
from sim.comparison.workers import runs_on
from sim.scenario.experiment import load_experiment
from sim.simulation.items import RunItem, Runs, in_turn
from sim.simulation.replications import Sampling

RUNS, ROUNDS, TASK_S, WORKERS = 200, 5, 0.020, 2


def items_of(requests: int, count: int) -> tuple[RunItem, ...]:
    """Replications of a shipped scenario."""
    experiment = load_experiment("shop")
    return prepare(experiment, experiment.plans()[:1], Sampling(count), requests=requests).study.items(
        0, count
    )


def wall_s(runs: Runs, items: tuple[RunItem, ...]) -> float:
    """Seconds until all results are there."""
    start = time.perf_counter()
    for _ in runs(items, None):
        pass
    return time.perf_counter() - start


def of_the_right_length() -> tuple[RunItem, ...]:
    """Runs that take about TASK_S each, here and today."""
    probe = items_of(1000, 10)
    wall_s(in_turn, probe)
    per_request_s = wall_s(in_turn, probe) / len(probe) / 1000
    return items_of(max(1, round(TASK_S / per_request_s)), RUNS)


def efficiencies() -> dict[str, list[float]]:
    """For each way to share out what each round gave."""
    items = of_the_right_length()
    with LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        ways: dict[str, Runs] = {
            "loky": runs_on(WORKERS),
            "dask": runs_on(1, cluster.scheduler_address),
        }
        for runs in ways.values():
            wall_s(runs, items[:4])
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            alone_s = wall_s(in_turn, items)
            for name, runs in ways.items():
                found[name].append(alone_s / (WORKERS * wall_s(runs, items)))
    return found


def main(shown: Callable[[str], None] = print) -> None:
    """Print a line for each way."""
    for name, values in efficiencies().items():
        shown(f"{name:6} {statistics.median(values):.2f}  ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
