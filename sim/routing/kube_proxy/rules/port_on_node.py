"""A port of a Service as the rules of one node have it: addresses, policies, and the endpoints they lead to.

Of one address family: that of the proxy that writes them. Endpoints are texts `ADDRESS:PORT`, in the order of
the rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from sim.cluster.cluster import Endpoint
from sim.cluster.families import Family
from sim.routing.kube_proxy import Proxy, ServicePortInfo
from sim.routing.kube_proxy.proxy import within

HERE = "the endpoints of this node"


@dataclass(frozen=True, eq=False, kw_only=True)
class PortOnNode(ServicePortInfo):
    """What one port of a Service means on one node.

    Args:
        node_in_ranges: whether the node's address is in a source range.
        cluster: endpoints for policy Cluster, if anything asks for it.
        local: endpoints for policy Local, if anything asks for it.
        reachable: both together.
        exists: whether any node has a usable endpoint.
    """

    node_in_ranges: bool
    cluster: tuple[str, ...]
    local: tuple[str, ...]
    reachable: tuple[str, ...]
    exists: bool

    @property
    def proto(self) -> str:
        """The protocol as rules write it: tcp, udp or sctp."""
        return self.protocol.lower()

    @property
    def internal_served(self) -> bool:
        """Whether a packet to the ClusterIP finds an endpoint."""
        return self.exists and not (self.internal_local and not self.local)

    @property
    def external_served(self) -> bool:
        """Whether a packet from outside finds an endpoint."""
        return self.exists and not (self.external_local and not self.local)

    @property
    def firewalled(self) -> bool:
        """Whether only some may use the load balancer's addresses."""
        return bool(self.vips and self.source_ranges)

    @property
    def allowed_sources(self) -> tuple[str, ...]:
        """The source ranges; and the load balancer's own addresses, if the node itself is in a range.

        Such an address is often the node's own, so that a packet of the node bears it as its source.
        """
        return (*map(str, self.source_ranges), *(self.vips if self.node_in_ranges else ()))

    @property
    def external_does(self) -> str:
        """What the chain for traffic from outside does."""
        kept, hidden = "keeps the client's address and stays on this node", "hides the client's address"
        return f"traffic to {self.name} from outside: {kept if self.external_local else hidden}"

    def policy_does(self, endpoints: tuple[str, ...], which: str) -> str:
        """What a chain that picks one of these endpoints does."""
        sticky = ", the one a client had before first" if self.affinity_s else ""
        return f"{self.name} over {which} ({len(endpoints)}), each as likely as the others{sticky}"

    def endpoint_does(self, endpoint: str) -> str:
        """What the chain of an endpoint does."""
        return f"the endpoint {endpoint} of {self.name}; if it calls itself, its address is hidden"


def ports_on(proxy: Proxy) -> tuple[PortOnNode, ...]:
    """Every Service port that kube-proxy acts on, in order of reading."""
    return tuple(_port(p, proxy) for p in proxy.index.ports)


def of_family(ranges: Iterable[str], family: Family) -> tuple[str, ...]:
    """The ranges of a family, in their order."""
    return tuple(r for r in ranges if (":" in r) == (family == "IPv6"))


def pod_range(proxy: Proxy) -> str | None:
    """The addresses by which rules know a Pod; None: they cannot (no local detector)."""
    ranges = proxy.options.pod_cidrs if proxy.options.local_detector else ()
    return next(iter(of_family(ranges, proxy.family)), None)


def _port(port: ServicePortInfo, proxy: Proxy) -> PortOnNode:
    found = proxy.categories(port)
    return PortOnNode(
        **{f.name: getattr(port, f.name) for f in fields(port)},
        node_in_ranges=within(proxy.address, port.source_ranges),
        cluster=_texts(found.cluster),
        local=_texts(found.local),
        reachable=_texts(found.reachable),
        exists=found.exists,
    )


def _texts(endpoints: tuple[Endpoint, ...]) -> tuple[str, ...]:
    return tuple(e.target for e in endpoints)
