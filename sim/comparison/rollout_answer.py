"""What a roll-out costs in requests: who failed, which part rules, the hook that saves them all. Values."""

from collections import Counter
from dataclasses import dataclass

from sim.cluster.cluster import Assumption
from sim.comparison.failures import Failure

RPS = 100.0
"""Requests a second over the routes of the workload, where nothing is said."""

SEEDS = tuple(range(1, 21))
"""Every one is a run of its own."""


@dataclass(frozen=True)
class RolloutRuns:
    """All seeds with one preStop hook.

    Args:
        prestop_s: that it sleeps; None: as the manifests say.
        hidden: requests that were answered only because a proxy tried another Pod.
    """

    prestop_s: float | None
    sent: int
    failures: tuple[Failure, ...]
    hidden: int

    @property
    def by_reason(self) -> Counter[tuple[str, str]]:
        """(reason, author) -> how many."""
        return Counter((one.reason, one.author) for one in self.failures)

    @property
    def by_pod(self) -> Counter[str | None]:
        """The Pod whose coming or going did it -> how many."""
        return Counter(one.pod for one in self.failures)


@dataclass(frozen=True)
class Ruling:
    """The part that goes on longest with sending to a Pod that is being deleted.

    Args:
        delay_s: from the request to delete it, the most over all seeds.
    """

    part: str
    delay_s: float


@dataclass(frozen=True)
class Hook:
    """The smallest preStop hook, in whole seconds, with which no seed lost a request.

    Args:
        grace_s: the grace period that it needs.
        patch: for `patch -p0`; empty where the files cannot be changed in place.
    """

    prestop_s: int
    grace_s: int
    tried: RolloutRuns
    patch: str


@dataclass(frozen=True)
class Rollout:
    """The answer for one workload."""

    workload: str
    plan: str
    as_is: RolloutRuns
    ruling: Ruling
    hook: Hook | None
    assumptions: tuple[Assumption, ...]
