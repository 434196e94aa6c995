"""Measure what docs/performance.md shows, and put it on record: `python tests/benchmarks/record.py [FILE]`.

Some minutes, on a machine with nothing else to do. Things that are compared run in turns, so that what slows the
machine slows both; a figure is a median, with the least and the most. Then `python tests/records.py` writes the page.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import choosing_cost, replay_page, replay_speed, routing_cost
from benchmarks.cold_start import SCENARIO, seconds
from benchmarks.loading import INGRESS, cpu_s
from live import browser

from sim import __version__
from sim.api import replay
from sim.manifests.reading.loading import load
from sim.scenario.experiment import load_experiment
from sim.simulation.engines import run

RECORD = Path(__file__).parents[2] / "docs" / "records" / "performance.json"
ROLLING = Path(__file__).parents[1] / "rolling"
STARTS, READINGS, ROUNDS, COMPARISONS, ROLLOUTS, PAGES = 15, 9, 30, 5, 3, 3
REQUESTS = 30_000
LONG_RUN = 10_000

Figures = dict[str, list[float]]
"""Key of a figure -> what each round gave; `performance_page.FIGURES` says what it is."""


def in_turns(tasks: dict[str, Callable[[], float]], rounds: int) -> Figures:
    """Each task once a round."""
    found: Figures = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            found[name].append(task())
    return found


def child_s(*arguments: str) -> float:
    """Seconds of CPU of one run of this interpreter: what else the machine does matters little to it."""
    before = os.times()
    seconds(*arguments)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def starts() -> Figures:
    """Milliseconds of CPU of whole processes."""
    sim = ("-m", "sim")
    commands = {
        "start-python": ("-c", "pass"),
        "start-help": (*sim, "--help"),
        "start-trace": (*sim, "trace", "-f", str(SCENARIO), "http://shop.example.com/"),
    }
    return in_turns({name: lambda c=c: 1e3 * child_s(*c) for name, c in commands.items()}, STARTS)


def comparisons() -> Figures:
    """Seconds of CPU for a comparison from cold, with all that it measures."""
    return in_turns({"compare-shop": lambda: child_s("-m", "sim", "compare", "shop")}, COMPARISONS)


def rollouts() -> Figures:
    """Seconds of CPU for the roll-outs of a set, with all that is tried."""
    files = {"rollout-nodes": "web.yaml", "rollout-nlb": "nlb.yaml"}
    tasks = {
        name: lambda f=file: child_s("-m", "sim", "rollout", "-f", str(ROLLING / f))
        for name, file in files.items()
    }
    return in_turns(tasks, ROLLOUTS)


def readings() -> Figures:
    """Seconds of CPU for 500 Ingress documents."""
    text = "---\n".join(INGRESS.format(n=n) for n in range(500))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ingresses.yaml"
        file.write_text(text)
        tasks = {
            "read-yaml": lambda: cpu_s(lambda: list(yaml.load_all(text, yaml.CSafeLoader))),
            "read-load": lambda: cpu_s(lambda: load([str(file)])),
        }
        return in_turns(tasks, READINGS)


def decisions() -> Figures:
    """Microseconds of CPU for a decision with few rules and with many."""
    found: Figures = {}
    for name, make in routing_cost.DECIDERS.items():
        rules = [list(routing_cost.spread(size)) for size in routing_cost.SIZES]
        pairs = [(make(rows), routing_cost.requests(rows)) for rows in rules]
        gc.collect()
        tasks = {
            f"decide-{name}-{size}": lambda p=pair: 1e6 * routing_cost.once_s(*p) / routing_cost.QUESTIONS
            for size, pair in zip(routing_cost.SIZES, pairs, strict=True)
        }
        found |= in_turns(tasks, ROUNDS)
    return found


def choices() -> Figures:
    """Microseconds of CPU for a choice of each algorithm, and how many scans of eight numbers it comes to."""
    return {
        choosing_cost.figure(name, key): values
        for name in choosing_cost.METHODS
        for key, values in choosing_cost.measured(name).items()
    }


def speeds() -> Figures:
    """Requests a second of the engine `replay`, and of the same model written by hand."""
    experiment, design = replay_speed.ours()

    def ours() -> None:
        run(design, experiment.scenario, 1, requests=REQUESTS).summary()

    tasks = {
        "replay-ours": lambda: REQUESTS / cpu_s(ours),
        "replay-simpy": lambda: REQUESTS / cpu_s(lambda: replay_speed.idiomatic(REQUESTS)),
    }
    return in_turns(tasks, READINGS)


def pages() -> Figures:
    """Megabytes of pages; frames per second where there is a browser."""
    shown = {"page-lesson": None, "page-long": LONG_RUN}
    found = {
        name: [len(replay(load_experiment("fanout"), requests=requests).html().encode()) / 1e6]
        for name, requests in shown.items()
    }
    return found if browser.missing() else found | {"page-frames": list(frames())}


def frames() -> Iterator[float]:
    """Frames per second while some 200 requests are in view."""
    with tempfile.TemporaryDirectory() as folder, browser.browser() as running:
        file = Path(folder) / "page.html"
        file.write_text(replay_page.page(), encoding="utf-8")
        for _ in range(PAGES):
            with browser.opened(running, file) as opened:
                yield opened.page.evaluate(replay_page.COUNT, 5.0)["fps"]


def machine() -> dict[str, Any]:
    """Its class; not its name."""
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next(
        (line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")), ""
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "system": platform.system(), "architecture": platform.machine(), "processor": model or platform.processor(),
        "cores": os.cpu_count(), "memory_gib": round(memory),
    }  # fmt: skip


def short(values: list[float]) -> dict[str, float]:
    """How many, the median, the least and the most; four digits say all there is to say."""
    three = (statistics.median(values), min(values), max(values))
    median, low, high = (float(f"{value:.4g}") for value in three)
    return {"n": len(values), "median": median, "low": low, "high": high}


def main() -> None:
    """Measure, write."""
    load_before = os.getloadavg()[0]
    found: Figures = {}
    for part in (starts, readings, decisions, choices, speeds, comparisons, rollouts, pages):
        since = time.monotonic()
        found |= part()
        print(f"{part.__name__}: {time.monotonic() - since:.0f} s", flush=True)
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORD
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    record = {
        "schema": "sim.performance/1",
        "date": datetime.now(UTC).date().isoformat(),
        "version": __version__,
        "python": platform.python_version(),
        "machine": {**machine(), "load_before": round(load_before, 1)},
        "figures": {name: short(values) for name, values in found.items()},
        **({"peers": before["peers"]} if "peers" in before else {}),
    }
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
