"""What clients hold open: DNS answers, connections, flows of UDP; and how a new one is opened.

The load balancer picks a node and kube-proxy a Pod once per connection, not per request. HTTP/1.1 carries one
request at a time, so a busy client opens several connections; HTTP/2 carries all on one. A flow of UDP is a
port of the client: no handshake, and forgotten by conntrack after a silence.
"""

from collections import defaultdict
from itertools import chain

import simpy

from sim.routing.kube_proxy.affinity import RECENT_LIMIT, Clients
from sim.scenario import TrafficRow
from sim.simulation.design import Design, Flow
from sim.simulation.engines.connection import Connection, Spoken, entry_s, spoken
from sim.simulation.engines.health import Health
from sim.simulation.engines.idle import IdleClocks, are_stated
from sim.simulation.engines.names import KnownNames
from sim.simulation.engines.record import Client, Visit
from sim.simulation.workload import Workload

UNANSWERED = ("connect-timeout", "dropped")
"""Of a connection that ends so its client hears nothing: it waits as long as it waits for any."""

ROUND_TRIPS = {"udp": 0, "sctp": 2}
"""Of the handshake; one for TCP. SCTP: RFC 9260, four messages."""


class Connections:
    """All connections of all clients."""

    def __init__(
        self, env: simpy.Environment, design: Design, workload: Workload, health: Health | None
    ) -> None:
        self._env, self._design, self._health = env, design, health
        self._resumption = workload.scenario.tls.resumption
        self.zones = [spec.zone for spec in design.stations]
        self._idle: defaultdict[Spoken, list[Connection]] = defaultdict(list)
        self.names = KnownNames(env, design.delays.dns_s, design.delays.client_s)
        self._sessions: set[tuple[Client, int]] = set()
        self._affinity: defaultdict[int, Clients] = defaultdict(lambda: Clients(RECENT_LIMIT))
        self.opened = 0
        scenario = workload.scenario
        self._clocks = IdleClocks(scenario, design) if are_stated(scenario) else None

    def take(self, visit: Visit, flow: Flow) -> Connection:
        """A connection of this client to the flow's load balancer that can carry it, else a new one."""
        protocol = visit.traffic.protocol
        idle = self._idle[spoken(visit, flow)]
        while idle:
            known = idle[-1]
            if known.left > 0 and not self._is_gone(known, visit.traffic, flow):
                if protocol == "http":
                    idle.pop()
                return self._taken(known, visit.traffic, flow)
            idle.pop()
        opened = self._open(visit, flow)
        if protocol != "http" and opened.trouble is None:
            opened.busy = 1
            idle.append(opened)
        return opened

    def _taken(self, known: Connection, traffic: TrafficRow, flow: Flow) -> Connection:
        """A kept connection carries another request, or turns out to be there no longer."""
        now_s = self._env.now
        if self._clocks is not None and self._clocks.broke(known, traffic, flow, now_s):
            return known
        known.left -= 1
        known.ready_s = max(known.ready_s, now_s)
        known.last_s = now_s
        known.cpu_s = 0.0
        known.reused = True
        known.busy += traffic.protocol != "http"
        return known

    def give_back(self, visit: Visit, flow: Flow, connection: Connection) -> None:
        """An HTTP/1.1 connection is free for the client's next request; others may carry less now."""
        protocol = visit.traffic.protocol
        if protocol == "http":
            if connection.left > 0:
                connection.last_s = self._env.now
                self._idle[spoken(visit, flow)].append(connection)
        elif protocol != "udp":
            connection.busy -= 1
            connection.last_s = self._env.now

    def _is_gone(self, known: Connection, traffic: TrafficRow, flow: Flow) -> bool:
        protocol, silent_s = traffic.protocol, self._env.now - known.last_s
        if self._clocks is not None and self._clocks.is_closed(known, traffic, flow, self._env.now):
            return True
        if protocol == "udp" and silent_s > entry_s(known):
            return True
        if protocol == "http" and flow.idle_s is not None and silent_s > flow.idle_s:
            return True
        if self._health is None:
            return False
        if flow.to_pods and protocol != "udp":
            told_s = self._design.delays.client_s / 2
            cut_s = self._health.cut_s(known.destination, known.station, known.opened_s)
            if cut_s + told_s <= self._env.now:
                return True
        sight = self._health.sight
        if protocol == "udp" and sight is not None:
            node = -1 if flow.to_pods else known.node
            return sight.has_cleared(known.destination, node, known.station)
        return self._health.is_stale(
            known.destination, known.node, known.station, known.opened_s, known.way_s
        )

    def _open(self, visit: Visit, flow: Flow) -> Connection:
        """DNS unless the address is known, the choice of node and Pod, the handshakes."""
        delays, now_s = self._design.delays, self._env.now
        known_s = now_s + self.names.look_up_s(visit.client, flow.destination)
        way_s = delays.client_s + 2 * delays.load_balancer_s
        opened = Connection(
            self.opened, flow.destination, -1, -1, way_s, False, now_s, known_s + way_s, now_s
        )
        self.opened += 1
        if not flow.per_request:
            chosen = self.choose(visit, flow, visit.draws.node[visit.number])
            if isinstance(chosen, str):
                opened.trouble = chosen
                if self._health is not None:
                    if self._health.is_silent(flow.destination):
                        opened.trouble = "connect-timeout"
                    if opened.trouble in UNANSWERED:
                        opened.ready_s = known_s + visit.traffic.connect_timeout
                    self._health.emptied(visit.entry, chain(*flow.pods), flow.destination)
                return opened
            opened.node, opened.station = chosen
            opened.way_s += self.behind_s(flow, *chosen)
            opened.crosses = self.crosses(flow, *chosen)
            if flow.proxy_workers > 1:
                opened.worker = int(visit.draws.worker[visit.number] * flow.proxy_workers)
        if flow.silent or self._health is not None:
            opened.trouble, wait_s = self._trouble(visit, opened, flow)
            if opened.trouble is not None:
                opened.ready_s = known_s + wait_s
                return opened
        tls_s = 0.0
        if flow.tls_ends is not None:
            tls_s, opened.cpu_s = self._tls_s(visit, flow, way_s, opened.way_s)
        trips = ROUND_TRIPS.get(visit.traffic.protocol, 1)
        opened.ready_s = known_s + opened.way_s * trips + tls_s
        most = flow.most_requests
        opened.left = (visit.traffic.uses if most is None else min(visit.traffic.uses, most)) - 1
        return opened

    def choose(self, visit: Visit, flow: Flow, node: float) -> tuple[int, int] | str:
        """A node and a station for a new connection, or why there is none.

        Args:
            node: the place of the node among those there are, from 0 to 1.
        """
        nodes, pods = (flow.nodes, flow.pods) if self._health is None else self._health.left(flow)
        if not nodes:
            return "lb-no-healthy-target"
        place = min(int(node * len(nodes)), len(nodes) - 1)
        stations = pods[place]
        if not stations:
            return "dropped" if self._drops(flow, nodes[place]) else "refused"
        station = stations[min(int(visit.draws.pod[visit.number] * len(stations)), len(stations) - 1)]
        if flow.affinity_s is not None:
            address = str(visit.traffic.client_ip or visit.client)
            station = self._with_affinity(flow, nodes[place], stations, address, station)
        return nodes[place], station

    def _drops(self, flow: Flow, node: int) -> bool:
        """Whether a node without a Pod drops a connection: under policy Local, while others have one."""
        sight = None if self._health is None else self._health.sight
        return flow.local and sight is not None and bool(sight.at_node(node, tuple(chain(*flow.pods))))

    def _with_affinity(
        self, flow: Flow, node: int, stations: tuple[int, ...], address: str, chosen: int
    ) -> int:
        """The Pod that this node remembers for an address, else the chosen one; both renew the memory."""
        assert flow.affinity_s is not None
        clients, now_s, keeps_s = self._affinity[node], self._env.now, flow.affinity_s
        remembered = (s for s in stations if clients.fresh(f"{flow.port}/{s}", address, now_s, keeps_s))
        station = next(remembered, chosen)
        clients.saw(f"{flow.port}/{station}", address, now_s)
        return station

    def behind_s(self, flow: Flow, node: int, station: int) -> float:
        """Round trip from the load balancer to where the connection ends."""
        delays = self._design.delays
        if flow.to_pods:
            return delays.zone_s
        return delays.zone_s + delays.between(self._design.node_zones[node], self.zones[station])

    def crosses(self, flow: Flow, node: int, station: int) -> bool:
        """Whether kube-proxy leads from this node to another zone."""
        return not flow.to_pods and self._design.node_zones[node] != self.zones[station]

    def _trouble(self, visit: Visit, opened: Connection, flow: Flow) -> tuple[str | None, float]:
        """Why a connection cannot be opened, and when the client knows."""
        if (opened.node, opened.station) in flow.silent:
            return "connect-timeout", visit.traffic.connect_timeout
        if self._health is None or visit.traffic.protocol == "udp":
            return None, 0.0
        outage = self._health.blocked(opened.destination, opened.node, opened.station)
        is_silent = outage is not None and outage.silent
        if self._health.refuses(opened.station) and not is_silent:
            visit.entry.cause = opened.station
            return "refused", opened.way_s
        if outage is None:
            return None, 0.0
        visit.entry.fault = outage.number
        return ("connect-timeout", visit.traffic.connect_timeout) if is_silent else ("refused", opened.way_s)

    def _tls_s(self, visit: Visit, flow: Flow, front_s: float, whole_s: float) -> tuple[float, float]:
        """Time of the TLS handshake on the way, and the CPU time where TLS ends at a Pod."""
        delays, key = self._design.delays, (visit.client, flow.destination)
        resumed = key in self._sessions and visit.draws.resume[visit.number] < self._resumption
        self._sessions.add(key)
        trips = 1 if resumed else delays.tls_round_trips
        cpu_s = delays.tls_resumed_cpu_s if resumed else delays.tls_cpu_s
        if flow.tls_ends == "load-balancer":
            return trips * front_s + cpu_s, 0.0
        return trips * whole_s, cpu_s
