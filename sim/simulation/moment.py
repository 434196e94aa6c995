"""The cluster of a scenario at a moment of its run: as each part knows it, with the delays of that run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from sim.cluster.cluster import Cluster
from sim.cluster.life import moment
from sim.cluster.life.held import Held
from sim.cluster.life.hpa import autoscalers_of
from sim.cluster.life.pods import PodLife
from sim.errors import UsageError
from sim.plans import Plan
from sim.scenario import Scenario
from sim.scenario.experiment import Experiment, load_experiment
from sim.simulation.design import compile_design
from sim.simulation.design.behind import as_run
from sim.simulation.design.competing_rules import with_competing_rule
from sim.simulation.design.lives import check_events, played, with_all_pods
from sim.simulation.design.outages import check_names, troubles_at
from sim.simulation.engines import run
from sim.simulation.propagation import DrawnDelays, drawn_app

Played = tuple[Mapping[str, PodLife], Sequence[Held]]
"""The lives of Pods that come or go, by key, and what is asked and does not happen."""


def cluster_at(
    scenario: str | Experiment, at_s: float, plan: str | None = None, seed: int | None = None
) -> Cluster:
    """The cluster of a scenario with events at a moment of its run: what `--at` of the commands asks.

    `route`, `follow` and `rules` then answer as each part of it knows it at that moment.

    Args:
        scenario: a folder, a file, the name of a shipped scenario, or one that is loaded.
        at_s: seconds since the run begins; after its end, the end counts.
        plan: `lb-per-service`, `single-ingress` or another plan; None: what the manifests come closest to.
        seed: of the run whose delays count; None: the scenario's own.

    Raises:
        ScenarioError: there is no such scenario, or an event names what is not there.
        UsageError: the moment is before the run begins, or there is no such plan.
    """
    if at_s < 0:
        raise UsageError(f"{at_s:g} s is before the run: it begins at 0 s")
    experiment = load_experiment(scenario) if isinstance(scenario, str) else scenario
    exposed = experiment.plan_to_run(plan)
    check_names(experiment.scenario.faults, (exposed.cluster, experiment.rules), exposed.load_balancers)
    check_events(experiment.scenario, exposed.cluster)
    number, at_s = experiment.scenario.seed if seed is None else seed, min(at_s, experiment.scenario.ends_s)
    ran = _as_run(experiment, exposed, number) if autoscalers_of(exposed.cluster) else None
    return _at(_with_faults_in_rules(experiment, exposed, at_s), experiment.scenario, at_s, number, ran)


def _with_faults_in_rules(experiment: Experiment, plan: Plan, at_s: float) -> Plan:
    """The plan as its rules are at a moment: another Ingress may claim the hosts of one."""
    for fault in experiment.scenario.faults:
        if fault.bad_rule is not None and fault.at <= at_s < fault.until_s:
            cluster = with_competing_rule(plan.cluster, experiment.rules, fault.bad_rule)
            return replace(plan, cluster=cluster, later=())
    return plan


def _at(plan: Plan, scenario: Scenario, at_s: float, seed: int, ran: Played | None) -> Cluster:
    """The cluster of a plan; where nothing ran, with what events alone make."""
    cluster = plan.cluster
    whole = with_all_pods(cluster, scenario).pods
    places = {key: pod for key, pod in whole.items() if key not in cluster.pods}
    if ran is None:
        course = played(cluster, scenario, partial(drawn_app, scenario, seed), places)
        ran = course.lives, course.held
    seen, health = replace(plan, cluster=replace(cluster, pods=whole)), scenario.load_balancer.health
    troubles = troubles_at(scenario.faults, seen, at_s, health)
    delays = DrawnDelays(scenario, seed)
    later = [(then_s, why, as_run(plan, scenario, then)) for then_s, why, then in plan.later]
    now = as_run(plan, scenario, cluster)
    return moment.cluster_at(now, whole, ran[0], at_s, delays, troubles, later, ran[1])


def _as_run(experiment: Experiment, plan: Plan, seed: int) -> Played:
    """The same where autoscalers act: only a run can say what load they see."""
    design = compile_design(plan, experiment.scenario, experiment.rules)
    result = run(design, experiment.scenario, seed)
    return {life.key: life for life in result.lives.values()}, result.held
