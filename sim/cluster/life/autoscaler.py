"""An autoscaler at work: the replicas over time that a load leads to.

It looks every sync period, at what happens then: Pods are ready and measured at once. Between the syncs it
remembers what it wanted, and what it changed. Source: kubernetes, pkg/controller/podautoscaler/horizontal.go
(reconcileAutoscaler).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from sim.cluster.life.figures import HPA
from sim.cluster.life.scaling import (
    DOWN,
    UP,
    Past,
    ScaleBounds,
    ScaleHistory,
    ScaleReason,
    ScalingRules,
    combined,
    rate_limited,
    stabilised,
)

Propose = Callable[[float, int], int | None]
"""What the metrics ask for at a moment, by the replicas there are; None: they fail."""


@dataclass(frozen=True)
class Autoscaler:
    """A HorizontalPodAutoscaler."""

    bounds: ScaleBounds
    up: ScalingRules = UP
    down: ScalingRules = DOWN
    sync_s: float = HPA["sync_s"]

    def after(self, memory: ScalerMemory, at_s: float, proposal: int | None) -> ScalerMemory:
        """What it knows after one sync.

        Args:
            proposal: what its metrics ask for; None: they fail.
        """
        replicas = memory.replicas
        wanted, reason = combined(replicas, self.bounds, [proposal])
        if reason is not ScaleReason.METRICS:
            return memory.changed(at_s, wanted)
        past = [Past(count, at_s - then_s) for then_s, count in memory.wanted]
        calm = stabilised(replicas, wanted, past, self.up.window_s, self.down.window_s)
        after = rate_limited(replicas, calm, self.bounds, memory.history(at_s), self.up, self.down).replicas
        kept_s = max(self.up.window_s, self.down.window_s)
        return memory.wanting(at_s, wanted, kept_s).changed(at_s, after)


@dataclass(frozen=True)
class ScalerMemory:
    """What an autoscaler remembers, as moments with numbers.

    Args:
        set_to: the replicas from each moment on, the first since ever.
        wanted: its recommendations, windows and rates left out.
    """

    set_to: tuple[tuple[float, int], ...]
    wanted: tuple[tuple[float, int], ...]

    @property
    def replicas(self) -> int:
        """How many there are now."""
        return self.set_to[-1][1]

    def wanting(self, at_s: float, replicas: int, kept_s: float) -> ScalerMemory:
        """With one more recommendation, and without those that are older than any window."""
        young = (past for past in self.wanted if at_s - past[0] < kept_s)
        return replace(self, wanted=(*young, (at_s, replicas)))

    def changed(self, at_s: float, replicas: int) -> ScalerMemory:
        """With other replicas; the same if they are the same."""
        same = replicas == self.replicas
        return self if same else replace(self, set_to=(*self.set_to, (at_s, replicas)))

    def corrected(self, replicas: int) -> ScalerMemory:
        """The same where somebody else set the replicas; that is no change of its own."""
        return replace(self, set_to=(*self.set_to[:-1], (self.set_to[-1][0], replicas)))

    def history(self, at_s: float) -> ScaleHistory:
        """Its changes as a rate sees them at a moment."""
        by = [Past(now - was, at_s - then_s) for (_, was), (then_s, now) in pairwise(self.set_to)]
        downs = [Past(-p.pods, p.ago_s) for p in by if p.pods < 0]
        return ScaleHistory([p for p in by if p.pods > 0], downs)


def replicas_over_time(
    autoscaler: Autoscaler, replicas: int, propose: Propose, until_s: float
) -> tuple[tuple[float, int], ...]:
    """Each moment at which the replicas change, with their number.

    Args:
        replicas: at 0; the first sync is one period later.
        propose: what the metrics ask for.
    """
    at_s = autoscaler.sync_s
    memory = ScalerMemory(((0.0, replicas),), ((at_s, replicas),))
    while at_s <= until_s:
        memory = autoscaler.after(memory, at_s, propose(at_s, memory.replicas))
        at_s += autoscaler.sync_s
    return memory.set_to[1:]
