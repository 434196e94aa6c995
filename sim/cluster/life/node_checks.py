"""Whether a load balancer sends to a node under policy Local, by the node's answers to its checks.

The health check node port counts ready Pods of its node alone. When the last of them goes it answers 503 at
once, and the load balancer sends on until so many checks have failed; meanwhile kube-proxy uses Pods that
terminate and still serve. Source: KEP-1669; pkg/proxy/healthcheck/service_health.go of Kubernetes 1.35.
"""

from collections.abc import Collection
from itertools import pairwise
from math import inf
from typing import NamedTuple

from sim.cluster.life.health_checks import TargetCheck
from sim.cluster.life.hearing import Seen


class CheckedNode(NamedTuple):
    """What a load balancer takes a node for at a moment.

    Args:
        has_ready: whether the node's kube-proxy knows a ready Pod of its own.
        until_s: from when on this may be otherwise.
    """

    healthy: bool
    has_ready: bool
    until_s: float


def checked_node(pods: Collection[Seen], check: TargetCheck, at_s: float) -> CheckedNode:
    """Check a node as often as its answer changed until a moment.

    Args:
        pods: those that ever are on this node, as its kube-proxy hears of them.
    """
    answers = _answers(pods)
    healthy, until_s = answers[0][1], inf
    for (begin_s, is_ready), (end_s, _) in pairwise((*answers, (inf, False))):
        turns_s = begin_s + (check.up if is_ready else check.down).mean_s
        if is_ready != healthy and turns_s <= min(end_s, at_s):
            healthy = is_ready
        until_s = min(until_s, *(m for m in (begin_s, turns_s, inf) if m > at_s))
    return CheckedNode(healthy, [is_ready for begin_s, is_ready in answers if begin_s <= at_s][-1], until_s)


def _answers(pods: Collection[Seen]) -> list[tuple[float, bool]]:
    """From when on the node answers that it has a ready Pod, or none."""
    changes = {m for seen in pods for m in seen.moments if -inf < m < inf}
    answers = [(-inf, any(seen.from_s == -inf for seen in pods))]
    for moment_s in sorted(changes):
        is_ready = any(seen.is_listed(moment_s) for seen in pods)
        if is_ready != answers[-1][1]:
            answers.append((moment_s, is_ready))
    return answers
