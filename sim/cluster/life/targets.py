"""How long a load balancer whose targets are Pods goes on as before, when one comes and when one goes.

What passes through nodes needs neither: a node stays a target while Pods come and go.
"""

from math import inf
from typing import NamedTuple

from sim.cluster.cluster import Cluster
from sim.cluster.life.figures import FIGURES
from sim.cluster.load_balancers.values import LoadBalancer


class TargetLags(NamedTuple):
    """Seconds, from when the EndpointSlice says it.

    Args:
        registration_s: until a new target gets connections.
        still_new_s: for so long a target that is being removed still gets new ones.
        figures: the ids of both in `FIGURES`; empty: there are none.
        closes_s: until it closes connections to such a target that are open yet; infinite: never.
    """

    registration_s: float = 0.0
    still_new_s: float = 0.0
    figures: tuple[str, ...] = ()
    closes_s: float = inf


NO_LAGS = TargetLags()


def lags_at(cluster: Cluster, key: str) -> TargetLags:
    """Those of the load balancer of a Service, or of one that a controller makes for its rules."""
    front = cluster.controller_of_service.get(key)
    if front is not None and front.listeners:
        return _of_rules(front.lag) if front.lag else NO_LAGS
    linked = cluster.services.get(key)
    return target_lags(None if linked is None else linked.balancer)


def target_lags(balancer: LoadBalancer | None) -> TargetLags:
    """Those of a load balancer, by who makes it and what it is; none where nothing is known of it."""
    if balancer is None or balancer.target_type != "ip":
        return NO_LAGS
    if balancer.kind == "nlb":
        found = _cited("aws-nlb-registration", "aws-nlb-still-new")
        return found._replace(closes_s=balancer.closes_s)
    return _cited("gce-neg-attach", "gce-neg-attach") if balancer.backends else NO_LAGS


def _of_rules(lag: str) -> TargetLags:
    """Those of one that reads HTTP: AWS closes after its delay, Google once a target is detached."""
    found = _cited(lag, lag)
    if lag == "gce-neg-attach":
        return found._replace(closes_s=found.still_new_s + FIGURES["gce-drain"].value)
    return found._replace(closes_s=FIGURES["aws-deregistration-delay"].value)


def _cited(registration: str, still_new: str) -> TargetLags:
    return TargetLags(FIGURES[registration].value, FIGURES[still_new].value, (registration, still_new))
