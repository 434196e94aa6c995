"""Places at a moment of a cluster's life: each decides by what it knows then, and a Pod may have closed.

A Pod that has closed refuses new connections although somebody still lists it: a client learns that itself,
where it is connected through to the Pod; a proxy tries others, as its program does. Open connections are not
asked about here: they stay with their Pod.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil, prod
from typing import TYPE_CHECKING

from sim.cluster.cluster import Cluster, LinkedService
from sim.cluster.life.hearing import ClusterPart
from sim.routing.final import Final, Reached
from sim.routing.hops.controller import controller
from sim.routing.hops.pod import pod
from sim.routing.legs import Fork, Leg, Sending, Taken, ToController, ToPod, ToService
from sim.routing.trace import Hop, Note, Step

if TYPE_CHECKING:
    from sim.cluster.life.moment import ClusterMoment
    from sim.cluster.life.news import PodNews

CLOSED, HIDDEN = "SIM2170", "SIM2171"
"""Codes: a Pod refuses that somebody still lists; a proxy that tries another one hides it."""


DIFFER = "the controller's Pods do not know the same Pods at this moment: one of them is shown"


def controller_at(cluster: Cluster, leg: ToController) -> Taken:
    """A controller's Pods, each by what it knows; one that has closed refuses."""
    moment = cluster.moment
    if moment is None:
        return controller(cluster, leg)
    closed = [one for one in leg.pods if moment.refuses(one.endpoint.pod)]
    if closed:
        return _without(moment, leg, closed)
    views = _views(cluster, leg)
    if len(views) > 1:
        whole = sum(r.probability for r in leg.pods)
        ways = ((sum(r.probability for r in pods) / whole, pods) for _, pods in views)
        following = Fork(tuple((share, replace(leg, pods=pods)) for share, pods in ways))
        return leg.trip.takes(following, notes=(Note(None, DIFFER),))
    taken = controller(views[0][0], leg)
    asked = parts_of(leg)
    return _telling(taken, moment, [(s, asked) for s in services_of(taken.following)])


def _without(moment: ClusterMoment, leg: ToController, closed: list[Reached]) -> Taken:
    """The ways to those that are open, and the refusal of the others."""
    left = tuple(one for one in leg.pods if one not in closed)
    lost = sum(one.probability for one in closed)
    service = leg.controller.services[0]
    final = refusal(moment, closed, leg.chosen_by, f"{service}:{leg.port.number}", None)
    if not left:
        return leg.trip.takes(final)
    open_ = tuple(replace(one, probability=one.probability / (1 - lost)) for one in left)
    return leg.trip.takes(Fork(((1 - lost, replace(leg, pods=open_)), (lost, final))))


def _views(cluster: Cluster, leg: ToController) -> list[tuple[Cluster, tuple[Reached, ...]]]:
    """The cluster as the Pods of a controller know it; those that know the same stand together."""
    if not leg.pods:
        balancer = ClusterPart("load_balancer", leg.controller.services[0])
        return [(cluster.known_by(balancer), ())]
    found: dict[int, tuple[Cluster, tuple[Reached, ...]]] = {}
    for one in leg.pods:
        view = cluster.known_by(ClusterPart("controller", one.name))
        found[id(view)] = view, (*found.get(id(view), (view, ()))[1], one)
    return list(found.values())


def parts_of(leg: ToController) -> tuple[ClusterPart, ...]:
    """Who chooses a Pod behind a controller."""
    if not leg.pods:
        return (ClusterPart("load_balancer", leg.controller.services[0]),)
    return tuple(ClusterPart("controller", one.name) for one in leg.pods)


def services_of(following: Leg | Final | Fork) -> tuple[LinkedService, ...]:
    """The Services that are next, each once."""
    ways = [way for _, way in following.ways] if isinstance(following, Fork) else [following]
    found = (way.found.service for way in ways if isinstance(way, ToService))
    return tuple({one.key: one for one in found if one is not None}.values())


Asked = Iterable[tuple[LinkedService, Iterable[ClusterPart]]]


def _telling(taken: Taken, moment: ClusterMoment, asked: Asked) -> Taken:
    """The same, where the first hop says what there is to hear of the Pods behind it."""
    news = tuple(one for service, parts in asked for one in moment.news(service, parts))
    if not news or not taken.hops:
        return taken
    first, *others = taken.hops
    return replace(taken, hops=(replace(first, news=(*first.news, *news)), *others))


def pod_at(cluster: Cluster, leg: ToPod) -> Taken:
    """One of the Pods; those that have closed refuse, and a proxy then tries as many as it does."""
    moment = cluster.moment
    closed = [one for one in leg.reached if moment is not None and moment.refuses(one.endpoint.pod)]
    if moment is None or not closed:
        return pod(cluster, leg)
    lost = _lost(leg, closed)
    steps = tuple(Step(one.name.rpartition("/")[2], False, _why(moment, one, leg)) for one in closed)
    hop = _hop(pod(cluster, leg).hops[0], steps)
    backend = f"{leg.service.key}:{leg.port.number}"
    final = refusal(moment, closed, leg.chosen_by, backend, leg.sending)
    if lost >= 1:
        return leg.trip.takes(final, hop)
    left = tuple(one for one in leg.reached if one not in closed)
    whole = sum(one.probability for one in left)
    open_ = tuple(replace(one, probability=one.probability / whole) for one in left)
    served = pod(cluster, replace(leg, reached=open_)).following
    assert isinstance(served, Final)
    if not lost:
        assert leg.sending is not None
        return leg.trip.takes(served, hop, notes=(_hidden(leg.sending, leg.reached, closed),))
    return leg.trip.takes(Fork(((1 - lost, served), (lost, final))), hop)


def _hop(hop: Hop, steps: tuple[Step, ...]) -> Hop:
    return replace(hop, steps=(*hop.steps, *steps))


def _lost(leg: ToPod, closed: list[Reached]) -> float:
    """The share of requests for which every Pod that is tried has closed."""
    share, sending, listed = sum(one.probability for one in closed), leg.sending, len(leg.reached)
    tries = 1 if sending is None or sending.passed or leg.virtual else 0
    tries = tries or (sending.retries.backends("refused", listed) if sending is not None else 1)
    if len(closed) == listed:
        return 1.0
    return share * prod(max(0, len(closed) - n) / (listed - n) for n in range(1, tries))


def _hidden(sending: Sending, listed: tuple[Reached, ...], closed: list[Reached]) -> Note:
    many = f"{len(closed)} of the {len(listed)} Pods that it lists refuse"
    return Note(HIDDEN, f"{many}, and {sending.by} tries another one: the client sees nothing of it")


def _why(moment: ClusterMoment, one: Reached, leg: ToPod) -> str:
    return _news(moment, one, leg.chosen_by).says(moment.at_s)


def _news(moment: ClusterMoment, one: Reached, parts: Iterable[ClusterPart]) -> PodNews:
    """What those who still list a Pod have not heard."""
    life = moment.refuses(one.endpoint.pod)
    assert life is not None
    return moment.news_of(life, parts).unheard(moment.at_s)


def refusal(
    moment: ClusterMoment,
    closed: Iterable[Reached],
    parts: Iterable[ClusterPart],
    backend: str,
    sending: Sending | None,
) -> Final:
    """The end at Pods that have closed: the client's own, or what the proxy in between answers."""
    first = max(closed, key=lambda one: one.probability)
    news = _news(moment, first, parts)
    why = f"Pod {first.name.rpartition('/')[2]} {news.says(moment.at_s)}"
    wait_s = ceil(max((s - news.at_s for _, s in news.heard), default=0.0))
    fix = f"let it serve for {wait_s} s once it is deleted, by a preStop hook; sim rollout names the least"
    final = Final("refused", why, backend=backend, code=CLOSED, fix=fix, cause=news)
    if sending is None or sending.passed:
        return final
    return replace(
        final,
        state="answered-by-proxy",
        message=f"{why}; {sending.by} has no other Pod to try",
        status=sending.retries.status_of("refused"),
        answered_by=sending.by,
        rule=sending.rule,
        certificate=sending.certificate,
        sent=sending.sent,
    )
