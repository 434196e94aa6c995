"""The next step of a roll-out: how many Pods the new ReplicaSet gets, and how many the old ones lose.

One sync of the Deployment controller does one thing: it lets the new set grow, else it shrinks old ones,
first by Pods that are not available. Pods that terminate belong to no set any more, so that they do not count
against the surge. Left out: paused Deployments, and the share of a scaling that comes in the middle of a
roll-out. Source: kubernetes, pkg/controller/deployment (rolling.go, recreate.go, util/deployment_util.go).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from sim.cluster.life.figures import PERCENT_OF_ROLLOUT
from sim.cluster.life.int_or_percent import scaled


class PodSet(NamedTuple):
    """The Pods of one ReplicaSet.

    Args:
        size: how many it wants.
        available: how many of them are ready, for minReadySeconds at least.
    """

    size: int
    available: int


class RolloutLimits(NamedTuple):
    """How far a roll-out may leave the number of replicas, in Pods: above, and below."""

    surge: int
    unavailable: int


@dataclass(frozen=True)
class RolloutStrategy:
    """How a Deployment replaces its Pods.

    Args:
        replicas: how many it wants.
        max_surge, max_unavailable: Pods, or a percentage of the replicas.
        recreate: all old Pods go before the first new one comes.
    """

    replicas: int
    max_surge: int | str = PERCENT_OF_ROLLOUT
    max_unavailable: int | str = PERCENT_OF_ROLLOUT
    recreate: bool = False

    @property
    def limits(self) -> RolloutLimits:
        """Surge is rounded up, what may be missing down; one Pod may be missing where both are zero.

        Raises:
            InputError: neither a number nor a percentage. Source: ResolveFenceposts.

        >>> RolloutStrategy(3).limits, RolloutStrategy(10, 0, "0%").limits
        (RolloutLimits(surge=1, unavailable=0), RolloutLimits(surge=0, unavailable=1))
        """
        surge = scaled(self.max_surge, self.replicas, up=True)
        unavailable = scaled(self.max_unavailable, self.replicas, up=False)
        return RolloutLimits(surge, unavailable if surge or unavailable else 1)

    @property
    def least_available(self) -> int:
        """How many Pods must stay available. Source: MaxUnavailable."""
        return self.replicas - min(self.limits.unavailable, self.replicas)


class RolloutAction(Enum):
    """What one sync does."""

    GROW = "scale-new"
    SHRINK = "scale-old"
    NOTHING = "nothing"


@dataclass(frozen=True)
class RolloutStep:
    """What one sync does, and the sizes of the sets after it.

    Args:
        old: oldest first.
    """

    action: RolloutAction
    new: int
    old: tuple[int, ...]


def grown(strategy: RolloutStrategy, new: int, total: int) -> int:
    """The size of the new set by the room that the surge leaves; it never shrinks.

    Args:
        new: its size.
        total: that of all sets. Source: NewRSNewReplicas.
    """
    if strategy.recreate:
        return strategy.replicas
    room = strategy.replicas + strategy.limits.surge - total
    return new + max(0, min(room, strategy.replicas - new))


def new_size(strategy: RolloutStrategy, new: int, total: int) -> int:
    """The size of the new set after a sync; a set above the replicas shrinks to them.

    Source: reconcileNewReplicaSet.
    """
    return strategy.replicas if new >= strategy.replicas else grown(strategy, new, total)


def without_unavailable(old: Sequence[PodSet], at_most: int) -> tuple[PodSet, ...]:
    """Old sets without Pods that are not available, oldest set first. Source: cleanupUnhealthyReplicas.

    Args:
        at_most: how many Pods may go.
    """
    left, after = at_most, []
    for pods in old:
        gone = min(max(left, 0), max(0, pods.size - pods.available))
        after.append(pods._replace(size=pods.size - gone))
        left -= gone
    return tuple(after)


def spared(old: Sequence[int], spare: int) -> tuple[int, ...]:
    """Sizes of old sets after so many Pods more went, oldest set first.

    Source: scaleDownOldReplicaSetsForRollingUpdate.
    """
    left, after = max(0, spare), []
    for size in old:
        gone = min(size, left)
        after.append(size - gone)
        left -= gone
    return tuple(after)


def old_sizes(strategy: RolloutStrategy, old: Sequence[PodSet], new: PodSet) -> tuple[int, ...]:
    """The sizes of old sets after a sync that shrinks them: broken Pods first, then as availability allows.

    New Pods that are not available yet hold back as many old ones. Source: reconcileOldReplicaSets.

    Args:
        old: oldest first.
    """
    total = sum(pods.size for pods in old) + new.size
    may_go = total - strategy.least_available - (new.size - new.available)
    if may_go <= 0:
        return tuple(pods.size for pods in old)
    clean = without_unavailable(old, may_go)
    available = sum(pods.available for pods in old) + new.available
    return spared([pods.size for pods in clean], available - strategy.least_available)


def next_step(
    strategy: RolloutStrategy, old: Sequence[PodSet], new: PodSet, terminating: int = 0
) -> RolloutStep:
    """What the next sync does.

    Args:
        old: oldest first.
        terminating: old Pods that are not gone yet; with Recreate the new ones wait for them.
    """
    sizes = tuple(pods.size for pods in old)
    stay = RolloutStep(RolloutAction.NOTHING, new.size, sizes)
    if strategy.recreate and any(sizes):
        return replace(stay, action=RolloutAction.SHRINK, old=(0,) * len(sizes))
    if strategy.recreate and terminating:
        return stay
    wanted = new_size(strategy, new.size, sum(sizes) + new.size)
    if wanted != new.size:
        return replace(stay, action=RolloutAction.GROW, new=wanted)
    fewer = sizes if strategy.recreate else old_sizes(strategy, old, new)
    return replace(stay, action=RolloutAction.SHRINK, old=fewer) if fewer != sizes else stay


class RolloutStatus(NamedTuple):
    """The counts in the status of a Deployment: Pods of all sets, those of the new one, ready, available."""

    total: int
    updated: int
    ready: int
    available: int


def is_complete(replicas: int, status: RolloutStatus) -> bool:
    """Whether all wanted Pods are new and available, and no others are left. Source: DeploymentComplete."""
    return status.total == status.updated == status.available == replicas


def has_progressed(was: RolloutStatus, now: RolloutStatus) -> bool:
    """Whether more Pods are new, ready or available, or fewer are old. Source: DeploymentProgressing."""
    fewer_old = now.total - now.updated < was.total - was.updated
    return now.updated > was.updated or fewer_old or now.ready > was.ready or now.available > was.available
