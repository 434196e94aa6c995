"""NetworkPolicies: what they make of a connection where the packet is, with every reason as a value."""

from sim.routing.network_policy.compiled import NAME_LABEL, Policies, end_of, policies_of
from sim.routing.network_policy.judging import judge
from sim.routing.network_policy.smallest import SmallestRule, smallest
from sim.routing.network_policy.values import (
    End,
    EndVerdict,
    Judgement,
    Nearest,
    NewConnection,
    PolicyVerdict,
)

__all__ = [
    "NAME_LABEL",
    "End",
    "EndVerdict",
    "Judgement",
    "Nearest",
    "NewConnection",
    "Policies",
    "PolicyVerdict",
    "SmallestRule",
    "end_of",
    "judge",
    "policies_of",
    "smallest",
]
