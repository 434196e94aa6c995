"""Workloads whose Pods are made anew where one goes; their Pods, and the budget that holds them."""

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.life.disruption import DisruptionBudget
from sim.cluster.life.pods import OnSigterm
from sim.manifests.objects.disruption import PodDisruptionBudget
from sim.manifests.objects.workloads import Pod, PodSpec, WorkloadResource

REPLACING = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")
"""Kinds whose Pods are made anew where one goes."""


def workloads_of(cluster: Cluster) -> dict[str, WorkloadResource]:
    """Those whose Pods are made anew where one goes, by `NAMESPACE/NAME`; the first of a name counts."""
    found: dict[str, WorkloadResource] = {}
    for workload in cluster.manifests.of(WorkloadResource):
        if workload.kind in REPLACING:
            found.setdefault(workload.key, workload)
    return found


def pods_of(cluster: Cluster, workload: WorkloadResource) -> list[RunningPod]:
    """The Pods of a workload: those that were made of it, else those that its selector finds."""
    made = [p for p in cluster.pods.values() if p.workload == f"{workload.kind} {workload.key}"]
    wanted = workload.spec.selector.match_labels
    if made or not wanted:
        return made
    inside = (p for p in cluster.pods.values() if p.namespace == workload.namespace)
    return [p for p in inside if all(p.labels.get(k) == v for k, v in wanted.items())]


def budget_of(cluster: Cluster, workload: WorkloadResource) -> PodDisruptionBudget | None:
    """The PodDisruptionBudget that selects a workload's Pods; None: none does."""
    labels = workload.spec.template.metadata.labels
    budgets: list[PodDisruptionBudget] = list(cluster.manifests.of(PodDisruptionBudget))
    for budget in budgets:
        wanted = budget.spec.selector.match_labels
        if budget.namespace == workload.namespace and all(labels.get(k) == v for k, v in wanted.items()):
            return budget
    return None


def limits_of(budget: PodDisruptionBudget | None) -> DisruptionBudget | None:
    """What a budget asks for; None: there is none."""
    spec = None if budget is None else budget.spec
    return None if spec is None else DisruptionBudget(spec.max_unavailable, spec.min_available)


def bare_spec(cluster: Cluster, key: str) -> PodSpec:
    """What a Pod says of itself that no workload makes; nothing, where no file shows it."""
    return next((pod.spec for pod in cluster.manifests.of(Pod) if pod.key == key), PodSpec())


def is_controller(cluster: Cluster, key: str) -> bool:
    """Whether a workload's Pods are those of an Ingress controller or of a Gateway."""
    own = (pod for c in (*cluster.controllers, *cluster.gateway_proxies) for pod in c.pods)
    made_by = (cluster.pods[pod].workload or "" for pod in own if pod in cluster.pods)
    return any(name.partition(" ")[2] == key for name in made_by)


def usual_end(cluster: Cluster, key: str) -> OnSigterm:
    """What the Pods of a workload do at SIGTERM where nothing is said: a controller finishes what it has.

    Source: nginx, signal QUIT; HAProxy, SIGUSR1; Envoy, drain_listeners; Traefik, transport.lifeCycle.
    """
    return "drain" if is_controller(cluster, key) else "exit"
