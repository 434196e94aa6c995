"""When each part of a cluster hears of a Pod that comes or goes, and what it does with it from then on.

Every part hears of it by itself and in parallel: a node's kube-proxy, a controller Pod, a load balancer whose
targets are Pods. How long each takes is the asker's to say: nothing is drawn here.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from sim.cluster.life.pods import PodLife
from sim.cluster.life.targets import TargetLags

PartKind = Literal["kube_proxy", "controller", "load_balancer"]
"""What hears of Pods: the kube-proxy of a node, a controller Pod, the load balancer of a Service."""

PodChange = Literal["ready", "deleted", "gone"]
"""What there is to hear of a Pod."""


class ClusterPart(NamedTuple):
    """One of those that hear of Pods.

    Args:
        name: of the node, of the controller Pod, or of the load balancer's Service.
    """

    kind: PartKind
    name: str


class PartDelays(Protocol):
    """How long each change of a Pod takes to be heard, in seconds."""

    def heard_s(self, part: ClusterPart, pod: str, change: PodChange) -> float:
        """Until a node's kube-proxy, or a controller Pod, knows."""

    def targeted_s(self, balancer: str, lags: TargetLags, pod: str, change: PodChange) -> float:
        """Until a load balancer whose targets are Pods does otherwise."""


@dataclass(frozen=True)
class Seen:
    """From when to when a part opens connections to a Pod; until when it would if nobody else were left."""

    from_s: float
    until_s: float
    at_last_s: float

    def is_listed(self, at_s: float) -> bool:
        """Whether it is one of those that take new connections."""
        return self.from_s <= at_s < self.until_s

    def still_serves(self, at_s: float) -> bool:
        """Whether it terminates and serves: asked where no other is left."""
        return self.until_s <= at_s < self.at_last_s


def seen_by(part: ClusterPart, life: PodLife, delays: PartDelays) -> Seen:
    """When a node's kube-proxy, or a controller Pod, hears of a Pod's changes."""
    return Seen(
        life.ready_s + delays.heard_s(part, life.key, "ready"),
        life.deleted_s + delays.heard_s(part, life.key, "deleted"),
        life.ends_s + delays.heard_s(part, life.key, "gone"),
    )


def seen_as_target(balancer: str, lags: TargetLags, life: PodLife, delays: PartDelays) -> Seen:
    """From when to when a load balancer whose targets are Pods sends new connections to one.

    Args:
        balancer: `NAMESPACE/NAME` of its Service.
        lags: how late it is where the scenario does not say it.
    """
    until_s = life.deleted_s + delays.targeted_s(balancer, lags, life.key, "deleted")
    return Seen(life.ready_s + delays.targeted_s(balancer, lags, life.key, "ready"), until_s, until_s)


def is_listening(life: PodLife, at_s: float) -> bool:
    """Whether a Pod takes new connections: from when it is ready until it closes."""
    return life.ready_s <= at_s < life.closes_s
