"""The addresses of load balancers that clients know: asked of name servers, and kept for their TTL."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.cluster.life.figures import FIGURES
from sim.simulation.design import Flow
from sim.simulation.engines.record import Client, Visit

DNS_TTL_S = FIGURES["elb-dns-ttl"].value
"""How long a client keeps an address. Source: the TTL of Elastic Load Balancing names."""


class KnownNames:
    """What each client knows.

    Args:
        dns_s, client_s: how long a look-up takes, and a round trip to a load balancer.
    """

    def __init__(self, env: simpy.Environment, dns_s: float, client_s: float) -> None:
        self._env, self._dns_s, self._client_s = env, dns_s, client_s
        self._looked_up_s: dict[tuple[Client, int], float] = {}

    def look_up_s(self, client: Client, destination: int) -> float:
        """How long a client takes to have an address: no time, if it still knows it."""
        if self._is_known(client, destination):
            return 0.0
        self._looked_up_s[client, destination] = self._env.now
        return self._dns_s

    def _is_known(self, client: Client, destination: int) -> bool:
        last = self._looked_up_s.get((client, destination))
        return last is not None and self._env.now - last < DNS_TTL_S

    def nowhere(
        self, visit: Visit, flow: Flow, named_until_s: float
    ) -> Generator[simpy.Event, Any, str | None]:
        """The end where no load balancer is; one that is gone is asked by those who know it.

        Args:
            named_until_s: for so long name servers name it; 0: there never was one.
        """
        known = self._is_known(visit.client, flow.destination)
        if self._env.now >= named_until_s and not (known and named_until_s > 0):
            yield self._env.timeout(self._dns_s + self._client_s)
            return flow.end
        yield self._env.timeout(
            self.look_up_s(visit.client, flow.destination) + visit.traffic.connect_timeout
        )
        return "connect-timeout"
