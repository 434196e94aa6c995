"""A run second by second: what was offered, served and failed, how many Pods were ready, and how busy.

A request counts in the second in which it was sent, whatever became of it and when: what was served and what
failed are parts of what was offered.

Values. Pods that a fault breaks count as ready: what others know of a fault is not in a result.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from sim.comparison.failures import lost_requests
from sim.simulation.result import Result, Seconds, StationRecord

WIDTHS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
MOST_SLOTS = 120
"""Of a run: its slots are as short as this allows, and never shorter than a second."""


@dataclass(frozen=True)
class OverTime:
    """A run in slots of equal length; every column has shape (n,), the last slot may be cut short.

    Args:
        width_s: of a slot. begins_s: of each.
        offered: requests a second that were sent in the slot.
        served, failed: of these, those that were answered and those that failed, whenever that was.
        ready: Pods of applications whose endpoint was ready, on average.
        busy: share of the time of their workers in which these served, from 0 to 1; NaN where there was none.
    """

    width_s: float
    begins_s: Seconds
    offered: Seconds
    served: Seconds
    failed: Seconds
    ready: Seconds
    busy: Seconds


def over_time(result: Result) -> OverTime:
    """The slots of a run."""
    end_s = max(result.end_s, 1e-9)
    width_s = float(next((w for w in WIDTHS_S if end_s / w <= MOST_SLOTS), WIDTHS_S[-1]))
    edges = np.minimum(np.arange(ceil(end_s / width_s) + 1) * width_s, end_s)
    ready_s, busy_s, there_s = (np.zeros(len(edges) - 1) for _ in range(3))
    for number, station in enumerate(result.stations):
        if not station.spec.is_controller:
            life = result.lives.get(number)
            from_s, deleted_s, ends_s = (
                (-inf, inf, inf) if life is None else (life.ready_s, life.deleted_s, life.ends_s)
            )
            ready_s += overlap(edges, from_s, deleted_s)
            for rest in () if life is None else life.breaks:
                ready_s -= overlap(edges, rest.unready_s, min(rest.ready_s, deleted_s))
            there_s += station.spec.workers * overlap(
                edges, from_s, min(ends_s, _empty_s(station, deleted_s))
            )
            busy_s += _busy(edges, station)
    lengths_s = np.diff(edges)
    return OverTime(
        width_s,
        edges[:-1],
        _per_second(result.sent_s, edges),
        _per_second(result.sent_s[np.isfinite(result.answered_s)], edges),
        _per_second(result.sent_s[[number for number, _ in lost_requests(result)]], edges),
        ready_s / lengths_s,
        np.divide(busy_s, there_s, out=np.full(len(lengths_s), np.nan), where=there_s > 0),
    )


def wanted(result: Result, slots: OverTime) -> Seconds | None:
    """How many Pods were wanted in each slot, on average; None where not all Pods belong to what scales."""
    first = sum(workload.changes[0].replicas for workload in result.scaled)
    if not result.scaled or first != round(float(slots.ready[0])):
        return None
    edges = np.append(slots.begins_s, result.end_s)
    total_s = np.zeros(len(slots.begins_s))
    for workload in result.scaled:
        ends = [change.at_s for change in workload.changes[1:]]
        for change, until_s in zip(workload.changes, [*ends, inf], strict=True):
            total_s += change.replicas * overlap(edges, change.at_s, until_s)
    return total_s / np.diff(edges)


def _per_second(at_s: Iterable[float], edges: Seconds) -> Seconds:
    known = np.array([t for t in at_s if np.isfinite(t)])
    counts, _ = np.histogram(known, edges)
    return counts / np.diff(edges)


def overlap(edges: Seconds, from_s: float, until_s: float) -> Seconds:
    """How many seconds of each slot lie in a span.

    >>> overlap(np.array([0.0, 1.0, 2.0]), 0.25, 1.5).tolist()
    [0.75, 0.5]
    """
    inside = np.minimum(edges[1:], until_s) - np.maximum(edges[:-1], from_s)
    return np.asarray(np.maximum(inside, 0.0))


def _empty_s(station: StationRecord, deleted_s: float) -> float:
    """When a Pod that is deleted has served its last request."""
    stops_s = station.stops_s
    return inf if deleted_s == inf else max(deleted_s, float(stops_s[-1]) if len(stops_s) else deleted_s)


def _busy(edges: Seconds, station: StationRecord) -> Seconds:
    """Worker seconds that a Pod served in each slot: what began before its end, without what was over."""
    return np.asarray(_since(edges, station.starts_s) - _since(edges, station.stops_s))


def _since(edges: Seconds, moments_s: Seconds) -> Seconds:
    """Seconds of each slot after each of these moments, summed up."""
    if not len(moments_s):
        return np.zeros(len(edges) - 1)
    before = np.concatenate([[0.0], np.cumsum(moments_s)])
    count = np.searchsorted(moments_s, edges, side="right")
    until = count * edges - before[count]
    return np.asarray(np.diff(until))
