"""Who of a run comes and goes, who still sends to a Pod that goes, and what fails. Values for pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from sim.cluster.life.pods import PodLife
from sim.comparison.failures import Failure, failures_of
from sim.simulation.result import Result, Seconds

KINDS = ("endpointslice", "kube_proxy", "controller", "load_balancer")
"""Kinds of part that hear of a Pod, in the order in which a change reaches them."""


@dataclass(frozen=True)
class PodLane:
    """A Pod that comes or goes.

    Args:
        told_s: when the last of those that send to it had heard that it goes; None: it does not go.
        gone_s: when its process has ended; one that ends when it is empty is gone with its last request.
    """

    life: PodLife
    told_s: float | None
    failed: tuple[Failure, ...]
    gone_s: float

    @property
    def goes(self) -> bool:
        """Whether it is deleted in the run."""
        return self.life.deleted_s < inf

    @property
    def moments_s(self) -> tuple[float, ...]:
        """What happens to it and because of it, as far as it does."""
        life = self.life
        own = (life.created_s, life.ready_s, life.deleted_s, life.closes_s, self.gone_s, self.told_s or -inf)
        rests = (m for b in life.breaks for m in (b.from_s, b.ready_s))
        return tuple(m for m in (*own, *rests, *(f.at_s for f in self.failed)) if abs(m) < inf)


@dataclass(frozen=True)
class Sender:
    """A part that sends to a Pod until it has heard that the Pod goes.

    Args:
        kind: one of KINDS. observer: its name.
        told_s: when it has heard.
        failed: requests that it sent there and that failed for the Pod went.
    """

    kind: str
    observer: str
    told_s: float
    failed: tuple[Failure, ...]


@dataclass(frozen=True)
class StoppedPod:
    """A Pod that goes, and all that must hear of it, in order of their kinds and names.

    Args:
        gone_s: when its process has ended.
    """

    life: PodLife
    gone_s: float
    senders: tuple[Sender, ...]

    @property
    def behind_nodes(self) -> bool:
        """Whether load balancers come to it through nodes only, so that they need not hear of it."""
        return bool(self.senders) and all(s.kind != "load_balancer" for s in self.senders)

    @property
    def last(self) -> Sender | None:
        """Who hears last of those that send; None: nobody sent to it."""
        sending = [s for s in self.senders if s.kind != "endpointslice"]
        return max(sending, key=lambda s: s.told_s, default=None)

    @property
    def failed(self) -> tuple[Failure, ...]:
        """All requests that its going failed."""
        return tuple(f for sender in self.senders for f in sender.failed)


def lanes_of(result: Result) -> list[PodLane]:
    """The Pods that come or go: those that go in order of that, then the others in order of coming."""
    failures = failures_of(result)
    told = {one.pod: one.at_s for one in result.told if one.kind != "endpointslice"}
    lanes = (
        PodLane(
            life,
            told.get(life.key),
            tuple(f for f in failures if f.pod == life.key),
            _gone_s(life, result.stations[number].stops_s),
        )
        for number, life in result.lives.items()
    )
    return sorted(lanes, key=lambda lane: (lane.life.deleted_s, lane.life.created_s, lane.life.key))


def _gone_s(life: PodLife, stops_s: Seconds) -> float:
    """When a Pod's process has ended, by when its workers were free again."""
    if not life.exits_when_empty:
        return life.ends_s
    return float(min(life.ends_s, max(life.sigterm_s, stops_s[-1] if len(stops_s) else -inf)))


def fullest(lanes: Sequence[PodLane], most: int) -> list[PodLane]:
    """So many of them, those with most failures, in the order that they had."""
    kept = sorted(range(len(lanes)), key=lambda n: (-len(lanes[n].failed), n))[:most]
    return [lanes[n] for n in sorted(kept)]


def stopped_pods(result: Result) -> list[StoppedPod]:
    """The Pods that go, in order of that."""
    return [
        StoppedPod(lane.life, lane.gone_s, tuple(_senders(result, lane)))
        for lane in lanes_of(result)
        if lane.goes
    ]


def _senders(result: Result, lane: PodLane) -> list[Sender]:
    told = sorted(
        (t for t in result.told if t.pod == lane.life.key), key=lambda t: (KINDS.index(t.kind), t.observer)
    )
    return [
        Sender(t.kind, t.observer, t.at_s, tuple(f for f in lane.failed if f.sender == (t.kind, t.observer)))
        for t in told
    ]
