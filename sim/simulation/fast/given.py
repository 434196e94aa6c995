"""What a walk is given and never changes: one class per kind, as in `records`."""

from dataclasses import dataclass
from math import inf


@dataclass(slots=True)
class Fixed:
    """Delays and whatever else never changes in a run."""

    client_s: float = 0.0
    front_s: float = 0.0
    zone_s: float = 0.0
    dns_s: float = 0.0
    http_s: float = 0.0
    tls_cpu_s: float = 0.0
    tls_resumed_cpu_s: float = 0.0
    tls_round_trips: int = 0
    resumption: float = 0.0
    dns_ttl_s: float = 0.0
    draws: int = 0
    window_s: float = 0.0
    rounding: float = 0.0
    stations: int = 0
    flows: int = 0
    rows: int = 0
    nodes: int = 0
    breaks: int = 0
    silence_s: float = 0.0
    epochs: int = 1
    zones: int = 0
    kinds: int = 0
    destinations: int = 0
    backends: int = 0
    upstreams: int = 0
    peers: int = 0
    turns: int = 0


@dataclass(slots=True)
class OutageRow:
    """A time in which something does not answer; the worst counts."""

    at_s: float = 0.0
    until_s: float = inf
    silent: int = 0
    graceful: int = 0
    badness: int = 0
    number: int = -1


@dataclass(slots=True)
class Stretch:
    """A part of another table."""

    first: int = 0
    count: int = 0


@dataclass(slots=True)
class EpochRow:
    """A moment from which on others know of another state of things, until the next."""

    at_s: float = 0.0


@dataclass(slots=True)
class ListingRow:
    """Backends as they are listed: a stretch of their table, and their weights."""

    first: int = 0
    count: int = 0
    sum: int = 0
    gcd: int = 1
    heaviest: int = 1


@dataclass(slots=True)
class DrawStretch:
    """A stretch of every column of draws: where it begins, and how many there are."""

    first: int = 0
    room: int = 0


@dataclass(slots=True)
class PauseRow:
    """Before a later attempt of a row: the longest pause, and what share of it is drawn."""

    most_s: float = 0.0
    jitter: float = 0.0


@dataclass(slots=True)
class WayRow:
    """One of the ways of a flow, and up to which uniform it is chosen."""

    upto: float = 0.0
    flow: int = 0


@dataclass(slots=True)
class FlowRow:
    """A flow: nodes, ways and the like are stretches of their tables."""

    destination: int = 0
    kind: int = 0
    end: int = -1
    tls: int = 0
    per_request: int = 0
    to_pods: int = 0
    upstream: int = -1
    node: int = 0
    nodes: int = 0
    way: int = 0
    ways: int = 0
    service: int = 0
    idle_s: float = inf
    most: float = inf
    proxy_workers: int = 1
    again: int = 0


@dataclass(slots=True)
class NodeWay:
    """A node of a flow, with the stretch of the stations behind it."""

    node: int = 0
    station: int = 0
    stations: int = 0


@dataclass(slots=True)
class UpstreamRow:
    """The backends of a controller: a stretch of their table, and how they are chosen."""

    first: int = 0
    count: int = 0
    method: int = 0
    per_worker: int = 0
    listing: int = 0
    tries: int = 1
    connect_s: float = 0.0
    read_s: float = 0.0
    refused: int = 0
    unreachable: int = 0
    closed: int = 0
    late: int = 0
    nobody: int = 0


@dataclass(slots=True)
class BackendRow:
    """A backend as it is listed; place: among all of its upstream."""

    place: int = 0
    station: int = 0
    weight: int = 1
    upto: int = 0
