"""How requests end, as numbers: those that every run may have come first, those of a design after them."""

from collections.abc import Iterable
from typing import Final

from sim.simulation.engines.replay import is_broken
from sim.simulation.engines.retries import is_tried_again
from sim.simulation.engines.tally import DELIVERED as ANSWERED
from sim.simulation.fast.records import ReasonRow

KNOWN: Final = (
    ANSWERED,
    "timeout",
    "queue-full",
    "refused",
    "reset",
    "connect-timeout",
    "lb-no-healthy-target",
    "keep-alive-race",
    "idle-reset",
    "idle-timeout",
)
DELIVERED, LATE, QUEUE_FULL, REFUSED, RESET, CONNECT_TIMEOUT, NO_TARGET, RACE, IDLE_RESET, IDLE_TIMEOUT = (
    range(10)
)


def reasons_of(ends: Iterable[str]) -> list[str]:
    """All reasons of a run."""
    return list(dict.fromkeys((*KNOWN, *ends)))


def by_proxy(status: int) -> str:
    """The end where a proxy answers itself."""
    return f"answered-by-proxy {status}"


def meaning(reason: str) -> ReasonRow:
    """What a reason is to clients and connections."""
    is_answer = reason in (ANSWERED, "redirected")
    return ReasonRow(-1, int(is_answer), int(is_broken(reason)), int(is_tried_again(reason)))
