"""Numbers for names: stations, upstreams and destinations, as they are first met."""

from collections.abc import Callable, Iterable, Sequence

from sim.cluster.cluster import Cluster, Endpoint, RunningPod
from sim.simulation.design.values import StationSpec, Upstream

Limits = Callable[[RunningPod, bool], tuple[int | None, float]]
"""How many requests wait in a Pod, and how long it keeps an idle connection; whether it is a controller's."""


class Numbers:
    """What a design numbers, for all of its flows together.

    Args:
        first: stations that have their numbers already.
    """

    def __init__(self, cluster: Cluster, limits: Limits, first: Sequence[StationSpec] = ()) -> None:
        self._cluster, self._limits = cluster, limits
        self._nodes = {n.name: number for number, n in enumerate(cluster.nodes)}
        self._stations = {spec.name: number for number, spec in enumerate(first)}
        self._upstreams: dict[Upstream, int] = {}
        self._destinations: dict[str, int] = {}
        self._specs = list(first)

    @property
    def stations(self) -> tuple[StationSpec, ...]:
        """Those that are numbered, in order."""
        return tuple(self._specs)

    @property
    def upstreams(self) -> tuple[Upstream, ...]:
        """Those that are numbered, in order."""
        return tuple(self._upstreams)

    @property
    def destinations(self) -> tuple[str, ...]:
        """Those that are numbered, in order."""
        return tuple(self._destinations)

    def node(self, name: str) -> int:
        """The number of a node; the first one for a name that is none."""
        return self._nodes.get(name, 0)

    def destination(self, key: str) -> int:
        """The number of a load balancer."""
        return self._destinations.setdefault(key, len(self._destinations))

    def upstream(self, upstream: Upstream) -> int:
        """The number of a set of Pods that a controller spreads over."""
        return self._upstreams.setdefault(upstream, len(self._upstreams))

    def endpoints(
        self, endpoints: Iterable[Endpoint], workers: int, is_controller: bool = False
    ) -> tuple[int, ...]:
        """The stations of endpoints."""
        return tuple(self._station(self._running(e), workers, is_controller) for e in endpoints)

    def _station(self, pod: RunningPod, workers: int, is_controller: bool) -> int:
        if pod.key not in self._stations:
            self._stations[pod.key] = len(self._specs)
            limits = self._limits(pod, is_controller)
            self._specs.append(StationSpec(pod.key, pod.node, pod.zone, workers, is_controller, *limits))
        return self._stations[pod.key]

    def _running(self, endpoint: Endpoint) -> RunningPod:
        """The Pod of an endpoint; a slice may name an address that no Pod in the set has."""
        known = self._cluster.pods.get(endpoint.pod or "")
        if known is not None:
            return known
        node = self._cluster.node_by_name.get(endpoint.node or "") or self._cluster.nodes[0]
        return RunningPod(endpoint.target, node.name, endpoint.zone or node.zone, endpoint.address, {}, {})
