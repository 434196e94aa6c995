"""Blast radius: what share of the requests fails when one part of a plan does, measured in a run.

The fault stands from the beginning to the end and nobody notices, so the share is that of the time before
detection. The same requests run through the healthy plan first: only what was answered there counts. Of all
load balancers, nodes, … the one is broken that most requests need.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.plans import Plan
from sim.routing import route
from sim.scenario import FaultKey
from sim.scenario.experiment import Experiment
from sim.simulation.design import Design, Flow, compile_design, request_of
from sim.simulation.design.outages import controller_pods, outages
from sim.simulation.engines import run
from sim.simulation.result import Result

REQUESTS = 2000
Z_99 = 2.575829
NEVER_S = 1e9
LOAD_BALANCER, ONE_FOR_ALL = "load_balancer", "one_for_all"
"""A load balancer that carries what other providers sell as many."""

Bools = NDArray[np.bool_]
Part = tuple[str, ...]
"""The names of what breaks together."""


@dataclass(frozen=True)
class Radius:
    """What fails with one part.

    Args:
        name: of the part.
        share: of the requests that the healthy plan answers.
        low, high: its 99 % interval, requests on one connection counted as what they are: not independent.
        n: requests.
        expected: the share in closed form; None where there is none.
    """

    name: str
    share: float
    low: float
    high: float
    n: int
    expected: float | None


def blast_radius(
    experiment: Experiment,
    plan: Plan,
    seed: int | None = None,
    requests: int = REQUESTS,
    one_for_all: bool = False,
) -> dict[str, Radius]:
    """Break each kind of part once.

    Args:
        requests: about how many, of all open-loop rows together.
        one_for_all: break as well what carries all of the plan's load balancers, where a provider shares one.

    Returns:
        load_balancer, controller_pod, node, zone, bad_rule, as far as the plan has them; ONE_FOR_ALL too.
    """
    breaking = _Breaking(experiment, plan, seed, requests)
    found = parts(experiment, plan).items()
    return {k: breaking.worst(k, of) for k, of in found if of and (one_for_all or k != ONE_FOR_ALL)}


def parts(experiment: Experiment, plan: Plan) -> dict[str, tuple[Part, ...]]:
    """The parts of a plan by kind, those of the same kind in order."""
    nodes = plan.cluster.nodes
    found: dict[str, Iterable[str]] = {
        LOAD_BALANCER: plan.load_balancers,
        "controller_pod": controller_pods(plan),
        "node": [n.name for n in nodes],
        "zone": [n.zone for n in nodes],
        "bad_rule": _ingresses(experiment),
    }
    alone = {kind: tuple((name,) for name in dict.fromkeys(names)) for kind, names in found.items()}
    return {**alone, ONE_FOR_ALL: (plan.load_balancers,) if plan.load_balancers else ()}


def _ingresses(experiment: Experiment) -> Iterable[str]:
    """The Ingresses that the rows' requests are decided by."""
    rules = experiment.rules
    for row in experiment.scenario.traffic:
        ingress = (route(rules, request_of(row, rules)).final.rule or "").partition(" ")[0]
        if ingress:
            yield ingress


class _Breaking:
    """One plan, healthy and broken."""

    def __init__(self, experiment: Experiment, plan: Plan, seed: int | None, requests: int) -> None:
        self._experiment, self._plan = experiment, plan
        self._seed, self._requests = seed, requests
        self._scenario = experiment.scenario.model_copy(update={"faults": (), "events": ()})
        self._rules = experiment.rules
        self._design = compile_design(plan, self._scenario, self._rules)
        self._healthy = self._run(self._design)

    def worst(self, kind: str, of_kind: Sequence[Part]) -> Radius:
        """Break the part that most requests need; the first of equals."""
        designs = {part: self._broken(kind, part) for part in of_kind}
        shares = {part: self._expected(design) for part, design in designs.items()}
        part = max(of_kind, key=lambda each: shares[each])
        exact = is_closed(designs[part], self._experiment, shares[part])
        return self._measured(_named(part), self._run(designs[part]), shares[part] if exact else None)

    def _broken(self, kind: str, part: Part) -> Design:
        key = LOAD_BALANCER if kind == ONE_FOR_ALL else kind
        faults = tuple(FaultKey.model_validate({key: name, "detected_after": NEVER_S}) for name in part)
        if kind == "bad_rule":
            scenario = self._scenario.model_copy(update={"faults": faults})
            return compile_design(self._plan, scenario, self._rules)
        design = self._design
        return replace(design, outages=outages(faults, self._plan, design.stations, design.destinations))

    def _run(self, design: Design) -> Result:
        return run(design, self._scenario, self._seed, requests=self._requests)

    def _expected(self, design: Design) -> float:
        """The share that chance gives, where no request waits for another."""
        counts = np.bincount(self._healthy.row, minlength=len(design.flows))
        flows = design.broken[0].flows if design.broken else design.flows
        served = [count * _serves(flow) for count, flow in zip(counts, self._design.flows, strict=True)]
        failing = (count * fails(design, flow) for count, flow in zip(served, flows, strict=True))
        return float(sum(failing) / total) if (total := sum(served)) else 0.0

    def _measured(self, name: str, result: Result, expected: float | None) -> Radius:
        """Request by request against the healthy run; with users, whose requests differ, as a whole."""
        lost = ~np.isfinite(result.answered_s) & (result.end >= 0)
        if all(row.users is None for row in self._scenario.traffic):
            counted = np.isfinite(self._healthy.answered_s)
        else:
            counted = result.end >= 0
        share, low, high = interval(lost[counted], result.connection[counted])
        return Radius(name, share, low, high, int(counted.sum()), expected)


def _named(part: Part) -> str:
    """A part by its first name.

    >>> _named(("shop/cart",)), _named(("shop/cart", "shop/web", "shop/search"))
    ('shop/cart', 'shop/cart and 2 more')
    """
    return part[0] if len(part) == 1 else f"{part[0]} and {len(part) - 1:,} more"


def _serves(flow: Flow) -> float:
    return sum(share for share, way in flow.parts if way.end in (None, "redirected"))


def fails(design: Design, flow: Flow) -> float:
    """The probability that a request of a flow fails that its rules let pass, with choices of its own."""
    if not _serves(flow):
        return 1.0
    if flow.ways:
        return sum(share * _serves(w) * fails(design, w) for share, w in flow.ways) / _serves(flow)
    broken = design.outages
    if flow.destination in broken.destinations:
        return 1.0
    ways = [
        1.0 if node in broken.nodes else _mean(_at_station(design, flow, s) for s in pods)
        for node, pods in zip(flow.nodes, flow.pods, strict=True)
    ]
    return _mean(ways)


def _at_station(design: Design, flow: Flow, station: int) -> float:
    """1 where the connection's own Pod is broken, else what the controller's tries leave."""
    broken = design.outages.stations
    if station in broken:
        return 1.0
    if flow.upstream is None:
        return 0.0
    behind = design.upstreams[flow.upstream]
    dead = sum(s in broken for s in behind.stations)
    count = len(behind.stations)
    return prod((dead - n) / (count - n) for n in range(behind.retries.backends("refused", count)))


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def is_closed(design: Design, experiment: Experiment, share: float) -> bool:
    """Whether the share is exact: all or nothing fails, or every request chooses anew, evenly, and once."""
    if share in (0.0, 1.0) or design.broken:
        return True
    rows = experiment.scenario.traffic
    touched = [
        (row, flow) for row, flow in zip(rows, design.flows, strict=True) if 0 < fails(design, flow) < 1
    ]
    return all(
        _is_independent(design, way) and row.uses == 1 and not row.retries
        for row, flow in touched
        for _, way in flow.parts
    ) and all(row.users is None for row in rows)


def _is_independent(design: Design, flow: Flow) -> bool:
    if flow.affinity_s is not None:
        return False
    behind = design.upstreams[flow.upstream] if flow.upstream is not None else None
    if behind is None or not set(behind.stations) & set(design.outages.stations):
        return True
    return behind.method.even and behind.retries.tries == 1


def interval(lost: Bools, connection: NDArray[np.int64]) -> tuple[float, float, float]:
    """The share of what is lost and its 99 % interval by Wilson (1927), over independent requests alone.

    Args:
        lost, connection: shape (n,); -1: on no connection, and so for itself.

    >>> share, low, high = interval(np.array([True, False] * 50), np.full(100, -1))
    >>> round(share, 2), round(low, 3), round(high, 3)
    (0.5, 0.375, 0.625)
    """
    n = len(lost)
    if n == 0:
        return 0.0, 0.0, 1.0
    share = float(lost.mean())
    size = n / _design_effect(lost, connection, share)
    middle = (share + Z_99**2 / (2 * size)) / (1 + Z_99**2 / size)
    half = Z_99 / (1 + Z_99**2 / size) * sqrt(share * (1 - share) / size + Z_99**2 / (4 * size**2))
    return share, max(0.0, middle - half), min(1.0, middle + half)


def _design_effect(lost: Bools, connection: NDArray[np.int64], share: float) -> float:
    """Variance of the share with whole connections as units over that of independent requests; at least 1."""
    if not 0 < share < 1:
        return 1.0
    alone = np.where(connection < 0, connection.max() + 1 + np.arange(len(lost)), connection)
    _, unit = np.unique(alone, return_inverse=True)
    off = np.bincount(unit, weights=lost - share)
    units = len(off)
    if units < 2:
        return float(len(lost))
    variance = float((off**2).sum()) * units / (units - 1) / len(lost)
    return max(1.0, variance / (share * (1 - share)))
