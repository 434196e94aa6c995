"""Which connections of a design policies stop, in numbers: who sends, and which station nothing comes to.

The ways are those of the cluster without its policies; what becomes of a connection on them is asked of the
policies themselves, as a trace asks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sim.cluster.cluster import Cluster, Controller, Endpoint
from sim.manifests.objects.network_policy import ClusterNetworkPolicy, NetworkPolicy
from sim.routing import Request
from sim.routing.final import Reached
from sim.routing.hops.opened import Arrival, behind_nodes, from_senders
from sim.routing.hops.policies import is_stopped
from sim.routing.legs import Opened
from sim.routing.network_policy import end_of, policies_of
from sim.simulation.design.numbers import Numbers
from sim.simulation.design.values import Silent


def without_policies(cluster: Cluster) -> Cluster:
    """The same cluster where nothing is stopped; itself if it has no policy."""
    if not policies_of(cluster).there_are:
        return cluster
    kept = (o for o in cluster.manifests.objects if not isinstance(o, NetworkPolicy | ClusterNetworkPolicy))
    return replace(cluster, manifests=replace(cluster.manifests, objects=tuple(kept)))


class Stopped:
    """Asks the policies of a cluster about the connections of a design.

    Args:
        numbers: of the same design.
    """

    def __init__(self, cluster: Cluster, numbers: Numbers) -> None:
        self._cluster, self._numbers = cluster, numbers
        self._there_are = policies_of(cluster).there_are

    def behind_nodes(self, found: Iterable[Arrival], stations: Sequence[Sequence[int]]) -> Silent:
        """Pairs of node and station, of what kube-proxy passes on.

        Args:
            stations: per arrival, those of its endpoints.
        """
        if not self._there_are:
            return frozenset()
        return frozenset(
            (self._numbers.node(arrival.node.name), station)
            for arrival, row in zip(found, stations, strict=True)
            for opened, station in zip(behind_nodes(self._cluster, [arrival]), row, strict=True)
            if self._stops(opened)
        )

    def behind_controller(
        self, controller: Controller, endpoints: Sequence[Endpoint], stations: Sequence[int]
    ) -> Silent:
        """Pairs of the keys' stations: a Pod of a controller, and one that it cannot reach."""
        if not self._there_are:
            return frozenset()
        own = [self._cluster.pods[key] for key in controller.pods if key in self._cluster.pods]
        pairs = set[tuple[int, int]]()
        for pod in own:
            there = end_of(pod)
            sender = Endpoint(there.address, 0, True, True, False, pod.key, pod.node, pod.zone, None)
            opened = self._opened([Reached(sender, 1.0)], endpoints)
            number = self._numbers.endpoints([sender], 1, True)[0]
            pairs |= {(number, s) for one, s in zip(opened, stations, strict=True) if self._stops(one)}
        return frozenset(pairs)

    def behind_balancer(self, endpoints: Sequence[Endpoint], stations: Sequence[int], reads: bool) -> Silent:
        """Pairs of node and station, of a load balancer that sends to Pods.

        Args:
            reads: whether it reads HTTP, and so connects from an address of its own.
        """
        if not self._there_are:
            return frozenset()
        client = Endpoint(Request("client").client_ip, 0, True, True, False, None, None, None, None)
        opened = self._opened([] if reads else [Reached(client, 1.0)], endpoints)
        nodes = [self._numbers.node(self._numbers.stations[s].node) for s in stations]
        pairs = zip(nodes, stations, opened, strict=True)
        return frozenset((node, station) for node, station, one in pairs if self._stops(one))

    def _opened(self, senders: Sequence[Reached], endpoints: Sequence[Endpoint]) -> list[Opened]:
        return list(from_senders(self._cluster, senders, [Reached(e, 1.0) for e in endpoints], "TCP"))

    def _stops(self, opened: Opened) -> bool:
        return is_stopped(self._cluster, opened)
