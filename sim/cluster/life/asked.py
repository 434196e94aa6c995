"""What may be asked of the control plane, and how the Pods of an application answer to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from sim.cluster.life.pods import OnSigterm, PodLife
from sim.manifests.objects.workloads import PodSpec, WorkloadResource

ChangeKind = Literal["rollout", "scale", "drain", "restart", "delete", "delete-pod", "lose", "evict"]
"""delete: a workload; lose: a node falls silent; evict: its Pods are deleted, for it is lost for too long."""


@dataclass(frozen=True)
class ClusterChange:
    """Something that is asked of the control plane, or that befalls it.

    Args:
        target: `NAMESPACE/NAME` of a workload, or of a Pod for restart and delete-pod; a node for drain, lose
            and evict.
        to: replicas, for a change of scale.
        until_s: when a lost node is back.
        manifest: what a workload is from then on, for a roll-out or a new one; None: what it was.
        because: what happens, in words; empty: the kind and the target.
    """

    kind: ChangeKind
    target: str
    at_s: float
    to: int = 0
    until_s: float = inf
    manifest: WorkloadResource | None = field(default=None, compare=False)
    because: str = ""

    @property
    def title(self) -> str:
        """What happens, to whom."""
        return self.because or f"{self.kind} {self.target}"


@dataclass(frozen=True)
class AppLife:
    """How the Pods of a workload start and end.

    Args:
        starts_s: how long the first, the second, … new Pod takes from its creation until it answers.
        on_sigterm: None: as is usual, see `usual_end`.
        drain_s: how long a controller's own Pod goes on with what it has, after SIGTERM.
    """

    starts_s: Sequence[float] = (0.0,)
    on_sigterm: OnSigterm | None = None
    drain_s: float = inf


@dataclass
class PlayedWorkload:
    """A workload while changes are played.

    Args:
        manifest: None: a Pod that no workload makes anew.
        now: its Pods, the oldest first.
        bare: what such a Pod is made of.
        made: how many new ones there have been.
    """

    key: str
    manifest: WorkloadResource | None
    now: list[PodLife]
    bare: PodSpec | None = None
    made: int = 0

    @property
    def pod(self) -> PodSpec:
        """What its Pods are made of."""
        made_of = self.bare if self.manifest is None else self.manifest.spec.template.spec
        return PodSpec() if made_of is None else made_of

    @property
    def waits_for_the_old(self) -> bool:
        """Whether a Pod that goes is replaced only once it is gone."""
        return self.manifest is not None and self.manifest.kind == "StatefulSet"

    @property
    def is_in_order(self) -> bool:
        """Whether its Pods come and go one after the other: a StatefulSet's, unless it says Parallel."""
        return (
            self.manifest is not None
            and self.waits_for_the_old
            and self.manifest.spec.pod_management_policy != "Parallel"
        )
