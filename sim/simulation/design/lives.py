"""The events of a scenario, played on the cluster of a plan: all Pods, and the lives of those that change."""

from collections.abc import Callable, Iterator

from sim.cluster.cluster import Cluster
from sim.cluster.life.changed import with_pods
from sim.cluster.life.course import AppLife, ClusterChange, ClusterCourse, workloads_of
from sim.errors import ScenarioError, nearest
from sim.scenario import Scenario
from sim.scenario.events import EventKey


def played(
    cluster: Cluster, scenario: Scenario, apps: Callable[[str], AppLife] | None = None
) -> ClusterCourse:
    """What the events make of the Pods of a cluster.

    Args:
        apps: of a workload; None: every start takes its mean time.
    """
    course = ClusterCourse(cluster, apps or (lambda key: usual_life(scenario, key)))
    for change in changes_of(scenario):
        course.play(change)
    return course


def usual_life(scenario: Scenario, key: str) -> AppLife:
    """The Pods of a workload, where every start takes its mean time."""
    app = scenario.app_of(key)
    return AppLife((app.start.mean_s,), app.on_sigterm)


def changes_of(scenario: Scenario) -> Iterator[ClusterChange]:
    """The events as changes of a cluster, in order of time."""
    for event in sorted(scenario.events, key=lambda e: e.at):
        if event.rollout is not None:
            yield ClusterChange("rollout", event.rollout, event.at)
        elif event.scale is not None:
            yield ClusterChange("scale", event.scale, event.at, event.to or 0)
        elif event.drain is not None:
            yield ClusterChange("drain", event.drain, event.at)


def with_all_pods(cluster: Cluster, scenario: Scenario) -> Cluster:
    """The cluster with all Pods that there ever are, each of them ready; itself where nothing happens."""
    return with_pods(cluster, played(cluster, scenario).changed) if scenario.events else cluster


def check_events(scenario: Scenario, cluster: Cluster) -> None:
    """Refuse names that the cluster does not have.

    Raises:
        ScenarioError: with the nearest name.
    """
    known = {"drain": cluster.node_by_name, "rollout": workloads_of(cluster), "scale": workloads_of(cluster)}
    for index, event in enumerate(scenario.events):
        _check(index, event, {kind: list(names) for kind, names in known.items()})


def _check(index: int, event: EventKey, known: dict[str, list[str]]) -> None:
    kind = event.kinds[0]
    name, names = getattr(event, kind), known.get(kind, [])
    if kind in known and name not in names:
        near = nearest(name, names)
        fix = f"did you mean {near}?" if near else f"one of: {', '.join(names[:12]) or 'there is none'}"
        raise ScenarioError(f"events[{index}].{kind}: there is no {name}", fix=fix)
