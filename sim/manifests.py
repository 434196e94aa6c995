"""Kubernetes objects as frozen pages of the API reference, each field knowing its file and line.

Strict about shapes (a string where a number belongs stops the object), lenient about values: a value that
the API server would refuse is the business of `sim.validation`. Fields that are not modelled are kept aside
in `model_extra`, so that they can be reported. Secrets: names only, their data is dropped on the way in.
Source of names and meanings: the Kubernetes API reference, v1.35.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
    StrictInt,
    StrictStr,
)
from pydantic.alias_generators import to_camel

Path = tuple[str | int, ...]
Position = tuple[int, int]
IntOrString = StrictInt | StrictStr


@dataclass(frozen=True)
class Origin:
    """Where an object was read: a file, and the line and column of every field in it.

    Args:
        file: the name as the user gave it; `-` is standard input.
        positions: path below the object -> (line, column), both from 1. A mapping's entry has the
            position of its key, a list's item that of its first character.
    """

    file: str
    positions: Mapping[Path, Position] = field(repr=False, compare=False)

    def position(self, *path: str | int) -> Position:
        """Line and column of `path`, or of the nearest thing above it that was written."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))

    def line(self, *path: str | int) -> str:
        """`FILE:LINE`, for the steps of a trace."""
        return f"{self.file}:{self.position(*path)[0]}"

    def at(self, *path: str | int) -> str:
        """`FILE:LINE:COLUMN`, for errors and findings."""
        line, column = self.position(*path)
        return f"{self.file}:{line}:{column}"


class Manifest(BaseModel):
    """A piece of a Kubernetes object: camelCase in YAML, snake_case here."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="allow"
    )


class ObjectMeta(Manifest):
    """Name, namespace and the other things that every object says of itself."""

    name: StrictStr = ""
    namespace: StrictStr | None = None
    labels: dict[StrictStr, StrictStr] = {}
    annotations: dict[StrictStr, StrictStr] = {}
    creation_timestamp: StrictStr | None = None
    deletion_timestamp: StrictStr | None = None


class KubernetesObject(Manifest):
    """What all kinds share. `origin` is None for an object that is assumed, not read."""

    api_version: StrictStr = ""
    kind: StrictStr = ""
    metadata: ObjectMeta = ObjectMeta()
    _origin: Origin | None = PrivateAttr(default=None)

    @property
    def origin(self) -> Origin | None:
        """The file and the positions, None if the object is assumed."""
        return self._origin

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """metadata.namespace; the loader fills in the default."""
        return self.metadata.namespace or "default"

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`."""
        return f"{self.namespace}/{self.name}"

    def read_from(self, origin: Origin) -> KubernetesObject:
        """Remember where this object was read; returns itself."""
        self._origin = origin
        return self

    def line(self, *path: str | int) -> str | None:
        """`FILE:LINE` of a field, None if the object is assumed."""
        return self._origin.line(*path) if self._origin else None


class ServiceBackendPort(Manifest):
    """A Service port by number or by name."""

    number: StrictInt | None = None
    name: StrictStr | None = None

    def __str__(self) -> str:
        return str(self.number) if self.number is not None else str(self.name or "")


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


class IngressClass(KubernetesObject):
    """networking.k8s.io/v1 IngressClass."""

    spec: IngressClassSpec = IngressClassSpec()

    @property
    def is_default(self) -> bool:
        """Whether Ingresses without a class get this one at admission."""
        return self.metadata.annotations.get("ingressclass.kubernetes.io/is-default-class") == "true"


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
    selector: dict[StrictStr, StrictStr] = {}
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: StrictStr | None = Field(default=None, alias="clusterIP")
    cluster_ips: tuple[StrictStr, ...] = Field(default=(), alias="clusterIPs")
    external_ips: tuple[StrictStr, ...] = Field(default=(), alias="externalIPs")
    external_name: StrictStr | None = None
    external_traffic_policy: StrictStr = "Cluster"
    internal_traffic_policy: StrictStr = "Cluster"
    load_balancer_class: StrictStr | None = None
    load_balancer_ip: StrictStr | None = Field(default=None, alias="loadBalancerIP")
    load_balancer_source_ranges: tuple[StrictStr, ...] = ()
    session_affinity: StrictStr = "None"
    session_affinity_config: dict[StrictStr, Any] = {}
    traffic_distribution: StrictStr | None = None
    publish_not_ready_addresses: StrictBool = False
    health_check_node_port: StrictInt | None = None


class Service(KubernetesObject):
    """v1 Service: a name and a policy for a set of endpoints; no process, no hop."""

    spec: ServiceSpec = ServiceSpec()
    status: StatusWithLoadBalancer = StatusWithLoadBalancer()

    @property
    def is_headless(self) -> bool:
        """Whether the Service has no ClusterIP by wish."""
        return self.spec.cluster_ip == "None"


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


class ContainerPort(Manifest):
    """A port that a container says it listens on (a statement, not a check)."""

    name: StrictStr | None = None
    container_port: StrictInt = 0
    protocol: StrictStr = "TCP"


class Container(Manifest):
    """A container, as far as traffic sees it."""

    name: StrictStr = ""
    image: StrictStr | None = None
    args: tuple[StrictStr, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    readiness_probe: dict[StrictStr, Any] | None = None


class PodSpec(Manifest):
    """Where a Pod runs and what listens in it."""

    node_name: StrictStr | None = None
    containers: tuple[Container, ...] = ()
    host_network: StrictBool = False


class PodCondition(Manifest):
    """A condition of a Pod's status."""

    type: StrictStr = ""
    status: StrictStr = ""
    reason: StrictStr | None = None
    message: StrictStr | None = None


class PodStatus(Manifest):
    """Address and conditions."""

    pod_ip: StrictStr | None = Field(default=None, alias="podIP")
    phase: StrictStr | None = None
    conditions: tuple[PodCondition, ...] = ()


class Pod(KubernetesObject):
    """v1 Pod."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class LabelSelector(Manifest):
    """matchLabels (matchExpressions are reported as not modelled)."""

    match_labels: dict[StrictStr, StrictStr] = {}


class PodTemplateSpec(Manifest):
    """The Pods that a workload makes."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


class WorkloadSpec(Manifest):
    """Replicas and template."""

    replicas: StrictInt | None = None
    selector: LabelSelector = LabelSelector()
    template: PodTemplateSpec = PodTemplateSpec()


class Workload(KubernetesObject):
    """What makes Pods from a template: apps/v1 Deployment, StatefulSet, DaemonSet, ReplicaSet."""

    spec: WorkloadSpec = WorkloadSpec()


class NodeAddress(Manifest):
    """An address of a node."""

    type: StrictStr = ""
    address: StrictStr = ""


class NodeStatus(Manifest):
    """Addresses and conditions of a node."""

    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[PodCondition, ...] = ()


class NodeObject(KubernetesObject):
    """v1 Node."""

    status: NodeStatus = NodeStatus()


class Secret(KubernetesObject):
    """v1 Secret: its name and type. Data never enters the model."""

    type: StrictStr | None = None


class Namespace(KubernetesObject):
    """v1 Namespace."""


KINDS: dict[tuple[str, str], type[KubernetesObject]] = {
    ("", "Namespace"): Namespace,
    ("", "Node"): NodeObject,
    ("", "Pod"): Pod,
    ("", "Secret"): Secret,
    ("", "Service"): Service,
    ("apps", "DaemonSet"): Workload,
    ("apps", "Deployment"): Workload,
    ("apps", "ReplicaSet"): Workload,
    ("apps", "StatefulSet"): Workload,
    ("discovery.k8s.io", "EndpointSlice"): EndpointSlice,
    ("networking.k8s.io", "Ingress"): Ingress,
    ("networking.k8s.io", "IngressClass"): IngressClass,
}
"""(API group, kind) -> model. A kind alone is not enough: Istio has a Gateway, Knative a Service."""

CLUSTER_SCOPED = frozenset({("", "Namespace"), ("", "Node"), ("networking.k8s.io", "IngressClass")})


@dataclass(frozen=True)
class Unmodelled:
    """Something read that the simulator does not model.

    Args:
        what: kind, field or annotation, with the object it belongs to.
        may_change_answer: False if it is known to be harmless for where a request goes.
        source: `FILE:LINE:COLUMN`.
    """

    what: str
    may_change_answer: bool
    source: str | None


@dataclass(frozen=True)
class Manifests:
    """All that was read, in order of reading.

    Args:
        objects: typed objects of the kinds in KINDS.
        unmodelled: kinds, fields and annotations outside the model.
        notes: what a reader should know about the reading itself.
    """

    objects: tuple[KubernetesObject, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, model: type[KubernetesObject], kind: str | None = None) -> Iterator[Any]:
        """The objects of one model (and kind, where a model serves several)."""
        return (o for o in self.objects if type(o) is model and (kind is None or o.kind == kind))


def extra_fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of the fields that no model knows, in order of the models' fields."""
    if isinstance(value, Manifest):
        yield from ((*path, name) for name in value.model_extra or ())
        for name, info in type(value).model_fields.items():
            yield from extra_fields(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from extra_fields(item, (*path, index))
