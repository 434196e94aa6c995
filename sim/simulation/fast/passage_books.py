"""The books of a passage through stations: a Result, as a walk would give it."""

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.simulation.engines.tally import DELIVERED
from sim.simulation.fast.areas import areas
from sim.simulation.fast.compiled import loop
from sim.simulation.fast.forward import Passage
from sim.simulation.fast.tables import Numbered
from sim.simulation.result import Result, StationRecord

Floats = NDArray[np.float64]


def summed_up(n: Numbered, passage: Passage, compiled: bool) -> Result:
    """What is written down of a passage, up to the end of the run."""
    design, stated_s = n.design, n.workload.end_s
    end_s = float(passage.over_s.max()) if stated_s is None else stated_s
    before_s = inf if stated_s is None else stated_s
    sent = len(passage.sent_s) if stated_s is None else int(np.searchsorted(passage.sent_s, end_s))
    columns = _columns(n, passage, before_s, sent)
    answered = int(np.count_nonzero(columns["end"] == 0))
    return Result(
        plan=design.name,
        engine="fast",
        seed=n.workload.seed,
        end_s=end_s,
        warm_up_s=n.workload.scenario.warm_up_s,
        sent=sent,
        answered=answered,
        failed={},
        in_flight=sent - answered,
        retried=0,
        stations=_records(n, passage, end_s, before_s, compiled),
        nodes=design.nodes,
        node_zones=design.node_zones,
        ends=(DELIVERED,) if answered else (),
        destinations=design.destinations,
        row_destination=tuple(flow.destination for flow in design.flows),
        reads_http=(),
        **columns,
    )


def _columns(n: Numbered, passage: Passage, before_s: float, sent: int) -> dict[str, Any]:
    """The columns; one in which nothing ever stands takes no room."""
    none, never = np.broadcast_to(np.int64(-1), sent), np.broadcast_to(np.float64("nan"), sent)
    proxied = np.array([flow.upstream is not None for flow in n.design.flows])[n.workload.requests.row[:sent]]
    stages = [_stage(passage, stage, before_s, sent) for stage in range(len(passage.station))]
    nothing = none, never, never, never
    controllers, pods = nothing, stages[0]
    if len(stages) > 1:
        only = bool(proxied.all())
        controllers = stages[0] if only else _where(proxied, stages[0], nothing)
        pods = stages[1] if only else _where(proxied, stages[1], stages[0])
    names = ("controller", "controller_arrival_s", "controller_start_s", "controller_departure_s")
    own = ("pod", "arrival_s", "start_s", "departure_s")
    over_s = _before(passage.over_s[:sent], before_s)
    crossings = passage.crossings[:sent]
    return {
        "row": n.workload.requests.row[:sent],
        "connection": np.arange(sent),
        "node": passage.node[:sent],
        "crossings": crossings,
        "sent_s": passage.sent_s[:sent],
        "ready_s": passage.ready_s[:sent],
        **dict(zip(names, controllers, strict=True)),
        **dict(zip(own, pods, strict=True)),
        "answered_s": over_s,
        "ended_s": over_s,
        "end": np.where(np.isnan(over_s), -1, 0) if before_s < inf else np.broadcast_to(np.int64(0), sent),
        **dict.fromkeys(("cause", "fault", "last_try"), none),
    }


def _stage(passage: Passage, stage: int, before_s: float, sent: int) -> tuple[Any, ...]:
    """Station, arrival, start and departure at one stage, as far as they come before the end."""
    came_s, stops_s = passage.came_s[stage][:sent], _before(passage.stops_s[stage][:sent], before_s)
    starts_s, station = passage.starts_s[stage][:sent], passage.station[stage][:sent]
    if before_s < inf:
        station = np.where(came_s < before_s, station, -1)
        came_s, starts_s = _before(came_s, before_s), np.where(np.isnan(stops_s), np.nan, starts_s)
    return station, came_s, starts_s, stops_s


def _before(times_s: Floats, before_s: float) -> Floats:
    return np.where(times_s < before_s, times_s, np.nan) if before_s < inf else times_s


def _where(mine: Any, one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.where(mine, a, b) for a, b in zip(one, other, strict=True))


def _ordered(stages: list[tuple[Floats, Floats, Floats]], before_s: float) -> list[Floats]:
    """When requests came to a station, began and were done, each in order of time, before the end."""
    found = []
    for columns in zip(*stages, strict=True) if stages else ([], [], []):
        whole = columns[0] if len(columns) == 1 else np.concatenate((np.empty(0), *columns))
        ordered = whole if (np.diff(whole) >= 0).all() else np.sort(whole, kind="stable")
        found.append(ordered if before_s == inf else ordered[: np.searchsorted(ordered, before_s)])
    return found


def _records(
    n: Numbered, passage: Passage, end_s: float, before_s: float, compiled: bool
) -> tuple[StationRecord, ...]:
    """What each station would have counted."""
    sums: Any = loop(areas, True) if compiled else areas
    warm_up_s, found = n.workload.scenario.warm_up_s, []
    for number, spec in enumerate(n.design.stations):
        times = _ordered(passage.at_station.get(number, []), before_s)
        warm_s = warm_up_s if warm_up_s < end_s else 0.0
        in_system_s, busy_s, warm_busy_s = sums(*times, warm_s, end_s)
        time_s = (end_s - warm_up_s) * spec.workers
        used = (busy_s - warm_busy_s) / time_s if time_s > 0 else 0.0
        found.append(StationRecord(spec, len(times[2]), used, in_system_s, *times[1:]))
    return tuple(found)
