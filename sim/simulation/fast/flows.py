"""All flows of a design in numbers: the ways that weights share out, nodes, and who stands behind."""

from collections.abc import Iterator, Mapping
from math import inf

from sim.simulation.design import Design, Flow
from sim.simulation.fast.records import FlowRow, NodeWay, WayRow
from sim.simulation.fast.steps import TLS_AT_BALANCER, TLS_AT_CONTROLLER, TLS_AT_POD
from sim.simulation.workload import Workload

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
        for first in self.first:
            upto = 0.0
            for n, (share, _) in enumerate(self.listed[first][1].ways):
                upto = share if n == 0 else upto + share
                yield WayRow(upto, first + 1 + n)

    def rows(self, ends: Mapping[str, int], services: Mapping[str, int]) -> Iterator[FlowRow]:
        """Each flow as a row.

        Args:
            ends: reason -> its number. services: name of a Service -> the number of its service times.
        """
        way = 0
        for n, (_, flow) in enumerate(self.listed):
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
            )
            way += len(flow.ways)

    def _nodes(self, flow: Flow) -> int:
        """Put down the nodes of a flow; returns where they begin."""
        first = len(self.nodes)
        for node, stations in zip(flow.nodes, flow.pods, strict=True):
            self.nodes.append(NodeWay(node, len(self.choices), len(stations)))
            self.choices += stations
        return first
