"""Which requests of a run failed, who answered them, and which event is to blame."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.routing.final import author_of
from sim.simulation.failed import ANSWERS, is_by_proxy
from sim.simulation.result import CAME_TO, TRY_ENDS, Result


@dataclass(frozen=True)
class Failure:
    """A request that failed in a run with events.

    Args:
        at_s: when its client knew.
        reason: as a run counts it.
        author: who wrote the end: client, load balancer, node, controller or Pod.
        pod: whose coming or going did it; None: nobody's.
        event: the event, or the fault, behind that; None: nothing of the kind.
        sender: the kind and the name of the part that sent it to that Pod (`sim.simulation.result.ToldPart`).
        last_try: how a proxy's last try at a Pod failed, behind its own answer; None: it made none.
    """

    at_s: float
    reason: str
    author: str
    pod: str | None
    event: str | None
    sender: tuple[str, str] | None = None
    last_try: str | None = None

    @property
    def kind(self) -> Literal["late", "inside", "nobody"]:
        """It was sent to a Pod too late, was in it when it ended, or found no Pod left."""
        if self.author == "node" or (self.reason == "answered-by-proxy 503" and self.last_try is None):
            return "nobody"
        return "inside" if self.reason == "reset" or self.last_try == "closed" else "late"


def failures_of(result: Result) -> list[Failure]:
    """Every request that failed, in order of sending."""
    return [failure for _, failure in lost_requests(result)]


def lost_requests(result: Result) -> Iterator[tuple[int, Failure]]:
    """The same, each with its number in the run."""
    failed = [n for n, reason in enumerate(result.ends) if reason not in ANSWERS]
    for number in map(int, np.flatnonzero(np.isin(result.end, failed))):
        yield number, _failure(result, number)


def _failure(result: Result, number: int) -> Failure:
    reason, station = result.ends[result.end[number]], int(result.cause[number])
    life, fault = result.lives.get(station), int(result.fault[number])
    return Failure(
        float(result.ended_s[number]),
        reason,
        author_of(reason, CAME_TO[result.came_to[number]]),
        None if life is None else life.key,
        life.because if life is not None else result.faults[fault] if fault >= 0 else None,
        None if life is None else _sender(result, number, station, life.key),
        _last_try(result, number, reason),
    )


def _last_try(result: Result, number: int, reason: str) -> str | None:
    """How a proxy's last try failed, where it then answered itself."""
    place = int(result.last_try[number])
    return TRY_ENDS[place] if is_by_proxy(reason) and place >= 0 else None


def _sender(result: Result, number: int, station: int, pod: str) -> tuple[str, str]:
    """Who sent a request to a Pod: a controller, a load balancer whose targets are Pods, a node's rules."""
    controller = int(result.controller[number])
    if controller not in (-1, station):
        return "controller", result.stations[controller].spec.name
    balancer = result.destinations[result.row_destination[result.row[number]]]
    if any((t.pod, t.kind, t.observer) == (pod, "load_balancer", balancer) for t in result.told):
        return "load_balancer", balancer
    return "kube_proxy", result.nodes[result.node[number]]


def hidden_of(result: Result) -> int:
    """How many requests were answered only because a proxy tried another Pod."""
    answered = [n for n, reason in enumerate(result.ends) if reason in ANSWERS]
    return int(np.count_nonzero(np.isin(result.end, answered) & (result.cause >= 0)))


def found_nobody(result: Result) -> int:
    """How many failed though all who send had heard of every Pod that went: there was none to send to."""
    failed = [n for n, reason in enumerate(result.ends) if reason not in ANSWERS]
    told = result.told_last
    known_s = {n: v.deleted_s + told[v.key][1] for n, v in result.lives.items() if v.key in told}
    mine = np.isin(result.end, failed)
    asked = zip(result.cause[mine].tolist(), result.sent_s[mine].tolist(), strict=True)
    return sum(station not in known_s or sent_s >= known_s[station] for station, sent_s in asked)


@dataclass(frozen=True)
class FailureCount:
    """Requests that failed alike: how, who wrote the end, and behind which event; None: behind none."""

    reason: str
    author: str
    event: str | None
    count: int


def failure_counts(results: Iterable[Result]) -> tuple[FailureCount, ...]:
    """What failed in runs of one plan, the most frequent first."""
    found = Counter((f.reason, f.author, f.event) for result in results for f in failures_of(result))
    ranked = sorted(found.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(FailureCount(*alike, count) for alike, count in ranked)
