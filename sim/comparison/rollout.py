"""Whether a roll-out loses requests, why, and the smallest preStop hook with which it loses none.

The Pod template of a workload changes while its routes are under load; every seed is a run of its own. A hook
is named only after it was tried on all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil, inf

from sim.analysis.fix import read_again, texts_of
from sim.analysis.fix.edits import Put, applied, splices
from sim.analysis.fix.patch import unified
from sim.cluster.life.figures import GRACE_S
from sim.cluster.life.pods import prestop_s
from sim.comparison.failures import failures_of, hidden_of
from sim.comparison.rollout_answer import RPS, SEEDS, Hook, Rollout, RolloutRuns, Ruling
from sim.errors import UsageError, there_are
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.networking import Service
from sim.manifests.objects.workloads import PodSpec, WorkloadResource
from sim.plans import Exposed, expose
from sim.scenario.experiment import Experiment, from_manifests
from sim.simulation.design import compile_design
from sim.simulation.design.lives import played
from sim.simulation.engines import run
from sim.simulation.result import Result

AT_S = 10.0
"""When the template changes."""

MOST_PRESTOP_S = 900
AFTER_S = 5.0
"""How long a run goes on after everything has settled."""


def rollouts(manifests: Manifests, workload: str | None = None, rps: float = RPS) -> Iterator[Rollout]:
    """The roll-outs of a workload, or of every one that a route or a load balancer reaches.

    Raises:
        UsageError: there is no such workload, or nothing reaches it.
    """
    reached = reached_by_routes(manifests)
    if workload is not None and workload not in reached:
        raise UsageError(
            f"--workload {workload}: no route and no load balancer reaches it; {there_are(workload, reached)}"
        )
    for key in reached if workload is None else (workload,):
        yield rollout(manifests, key, reached[key], rps)


def workloads_in(manifests: Manifests) -> dict[str, WorkloadResource]:
    """Deployments, by `NAMESPACE/NAME`."""
    return {w.key: w for w in manifests.of(WorkloadResource) if w.kind == "Deployment"}


def reached_by_routes(manifests: Manifests) -> dict[str, list[Exposed]]:
    """Workload -> what is exposed of it."""
    services = {s.key: s for s in manifests.of(Service)}
    found: dict[str, list[Exposed]] = {}
    for entry in expose(manifests, ()):
        service = services.get(entry.service)
        for key, workload in workloads_in(manifests).items():
            if service is not None and _selects(service, workload):
                found.setdefault(key, []).append(entry)
    return found


def _selects(service: Service, workload: WorkloadResource) -> bool:
    labels, wanted = workload.spec.template.metadata.labels, service.spec.selector
    same = workload.namespace == service.namespace
    return same and bool(wanted) and all(labels.get(k) == v for k, v in wanted.items())


def rollout(manifests: Manifests, key: str, exposed: Sequence[Exposed], rps: float = RPS) -> Rollout:
    """The roll-out of one workload."""
    experiment = _experiment(manifests, key, exposed, rps)
    results = list(_runs(experiment))
    as_is, ruling = _tried(None, results), _ruling(results)
    hook = _smallest(manifests, key, exposed, rps, ruling) if as_is.failures else None
    plan = experiment.plan_to_run()
    return Rollout(key, plan.name, as_is, ruling, hook, plan.cluster.assumptions)


def _experiment(manifests: Manifests, key: str, exposed: Sequence[Exposed], rps: float) -> Experiment:
    """The scenario of a roll-out, long enough that everything has settled at its end."""
    rows = [{"host": e.asked_host, "path": e.path, "rps": rps / len(exposed)} for e in exposed]
    keys = {"events": [{"at": AT_S, "rollout": key}]}
    probe = from_manifests(
        manifests, "rollout", (), {**keys, "traffic": [{**r, "duration_s": 1} for r in rows]}
    )
    lives = played(probe.plan_to_run().cluster, probe.scenario).lives
    settled_s = max(
        (m for life in lives.values() for m in (life.ready_s, life.closes_s) if m < inf), default=AT_S
    )
    end_s = settled_s + _slowest_s(probe) + AFTER_S
    return from_manifests(
        manifests, "rollout", (), {**keys, "traffic": [{**r, "duration_s": end_s} for r in rows]}
    )


def _slowest_s(experiment: Experiment) -> float:
    told, plan = experiment.scenario.propagation, experiment.plan_to_run()
    lags = compile_design(plan, experiment.scenario, experiment.rules).lags
    own = (told.kube_proxy.mean_s, told.controller.mean_s, *(x for lag in lags for x in lag))
    return told.endpointslice.mean_s + max(own)


def _runs(experiment: Experiment, seeds: Sequence[int] = SEEDS) -> Iterator[Result]:
    plan = experiment.plan_to_run()
    design = compile_design(plan, experiment.scenario, experiment.rules)
    return (run(design, experiment.scenario, seed) for seed in seeds)


def _tried(hook_s: float | None, results: Sequence[Result]) -> RolloutRuns:
    failures = tuple(f for result in results for f in failures_of(result))
    return RolloutRuns(hook_s, sum(r.sent for r in results), failures, sum(map(hidden_of, results)))


def _ruling(results: Sequence[Result]) -> Ruling:
    found = [told for result in results for told in result.told_last.values()]
    part, delay_s = max(found, key=lambda pair: pair[1], default=("nobody", 0.0))
    return Ruling(part, delay_s)


def _smallest(
    manifests: Manifests, key: str, exposed: Sequence[Exposed], rps: float, ruling: Ruling
) -> Hook | None:
    """RolloutRuns from the ruling delay on, until no seed loses a request."""
    hook_s = max(1, ceil(ruling.delay_s))
    while hook_s <= MOST_PRESTOP_S:
        changed, patch = hooked(manifests, key, hook_s)
        found = _tried(hook_s, list(_runs(_experiment(changed, key, exposed, rps))))
        if not found.failures:
            return Hook(
                hook_s, grace_with(workloads_in(manifests)[key].spec.template.spec, hook_s), found, patch
            )
        hook_s += max(1, hook_s // 4)
    return None


def _grace_of(pod: PodSpec) -> float:
    stated = pod.termination_grace_period_seconds
    return GRACE_S if stated is None else float(stated)


def hooked(manifests: Manifests, key: str, hook_s: int) -> tuple[Manifests, str]:
    """The set where a workload's containers that serve sleep before they stop, and the patch that does it.

    Returns:
        An empty patch where the files cannot be changed in place; then only the objects are.
    """
    workload = workloads_in(manifests)[key]
    changes, texts = list(_changes(workload, hook_s)), texts_of(manifests)
    changed = applied(splices(changes, texts), texts) if texts else {}
    again = read_again(manifests, changed) if changed else None
    if again is None:
        return replace(manifests, objects=tuple(_hooked(o, key, hook_s) for o in manifests.objects)), ""
    return again, unified(changed, texts or {}, {}, None)


def _changes(workload: WorkloadResource, hook_s: int) -> Iterator[Put]:
    pod, spec = workload.spec.template.spec, ("spec", "template", "spec")
    for number in _serving(pod):
        where = (*spec, "containers", number, "lifecycle", "preStop")
        yield Put(workload, where, {"sleep": {"seconds": hook_s}})
    grace_s = grace_with(pod, hook_s)
    if grace_s != _grace_of(pod):
        yield Put(workload, (*spec, "terminationGracePeriodSeconds"), grace_s)


def _serving(pod: PodSpec) -> list[int]:
    """The containers that take requests, by number: those with ports, else the first."""
    return [n for n, c in enumerate(pod.containers) if c.ports] or [0]


def grace_with(pod: PodSpec, hook_s: int) -> int:
    """The grace period that leaves a Pod as much time after its hook as it has now."""
    return max(int(_grace_of(pod)), ceil(hook_s + _grace_of(pod) - prestop_s(pod)))


def _hooked(o: KubernetesObject, key: str, hook_s: int) -> KubernetesObject:
    if not isinstance(o, WorkloadResource) or o.key != key:
        return o
    pod, hook = o.spec.template.spec, {"preStop": {"sleep": {"seconds": hook_s}}}
    serving = _serving(pod)
    containers = tuple(
        c.model_copy(update={"lifecycle": {**(c.lifecycle or {}), **hook}}) if n in serving else c
        for n, c in enumerate(pod.containers)
    )
    told = {"containers": containers, "termination_grace_period_seconds": grace_with(pod, hook_s)}
    template = o.spec.template.model_copy(update={"spec": pod.model_copy(update=told)})
    return o.model_copy(update={"spec": o.spec.model_copy(update={"template": template})})
