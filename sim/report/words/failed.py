"""The failures of runs with events in lines: by reason and author, by Pod, by second."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from sim.report.width import WIDTH

MOST_ROWS, MOST_BINS, MOST_BAR = 8, 8, 24
BINS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Widths of the times that failures are counted in."""


def failure_lines(found: Mapping[str, Any], runs: int) -> Iterator[str]:
    """What failed, from its published form; nothing where nothing did.

    Args:
        runs: that it was counted over.
    """
    if not found["count"]:
        return
    yield from _rows("failures", "ended by", runs, _reasons(found["by_reason"]))
    yield from _last_tries(found["by_last_try"])
    if any(one["pod"] or one["event"] for one in found["by_pod"]):
        yield ""
        yield from _rows("by Pod", "event", runs, [_pod(one) for one in found["by_pod"]])
    yield ""
    yield from _seconds(found["by_second"])


Row = tuple[str, str, int]


def _reasons(found: Sequence[Mapping[str, Any]]) -> list[Row]:
    """One row for each reason and author, whatever the event, which stands with the Pods; the most first."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in found:
        counts[one["reason"], one["author"]] += one["count"]
    return [(*said, count) for said, count in counts.most_common()]


def _last_tries(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How the last tries at Pods failed, behind the answers of proxies."""
    counts: dict[str, Counter[str]] = {}
    for one in found:
        counts.setdefault(one["reason"], Counter())[one["last_try"]] += one["count"]
    for reason, tries in counts.items():
        said = ", ".join(f"{count:,} {name}" for name, count in tries.most_common())
        yield from wrap(f"{reason}, last try at a Pod: {said}", WIDTH, subsequent_indent="  ")


def _pod(one: Mapping[str, Any]) -> Row:
    return one["pod"] or "no Pod that came or went", one["event"] or "", one["count"]


def _rows(first: str, second: str, runs: int, rows: Sequence[Row]) -> Iterator[str]:
    """A name, who or what did it, how many in all and in each run."""
    each = f"{'in each':>10}" if runs > 1 else ""
    yield f"{first:<32}{second:<28}{'in all':>10}{each}".rstrip()
    for name, by, count in rows[:MOST_ROWS]:
        each = f"{count / runs:>10,.1f}" if runs > 1 else ""
        yield f"{_fitting(name, 31):<32}{_fitting(by, 27):<28}{count:>10,}{each}".rstrip()
    if len(rows) > MOST_ROWS:
        left = sum(count for *_, count in rows[MOST_ROWS:])
        yield f"and {len(rows) - MOST_ROWS} more: {left:,} (all of them with -o json)"


def _seconds(by_second: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """When clients knew, in at most so many rows of one width."""
    first, last = by_second[0]["second"], by_second[-1]["second"]
    width = next((w for w in BINS_S if last // w - first // w < MOST_BINS), BINS_S[-1])
    counts = dict.fromkeys(range(first // width, last // width + 1), 0)
    for one in by_second:
        counts[one["second"] // width] += one["count"]
    most = max(counts.values())
    yield "by second"
    for place, count in counts.items():
        name = f"{place * width} s" if width == 1 else f"{place * width} to {(place + 1) * width} s"
        bar = "▪" * max(round(MOST_BAR * count / most), int(count > 0))
        yield f"{name:<32}{bar:<{WIDTH - 50}}{count:>8,}".rstrip()


def _fitting(text: str, width: int) -> str:
    """Text that fits: its beginning gives way, for names differ at their ends."""
    return text if len(text) <= width else f"…{text[1 - width :]}"
