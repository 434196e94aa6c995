"""One request on its way, and what a run writes down of it: a place per request, in order of sending."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from operator import attrgetter
from struct import Struct
from typing import Any

import numpy as np

from sim.scenario import TrafficRow
from sim.simulation.result import TRY_ENDS
from sim.simulation.workload import Draws

NOT_YET = float("nan")

Client = tuple[object, ...]


@dataclass(slots=True)
class Entry:
    """What a run writes down of a request: everything that has not happened yet is NaN or -1.

    Args:
        cause: the Pod that came or went, and so failed the last try that failed.
        fault: number of the fault of the scenario that did.
        last_try: how the last try at a Pod that failed ended, a place in TRY_ENDS.
    """

    row: int
    sent_s: float
    connection: int = -1
    node: int = -1
    crossings: int = 0
    ready_s: float = NOT_YET
    controller: int = -1
    controller_arrival_s: float = NOT_YET
    controller_start_s: float = NOT_YET
    controller_departure_s: float = NOT_YET
    pod: int = -1
    arrival_s: float = NOT_YET
    start_s: float = NOT_YET
    departure_s: float = NOT_YET
    answered_s: float = NOT_YET
    ended_s: float = NOT_YET
    end: int = -1
    cause: int = -1
    fault: int = -1
    last_try: int = -1

    def note(self, end: str) -> None:
        """A proxy's try at a Pod ended so."""
        self.last_try = TRY_ENDS.index(end)

    def renew(self) -> None:
        """Forget what an attempt reached, for the next one."""
        for column in fields(self)[2:]:
            setattr(self, column.name, column.default)


ROW = np.dtype([(column.name, column.type) for column in fields(Entry)])
PACKED = Struct("=" + "".join(ROW[name].char.replace("l", "q") for name in ROW.names or ()))
VALUES = attrgetter(*(ROW.names or ()))
"""A row of a record: as columns to compute with, as bytes, and as values of an entry."""

GROWS_BY = 4096


class Record:
    """What a run writes down: a row per request, filled in when the request is over, or the run is.

    Args:
        expected: how many requests there will be, as far as that is known.
    """

    def __init__(self, expected: int) -> None:
        self._rows = bytearray(ROW.itemsize * expected)
        self._open: dict[int, Entry] = {}
        self._sent = 0

    def opened(self, row: int, now_s: float) -> tuple[int, Entry]:
        """A request is sent: its place, and what is to be filled in."""
        place, entry = self._sent, Entry(row, now_s)
        self._open[place] = entry
        self._sent += 1
        return place, entry

    def closed(self, place: int) -> None:
        """A request is over: nothing about it changes any more."""
        at, values = place * ROW.itemsize, VALUES(self._open.pop(place))
        if at >= len(self._rows):
            self._rows.extend(bytes(at - len(self._rows) + ROW.itemsize * GROWS_BY))
        PACKED.pack_into(self._rows, at, *values)

    def columns(self) -> dict[str, Any]:
        """All columns; whatever is on its way is written as far as it has come."""
        for place in list(self._open):
            self.closed(place)
        rows = np.frombuffer(self._rows, ROW, self._sent)
        return {name: rows[name] for name in ROW.names or ()}


@dataclass(slots=True)
class Visit:
    """One request of a client, as far as it has come.

    Args:
        entry: where it is written down; one that nobody reads once its client has given it up.
        number: of its draws.
        service_s: at the application's Pod, wherever its rules lead this attempt.
        is_first: whether it is the first on its connection.
        cpu_s: TLS work that it brings to where TLS ends.
        below: a part of the same visit that its proxy may give up for itself.
    """

    entry: Entry
    traffic: TrafficRow
    client: Client
    draws: Draws
    number: int
    given_up: bool = False
    service_s: float = 0.0
    is_first: bool = True
    cpu_s: float = 0.0
    below: Visit | None = None

    def give_up(self) -> None:
        """Nobody waits for it any more: what still happens is written down nowhere."""
        self.entry, self.given_up = replace(self.entry), True
        if self.below is not None:
            self.below.give_up()
