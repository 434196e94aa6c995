"""What a plan uses in a month: rates and sizes that a scenario states, times what its design makes of them.

How many connections carry the requests, and how many bytes cross a border between zones, the design decides
where every choice is as likely as the others: no run is asked then, and no number of requests moves a bill. A
run is asked for the rate of users in a closed loop, and for the crossings of a balancer that looks at what is
open. Faults are no part of a month: the design is taken as it is when all of it works.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sim.costs.offers import BOTH, Offer, offers
from sim.costs.price_sheet import PriceSheet
from sim.costs.usage import NO_TRAFFIC, Traffic
from sim.costs.usage_of_plan import PlanUsage, usage_of_plan, usage_of_services
from sim.errors import UsageError
from sim.plans import Plan
from sim.scenario import Scenario
from sim.scenario.experiment import Experiment
from sim.scenario.month import Asked, exact, gb_of, traffic_of
from sim.simulation.design import Design, Flow, StationSpec, compile_design
from sim.simulation.result import Result


@dataclass(frozen=True)
class Month:
    """What one plan uses, and what it would for other numbers of Services like its mean one.

    Args:
        services: how many are exposed.
        traffic: of all of them together.
        ports: of each such Service.
        replicas: of the controller that a plan with one would have, where this one runs none.
    """

    plan: Plan
    usage: PlanUsage
    services: int
    traffic: Traffic
    ports: int = 1
    replicas: int = 0

    def times(self, count: int) -> Month:
        """The same of so many Services like the mean one."""
        traffic = self.traffic.shared_by(self.services).times(count)
        return replace(self, usage=self.of_services(count), services=count, traffic=traffic)

    def of_services(self, count: int) -> PlanUsage:
        """What the plan uses for so many Services, all like the mean one."""
        crossing = self.usage.crossed_gb / self.traffic.gb if self.traffic.gb else Fraction(0)
        each = self.traffic.shared_by(self.services)
        return usage_of_services(self.plan, each, count, crossing, self.ports, self.replicas)


def rates_of(scenario: Scenario, results: Sequence[Result] = ()) -> tuple[Fraction, ...]:
    """Requests per second of every row: as stated; of users, as many as the runs had.

    Raises:
        UsageError: there is no run, and only a run can say.
    """
    lasted_s = exact(sum(r.end_s for r in results))
    rates = []
    for number, row in enumerate(scenario.traffic):
        if row.users and not results:
            raise UsageError(f"how often the users of {row.host} ask, only a run can say: sim compare")
        sent = sum(int((r.row == number).sum()) for r in results) if row.users else 0
        rates.append(sent / (lasted_s or Fraction(1)) if row.users else exact(row.rps or 0.0))
    return tuple(rates)


def month_of(
    plan: Plan, design: Design, scenario: Scenario, rates: Sequence[Fraction], results: Sequence[Result] = ()
) -> Month:
    """What a plan uses in a month.

    Args:
        rates: requests per second of every row.
        results: of runs of the design; without them every balancer is taken to spread evenly.
    """
    by_destination: defaultdict[str, list[Asked]] = defaultdict(list)
    controller_rps = crossed_gb = Fraction(0)
    borders = _Borders(plan, design)
    for number, (row, flow, rate) in enumerate(zip(scenario.traffic, design.flows, rates, strict=True)):
        by_destination[design.destinations[flow.destination]].append((number, rate))
        controller_rps += rate if borders.is_proxied(flow) else 0
        counted = [r.crossings[r.row == number] for r in results] if borders.is_counted(flow) else []
        mean = Fraction(sum(int(c.sum()) for c in counted), max(1, sum(map(len, counted))))
        crossings = mean if counted else borders.of_flow(flow)
        crossed_gb += sum(gb_of(row, rate)) * crossings
    carried = {name: traffic_of(scenario, asked) for name, asked in by_destination.items()}
    usage = usage_of_plan(plan, carried, controller_rps, crossed_gb)
    services = len({entry.service for entry in plan.exposed})
    replicas = scenario.controller_key.replicas
    return Month(plan, usage, services, sum(carried.values(), NO_TRAFFIC), replicas=replicas)


class _Borders:
    """Borders between zones that a request crosses on average, as a design decides it.

    From a node to a Pod it is as kube-proxy chooses there. From a controller on, a Pod that the model placed
    because no file says where it stands is as likely in each zone as in the others.
    """

    def __init__(self, plan: Plan, design: Design) -> None:
        self._design, self._even = design, 1 - Fraction(1, max(1, plan.zones))
        self._placed = plan.placed

    def is_proxied(self, flow: Flow) -> bool:
        """Whether a controller Pod reads the requests."""
        return any(self._design.stations[pod].is_controller for pods in flow.pods for pod in pods)

    def is_counted(self, flow: Flow) -> bool:
        """Whether only a run says it: a balancer looks at what is open, among Pods that files place."""
        if flow.ways:
            return any(self.is_counted(way) for _, way in flow.ways)
        if flow.upstream is None or self._design.upstreams[flow.upstream].method.even:
            return False
        behind = self._design.upstreams[flow.upstream].stations
        stations = {*behind, *(pod for pods in flow.pods for pod in pods)}
        return not any(self._design.stations[station].name in self._placed for station in stations)

    def of_flow(self, flow: Flow) -> Fraction:
        """Of a request, one way."""
        if flow.ways:
            return sum((exact(share) * self.of_flow(way) for share, way in flow.ways), Fraction(0))
        zones = (self._design.node_zones[node] for node in flow.nodes)
        ways = Counter(zip(zones, flow.pods, strict=True))
        whole = sum((n * self._behind(flow, *way) for way, n in ways.items()), Fraction(0))
        return whole / max(1, len(flow.nodes))

    def _behind(self, flow: Flow, zone: str, pods: Sequence[int]) -> Fraction:
        """Behind a node: to what kube-proxy chooses there, and from a controller on to a Pod."""
        stations, upstreams = self._design.stations, self._design.upstreams
        here = [stations[pod] for pod in pods]
        first = 0 if flow.to_pods else Fraction(sum(one.zone != zone for one in here), len(here))
        there = [] if flow.upstream is None else [stations[pod] for pod in upstreams[flow.upstream].stations]
        pairs = [self._between(one, other) for one in here for other in there]
        return first + sum(pairs, Fraction(0)) / max(1, len(pairs))

    def _between(self, one: StationSpec, other: StationSpec) -> Fraction:
        placed = one.name in self._placed or other.name in self._placed
        return self._even if placed else Fraction(one.zone != other.zone)


def offers_for(
    experiment: Experiment, months: Sequence[Month], rates: Sequence[Fraction], sheets: Sequence[PriceSheet]
) -> tuple[Offer, ...]:
    """What every provider asks for the plans, and for other numbers of such Services.

    Args:
        months: of the plans, in the order in which they are compared.
        rates: requests per second of every row.
    """
    known, scenario = {month.plan.name for month in months}, experiment.scenario
    others = experiment.plans([name for name in BOTH if name not in known])
    rest = (month_of(p, compile_design(p, scenario, experiment.rules), scenario, rates) for p in others)
    growth = {month.plan.name: month.of_services for month in (*months, *rest)}
    return offers([month.usage for month in months], growth, sheets)
