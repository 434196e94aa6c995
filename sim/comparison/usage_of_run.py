"""From a run to a month: the traffic that each load balancer carried, and the bytes that crossed zones.

Rates are means over the run, taken as the mean of the month. Connections and bytes are those simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sim.costs.price_sheet import PriceSheet
from sim.costs.usage import Controller, CrossZone, Traffic, Usage
from sim.costs.usage_of_plan import parts_of
from sim.plans import Plan
from sim.scenario import Scenario
from sim.simulation.result import Result

SECONDS_PER_MONTH = 730 * 3600
BYTES_PER_GB = 10**9

Bools = NDArray[np.bool_]


def usage_of(
    plan: Plan, results: Sequence[Result], scenario: Scenario, sheet: PriceSheet, controller: Controller
) -> tuple[Usage, ...]:
    """What a plan buys for a month like its runs, in parts of one product each.

    Args:
        controller: defaults of its Pods; replicas and rate come from the plan and the run.
    """
    carried = traffic_by_destination(results, scenario)
    crossing = CrossZone(gb_crossing(results, scenario), Fraction(1))
    return parts_of(plan, carried, sheet, controller, crossing)


def traffic_by_destination(results: Sequence[Result], scenario: Scenario) -> dict[str, Traffic]:
    """The mean traffic of every load balancer, over all replications."""
    time_s = _exact(sum(r.end_s for r in results))
    names = results[0].destinations
    return (
        {name: _traffic(results, scenario, number, time_s) for number, name in enumerate(names)}
        if time_s
        else {}
    )


def _traffic(results: Sequence[Result], scenario: Scenario, number: int, time_s: Fraction) -> Traffic:
    picked = [(r, r.destination == number) for r in results]
    per_month = SECONDS_PER_MONTH / time_s / BYTES_PER_GB
    return Traffic(
        Fraction(sum(int(p.sum()) for _, p in picked)) / time_s,
        Fraction(sum(_connections(r, p) for r, p in picked)) / time_s,
        _exact(sum(_open_s(r, p) for r, p in picked)) / time_s,
        _exact(sum(_bytes(r, p, _request_bytes(scenario)) for r, p in picked)) * per_month,
        _exact(sum(_bytes(r, p, _response_bytes(scenario)) for r, p in picked)) * per_month,
    )


def gb_crossing(results: Sequence[Result], scenario: Scenario) -> Fraction:
    """Gigabytes a month over borders between zones, a byte counted at each border."""
    time_s = _exact(sum(r.end_s for r in results))
    both = _request_bytes(scenario) + _response_bytes(scenario)
    crossed = sum(float((both[r.row] * r.crossings).sum()) for r in results if len(r))
    return _exact(crossed) * SECONDS_PER_MONTH / time_s / BYTES_PER_GB if time_s else Fraction(0)


def _connections(result: Result, picked: Bools) -> int:
    numbers = result.connection[picked]
    return len(np.unique(numbers[numbers >= 0]))


def _open_s(result: Result, picked: Bools) -> float:
    """Connection seconds: from the first request to the last answer on each connection."""
    chosen = picked & (result.connection >= 0)
    if not chosen.any():
        return 0.0
    _, inverse = np.unique(result.connection[chosen], return_inverse=True)
    ends = np.where(np.isfinite(result.answered_s), result.answered_s, result.end_s)[chosen]
    first = np.full(inverse.max() + 1, np.inf)
    last = np.zeros(inverse.max() + 1)
    np.minimum.at(first, inverse, result.sent_s[chosen])
    np.maximum.at(last, inverse, ends)
    return float((last - first).sum())


def _bytes(result: Result, picked: Bools, of_row: NDArray[np.float64]) -> float:
    return float(of_row[result.row[picked]].sum())


def _request_bytes(scenario: Scenario) -> NDArray[np.float64]:
    return np.array([row.request_bytes for row in scenario.traffic])


def _response_bytes(scenario: Scenario) -> NDArray[np.float64]:
    return np.array([row.response_bytes for row in scenario.traffic])


def _exact(value: float) -> Fraction:
    return Fraction(value).limit_denominator(10**9)
