"""The HorizontalPodAutoscalers of a cluster, and what CPU of Pods makes them ask for.

Left out: metrics other than the CPU of whole Pods (memory, single containers, objects, from outside): they
ask for nothing. Source: autoscaling/v2; kubernetes, pkg/apis/autoscaling/v2/defaults.go.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from sim.cluster.cluster import Cluster
from sim.cluster.life.autoscaler import Autoscaler
from sim.cluster.life.figures import HPA
from sim.cluster.life.held import Held
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
from sim.manifests.objects.workloads import Container, PodSpec
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
    """The autoscaler of one workload.

    Args:
        others: metrics that are not modelled.
    """

    autoscaler: Autoscaler
    targets: tuple[CpuTarget, ...]
    others: tuple[str, ...] = ()

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
    least = 1 if spec.min_replicas is None else spec.min_replicas
    bounds = ScaleBounds(max(0, least), max(1, spec.max_replicas))
    up, down = (
        _rules(spec.behavior.get(key), usual) for key, usual in (("scaleUp", UP), ("scaleDown", DOWN))
    )
    targets = tuple(_targets(spec.metrics))
    if not spec.metrics:
        targets = (CpuTarget(int(HPA["cpu_percent"]) if spec.target_cpu is None else spec.target_cpu),)
    others = tuple(name for _, name in other_metrics(found))
    return WorkloadScaler(Autoscaler(bounds, up, down), targets, others)


def _is_cpu(metric: Mapping[str, Any]) -> bool:
    """Whether a metric is the CPU of whole Pods."""
    return metric.get("type") == "Resource" and _part(metric, "resource").get("name") == "cpu"


def other_metrics(scaler: HorizontalPodAutoscaler) -> Iterator[tuple[int, str]]:
    """The metrics that are not modelled: place and name of each."""
    for place, metric in enumerate(scaler.spec.metrics):
        if not _is_cpu(metric):
            kind = str(metric.get("type") or "of no type")
            name = _part(metric, kind[:1].lower() + kind[1:]).get("name")
            yield place, str(name or kind)


def _targets(metrics: Iterable[Mapping[str, Any]]) -> Iterator[CpuTarget]:
    for metric in filter(_is_cpu, metrics):
        target = _part(_part(metric, "resource"), "target")
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
    written = stated.get("policies")
    policies = tuple(
        ScalingPolicy(str(p.get("type")), p["value"], float(p["periodSeconds"]))
        for p in (written if isinstance(written, list) else ())
        if isinstance(p, Mapping) and all(_is_count(p.get(key)) for key in ("value", "periodSeconds"))
    )
    return ScalingRules(
        policies or usual.policies,
        usual.select if select is None else str(select),
        float(window) if _is_count(window) else usual.window_s,
    )


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and value >= 0


def _part(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A part of what is written; nothing where it has another shape."""
    value = whole.get(key)
    return value if isinstance(value, Mapping) else {}


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
    limits = [_cpu(container, "limits") for container in spec.serving]
    requests = [_cpu(container, "requests") for container in spec.serving]
    asked = [limit if request is None else request for request, limit in zip(requests, limits, strict=True)]
    return PodCpu(_sum(asked), _sum(limits))


def _cpu(container: Container, what: str) -> int | None:
    """What a container states of its CPU, in milli-units."""
    return milli(_part(container.resources or {}, what).get("cpu"))


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def blind(scaler: WorkloadScaler, key: str, spec: PodSpec, since_s: float) -> Held | None:
    """An autoscaler that measures nothing; None: it has a metric that works.

    Args:
        key: of its workload.
        spec: of the Pods.
        since_s: when it looks for the first time.
    """
    what = f"autoscaler of {key} measures nothing"
    if not scaler.targets:
        others = ", ".join(scaler.others) or "none with a target"
        because = f"only the CPU of whole Pods is modelled, and its metrics are: {others}"
        return Held(what, since_s, because, "play what it would do with scale: in events")
    bare = [c.name for c in spec.serving if _cpu(c, "requests") is None and _cpu(c, "limits") is None]
    if not bare or not all(target.is_percent for target in scaler.targets):
        return None
    because = f"failed to get cpu utilization: missing request for cpu in container {bare[0]}"
    return Held(what, since_s, because, f"give {' and '.join(bare)} resources.requests.cpu")


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
