"""Which rules each part goes by now: those before, between and after the events that change them."""

from functools import cache

import simpy

from sim.cluster.life.hearing import WAY_IN, ClusterPart
from sim.simulation.design import Design, Flow
from sim.simulation.propagation import DrawnDelays
from sim.simulation.workload import Workload


class KnownRules:
    """The flows of a design, as each part knows them at the time of its environment."""

    def __init__(self, env: simpy.Environment, design: Design, workload: Workload) -> None:
        self._env, self._design = env, design
        self._delays = DrawnDelays(workload.scenario, workload.seed)
        self._told_s = cache(self._heard_s)

    def at_entrance(self, row: int) -> Flow:
        """Where a row's requests go, as whoever chooses a way in knows it."""
        return self._broken(row) or self._known(WAY_IN, row)

    def at_end(self, row: int, station: int, chosen: Flow) -> Flow:
        """The same for a request that has come to a station; a controller Pod goes by the rules it knows.

        Args:
            chosen: by whoever chose the way in.
        """
        spec = self._design.stations[station] if station >= 0 else None
        if spec is None or not spec.is_controller:
            return chosen
        known = self._broken(row) or self._known(ClusterPart("controller", spec.name), row)
        return known if known.upstream is not None or known.end is not None else chosen

    def _broken(self, row: int) -> Flow | None:
        now_s = self._env.now
        held = (broken for broken in self._design.broken if broken.at_s <= now_s < broken.until_s)
        return next((broken.flows[row] for broken in held), None)

    def blamed(self, row: int, flow: Flow) -> int:
        """The place in `Result.faults` of the event that ends a request; -1: it ends so without any.

        Args:
            flow: that it goes by.
        """
        if flow.end is None or flow.end == self._design.flows[row].end:
            return -1
        known = [then.flows[row] for then in self._design.later]
        number = next((n for n, then in enumerate(known) if _leads(then, flow)), -1)
        while number > 0 and known[number - 1].end == flow.end:
            number -= 1
        return -1 if number < 0 else len(self._design.outages.titles) + number

    def named_until_s(self, fault: int) -> float:
        """Until when name servers name a load balancer that an event took away; 0: none did.

        Args:
            fault: the event's place in `Result.faults`, or -1.
        """
        if fault < 0:
            return 0.0
        number = fault - len(self._design.outages.titles)
        return self._told_s(WAY_IN)[number] + self._delays.named_s(number)

    def _known(self, part: ClusterPart, row: int) -> Flow:
        heard = zip(self._told_s(part), self._design.later, strict=True)
        known = [then.flows for at_s, then in heard if at_s <= self._env.now]
        return (known[-1] if known else self._design.flows)[row]

    def _heard_s(self, part: ClusterPart) -> tuple[float, ...]:
        """When a part has heard of each event."""
        return tuple(
            then.at_s + self._delays.ruled_s(part, number) for number, then in enumerate(self._design.later)
        )


def _leads(flow: Flow, way: Flow) -> bool:
    """Whether a flow is this way, or has it among those that weights share out."""
    return any(one is way for _, one in flow.parts)
