"""What there is to hear of a Pod at a moment, and when each of those who should does; in a sentence too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, NamedTuple

from sim.cluster.life.hearing import ClusterPart, PartKind

MOST_NAMES = 4
"""Parts that a sentence names."""


class PartWords(NamedTuple):
    """What a sentence calls a part, several, and all of a kind.

    Args:
        bare: whether names stand without their namespace.
    """

    one: str
    several: str
    all_of_them: str
    bare: bool = False

    def short(self, name: str) -> str:
        """The name of a part."""
        return name.rpartition("/")[2] if self.bare else name


PARTS: dict[PartKind, PartWords] = {
    "kube_proxy": PartWords("the kube-proxy of {}", "the kube-proxies of {}", "the kube-proxies"),
    "controller": PartWords("controller Pod {}", "controller Pods {}", "the controller's Pods", bare=True),
    "load_balancer": PartWords("the load balancer of {}", "the load balancers of {}", "the load balancers"),
}

HAPPENS: dict[str, tuple[str, str]] = {
    "ready": ("is ready", "is ready"),
    "deleted": ("was deleted", "is deleted"),
    "ended": ("ended", "ends"),
    "failed": ("failed", "fails"),
    "silent": ("fell silent", "falls silent"),
}
"""Change -> what has happened, and what will."""


@dataclass(frozen=True)
class PodNews:
    """A change of a Pod, and when parts of the cluster hear of it.

    Args:
        pod: `NAMESPACE/NAME`.
        because: the event that makes or ends it.
        at_s: when it happens.
        heard: each part, with the moment from which on it acts on it.
        change: ready, deleted; ended: its container, to start again; failed, or silent with its node.
        closes_s: from when it takes no new connection; infinite: never, as far as anybody knows.
    """

    pod: str
    change: str
    because: str
    at_s: float
    heard: tuple[tuple[ClusterPart, float], ...]
    closes_s: float = inf

    def unheard(self, at_s: float) -> "PodNews":
        """The same, with those parts alone that do not know it yet at a moment."""
        left = tuple((part, s) for part, s in self.heard if s > at_s)
        return replace(self, heard=left)

    def says(self, now_s: float) -> str:
        """What becomes of the Pod, without its name, as it is told at a moment."""
        does = HAPPENS[self.change][self.at_s > now_s]
        heard = f"; {self._heard(now_s)}" if self.heard else ""
        return f"{does} at {clock(self.at_s)} ({self.because}){self._closes(now_s)}{heard}"

    def _closes(self, now_s: float) -> str:
        """From when on it refuses, or until when it serves."""
        if self.closes_s == inf:
            return ""
        since = self.closes_s <= now_s
        return f" and {'refuses connections since' if since else 'serves until'} {clock(self.closes_s)}"

    def _heard(self, now_s: float) -> str:
        """Who hears of it when; together where they do so at one moment."""
        ordered = sorted(self.heard, key=lambda one: one[1])
        (first, first_s), last_s = ordered[0], ordered[-1][1]
        one_kind = PARTS[first.kind]
        names = [one_kind.short(part.name) for part, _ in ordered]
        what, hear = (one_kind.one, "hears") if len(ordered) == 1 else (one_kind.several, "hear")
        hear = hear if last_s > now_s else "heard"
        if clock(first_s) == clock(last_s):
            return f"{what.format(_listed(names))} {hear} of it at {clock(first_s)}"
        moments = [f"{name} at {clock(s)}" for name, (_, s) in zip(names, ordered, strict=True)]
        return f"{one_kind.all_of_them} {hear} of it: {_listed(moments)}"

    def to_json(self) -> dict[str, Any]:
        """As `sim trace -o json` shows it."""
        heard = [{"kind": p.kind, "name": p.name, "at_s": round(s, 6)} for p, s in self.heard]
        closes_s = None if self.closes_s == inf else round(self.closes_s, 6)
        told = {"pod": self.pod, "change": self.change, "at_s": round(self.at_s, 6), "event": self.because}
        return {**told, "closes_s": closes_s, "heard": heard}


def _listed(names: Sequence[str]) -> str:
    """All of a few; of many the first ones and the last."""
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])}, … and {names[-1]}"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def clock(at_s: float) -> str:
    """A moment as people write it.

    >>> clock(31.2), clock(30)
    ('31.2 s', '30 s')
    """
    return f"{round(at_s, 3):.12g} s"
