"""What a scenario says about the Pods of a workload, and over what is configured about how proxies go on."""

from dataclasses import replace
from functools import partial
from math import inf
from typing import Any

from sim.cluster.cluster import Cluster, RunningPod
from sim.cluster.life.workloads import pods_of
from sim.errors import ScenarioError, nearest
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing.proxies.retries import NOT_SENT, Retries
from sim.scenario import ControllerKey, Scenario
from sim.scenario.events import AppKey
from sim.simulation.design.numbers import Limits


def limits_of(scenario: Scenario, cluster: Cluster) -> Limits:
    """How many requests wait in each Pod, and how long it keeps idle connections."""
    stated = (w for w in cluster.manifests.of(WorkloadResource) if w.key in scenario.apps)
    named = {pod.key: workload.key for workload in stated for pod in pods_of(cluster, workload)}
    return partial(_limits, scenario, named)


def _limits(
    scenario: Scenario, named: dict[str, str], pod: RunningPod, is_controller: bool
) -> tuple[int | None, float]:
    """Of one Pod; a controller's keep_alive is its own, and what holds for all applications is not for it."""
    if not is_controller:
        app = scenario.app_of(named.get(pod.key, ""))
        return app.queue, app.idle_timeout or inf
    app = scenario.apps.get(named.get(pod.key, ""), AppKey())
    return app.queue, scenario.controller_key.keep_alive or app.idle_timeout or inf


def check_apps(scenario: Scenario, cluster: Cluster) -> None:
    """Refuse workloads that the cluster does not have.

    Raises:
        ScenarioError: with the nearest name.
    """
    names = [w.key for w in cluster.manifests.of(WorkloadResource)] if scenario.apps else []
    for key in scenario.apps:
        if key != "default" and key not in names:
            near = nearest(key, names)
            fix = f"did you mean {near}?" if near else f"one of: default, {', '.join(names[:12])}"
            raise ScenarioError(f"apps: there is no workload {key}", fix=fix)


def stated_over(retries: Retries, key: ControllerKey) -> Retries:
    """How a controller goes on, with what the scenario says over everything else.

    Where its program tries nothing again, further tries are for what a Pod has not had yet.
    """
    stated = {
        "connect_timeout_s": key.connect_timeout, "read_timeout_s": key.read_timeout, "tries": key.tries,
    }  # fmt: skip
    told: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    if key.tries is not None and not retries.after:
        told["after"] = NOT_SENT
    return replace(retries, **told) if told else retries
