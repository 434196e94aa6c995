"""What a request meets in a run, and what a trace at its moment lists."""

from __future__ import annotations

from dataclasses import dataclass

from sim.routing import Trace


@dataclass(frozen=True)
class Met:
    """What a request meets.

    Args:
        pod: that serves it, or that makes it fail.
    """

    end: str
    author: str
    pod: str | None


def promised(trace: Trace) -> set[Met]:
    """What a trace lists."""
    found = set()
    for one in trace.final.shares():
        end = f"{one.state} {one.status}" if one.status is not None else one.state
        if one.state == "delivered":
            found |= {Met(end, "", pod) for pod in one.pods}
        else:
            found.add(Met(end, one.author, None))
    return found
