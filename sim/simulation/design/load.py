"""Load against capacity, known without a run: which Pods are asked for more work than they can do.

At a Pod that is asked more often than it can answer no steady state exists: the queue grows as long as the
load lasts, and every mean depends on how long that was (Erlang 1917; Kleinrock 1975, utilisation below one).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sim.cluster.life.hpa import autoscalers_of
from sim.cluster.life.workloads import pods_of, workloads_of
from sim.scenario import Scenario
from sim.simulation.design.values import Design, Flow
from sim.units import attributes, counted


@dataclass(frozen=True)
class Overload:
    """Pods of one Service, or of the controller, that are alike in what is asked of each.

    Args:
        service: `NAMESPACE/NAME`; empty for controller Pods.
        pods: how many.
        offered_per_s: requests that come to one of them in a second.
        capacity_per_s: of those as many as it can serve in a second, at most.
    """

    service: str
    pods: int
    offered_per_s: float
    capacity_per_s: float

    @property
    def message(self) -> str:
        """What it means for a queue."""
        who = f"Pod{'s' * (self.pods > 1)} of {self.service}" if self.service else "controller Pod"
        each = " each" if self.pods > 1 else ""
        grows = self.pods * (self.offered_per_s - self.capacity_per_s)
        rate = f" by {grows:,.6g} requests a second" if grows > 1e-9 * self.offered_per_s else ""
        return (
            f"no steady state: {self.offered_per_s:,.6g} requests/s come to {_some(self.pods, who)}{each}, "
            f"more than the {self.capacity_per_s:,.6g} that it can serve: the queue grows{rate}"
        )

    def to_json(self) -> dict[str, object]:
        """As `sim run` and `sim compare` show it."""
        return attributes(self, "service pods offered_per_s capacity_per_s message")


def _some(count: int, who: str) -> str:
    return f"the {who}" if count == 1 else counted(count, who.replace("Pods", "Pod", 1))


def overloads(design: Design, scenario: Scenario) -> tuple[Overload, ...]:
    """The Pods that cannot keep up while all works and every choice is as likely as the others.

    Where so many may wait and no more, the rest is refused, and there is a steady state.

    Counted are the Pods at the start; of a workload with an autoscaler as many as it may ask for.
    Users in a closed loop wait for their answers, so they overload nobody: rows of theirs count for nothing.
    """
    return tuple(_grouped(design, *_asked(design, scenario)))


def is_steady(scenario: Scenario) -> bool:
    """Whether nothing happens in a run but requests that come at a rate that stays."""
    changing = (row.shape is not None and row.shape.burst is None for row in scenario.traffic)
    return not (scenario.events or scenario.faults or any(changing))


def offered_loads(design: Design, scenario: Scenario) -> dict[int, float] | None:
    """Station -> the share of its workers' time that open rows ask for, if all choices are as likely.

    Returns:
        None where something else happens in a run: then it is no sample of a steady state.
    """
    if not is_steady(scenario):
        return None
    _, work, _ = _asked(design, scenario)
    return {station: busy / design.stations[station].workers for station, busy in work.items()}


def _asked(design: Design, scenario: Scenario) -> tuple[dict[int, float], dict[int, float], dict[int, str]]:
    """Of stations: requests and work a second, and the Service behind them (empty: a controller's)."""
    arrivals: defaultdict[int, float] = defaultdict(float)
    work: defaultdict[int, float] = defaultdict(float)
    behind: dict[int, str] = {}
    later = _later(design)
    for row, flow, service in zip(scenario.traffic, design.flows, design.services, strict=True):
        for share, way in flow.parts:
            rate = 0.0 if row.users else share * (row.rps or 0.0)
            for station, part, service_s in _visits(design, scenario, way, way.service or service, later):
                arrivals[station] += rate * part
                work[station] += rate * part * service_s
                behind[station] = "" if design.stations[station].is_controller else way.service or service
    return arrivals, work, behind


def _grouped(
    design: Design, arrivals: dict[int, float], work: dict[int, float], behind: dict[int, str]
) -> Iterator[Overload]:
    alike: Counter[tuple[str, float, float]] = Counter()
    for station, busy in work.items():
        workers = design.stations[station].workers
        if busy >= workers and design.stations[station].queue is None:
            capacity = arrivals[station] * workers / busy
            alike[behind[station], float(f"{arrivals[station]:.9g}"), float(f"{capacity:.9g}")] += 1
    for (service, offered, capacity), pods in alike.items():
        yield Overload(service, pods, offered, capacity)


def _later(design: Design) -> frozenset[int]:
    """Stations of Pods that are not there at the start, but for those that an autoscaler may ask for."""
    if design.before is None:
        return frozenset()
    asked: set[str] = set()
    for key, scaler in autoscalers_of(design.before).items():
        there = len(pods_of(design.before, workloads_of(design.before)[key]))
        own = (name for name in design.places if name.rpartition("-")[0] == key)
        asked |= set(islice(own, max(0, scaler.bounds.most - there)))
    stations = enumerate(design.stations)
    return frozenset(n for n, s in stations if s.name in design.places and s.name not in asked)


def _visits(
    design: Design, scenario: Scenario, flow: Flow, service: str, later: frozenset[int]
) -> Iterator[tuple[int, float, float]]:
    """Station, share of the requests that come to it, and mean service time there, in seconds."""
    served_s = scenario.service_time_of(service).mean_s
    for pods in flow.pods:
        there = [station for station in pods if station not in later]
        for station in there:
            is_controller = design.stations[station].is_controller
            part = 1 / len(flow.pods) / len(there)
            yield station, part, scenario.controller_key.service_time.mean_s if is_controller else served_s
    if flow.upstream is not None:
        stations = [s for s in design.upstreams[flow.upstream].stations if s not in later]
        yield from ((station, 1 / len(stations), served_s) for station in stations)
