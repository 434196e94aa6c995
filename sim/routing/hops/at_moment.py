"""Places at a moment of a cluster's life: each decides by what it knows then; what it asks may not answer.

A Pod that has closed refuses new connections although somebody still lists it: a client learns that itself
where it is connected through to the Pod; a proxy tries others, as its program does. What is silent lets them
wait. Open connections are not asked about here: they stay with their Pod.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from math import ceil, inf, prod
from typing import TYPE_CHECKING

from sim.cluster.cluster import Cluster, LinkedService
from sim.cluster.life.hearing import ClusterPart
from sim.cluster.life.news import clock
from sim.routing.final import Final, Place, Reached
from sim.routing.hops.controller import controller
from sim.routing.hops.load_balancer import load_balancer
from sim.routing.hops.node import node
from sim.routing.hops.pod import pod
from sim.routing.legs import Fork, Leg, Sending, Taken, ToController, ToLoadBalancer, ToNode, ToPod, ToService
from sim.routing.trace import Note, Step

if TYPE_CHECKING:
    from sim.cluster.life.moment import ClusterMoment, PodTrouble
    from sim.cluster.life.news import PodNews
    from sim.cluster.life.troubles import Trouble

CLOSED, HIDDEN, SILENT = "SIM2170", "SIM2171", "SIM2172"
"""Codes: a Pod refuses that somebody still lists; a proxy that tries another hides it; nothing answers."""

DIFFER = "the controller's Pods do not know the same Pods at this moment: one of them is shown"

Failing = list[tuple[Reached, "PodTrouble"]]
"""Endpoints that fail new connections, each with how."""


def balancer_at(cluster: Cluster, leg: ToLoadBalancer) -> Taken:
    """A load balancer; one that is silent lets clients wait."""
    moment = cluster.moment
    found = moment.troubles.balancers.get(leg.service.key) if moment is not None else None
    if found is None or not found.silent:
        return load_balancer(cluster, leg)
    return leg.trip.takes(_nothing(f"the load balancer of Service {leg.service.key}", found))


def node_at(cluster: Cluster, leg: ToNode) -> Taken:
    """The nodes that a connection may be brought to; those that are silent say nothing."""
    moment = cluster.moment
    silent = [n for n, _ in leg.packets if moment is not None and moment.troubles.node_is_silent(n.name)]
    if moment is None or not silent or leg.sources:
        return node(cluster, leg)
    weights = leg.weights or (Fraction(1),) * len(leg.packets)
    pairs = list(zip(leg.packets, weights, strict=True))
    left = [pair for pair in pairs if pair[0][0] not in silent]
    final = _nothing(f"node {silent[0].name}", moment.troubles.nodes[silent[0].name])
    if not left:
        return leg.trip.takes(final)
    share = float(sum(weight for _, weight in left) / sum(weights))
    onward = replace(leg, packets=tuple(p for p, _ in left), weights=tuple(w for _, w in left))
    note = Note(SILENT, f"{100 * (1 - share):.0f} % of connections time out: {final.message}")
    return leg.trip.takes(Fork(((share, onward), (1 - share, final))), notes=(note,))


def _nothing(who: str, found: Trouble) -> Final:
    """The end at what says nothing."""
    known = f"; it is left out from {clock(found.avoided_s)} on" if found.avoided_s < inf else ""
    why = f"{who} is silent since {clock(found.since_s)} ({found.because}){known}"
    message = f"{why}: nothing comes back, and the client waits until it gives up"
    return Final("timeout", message, code=SILENT, fix="give clients a connect time-out, and another try")


def controller_at(cluster: Cluster, leg: ToController) -> Taken:
    """A controller's Pods, each by what it knows; one that has closed refuses."""
    moment = cluster.moment
    if moment is None:
        return controller(cluster, leg)
    failing = _failing(moment, leg.pods, leg.chosen_by)
    if failing:
        return _without(moment, leg, failing)
    views = _views(cluster, leg)
    if len(views) > 1:
        whole = sum(r.probability for r in leg.pods)
        ways = ((sum(r.probability for r in pods) / whole, pods) for _, pods in views)
        following = Fork(tuple((share, replace(leg, pods=pods)) for share, pods in ways))
        return leg.trip.takes(following, notes=(Note(None, DIFFER),))
    view = views[0][0]
    known = view.controller_of_service.get(leg.controller.services[0], leg.controller)
    taken = controller(view, replace(leg, controller=known))
    return _telling(taken, moment, services_of(taken.following), parts_of(leg))


def _failing(moment: ClusterMoment, reached: Iterable[Reached], parts: tuple[ClusterPart, ...]) -> Failing:
    found = ((one, moment.trouble(one.endpoint.pod, parts)) for one in reached)
    return [(one, trouble) for one, trouble in found if trouble is not None]


def _without(moment: ClusterMoment, leg: ToController, failing: Failing) -> Taken:
    """The ways to those that are open, and the ends at the others."""
    backend = f"{leg.controller.services[0]}:{leg.port.number}"
    lost = _ends(moment, failing, backend, "controller", None)
    out = [one for one, _ in failing]
    left = tuple(one for one in leg.pods if one not in out)
    if not left:
        return leg.trip.takes(Fork(lost) if len(lost) > 1 else lost[0][1])
    share = 1 - sum(one.probability for one in out)
    open_ = tuple(replace(one, probability=one.probability / share) for one in left)
    ways = tuple(((1 - share) * part, final) for part, final in lost)
    return leg.trip.takes(Fork(((share, replace(leg, pods=open_)), *ways)))


def _views(cluster: Cluster, leg: ToController) -> list[tuple[Cluster, tuple[Reached, ...]]]:
    """The cluster as the Pods of a controller know it; those that know the same stand together."""
    if not leg.pods:
        return [(cluster.known_by(parts_of(leg)[0]), ())]
    found: dict[int, tuple[Cluster, tuple[Reached, ...]]] = {}
    for one in leg.pods:
        view = cluster.known_by(ClusterPart("controller", one.name))
        found[id(view)] = view, (*found.get(id(view), (view, ()))[1], one)
    return list(found.values())


def parts_of(leg: ToController) -> tuple[ClusterPart, ...]:
    """Who chooses a Pod behind a controller: its own Pods, or the load balancer that applies the rules."""
    if not leg.pods:
        return (ClusterPart("load_balancer", leg.controller.services[0]),)
    return tuple(ClusterPart("controller", one.name) for one in leg.pods)


def services_of(following: Leg | Final | Fork) -> tuple[LinkedService, ...]:
    """The Services that are next, each once."""
    ways = [way for _, way in following.ways] if isinstance(following, Fork) else [following]
    found = (way.found.service for way in ways if isinstance(way, ToService))
    return tuple({one.key: one for one in found if one is not None}.values())


def _telling(
    taken: Taken, moment: ClusterMoment, services: Iterable[LinkedService], parts: tuple[ClusterPart, ...]
) -> Taken:
    """The same, where the first hop says what there is to hear of the Pods behind it."""
    news = tuple(one for service in services for one in moment.news(service, parts))
    if not news or not taken.hops:
        return taken
    first, *others = taken.hops
    return replace(taken, hops=(replace(first, news=(*first.news, *news)), *others))


def pod_at(cluster: Cluster, leg: ToPod) -> Taken:
    """One of the Pods; some may fail new connections, and a proxy then tries as many as it does."""
    moment = cluster.moment
    failing = _failing(moment, leg.reached, leg.chosen_by) if moment is not None else []
    if moment is None or not failing:
        return pod(cluster, leg)
    out, lost = [one for one, _ in failing], _lost(leg, failing)
    steps = (Step(_short(one), False, f"{t.outcome}: {t.news.says(moment.at_s)}") for one, t in failing)
    whole_hop = pod(cluster, leg).hops[0]
    hop = replace(whole_hop, steps=(*whole_hop.steps, *steps))
    backend = f"{leg.service.key}:{leg.port.number}"
    ends = _ends(moment, failing, backend, "Pod", leg.sending)
    left = tuple(one for one in leg.reached if one not in out)
    if not left:
        return leg.trip.takes(Fork(ends) if len(ends) > 1 else ends[0][1], hop)
    ends = tuple((lost * part, final) for part, final in ends)
    whole = sum(one.probability for one in left)
    open_ = tuple(replace(one, probability=one.probability / whole) for one in left)
    served = pod(cluster, replace(leg, reached=open_)).following
    assert isinstance(served, Final)
    if lost:
        return leg.trip.takes(Fork(((1 - lost, served), *ends)), hop)
    assert leg.sending is not None
    do = "does" if len(out) == 1 else "do"
    many = f"{len(out)} of the {len(leg.reached)} Pods that it lists {do} not answer"
    note = Note(HIDDEN, f"{many}, and {leg.sending.by} tries another one: the client gets its answer")
    return leg.trip.takes(served, hop, notes=(note,))


def _short(one: Reached) -> str:
    return one.name.rpartition("/")[2]


def _lost(leg: ToPod, failing: Failing) -> float:
    """The share of requests for which every Pod that is tried fails."""
    sending, bad, listed = leg.sending, len(failing), len(leg.reached)
    if bad == listed:
        return 1.0
    alone = sending is None or sending.passed or leg.virtual
    outcomes = {trouble.outcome for _, trouble in failing}
    tries = 1
    if sending is not None and not alone:
        tries = min(sending.retries.backends(outcome, listed) for outcome in outcomes)
    share = sum(one.probability for one, _ in failing)
    return share * prod(max(0, bad - n) / (listed - n) for n in range(1, tries))


def _ends(
    moment: ClusterMoment, failing: Failing, backend: str, at: Place, sending: Sending | None
) -> tuple[tuple[float, Final], ...]:
    """Each way in which they fail, with its part of what fails."""
    whole = sum(one.probability for one, _ in failing)
    by_outcome: dict[str, Failing] = {}
    for one, trouble in failing:
        by_outcome.setdefault(trouble.outcome, []).append((one, trouble))
    return tuple(
        (sum(r.probability for r, _ in some) / whole, failure(moment, some, backend, at, sending))
        for some in by_outcome.values()
    )


def failure(
    moment: ClusterMoment, failing: Failing, backend: str, at: Place, sending: Sending | None
) -> Final:
    """The end at Pods that fail alike: the client's own, or what the proxy in between answers.

    Args:
        at: what they are; of one that failed its node answers in its place.
    """
    first, (outcome, news) = max(failing, key=lambda pair: pair[0].probability)
    came_to = at if news.change not in ("failed", "silent") else None
    why = f"Pod {_short(first)} {news.says(moment.at_s)}"
    final = Final(
        "refused", why, None, None, backend, code=CLOSED, fix=_fix(news), cause=news, came_to=came_to
    )
    if outcome == "unreachable":
        final = replace(final, state="timeout", code=SILENT, fix="give clients a connect time-out")
    if sending is None or sending.passed:
        return final
    return replace(
        final,
        state="answered-by-proxy",
        message=f"{why}; {sending.by} has no other Pod to try",
        status=sending.retries.status_of(outcome),
        answered_by=sending.by,
        rule=sending.rule,
        certificate=sending.certificate,
        sent=sending.sent,
    )


def _fix(news: PodNews) -> str | None:
    """How long a Pod that is deleted should serve; of one that failed nothing helps but others."""
    if news.change != "deleted":
        return None
    wait_s = ceil(max((s - news.at_s for _, s in news.heard), default=0.0))
    return f"let it serve for {wait_s} s once it is deleted, by a preStop hook; sim rollout names the least"
