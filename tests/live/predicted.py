"""What a trace says that a client and an application see, in the terms of what was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from live.asking import CLOSED

from sim.routing import Trace
from sim.routing.final import Final

UNANSWERED = ("no-listener", "not-http", "tls-failed")


class Predicted(NamedTuple):
    """A status; the Service that is asked, empty where the proxy answers itself; how often at most, None: always."""

    status: int
    service: str = ""
    most: int | None = None


def predicted(trace: Trace) -> Predicted | None:
    """None: chance decides."""
    final = trace.final
    if final.ways or final.outcomes or final.distribution:
        return None
    if final.state in UNANSWERED:
        return Predicted(CLOSED)
    if final.status is not None:
        return Predicted(final.status)
    return Predicted(200, final.backend or "", final.sent.at_once if final.sent is not None else None)


def differs(trace: Trace, seen: Iterable[tuple[int, str]]) -> Iterator[str]:
    """In what an answer is not as it was said.

    Args:
        seen: (status, Service) of each time that it was asked.
    """
    said, counted = predicted(trace), Counter(seen)
    if said is None:
        return
    others = {(_limited(trace.final), "")} if said.most is not None else set()
    if counted.keys() - others != {(said.status, said.service)} or (
        said.most is not None and counted[said.status, said.service] != said.most
    ):
        yield f"{said} is said, {dict(counted)} is seen"


def _limited(final: Final) -> int:
    return final.sent.limit_status if final.sent is not None else 0
