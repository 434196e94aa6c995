"""What may be asked of the control plane, and how the Pods of an application answer to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal, NamedTuple

from sim.cluster.life.pods import OnSigterm, PodLife
from sim.manifests.objects.workloads import PodSpec, PodTemplateSpec, WorkloadResource

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


class PlayedRollout(NamedTuple):
    """A roll-out that was played to its end.

    Args:
        before: each Pod that goes, and as it was.
        decided_s: each Pod that comes, and when that was decided.
        replicas: how many there are to be.
    """

    before: Mapping[PodLife, PodLife]
    decided_s: Mapping[PodLife, float]
    ends_s: float
    replicas: int


@dataclass
class PlayedWorkload:
    """A workload while changes are played.

    Args:
        manifest: None: a Pod that no workload makes anew.
        now: its Pods, the oldest first.
        bare: what such a Pod is made of.
        made: how many new ones there have been.
        templates: those that there were, each with the number of times that it was restarted.
        revision: which of them is the new one. made_of: which of them a Pod is made of; the first, where
            nothing is said.
        rolling: the last roll-out.
    """

    key: str
    manifest: WorkloadResource | None
    now: list[PodLife]
    bare: PodSpec | None = None
    made: int = 0
    templates: list[tuple[PodTemplateSpec, int]] = field(default_factory=list)
    revision: int = 0
    made_of: dict[str, int] = field(default_factory=dict)
    rolling: PlayedRollout | None = None

    def renew(self, changed: WorkloadResource | None) -> None:
        """Another template from now on, or one that there was before; None: the same, restarted."""
        assert self.manifest is not None
        self.templates = self.templates or [(self.manifest.spec.template, 0)]
        restarts = self.templates[self.revision][1] + (changed is None)
        self.manifest = changed or self.manifest
        wanted = (self.manifest.spec.template, restarts)
        if wanted not in self.templates:
            self.templates.append(wanted)
        self.revision = self.templates.index(wanted)

    def wanted(self, at_s: float) -> int:
        """How many Pods there are to be; in the middle of a roll-out there may be more or less."""
        rolling = self.rolling
        return len(self.now) if rolling is None or at_s >= rolling.ends_s else rolling.replicas

    def pod_of(self, key: str) -> PodSpec:
        """What one of its Pods is made of."""
        number = self.made_of.get(key, 0)
        made_of = self.templates[number][0].spec if number < len(self.templates) else self.pod
        return PodSpec() if made_of is None else made_of

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
