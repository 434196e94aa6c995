"""The virtual servers of IPVS over time: who takes part, who is leaving, and whose turn it is.

kube-proxy takes a real server out gently: it gets weight 0, and goes once its last TCP connection has ended.
Source: pkg/proxy/ipvs/graceful_termination.go of Kubernetes 1.34; net/netfilter/ipvs of Linux 6.12.
"""

from collections.abc import Callable

from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.schedulers import SCHEDULERS, Memory, RealServer
from sim.routing.kube_proxy.verdict import VirtualServer

Counts = Callable[[str, str], tuple[int, int]]
Lives = Callable[[str, str], bool]


class VirtualServers:
    """The lists of real servers as the kernel holds them.

    Args:
        order: uniform in [0, 1): how the first servers of each list stand. Their order is that in which
            they came to life, and manifests do not show it.
        counts: (virtual server, target) -> open and closed connections.
        lives: (virtual server, target) -> whether the kernel still has a connection of theirs.
    """

    def __init__(self, order: float, counts: Counts, lives: Lives) -> None:
        self._order, self._counts, self._lives = order, counts, lives
        self._targets: dict[str, list[str]] = {}
        self._leaving: dict[str, set[str]] = {}
        self._memory: dict[str, Memory] = {}

    def sync(self, server: VirtualServer, protocol: str) -> tuple[str, ...]:
        """Take over what kube-proxy wants; returns the targets that went at once."""
        wanted = set(server.real_servers)
        targets = self._targets.get(server.name)
        if targets is None:
            targets = shuffled(sorted(wanted), self._order)
        leaving = self._leaving.get(server.name, set())
        unwanted = [t for t in targets if t not in wanted]
        gone = [t for t in unwanted if protocol != "TCP" or not self._lives(server.name, t)]
        fresh = sorted(t for t in wanted if t not in targets or t in leaving)
        staying = [t for t in targets if t not in gone and t not in fresh]
        # The kernel puts each new server at the head of its list.
        self._targets[server.name] = [*reversed(fresh), *staying]
        self._leaving[server.name] = {t for t in staying if t not in wanted}
        return tuple(gone)

    def next(self, server: VirtualServer, packet: Packet) -> str | None:
        """The real server that takes the next connection; None: nobody."""
        leaving = self._leaving[server.name]
        targets, memory = self._targets[server.name], self._memory.get(server.name, ())
        seen = tuple(RealServer(t, int(t not in leaving), *self._counts(server.name, t)) for t in targets)
        schedule = SCHEDULERS[server.scheduler]
        chosen, self._memory[server.name] = schedule(seen, memory, packet.source, packet.destination)
        return chosen


def shuffled(names: list[str], uniform: float) -> list[str]:
    """One of the orders of a list, picked by one number in [0, 1)."""
    left, picked = list(names), []
    while left:
        place, uniform = divmod(uniform * len(left), 1)
        picked.append(left.pop(min(int(place), len(left) - 1)))
    return picked
