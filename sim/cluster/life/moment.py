"""The cluster at a moment, as each of its parts knows it: `cluster_at`.

A node's kube-proxy, a controller Pod and a load balancer whose targets are Pods may know different Pods then,
and a Pod that one of them still lists may take no connection any more. Whoever decides for a part asks the
cluster as that part knows it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf

from sim.cluster.cluster import Cluster, LinkedService, RunningPod
from sim.cluster.life.changed import with_pods
from sim.cluster.life.course import ClusterCourse
from sim.cluster.life.hearing import (
    ClusterPart,
    PartDelays,
    PodChange,
    Seen,
    is_listening,
    seen_as_target,
    seen_by,
)
from sim.cluster.life.news import PodNews
from sim.cluster.life.pods import PodLife
from sim.cluster.life.targets import lags_at


@dataclass(frozen=True, eq=False)
class ClusterMoment:
    """What the parts of a cluster know at a moment.

    Args:
        before: the cluster before any event.
        pods: all that there ever are, by key.
        lives: of those that come or go, by key.
        delays: until each part hears of it.
    """

    at_s: float
    before: Cluster
    pods: Mapping[str, RunningPod]
    lives: Mapping[str, PodLife]
    delays: PartDelays
    _views: dict[tuple[RunningPod, ...], Cluster] = field(default_factory=dict, repr=False)

    def known_by(self, part: ClusterPart) -> Cluster:
        """The cluster as a part knows it; parts that know the same share one."""
        known = tuple(filter(None, (self._as_known(pod, part) for pod in self.pods.values())))
        if known not in self._views:
            self._views[known] = with_pods(self.before, {pod.key: pod for pod in known})
        return self._views[known]

    def _as_known(self, pod: RunningPod, part: ClusterPart) -> RunningPod | None:
        """A Pod as a part knows it; None: it does not."""
        life = self.lives.get(pod.key)
        if life is None:
            return pod
        seen = self._seen(life, part)
        if seen.is_listed(self.at_s):
            return pod
        if self.at_s < seen.from_s:
            return _starting(pod) if life.created_s <= self.at_s else None
        return _ending(pod, pod.ready) if seen.still_serves(self.at_s) else None

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
        return with_pods(self.before, self.pods)

    def refuses(self, pod: str | None) -> PodLife | None:
        """The life of a Pod that takes no new connection; None: it takes them."""
        life = self.lives.get(pod or "")
        return None if life is None or is_listening(life, self.at_s) else life

    def news(self, service: LinkedService, parts: Iterable[ClusterPart]) -> tuple[PodNews, ...]:
        """What these parts hear of the Pods of a Service: of those that start or go, or are not known yet."""
        listed, whole = tuple(parts), self._whole.services[service.key]
        keys = dict.fromkeys(e.pod or "" for port in whole.ports for e in port.endpoints)
        lives = (self.lives[key] for key in keys if key in self.lives)
        found = (self.news_of(life, listed) for life in lives if life.created_s <= self.at_s)
        return tuple(one for one in found if listed and self._matters(one))

    def news_of(self, life: PodLife, parts: Iterable[ClusterPart]) -> PodNews:
        """The last change of a Pod, and when these parts hear of it."""
        goes = life.deleted_s <= self.at_s
        seen = [(part, self._seen(life, part)) for part in parts]
        heard = tuple((part, one.until_s if goes else one.from_s) for part, one in seen)
        at_s = life.deleted_s if goes else life.ready_s
        change: PodChange = "deleted" if goes else "ready"
        return PodNews(life.key, change, life.because, at_s, heard, life.closes_s if goes else inf)

    def _matters(self, one: PodNews) -> bool:
        """Whether somebody has not heard it yet, or the Pod is on its way out."""
        going = one.change == "deleted" and self.at_s < self.lives[one.pod].ends_s
        return going or any(s > self.at_s for _, s in one.heard)


def _starting(pod: RunningPod) -> RunningPod:
    return replace(pod, ready=False, state="starting")


def _ending(pod: RunningPod, serving: bool) -> RunningPod:
    return replace(pod, ready=False, terminating=True, serving=serving, state="terminating")


def cluster_at(course: ClusterCourse, at_s: float, delays: PartDelays) -> Cluster:
    """The cluster at a moment: its Pods as they are, and in `moment` what each part knows of them.

    Args:
        course: the cluster, with its events played.
        delays: until each part hears of a change.
    """
    moment = ClusterMoment(at_s, course.cluster, course.changed, course.lives, delays)
    there = with_pods(course.cluster, moment.truth)
    return replace(there, pods={**moment.pods, **moment.truth}, moment=moment)
