"""What changes how many Pods a workload has by itself."""

from typing import Any

from pydantic import Field, StrictInt, StrictStr

from sim.manifests.objects.meta import KubernetesObject, Manifest


class ScaleTargetRef(Manifest):
    """The workload that is scaled, in the same namespace."""

    api_version: StrictStr = ""
    kind: StrictStr = ""
    name: StrictStr = ""


class HorizontalPodAutoscalerSpec(Manifest):
    """Bounds, metrics and behaviour; version 1 states CPU alone, in percent."""

    scale_target_ref: ScaleTargetRef = ScaleTargetRef()
    min_replicas: StrictInt | None = None
    max_replicas: StrictInt = 1
    metrics: tuple[dict[StrictStr, Any], ...] = ()
    behavior: dict[StrictStr, Any] = Field(default_factory=dict)
    target_cpu: StrictInt | None = Field(default=None, alias="targetCPUUtilizationPercentage")


class HorizontalPodAutoscaler(KubernetesObject):
    """autoscaling/v2 HorizontalPodAutoscaler, and v1."""

    spec: HorizontalPodAutoscalerSpec = HorizontalPodAutoscalerSpec()
