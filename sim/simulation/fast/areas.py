"""Requests in a station and in service, integrated over time: the sums that a station makes as it goes."""

from typing import Any

import numpy as np

from sim.simulation.fast.compiled import walked_as


def areas(
    came_s: Any, starts_s: Any, stops_s: Any, warm_s: float, end_s: float
) -> tuple[float, float, float]:
    """Both areas up to the end, and that of service up to the end of the warm-up.

    Args:
        came_s, starts_s, stops_s: each in order of time, none at the end or after it.
    """
    count, begun, over = len(came_s), len(starts_s), len(stops_s)
    times = np.concatenate((came_s, starts_s, stops_s, [warm_s, end_s]))
    inside = np.concatenate((np.ones(count), np.zeros(begun), -np.ones(over), [0.0, 0.0]))
    busy = np.concatenate((np.zeros(count), np.ones(begun), -np.ones(over), [0.0, 0.0]))
    order = np.argsort(times, kind="stable")
    at_s = times[order]
    elapsed = np.diff(at_s, prepend=0.0)
    there, at_work = (np.concatenate(([0.0], np.cumsum(change[order])[:-1])) for change in (inside, busy))
    in_system_s, busy_s = np.cumsum(there * elapsed), np.cumsum(at_work * elapsed)
    warm = int(np.searchsorted(at_s, warm_s, side="right")) - 1
    return float(in_system_s[-1]), float(busy_s[-1]), float(busy_s[warm]) if warm_s > 0 else 0.0


@walked_as(areas)
def areas_compiled(
    came_s: Any, starts_s: Any, stops_s: Any, warm_s: float, end_s: float
) -> tuple[float, float, float]:
    """The same as one walk over the three."""
    in_system_s = busy_s = warm_busy_s = last_s = 0.0
    a = b = c = 0
    is_warm = not warm_s > 0
    while True:
        now_s = end_s
        now_s = came_s[a] if a < len(came_s) and came_s[a] < now_s else now_s
        now_s = starts_s[b] if b < len(starts_s) and starts_s[b] < now_s else now_s
        now_s = stops_s[c] if c < len(stops_s) and stops_s[c] < now_s else now_s
        if not is_warm and warm_s <= now_s:
            now_s = warm_s
        elapsed = now_s - last_s
        in_system_s += (a - c) * elapsed
        busy_s += (b - c) * elapsed
        last_s = now_s
        if not is_warm and now_s == warm_s:
            is_warm, warm_busy_s = True, busy_s
        elif now_s == end_s:
            return in_system_s, busy_s, warm_busy_s
        elif a < len(came_s) and came_s[a] == now_s:
            a += 1
        elif b < len(starts_s) and starts_s[b] == now_s:
            b += 1
        else:
            c += 1
