"""How long a load balancer whose targets are Pods goes on as before, when one comes and when one goes.

What passes through nodes needs neither: a node stays a target while Pods come and go.
"""

from typing import NamedTuple

from sim.cluster.life.figures import FIGURES
from sim.cluster.load_balancers.values import LoadBalancer


class TargetLags(NamedTuple):
    """Seconds, from when the EndpointSlice says it.

    Args:
        registration_s: until a new target gets connections.
        still_new_s: for so long a target that is being removed still gets new ones.
    """

    registration_s: float = 0.0
    still_new_s: float = 0.0


NO_LAGS = TargetLags()


def target_lags(balancer: LoadBalancer | None) -> TargetLags:
    """Those of a load balancer, by who makes it and what it is; none where nothing is known of it."""
    if balancer is None or balancer.target_type != "ip":
        return NO_LAGS
    if balancer.kind == "nlb":
        return TargetLags(FIGURES["aws-nlb-registration"].value, FIGURES["aws-nlb-still-new"].value)
    if balancer.backends:
        attach_s = FIGURES["gce-neg-attach"].value
        return TargetLags(attach_s, attach_s)
    return NO_LAGS
