"""What is asked of the control plane and does not happen, or not at once: since when, why, and what helps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from sim.cluster.life.news import clock
from sim.units import counted


@dataclass(frozen=True)
class Held:
    """Something that waits, or has no effect.

    Args:
        what: with its verb, such as `drain of node-a waits`.
        since_s, until_s: infinite: for ever, as far as it is known.
        because: a sentence without its end.
        fix: what helps.
    """

    what: str
    since_s: float
    because: str
    fix: str
    until_s: float = inf

    def holds_at(self, at_s: float) -> bool:
        """Whether it waits at a moment."""
        return self.since_s <= at_s < self.until_s

    @property
    def says(self) -> str:
        """In words."""
        until_s = None if self.until_s == inf else self.until_s
        return held_in_words(self.what, self.since_s, until_s, self.because)

    def to_json(self) -> dict[str, Any]:
        """As `sim run` shows it."""
        until_s = None if self.until_s == inf else self.until_s
        return {"what": self.what, "since_s": self.since_s, "until_s": until_s} | {
            "because": self.because, "fix": self.fix,
        }  # fmt: skip


def held_in_words(what: str, since_s: float, until_s: float | None, because: str) -> str:
    """What waits and why.

    >>> held_in_words("drain of node-a waits", 5.0, 20.0, "budget a/b allows 0 disruptions")
    'drain of node-a waits from 5 s to 20 s: budget a/b allows 0 disruptions'
    """
    when = f"since {clock(since_s)}" if until_s is None else f"from {clock(since_s)} to {clock(until_s)}"
    return f"{what} {when}: {because}"


def held_drain(
    node: str, workload: str, budget: str, on_node: int, at_s: float, evictions_s: Sequence[float]
) -> Iterable[Held]:
    """The drain of a node while a budget keeps Pods of a workload; nothing where it lets all go at once.

    Args:
        budget: `NAMESPACE/NAME` of a PodDisruptionBudget.
        on_node: its Pods there when the drain begins.
        evictions_s: when each of them is evicted, as far as they are.
    """
    left = on_node - len(evictions_s)
    last_s = max(evictions_s, default=at_s)
    if not left and last_s == at_s:
        return
    stay = f"{counted(left or on_node - sum(s == at_s for s in evictions_s), 'Pod')} of {workload}"
    yield Held(
        f"drain of {node} waits",
        last_s if left else at_s,
        f"budget {budget} allows 0 disruptions, {stay} {'stays' if stay.startswith('1 ') else 'stay'}",
        "let the budget allow a disruption (maxUnavailable: 1), or have one replica more than it needs",
        inf if left else last_s,
    )
