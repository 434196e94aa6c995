"""All tables of a walk, how they are made for either way of walking, and how they grow."""

from dataclasses import fields, is_dataclass
from sys import maxsize
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from sim.simulation.fast.given import (
    BackendRow,
    DrawStretch,
    EpochRow,
    Fixed,
    FlowRow,
    ListingRow,
    NodeWay,
    OutageRow,
    PauseRow,
    Stretch,
    UpstreamRow,
    WayRow,
)
from sim.simulation.fast.records import (
    ClientRow,
    Clock,
    Conn,
    Due,
    EntryRow,
    Idle,
    KnownRow,
    LoggedWork,
    PeerRow,
    ReasonRow,
    Soon,
    StationRow,
    TurnRow,
    UserRow,
    VisitRow,
    WalkedRow,
)

_Record = TypeVar("_Record")


class World(NamedTuple):
    """The tables; what a request draws is a column for each purpose, addressed by its number."""

    clock: list[Clock]
    fixed: list[Fixed]
    heap: list[Due]
    soon: list[Soon]
    hurry: list[Soon]
    log: list[LoggedWork]
    rows: list[WalkedRow]
    flows: list[FlowRow]
    ways: list[WayRow]
    nodes: list[NodeWay]
    choices: list[int]
    node_zone: list[int]
    between: list[float]
    stations: list[StationRow]
    upstreams: list[UpstreamRow]
    listings: list[ListingRow]
    known: list[KnownRow]
    usable: list[int]
    epochs: list[EpochRow]
    entrances: list[int]
    lefts: list[Stretch]
    outages: list[OutageRow]
    broken: list[Stretch]
    breaks: list[int]
    backends: list[BackendRow]
    peers: list[PeerRow]
    turns: list[TurnRow]
    clients: list[ClientRow]
    idle: list[Idle]
    conns: list[Conn]
    visits: list[VisitRow]
    entries: list[EntryRow]
    reasons: list[ReasonRow]
    streams: list[DrawStretch]
    pauses: list[PauseRow]
    users: list[UserRow]
    withdrawals: list[LoggedWork]
    sent_s: list[float]
    row: list[int]
    client: list[int]
    number: list[int]
    service_s: list[float]
    controller_s: list[float]
    node: list[float]
    pod: list[float]
    balance: list[float]
    balance_1: list[float]
    resume: list[float]
    split: list[float]
    worker: list[float]
    backoff: list[float]
    think_s: list[float]


def seen(table: list[_Record]) -> Any:
    """A table whose records have names outside a walk too."""
    return table.view(np.recarray) if isinstance(table, np.ndarray) else table


Tables = dict[str, list[Any]]
Columns = dict[str, NDArray[Any]]

KINDS: dict[str, type[Any]] = {
    name: get_args(hint)[0] for name, hint in get_type_hints(World).items() if is_dataclass(get_args(hint)[0])
}
"""The record of each table."""

WHOLE = frozenset(name for name, hint in get_type_hints(World).items() if hint == list[int])
"""The columns of whole numbers."""

GROWING = ("heap", "soon", "hurry", "log", "withdrawals", "conns", "visits", "entries")
ROOM = 64
"""Places in a table that grows, to begin with."""


def dtype_of(kind: type[Any]) -> np.dtype[Any]:
    """The same record in an array: whole numbers and floats of eight bytes."""
    return np.dtype([(f.name, np.int64 if f.type is int else np.float64) for f in fields(kind)], align=True)


def with_room(w: World) -> World:
    """Note how much room there is."""
    c = seen(w.clock)[0]
    c.room_heap = maxsize if isinstance(w.heap, list) else len(w.heap)
    c.room_soon, c.room_hurry, c.room_log = len(w.soon), len(w.hurry), len(w.log)
    c.room_withdrawals = len(w.withdrawals)
    c.room_conns, c.room_visits, c.room_entries = len(w.conns), len(w.visits), len(w.entries)
    return w


class Lists:
    """Tables as lists of objects, for a walk that runs as it is."""

    def world(self, tables: Tables, columns: Columns, count: int) -> World:
        """All tables; those that grow have room."""
        room: dict[str, Any] = {
            name: [KINDS[name]() for _ in range(ROOM)] for name in GROWING if name != "heap"
        }
        others: dict[str, Any] = {**tables}
        lists: dict[str, Any] = {name: column.tolist() for name, column in columns.items()}
        return with_room(World(**others, **lists, **room, heap=[]))

    def drawn(self, w: World, tables: Tables, columns: Columns) -> World:
        """The same with other columns of draws."""
        more: dict[str, Any] = tables | {name: column.tolist() for name, column in columns.items()}
        return w._replace(**more)

    def grown(self, w: World) -> World:
        """The same with more room."""
        c = w.clock[0]
        w.soon[:] = w.soon[c.soon_first :] + w.soon[: c.soon_first]
        w.hurry[:] = w.hurry[c.hurry_first :] + w.hurry[: c.hurry_first]
        c.soon_first = c.hurry_first = 0
        for name in GROWING[1:]:
            table = getattr(w, name)
            table += [KINDS[name]() for _ in range(len(table))]
        return with_room(w)


class Arrays:
    """Tables as arrays of structures, for one that is compiled."""

    def world(self, tables: Tables, columns: Columns, count: int) -> World:
        """All tables; those that grow have room, that of the requests for all that are known."""
        records = {name: _array(KINDS[name], table) for name, table in tables.items()}
        arrays: dict[str, Any] = {**records, **columns}
        room: dict[str, Any] = {name: np.empty(ROOM, dtype_of(KINDS[name])) for name in GROWING}
        room["entries"] = np.empty(count + 2 * ROOM, dtype_of(EntryRow))
        room["log"] = np.empty(4 * count + 2 * ROOM, dtype_of(LoggedWork))
        return with_room(World(**arrays, **room))

    def drawn(self, w: World, tables: Tables, columns: Columns) -> World:
        """The same with other columns of draws."""
        more: dict[str, Any] = {name: _array(KINDS[name], table) for name, table in tables.items()} | columns
        return w._replace(**more)

    def grown(self, w: World) -> World:
        """The same with more room, where there is little left."""
        c = seen(w.clock)[0]
        used = {
            "heap": c.heap,
            "log": c.logged,
            "withdrawals": c.withdrawn,
            "conns": c.conns,
            "visits": c.visits,
            "entries": c.sent,
        }
        more: dict[str, Any] = {
            name: _longer(getattr(w, name)) for name, n in used.items() if n + ROOM > len(getattr(w, name))
        }
        if c.soon + ROOM > len(w.soon):
            more["soon"], c.soon_first = _longer(np.roll(np.asarray(w.soon), -c.soon_first)), 0
        if c.hurry + ROOM > len(w.hurry):
            more["hurry"], c.hurry_first = _longer(np.roll(np.asarray(w.hurry), -c.hurry_first)), 0
        return with_room(w._replace(**more))


def _array(kind: type[Any], records: list[Any]) -> NDArray[Any]:
    names = [f.name for f in fields(kind)]
    return np.array([tuple(getattr(one, name) for name in names) for one in records], dtype_of(kind))


def _longer(table: Any) -> NDArray[Any]:
    more = np.empty(2 * len(table), table.dtype)
    more[: len(table)] = table
    return more


Maker = Lists | Arrays
