"""How long a health check takes to see that a target is gone, or back.

A probe starts every interval, wherever in it the change falls, and so many in a row turn the state.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """The least and the most that something takes, in seconds."""

    least_s: float
    most_s: float

    @property
    def mean_s(self) -> float:
        """Where the change falls anywhere in an interval."""
        return (self.least_s + self.most_s) / 2


@dataclass(frozen=True)
class TargetCheck:
    """The check of a load balancer or a controller.

    Args:
        down_after, up_after: probes in a row that turn the state.
        timeout_s: after which a probe without an answer has failed.
    """

    interval_s: float
    down_after: int
    up_after: int
    timeout_s: float = 0.0

    def _turns(self, probes: int, each_s: float = 0.0) -> Span:
        return Span((probes - 1) * self.interval_s + each_s, probes * self.interval_s + each_s)

    @property
    def down(self) -> Span:
        """From a target that refuses at once to unhealthy.

        >>> TargetCheck(10, 3, 2).down
        Span(least_s=20.0, most_s=30.0)
        """
        return self._turns(self.down_after)

    @property
    def down_in_silence(self) -> Span:
        """From a target that answers nothing to unhealthy."""
        return self._turns(self.down_after, self.timeout_s)

    @property
    def up(self) -> Span:
        """From a target that answers again to healthy."""
        return self._turns(self.up_after)
