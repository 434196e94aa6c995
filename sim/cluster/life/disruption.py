"""Disruption budgets, and what an eviction is answered.

Source: kubernetes, pkg/controller/disruption/disruption.go; pkg/registry/core/pod/storage/eviction.go;
unhealthyPodEvictionPolicy (stable in 1.31).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sim.cluster.life.int_or_percent import scaled

EVICTED = 201
REFUSED = 429
FORBIDDEN = 403
MANY_BUDGETS = 500


@dataclass(frozen=True)
class DisruptionBudget:
    """The spec of a PodDisruptionBudget; with neither limit it allows nothing.

    Args:
        max_unavailable, min_available: Pods, or a percentage of the scale.
    """

    max_unavailable: int | str | None = None
    min_available: int | str | None = None


class BudgetStatus(NamedTuple):
    """The counts in the status: expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed."""

    expected: int
    needed: int
    healthy: int
    allowed: int


def budget_status(budget: DisruptionBudget, scale: int, matched: int, ready: int) -> BudgetStatus:
    """How many Pods a budget lets go.

    Args:
        scale: replicas of all controllers of its Pods together.
        matched: Pods that it selects.
        ready: of them, those that are ready and not being deleted.

    Raises:
        InputError: a limit that is neither a number nor a percentage.

    >>> budget_status(DisruptionBudget(max_unavailable="30%"), 7, 7, 7)
    BudgetStatus(expected=7, needed=4, healthy=7, allowed=3)
    """
    most, least = budget.max_unavailable, budget.min_available
    if most is not None:
        expected, needed = scale, max(0, scale - scaled(most, scale, up=True))
    elif isinstance(least, int):
        expected, needed = matched, least
    elif least is not None:
        expected, needed = scale, scaled(least, scale, up=True)
    else:
        expected, needed = 0, 0
    return BudgetStatus(expected, needed, ready, max(0, ready - needed) if expected > 0 else 0)


class EvictionAnswer(NamedTuple):
    """The status of the answer, and whether it used up one disruption."""

    status: int
    used: bool


def evicted(
    phase: str,
    ready: bool,
    deleting: bool,
    budgets: Sequence[BudgetStatus],
    always_unready: bool = False,
) -> EvictionAnswer:
    """What the API answers to the eviction of a Pod.

    A Pod that has ended, has not begun or is going already needs no budget; one that is not ready uses none
    up.

    Args:
        budgets: those that select it; it may be one at most.
        always_unready: whether unhealthyPodEvictionPolicy is AlwaysAllow.
    """
    if deleting or phase in {"Succeeded", "Failed", "Pending"} or not budgets:
        return EvictionAnswer(EVICTED, False)
    if len(budgets) > 1:
        return EvictionAnswer(MANY_BUDGETS, False)
    budget = budgets[0]
    if not ready and (always_unready or budget.healthy >= budget.needed > 0):
        return EvictionAnswer(EVICTED, False)
    if budget.allowed > 0:
        return EvictionAnswer(EVICTED, True)
    return EvictionAnswer(FORBIDDEN if budget.allowed < 0 else REFUSED, False)
