"""From a design and a workload to tables of numbers."""

from collections.abc import Iterator
from math import inf
from typing import Any, NamedTuple

import numpy as np

from sim.scenario.month import clients_of
from sim.simulation.design import Design
from sim.simulation.engines.health import SILENCE_S
from sim.simulation.engines.names import DNS_TTL_S
from sim.simulation.engines.retries import ROUNDING, WINDOW_S
from sim.simulation.fast.columns import Drawn, tries_of
from sim.simulation.fast.ends import by_proxy, meaning, reasons_of
from sim.simulation.fast.flows import OUTCOMES, Flows
from sim.simulation.fast.given import EpochRow, Fixed, PauseRow, UpstreamRow
from sim.simulation.fast.known import Known
from sim.simulation.fast.records import (
    ClientRow,
    Clock,
    Idle,
    KnownRow,
    PeerRow,
    StationRow,
    TurnRow,
    UserRow,
    WalkedRow,
)
from sim.simulation.fast.steps import HTTP, HTTP2, SCTP, TCP, UDP
from sim.simulation.fast.turns import METHODS
from sim.simulation.fast.world import Maker, World
from sim.simulation.workload import Workload

PROTOCOLS = {"http": HTTP, "http2": HTTP2, "tcp": TCP, "udp": UDP, "sctp": SCTP}


class Numbered(NamedTuple):
    """What a design and a workload number.

    Args:
        clients: how many; `bases`: of each row the first of its own.
        ends: the reasons, by number.
    """

    design: Design
    workload: Workload
    flows: Flows
    zones: dict[str, int]
    controllers: dict[int, int]
    clients: int
    bases: list[int]
    ends: list[str]
    drawn: Drawn


def numbered(design: Design, workload: Workload) -> Numbered:
    """Numbers for all that is named."""
    flows = Flows(design, workload)
    zones = dict.fromkeys((*(s.zone for s in design.stations), *design.node_zones))
    controllers = [n for n, spec in enumerate(design.stations) if spec.is_controller]
    by_proxies = (goes_on for upstream in design.upstreams for goes_on in [upstream.retries])
    statuses = (s for r in by_proxies for s in (*map(r.status_of, OUTCOMES), r.nobody))
    ends = reasons_of(
        (*(f.end for _, f in flows.listed if f.end is not None), *(by_proxy(status) for status in statuses))
    )
    return Numbered(
        design,
        workload,
        flows,
        {zone: n for n, zone in enumerate(zones)},
        {station: n for n, station in enumerate(controllers)},
        *_clients(workload),
        ends,
        Drawn(design, workload, flows),
    )


def _clients(workload: Workload) -> tuple[int, list[int]]:
    """How many clients there are, and the first of each row; rows of one host and address share theirs."""
    most = dict[tuple[str, str | None], int]()
    rows = [(row.host, row.client_ip) for row in workload.scenario.traffic]
    for n, name in enumerate(rows):
        if not workload.scenario.traffic[n].users:
            most[name] = max(most.get(name, 0), clients_of(workload.scenario, n))
    first, begins = 0, dict[tuple[str, str | None], int]()
    for name, count in most.items():
        begins[name] = first
        first += count
    bases = [begins.get(name, 0) for name in rows]
    for n, row in enumerate(workload.scenario.traffic):
        if row.users:
            bases[n] = first
            first += row.users
    return first, bases


def world_of(n: Numbered, make: Maker) -> World:
    """The tables."""
    ends, services = ({one: number for number, one in enumerate(x)} for x in (n.ends, n.drawn.services))
    flows = list(n.flows.rows(ends, services, n.workload.scenario.traffic))
    known = Known(n.design, n.flows)
    lefts, usable, (outages, broken, breaks) = known.lefts(), known.usable(), known.outages()
    fixed = _fixed(n, known)
    workers = max((flow.proxy_workers for flow in flows), default=1)
    end_s, count = n.workload.end_s, len(n.workload.requests)
    columns = {
        "usable": np.array(usable, dtype=np.int64),
        "entrances": np.array(known.entrances(), dtype=np.int64),
        "breaks": np.array(breaks, dtype=np.int64),
        "choices": np.array(n.flows.choices, dtype=np.int64),
        "node_zone": np.array([n.zones[zone] for zone in n.design.node_zones], dtype=np.int64),
        "between": np.array([n.design.delays.between(a, b) for a in n.zones for b in n.zones]),
        **{name: getattr(n.workload.requests, name) for name in ("sent_s", "row", "client", "number")},
        **n.drawn.columns(),
    }
    tables: dict[str, list[Any]] = {
        "clock": [Clock(count=count, end_s=inf if end_s is None else end_s)],
        "fixed": [fixed],
        "rows": list(_rows(n)),
        "flows": flows,
        "ways": list(n.flows.ways()),
        "nodes": n.flows.nodes,
        "stations": list(_stations(n)),
        "upstreams": list(_upstreams(n, known)),
        "listings": known.listings,
        "known": [KnownRow() for _ in range(fixed.turns)],
        "epochs": [EpochRow(at_s) for at_s in known.at_s],
        "lefts": lefts,
        "outages": outages,
        "broken": broken,
        "backends": known.backends,
        "peers": [PeerRow() for _ in range(workers * fixed.peers)],
        "turns": [TurnRow() for _ in range(workers * fixed.turns)],
        "clients": [ClientRow() for _ in range(n.clients * fixed.destinations)],
        "streams": list(n.drawn.streams()),
        "pauses": list(_pauses(n.workload)),
        "users": list(_users(n)),
        "idle": [Idle() for _ in range(n.clients * fixed.kinds)],
        "reasons": [meaning(end) for end in n.ends],
    }
    return make.world(tables, columns, count)


def _fixed(n: Numbered, known: Known) -> Fixed:
    design, delays = n.design, n.design.delays
    backends = sum(len(upstream.stations) for upstream in design.upstreams)
    return Fixed(
        client_s=delays.client_s,
        front_s=delays.client_s + 2 * delays.load_balancer_s,
        zone_s=delays.zone_s,
        dns_s=delays.dns_s,
        http_s=delays.load_balancer_http_s,
        tls_cpu_s=delays.tls_cpu_s,
        tls_resumed_cpu_s=delays.tls_resumed_cpu_s,
        tls_round_trips=delays.tls_round_trips,
        resumption=n.workload.scenario.tls.resumption,
        dns_ttl_s=DNS_TTL_S,
        draws=n.drawn.length,
        window_s=WINDOW_S,
        rounding=ROUNDING,
        stations=len(design.stations),
        flows=len(n.flows.listed),
        rows=len(design.flows),
        nodes=len(design.nodes),
        breaks=int(known.health is not None),
        silence_s=SILENCE_S,
        epochs=len(known.at_s),
        zones=len(n.zones),
        kinds=len(n.flows.kinds),
        destinations=len(design.destinations),
        backends=backends,
        upstreams=len(design.upstreams),
        peers=len(n.controllers) * backends,
        turns=len(n.controllers) * len(design.upstreams),
    )


def _rows(n: Numbered) -> Iterator[WalkedRow]:
    pause = 0
    for number, row in enumerate(n.workload.scenario.traffic):
        yield WalkedRow(
            n.flows.first[number],
            PROTOCOLS[row.protocol],
            row.uses,
            inf if row.timeout is None else row.timeout,
            row.connect_timeout,
            n.bases[number],
            row.retries,
            n.drawn.attempts[number],
            pause,
            inf if row.retry_budget is None else row.retry_budget,
        )
        pause += row.retries


def _pauses(workload: Workload) -> Iterator[PauseRow]:
    """Before each later attempt of each row."""
    for row in workload.scenario.traffic:
        for attempt in range(row.retries):
            yield PauseRow(row.backoff.base * row.backoff.factor**attempt, row.backoff.jitter)


def _users(n: Numbered) -> Iterator[UserRow]:
    for row, traffic in enumerate(n.workload.scenario.traffic):
        share, rest = divmod(traffic.requests or 0, traffic.users or 1)
        for user, stream in enumerate(n.drawn.users[row]):
            most = share + (user < rest) if traffic.requests else inf
            yield UserRow(row, n.bases[row] + user, stream, 0, most, traffic.duration_s or inf)


def _stations(n: Numbered) -> Iterator[StationRow]:
    for number, spec in enumerate(n.design.stations):
        most = inf if spec.queue is None else spec.workers + spec.queue
        yield StationRow(n.zones[spec.zone], n.controllers.get(number, -1), most, spec.workers)


def _upstreams(n: Numbered, known: Known) -> Iterator[UpstreamRow]:
    for u, upstream in enumerate(n.design.upstreams):
        goes_on, method, listing = upstream.retries, upstream.method, known.listings[known.whole[u]]
        statuses = [goes_on.status_of(outcome) for outcome in OUTCOMES]
        yield UpstreamRow(
            listing.first,
            listing.count,
            METHODS[method.full_name],
            int(method.per_worker),
            known.whole[u],
            tries_of(upstream),
            goes_on.connect_timeout_s,
            goes_on.read_timeout_s,
            *(n.ends.index(by_proxy(status)) for status in (*statuses, goes_on.nobody)),
        )
