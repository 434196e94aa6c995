"""What is counted while a run goes on, and when nothing is left to wait for."""

from collections import Counter
from dataclasses import dataclass, field

import simpy

DELIVERED = "delivered"


@dataclass
class Tally:
    """Requests sent, answered, failed and on their way; `done` happens when nobody sends and nothing is open.

    Args:
        failed: reason -> how many.
        ends: reason -> its number in the record, in the order of first appearance.
    """

    done: simpy.Event
    sent: int = 0
    answered: int = 0
    in_flight: int = 0
    retried: int = 0
    sources: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    ends: dict[str, int] = field(default_factory=dict)

    def opened(self) -> None:
        """Count a request that a client decided to send."""
        self.sent += 1
        self.in_flight += 1

    def closed(self, reason: str | None) -> bool:
        """Count an end, None or a redirect being an answer; returns whether it is one."""
        end = reason or DELIVERED
        self.in_flight -= 1
        self.ends.setdefault(end, len(self.ends))
        is_answer = end in (DELIVERED, "redirected")
        self.answered += is_answer
        if not is_answer:
            self.failed[end] += 1
        self._end_if_done()
        return is_answer

    def fell_silent(self) -> None:
        """Count one who sends nothing any more."""
        self.sources -= 1
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self.sources == self.in_flight == 0 and not self.done.triggered:
            self.done.succeed()
