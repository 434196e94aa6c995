"""The cluster of a scenario at a moment of its run: as each part knows it, with the delays of that run."""

from functools import partial

from sim.cluster.cluster import Cluster
from sim.cluster.life import moment
from sim.errors import UsageError
from sim.scenario.experiment import Experiment, load_experiment
from sim.simulation.design.lives import check_events, played
from sim.simulation.propagation import DrawnDelays, drawn_app


def cluster_at(
    scenario: str | Experiment, at_s: float, plan: str | None = None, seed: int | None = None
) -> Cluster:
    """The cluster of a scenario with events at a moment of its run: what `--at` of the commands asks.

    `route`, `follow` and `rules` then answer as each part of it knows it at that moment.

    Args:
        scenario: a folder, a file, the name of a shipped scenario, or one that is loaded.
        at_s: seconds since the run begins.
        plan: `lb-per-service`, `single-ingress` or another plan; None: what the manifests come closest to.
        seed: of the run whose delays count; None: the scenario's own.

    Raises:
        ScenarioError: there is no such scenario, or an event names what is not there.
        UsageError: the moment is before the run begins, or there is no such plan.
    """
    if at_s < 0:
        raise UsageError(f"{at_s:g} s is before the run: it begins at 0 s")
    experiment = load_experiment(scenario) if isinstance(scenario, str) else scenario
    stated, cluster = experiment.scenario, experiment.plan_to_run(plan).cluster
    check_events(stated, cluster)
    number = stated.seed if seed is None else seed
    course = played(cluster, stated, partial(drawn_app, stated, number))
    return moment.cluster_at(course, at_s, DrawnDelays(stated, number))
