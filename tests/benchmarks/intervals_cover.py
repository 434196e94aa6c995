"""How often the product's 95 % intervals hold the truth: `python tests/benchmarks/intervals_cover.py [FILE] [SHARE]`.

Each experiment is made anew thousands of times, as a user makes it: some runs that begin empty, what is left out
found, figures and intervals by the functions that `sim run` uses. A single queue, M/M/1, is run by Lindley's
recursion, and its truth is exact; `shop` is run by the engine `fast`, and its truth comes from 20,000,000
requests.
Then `python tests/records.py` writes docs/statistics.md. SHARE makes a part of the experiments only.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim import __version__
from sim.scenario.experiment import load_experiment
from sim.simulation.design import compile_design
from sim.simulation.engines import replication_seed, run
from sim.simulation.intervals import Interval
from sim.simulation.pooled import KNOWN, QUANTILES, Load, Sample
from sim.simulation.replications import Sampling, Study
from sim.simulation.warm_up import find_warm_up

Floats = NDArray[np.float64]

RECORD = Path(__file__).parents[2] / "docs" / "records" / "statistics.json"
LOADS = (0.7, 0.9)
STUDIES = ((5, 5_000), (20, 1_000), (5, 300))
"""Runs of an experiment, and requests of each."""
QUEUES, SHOPS = 2_000, 400
"""How often each experiment is made anew."""
TRUTH_RUNS = 4_000
"""Runs of `shop`, as long as the longest here, that its truth comes from."""
_AT_ONCE = 1_000_000
"""Requests of single queues that are run side by side."""
_BIN_S, _BINS = 1e-5, 500_000
_SHOP_WARM_UP_S = 6.0


@dataclass
class Tally:
    """What became of one figure in one experiment.

    Args:
        printed: how often there was an interval. covered: how often it held the truth.
        widths: of each, as a share of the truth.
    """

    printed: int = 0
    covered: int = 0
    widths: list[float] = field(default_factory=list)

    def add(self, interval: Interval | None, truth: float) -> None:
        """One more time."""
        if interval is not None:
            self.printed += 1
            self.covered += interval.low <= truth <= interval.high
            self.widths.append((interval.high - interval.low) / truth)

    def to_json(self, times: int) -> dict[str, float | None]:
        """As shares; None: it never had an interval."""
        there = self.printed > 0
        return {
            "printed": self.printed / times,
            "covered": round(self.covered / self.printed, 4) if there else None,
            "width": float(f"{np.median(self.widths):.3g}") if there else None,
        }


def queue_truth(load: float) -> dict[str, float]:
    """Time in an M/M/1 system, in service times: it is exponential."""
    mean = 1 / (1 - load)
    return {"mean": mean} | {name: -log(1 - p) * mean for name, p in QUANTILES.items()}


def queues(load: float, requests: int, count: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Queues that begin empty, by Lindley's recursion: when requests come, how long each takes, its service.

    Returns:
        Arrays of shape (count, requests), in mean service times.
    """
    stream = np.random.default_rng(seed)
    service = stream.exponential(1.0, (requests, count))
    gaps = stream.exponential(1 / load, (requests, count))
    waiting, sojourn = np.zeros(count), np.empty((requests, count))
    for n in range(requests):
        if n:
            waiting = np.maximum(0.0, waiting + service[n - 1] - gaps[n])
        sojourn[n] = waiting + service[n]
    return gaps.cumsum(axis=0).T, sojourn.T, service.T


def queue_samples(load: float, runs: int, requests: int, times: int) -> Iterator[Sample]:
    """An experiment with one queue, made anew."""
    at_once = max(1, _AT_ONCE // (runs * requests))
    for begin in range(0, times, at_once):
        count = min(at_once, times - begin)
        found = queues(load, requests, count * runs, 1_000_000 * requests + begin)
        for n in range(count):
            yield _queue_sample(load, *(column[n * runs : (n + 1) * runs] for column in found))


def _queue_sample(load: float, sent: Floats, taken: Floats, service: Floats) -> Sample:
    warm_up = find_warm_up(list(sent), list(taken))
    kept = tuple(one[at >= warm_up.until_s] for at, one in zip(sent, taken, strict=True))
    busy = float((service.sum(axis=1) / (sent + taken).max(axis=1)).mean())
    return Sample(kept, (Load("queue", max(load, busy), sum(map(len, kept)) / len(kept)),))


def shop_samples(runs: int, requests: int, times: int) -> Iterator[Sample]:
    """An experiment with `shop`, made anew."""
    experiment = load_experiment("shop")
    design = compile_design(experiment.plans()[0], experiment.scenario, experiment.rules)
    for n in range(times):
        seed = replication_seed(1_000 + n, 1_000_000)
        study = Study([design], experiment.scenario, Sampling(runs), seed, "fast", requests)
        yield study.summaries()[0].sample


def shop_truth(runs: int) -> dict[str, float]:
    """The figures of `shop` in runs like these, after their warm-up; quantiles to 10 µs.

    Not those of one long run: names expire after a minute, so that a run of a day is another experiment.
    """
    experiment = load_experiment("shop")
    design = compile_design(experiment.plans()[0], experiment.scenario, experiment.rules)
    counts, total, number = np.zeros(_BINS, dtype=np.int64), 0.0, 0
    for n in range(runs):
        result = run(design, experiment.scenario, replication_seed(77, n), "fast", STUDIES[0][1])
        latency_s = replace(result, warm_up_s=_SHOP_WARM_UP_S).latency_s
        counts += np.bincount(np.minimum(latency_s / _BIN_S, _BINS - 1).astype(np.int64), minlength=_BINS)
        total, number = total + float(latency_s.sum()), number + len(latency_s)
    upto = counts.cumsum()
    quantiles = {
        name: (int(np.searchsorted(upto, p * number)) + 0.5) * _BIN_S for name, p in QUANTILES.items()
    }
    return {"mean": total / number} | quantiles


def cell(samples: Iterator[Sample], truth: dict[str, float]) -> dict[str, Any]:
    """What became of every figure."""
    tallies, times = {name: Tally() for name in KNOWN}, 0
    for sample in samples:
        times += 1
        for name, interval in sample.intervals.items():
            if name in tallies:
                tallies[name].add(interval, truth[name])
    return {"times": times, "figures": {name: tally.to_json(times) for name, tally in tallies.items()}}


def cells(share: float) -> Iterator[dict[str, Any]]:
    """Every experiment."""
    for load in LOADS:
        for runs, requests in STUDIES:
            samples = queue_samples(load, runs, requests, round(QUEUES * share))
            about = {"system": "queue", "load": load, "runs": runs, "requests": requests}
            yield about | cell(samples, queue_truth(load))
    truth = shop_truth(max(1, round(TRUTH_RUNS * share)))
    for runs, requests in STUDIES:
        samples = shop_samples(runs, requests, round(SHOPS * share))
        yield {"system": "shop", "load": None, "runs": runs, "requests": requests} | cell(samples, truth)


def main(arguments: Sequence[str]) -> None:
    """Measure, write."""
    found = []
    for one in cells(float(arguments[1]) if len(arguments) > 1 else 1.0):
        print(json.dumps(one), flush=True)
        found.append(one)
    record = {
        "schema": "sim.statistics/1",
        "date": datetime.now(UTC).date().isoformat(),
        "version": __version__,
        "python": platform.python_version(),
        "cells": found,
    }
    file = Path(arguments[0]) if arguments else RECORD
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
