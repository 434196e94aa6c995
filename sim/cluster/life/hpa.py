"""The HorizontalPodAutoscalers of a cluster, and what CPU of Pods makes them ask for.

Left out: metrics other than the CPU of whole Pods (memory, single containers, objects, from outside): they
ask for nothing. Source: autoscaling/v2; kubernetes, pkg/apis/autoscaling/v2/defaults.go.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.cluster.cluster import Cluster
from sim.cluster.life.autoscaler import Autoscaler
from sim.cluster.life.figures import HPA
from sim.cluster.life.pods import PodLife
from sim.cluster.life.replicas import (
    TOLERANCE,
    MeasuredPod,
    PodHistory,
    Proposal,
    by_average,
    by_utilization,
    group_of,
)
from sim.cluster.life.scaling import DOWN, UP, ScaleBounds, ScalingPolicy, ScalingRules
from sim.cluster.life.workloads import workloads_of
from sim.errors import InputError
from sim.manifests.objects.autoscaling import HorizontalPodAutoscaler
from sim.manifests.objects.workloads import PodSpec
from sim.units import cores


@dataclass(frozen=True)
class CpuTarget:
    """What a metric aims at.

    Args:
        value: percent of the requests, or milli-units per Pod.
    """

    value: int
    is_percent: bool = True


@dataclass(frozen=True)
class WorkloadScaler:
    """The autoscaler of one workload."""

    autoscaler: Autoscaler
    targets: tuple[CpuTarget, ...]

    @property
    def bounds(self) -> ScaleBounds:
        """The least and the most replicas."""
        return self.autoscaler.bounds

    @property
    def percent(self) -> int | None:
        """What it aims at, in percent; None: in other terms."""
        return next((t.value for t in self.targets if t.is_percent), None)

    def proposals(self, replicas: int, pods: Sequence[MeasuredPod]) -> list[Proposal | None]:
        """What each metric asks for; None: it fails."""
        return [
            (by_utilization if target.is_percent else by_average)(replicas, target.value, pods, TOLERANCE)
            for target in self.targets
        ]


def autoscalers_of(cluster: Cluster) -> dict[str, WorkloadScaler]:
    """Those whose workload is there, by its `NAMESPACE/NAME`; the first of one workload counts."""
    there, found = workloads_of(cluster), dict[str, WorkloadScaler]()
    for scaler in cluster.manifests.of(HorizontalPodAutoscaler):
        key = f"{scaler.namespace}/{scaler.spec.scale_target_ref.name}"
        if key in there and there[key].kind == scaler.spec.scale_target_ref.kind:
            found.setdefault(key, _scaler(scaler))
    return found


def _scaler(found: HorizontalPodAutoscaler) -> WorkloadScaler:
    spec = found.spec
    bounds = ScaleBounds(1 if spec.min_replicas is None else spec.min_replicas, spec.max_replicas)
    up, down = (
        _rules(spec.behavior.get(key), usual) for key, usual in (("scaleUp", UP), ("scaleDown", DOWN))
    )
    targets = tuple(_targets(spec.metrics))
    if not spec.metrics:
        targets = (CpuTarget(int(HPA["cpu_percent"]) if spec.target_cpu is None else spec.target_cpu),)
    return WorkloadScaler(Autoscaler(bounds, up, down), targets)


def _targets(metrics: Iterable[Mapping[str, Any]]) -> Iterator[CpuTarget]:
    for metric in metrics:
        resource = metric.get("resource") or {}
        target = resource.get("target") or {}
        if metric.get("type") != "Resource" or resource.get("name") != "cpu":
            continue
        percent, each = target.get("averageUtilization"), milli(target.get("averageValue"))
        if isinstance(percent, int) and percent > 0:
            yield CpuTarget(percent)
        elif each:
            yield CpuTarget(each, is_percent=False)


def _rules(stated: Any, usual: ScalingRules) -> ScalingRules:
    """One direction of spec.behavior; what it leaves open is as usual."""
    if not isinstance(stated, Mapping):
        return usual
    window, select = stated.get("stabilizationWindowSeconds"), stated.get("selectPolicy")
    policies = tuple(
        ScalingPolicy(str(p.get("type")), int(p.get("value", 0)), float(p.get("periodSeconds", 0)))
        for p in stated.get("policies") or ()
    )
    return ScalingRules(
        policies or usual.policies,
        usual.select if select is None else str(select),
        usual.window_s if window is None else float(window),
    )


def milli(quantity: object) -> int | None:
    """A quantity of CPU in milli-units; None: there is none."""
    if not isinstance(quantity, str | int | float):
        return None
    try:
        return round(cores(quantity) * 1000)
    except InputError:
        return None


@dataclass(frozen=True)
class PodCpu:
    """The CPU of a Pod in milli-units.

    Args:
        request: None: a container has none, so that a share of it fails.
        limit: None: a container has none.
    """

    request: int | None
    limit: int | None

    def at_most(self, per_worker: float | None, workers: int) -> float:
        """What a Pod uses whose workers are all busy: an assumption, where a scenario does not say it.

        Args:
            per_worker: milli-units of one busy worker; None: all together use the limit, else the request.
        """
        return (self.limit or self.request or 0) if per_worker is None else per_worker * workers


def cpu_of(spec: PodSpec) -> PodCpu:
    """The CPU of all its containers; a request that is not stated is the limit."""
    resources = [container.resources or {} for container in spec.serving]
    limits = [milli((r.get("limits") or {}).get("cpu")) for r in resources]
    requests = [milli((r.get("requests") or {}).get("cpu")) for r in resources]
    asked = [limit if request is None else request for request, limit in zip(requests, limits, strict=True)]
    return PodCpu(_sum(asked), _sum(limits))


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def measured(life: PodLife, usage: float, cpu: PodCpu, at_s: float) -> MeasuredPod:
    """A Pod as an autoscaler sees it.

    Args:
        usage: over the time that a figure covers, in milli-units.
    """
    moments = [life.created_s, life.ready_s, *(m for b in life.breaks for m in (b.unready_s, b.ready_s))]
    changed_s = max((m for m in moments if m <= at_s), default=life.created_s)
    history = PodHistory(
        deleting=life.deleted_s <= at_s,
        ready=life.is_ready(at_s),
        started_s=at_s - life.created_s,
        changed_s=at_s - changed_s,
    )
    return MeasuredPod(group_of(history), round(usage), cpu.request)


def said(scaler: WorkloadScaler, replicas: int, wanted: Proposal | None) -> str:
    """Why an autoscaler changes the number of replicas, in words.

    Args:
        replicas: that there were.
        wanted: what the metric that decided asked for.
    """
    if replicas < scaler.bounds.least:
        return f"autoscaler: at least {scaler.bounds.least}"
    if replicas > scaler.bounds.most or wanted is None:
        return f"autoscaler: at most {scaler.bounds.most}"
    if scaler.percent is None:
        return f"autoscaler: CPU at {wanted.shows}m per Pod"
    return f"autoscaler: CPU at {wanted.shows} %, aim {scaler.percent} %"
