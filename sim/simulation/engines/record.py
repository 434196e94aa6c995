"""One request on its way, and what a run writes down of it: an entry per request, in order of sending."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

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
