"""What a choice costs, for every registered algorithm: `python tests/benchmarks/choosing_cost.py [PROGRAM/NAME ...]`.

Beside each stands a scan for the smallest of eight numbers, measured in turns with it: a choice among 8 is to cost at
most 4 of these, a hashing one 10. CPU time, the median of many rounds.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from sim.routing.proxies import PROGRAMS
from sim.routing.proxies.values import Backend, Backends, Draws, Method, TryEnd, View

METHODS = {method.full_name: method for methods in PROGRAMS.values() for method in methods.values()}
SIZES = (8, 64, 512)
CHOICES, ROUNDS = 200, 40
MOST_SCANS, MOST_SCANS_HASHED = 4, 10
HASHING = ("hash", "maglev", "source", "uri", "hdr", "haproxy/random")
"""What stands in the names of those that hash; HAProxy's chance looks twice on a ring of hashes."""


def hashes(name: str) -> bool:
    """Whether an algorithm hashes something of the request."""
    return any(word in name for word in HASHING)


def listed(size: int) -> Backends:
    """Backends with weights of 1 to 5."""
    return Backends(
        tuple(Backend(f"pod-{n}", f"10.0.{n >> 8}.{n & 255}:8080", 1 + 7 * n % 5) for n in range(size))
    )


def seen(method: Method, size: int) -> Iterator[tuple[View, Any, Draws]]:
    """What a proxy goes through: a choice after the other, each by another key, and some requests that end."""
    backends, chance, opened, running = listed(size), Random(1), [0] * size, list[int]()
    state = None
    for number in range(CHOICES + 2 * size):
        view = View(backends, list(opened), number / 100, key=f"/{number}", client=f"10.1.{number % 256}.7")
        draws = [chance.random() for _ in range(4)].__getitem__
        yield view, state, draws
        choice = method.choose(view, state, draws)
        assert choice.index is not None
        state = choice.state
        opened[choice.index] += 1
        running.append(choice.index)
        while len(running) > 2 * size or chance.random() < 0.4:
            place = running.pop(chance.randrange(len(running)))
            opened[place] -= 1
            if method.ended is not None:
                state = method.ended(
                    state, number / 100, TryEnd(backends.names[place], answer_s=chance.random())
                )
            if not running:
                break


def choosing(method: Method, size: int) -> Callable[[], float]:
    """Measures microseconds for a choice."""
    choose, asked = method.choose, list(seen(method, size))[-CHOICES:]

    def once_us() -> float:
        start = time.process_time()
        for view, state, draws in asked:
            choose(view, state, draws)
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


def measured(name: str) -> dict[str, list[float]]:
    """For each round the microseconds of a choice at each size, and how many scans one among 8 comes to."""
    tasks = [choosing(METHODS[name], size) for size in SIZES]
    gc.collect()
    gc.disable()
    rounds = [[scan_us(), *(task() for task in tasks)] for _ in range(ROUNDS)]
    gc.enable()
    scans, *costs = (list(column) for column in zip(*rounds, strict=True))
    found = {str(size): cost for size, cost in zip(SIZES, costs, strict=True)}
    return found | {"scans": [cost / scan for cost, scan in zip(costs[0], scans, strict=True)]}


def figure(name: str, key: str) -> str:
    """What a figure of an algorithm is called on record: for a size, or `scans`."""
    return f"choose-{name.replace('/', ' ')}-{key}"


def row(name: str) -> str:
    """A line of the table."""
    found = {key: statistics.median(values) for key, values in measured(name).items()}
    most = MOST_SCANS_HASHED if hashes(name) else MOST_SCANS
    mark = "" if found["scans"] <= most else f" over {most}"
    told = "".join(f"{found[str(size)]:9.2f}" for size in SIZES)
    growth = found[str(SIZES[-1])] / found[str(SIZES[0])]
    return f"{name:<32}{found['scans']:7.1f}{told}{growth:7.1f}{mark}"


def main() -> None:
    """Print the table."""
    sizes = "".join(f"{f'us at {size}':>9}" for size in SIZES)
    print(f"{'algorithm':<32}{'scans':>7}{sizes}{'growth':>7}")
    for name in sys.argv[1:] or METHODS:
        print(row(name), flush=True)


if __name__ == "__main__":
    main()
