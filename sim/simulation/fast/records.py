"""What a walk keeps of each thing: one class per kind, whose fields are numbers.

A table of them is a list of objects where the walk runs as it is, and an array of structures, with the same
names, where it is compiled. References are places in tables; -1 is none.
"""

from dataclasses import dataclass
from math import inf, nan


@dataclass(slots=True)
class Clock:
    """The time, and all that there is once.

    Args:
        seq: number of the next event that is put down; of events at one time the lower is first.
        at: that of the event that happens now.
        due_s, due: when the next open-loop request is sent, and the number of that event.
        next: of the open-loop requests the first that is not sent; `begun`: the first that has not begun.
        heap: events in the heap. soon_first, soon: where those of this instant begin, and how many.
        hurry_first, hurry: the same of what begins before them.
        silent: sources that send nothing any more. done: whether nothing is left to wait for.
        epoch: the last that has begun. dying: a station in which all is lost that came before dying_since.
        withdrawn: retries that a budget let through.
        retry: an attempt that failed and may be made again; user: who thinks next; -1: nobody.
        thirst, thirst_number: the stream that must be drawn on, up to which number.
        room_…: places in the tables that grow.
    """

    now: float = 0.0
    seq: int = 0
    at: int = 0
    due_s: float = inf
    due: int = 0
    next: int = 0
    begun: int = 0
    count: int = 0
    end_s: float = inf
    heap: int = 0
    soon_first: int = 0
    soon: int = 0
    hurry_first: int = 0
    hurry: int = 0
    sent: int = 0
    in_flight: int = 0
    answered: int = 0
    retried: int = 0
    sources: int = 0
    done: int = 0
    ends: int = 0
    opened: int = 0
    free_visit: int = -1
    visits: int = 0
    free_conn: int = -1
    conns: int = 0
    logged: int = 0
    withdrawn: int = 0
    epoch: int = 0
    dying: int = -1
    dying_since: int = 0
    retry: int = -1
    user: int = -1
    thirst: int = 0
    thirst_number: int = 0
    room_heap: int = 0
    room_soon: int = 0
    room_hurry: int = 0
    room_log: int = 0
    room_withdrawals: int = 0
    room_conns: int = 0
    room_visits: int = 0
    room_entries: int = 0


@dataclass(slots=True)
class Due:
    """An event to come: when, its number, and what happens."""

    at_s: float = 0.0
    seq: int = 0
    what: int = 0


@dataclass(slots=True)
class Soon:
    """An event of this instant."""

    seq: int = 0
    what: int = 0


@dataclass(slots=True)
class LoggedWork:
    """When a worker of a station began (0) or was free again (1): `what` is twice the station, plus that."""

    at_s: float = 0.0
    what: int = 0


@dataclass(slots=True)
class WalkedRow:
    """A traffic row.

    Args:
        stream: of its first later attempt; pause: before that.
        budget: retries for each request; sent, expired: requests, and those that are out of its window;
            looked_at: the entry up to which that is known. again…: the same of retries.
    """

    flow: int = 0
    protocol: int = 0
    uses: float = 1.0
    timeout_s: float = inf
    connect_timeout_s: float = 0.0
    client: int = 0
    retries: int = 0
    stream: int = 0
    pause: int = 0
    budget: float = inf
    sent: int = 0
    expired: int = 0
    looked_at: int = 1
    again: int = 0
    again_expired: int = 0
    again_looked_at: int = 0


@dataclass(slots=True)
class KnownRow:
    """Which listing a controller Pod goes by, and the number of that list: 0 is the whole one."""

    listing: int = -1
    version: int = 0
    versions: int = 0


@dataclass(slots=True)
class UserRow:
    """A user of a closed loop: whose requests it sends, how many it has sent, and until when it does."""

    row: int = 0
    client: int = 0
    stream: int = 0
    sent: int = 0
    most: float = inf
    until_s: float = inf


@dataclass(slots=True)
class StationRow:
    """A Pod: what it is, who waits, and what it has counted.

    Args:
        first, last: of those that wait for a worker.
        warm_s: busy time at the end of the warm-up.
    """

    zone: int = 0
    controller: int = -1
    most: float = inf
    free: int = 0
    first: int = -1
    last: int = -1
    inside: int = 0
    in_service: int = 0
    served: int = 0
    last_s: float = 0.0
    in_system_s: float = 0.0
    busy_s: float = 0.0
    warm_s: float = 0.0


@dataclass(slots=True)
class PeerRow:
    """What a worker of a controller Pod knows of a backend: its weight in turns; `open`: of all workers."""

    open: int = 0
    current: int = 0


@dataclass(slots=True)
class TurnRow:
    """Whose turn it is with a worker of a controller Pod."""

    begun: int = 0
    version: int = 0
    last: int = 0
    current: int = 0


@dataclass(slots=True)
class ClientRow:
    """A client at a load balancer: when it looked its address up, and whether it has a session of TLS."""

    looked_s: float = -inf
    session: int = 0


@dataclass(slots=True)
class Idle:
    """The connections of a client that may carry its next request: the last one."""

    last: int = -1


@dataclass(slots=True)
class Conn:
    """A connection, as `sim.simulation.engines.connection` has it.

    Args:
        users: requests on it. kept: whether it is among those that may carry the next one.
        after: the one before it there, or the next free place.
    """

    number: int = 0
    node: int = -1
    station: int = -1
    way_s: float = 0.0
    crosses: int = 0
    opened_s: float = 0.0
    ready_s: float = 0.0
    last_s: float = 0.0
    left: float = 0.0
    cpu_s: float = 0.0
    trouble: int = -1
    worker: int = 0
    busy: int = 0
    reused: int = 0
    users: int = 0
    kept: int = 0
    after: int = -1


@dataclass(slots=True)
class VisitRow:
    """One attempt of a request, as far as it has come.

    Args:
        entry: where it is written down; 0: nowhere.
        wait: number of the event that it waits for; `deadline`: of the one that ends its client's patience.
        phase: what it is at the station for. turn: whether it waits, has a worker, or is served there;
            came: number of the event by which it came.
        left, tried, choices: tries of its proxy that are left, backends that were tried (a bit for each
            place), choices that were made. outcome: how the try ends; noted: what of that is written down.
        place: of the backend that was chosen.
        after: who waits behind it, or the next free place.
    """

    entry: int = 0
    row: int = 0
    client: int = 0
    user: int = -1
    stream: int = 0
    number: int = 0
    attempts: int = 0
    flow: int = 0
    conn: int = -1
    wait: int = -1
    deadline: int = -1
    ended: int = 0
    told: int = 0
    given_up: int = 0
    reason: int = 0
    phase: int = 0
    station: int = -1
    inside: int = 0
    turn: int = 0
    came: int = 0
    place: int = -1
    left: int = 0
    tried: int = 0
    choices: int = 0
    outcome: int = 0
    noted: int = -1
    service_s: float = 0.0
    ahead_s: float = 0.0
    cpu_s: float = 0.0
    start_s: float = nan
    after: int = -1


@dataclass(slots=True)
class EntryRow:
    """What a run writes down of a request: the columns of a Result."""

    row: int = 0
    connection: int = -1
    node: int = -1
    crossings: int = 0
    sent_s: float = nan
    ready_s: float = nan
    controller: int = -1
    controller_arrival_s: float = nan
    controller_start_s: float = nan
    controller_departure_s: float = nan
    pod: int = -1
    arrival_s: float = nan
    start_s: float = nan
    departure_s: float = nan
    answered_s: float = nan
    ended_s: float = nan
    end: int = -1
    cause: int = -1
    fault: int = -1
    last_try: int = -1


@dataclass(slots=True)
class ReasonRow:
    """How a request ends: its number once one has, what it means, and how many have."""

    end: int = -1
    is_answer: int = 0
    is_broken: int = 0
    is_tried_again: int = 0
    count: int = 0
