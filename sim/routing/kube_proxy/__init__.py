"""Which endpoint a node's kube-proxy gives a new connection to, and what it does to the addresses.

It decides per connection, not per request: once conntrack has an entry, rules are not asked again. Modelled
here is the mode iptables: a chain of rules, each with a probability that makes all endpoints equally likely.
Source: pkg/proxy/iptables and pkg/proxy/topology.go of Kubernetes 1.35.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.cluster import Endpoint, LinkedPort, LinkedService, Node
from sim.routing.decision import Step


@dataclass(frozen=True)
class Verdict:
    """What happens to a new connection on one node.

    Args:
        verdict: `dnat`, `reject` (TCP: connection refused) or `drop` (silence until a timeout).
        endpoints: each as likely as the others.
        masquerade: whether the source becomes the node's address.
    """

    verdict: str
    endpoints: tuple[Endpoint, ...]
    masquerade: bool
    because: str
    steps: tuple[Step, ...] = ()

    @property
    def probability(self) -> float:
        """The probability of each endpoint."""
        return 1 / len(self.endpoints) if self.endpoints else 0.0


def usable(endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Ready endpoints; only if there are none, those that terminate but still serve (KEP-1669)."""
    ready = tuple(e for e in endpoints if e.ready)
    return ready or tuple(e for e in endpoints if e.terminating and e.serving)


def iptables(service: LinkedService, port: LinkedPort, node: Node, internal: bool = False) -> Verdict:
    """A new connection to a Service in mode iptables.

    Args:
        internal: from a Pod to the ClusterIP, instead of from outside to a load balancer or node port.
    """
    everywhere = usable(port.endpoints)
    spec = service.manifest.spec
    local = (spec.internal_traffic_policy if internal else spec.external_traffic_policy) == "Local"
    here = usable(tuple(e for e in port.endpoints if e.node == node.name)) if local else everywhere
    if not everywhere:
        return Verdict("reject", (), False, f"Service {service.key} has no endpoint: REJECT")
    if not here:
        return Verdict("drop", (), False, f"policy Local and no endpoint on {node.name}: DROP")
    policy = "its own Pods only (policy Local)" if local else "all Pods (policy Cluster)"
    return Verdict("dnat", here, not local and not internal, f"{len(here)} endpoints, {policy}", _chain(here))


def _chain(endpoints: tuple[Endpoint, ...]) -> tuple[Step, ...]:
    """The rules of a Service's chain: the i-th of n is taken with 1/(n-i), so all are equally likely."""
    count = len(endpoints)
    shares = [f"taken with probability 1/{count - i}" for i in range(count - 1)] + ["takes the rest"]
    return tuple(
        Step(f"rule {i + 1} of {count}: {e.target}", True, share, e.source)
        for i, (e, share) in enumerate(zip(endpoints, shares, strict=True))
    )


Mode = Callable[[LinkedService, LinkedPort, Node, bool], Verdict]

MODES: dict[str, Mode] = {"iptables": iptables}
