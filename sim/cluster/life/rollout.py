"""A roll-out over time: sizes of both sets at every moment, from how long Pods take to start and to stop.

The template changes at 0. All steps that a moment allows are taken in it. What is known of the new Pods are
the moments of their creation, of the old ones those of their deletion; everything else follows from these. A
roll-out that begins in the middle of another finds several old ReplicaSets. Left out: Pods that fail once
they were ready, quotas, and the time of a sync. Source: kubernetes, pkg/controller/deployment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from math import inf
from typing import NamedTuple

from sim.cluster.life.rolling import PodSet, RolloutStrategy, next_step

UNTIL_S = 3600.0
_DIGITS = 9  # sums of moments that are the same moment must be equal


class RolloutPoint(NamedTuple):
    """Pods at a moment, after all that happens in it."""

    at_s: float
    old: int
    new: int
    new_ready: int
    new_available: int
    terminating: int


@dataclass(frozen=True)
class RolloutPace:
    """How long Pods take.

    Args:
        ready_after_s: from creation to ready, taken by order of creation and then from the start again;
            infinite: never.
        min_ready_s: how long a Pod must be ready to be available.
        stop_takes_s: from deletion to gone.
    """

    ready_after_s: Sequence[float] = (0.0,)
    min_ready_s: float = 0.0
    stop_takes_s: float = 0.0


@dataclass(frozen=True)
class PodsBefore:
    """The Pods that a roll-out finds.

    Args:
        old: of each old ReplicaSet, the oldest first: when each of its Pods is available, those first that go
            first of equals.
        kept_s: when each Pod that has the new template already is ready: one of a roll-out that is undone.
        leaving_s: when each of those that terminate already is gone.
    """

    old: tuple[tuple[float, ...], ...]
    kept_s: tuple[float, ...] = ()
    leaving_s: tuple[float, ...] = ()

    def sizes(self, going: Sequence[int], at_s: float) -> list[PodSet]:
        """The old ReplicaSets at a moment.

        Args:
            going: numbers of the Pods that go, through all sets.
        """
        found, first = [], 0
        for pods in self.old:
            gone = {n - first for n in going if first <= n < first + len(pods)}
            left = [s for n, s in enumerate(pods) if n not in gone] if gone else pods
            found.append(PodSet(len(left), sum(s <= at_s for s in left)))
            first += len(pods)
        return found

    def leaving(self, going: Sequence[int], sizes: Sequence[int], at_s: float) -> Iterator[int]:
        """Numbers of the Pods that a step ends: those first that are not available.

        Args:
            sizes: of the sets, after the step.
        """
        first, gone = 0, set(going)
        for pods, size in zip(self.old, sizes, strict=True):
            left = [(s <= at_s, n) for n, s in enumerate(pods, first) if n not in gone]
            yield from (n for _, n in sorted(left)[: max(0, len(left) - size)])
            first += len(pods)


@dataclass(frozen=True)
class RolloutTimeline:
    """A roll-out from its start.

    Args:
        points: where something changed.
        done_s: from when on no old Pod is wanted and every new one is available; None: not in the time looked
            at.
        all_stopped_s: when the last Pod that terminated was gone and no old one was left; None likewise.
    """

    points: tuple[RolloutPoint, ...]
    done_s: float | None
    all_stopped_s: float | None

    @property
    def fewest_serving(self) -> int:
        """The least of old and ready new Pods together."""
        return min(p.old + p.new_ready for p in self.points)

    @property
    def most_pods(self) -> int:
        """The most Pods that there were, those that terminate with them."""
        return max(p.old + p.new + p.terminating for p in self.points)


@dataclass(frozen=True)
class RolloutCourse:
    """What has been done so far: the moments at which new Pods were created and old ones deleted.

    Args:
        before: what it found; None: one set that is available.
        going: numbers of the old Pods that were deleted, through all sets.
    """

    strategy: RolloutStrategy
    pace: RolloutPace
    created_s: tuple[float, ...] = ()
    deleted_s: tuple[float, ...] = ()
    before: PodsBefore | None = None
    going: tuple[int, ...] = ()

    @cached_property
    def found(self) -> PodsBefore:
        """The Pods that it found."""
        return PodsBefore(((-inf,) * self.strategy.replicas,)) if self.before is None else self.before

    @cached_property
    def ready_s(self) -> list[float]:
        """When each Pod that it creates turns ready."""
        after = self.pace.ready_after_s
        return [round(at + after[i % len(after)], _DIGITS) for i, at in enumerate(self.created_s)]

    @cached_property
    def available_s(self) -> list[float]:
        """When each Pod of the new template turns available."""
        ready_s = (*self.found.kept_s, *self.ready_s)
        return [round(at + self.pace.min_ready_s, _DIGITS) for at in ready_s]

    @cached_property
    def gone_s(self) -> list[float]:
        """When each Pod that terminates is gone."""
        own = (round(at + self.pace.stop_takes_s, _DIGITS) for at in self.deleted_s)
        return [*self.found.leaving_s, *own]

    def at(self, at_s: float) -> RolloutPoint:
        """The Pods of a moment."""
        kept_s = self.found.kept_s
        return RolloutPoint(
            at_s,
            sum(map(len, self.found.old)) - len(self.deleted_s),
            len(kept_s) + len(self.created_s),
            sum(s <= at_s for s in (*kept_s, *self.ready_s)),
            sum(s <= at_s for s in self.available_s),
            sum(s > at_s for s in self.gone_s),
        )

    def stepped(self, at_s: float) -> RolloutCourse:
        """After one step at a moment; the same if there is none to take."""
        now = self.at(at_s)
        new = PodSet(now.new, now.new_available)
        step = next_step(self.strategy, self.found.sizes(self.going, at_s), new, now.terminating)
        fewer = now.old - sum(step.old)
        leaving = self.found.leaving(self.going, step.old, at_s) if fewer else ()
        return replace(
            self,
            created_s=self.created_s + (at_s,) * (step.new - now.new),
            deleted_s=self.deleted_s + (at_s,) * fewer,
            going=(*self.going, *leaving),
        )

    def settled(self, at_s: float) -> RolloutCourse:
        """After all steps that a moment allows."""
        before, after = self, self.stepped(at_s)
        while after != before:
            before, after = after, after.stepped(at_s)
        return after

    def after(self, at_s: float) -> float:
        """The next moment at which something happens by itself; infinite: none."""
        found = chain(*self.found.old, self.found.kept_s)
        moments = (*self.ready_s, *self.available_s, *self.gone_s, *found)
        return min((s for s in moments if s > at_s), default=inf)


def rollout_over_time(
    strategy: RolloutStrategy, pace: RolloutPace, until_s: float = UNTIL_S
) -> RolloutTimeline:
    """The roll-out that begins at 0.

    Args:
        until_s: the last moment looked at.
    """
    points: list[RolloutPoint] = []
    for point in _moments(RolloutCourse(strategy, pace), until_s):
        if not points or points[-1][1:] != point[1:]:
            points.append(point)
    wanted = strategy.replicas
    return RolloutTimeline(
        tuple(points),
        next((p.at_s for p in points if not p.old and p.new == p.new_available == wanted), None),
        next((p.at_s for p in points if not p.old and not p.terminating), None),
    )


def _moments(course: RolloutCourse, until_s: float) -> Iterator[RolloutPoint]:
    at_s = 0.0
    while at_s <= until_s:
        course = course.settled(at_s)
        yield course.at(at_s)
        at_s = course.after(at_s)
