"""What a load balancer in front of a Service is: frozen values, whoever makes it.

Nothing here is decided; the modules beside this one say what each provider and controller makes of a
Service.
"""

from dataclasses import dataclass
from math import inf
from typing import Literal

Provider = Literal["aws", "azure", "digitalocean", "gcp", "other", "bare"]
"""On whose machines a cluster runs; bare: nothing ever makes load balancers there."""

Kind = Literal["classic", "nlb", "network", "passthrough", "proxy", ""]
"""What AWS (classic, nlb), DigitalOcean (network, proxy) and others (passthrough) sell; empty: not known."""

BalancerState = Literal["made", "pending", "error"]
"""Whether it is there; pending: nobody makes it; error: whoever would make it refuses what is written."""

Destination = Literal["node-port", "balancer-address"]
"""Where packets are sent to on a node; with the balancer's own address kube-proxy matches that."""


@dataclass(frozen=True)
class Cloud:
    """What makes load balancers around a cluster.

    Args:
        provider: None: not known, and none is assumed.
        controllers: that run; None: those that come with the provider.
        class_by_webhook: whether the AWS controller's webhook gives new Services its class.
        gke_version: as `1.32.2-gke.1652000`; empty: not known.
        subsetting: whether GKE subsetting is on; None: not known.
    """

    provider: Provider | None = None
    controllers: tuple[str, ...] | None = None
    class_by_webhook: bool = False
    gke_version: str = ""
    subsetting: bool | None = None

    @property
    def running(self) -> tuple[str, ...]:
        """The names of what makes load balancers here."""
        usual = USUAL_MAKERS.get(self.provider or "other", ())
        return usual if self.controllers is None else self.controllers


USUAL_MAKERS: dict[str, tuple[str, ...]] = {
    "aws": ("aws-cloud-provider",),
    "azure": ("azure-cloud-provider",),
    "gcp": ("gce-cloud-provider",),
    "digitalocean": ("do-ccm",),
}
"""What every cluster of a provider has without being asked."""


@dataclass(frozen=True)
class BalancerCheck:
    """How a load balancer asks whether a target may be used.

    Args:
        port: a number, or traffic-port: wherever the target takes traffic; 0: not known.
        path: empty: no HTTP is spoken.
    """

    protocol: str
    port: int | str
    path: str = ""
    interval_s: int | None = None
    timeout_s: int | None = None
    healthy_after: int | None = None
    unhealthy_after: int | None = None


@dataclass(frozen=True)
class EndedTLS:
    """What a load balancer that ends TLS does with a connection.

    Args:
        again: whether it opens TLS of its own to what stands behind it.
        forwarded: whether it says in X-Forwarded-Proto what the client spoke.
        annotation: that asks for it.
    """

    again: bool
    forwarded: bool
    annotation: str


@dataclass(frozen=True)
class BalancerPort:
    """One port of the load balancer.

    Args:
        proxy_line: the annotation that makes it write a PROXY line before the first byte; empty: it does not.
        keeps_client: whether targets see the client's address as the source, not the balancer's.
        tls: how TLS ends here; None: bytes are passed on.
    """

    number: int
    protocol: str
    keeps_client: bool = True
    proxy_line: str = ""
    tls: EndedTLS | None = None


@dataclass(frozen=True)
class LoadBalancer:
    """The load balancer that a Service gets.

    Args:
        created_by: what makes it; None: nobody does, or nobody knows who.
        because: in a few words, why it is so; of an error, what is wrong.
        cause: the annotation or field that decides it, for its line; empty: a default does.
        way_out: of one that is pending, what would help.
        scheme: in the provider's words; empty: not known.
        scheme_by: the annotation that says the scheme; empty: it is what its maker takes by default.
        target_type: whether targets are nodes (instance) or Pods (ip).
        cross_zone: whether each of its zones uses the targets of all zones.
        status_field: what is filled in status.loadBalancer.ingress.
        backends: what GKE registers the targets in; empty: not asked there.
        algorithm, protocol, lb_type: in the words of DigitalOcean.
        by_weight: whether a node gets connections by the number of its Pods.
        idle_s: after how many idle seconds a TCP connection is dropped; None: not known.
        forgets_silently: whether it says nothing when a packet comes of a connection that it has dropped.
        closes_s: after how long it closes connections to a target that is deregistered; infinite: never.
        allows: ranges of the clients that are let in before anything else is asked; empty: everybody.
        allows_by: the annotation or field that says so.
    """

    created_by: str | None
    state: BalancerState = "made"
    because: str = ""
    cause: str = ""
    kind: Kind = ""
    scheme: str = ""
    scheme_by: str = ""
    target_type: Literal["instance", "ip"] = "instance"
    ports: tuple[BalancerPort, ...] = ()
    health: BalancerCheck | None = None
    cross_zone: bool = True
    status_field: Literal["ip", "hostname"] = "ip"
    destination: Destination = "balancer-address"
    backends: str = ""
    algorithm: str = ""
    protocol: str = ""
    lb_type: str = ""
    by_weight: bool = False
    idle_s: float | None = None
    forgets_silently: bool = False
    closes_s: float = inf
    way_out: str = ""
    allows: tuple[str, ...] = ()
    allows_by: str = ""

    @property
    def is_internal(self) -> bool:
        """Whether only clients inside the network reach it."""
        return self.scheme == "internal"

    def answers_its_targets(self, port: BalancerPort | None) -> bool:
        """Whether a target reaches itself through it; not where it sees its own address as the source.

        Source: AWS, "Troubleshoot your Network Load Balancer" (NAT loopback): that holds for every Pod of the
        same machine.
        """
        return self.kind != "nlb" or (port is not None and not port.keeps_client)

    @property
    def proxy_protocol(self) -> bool:
        """Whether any port writes a PROXY line."""
        return any(port.proxy_line for port in self.ports)

    def port(self, number: int, protocol: str = "TCP") -> BalancerPort | None:
        """The port of this number and protocol; None: it does not listen there."""
        return next((p for p in self.ports if (p.number, p.protocol) == (number, protocol)), None)
