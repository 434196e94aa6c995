"""Pods, what makes them, where they run, and what stands beside them."""

from typing import Any, ClassVar

from pydantic import Field, PrivateAttr, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from sim.manifests.objects.meta import KubernetesObject, Manifest, ObjectMeta


class ContainerPort(Manifest):
    """A port that a container says it listens on (a statement, not a check)."""

    name: StrictStr | None = None
    container_port: StrictInt = 0
    host_port: StrictInt | None = None
    protocol: StrictStr = "TCP"


class Container(Manifest):
    """A container, as far as traffic sees it."""

    name: StrictStr = ""
    image: StrictStr | None = None
    args: tuple[StrictStr, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    readiness_probe: dict[StrictStr, Any] | None = None
    startup_probe: dict[StrictStr, Any] | None = None
    liveness_probe: dict[StrictStr, Any] | None = None
    lifecycle: dict[StrictStr, Any] | None = None
    resources: dict[StrictStr, Any] | None = None
    restart_policy: StrictStr | None = None


class PodSpec(Manifest):
    """Where a Pod runs and what listens in it."""

    node_name: StrictStr | None = None
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    host_network: StrictBool = False
    termination_grace_period_seconds: StrictInt | None = None

    @property
    def host_ports(self) -> tuple[int, ...]:
        """The ports of its node that it takes; with the network of the node all those that it names."""
        named = (port for c in self.serving for port in c.ports)
        taken = (port.container_port if self.host_network else port.host_port for port in named)
        return tuple(sorted({number for number in taken if number}))

    @property
    def serving(self) -> tuple[Container, ...]:
        """What runs while the Pod serves: containers, and init containers that are sidecars (KEP-753)."""
        sidecars = (c for c in self.init_containers if c.restart_policy == "Always")
        return (*self.containers, *sidecars)


class PodCondition(Manifest):
    """A condition of a Pod's status."""

    type: StrictStr = ""
    status: StrictStr = ""
    reason: StrictStr | None = None
    message: StrictStr | None = None


class ContainerReason(Manifest):
    """Why a container waits, or how it ended."""

    reason: StrictStr | None = None
    message: StrictStr | None = None
    exit_code: StrictInt | None = None


class ContainerState(Manifest):
    """One of three; a container that runs says nothing here."""

    waiting: ContainerReason | None = None
    terminated: ContainerReason | None = None


class ContainerStatus(Manifest):
    """How a container of a Pod fares, and how it ended the last time."""

    name: StrictStr = ""
    ready: StrictBool | None = None
    restart_count: StrictInt = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodIP(Manifest):
    """An address of a Pod."""

    ip: StrictStr = ""


class PodStatus(Manifest):
    """Addresses, conditions, and how the containers fare."""

    pod_ip: StrictStr | None = Field(default=None, alias="podIP")
    pod_ips: tuple[PodIP, ...] = Field(default=(), alias="podIPs")
    phase: StrictStr | None = None
    reason: StrictStr | None = None
    message: StrictStr | None = None
    conditions: tuple[PodCondition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """One of each family, the primary first."""
        named = (self.pod_ip, *(entry.ip for entry in self.pod_ips))
        return tuple(dict.fromkeys(address for address in named if address))


class Pod(KubernetesObject):
    """v1 Pod."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class LabelSelector(Manifest):
    """matchLabels (matchExpressions are reported as not modelled)."""

    match_labels: dict[StrictStr, StrictStr] = Field(default_factory=dict)


class PodTemplateSpec(Manifest):
    """The Pods that a workload makes."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


class WorkloadSpec(Manifest):
    """Replicas and template."""

    replicas: StrictInt | None = None
    selector: LabelSelector = LabelSelector()
    template: PodTemplateSpec = PodTemplateSpec()
    strategy: dict[StrictStr, Any] = Field(default_factory=dict)
    update_strategy: dict[StrictStr, Any] = Field(default_factory=dict)
    min_ready_seconds: StrictInt = 0
    ordinals: dict[StrictStr, Any] = Field(default_factory=dict)
    pod_management_policy: StrictStr | None = None
    paused: StrictBool = False

    @model_validator(mode="before")
    @classmethod
    def _in_one_form(cls, value: Any) -> Any:
        """A Job has `parallelism`, a CronJob a `jobTemplate`, a ReplicationController a bare selector."""
        if not isinstance(value, dict):
            return value
        job = value.get("jobTemplate")
        if isinstance(job, dict):
            inner = job.get("spec")
            template = inner.get("template", {}) if isinstance(inner, dict) else {}
            return {**value, "template": template, "replicas": 0}
        selector = value.get("selector")
        if isinstance(selector, dict) and not selector.keys() & {"matchLabels", "matchExpressions"}:
            value = {**value, "selector": {"matchLabels": selector}}
        return {**value, "replicas": value["parallelism"]} if "parallelism" in value else value


class WorkloadStatus(Manifest):
    """What a cluster says of a workload's Pods; counts that are 0 are left out there."""

    replicas: StrictInt | None = None
    ready_replicas: StrictInt | None = None
    number_ready: StrictInt | None = None
    observed_generation: StrictInt | None = None


class WorkloadResource(KubernetesObject):
    """What makes Pods from a template.

    apps/v1 Deployment, StatefulSet, DaemonSet, ReplicaSet; v1 ReplicationController; batch/v1 Job, and
    CronJob, which makes none until its time has come (so its `replicas` are 0).
    """

    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()

    @property
    def ready_replicas(self) -> int | None:
        """How many Pods are ready, as the status of a workload says that controllers have seen; else None."""
        if self.status.observed_generation is None or self.kind in {"CronJob", "Job"}:
            return None
        return self.status.number_ready or self.status.ready_replicas or 0


class NodeAddress(Manifest):
    """An address of a node."""

    type: StrictStr = ""
    address: StrictStr = ""


class NodeResources(Manifest):
    """What a node has of each resource, as far as it counts here."""

    cpu: StrictStr | StrictInt | StrictFloat | None = None


class NodeInfo(Manifest):
    """What runs on a node."""

    kubelet_version: StrictStr = ""


class NodeSpec(Manifest):
    """Whose machine a node is, as `aws:///eu-west-1a/i-0123`."""

    provider_id: StrictStr | None = Field(default=None, alias="providerID")


class NodeStatus(Manifest):
    """Addresses, conditions, versions and CPU of a node; without allocatable its capacity counts."""

    node_info: NodeInfo = NodeInfo()
    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[PodCondition, ...] = ()
    allocatable: NodeResources | None = None
    capacity: NodeResources = NodeResources()


class NodeObject(KubernetesObject):
    """v1 Node."""

    has_namespace: ClassVar[bool] = False
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Secret(KubernetesObject):
    """v1 Secret: its name, its type, and the certificate that it shows to everybody. No other data enters."""

    type: StrictStr | None = None
    _chain: str | None = PrivateAttr(default=None)

    @property
    def chain(self) -> str | None:
        """The certificates of `tls.crt`, PEM blocks and nothing else; None: the file has none."""
        return self._chain

    def showing(self, chain: str | None) -> None:
        """Remember the certificates of `tls.crt`."""
        self._chain = chain


class ConfigMap(KubernetesObject):
    """v1 ConfigMap: settings by key. Only the one that a controller is told to read is ever looked into."""

    data: dict[StrictStr, StrictStr] = Field(default_factory=dict, repr=False)


class Namespace(KubernetesObject):
    """v1 Namespace."""

    has_namespace: ClassVar[bool] = False
