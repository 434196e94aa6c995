"""The values that a Gateway answers with: where a request goes on to, or the Gateway's own end."""

from dataclasses import dataclass, field
from typing import Any

from sim.routing.final import Final, Forwarded
from sim.routing.trace import Branch, Note, Step
from sim.routing.upstream import Resolved


@dataclass(frozen=True)
class Served:
    """A request, or a connection, that a Gateway sends on.

    Args:
        upstream: the backend; its `code` says why, if nothing there is ready.
        passes: whether it reads nothing of what it sends on, so that it can answer nothing either.
        code, fix, fix_source: about another share that fails.
    """

    upstream: Resolved
    rule: str
    sent: Forwarded
    certificate: str | None = None
    passes: bool = False
    code: str | None = None
    fix: str | None = None
    fix_source: str | None = None


@dataclass(frozen=True)
class GatewayAnswer:
    """The decision of a Gateway.

    Args:
        ways: every way on with its probability: the Gateway's own end, or what it sends to a backend.
        shown: number of the way that is described: the likeliest, of equals the first.
    """

    says: str
    ways: tuple[tuple[float, Final | Served], ...]
    steps: tuple[Step, ...] = ()
    branches: tuple[Branch, ...] = ()
    notes: tuple[Note, ...] = ()
    after: dict[str, Any] = field(default_factory=dict)
    shown: int = 0


def alone(says: str, way: Final | Served, steps: tuple[Step, ...] = ()) -> GatewayAnswer:
    """The only way there is."""
    return GatewayAnswer(says, ((1.0, way),), steps)
