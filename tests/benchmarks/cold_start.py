"""Cold start against a bare interpreter: `sim --help`, and `sim trace` on a set of manifests.

python tests/benchmarks/cold_start.py [MANIFESTS] [URL]

Interleaved runs, medians. Runs of a shared machine are noisy: compare the ratios of one run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 20
SCENARIO = Path(__file__).parents[2] / "scenarios" / "shop" / "manifests"


def seconds(*arguments: str) -> float:
    """Wall time of one run of this interpreter."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - start


def main() -> None:
    """Measure in turns, print medians and ratios."""
    manifests = sys.argv[1] if len(sys.argv) > 1 else str(SCENARIO)
    url = sys.argv[2] if len(sys.argv) > 2 else "http://shop.example.com/"
    commands = {
        "python -c pass": ("-c", "pass"),
        "sim --help": ("-m", "sim", "--help"),
        "sim trace": ("-m", "sim", "trace", "-f", manifests, url),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, arguments in commands.items():
            times[name].append(seconds(*arguments))
    bare = statistics.median(times["python -c pass"])
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:16} median {median * 1e3:6.1f} ms   {median / bare:4.1f} x bare python")


if __name__ == "__main__":
    main()
