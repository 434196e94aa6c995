"""The page docs/statistics.md, from a record: what intervals mean, when there are none, and how often they hold."""

from __future__ import annotations

import textwrap
from typing import Any

Record = dict[str, Any]

FIGURES = ("mean", "p50", "p90", "p95", "p99")
NAMES = {"queue": "M/M/1, {load:.0%} busy", "shop": "`shop`, lb-per-service"}

_HEAD = """\
# How sure the figures of a run are

One run is one sample. With `--replications N` there are N, independent of each other, and every figure of `sim run` gets
the interval that holds the truth in 95 of 100 such experiments:

```sh
sim run shop --requests 3000 --replications 5
sim run shop --requests 3000 --until 1%
sim compare shop --requests 3000 --until 1%
```

**What is left out at the beginning.** A run begins empty: no connection, no name known, every queue empty. With several
runs, what is sent before the warm-up counts for no latency, and the output says how long that is and why:

- at least a tenth of the run;
- until each client has sent some six requests, where connections take time: clients open their first connections together,
  and so their next ones;
- longer, where MSER-5 (White 1997) says so, and what it leaves out differs from the rest by more than chance gives. Without
  that care it takes a slow spell for a warm-up, and makes the mean of a busy queue too small.

`--warm-up 5s`, or `warm_up_s` in the scenario, states it instead; `--warm-up 0` leaves out nothing. `--warm-up auto` looks
for it in one run too. Where events, faults, an autoscaler or a rate that changes make a run what it is, there is no steady
state to wait for: nothing is left out unasked.

**The figures.** The mean is that of the runs' means. Quantiles and the maximum are those of all requests together. p99 of a
run of 1,000 requests is its 990th; of a busy queue it lies in one slow spell or in none, and the average of twenty such
numbers is 9 % too small, with an interval that held the truth in 60 of 100.

**The intervals.** Each rests on how the runs differ, with Student's t. That of the mean stands on a scale of ratios, above
the quickest answer. That of a quantile is one for the share of requests that are slower (Woodruff 1952), which is then read
off the requests. Both reach further up than down, by the skewness of what they count (Johnson 1978), and that follows from
the load of the busiest Pod by the theory of a single queue. A maximum has no interval: it only grows with the runs.

**When there is none.** Some runs cannot tell, and the output says how many requests would do (`too_short` in JSON):

- *too few requests are that slow*: a quantile needs nine slow spells above it, in all runs together. A Pod that is busy
  70 % of its time has slow requests in spells of 11, at 90 % of 100 (1 / (1 − ρ)², Rootzén 1988);
- *too few requests for a Pod to forget that it began idle*: it must be sent four times ρ / (1 − √ρ)² requests in each run
  (Morse 1955): 105 at 70 %, 1,370 at 90 %. More runs do not help, for all of them are too short;
- *the beginning of a run is not over*: half of the run is left out at most.

**How many runs.** `--until 2%` makes ten runs, and then more until half the interval of the mean is below 2 % of it: at most
200, or as many as `--replications` says; it says so when it gives up. The seeds are those of `--replications`, in the same
order, so the same runs come out of both.

**Differences of plans** are taken pair by pair: the n-th run of one plan has the clients, arrivals and service times of the
n-th run of the other. Their intervals are Student's. "cannot tell" is an interval that covers zero; "no difference" says that
the plans differ in no run, by a nanosecond or more.
"""

_MEASURED = """\
Each experiment was made anew by the functions that `sim run` uses, {queues:,} times for a single queue (M/M/1, exact truth)
and {shops:,} times for `shop`. Its truth comes from 20,000,000 requests in runs as long as the longest here: names expire
after a minute, so that one run of a day would be another experiment. A dash: never printed. Of an interval that
covers 95 in 100, chance makes 94.0 to 96.0 in 2,000 experiments, and 92.9 to 97.1 in 400.
"""

_AGAIN = """\
## Measure again

```sh
.venv/bin/python tests/benchmarks/intervals_cover.py docs/records/statistics.json
.venv/bin/python tests/records.py
```

A quarter of an hour; load changes nothing but the time. A small part of it is a test (`tests/simulation/test_pooled.py`).
"""


def page(record: Record) -> str:
    """The whole page."""
    times = {cell["system"]: cell["times"] for cell in record["cells"]}
    measured = _MEASURED.format(queues=times["queue"], shops=times["shop"])
    source = (
        f"Version {record['version']}, Python {record['python']}, {record['date']}; written by a program from "
        "[records/statistics.json](records/statistics.json)."
    )
    return "\n".join(
        [
            _HEAD,
            "## How often they hold the truth",
            "",
            textwrap.fill(" ".join(measured.split()), 120),
            "",
            *_table(record, "covered", "In per cent of the intervals that were printed:"),
            *_table(record, "printed", "How often there was one, in per cent of the experiments:"),
            *_table(record, "width", "How wide it was, end to end, as a share of the truth in per cent (median):"),
            textwrap.fill(source, 120),
            "",
            _AGAIN,
        ]
    ).rstrip("\n") + "\n"  # fmt: skip


def _table(record: Record, what: str, says: str) -> list[str]:
    lines = [says, "", f"| experiment | {' | '.join(FIGURES)} |", "|---|" + "---:|" * len(FIGURES)]
    for cell in record["cells"]:
        name = NAMES[cell["system"]].format(load=cell["load"] or 0.0).replace("%", " %")
        cells = (_shown(cell["figures"][figure][what]) for figure in FIGURES)
        lines.append(f"| {name}, {cell['runs']} × {cell['requests']:,} | {' | '.join(cells)} |")
    return [*lines, ""]


def _shown(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
