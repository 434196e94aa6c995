"""NetworkPolicy (networking.k8s.io/v1) and ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2)."""

from typing import ClassVar

from pydantic import Field, StrictInt, StrictStr

from sim.manifests.objects.gateway_api import NamespaceSelector
from sim.manifests.objects.meta import IntOrString, KubernetesObject, Manifest


class PodSelector(NamespaceSelector):
    """Labels that a Pod must have; an empty selector fits every Pod of its namespaces."""


class IPBlock(Manifest):
    """A range of addresses, and ranges inside it that do not belong to it."""

    cidr: StrictStr = ""
    except_: tuple[StrictStr, ...] = Field(default=(), alias="except")


class NetworkPolicyPeer(Manifest):
    """Who may be at the other end: a range of addresses, or Pods by their labels and namespaces."""

    pod_selector: PodSelector | None = None
    namespace_selector: NamespaceSelector | None = None
    ip_block: IPBlock | None = None


class NetworkPolicyPort(Manifest):
    """A port of the destination, by number or name; a range; or every port of a protocol."""

    protocol: StrictStr = "TCP"
    port: IntOrString | None = None
    end_port: StrictInt | None = None


class NetworkPolicyRule(Manifest):
    """Connections that are allowed; no peers: from or to anywhere, no ports: to every port."""

    ports: tuple[NetworkPolicyPort, ...] = ()
    from_: tuple[NetworkPolicyPeer, ...] = Field(default=(), alias="from")
    to: tuple[NetworkPolicyPeer, ...] = ()

    @property
    def peers(self) -> tuple[NetworkPolicyPeer, ...]:
        """Who may be at the other end."""
        return self.from_ or self.to


class NetworkPolicySpec(Manifest):
    """The Pods that a policy selects, and what it allows them."""

    pod_selector: PodSelector = PodSelector()
    policy_types: tuple[StrictStr, ...] = ()
    ingress: tuple[NetworkPolicyRule, ...] = ()
    egress: tuple[NetworkPolicyRule, ...] = ()


class NetworkPolicy(KubernetesObject):
    """networking.k8s.io/v1 NetworkPolicy."""

    spec: NetworkPolicySpec = NetworkPolicySpec()

    @property
    def types(self) -> frozenset[str]:
        """Ingress, Egress: the directions in which it isolates.

        Left out, it is Ingress, and Egress too where it has rules for that (SetDefaults_NetworkPolicy).
        """
        if self.spec.policy_types:
            return frozenset(self.spec.policy_types)
        return frozenset(("Ingress", "Egress") if self.spec.egress else ("Ingress",))


class NamespacedPod(Manifest):
    """Pods by their labels, in namespaces by theirs."""

    namespace_selector: NamespaceSelector = NamespaceSelector()
    pod_selector: PodSelector = PodSelector()


class ClusterPolicySubject(Manifest):
    """The Pods that a policy of the cluster is for; never those on the network of their node."""

    namespaces: NamespaceSelector | None = None
    pods: NamespacedPod | None = None


class ClusterPolicyPeer(ClusterPolicySubject):
    """Who may be at the other end; nodes, networks and domain names only on the way out."""

    nodes: NamespaceSelector | None = None
    networks: tuple[StrictStr, ...] = ()
    domain_names: tuple[StrictStr, ...] = ()


class PortRange(Manifest):
    """A range of ports, both ends included."""

    start: StrictInt = 0
    end: StrictInt = 0


class DestinationPort(Manifest):
    """A port by its number, or a range."""

    number: StrictInt | None = None
    range: PortRange | None = None


class ProtocolPorts(Manifest):
    """Ports of a protocol; without one, every port of it."""

    destination_port: DestinationPort | None = None


class ClusterPolicyProtocol(Manifest):
    """A protocol with its ports, or the name of a container port."""

    tcp: ProtocolPorts | None = None
    udp: ProtocolPorts | None = None
    sctp: ProtocolPorts | None = None
    destination_named_port: StrictStr = ""


class ClusterPolicyRule(Manifest):
    """What becomes of connections with these peers: Accept, Deny, or Pass to the next tier."""

    name: StrictStr = ""
    action: StrictStr = ""
    from_: tuple[ClusterPolicyPeer, ...] = Field(default=(), alias="from")
    to: tuple[ClusterPolicyPeer, ...] = ()
    protocols: tuple[ClusterPolicyProtocol, ...] = ()

    @property
    def peers(self) -> tuple[ClusterPolicyPeer, ...]:
        """Who is at the other end."""
        return self.from_ or self.to


class ClusterPolicySpec(Manifest):
    """Tier and priority (the lower number is asked first), whom it is for, and its rules in order."""

    tier: StrictStr = ""
    priority: StrictInt = 0
    subject: ClusterPolicySubject = ClusterPolicySubject()
    ingress: tuple[ClusterPolicyRule, ...] = ()
    egress: tuple[ClusterPolicyRule, ...] = ()


class ClusterNetworkPolicy(KubernetesObject):
    """policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy."""

    has_namespace: ClassVar[bool] = False
    spec: ClusterPolicySpec = ClusterPolicySpec()
