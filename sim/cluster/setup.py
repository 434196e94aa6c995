"""What is stated about a cluster besides its manifests."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.cluster.delays import Delays
from sim.cluster.families import Family
from sim.cluster.load_balancers.values import Cloud


@dataclass(frozen=True)
class ControllerSetup:
    """A controller that is stated, in a case file or a scenario, rather than found in the manifests."""

    controller: str
    profile: str
    flags: tuple[str, ...] = ()
    default_backend: str | None = None
    replicas: int = 2


@dataclass(frozen=True)
class BackendCertificate:
    """The certificate that the Pods of a Service show.

    Args:
        names: DNS names and URIs in it.
        authority: who signed it.
    """

    names: tuple[str, ...]
    authority: str


@dataclass(frozen=True)
class Setup:
    """What the control plane is told besides the manifests.

    Args:
        nodes: (name, zone) of each node; None: the Node objects, else three nodes in three zones.
        controllers: what runs; None: what the manifests show, else what they need.
        profile: the profile of the controller that is assumed where the manifests show none; None: chosen
            from the classes that the Ingresses name, and only where there is no IngressClass either.
        assume_controllers: whether one that Ingresses need and no file shows is assumed to run.
        replicas: Pods of a controller that is assumed.
        assume_endpoints: whether a set without any workload gets two ready Pods per Service.
        provider: whether something makes cloud load balancers; without it they stay pending.
        cloud: what makes them; None: what the manifests show.
        allocate_node_ports: whether a port without a nodePort gets one; False: objects are as they are kept.
        delays: typical delays between its places.
        balancing: how controllers choose among Pods, one of `sim.routing.proxies.NAMES`; None: as
            their kind usually does.
        hash_by: what an algorithm that hashes goes by; empty: as rules and controllers say.
        proxy_workers: of a controller's Pod, each with turns of its own; None: as it is configured.
        families: address families of the service CIDRs, the primary first; None: as the manifests show.
        certificates: `NAMESPACE/SECRET` -> DNS names; None: every Secret named covers the hosts beside it.
        features: of the Gateway API that controllers have; with `no-` before it, one that they lack.
        backend_tls: `NAMESPACE/SERVICE:PORT` -> the certificate shown there, the others speak no TLS; None:
            each shows what its policy asks for.
        authorities: `NAMESPACE/CONFIGMAP` -> the authority whose certificate it holds.
    """

    nodes: tuple[tuple[str, str], ...] | None = None
    controllers: tuple[ControllerSetup, ...] | None = None
    profile: str | None = None
    assume_controllers: bool = True
    replicas: int = 2
    assume_endpoints: bool = True
    provider: bool = True
    cloud: Cloud | None = None
    allocate_node_ports: bool = True
    certificates: Mapping[str, tuple[str, ...]] | None = None
    delays: Delays = field(default_factory=Delays)
    balancing: str | None = None
    hash_by: str = ""
    proxy_workers: int | None = None
    features: tuple[str, ...] = ()
    backend_tls: Mapping[str, BackendCertificate] | None = None
    authorities: Mapping[str, str] = field(default_factory=dict)
    families: tuple[Family, ...] | None = None
