"""The cluster at a moment, as each of its parts knows it: `cluster_at`.

A node's kube-proxy, a controller Pod and a load balancer whose targets are Pods may know different Pods then,
and a Pod that one of them still lists may take no connection any more. Whoever decides for a part asks the
cluster as that part knows it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from typing import Literal, NamedTuple

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService, RunningPod
from sim.cluster.life.changed import with_pods
from sim.cluster.life.hearing import (
    WAY_IN,
    ClusterPart,
    PartDelays,
    PodChange,
    Seen,
    is_listening,
    seen_as_target,
    seen_by,
)
from sim.cluster.life.held import Held
from sim.cluster.life.news import PodNews
from sim.cluster.life.node_checks import CheckedNode, checked_node
from sim.cluster.life.pods import PodLife
from sim.cluster.life.targets import lags_at
from sim.cluster.life.troubles import ALL_WELL, Trouble, Troubles


class PodTrouble(NamedTuple):
    """How a Pod fails a new connection, and what those who send to it have not heard."""

    outcome: Literal["refused", "unreachable"]
    news: PodNews


@dataclass(frozen=True, eq=False)
class ClusterMoment:
    """What the parts of a cluster know at a moment.

    Args:
        before: the cluster before any event.
        pods: all that there ever are, by key.
        lives: of those that come or go, by key.
        delays: until each part hears of it.
        troubles: what is out of order besides.
        later: (moment, why, cluster) after each event that changes objects, in order of time.
        held: what is asked of the control plane and does not happen, or not at once.
    """

    at_s: float
    before: Cluster
    pods: Mapping[str, RunningPod]
    lives: Mapping[str, PodLife]
    delays: PartDelays
    troubles: Troubles = ALL_WELL
    later: Sequence[tuple[float, str, Cluster]] = ()
    held: Sequence[Held] = ()
    _views: dict[tuple[int, tuple[RunningPod, ...]], Cluster] = field(default_factory=dict, repr=False)

    def ruled(self, part: ClusterPart) -> Cluster:
        """The cluster, with its first Pods, whose objects a part goes by; what leads in hears as one."""
        asked, known = part if part.kind == "controller" else WAY_IN, self.before
        for number, (changed_s, _, cluster) in enumerate(self.later):
            if changed_s + self.delays.ruled_s(asked, number) <= self.at_s:
                known = cluster
        return known

    def named_until(self, key: str) -> tuple[str, float] | None:
        """Why the load balancer of a Service is gone, and until when it has a name; None: it is not."""
        for number, (changed_s, because, cluster) in enumerate(self.later):
            told_s = changed_s + self.delays.ruled_s(WAY_IN, number)
            if key not in cluster.services and told_s <= self.at_s:
                return because, told_s + self.delays.named_s(number)
        return None

    def known_by(self, part: ClusterPart) -> Cluster:
        """The cluster as a part knows it; parts that know the same share one."""
        known = tuple(filter(None, (self._as_known(pod, part) for pod in self.pods.values())))
        ruled = self.ruled(part)
        if (id(ruled), known) not in self._views:
            self._views[id(ruled), known] = with_pods(ruled, {pod.key: pod for pod in known})
        return self._views[id(ruled), known]

    def _as_known(self, pod: RunningPod, part: ClusterPart) -> RunningPod | None:
        """A Pod as a part knows it; None: it does not."""
        if self.troubles.is_avoided(pod.key, self.at_s, part.kind == "load_balancer"):
            return replace(pod, ready=False, state=f"out of order: {self.troubles.pods[pod.key].because}")
        life = self.lives.get(pod.key)
        if life is None:
            return pod
        seen = self._seen(life, part)
        if seen.is_listed(self.at_s):
            return pod
        if self.at_s < seen.from_s:
            return _starting(pod) if life.created_s <= self.at_s < life.ends_s else None
        if seen.still_serves(self.at_s):
            return _ending(pod, pod.ready)
        return None if self.at_s >= seen.until_s else replace(pod, ready=False, state="restarting")

    def node_as_checked(self, service: LinkedService, port: LinkedPort, node: str) -> CheckedNode:
        """What load balancers take a node for that answers by its own Pods of a Service."""
        whole = self._whole.services.get(service.key, service)
        own = (e for e in whole.ports[port.index].endpoints if e.node == node and e.pod in self.pods)
        part, lives = ClusterPart("kube_proxy", node), self.lives
        seen = [seen_by(part, lives.get(e.pod or "") or PodLife(e.pod or "", ""), self.delays) for e in own]
        return checked_node(seen, self.delays.node_check, self.at_s)

    def _seen(self, life: PodLife, part: ClusterPart) -> Seen:
        if part.kind != "load_balancer":
            return seen_by(part, life, self.delays)
        return seen_as_target(part.name, lags_at(self.before, part.name), life, self.delays)

    @cached_property
    def truth(self) -> dict[str, RunningPod]:
        """The Pods that there are, as they are."""
        found = (self._as_it_is(pod) for pod in self.pods.values())
        return {pod.key: pod for pod in found if pod is not None}

    def _as_it_is(self, pod: RunningPod) -> RunningPod | None:
        life = self.lives.get(pod.key)
        if life is None or life.is_ready(self.at_s):
            return pod
        if not life.created_s <= self.at_s < life.ends_s:
            return None
        started = life.deleted_s <= self.at_s and life.ready_s <= self.at_s
        return _ending(pod, is_listening(life, self.at_s)) if started else _starting(pod)

    @cached_property
    def _whole(self) -> Cluster:
        return with_pods(self.ruled(WAY_IN), self.pods)

    def trouble(self, pod: str | None, parts: Iterable[ClusterPart]) -> PodTrouble | None:
        """How a Pod fails new connections; None: it serves them.

        Args:
            parts: whoever may send to it: those that do not know it yet are named.
        """
        key = pod or ""
        found = self.troubles.pods.get(key)
        if found is not None and found.silent:
            return PodTrouble("unreachable", self._of_trouble(key, found, parts).unheard(self.at_s))
        life = self.lives.get(key)
        if life is not None and not is_listening(life, self.at_s):
            return PodTrouble("refused", self.news_of(life, parts).unheard(self.at_s))
        if found is None:
            return None
        return PodTrouble("refused", self._of_trouble(key, found, parts).unheard(self.at_s))

    def _of_trouble(self, pod: str, found: Trouble, parts: Iterable[ClusterPart]) -> PodNews:
        """What is out of order with a Pod; of a lost node its endpoint says it."""
        change, closes_s = ("silent", inf) if found.silent else ("failed", found.since_s)
        life = self.lives.get(pod)
        own = () if life is None else tuple(self._resting(life, parts))
        heard = own or tuple((part, self._avoided_s(found, part)) for part in parts)
        known = tuple((part, s) for part, s in heard if s < inf)
        return PodNews(pod, change, found.because, found.since_s, known, closes_s)

    def _avoided_s(self, found: Trouble, part: ClusterPart) -> float:
        return found.checked_s if part.kind == "load_balancer" else found.avoided_s

    def _resting(self, life: PodLife, parts: Iterable[ClusterPart]) -> Iterator[tuple[ClusterPart, float]]:
        """When parts hear that a Pod is not ready now, in a time in which it serves nobody."""
        for number, one in enumerate(life.breaks):
            if one.from_s <= self.at_s < one.ready_s:
                change = f"unready/{number}"
                yield from ((p, one.unready_s + self._late_s(p, life.key, change)) for p in parts)

    def _late_s(self, part: ClusterPart, pod: str, change: PodChange) -> float:
        if part.kind != "load_balancer":
            return self.delays.heard_s(part, pod, change)
        return self.delays.targeted_s(part.name, lags_at(self.before, part.name), pod, change)

    def news(self, service: LinkedService, parts: Iterable[ClusterPart]) -> tuple[PodNews, ...]:
        """What these parts hear of the Pods of a Service: of those that come, go, fail or are unknown yet."""
        listed, whole = tuple(parts), self._whole.services.get(service.key, service)
        keys = dict.fromkeys(e.pod or "" for port in whole.ports for e in port.endpoints)
        found = (self._news(key, listed) for key in keys if listed)
        return tuple(one for one in found if one is not None and self._matters(one))

    def _news(self, pod: str, parts: tuple[ClusterPart, ...]) -> PodNews | None:
        if (found := self.troubles.pods.get(pod)) is not None:
            return self._of_trouble(pod, found, parts)
        life = self.lives.get(pod)
        return None if life is None or life.created_s > self.at_s else self.news_of(life, parts)

    def news_of(self, life: PodLife, parts: Iterable[ClusterPart]) -> PodNews:
        """The last change of a Pod, and when these parts hear of it."""
        listed = tuple(parts)
        resting = next((b for b in life.breaks if b.from_s <= self.at_s < b.ready_s and not b.silent), None)
        seen = [(part, self._seen(life, part)) for part in listed]
        if life.deleted_s <= self.at_s:
            heard = tuple((part, one.until_s) for part, one in seen)
            return PodNews(life.key, "deleted", life.because, life.deleted_s, heard, life.closes_s)
        if resting is not None:
            told = tuple(self._resting(life, listed))
            return PodNews(life.key, "ended", life.because, resting.from_s, told, resting.from_s)
        heard = tuple((part, one.from_s) for part, one in seen)
        return PodNews(life.key, "ready", life.because, life.ready_s, heard)

    def _matters(self, one: PodNews) -> bool:
        """Whether somebody has not heard it yet, or the Pod is on its way out or out of order."""
        if one.change == "deleted" and self.at_s < self.lives[one.pod].ends_s:
            return True
        return one.change not in ("ready", "deleted") or any(s > self.at_s for _, s in one.heard)


def _starting(pod: RunningPod) -> RunningPod:
    return replace(pod, ready=False, state="starting")


def _ending(pod: RunningPod, serving: bool) -> RunningPod:
    return replace(pod, ready=False, terminating=True, serving=serving, state="terminating")


def cluster_at(
    cluster: Cluster,
    pods: Mapping[str, RunningPod],
    lives: Mapping[str, PodLife],
    at_s: float,
    delays: PartDelays,
    troubles: Troubles = ALL_WELL,
    later: Sequence[tuple[float, str, Cluster]] = (),
    held: Sequence[Held] = (),
) -> Cluster:
    """The cluster at a moment: its Pods as they are, and in `moment` what each part knows of them.

    Args:
        cluster: as it is before any event.
        pods: all that there ever are, by key; those that no life makes come never.
        lives: what events make of them, by key.
        delays: until each part hears of a change.
        troubles: what is out of order at that moment.
        later: (moment, why, cluster) after each event that changes objects, in order of time.
        held: what is asked of the control plane and does not happen, or not at once.
    """
    known = {key: pod for key, pod in pods.items() if key in lives or key in cluster.pods}
    waits = tuple(one for one in held if one.holds_at(at_s))
    moment = ClusterMoment(at_s, cluster, known, lives, delays, troubles, later, waits)
    there = with_pods(moment.ruled(WAY_IN), moment.truth)
    return replace(there, pods={**moment.pods, **moment.truth}, moment=moment)
