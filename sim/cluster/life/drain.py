"""`kubectl drain`: which Pods of a node go, which keep it from draining, and when the last one is gone.

Source: kubernetes, staging/src/k8s.io/kubectl/pkg/drain (filters.go, drain.go). All evictions are tried at
once, and one that a budget refuses is tried again after a pause. Left out: time-outs and --disable-eviction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from math import inf

from sim.cluster.life.disruption import DisruptionBudget, budget_status
from sim.cluster.life.figures import DRAIN_RETRY_S


class DrainChoice(Enum):
    """What a drain does with a Pod; one that it refuses stops it before any eviction."""

    EVICT = "evict"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(frozen=True)
class PodOnNode:
    """What a drain looks at.

    Args:
        owner: kind of its controller; empty: it has none.
        empty_dir: whether one of its volumes is an emptyDir.
        mirror: whether it stands for a static Pod.
        finished: whether its phase is Succeeded or Failed.
    """

    owner: str = ""
    empty_dir: bool = False
    mirror: bool = False
    finished: bool = False


@dataclass(frozen=True)
class DrainFlags:
    """--ignore-daemonsets, --delete-emptydir-data and --force."""

    ignore_daemonsets: bool = False
    delete_emptydir_data: bool = False
    force: bool = False


def drain_choice(pod: PodOnNode, flags: DrainFlags) -> DrainChoice:
    """What a drain does with a Pod; the first filter that keeps it decides."""
    if pod.owner == "DaemonSet" and not pod.finished:
        return DrainChoice.SKIP if flags.ignore_daemonsets else DrainChoice.REFUSE
    if pod.mirror:
        return DrainChoice.SKIP
    loses_data = pod.empty_dir and not flags.delete_emptydir_data
    loses_itself = not pod.owner and not flags.force
    return DrainChoice.REFUSE if not pod.finished and (loses_data or loses_itself) else DrainChoice.EVICT


@dataclass(frozen=True)
class DrainedWorkload:
    """Pods of one workload on a node that is drained; each one evicted is replaced elsewhere at once.

    Args:
        replicas: all of them, ready at 0.
        on_node: those that must go.
        budget: None: nothing holds them.
        ready_after_s: from creation to ready; infinite: never.
        stop_takes_s: from eviction to gone.
    """

    replicas: int
    on_node: int
    budget: DisruptionBudget | None = None
    ready_after_s: float = 0.0
    stop_takes_s: float = 0.0

    def may_go(self, evictions_s: Iterable[float], at_s: float) -> int:
        """How many more the budget lets go at a moment.

        Raises:
            InputError: a limit of the budget that is neither a number nor a percentage.
        """
        if self.budget is None:
            return self.on_node
        waiting = sum(at_s < s + self.ready_after_s for s in evictions_s)
        leaving = sum(at_s < s + self.stop_takes_s for s in evictions_s)
        return budget_status(
            self.budget, self.replicas, self.replicas + leaving, self.replicas - waiting
        ).allowed


@dataclass(frozen=True)
class Drain:
    """A drain from its start.

    Args:
        evictions_s: when each Pod is evicted, in order.
        done_s: when the last one is gone; None: not in the time looked at.
    """

    evictions_s: tuple[float, ...]
    done_s: float | None


def drained(workload: DrainedWorkload, until_s: float, retry_s: float = DRAIN_RETRY_S) -> Drain:
    """When the Pods of a workload leave a node.

    Args:
        until_s: the last moment at which an eviction may be tried.
        retry_s: from one that was refused to the next try.

    >>> from sim.cluster.life.disruption import DisruptionBudget
    >>> drained(DrainedWorkload(3, 2, DisruptionBudget(max_unavailable=1), 12, 30), until_s=600)
    Drain(evictions_s=(0.0, 15.0), done_s=45.0)
    """
    evictions: list[float] = []
    at_s = 0.0
    while len(evictions) < workload.on_node and at_s <= until_s:
        left = workload.on_node - len(evictions)
        evictions += [at_s] * min(left, workload.may_go(evictions, at_s))
        at_s += retry_s
    gone_s = max(evictions, default=0.0) + (workload.stop_takes_s if evictions else 0.0)
    whole = len(evictions) == workload.on_node and gone_s < inf
    return Drain(tuple(evictions), gone_s if whole else None)
