"""What a choice costs, for every registered algorithm: `python tests/benchmarks/choosing_cost.py [PROGRAM/NAME ...]`.

Beside each stands a scan for the smallest of eight numbers, measured in turns with it: a choice among 8 is to cost at
most 4 of these, a hashing one 10. CPU time, the median of many rounds.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable
from random import Random

from sim.routing.proxies import PROGRAMS
from sim.routing.proxies.values import Backend, Backends, Method, View

METHODS = {method.full_name: method for methods in PROGRAMS.values() for method in methods.values()}
SIZES = (8, 64, 512)
CHOICES, ROUNDS = 200, 40
MOST_SCANS, MOST_SCANS_HASHED = 4, 10
HASHING = ("hash", "maglev", "source", "uri", "hdr")


def hashes(name: str) -> bool:
    """Whether an algorithm hashes something of the request."""
    return any(word in name for word in HASHING)


def views(size: int) -> list[View]:
    """What a proxy sees, request by request: weights of 1 to 5, up to three requests open, each another key."""
    chance = Random(1)
    listed = (Backend(f"pod-{n}", f"10.0.{n >> 8}.{n & 255}:8080", weight=1 + 7 * n % 5) for n in range(size))
    backends = Backends(tuple(listed))
    return [
        View(backends, [chance.randrange(4) for _ in range(size)], n / 100, key=f"/{n}", client=f"10.1.{n}.7")
        for n in range(CHOICES)
    ]


def choosing(method: Method, size: int) -> Callable[[], float]:
    """Measures microseconds for a choice; a state goes on from one to the next."""
    seen, uniforms = views(size), [Random(2).random() for _ in range(4)]
    state = method.choose(seen[0], None, uniforms.__getitem__).state

    def once_us() -> float:
        nonlocal state
        choose, draws, now = method.choose, uniforms.__getitem__, state
        start = time.process_time()
        for view in seen:
            now = choose(view, now, draws).state
        state = now
        return 1e6 * (time.process_time() - start) / CHOICES

    once_us()
    return once_us


def scan_us() -> float:
    """Microseconds for the smallest of eight numbers."""
    weights = [1 + 7 * n % 5 for n in range(8)]
    start = time.process_time()
    for _ in range(CHOICES):
        min(range(8), key=weights.__getitem__)
    return 1e6 * (time.process_time() - start) / CHOICES


def row(name: str) -> str:
    """A line of the table."""
    tasks = [choosing(METHODS[name], size) for size in SIZES]
    gc.collect()
    gc.disable()
    rounds = [[scan_us(), *(task() for task in tasks)] for _ in range(ROUNDS)]
    gc.enable()
    costs = [statistics.median(column) for column in list(zip(*rounds, strict=True))[1:]]
    scans = statistics.median(one[1] / one[0] for one in rounds)
    most = MOST_SCANS_HASHED if hashes(name) else MOST_SCANS
    mark = "" if scans <= most else f" over {most}"
    told = "".join(f"{cost:9.2f}" for cost in costs)
    return f"{name:<32}{scans:7.1f}{told}{costs[-1] / costs[0]:7.1f}{mark}"


def main() -> None:
    """Print the table."""
    sizes = "".join(f"{f'us at {size}':>9}" for size in SIZES)
    print(f"{'algorithm':<32}{'scans':>7}{sizes}{'growth':>7}")
    for name in sys.argv[1:] or METHODS:
        print(row(name), flush=True)


if __name__ == "__main__":
    main()
