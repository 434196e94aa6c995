"""The books of a walk, closed: a Result, as `replay` would give it."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.simulation.fast.records import EntryRow
from sim.simulation.fast.tables import Numbered
from sim.simulation.fast.world import World, seen
from sim.simulation.result import Result, StationRecord


def result_of(n: Numbered, w: World) -> Result:
    """What a walk has written down."""
    c, design, reasons = seen(w.clock)[0], n.design, list(zip(seen(w.reasons), n.ends, strict=True))
    ended = sorted((int(how.end), end) for how, end in reasons if how.end >= 0)
    changes = tuple(then.because for then in design.later)
    columns: dict[str, Any] = _columns(w)
    return Result(
        plan=design.name,
        engine="fast",
        seed=n.workload.seed,
        end_s=float(c.now),
        warm_up_s=n.workload.scenario.warm_up_s,
        sent=int(c.sent),
        answered=int(c.answered),
        in_flight=int(c.in_flight),
        retried=int(c.retried),
        failed=dict(sorted((end, int(how.count)) for how, end in reasons if how.count and not how.is_answer)),
        stations=tuple(_records(n, w)),
        nodes=design.nodes,
        node_zones=design.node_zones,
        destinations=design.destinations,
        ends=tuple(end for _, end in ended),
        row_destination=tuple(flow.destination for flow in design.flows),
        faults=(*design.outages.titles, *changes),
        fault_starts_s=(*design.outages.starts_s, *(then.at_s for then in design.later)),
        rule_events=changes,
        reads_http=tuple({flow.destination for flow in design.flows if flow.per_request}),
        **columns,
    )


def _records(n: Numbered, w: World) -> Iterator[StationRecord]:
    """What each station has counted."""
    warm_up_s, end_s = n.workload.scenario.warm_up_s, float(seen(w.clock)[0].now)
    at_s, what = _log(w)
    order = np.argsort(what, kind="stable")
    at_s, bounds = at_s[order], np.searchsorted(what[order], np.arange(2 * len(n.design.stations) + 1))
    for number, (spec, one) in enumerate(zip(n.design.stations, seen(w.stations), strict=True)):
        time_s = (end_s - warm_up_s) * spec.workers
        used = float(one.busy_s - one.warm_s) / time_s if time_s > 0 else 0.0
        first, middle, last = bounds[2 * number : 2 * number + 3]
        services = at_s[first:middle], at_s[middle:last]
        yield StationRecord(spec, int(one.served), used, float(one.in_system_s), *services)


def _log(w: World) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """When workers began and were free again, and whose that was."""
    log, logged = w.log, int(seen(w.clock)[0].logged)
    if isinstance(log, np.ndarray):
        return log["at_s"][:logged], log["what"][:logged]
    return np.array([one.at_s for one in log[:logged]]), np.array(
        [one.what for one in log[:logged]], dtype=np.int64
    )


def _columns(w: World) -> dict[str, NDArray[Any]]:
    """What was written down of each request; the first entry is nobody's."""
    entries, upto = w.entries, int(seen(w.clock)[0].sent) + 1
    if isinstance(entries, np.ndarray):
        return {f.name: entries[f.name][1:upto] for f in fields(EntryRow)}
    kinds = {f.name: f.type for f in fields(EntryRow)}
    written = entries[1:upto]
    return {
        name: np.fromiter((getattr(one, name) for one in written), kind, len(written))
        for name, kind in kinds.items()
    }
