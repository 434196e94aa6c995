"""What the API server refuses stops a run too: the faults of objects that its traffic passes through."""

from sim.analysis.faults_on_the_way import faults_on_the_way
from sim.errors import ManifestError
from sim.scenario.experiment import Experiment
from sim.scenario.requests import served_by

_MOST_ROWS = 500
"""Rows of traffic that are walked; a traffic file may have very many, about the same few Services."""


def refuse_what_the_server_refuses(experiment: Experiment) -> None:
    """Stop before anything runs.

    Raises:
        ManifestError: an object on the way of a traffic row is one that the API server refuses; all of them.
    """
    if not any(fault.severity == "error" for fault in experiment.manifests.faults):
        return
    rules = experiment.rules
    traces = (served_by(row, rules) for row in experiment.scenario.traffic[:_MOST_ROWS])
    found = [f for trace in traces for f in faults_on_the_way(experiment.manifests, trace)]
    if found:
        first, *others = dict.fromkeys(found)
        more = "".join(f"\n{f.source}: {f.message}" for f in others)
        raise ManifestError(first.message + more, first.source, first.fix, first.code)
