"""What clients hold open: DNS answers, connections, flows of UDP; and how a new one is opened.

The load balancer picks a node and kube-proxy a Pod once per connection, not per request. HTTP/1.1 carries one
request at a time, so a busy client opens several connections; HTTP/2 carries all on one. A flow of UDP is a
port of the client: no handshake, and forgotten by conntrack after a silence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import simpy

from sim.routing.kube_proxy.affinity import RECENT_LIMIT, Clients
from sim.routing.kube_proxy.connections import ENTRY_S, UDP_STREAM_AFTER_S, UDP_STREAM_S
from sim.scenario import TrafficRow
from sim.simulation.design import Design, Flow
from sim.simulation.engines.health import Health
from sim.simulation.workload import Workload

DNS_TTL_S = 60.0
"""How long a client keeps an address. Source: the TTL of Elastic Load Balancing names."""

ROUND_TRIPS = {"udp": 0, "sctp": 2}
"""Of the handshake; one for TCP. SCTP: RFC 9260, four messages."""

Client = tuple[object, ...]


@dataclass(slots=True)
class Connection:
    """What was chosen once for a client, and what the connection can still carry.

    Args:
        station: -1 where the load balancer itself reads HTTP.
        way_s: round trip to where the connection ends.
        ready_s: when it is open, or when the client knows that it is not.
        left: requests that it can still carry; 0 once it broke.
        trouble: why it could not be opened; None: it was.
        cpu_s: TLS work that the first request brings to where TLS ends.
    """

    number: int
    destination: int
    node: int
    station: int
    way_s: float
    crosses: bool
    opened_s: float
    ready_s: float
    last_s: float
    left: float
    cpu_s: float = 0.0
    trouble: str | None = None


class Connections:
    """All connections of all clients."""

    def __init__(
        self, env: simpy.Environment, design: Design, workload: Workload, health: Health | None
    ) -> None:
        self._env, self._design, self._health = env, design, health
        self._resumption = workload.scenario.tls.resumption
        self._zones = [spec.zone for spec in design.stations]
        self._idle: defaultdict[tuple[Client, int], list[Connection]] = defaultdict(list)
        self._looked_up_s: dict[tuple[Client, int], float] = {}
        self._sessions: set[tuple[Client, int]] = set()
        self._affinity: defaultdict[int, Clients] = defaultdict(lambda: Clients(RECENT_LIMIT))
        self.opened = 0

    def take(
        self, client: Client, row: TrafficRow, flow: Flow, node: float, pod: float, resume: float
    ) -> Connection:
        """A connection of this client to the flow's load balancer that can carry a request; else a new one.

        Args:
            node, pod, resume: uniforms for what a new connection chooses.
        """
        key = client, flow.destination
        idle = self._idle[key]
        while idle:
            known = idle[-1]
            if known.left > 0 and not self._is_gone(known, row):
                if row.protocol == "http":
                    idle.pop()
                known.left -= 1
                known.ready_s = max(known.ready_s, self._env.now)
                known.last_s = self._env.now
                known.cpu_s = 0.0
                return known
            idle.pop()
        opened = self._open(key, row, flow, node, pod, resume)
        if row.protocol != "http" and opened.trouble is None:
            idle.append(opened)
        return opened

    def give_back(self, client: Client, row: TrafficRow, connection: Connection) -> None:
        """An HTTP/1.1 connection is free for the client's next request."""
        if row.protocol == "http" and connection.left > 0:
            self._idle[client, connection.destination].append(connection)

    def _is_gone(self, known: Connection, row: TrafficRow) -> bool:
        if row.protocol == "udp" and self._env.now - known.last_s > _entry_s(known):
            return True
        return self._health is not None and self._health.is_stale(
            known.destination, known.node, known.station, known.opened_s
        )

    def _open(
        self, key: tuple[Client, int], row: TrafficRow, flow: Flow, node: float, pod: float, resume: float
    ) -> Connection:
        """DNS unless the address is known, the choice of node and Pod, the handshakes."""
        delays, now_s = self._design.delays, self._env.now
        dns_s = self._dns_s(key)
        front_s = delays.client_s + 2 * delays.load_balancer_s
        self.opened += 1
        chosen = (-1, -1) if flow.per_request else self.choose(flow, key[0], row, node, pod)
        if isinstance(chosen, str):
            ready_s = now_s + dns_s + front_s
            return self._connection(flow, (-1, -1), front_s, ready_s, 0, 0.0, chosen)
        whole_s = front_s + self.behind_s(flow, *chosen)
        trouble, wait_s = self._trouble(row, flow, chosen, whole_s)
        if trouble is not None:
            return self._connection(flow, chosen, whole_s, now_s + dns_s + wait_s, 0, 0.0, trouble)
        tls_s, cpu_s = self._tls_s(key, flow, front_s, whole_s, resume)
        ready_s = now_s + dns_s + whole_s * ROUND_TRIPS.get(row.protocol, 1) + tls_s
        return self._connection(flow, chosen, whole_s, ready_s, row.uses - 1, cpu_s, None)

    def _connection(
        self, flow: Flow, chosen: tuple[int, int], way_s: float, ready_s: float, left: float, cpu_s: float,
        trouble: str | None,
    ) -> Connection:  # fmt: skip
        node, station = chosen
        crosses = station >= 0 and not flow.to_pods and self._crosses(node, station)
        now_s = self._env.now
        return Connection(
            self.opened - 1, flow.destination, node, station, way_s, crosses,
            now_s, ready_s, now_s, left, cpu_s, trouble,
        )  # fmt: skip

    def choose(
        self, flow: Flow, client: Client, row: TrafficRow, node: float, pod: float
    ) -> tuple[int, int] | str:
        """A node and a station for a new connection, or why there is none."""
        nodes, pods = (flow.nodes, flow.pods) if self._health is None else self._health.left(flow)
        if not nodes:
            return "lb-no-healthy-target"
        place = min(int(node * len(nodes)), len(nodes) - 1)
        stations = pods[place]
        if not stations:
            return "refused"
        if flow.affinity_s is None:
            return nodes[place], stations[min(int(pod * len(stations)), len(stations) - 1)]
        return nodes[place], self._with_affinity(flow, nodes[place], stations, row.client_ip or client, pod)

    def _with_affinity(
        self, flow: Flow, node: int, stations: tuple[int, ...], address: object, pod: float
    ) -> int:
        """The Pod that this node remembers for an address, else a new choice; both renew the memory."""
        assert flow.affinity_s is not None
        clients, now_s, name = self._affinity[node], self._env.now, str(address)
        remembered = (s for s in stations if clients.fresh(f"{flow.port}/{s}", name, now_s, flow.affinity_s))
        station = next(remembered, stations[min(int(pod * len(stations)), len(stations) - 1)])
        clients.saw(f"{flow.port}/{station}", name, now_s)
        return station

    def behind_s(self, flow: Flow, node: int, station: int) -> float:
        """Round trip from the load balancer to where the connection ends."""
        if station < 0:
            return 0.0
        delays = self._design.delays
        if flow.to_pods:
            return delays.zone_s
        return delays.zone_s + delays.between(self._design.node_zones[node], self._zones[station])

    def _crosses(self, node: int, station: int) -> bool:
        return self._design.node_zones[node] != self._zones[station]

    def _trouble(
        self, row: TrafficRow, flow: Flow, chosen: tuple[int, int], whole_s: float
    ) -> tuple[str | None, float]:
        """Why a connection cannot be opened, and when the client knows."""
        outage = None if self._health is None else self._health.blocked(flow.destination, *chosen)
        if outage is None or row.protocol == "udp":
            return None, 0.0
        return ("connect-timeout", row.connect_timeout) if outage.silent else ("refused", whole_s)

    def _tls_s(
        self, key: tuple[Client, int], flow: Flow, front_s: float, whole_s: float, resume: float
    ) -> tuple[float, float]:
        """Time of the TLS handshake on the way, and the CPU time where TLS ends at a Pod."""
        if flow.tls_ends is None:
            return 0.0, 0.0
        delays = self._design.delays
        resumed = key in self._sessions and resume < self._resumption
        self._sessions.add(key)
        trips, cpu_s = (
            (1, delays.tls_resumed_cpu_s) if resumed else (delays.tls_round_trips, delays.tls_cpu_s)
        )
        if flow.tls_ends == "load-balancer":
            return trips * front_s + cpu_s, 0.0
        return trips * whole_s, cpu_s

    def _dns_s(self, key: tuple[Client, int]) -> float:
        """A look-up, unless this client still knows the address."""
        last = self._looked_up_s.get(key)
        if last is not None and self._env.now - last < DNS_TTL_S:
            return 0.0
        self._looked_up_s[key] = self._env.now
        return self._design.delays.dns_s


def _entry_s(known: Connection) -> float:
    """How long conntrack keeps a silent flow of UDP."""
    streams = known.last_s - known.opened_s > UDP_STREAM_AFTER_S
    return UDP_STREAM_S if streams else ENTRY_S["UDP"]
