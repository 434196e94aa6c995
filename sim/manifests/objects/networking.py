"""Ingress, IngressClass, Service, EndpointSlice and Endpoints, as the API reference has them."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr

from sim.manifests.objects.meta import IntOrString, KubernetesObject, Manifest


class ServiceBackendPort(Manifest):
    """A Service port by number or by name."""

    number: StrictInt | None = None
    name: StrictStr | None = None

    @property
    def reference(self) -> int | str:
        """The number, else the name; empty if neither is written."""
        return self.number if self.number is not None else self.name or ""

    def __str__(self) -> str:
        return str(self.reference)


class IngressServiceBackend(Manifest):
    """A Service of the namespace of the Ingress."""

    name: StrictStr = ""
    port: ServiceBackendPort = ServiceBackendPort()


class TypedLocalObjectReference(Manifest):
    """A backend that is no Service."""

    api_group: StrictStr | None = None
    kind: StrictStr = ""
    name: StrictStr = ""


class IngressBackend(Manifest):
    """What a rule sends to: a Service or another resource."""

    service: IngressServiceBackend | None = None
    resource: TypedLocalObjectReference | None = None


class HTTPIngressPath(Manifest):
    """One path of an Ingress rule, and the backend behind it."""

    path: StrictStr | None = None
    path_type: StrictStr | None = None
    backend: IngressBackend = IngressBackend()


class HTTPIngressRuleValue(Manifest):
    """The paths of a rule."""

    paths: tuple[HTTPIngressPath, ...] = ()


class IngressRule(Manifest):
    """A host (None: any) and its paths."""

    host: StrictStr | None = None
    http: HTTPIngressRuleValue | None = None


class IngressTLS(Manifest):
    """Hosts and the Secret with their certificate."""

    hosts: tuple[StrictStr, ...] = ()
    secret_name: StrictStr | None = None


class IngressSpec(Manifest):
    """Class, default backend, TLS and rules."""

    ingress_class_name: StrictStr | None = None
    default_backend: IngressBackend | None = None
    tls: tuple[IngressTLS, ...] = ()
    rules: tuple[IngressRule, ...] = ()


class LoadBalancerIngress(Manifest):
    """An address that a provider or a controller has written into a status."""

    ip: StrictStr | None = None
    hostname: StrictStr | None = None
    ip_mode: StrictStr | None = None


class LoadBalancerStatus(Manifest):
    """The addresses of a load balancer."""

    ingress: tuple[LoadBalancerIngress, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Addresses and host names, as far as they are there."""
        return tuple(a for entry in self.ingress for a in (entry.ip, entry.hostname) if a)


class StatusWithLoadBalancer(Manifest):
    """`status.loadBalancer`."""

    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Ingress(KubernetesObject):
    """networking.k8s.io/v1 Ingress: rules that a controller must read to have any effect."""

    spec: IngressSpec = IngressSpec()
    status: StatusWithLoadBalancer = StatusWithLoadBalancer()


class IngressClassSpec(Manifest):
    """The controller that the class belongs to."""

    controller: StrictStr = ""
    parameters: dict[StrictStr, Any] | None = None


DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
"""The annotation of an IngressClass that is given to Ingresses without one."""


class IngressClass(KubernetesObject):
    """networking.k8s.io/v1 IngressClass."""

    has_namespace: ClassVar[bool] = False
    spec: IngressClassSpec = IngressClassSpec()

    @property
    def is_default(self) -> bool:
        """Whether Ingresses without a class get this one at admission."""
        return self.metadata.annotations.get(DEFAULT_CLASS) == "true"


class ServicePort(Manifest):
    """One port of a Service."""

    name: StrictStr | None = None
    protocol: StrictStr = "TCP"
    app_protocol: StrictStr | None = None
    port: StrictInt = 0
    target_port: IntOrString | None = None
    node_port: StrictInt | None = None


class ServiceSpec(Manifest):
    """Type, selector, ports, addresses and policies."""

    type: StrictStr = "ClusterIP"
    selector: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: StrictStr | None = Field(default=None, alias="clusterIP")
    cluster_ips: tuple[StrictStr, ...] = Field(default=(), alias="clusterIPs")
    ip_families: tuple[StrictStr, ...] = ()
    ip_family_policy: StrictStr | None = None
    external_ips: tuple[StrictStr, ...] = Field(default=(), alias="externalIPs")
    external_name: StrictStr | None = None
    external_traffic_policy: StrictStr = "Cluster"
    internal_traffic_policy: StrictStr = "Cluster"
    load_balancer_class: StrictStr | None = None
    allocate_load_balancer_node_ports: StrictBool = True
    load_balancer_ip: StrictStr | None = Field(default=None, alias="loadBalancerIP")
    load_balancer_source_ranges: tuple[StrictStr, ...] = ()
    session_affinity: StrictStr = "None"
    session_affinity_config: dict[StrictStr, Any] = Field(default_factory=dict)
    traffic_distribution: StrictStr | None = None
    publish_not_ready_addresses: StrictBool = False
    health_check_node_port: StrictInt | None = None

    @property
    def is_headless(self) -> bool:
        """Whether the Service has no ClusterIP by wish."""
        return self.cluster_ip == "None" or self.cluster_ips[:1] == ("None",)

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """The ClusterIPs that are written, the primary first; the server fills one of both fields itself."""
        written = self.cluster_ips or ((self.cluster_ip,) if self.cluster_ip else ())
        return () if self.is_headless else written


class Service(KubernetesObject):
    """v1 Service: a name and a policy for a set of endpoints; no process, no hop."""

    spec: ServiceSpec = ServiceSpec()
    status: StatusWithLoadBalancer = StatusWithLoadBalancer()

    @property
    def is_headless(self) -> bool:
        """Whether the Service has no ClusterIP by wish."""
        return self.spec.is_headless


class EndpointConditions(Manifest):
    """None means: as if ready and serving, not terminating."""

    ready: StrictBool | None = None
    serving: StrictBool | None = None
    terminating: StrictBool | None = None


class ObjectReference(Manifest):
    """The object behind an endpoint, usually a Pod."""

    kind: StrictStr | None = None
    name: StrictStr | None = None
    namespace: StrictStr | None = None


class EndpointManifest(Manifest):
    """One endpoint of an EndpointSlice."""

    addresses: tuple[StrictStr, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    node_name: StrictStr | None = None
    zone: StrictStr | None = None
    target_ref: ObjectReference | None = None
    hints: dict[StrictStr, Any] | None = None


class EndpointPort(Manifest):
    """One port of an EndpointSlice."""

    name: StrictStr | None = None
    protocol: StrictStr = "TCP"
    port: StrictInt | None = None
    app_protocol: StrictStr | None = None


class EndpointSlice(KubernetesObject):
    """discovery.k8s.io/v1 EndpointSlice."""

    address_type: StrictStr = "IPv4"
    endpoints: Annotated[tuple[EndpointManifest, ...], BeforeValidator(lambda v: v or ())] = ()
    ports: Annotated[tuple[EndpointPort, ...], BeforeValidator(lambda v: v or ())] = ()

    @property
    def service_key(self) -> str | None:
        """`NAMESPACE/NAME` of the Service it belongs to, from its label."""
        name = self.metadata.labels.get("kubernetes.io/service-name")
        return f"{self.namespace}/{name}" if name else None


class EndpointAddress(Manifest):
    """An address of the legacy Endpoints API."""

    ip: StrictStr = ""
    hostname: StrictStr | None = None
    node_name: StrictStr | None = None
    target_ref: ObjectReference | None = None


class EndpointSubset(Manifest):
    """Addresses that share ports."""

    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class Endpoints(KubernetesObject):
    """v1 Endpoints, the older form of EndpointSlices: one object per Service, of the same name."""

    subsets: tuple[EndpointSubset, ...] = ()
