"""An annotation of an object, what it may mean, and which Ingress controllers read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sim.cluster.assumed_controllers import profile_of_controller, profile_of_ingress, wanted_class
from sim.cluster.cluster import Cluster
from sim.cluster.labels import selects
from sim.cluster.load_balancers.values import Provider
from sim.manifests.objects.meta import KubernetesObject, Path
from sim.manifests.objects.networking import EndpointSlice, Ingress, Service
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing.building import KNOWN
from sim.routing.controllers import PROFILES, Profile, reads

Place = tuple[str, str]
"""Where something counts: (kind, key) of an object, (role, name) of what a request meets on its way."""


@dataclass(frozen=True)
class Annotation:
    """An annotation, or a label, of an object.

    Args:
        path: where it stands below the object.
    """

    item: KubernetesObject
    name: str
    value: str
    path: Path

    @property
    def part(self) -> str:
        """What it is called in a sentence."""
        return f"{self.path[-2].rstrip('s') if isinstance(self.path[-2], str) else ''} {self.name}"


@dataclass(frozen=True)
class Meaning:
    """What an annotation means: who reads it, whether it may change an answer, and where.

    Args:
        why: who reads it, or why it changes nothing.
        places: none: it counts on every way.
    """

    part: str
    path: Path
    may_change: bool
    why: str
    places: tuple[Place, ...] = ()
    value: str = field(default="", repr=False)


def meaning(mark: Annotation, may_change: bool, why: str, *places: Place) -> Meaning:
    """What a mark means; its value is kept where it may change an answer."""
    return Meaning(mark.part, mark.path, may_change, why, places, mark.value if may_change else "")


class Readers:
    """Which controllers read the annotations of which objects of a cluster.

    Args:
        asked: name of the profile that is asked instead of the controllers that run; None: those.
    """

    def __init__(self, cluster: Cluster, asked: str | None = None) -> None:
        self._cluster, self._asked = cluster, asked
        self._of = dict[str, tuple[Profile, ...]]()

    @property
    def provider(self) -> Provider | None:
        """On whose machines the cluster runs; None: not known."""
        return self._cluster.cloud.provider

    @cached_property
    def with_slices(self) -> frozenset[str]:
        """Keys of the Services whose EndpointSlices stand in the set, with the hints that were made."""
        pieces = self._cluster.manifests.of(EndpointSlice)
        return frozenset(p.service_key for p in pieces if p.service_key is not None)

    def knows_what_is_expected(self, service: Service) -> bool:
        """Whether a Service leads to a controller of which is known if it expects the PROXY protocol."""
        return any(
            service.namespace == namespace and selects(service.spec.selector, labels)
            for namespace, labels in self._expecting
        )

    @cached_property
    def _expecting(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """Namespace and labels of the Pods of such controllers."""
        there = {f"{w.kind} {w.key}": w for w in self._cluster.manifests.of(WorkloadResource)}
        found = [(c, there.get(c.name)) for c in self._cluster.controllers if c.profile in PROFILES]
        return tuple(
            (w.namespace, w.spec.template.metadata.labels)
            for c, w in found
            if w is not None and PROFILES[c.profile].run_as(c).proxy_protocol != "unknown"
        )

    @property
    def guessed(self) -> bool:
        """Whether the controllers are assumed, and nobody said which."""
        setup = self._cluster.setup
        stated = self._asked or setup.profile or setup.controllers is not None
        return not stated and all(c.assumed for c in self._cluster.controllers)

    @cached_property
    def running(self) -> tuple[Profile, ...]:
        """The profiles of the controllers that are there."""
        if self._asked is not None:
            return (PROFILES[self._asked],)
        classes = {p.controller for p in self._cluster.gateway_proxies}
        gateways = [p for p in PROFILES.values() if p.of_classes & classes]
        named = [PROFILES[c.profile] for c in self._cluster.controllers if c.profile in PROFILES]
        return tuple({p.name: p for p in (*named, *gateways)}.values())

    def of(self, ingress: Ingress) -> tuple[Profile, ...]:
        """The profiles that read an Ingress; where no controller does, the one that its class points to."""
        if ingress.key not in self._of:
            self._of[ingress.key] = self._reading(ingress)
        return self._of[ingress.key]

    def _reading(self, ingress: Ingress) -> tuple[Profile, ...]:
        if self._asked is not None:
            return self.running
        mine = [c for c in self._cluster.controllers if reads(self._cluster, c, ingress)[0]]
        if mine or self._cluster.setup.controllers == ():
            return tuple({c.profile: PROFILES[c.profile] for c in mine}.values())
        kind = self._cluster.ingress_classes.get(wanted_class(ingress) or "")
        name = profile_of_controller(kind.spec.controller, KNOWN) if kind is not None else None
        return (PROFILES[name or profile_of_ingress(ingress, KNOWN).name],)
