"""What chooses a Pod for every request: a controller Pod, or a load balancer that reads HTTP.

Each controller Pod, or each worker of it, knows for itself whose turn it is; what is open its workers know
together. How it goes on where a Pod does not answer is its program's own way (sim.routing.proxies).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from functools import lru_cache, partial
from itertools import chain
from math import inf
from typing import Any, cast
from zlib import crc32

import simpy

from sim.routing.controllers.variables import Part, filled
from sim.routing.proxies import textbook
from sim.routing.proxies.values import Backend, Backends, View
from sim.simulation.design import Design, Flow
from sim.simulation.design.values import Upstream
from sim.simulation.engines.asking import SERVED, DirectTransport, Sender, Trying
from sim.simulation.engines.checks import checked
from sim.simulation.engines.connection import Connection
from sim.simulation.engines.connections import Connections
from sim.simulation.engines.cutting import cut_at
from sim.simulation.engines.health import Health
from sim.simulation.engines.idle import KEEP_ALIVE_RACE
from sim.simulation.engines.record import Client, Visit
from sim.simulation.engines.transport import BALANCER, HUNG_UP, behind_balancers, behind_controllers
from sim.simulation.engines.upstreams import KnownUpstream, UpstreamRequest
from sim.simulation.result import TRY_ENDS, Remembered
from sim.simulation.workload import Workload, client_address

DEREGISTERED = 502
"""An ALB whose target is deregistered before it has answered. Source: AWS, "Troubleshoot", 502."""

Attempt = Generator[simpy.Event, Any, str | None]
Session = tuple[Client, int]
"""A client and the upstream whose cookie it keeps."""


class Proxies:
    """The choices of all controller Pods, and those of load balancers that read HTTP."""

    def __init__(
        self,
        env: simpy.Environment,
        design: Design,
        workload: Workload,
        asking: DirectTransport,
        health: Health | None,
        connections: Connections,
    ) -> None:
        self._env, self._design = env, design
        scenario = workload.scenario
        self._asks = behind_controllers(env, asking, design, scenario, health)
        self._balancer_asks, self._balancer = behind_balancers(env, asking, design, scenario, health)
        self._health, self._connections, self._zones = health, connections, connections.zones
        self._upstreams: dict[tuple[int, int], KnownUpstream] = {}
        self._sessions: dict[Session, str] = {}
        self._bound: dict[Session, str] = {}
        self.remembered: list[Remembered] = []
        self._targets: dict[tuple[tuple[int, ...], ...], Any] = {}
        self._open: Counter[tuple[object, str]] = Counter()

    def forward(self, visit: Visit, connection: Connection, flow: Flow, service_s: float) -> Attempt:
        """From a controller Pod to a Pod and back, unless the controller Pod itself ends meanwhile."""
        sight = None if self._health is None else self._health.sight
        ends_s = inf if sight is None else sight.ends_s(connection.station)
        if ends_s == inf:
            return self._forward(visit, connection, flow, service_s)
        return self._cut_off(visit, connection, flow, service_s, ends_s)

    def _cut_off(
        self, visit: Visit, connection: Connection, flow: Flow, service_s: float, ends_s: float
    ) -> Attempt:
        """The same, where it is known when the controller Pod ends."""
        forward = partial(self._forward, connection=connection, flow=flow, service_s=service_s)
        found = yield from cut_at(self._env, visit, ends_s, forward)
        if found.is_done:
            return cast("str | None", found.value)
        visit.entry.cause = connection.station
        return "reset"

    def _forward(self, visit: Visit, connection: Connection, flow: Flow, service_s: float) -> Attempt:
        """From a controller Pod to Pods of its choice until one answers."""
        upstream, controller = flow.upstream, connection.station
        assert upstream is not None
        behind = self._design.upstreams[upstream]
        known = self._upstreams.get((controller, upstream))
        if known is None:
            known = self._upstreams[controller, upstream] = self._upstream(controller, upstream, behind)
        if self._health is not None:
            usable = self._health.usable(behind.stations, controller)
            known.list(usable)
            if not usable:
                self._health.emptied(visit.entry, behind.stations)
            if flow.nobody and not usable:
                return flow.nobody
        address = (flow.seen and flow.seen.get((connection.node, controller))) or address_of(visit)
        asked = UpstreamRequest(
            partial(self._ask_pod, visit, (controller, connection.worker), behind, service_s),
            visit.draws.balance_of(visit.number),
            visit.traffic.method,
            self._key(visit, flow, address) if flow.key else "",
            address,
            connection.worker,
            self._bound.get((visit.client, upstream), "") if behind.cookie else "",
        )
        answer = yield from known.serve(asked)
        if answer.status == HUNG_UP:
            return hung_up(visit)
        if answer.place is None:
            return f"answered-by-proxy {answer.status}"
        if behind.cookie:
            self._bound[visit.client, upstream] = behind.listed[answer.place].name
        return None

    def _key(self, visit: Visit, flow: Flow, address: str) -> str:
        """What the request is hashed by; a client without a session is given one at random."""
        if not has_session(flow.key):
            return text_of(flow.key, address)
        assert flow.upstream is not None
        session = visit.client, flow.upstream
        if session not in self._sessions:
            self._sessions[session] = str(visit.draws.balance[visit.number])
        return filled(flow.key, address, self._sessions[session])

    def _upstream(self, controller: int, number: int, behind: Upstream) -> KnownUpstream:
        """The Pods behind a controller Pod as it knows them; where something breaks, its checks begin."""
        up = None
        if behind.retries.check is not None and (self._health is not None or behind.silent):
            up = [True] * len(behind.stations)
            alive = partial(self._is_alive, controller, behind)
            for place in range(len(up)):
                self._env.process(checked(self._env, behind.retries.check, up, place, alive))
        listed, remember = Backends(behind.listed), None
        if self._design.remember:
            remember = partial(self._remember, controller, number)
        return KnownUpstream(self._env, listed, behind.method, behind.retries, up, remember=remember)

    def _remember(
        self, controller: int, upstream: int, worker: int, state: Any, because: str, open_: tuple[int, ...]
    ) -> None:
        """Write down what a worker of a controller Pod knows from now on."""
        now_s = self._env.now
        self.remembered.append(Remembered(now_s, controller, worker, upstream, state, because, open_))

    def _is_alive(self, controller: int, behind: Upstream, place: int) -> bool:
        """Whether a check of a Pod succeeds."""
        station = behind.stations[place]
        if (controller, station) in behind.silent:
            return False
        return self._health is None or self._health.blocked(-1, -1, station) is None

    def _ask_pod(
        self, visit: Visit, sender: Sender, behind: Upstream, service_s: float, place: int
    ) -> Trying:
        """One try of a controller Pod at a Pod."""
        controller, station = sender[0], behind.stations[place]
        zone, other = self._zones[controller], self._zones[station]
        visit.entry.crossings += zone != other
        if (controller, station) in behind.silent:
            return self._in_vain(visit, behind.retries.connect_timeout_s)
        way_s = self._design.delays.between(zone, other)
        return self._asks.ask(visit, sender, (-1, station), way_s, service_s, behind.retries)

    def _in_vain(self, visit: Visit, for_s: float) -> Trying:
        yield self._env.timeout(for_s)
        visit.entry.note("unreachable")
        return "unreachable"

    def to_target(self, visit: Visit, flow: Flow) -> Attempt:
        """From a load balancer that reads HTTP to the target whose turn it is; on a node kube-proxy picks."""
        at, target = self._turn(flow)
        chosen = self._connections.choose(visit, flow, at)
        if isinstance(chosen, str):
            if self._health is not None:
                self._health.emptied(visit.entry, chain(*flow.pods), flow.destination)
            return "answered-by-proxy 503"
        self._open[target] += 1
        status = yield from self._at_target(visit, flow, *chosen)
        self._open[target] -= 1
        return None if status == SERVED else f"answered-by-proxy {status}"

    def _at_target(
        self, visit: Visit, flow: Flow, node: int, station: int
    ) -> Generator[simpy.Event, Any, int]:
        """There and back; the status that the load balancer gives the client."""
        visit.entry.node = node
        visit.entry.crossings += self._connections.crosses(flow, node, station)
        way_s = self._connections.behind_s(flow, node, station)
        if (node, station) in flow.silent:
            yield from self._in_vain(visit, BALANCER.connect_timeout_s)
            return 504
        sender = (-1 - flow.destination, 0)
        cut_s = inf
        if self._health is not None and flow.to_pods:
            cut_s = self._health.cut_s(flow.destination, station, self._env.now)

        def ask(mine: Visit) -> Trying:
            return self._balancer_asks.ask(
                mine, sender, (node, station), way_s, visit.service_s, self._balancer
            )

        if cut_s == inf:
            return self._balancer.status_of((yield from ask(visit)))
        found = yield from cut_at(self._env, visit, cut_s, ask)
        if found.is_done:
            return self._balancer.status_of(found.value)
        visit.entry.cause = station
        return DEREGISTERED

    def _turn(self, flow: Flow) -> tuple[float, tuple[object, str]]:
        """Where among the targets that are left the next one stands, from 0 to 1, and which it is."""
        nodes, pods = (flow.nodes, flow.pods) if self._health is None else self._health.left(flow)
        if not nodes:
            return 0.0, ("", "")
        targets = Backends(
            tuple(Backend(f"{n}/{p}") for n, p in zip(nodes, pods if flow.to_pods else nodes, strict=True))
        )
        choose = textbook.round_robin if flow.method is None else flow.method.choose
        open_ = [self._open[flow.pods, name] for name in targets.names]
        choice = choose(View(targets, open_, self._env.now), self._targets.get(flow.pods), lambda _: 0.0)
        self._targets[flow.pods] = choice.state
        place = choice.index or 0
        return (place + 0.5) / len(nodes), (flow.pods, targets.names[place])


def hung_up(visit: Visit) -> str:
    """How a request ends whose proxy closes the client's connection, for a Pod had closed its own."""
    raced = visit.entry.last_try == TRY_ENDS.index(KEEP_ALIVE_RACE)
    return KEEP_ALIVE_RACE if raced else "reset"


@lru_cache(maxsize=256)
def has_session(parts: tuple[Part, ...]) -> bool:
    """Whether a key is made of a client's session too."""
    return any(kind == "session" for kind, _ in parts)


text_of = lru_cache(maxsize=4096)(filled)


def address_of(visit: Visit) -> str:
    """The address of a client, as far as one is stated."""
    stated = visit.traffic.client_ip
    return address_for(visit.client) if stated is None else str(stated)


@lru_cache(maxsize=4096)
def address_for(client: Client) -> str:
    """An address for a client that states none."""
    return client_address(crc32(repr(client).encode()))
