"""What requests draw, as columns: those that somebody reads; the others are empty."""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.simulation.design import Design
from sim.simulation.fast.flows import Flows
from sim.simulation.workload import OpenRequests, Workload, generator, sampler, uniforms

NONE = np.empty(0)
SECOND_DRAW = frozenset(("nginx/random-two", "envoy/least-request"))
"""Methods that draw twice for a choice."""


def columns_of(design: Design, workload: Workload, flows: Flows) -> dict[str, NDArray[Any]]:
    """The columns of the open-loop requests, by the names of the tables."""
    requests = workload.requests
    several = {row for row, flow in flows.listed if flow.ways}
    threads = {row for row, flow in flows.listed if flow.proxy_workers > 1}
    twice = {
        row
        for row, flow in flows.listed
        if flow.upstream is not None and design.upstreams[flow.upstream].method.full_name in SECOND_DRAW
    }
    return {
        **{one.name: getattr(requests, one.name) for one in fields(OpenRequests)},
        "split": _by_row(workload, "split", several),
        "worker": _by_row(workload, "worker", threads),
        "balance_1": _by_row(workload, "balance/1", twice),
    }


def _by_row(workload: Workload, purpose: str, rows: set[int]) -> NDArray[np.float64]:
    """Uniforms of some rows, by the number of a request among all."""
    if not rows:
        return NONE
    requests = workload.requests
    found = np.zeros(len(requests))
    for row in rows:
        mine = requests.row == row
        numbers = requests.number[mine]
        if len(numbers):
            stream = generator(workload.seed, f"{workload.row_name(row)}/{purpose}")
            found[mine] = uniforms(stream, int(numbers.max()) + 1)[numbers]
    return found


def other_services(workload: Workload, flows: Flows) -> tuple[dict[int, int], NDArray[np.float64]]:
    """Service times at other Services than the row's: where each flow's begin, and all of them."""
    requests, first, parts, begins = workload.requests, 0, [NONE], dict[int, int]()
    for n, (row, flow) in enumerate(flows.listed):
        numbers = requests.number[requests.row == row] if flow.service else requests.number[:0]
        if len(numbers):
            stream = generator(workload.seed, f"{workload.row_name(row)}/service")
            draw = sampler(workload.scenario.service_time_of(flow.service))
            parts.append(draw(stream, int(numbers.max()) + 1))
            begins[n], first = first, first + len(parts[-1])
    return begins, np.concatenate(parts)
