"""Turns of controller Pods that are known ahead: nobody looks at what is open."""

import numpy as np
from numpy.typing import NDArray

from sim.simulation.fast.tables import Numbered

Whole = NDArray[np.int64]

FROM_FIRST = frozenset(("textbook/round-robin", "nginx/round-robin"))
"""Turns from the first on: smooth ones too where all weigh the same."""
FROM_NEXT = "ingress-nginx/round-robin"
FROM_SEED = "envoy/round-robin"
CHANCE = frozenset(("textbook/random", "nginx/random", "envoy/random"))
IN_TURN = FROM_FIRST | CHANCE | {FROM_NEXT, FROM_SEED}


def placed(draws: NDArray[np.float64], count: Whole | int) -> Whole:
    """The place that each uniform falls on."""
    return np.asarray(np.minimum((draws * count).astype(np.int64), np.asarray(count) - 1))


def turns(n: Numbered, controller: Whole, order: Whole) -> Whole:
    """The station that each request is passed on to.

    Args:
        controller: of each, in the order in which they were read; order: their numbers.
    """
    requests, flows = n.workload.requests, n.design.flows
    upstream = np.array([-1 if flow.upstream is None else flow.upstream for flow in flows])[
        requests.row[order]
    ]
    found = np.empty(len(order), dtype=np.int64)
    for u, behind in enumerate(n.design.upstreams):
        stations, name = np.array(behind.stations), behind.method.full_name
        for c in n.controllers:
            mine = np.flatnonzero((upstream == u) & (controller == c))
            for own in _by_worker(n, mine, order, behind.method.per_worker) if len(mine) else ():
                found[own] = stations[_places(n, name, len(stations), order[own])]
    return found


def _by_worker(n: Numbered, mine: Whole, order: Whole, per_worker: bool) -> list[Whole]:
    """Those of each worker of a controller Pod, where each has turns of its own."""
    requests = n.workload.requests
    workers = np.array([flow.proxy_workers for flow in n.design.flows])[requests.row[order[mine]]]
    if not per_worker or workers.max() < 2:
        return [mine]
    draws = requests.drawn("worker")[order[mine]]
    worker = np.where(workers > 1, (draws * workers).astype(np.int64), 0)
    return [own for k in range(int(workers.max())) if len(own := mine[worker == k])]


def _places(n: Numbered, name: str, count: int, numbers: Whole) -> Whole:
    """The places that are chosen one after the other."""
    turn, requests = np.arange(len(numbers)), n.workload.requests
    if name in FROM_FIRST:
        return turn % count
    if name == FROM_NEXT:
        return np.asarray((int(placed(requests.balance[numbers[:1]], count)[0]) + 1 + turn) % count)
    if name == FROM_SEED:
        return np.asarray((int(requests.balance[numbers[0]] * 2**32) + turn) % count)
    return placed(requests.balance[numbers], count)
