"""Requests that proxies spread over the Pods of a Service: what each Pod got, and what was to be expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim import __version__
from sim.simulation.spread_shares import Share
from sim.units import attributes


@dataclass(frozen=True)
class ProxyShares:
    """What one algorithm made of the requests, Pods in order of name.

    Args:
        program, algorithm: by name, as in `sim.routing.proxies`.
        own: whether it is the one that the proxy uses.
    """

    program: str
    algorithm: str
    own: bool
    pods: tuple[Share, ...]

    @property
    def name(self) -> str:
        """`ALGORITHM of PROGRAM`."""
        return f"{self.algorithm} of {self.program}"

    @property
    def drawn(self) -> tuple[int, int]:
        """The least and the most that a Pod got."""
        return min(s.drawn for s in self.pods), max(s.drawn for s in self.pods)

    @property
    def usual(self) -> tuple[int, int]:
        """The least and the most between which 95 % of runs end, of all Pods together."""
        return min(s.interval[0] for s in self.pods), max(s.interval[1] for s in self.pods)

    @property
    def idle(self) -> int:
        """Pods that got nothing."""
        return sum(s.drawn == 0 for s in self.pods)

    def to_json(self) -> dict[str, Any]:
        """The published form."""
        return attributes(self, "program algorithm own pods")


@dataclass(frozen=True)
class ProxySpread:
    """How the requests to a Service spread where proxies choose, as `sim spread --at controller` states it.

    Args:
        service: `NAMESPACE/NAME`; `backend`: with the port.
        url: of the request that is sent again and again.
        controller: the profile that chooses; `proxies`: its Pods, 1 for a load balancer that does it itself.
        workers: of each of them, as far as each has a state of its own.
        requests: how many are sent; `at_once`: so many are open at any time.
        clients: that send them, each with an address of its own; `keys`: different values of what is hashed
            beside address and session.
        hashed: what a hash goes by; empty: nothing is hashed.
        algorithms: the one that is used, then those that it is held against.
    """

    service: str
    backend: str
    url: str
    controller: str
    proxies: int
    workers: int
    requests: int
    at_once: int
    clients: int
    keys: int
    seed: int
    hashed: str
    algorithms: tuple[ProxyShares, ...]

    def to_json(self) -> dict[str, Any]:
        """The published form, schema sim.spread/1."""
        stated = attributes(
            self, "backend url controller proxies workers at_once clients keys hashed algorithms"
        )
        return {
            "schema": "sim.spread/1",
            "service": self.service,
            "port": int(self.backend.rpartition(":")[2]),
            "policy": None,
            "connections": self.requests,
            "seed": self.seed,
            "modes": [],
            "placements": [],
            "at_controller": stated,
            "version": __version__,
        }


def interval(counts: Sequence[int]) -> tuple[int, int]:
    """The counts between which 95 % of runs end: as many are left out below as above."""
    ordered, out = sorted(counts), round(len(counts) * 0.025)
    return ordered[out], ordered[-1 - out]
