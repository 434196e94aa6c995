"""How the requests to a Service fell on its Pods in a run: what each got, and what was to be expected.

Whoever opens a connection gets a Pod for all that follows on it; a proxy that reads HTTP chooses for every
request. So the same number of requests is few choices there and many here, and chance shows accordingly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.simulation.design import Design, Flow
from sim.simulation.result import Result
from sim.simulation.spread_shares import Z_95
from sim.simulation.theory import binomial_interval

ROUNDING = 1e-9
Ways = Sequence[tuple[int, float, Flow]]
"""Traffic row, share of its requests, and where these go."""

MANY = 10_000
"""Draws; from here on the exact interval costs time and shows nothing more."""


@dataclass(frozen=True)
class PodShare:
    """What one Pod got.

    Args:
        requests: that were sent to it.
        expected: the share that chance gives it.
        low, high: the shares between which 95 % of draws fall; None where choices hang together otherwise.
    """

    pod: str
    requests: int
    expected: float
    low: float | None
    high: float | None

    def is_outside(self, requests: int) -> bool:
        """Whether its share of so many requests is one of the 5 %."""
        if self.low is None or self.high is None or not requests:
            return False
        return not self.low - ROUNDING <= self.requests / requests <= self.high + ROUNDING


@dataclass(frozen=True)
class Spreading:
    """The requests to one Service, Pods in order of name.

    Args:
        service: `NAMESPACE/NAME`.
        per: what a Pod is chosen for: `connection`, `request`, or `either` where both happen.
        choices: how many times a Pod was chosen.
    """

    service: str
    per: str
    choices: int
    pods: tuple[PodShare, ...]

    @property
    def requests(self) -> int:
        """To all Pods together."""
        return sum(pod.requests for pod in self.pods)

    @property
    def apart(self) -> int:
        """By how many requests the Pod that got the most is ahead of the one that got the least."""
        counts = [pod.requests for pod in self.pods]
        return max(counts) - min(counts)


def spreading(design: Design, result: Result) -> tuple[Spreading, ...]:
    """Every Service that a traffic row of the run leads to, in order of the rows."""
    services: dict[str, list[tuple[int, float, Flow]]] = {}
    for service, way in _ways(design):
        services.setdefault(service, []).append(way)
    found = (_of_service(design, result, service, ways) for service, ways in services.items())
    return tuple(one for one in found if one is not None)


def _ways(design: Design) -> Iterator[tuple[str, tuple[int, float, Flow]]]:
    """Every way that ends at Pods, after the Service that they belong to."""
    for row, (flow, own) in enumerate(zip(design.flows, design.services, strict=True)):
        for share, way in flow.parts:
            if way.end is None and (way.service or own):
                yield way.service or own, (row, share, way)


def _of_service(design: Design, result: Result, service: str, ways: Ways) -> Spreading | None:
    """None where nothing reached a Pod of it."""
    rows, flows = [row for row, _, _ in ways], [flow for _, _, flow in ways]
    behind = {pod for flow in flows for stations in _choosable(design, flow) for pod in stations}
    mine = np.isin(result.row, rows) & np.isin(result.pod, sorted(behind))
    chances = _chances(design, ways, np.bincount(result.row[mine], minlength=len(design.flows)))
    if not mine.any():
        return None
    weights = _choices(result, mine)
    counts = np.bincount(result.pod[mine], minlength=len(design.stations))
    # Independent choices of equal weight with the same variance (Kish 1965).
    equal = None if _hang_together(flows) else max(1, round(float(weights.sum() ** 2 / (weights**2).sum())))
    stations = sorted(
        {*np.flatnonzero(counts).tolist(), *np.flatnonzero(chances).tolist()},
        key=lambda number: design.stations[number].name,
    )
    # Rows add up to one, but for rounding: a hair above it would be no probability.
    expected = np.minimum(chances, 1.0)
    pods = (
        _share(design, number, int(counts[number]), float(expected[number]), equal) for number in stations
    )
    return Spreading(service, _per(result, mine), len(weights), tuple(pods))


def _share(design: Design, station: int, requests: int, expected: float, equal: int | None) -> PodShare:
    low, high = (None, None) if equal is None else _between(equal, expected)
    return PodShare(design.stations[station].name, requests, expected, low, high)


def _between(choices: int, probability: float) -> tuple[float, float]:
    """The shares between which 95 % of so many draws fall; of many draws by the normal distribution."""
    if choices <= MANY:
        low, high = binomial_interval(choices, probability)
        return low / choices, high / choices
    half = Z_95 * sqrt(probability * (1 - probability) / choices)
    return max(0.0, probability - half), min(1.0, probability + half)


def _chances(design: Design, ways: Ways, requests: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of every station, shape (stations,), where every choice is as likely as the others.

    Args:
        requests: of each traffic row, shape (rows,).
    """
    shares, together = np.zeros(len(design.stations)), defaultdict[int, float](float)
    for row, share, _ in ways:
        together[row] += share
    for row, share, flow in ways:
        count, groups = int(requests[row]) * share / together[row], _choosable(design, flow)
        for stations in groups if count else ():
            shares[list(stations)] += count / len(groups) / len(stations)
    return shares / max(1, int(requests.sum()))


def _choosable(design: Design, flow: Flow) -> Sequence[Sequence[int]]:
    """Groups of application Pods: one group is drawn, then a Pod of it."""
    return flow.pods if flow.upstream is None else (design.upstreams[flow.upstream].stations,)


def _hang_together(flows: Iterable[Flow]) -> bool:
    """Whether a client is led back to the Pod that it had, so that its connections are no own draws."""
    return any(flow.upstream is None and flow.affinity_s is not None for flow in flows)


def _choices(result: Result, mine: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many requests followed each choice of a Pod, shape (choices,)."""
    connection = result.connection[mine]
    kept = (connection >= 0) & ~result.chosen_per_request[mine]
    # A Pod beside the connection's number: after a reset the same number may lead elsewhere.
    pairs = connection[kept] * len(result.stations) + result.pod[mine][kept]
    _, requests = np.unique(pairs, return_counts=True)
    return np.concatenate([requests, np.ones(int((~kept).sum()), dtype=np.int64)])


def _per(result: Result, mine: NDArray[np.bool_]) -> str:
    alone = result.chosen_per_request[mine]
    return "request" if alone.all() else "either" if alone.any() else "connection"
