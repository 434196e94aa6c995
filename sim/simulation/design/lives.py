"""The events of a scenario, played on the cluster of a plan: all Pods, and the lives of those that change."""

from collections.abc import Callable, Iterator, Mapping

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.life.asked import AppLife, ClusterChange
from sim.cluster.life.changed import with_pods
from sim.cluster.life.course import ClusterCourse
from sim.cluster.life.hpa import autoscalers_of
from sim.cluster.life.nodes import lost_node
from sim.cluster.life.plays import play
from sim.cluster.life.workloads import REPLACING, pods_of, workloads_of
from sim.errors import ScenarioError, nearest
from sim.manifests.objects.workloads import WorkloadResource
from sim.scenario import FaultKey, Scenario
from sim.scenario.events import EventKey

MOST_PLACES = 1_000
"""Places that are kept for the Pods of one workload; an autoscaler that asks for more gets these."""
MOST_AT_ONCE = 2
"""Times the most replicas: those that are there, and those that terminate while others come."""


def played(
    cluster: Cluster,
    scenario: Scenario,
    apps: Callable[[str], AppLife] | None = None,
    places: Mapping[str, RunningPod] | None = None,
) -> ClusterCourse:
    """What the events make of the Pods of a cluster.

    Args:
        apps: of a workload; None: every start takes its mean time.
        places: where new Pods come that are known before; None: where there is room.
    """
    course = ClusterCourse(cluster, apps or (lambda key: usual_life(scenario, key)), places or {})
    for change in changes_of(scenario, cluster):
        play(course, change)
    return course


def usual_life(scenario: Scenario, key: str) -> AppLife:
    """The Pods of a workload, where every start takes its mean time."""
    app = scenario.app_of(key)
    return AppLife((app.start.mean_s,), app.on_sigterm, scenario.drain_s)


def changes_of(scenario: Scenario, cluster: Cluster) -> list[ClusterChange]:
    """The events, and nodes that are lost, as changes of a cluster, in order of time."""
    there = workloads_of(cluster)
    in_order = sorted(scenario.events, key=lambda event: event.at)
    asked = [change for event in in_order for change in (*_asked(event, there), *_deleted(event, cluster))]
    lost = (change for fault in scenario.faults for change in _lost(fault, cluster))
    within = (change for change in lost if change.at_s < scenario.ends_s)
    return sorted((*asked, *within), key=lambda change: change.at_s)


def _asked(event: EventKey, there: dict[str, WorkloadResource]) -> Iterator[ClusterChange]:
    """What an event asks of Pods.

    Args:
        there: the workloads until then; those that are applied come in their place.
    """
    at_s = event.at
    if event.rollout is not None:
        yield ClusterChange("rollout", event.rollout, at_s)
    elif event.scale is not None:
        yield ClusterChange("scale", event.scale, at_s, event.to or 0)
    elif event.drain is not None:
        yield ClusterChange("drain", event.drain, at_s)
    elif event.restart is not None:
        yield ClusterChange("restart", event.restart, at_s)
    elif event.delete is not None:
        kind, key = event.deletes
        if kind == "Pod":
            yield ClusterChange("delete-pod", key, at_s, because=event.title)
        elif kind in REPLACING:
            yield ClusterChange("delete", key, at_s, because=event.title)
    for workload in event.applied.of(WorkloadResource):
        if workload.kind in REPLACING:
            yield from _applied(event, workload, there.get(workload.key))
            there[workload.key] = workload


def _deleted(event: EventKey, cluster: Cluster) -> Iterator[ClusterChange]:
    """The Pods of a workload whose kind is played in no other way, such as a DaemonSet, go with it."""
    kind, key = event.deletes
    for workload in cluster.manifests.of(WorkloadResource):
        if (workload.kind, workload.key) == (kind, key) and kind not in REPLACING:
            for pod in pods_of(cluster, workload):
                yield ClusterChange("delete-pod", pod.key, event.at, because=event.title)


def _applied(
    event: EventKey, workload: WorkloadResource, before: WorkloadResource | None
) -> Iterator[ClusterChange]:
    """A workload that is new, has other replicas, or another Pod template."""
    key, spec = workload.key, workload.spec
    if before is None:
        to = 1 if spec.replicas is None else spec.replicas
        yield ClusterChange("scale", key, event.at, to, manifest=workload, because=event.title)
        return
    if spec.replicas is not None:
        yield ClusterChange("scale", key, event.at, spec.replicas, because=event.title)
    if spec.template != before.spec.template:
        yield ClusterChange("rollout", key, event.at, manifest=workload, because=event.title)


def _lost(fault: FaultKey, cluster: Cluster) -> Iterator[ClusterChange]:
    """What the control plane makes of a node that falls silent, unless it is said when others notice."""
    if fault.detected_after is not None:
        return
    for node in cluster.nodes:
        if node.name == fault.node or node.zone == fault.zone:
            because = f"node {node.name} lost"
            yield ClusterChange("lose", node.name, fault.at, until_s=fault.until_s, because=because)
            deleted_s = fault.at + lost_node().deleted_s
            if deleted_s < fault.until_s:
                yield ClusterChange("evict", node.name, deleted_s, because=because)


def are_changed(scenario: Scenario, cluster: Cluster) -> bool:
    """Whether Pods of a cluster come or go in a run, or may."""
    return bool(scenario.events or changes_of(scenario, cluster) or autoscalers_of(cluster))


def with_all_pods(cluster: Cluster, scenario: Scenario) -> Cluster:
    """The cluster with all Pods that there ever may be, each of them ready; itself where nothing happens."""
    if not are_changed(scenario, cluster):
        return cluster
    course = played(cluster, scenario)
    for key, scaler in autoscalers_of(cluster).items():
        _reserve(course, key, scaler.bounds.most, len(scenario.events))
    return with_pods(cluster, course.changed)


def with_pods_of_events(cluster: Cluster, scenario: Scenario) -> Cluster:
    """The same without those that an autoscaler may ask for, or that replace others of a lost node."""
    if not scenario.events:
        return cluster
    whole = scenario.model_copy(update={"faults": ()})
    return with_pods(cluster, played(cluster, whole).changed)


def _reserve(course: ClusterCourse, key: str, most: int, events: int) -> None:
    """Places for the Pods that an autoscaler may ask for; a place is taken again once its Pod is gone."""
    workload = course.workload(key)
    if workload is not None:
        course.names(workload, max(0, min(most * (MOST_AT_ONCE + events), MOST_PLACES)), 0.0)


def check_events(scenario: Scenario, cluster: Cluster) -> None:
    """Refuse names that the cluster does not have.

    Raises:
        ScenarioError: with the nearest name.
    """
    applied = (w for event in scenario.events for w in event.applied.of(WorkloadResource))
    kinds = {w.key: w.kind for w in (*applied, *cluster.manifests.of(WorkloadResource))}
    workloads = [key for key, kind in kinds.items() if kind in REPLACING]
    pods = [f"Pod/{key}" for key in cluster.pods]
    known = {
        "drain": [*cluster.node_by_name],
        "rollout": workloads,
        "scale": workloads,
        "restart": [*cluster.pods],
    }
    for index, event in enumerate(scenario.events):
        is_pod = event.deletes[0] == "Pod"
        asked = event.rollout or event.scale or ""
        if asked not in workloads and asked in kinds:
            raise ScenarioError(f"events[{index}].{event.kinds[0]}: {_not_played(event, kinds[asked])}")
        _check(index, event, {**known, "delete": pods} if is_pod else known)


def _not_played(event: EventKey, kind: str) -> str:
    """Why nothing of the kind happens to a workload."""
    if event.scale is not None:
        return f"{event.scale} is a {kind}, which has no replicas to set"
    if kind == "DaemonSet":
        return (
            f"{event.rollout} is a DaemonSet, whose roll-out is not played: it would replace its Pods node "
            "by node, maxUnavailable (1) at a time; delete: Pod/NAMESPACE/NAME plays the end of one of them"
        )
    return f"{event.rollout} is a {kind}, which replaces no Pod when its template changes"


def _check(index: int, event: EventKey, known: dict[str, list[str]]) -> None:
    kind = event.kinds[0]
    name, names = getattr(event, kind), known.get(kind, [])
    if kind in known and name not in names:
        near = nearest(name, names)
        fix = f"did you mean {near}?" if near else f"one of: {', '.join(names[:12]) or 'there is none'}"
        raise ScenarioError(f"events[{index}].{kind}: there is no {name}", fix=fix)
