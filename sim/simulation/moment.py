"""The cluster of a scenario at a moment of its run: as each part knows it, with the delays of that run."""

from functools import partial

from sim.cluster.cluster import Cluster
from sim.cluster.life.moment import cluster_at
from sim.errors import UsageError
from sim.scenario.experiment import Experiment
from sim.simulation.design.lives import check_events, played
from sim.simulation.propagation import DrawnDelays, drawn_app


def scenario_at(
    experiment: Experiment, at_s: float, plan: str | None = None, seed: int | None = None
) -> Cluster:
    """What `cluster_at` makes of the events of a scenario.

    Args:
        at_s: since the run begins.
        plan: None: what the manifests come closest to.
        seed: of the run; None: the scenario's own.

    Raises:
        ScenarioError: an event names what is not there.
        UsageError: the moment is before the run begins, or there is no such plan.
    """
    if at_s < 0:
        raise UsageError(f"{at_s:g} s is before the run: it begins at 0 s")
    scenario, cluster = experiment.scenario, experiment.plan_to_run(plan).cluster
    check_events(scenario, cluster)
    number = scenario.seed if seed is None else seed
    course = played(cluster, scenario, partial(drawn_app, scenario, number))
    return cluster_at(course, at_s, DrawnDelays(scenario, number))
