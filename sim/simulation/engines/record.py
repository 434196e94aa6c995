"""What a run writes down: one entry per request, in order of sending; and the books at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

NOT_YET = float("nan")
SCRATCH = 0
"""The entry that an attempt writes to once its client has given it up; it is no part of the result."""


@dataclass
class Record:
    """The columns of a run as lists; entry 0 is for what nobody waits for any more."""

    row: list[int] = field(default_factory=list)
    connection: list[int] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    crossings: list[int] = field(default_factory=list)
    sent_s: list[float] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)
    controller: list[int] = field(default_factory=list)
    controller_arrival_s: list[float] = field(default_factory=list)
    controller_start_s: list[float] = field(default_factory=list)
    controller_departure_s: list[float] = field(default_factory=list)
    pod: list[int] = field(default_factory=list)
    arrival_s: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    departure_s: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)
    end: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open(-1, NOT_YET)

    def open(self, row: int, now_s: float) -> int:
        """A new entry; everything that has not happened yet is NaN or -1."""
        self.row.append(row)
        self.sent_s.append(now_s)
        self.crossings.append(0)
        for numbers in (self.connection, self.node, self.controller, self.pod, self.end):
            numbers.append(-1)
        for times in (
            self.ready_s, self.controller_arrival_s, self.controller_start_s, self.controller_departure_s,
            self.arrival_s, self.start_s, self.departure_s, self.answered_s, self.ended_s,
        ):  # fmt: skip
            times.append(NOT_YET)
        return len(self.row) - 1

    def renew(self, entry: int) -> None:
        """Forget what an attempt reached, for the next one."""
        self.crossings[entry] = 0
        for numbers in (self.connection, self.node, self.controller, self.pod):
            numbers[entry] = -1
        for times in (
            self.ready_s, self.controller_arrival_s, self.controller_start_s, self.controller_departure_s,
            self.arrival_s, self.start_s, self.departure_s,
        ):  # fmt: skip
            times[entry] = NOT_YET
