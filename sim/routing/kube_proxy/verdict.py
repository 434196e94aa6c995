"""What kube-proxy's rules do with a new connection, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sim.cluster.cluster import Endpoint
from sim.routing.kube_proxy.service_ports import ServicePortInfo
from sim.routing.trace import Step

VerdictKind = Literal["dnat", "reject", "drop", "accept"]


@dataclass(frozen=True)
class VirtualServer:
    """A virtual server of IPVS.

    Args:
        name: `ADDRESS:PORT/PROTOCOL`.
        persistent_s: how long a client stays with its server, in seconds; None: not at all.
        real_servers: `ADDRESS:PORT` -> weight; kube-proxy gives every server weight 1.
    """

    name: str
    scheduler: str
    persistent_s: int | None
    real_servers: Mapping[str, int]


@dataclass(frozen=True)
class Verdict:
    """What happens to a new connection on one node.

    Args:
        verdict: `dnat`; `reject` (TCP: connection refused); `drop` (silence until a timeout); `accept` (no
            rule of kube-proxy touches it).
        because: in one sentence.
        chains: those that decided, in the order entered; iptables names with their table.
        endpoints: each as likely as the others.
        endpoint_chains: the chain of each endpoint, in the same order.
        masquerade: whether the source becomes the node's address, whatever the endpoint.
        hairpin: endpoints whose connections are masqueraded although the others are not: the client itself.
        filtered: whether it is dropped because of loadBalancerSourceRanges.
        unanswered: whether a node port of a Service was asked on an address where node ports do not answer.
        rules_passed: rules or map look-ups that the packet is compared with before its Service is found.
    """

    verdict: VerdictKind
    because: str
    chains: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    endpoint_chains: tuple[str, ...] = ()
    masquerade: bool = False
    hairpin: tuple[Endpoint, ...] = ()
    service_port: ServicePortInfo | None = None
    virtual_server: VirtualServer | None = None
    rules_passed: int = 0
    steps: tuple[Step, ...] = ()
    filtered: bool = False
    unanswered: bool = False

    @property
    def probability(self) -> float:
        """The probability of each endpoint, for a client that affinity does not know."""
        return 1 / len(self.endpoints) if self.endpoints else 0.0

    @property
    def chain_steps(self) -> tuple[Step, ...]:
        """The chains in the order entered, as rows of a trace."""
        return tuple(Step(f"chain {i}", True, name) for i, name in enumerate(self.chains, 1))

    def masquerades(self, endpoint: Endpoint) -> bool:
        """Whether the source is rewritten if this endpoint is chosen."""
        return self.masquerade or endpoint in self.hairpin


def share_of(count: int) -> str:
    """The probability of one of `count` equal branches, before its chain."""
    return f"1/{count}:" if count > 1 else "always:"
