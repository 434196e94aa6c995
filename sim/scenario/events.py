"""What happens in a cluster while a scenario runs, and how its parts hear of it."""

from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, StrictBool, StrictStr

from sim.cluster.life.figures import CHECK, FIGURES
from sim.cluster.life.health_checks import TargetCheck
from sim.manifests.objects.collected import Manifests
from sim.scenario.distributions import constant
from sim.scenario.fields import AboveZero, Cores, Duration, Places, Section, Times, Whole

KINDS = ("rollout", "scale", "drain", "delete", "restart", "apply")
"""Keys that say what happens; an event has exactly one."""


MOST_PODS = 5_000
"""Of one workload; more than any cluster has are not made."""


class EventKey(Section):
    """Something that is asked of the control plane at `at`.

    Args:
        rollout: `NAMESPACE/NAME` of a Deployment whose Pod template changes.
        scale: `NAMESPACE/NAME` of a workload that gets `to` replicas.
        drain: a node whose Pods are evicted.
        delete: `KIND/NAMESPACE/NAME` of an object that is deleted.
        restart: `NAMESPACE/NAME` of a Pod whose container ends and starts again.
        apply: a file below the scenario's folder whose objects replace or add.
    """

    at: Duration = 0.0
    rollout: StrictStr | None = None
    scale: StrictStr | None = None
    to: Annotated[int, Field(ge=0, le=MOST_PODS)] | None = None
    drain: StrictStr | None = None
    delete: StrictStr | None = None
    restart: StrictStr | None = None
    apply: StrictStr | None = None

    _applied: Manifests = PrivateAttr(default=Manifests())

    @property
    def applied(self) -> Manifests:
        """What the file of `apply` holds."""
        return self._applied

    def holding(self, applied: Manifests) -> None:
        """Remember what the file of `apply` holds."""
        self._applied = applied

    @property
    def deletes(self) -> tuple[str, str]:
        """The kind and the key of what is deleted; empty where nothing is."""
        kind, _, key = (self.delete or "").partition("/")
        return kind, key

    @property
    def kinds(self) -> tuple[str, ...]:
        """The keys that say what happens, as far as they are given."""
        return tuple(name for name in KINDS if getattr(self, name) is not None)

    @property
    def title(self) -> str:
        """What happens, to whom."""
        kind = self.kinds[0]
        return f"{kind} {getattr(self, kind)}"


class AppKey(Section):
    """How the Pods of a workload start and end.

    Args:
        start: from the creation of a Pod until it is ready, image and probes included.
        on_sigterm: exit: at once, with what is in it; drain: it takes nothing new and ends when it is empty;
            ignore: it goes on until it is killed. None: a controller's own Pods drain, others exit.
        cpu: cores that one busy worker uses; None: all those of a Pod use its limit, else its request.
        idle_timeout: after how long it closes a connection that carries nothing; None: never.
        queue: so many requests wait in a Pod at most, what comes then is refused; None: any number.
    """

    start: Times = constant("5s")
    on_sigterm: Literal["exit", "drain", "ignore"] | None = None
    cpu: Cores | None = None
    idle_timeout: AboveZero | None = None
    queue: Places | None = None


class PropagationKey(Section):
    """How long each part takes to hear that a Pod is ready, or is being deleted; in parallel.

    Args:
        endpointslice: until the EndpointSlice says it; the work and round trips of its controller.
        kube_proxy: from there until a node's rules do, for each node by itself.
        controller: from there until a controller Pod does, for each by itself.
        dns: until name servers have forgotten a load balancer that is gone; clients know it for its TTL more.
    """

    endpointslice: Times = constant("100ms")
    kube_proxy: Times = constant(FIGURES["kube-proxy-min-sync"].value)
    controller: Times = constant(FIGURES["endpoints-known"].value)
    dns: Times = constant("0s")


class DeregistrationKey(Section):
    """What a load balancer does with a target that is being removed.

    Args:
        still_new: so long it opens connections to it, where targets are Pods; None: as is usual for it.
        delay: after which it closes those that are open yet; None: as is usual for it.
    """

    still_new: Duration | None = None
    delay: Duration | None = None


class HealthKey(Section):
    """How a load balancer checks its targets; the defaults are those of the AWS Load Balancer Controller.

    Args:
        interval: from one check of a target to the next.
        timeout: after which a check without an answer has failed.
        down, up: so many in a row that fail, or succeed, change what it takes a target for.
    """

    interval: AboveZero = CHECK["interval_s"]
    timeout: Duration = CHECK["timeout_s"]
    down: Whole = CHECK["down"]
    up: Whole = CHECK["up"]

    @property
    def check(self) -> TargetCheck:
        """The same, for those who reckon with it."""
        return TargetCheck(self.interval, self.down, self.up, self.timeout)


class LoadBalancerKey(Section):
    """The load balancers of a scenario.

    Args:
        cross_zone: whether each of its zones uses the targets of all zones, where it passes connections on;
            None: as its provider and its annotations have it.
        idle_timeout: after how long it forgets a connection that carries nothing; one that reads HTTP closes
            it, and gives up an answer that takes longer. None: never.
        registration: until a new target gets connections, where targets are Pods; None: as is usual for it.
        health: None: what is silent is left out after 30 s, and taken again at once.
    """

    cross_zone: StrictBool | None = None
    idle_timeout: AboveZero | None = None
    registration: Times | None = None
    deregistration: DeregistrationKey = DeregistrationKey()
    health: HealthKey | None = None
