"""What is out of order now, and what others know of it.

An outage is in the design with its times, so everything here is a question to the clock. A broken thing is
sent to until its outage is known: to the health check of a load balancer, to whoever removes endpoints.
"""

from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from math import inf
from typing import NamedTuple

import simpy

from sim.cluster.life.figures import FIGURES
from sim.cluster.load_balancers.targets import shares_of
from sim.routing.hops.balanced import times
from sim.simulation.design import Design, Flow, Outage
from sim.simulation.engines.connection import Connection
from sim.simulation.engines.record import Entry, Visit
from sim.simulation.engines.sight import Sight
from sim.simulation.engines.station import Station

SILENCE_S = FIGURES["tcp-silence"].value
"""How long TCP repeats what nobody acknowledges."""

NODES_LEFT = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]


class ListedTargets(NamedTuple):
    """What a load balancer lists of the Pods of a flow; the flow is kept, so that its id stays its own."""

    flow: Flow
    stations: tuple[int, ...]
    listed: tuple[int, ...]
    left: NODES_LEFT


class Health:
    """The outages of a design, asked at the time of its environment."""

    def __init__(
        self, env: simpy.Environment, design: Design, stations: list[Station], sight: Sight | None = None
    ) -> None:
        self._env, self._design, self._outages, self.sight = env, design, design.outages, sight
        self._listed: dict[int, ListedTargets] = {}
        self._weighed: dict[tuple[bool, bool, NODES_LEFT], NODES_LEFT] = {}
        for number, breaks in design.outages.stations.items():
            for outage in (one for one in breaks if not one.graceful):
                env.process(self._kill(stations[number], outage.at_s))

    def _kill(self, station: Station, at_s: float) -> Generator[simpy.Event, None, None]:
        yield self._env.timeout(at_s)
        station.die()

    def outages_of(self, destination: int, node: int, station: int) -> Iterator[Outage]:
        """All outages of a load balancer, a node and a Pod; -1 is none."""
        found = self._outages
        return chain(
            found.destinations.get(destination, ()),
            found.nodes.get(node, ()),
            found.stations.get(station, ()),
        )

    def blocked(self, destination: int, node: int, station: int) -> Outage | None:
        """What is out of order on a way now; what is silent comes first, what ends gracefully last."""
        now_s = self._env.now
        holding = (o for o in self.outages_of(destination, node, station) if o.holds(now_s))
        return max(holding, key=Outage.badness, default=None)

    def is_silent(self, destination: int) -> bool:
        """Whether a load balancer answers nothing now."""
        outage = self.blocked(destination, -1, -1)
        return outage is not None and outage.silent

    def is_gone(self, station: int) -> bool:
        """Whether a Pod's process has ended, for it went."""
        return self.sight is not None and self.sight.is_gone(station)

    def refuses(self, station: int) -> bool:
        """Whether a Pod is there and takes no new connection, for it comes or goes."""
        return self.sight is not None and self.sight.refuses(station)

    def closed_since(self, station: int, since_s: float) -> bool:
        """Whether a Pod that ends has closed its idle connections since a moment."""
        return self.sight is not None and self.sight.closed_since(station, since_s)

    def cut_s(self, destination: int, station: int, since_s: float) -> float:
        """When a load balancer closes a connection to a Pod that is being removed; infinite: never.

        Args:
            since_s: when it was opened.
        """
        at_s = inf if self.sight is None else self.sight.cut_s(destination, station)
        return at_s if since_s < at_s else inf

    def closed_s(self, visit: Visit, connection: Connection, flow: Flow) -> float:
        """The same of a connection that a request came by."""
        if not flow.to_pods or flow.per_request or visit.traffic.protocol == "udp":
            return inf
        return self.cut_s(connection.destination, connection.station, connection.opened_s)

    def death_of(self, entry: Entry, station: int) -> Outage | None:
        """Note whose doing it is that a Pod died; None: a Pod's that went, or nobody's."""
        if self.is_gone(station):
            entry.cause = station
        outage = self.blocked(-1, -1, station)
        if outage is not None:
            entry.fault = outage.number
        return outage

    def emptied(self, entry: Entry, among: Iterable[int], destination: int = -1) -> None:
        """Note whose doing it is that nothing is left to choose from: of those that went the last one.

        Args:
            among: stations. destination: the load balancer that chooses.
        """
        now_s, lives = self._env.now, {} if self.sight is None else self.sight.lives
        stations = set(among)
        gone = [s for s in stations if s in lives and lives[s].deleted_s <= now_s]
        entry.cause = max(gone, key=lambda s: (lives[s].deleted_s, s), default=entry.cause)
        broken = chain(*(self.outages_of(destination, -1, s) for s in stations))
        entry.fault = max((o.number for o in broken if o.holds(now_s)), default=entry.fault)

    def lost(
        self, entry: Entry, where: tuple[int, int, int], reset: str
    ) -> Generator[simpy.Event, None, str | None]:
        """Wait as long as it takes to notice that a way is out of order; returns how it is noticed.

        Args:
            where: numbers of the load balancer, the node and the station; -1 is none.
            reset: what a client is told where something is left to tell it.
        """
        outage = self.blocked(*where)
        if outage is None or outage.graceful:
            return None
        entry.fault = outage.number
        if not outage.silent:
            return reset
        yield self._env.timeout(SILENCE_S)
        return "timeout"

    def is_stale(self, destination: int, node: int, station: int, since_s: float, way_s: float) -> bool:
        """Whether a connection is gone and its client knows: it was reset, or the other side came back.

        Args:
            way_s: the round trip to its other end, of which what a Pod says takes half.
        """
        now_s = self._env.now
        if self.sight is not None and self.sight.closed_since(station, since_s, way_s / 2):
            return True
        began = (o for o in self.outages_of(destination, node, station) if since_s <= o.at_s <= now_s)
        return any(not o.silent or now_s >= o.until_s for o in began)

    def left(self, flow: Flow) -> NODES_LEFT:
        """The nodes and Pods of a flow that are not known to be out of order."""
        if self.sight is not None and flow.to_pods and not self._outages:
            return self._targets(self.sight, flow)
        kept = self._not_broken(flow) if self._outages else list(zip(flow.nodes, flow.pods, strict=True))
        if self.sight is not None:
            kept = self._in_sight(flow, kept)
        with_pods = kept
        if self.sight is None or not flow.local:
            with_pods = [pair for pair in kept if pair[1]] or ([] if flow.to_pods else kept)
        return self._weighing(flow, (tuple(n for n, _ in with_pods), tuple(p for _, p in with_pods)))

    def _weighing(self, flow: Flow, left: NODES_LEFT) -> NODES_LEFT:
        """What is left, each as likely as the others: one with a larger share stands several times."""
        if not flow.zoned and not flow.by_pods:
            return left
        known = self._weighed.get((flow.zoned, flow.by_pods, left))
        if known is None:
            known = self._weighed[flow.zoned, flow.by_pods, left] = self._by_shares(flow, left)
        return known

    def _by_shares(self, flow: Flow, left: NODES_LEFT) -> NODES_LEFT:
        pairs = list(dict.fromkeys(zip(*left, strict=True)))
        zones = [self._design.node_zones[node] for node, _ in pairs]
        weights = [len(pods) if flow.by_pods else 1 for _, pods in pairs]
        shares = shares_of(zones, weights, cross_zone=not flow.zoned)
        likely = [(pair, share) for pair, share in zip(pairs, shares, strict=True) if share]
        often = times([share for _, share in likely])
        again = [pair for (pair, _), n in zip(likely, often, strict=True) for _ in range(n)] or pairs
        return tuple(n for n, _ in again), tuple(p for _, p in again)

    def _targets(self, sight: Sight, flow: Flow) -> NODES_LEFT:
        """Those of a load balancer whose targets are Pods; the same until it hears of the next change."""
        known = self._listed.get(id(flow))
        stations = tuple(chain(*flow.pods)) if known is None else known.stations
        listed = sight.at_balancer(flow.destination, stations)
        if known is None or known.listed is not listed:
            seen = set(listed)
            pairs = [p for p in zip(flow.nodes, flow.pods, strict=True) if p[1] and seen.issuperset(p[1])]
            left = self._weighing(flow, (tuple(n for n, _ in pairs), tuple(pods for _, pods in pairs)))
            known = self._listed[id(flow)] = ListedTargets(flow, stations, listed, left)
        return known.left

    def _not_broken(self, flow: Flow) -> list[tuple[int, tuple[int, ...]]]:
        now_s, nodes = self._env.now, self._outages.nodes
        return [
            (node, self._standing(pods, flow.to_pods))
            for node, pods in zip(flow.nodes, flow.pods, strict=True)
            if node not in nodes or not _known(nodes[node], now_s, checks=True)
        ]

    def _standing(self, pods: tuple[int, ...], checks: bool) -> tuple[int, ...]:
        broken, now_s = self._outages.stations, self._env.now
        if broken.keys().isdisjoint(pods):
            return pods
        return tuple(s for s in pods if not _known(broken.get(s, ()), now_s, checks))

    def _in_sight(
        self, flow: Flow, kept: list[tuple[int, tuple[int, ...]]]
    ) -> list[tuple[int, tuple[int, ...]]]:
        """Of Pods that come and go those that whoever chooses has heard of."""
        assert self.sight is not None
        if flow.local:
            whole = dict(zip(flow.nodes, flow.pods, strict=True))
            taken = (pair for pair in kept if self.sight.takes_node(pair[0], whole[pair[0]], pair[1]))
            return [(node, self.sight.at_node(node, pods)) for node, pods in taken]
        if not flow.to_pods:
            return [(node, self.sight.at_node(node, pods)) for node, pods in kept]
        targets = [station for _, pods in kept for station in pods]
        listed = set(self.sight.at_balancer(flow.destination, targets))
        return [(node, pods) for node, pods in kept if listed.issuperset(pods)]

    def usable(self, stations: tuple[int, ...], controller: int = -1) -> list[int]:
        """Places of the Pods of an upstream that are not known to be out of order.

        Args:
            controller: the station whose Pod asks.
        """
        now_s, outages = self._env.now, self._outages.stations
        left = [i for i, s in enumerate(stations) if s not in outages or not _known(outages[s], now_s)]
        if self.sight is None:
            return left
        seen = set(self.sight.at_controller(controller, stations))
        return [place for place in left if place in seen]


def _known(breaks: tuple[Outage, ...], now_s: float, checks: bool = False) -> bool:
    """Whether others know that something is out of order.

    Args:
        checks: whether they find a Pod on a lost node by checks of their own.
    """
    return any(o.is_known(now_s, checks) for o in breaks if checks or not o.by_endpoints)
