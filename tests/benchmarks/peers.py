"""Our engines against other programs on one model: requests a second of CPU, and the ratios.

python tests/benchmarks/peers.py [--rounds N] [--pods N]... [--record FILE]

Each figure comes from a process of its own, and the programs take turns: a round runs each once, so that what slows
the machine slows all; a ratio is taken within a round. A loop of bare Python, timed in every process, says how noisy
the machine was. With --record the figures go to a part of that record, and `python tests/records.py` writes the page.

The other programs are yours to install, into an environment that has the product too (AsyncFlow wants Python 3.12):

    python3.12 -m venv peers && peers/bin/pip install -e . ciw asyncflow-sim salabim numba
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import peer_models, replay_speed

ROUNDS, WARM = 5, 200
LOOP = 200_000

SIZES = {
    "simpy_idiomatic": 20_000, "simpy_lean": 40_000, "salabim": 2_000, "ciw": 6_000, "asyncflow": 6_000,
    "numpy": 500_000, "numba": 500_000,
    "replay": 20_000, "fast": 500_000, "stream": 500_000,
}  # fmt: skip
"""Program or engine -> requests of a run: so many that it takes about half a second."""

NEEDS = {"salabim": "salabim", "ciw": "ciw", "asyncflow": "asyncflow-sim", "numba": "numba"}
"""Program -> the package that it comes with."""

MEMORY = ("replay", 100_000, 1_000_000)


def engine(name: str) -> Callable[[int, int, int], Iterable[float]]:
    """One of ours, from the draws to the latencies."""
    from sim.simulation.engines import run

    made: dict[int, Any] = {}

    def latencies(requests: int, pods: int, seed: int) -> Iterable[float]:
        experiment, design = made.setdefault(pods, made.get(pods) or replay_speed.ours(pods))
        return run(design, experiment.scenario, seed, name, requests).latency_s

    return latencies


def cpu_s(task: Callable[[], object]) -> float:
    """CPU time of one run."""
    start = time.process_time()
    task()
    return time.process_time() - start


def loop_s() -> float:
    """A loop of bare Python."""
    return cpu_s(lambda: sum(n * n for n in range(LOOP)))


def peak_kib() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def once(name: str, pods: int, requests: int, seed: int) -> dict[str, float]:
    """One run in this process, warm: whatever is imported or compiled is there before."""
    run = getattr(peer_models, name, None) or engine(name)
    run(WARM, pods, seed)
    before_kib, loop, figures = peak_kib(), loop_s(), {}

    def task() -> None:
        figures.update(summed_up(run(requests, pods, seed)))

    spent = cpu_s(task)
    return {
        "per_s": figures["done"] / spent, "mean": figures["mean"], "loop_s": min(loop, loop_s()),
        "peak_kib": peak_kib(), "before_kib": before_kib,
    }  # fmt: skip


def summed_up(latencies: Any) -> dict[str, float]:
    """How many, their mean and two quantiles, the quick way for what came back."""
    if isinstance(latencies, np.ndarray):
        ranks = [ceil(p * len(latencies)) - 1 for p in (0.5, 0.99)]
        p50, p99 = np.partition(latencies, ranks)[ranks]
        return {"done": len(latencies), "mean": float(latencies.mean()), "p50": float(p50), "p99": float(p99)}
    return {"done": len(latencies), **replay_speed.summed_up(latencies)}


def measured(name: str, pods: int, requests: int, seed: int) -> dict[str, float]:
    """One run in a process of its own."""
    asked = [sys.executable, __file__, "--one", name, str(pods), str(requests), str(seed)]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    return found


def programs() -> tuple[list[str], list[str]]:
    """Those that are here, ours last, and those that are not."""
    from sim.simulation.engines import ENGINES

    installed = {one.name.lower() for one in importlib.metadata.distributions() if one.name}
    here = [one for one in SIZES if hasattr(peer_models, one) and NEEDS.get(one, "simpy") in installed]
    missing = [one for one in NEEDS if one not in here]
    return here + [one for one in ENGINES if one in SIZES], missing


def short(values: list[float]) -> dict[str, float]:
    """How many, the median, the least and the most."""
    median, low, high = (float(f"{v:.4g}") for v in (statistics.median(values), min(values), max(values)))
    return {"n": len(values), "median": median, "low": low, "high": high}


def rounds_of(names: list[str], pods: int, rounds: int, loops: list[float]) -> dict[str, list[float]]:
    """Requests a second of each program, round by round."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            one = measured(name, pods, SIZES[name], number + 1)
            found[name].append(one["per_s"])
            loops.append(one["loop_s"])
            print(
                f"{pods} Pods, round {number + 1}: {name:16s} {one['per_s']:12,.0f} a second, mean {one['mean']:.3f} s",
                flush=True,
            )
    return found


def ratios(found: dict[str, list[float]]) -> dict[str, dict[str, dict[str, float]]]:
    """Ours over each other program, within each round."""
    from sim.simulation.engines import ENGINES

    return {
        ours: {
            other: short([a / b for a, b in zip(found[ours], found[other], strict=True)])
            for other in found
            if other not in ENGINES
        }
        for ours in ENGINES
        if ours in found
    }


def bytes_a_request(name: str, few: int, many: int) -> float:
    """Memory at its peak for each further request, columns of the result included."""
    low, high = (measured(name, 8, requests, 1)["peak_kib"] for requests in (few, many))
    return 1024 * (high - low) / (many - few)


def main() -> None:
    """Measure, print, put on record."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--pods", type=int, action="append")
    asked.add_argument("--record", type=Path)
    asked.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.one:
        name, *numbers = given.one
        print(json.dumps(once(name, *map(int, numbers))))
        return
    names, missing = programs()
    if missing:
        print(
            f"not installed, and left out: {', '.join(NEEDS[one] for one in missing)} (see the top of this file)"
        )
    load_before, loops = os.getloadavg()[0], list[float]()
    pods = given.pods or [8, 80]
    found = {str(count): rounds_of(names, count, given.rounds, loops) for count in pods}
    part = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "load_before": round(load_before, 1),
        "load_after": round(os.getloadavg()[0], 1),
        "loop": short([1e3 * s for s in loops]),
        "rates": {
            count: {name: short(values) for name, values in one.items()} for count, one in found.items()
        },
        "ratios": {count: ratios(one) for count, one in found.items()},
        "bytes_a_request": {MEMORY[0]: round(bytes_a_request(*MEMORY))},
    }
    show(part)
    if given.record:
        record = json.loads(given.record.read_text(encoding="utf-8"))
        text = json.dumps({**record, "peers": part}, indent=1, ensure_ascii=False)
        given.record.write_text(text + "\n", encoding="utf-8")


def show(part: dict[str, Any]) -> None:
    """The ratios, in lines."""
    for count, engines in part["ratios"].items():
        for ours, others in engines.items():
            for other, ratio in others.items():
                print(
                    f"{count:>3} Pods: {ours} / {other}: {ratio['median']:.3g} ({ratio['low']:.3g} to {ratio['high']:.3g})"
                )
    loop = part["loop"]
    print(
        f"noise: a loop of bare Python took {loop['low']:.3g} to {loop['high']:.3g} ms, {loop['median']:.3g} in the middle"
    )
    print(f"bytes a request: {part['bytes_a_request']}")


if __name__ == "__main__":
    main()
