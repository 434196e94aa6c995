"""All flows of a design in numbers: the ways that weights share out, nodes, and who stands behind."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import inf

from sim.routing.proxies.retries import Failure
from sim.scenario import TrafficRow
from sim.simulation.design import Design, Flow
from sim.simulation.fast.given import FlowRow, NodeWay, WayRow
from sim.simulation.fast.steps import TLS_AT_BALANCER, TLS_AT_CONTROLLER, TLS_AT_POD
from sim.simulation.workload import Workload

OUTCOMES: tuple[Failure, ...] = ("refused", "unreachable", "closed", "timeout")
"""How a try fails, in the order of TRY_ENDS."""
TLS = {None: 0, "load-balancer": TLS_AT_BALANCER, "controller": TLS_AT_CONTROLLER, "pod": TLS_AT_POD}


class Flows:
    """The flows of all rows, each followed by those that weights share out.

    Args:
        listed: row and flow. first: of each row.
        kinds: of connections that can stand in for each other; `kind_of` each flow.
    """

    def __init__(self, design: Design, workload: Workload) -> None:
        self.listed: list[tuple[int, Flow]] = []
        self.first = [self._add(row, flow) for row, flow in enumerate(design.flows)]
        self.broken = [[self._add(row, flow) for row, flow in enumerate(one.flows)] for one in design.broken]
        self._heads = [*self.first, *chain(*self.broken)]
        self._upstreams = design.upstreams
        rows = workload.scenario.traffic
        spoken = [(f.destination, rows[row].protocol, f.tls_ends is not None) for row, f in self.listed]
        self.kinds = {kind: n for n, kind in enumerate(dict.fromkeys(spoken))}
        self.kind_of = [self.kinds[kind] for kind in spoken]
        self.nodes: list[NodeWay] = []
        self.choices: list[int] = []

    def _add(self, row: int, flow: Flow) -> int:
        number = len(self.listed)
        self.listed.append((row, flow))
        self.listed += [(row, way) for _, way in flow.ways]
        return number

    def ways(self) -> Iterator[WayRow]:
        """Of each row's flow the ways in turn, and up to which uniform each is chosen."""
        for first in self._heads:
            upto = 0.0
            for n, (share, _) in enumerate(self.listed[first][1].ways):
                upto = share if n == 0 else upto + share
                yield WayRow(upto, first + 1 + n)

    def _again(self, flow: Flow, method: str) -> int:
        """After which ends of a try its proxy makes another: a bit for each place in TRY_ENDS."""
        if flow.upstream is None:
            return 0
        goes_on = self._upstreams[flow.upstream].retries
        return sum(goes_on.again(end, method) << n for n, end in enumerate(OUTCOMES))

    def rows(
        self, ends: Mapping[str, int], services: Mapping[str, int], rows: Sequence[TrafficRow]
    ) -> Iterator[FlowRow]:
        """Each flow as a row.

        Args:
            ends: reason -> its number. services: name of a Service -> the number of its service times.
        """
        way = 0
        for n, (row, flow) in enumerate(self.listed):
            yield FlowRow(
                flow.destination,
                self.kind_of[n],
                -1 if flow.end is None else ends[flow.end],
                TLS[flow.tls_ends],
                int(flow.per_request),
                int(flow.to_pods),
                -1 if flow.upstream is None else flow.upstream,
                self._nodes(flow),
                len(flow.nodes),
                way,
                len(flow.ways),
                services[flow.service],
                inf if flow.idle_s is None else flow.idle_s,
                inf if flow.most_requests is None else flow.most_requests,
                flow.proxy_workers,
                self._again(flow, rows[row].method),
            )
            way += len(flow.ways)

    def _nodes(self, flow: Flow) -> int:
        return self.put_down(flow.nodes, flow.pods)

    def put_down(self, nodes: Sequence[int], pods: Sequence[tuple[int, ...]]) -> int:
        """Nodes, each with the stations behind it; returns where they begin."""
        first = len(self.nodes)
        for node, stations in zip(nodes, pods, strict=True):
            self.nodes.append(NodeWay(node, len(self.choices), len(stations)))
            self.choices += stations
        return first
