"""Stations one after the other, where no decision depends on what came of an earlier one.

With a connection for each request, and turns or chance, nobody looks at what is open: all requests go through
the first stations, in order of time, then all through those behind them. Every time is the sum that a walk
would have made of it. Where two come at the very same time their order matters, and a walk must say it.
"""

from dataclasses import dataclass, field
from itertools import accumulate
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.simulation.design import Design, Flow
from sim.simulation.engines.names import DNS_TTL_S
from sim.simulation.fast import queues
from sim.simulation.fast.compiled import loop
from sim.simulation.fast.tables import Numbered
from sim.simulation.fast.turns_ahead import IN_TURN, placed, turns
from sim.simulation.workload import OpenRequests, Workload

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class TieError(Exception):
    """Two requests come at the very same time."""


@dataclass
class Passage:
    """Requests on their way through stations: columns, in order of sending.

    Args:
        came_s, starts_s, stops_s: of each stage of stations; NaN: it does not come there.
        station: at each stage. at_station: of each the same three, in order of coming, for each stage.
    """

    sent_s: Floats
    ready_s: Floats
    node: Whole
    crossings: Whole
    station: list[Whole] = field(default_factory=list)
    came_s: list[Floats] = field(default_factory=list)
    starts_s: list[Floats] = field(default_factory=list)
    stops_s: list[Floats] = field(default_factory=list)
    at_station: dict[int, list[tuple[Floats, Floats, Floats]]] = field(default_factory=dict)
    over_s: Floats = field(default_factory=lambda: np.empty(0))


def is_forward(design: Design, workload: Workload) -> bool:
    """Whether no decision of a run depends on what came of an earlier one."""
    rows, flows = workload.scenario.traffic, design.flows
    return (
        len(workload.requests) > 0
        and not design.outages
        and not design.broken
        and all(row.timeout is None and not row.retries and not row.users for row in rows)
        and all(row.protocol == "http" and row.uses == 1 for row in rows)
        and all(_is_plain(design, flow) for flow in flows)
        and all(spec.queue is None for spec in design.stations)
    )


def _is_plain(design: Design, flow: Flow) -> bool:
    """Whether a flow leads through stations one after the other."""
    if flow.ways or flow.end is not None or flow.tls_ends is not None or not all(flow.pods) or not flow.nodes:
        return False
    if flow.upstream is None:
        return True
    behind = design.upstreams[flow.upstream]
    return behind.method.full_name in IN_TURN and len({backend.weight for backend in behind.listed}) == 1


def passed(n: Numbered, compiled: bool) -> Passage:
    """All requests from the first to the last station and back.

    Raises:
        TieError: their order is not known by their times alone.
    """
    requests = n.workload.requests
    sent_s = _sent(requests.sent_s)
    found, way_s = _entered(n, sent_s, compiled)
    came_s = sent_s + (found.ready_s - sent_s + way_s / 2)
    order = _in_order(came_s)
    proxied = np.array([flow.upstream is not None for flow in n.design.flows])[requests.row]
    first_s = _picked(proxied, requests, ("controller", "service"))
    _served(n, found, found.station[0], came_s, first_s, order, compiled)
    over_s = found.stops_s[0]
    if proxied.any():
        order = _in_order(np.where(proxied, over_s, inf))[: int(proxied.sum())]
        over_s = _behind(n, found, order, compiled)
    found.over_s = np.where(way_s > 0, over_s + way_s / 2, over_s)
    return found


def _picked(mine: NDArray[np.bool_], requests: Any, purposes: tuple[str, str]) -> Floats:
    """Of two columns the first where it is asked for; neither is drawn for nobody."""
    if mine.all() or not mine.any():
        return np.asarray(requests.drawn(purposes[0 if mine.all() else 1]))
    one, other = (requests.drawn(purpose) for purpose in purposes)
    return np.asarray(np.where(mine, one, other))


def _sent(sent_s: Floats) -> Floats:
    """When each is sent by a source that waits for the difference each time."""
    found = sent_s
    while True:
        before = np.concatenate(([0.0], found[:-1]))
        again: Floats = np.where(sent_s > before, before + (sent_s - before), before)
        if np.array_equal(again, found):
            return found
        found = again


def _in_order(at_s: Floats) -> Whole:
    """The requests in order of a time.

    Raises:
        TieError: two are at the same.
    """
    steps = np.diff(at_s)
    if (steps > 0).all():
        return np.arange(len(at_s))
    order = np.argsort(at_s, kind="stable")
    ordered = at_s[order]
    if ((ordered[1:] == ordered[:-1]) & (ordered[1:] < inf)).any():
        raise TieError
    return order


def _entered(n: Numbered, sent_s: Floats, compiled: bool) -> tuple[Passage, Floats]:
    """Node and station of each connection, when it is open, and its round trip."""
    requests, choices = n.workload.requests, _Choices.of(n)
    at = choices.drawn(requests)
    way_s = choices.way_s[at]
    known_s = sent_s + _dns_s(n, sent_s, compiled) if n.design.delays.dns_s else sent_s
    found = Passage(sent_s, known_s + way_s, choices.node[at], choices.crosses[at], [choices.station[at]])
    return found, way_s


class _Choices(NamedTuple):
    """All ways from a load balancer to a station: of each row by node, and of each node by Pod.

    Args:
        first, nodes: of a row, its nodes; pod, pods: of a node, its Pods.
    """

    first: Whole
    nodes: Whole
    pod: Whole
    pods: Whole
    node: Whole
    station: Whole
    way_s: Floats
    crosses: Whole

    @classmethod
    def of(cls, n: Numbered) -> "_Choices":
        """Those of a design."""
        design, delays = n.design, n.design.delays
        front_s = delays.client_s + 2 * delays.load_balancer_s
        every = [
            (flow, node, pods)
            for flow in design.flows
            for node, pods in zip(flow.nodes, flow.pods, strict=True)
        ]
        ways = []
        for flow, node, pods in every:
            for station in pods:
                here, there = design.node_zones[node], design.stations[station].zone
                behind_s = delays.zone_s if flow.to_pods else delays.zone_s + delays.between(here, there)
                ways.append((node, station, front_s + behind_s, int(not flow.to_pods and here != there)))
        counts, pods_of = [len(flow.nodes) for flow in design.flows], [len(pods) for _, _, pods in every]
        columns = (np.array(column) for column in zip(*ways, strict=True))
        firsts = (np.array([0, *accumulate(c)][:-1]) for c in (counts, pods_of))
        first, pod = firsts
        return cls(first, np.array(counts), pod, np.array(pods_of), *columns)

    def drawn(self, requests: OpenRequests) -> Whole:
        """The way that each request's uniforms fall on."""
        node = self.first[requests.row]
        if self.nodes.max() > 1:
            node = node + placed(requests.node, self.nodes[requests.row])
        way = self.pod[node]
        if self.pods.max() > 1:
            way = way + placed(requests.pod, self.pods[node])
        return np.asarray(way)


def _dns_s(n: Numbered, sent_s: Floats, compiled: bool) -> Floats:
    """How long each looks an address up."""
    requests, destinations = n.workload.requests, np.array([flow.destination for flow in n.design.flows])
    client = np.array(n.bases)[requests.row] + requests.client
    client = client * len(n.design.destinations) + destinations[requests.row]
    columns = client, sent_s, np.full(n.clients * len(n.design.destinations), -inf), DNS_TTL_S
    asks = np.zeros(len(sent_s), dtype=bool)
    loop(queues.look_up, compiled)(*columns, asks)
    return np.where(asks, n.design.delays.dns_s, 0.0)


def _served(
    n: Numbered,
    found: Passage,
    station: Whole,
    came_s: Floats,
    service_s: Floats,
    order: Whole,
    compiled: bool,
) -> None:
    """A stage of stations: each serves those that come to it, in order of time."""
    starts_s, stops_s = np.full(len(came_s), nan), np.full(len(came_s), nan)
    station_of, serve = station[order], loop(queues.serve, compiled)
    by_station = np.argsort(station_of.astype(np.int16), kind="stable")
    bounds = np.searchsorted(station_of[by_station], np.arange(len(n.design.stations) + 1))
    for number, spec in enumerate(n.design.stations):
        mine = order[by_station[bounds[number] : bounds[number + 1]]]
        starts, stops = np.empty(len(mine)), np.empty(len(mine))
        came = came_s[mine]
        serve(came, service_s[mine], np.zeros(spec.workers), starts, stops)
        starts_s[mine], stops_s[mine] = starts, stops
        if len(mine):
            found.at_station.setdefault(number, []).append((came, starts, stops))
    found.came_s.append(came_s)
    found.starts_s.append(starts_s)
    found.stops_s.append(stops_s)


def _behind(n: Numbered, found: Passage, order: Whole, compiled: bool) -> Floats:
    """From controller Pods, in the order in which they have read their requests, to Pods and back.

    Returns:
        When the answer is back at the controller Pod.
    """
    requests, zones, delays = n.workload.requests, n.zones, n.design.delays
    controller, over_s = found.station[0], found.stops_s[0].copy()
    station = np.full(len(requests), -1)
    station[order] = turns(n, controller[order], order)
    zone = np.array([zones[spec.zone] for spec in n.design.stations])
    between_s = np.array([[delays.between(a, b) for b in zones] for a in zones])
    here, there = zone[controller[order]], zone[station[order]]
    way_s = between_s[here, there]
    found.crossings = found.crossings.copy()
    found.crossings[order] += here != there
    came_s = np.full(len(requests), inf)
    came_s[order] = np.where(way_s > 0, over_s[order] + way_s / 2, over_s[order])
    found.station.append(station)
    _served(n, found, station, came_s, requests.service_s, _in_order(came_s)[: len(order)], compiled)
    stops_s = found.stops_s[1][order]
    over_s[order] = np.where(way_s > 0, stops_s + way_s / 2, stops_s)
    return over_s
