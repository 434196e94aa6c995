"""When each part of a cluster hears of a Pod that comes or goes, and what it does with it from then on.

Every part hears of it by itself and in parallel: a node's kube-proxy, a controller Pod, a load balancer whose
targets are Pods. How long each takes is the asker's to say: nothing is drawn here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Literal, NamedTuple, Protocol

from sim.cluster.life.health_checks import TargetCheck
from sim.cluster.life.pods import PodLife
from sim.cluster.life.targets import TargetLags

PartKind = Literal["kube_proxy", "controller", "load_balancer"]
"""What hears of Pods: the kube-proxy of a node, a controller Pod, the load balancer of a Service."""

PodChange = str
"""What there is to hear of a Pod: ready, deleted, gone; of its n-th break unready/n and ready/n."""


class ClusterPart(NamedTuple):
    """One of those that hear of Pods.

    Args:
        name: of the node, of the controller Pod, or of the load balancer's Service.
    """

    kind: PartKind
    name: str


WAY_IN = ClusterPart("kube_proxy", "way in")
"""Load balancers and nodes together: they hear at once of a Service or a rule that changes."""


class PartDelays(Protocol):
    """How long each change of a Pod takes to be heard, in seconds."""

    @property
    def node_check(self) -> TargetCheck:
        """How load balancers check nodes."""

    def heard_s(self, part: ClusterPart, pod: str, change: PodChange) -> float:
        """Until a node's kube-proxy, or a controller Pod, knows."""

    def ruled_s(self, part: ClusterPart, number: int) -> float:
        """Until a part goes by the objects that the n-th event left."""

    def named_s(self, number: int) -> float:
        """Until name servers have forgotten what the n-th event took away."""

    def targeted_s(self, balancer: str, lags: TargetLags, pod: str, change: PodChange) -> float:
        """Until a load balancer whose targets are Pods does otherwise."""


@dataclass(frozen=True)
class Seen:
    """From when to when a part opens connections to a Pod; until when it would if nobody else were left.

    Args:
        breaks: times between in which it opens none.
    """

    from_s: float
    until_s: float
    at_last_s: float
    breaks: tuple[tuple[float, float], ...] = ()

    def is_listed(self, at_s: float) -> bool:
        """Whether it is one of those that take new connections."""
        if any(begin <= at_s < end for begin, end in self.breaks):
            return False
        return self.from_s <= at_s < self.until_s

    def changes_after(self, at_s: float) -> float:
        """The next moment at which an answer changes; infinite: never."""
        return min((m for m in self.moments if m > at_s), default=inf)

    @property
    def moments(self) -> tuple[float, ...]:
        """All at which an answer changes."""
        return (self.from_s, self.until_s, self.at_last_s, *(m for pair in self.breaks for m in pair))

    def still_serves(self, at_s: float) -> bool:
        """Whether it terminates and serves: asked where no other is left."""
        return max(self.from_s, self.until_s) <= at_s < self.at_last_s


def seen_by(part: ClusterPart, life: PodLife, delays: PartDelays) -> Seen:
    """When a node's kube-proxy, or a controller Pod, hears of a Pod's changes."""
    heard_s = partial(delays.heard_s, part, life.key)
    return Seen(
        life.ready_s + heard_s("ready"),
        life.deleted_s + heard_s("deleted"),
        life.ends_s + heard_s("gone"),
        _breaks(life, heard_s),
    )


def seen_as_target(balancer: str, lags: TargetLags, life: PodLife, delays: PartDelays) -> Seen:
    """From when to when a load balancer whose targets are Pods sends new connections to one.

    Args:
        balancer: `NAMESPACE/NAME` of its Service.
        lags: how late it is where the scenario does not say it.
    """
    targeted_s = partial(delays.targeted_s, balancer, lags, life.key)
    until_s = life.deleted_s + targeted_s("deleted")
    return Seen(life.ready_s + targeted_s("ready"), until_s, until_s, _breaks(life, targeted_s))


def _breaks(life: PodLife, late_s: Callable[[PodChange], float]) -> tuple[tuple[float, float], ...]:
    """As a part hears of them; one that ends before it is heard of is never seen."""
    heard = (
        (b.unready_s + late_s(f"unready/{n}"), b.ready_s + late_s(f"ready/{n}"))
        for n, b in enumerate(life.breaks)
    )
    return tuple((begin, end) for begin, end in heard if begin < end)


def is_listening(life: PodLife, at_s: float) -> bool:
    """Whether a Pod takes new connections: from when it is ready until it closes, unless it is down."""
    resting = any(b.from_s <= at_s < b.ready_s for b in life.breaks if not b.silent)
    return life.ready_s <= at_s < life.closes_s and not resting
