"""The roll-out that fails most, run once more for a picture: as it is, and with the hook that was found."""

from sim.comparison.rollout import cloud_at, reached_by_routes
from sim.comparison.rollout_answer import Rollout, Rollouts, ShownRollout
from sim.comparison.rollout_trial import RolloutTrial, trial_of
from sim.errors import UsageError
from sim.manifests.objects.collected import Manifests
from sim.simulation.result import Result


def shown_rollout(manifests: Manifests, found: Rollouts) -> ShownRollout:
    """The workload of which most requests fail, on the seed on which they do.

    Args:
        manifests: what `rollout` was asked about. found: what it said.

    Raises:
        UsageError: no workload was rolled out.
    """
    if not found.rollouts:
        raise UsageError("no roll-out could be tried: there is nothing to draw")
    one = max(found.rollouts, key=lambda rollout: len(rollout.as_is.failed))
    trial, seed = _trial(manifests, found, one), one.as_is.worst_seed
    hook = None if one.hook is None else one.hook.written
    hooked = None if hook is None else _run(trial.with_hook(hook), seed)
    return ShownRollout(one.workload, one.rps, _run(trial, seed), hook, hooked)


def _trial(manifests: Manifests, found: Rollouts, one: Rollout) -> RolloutTrial:
    cloud = cloud_at(found.provider, manifests) if found.provider else None
    return trial_of(manifests, one.workload, reached_by_routes(manifests)[one.workload], one.rps, cloud)


def _run(trial: RolloutTrial, seed: int) -> Result:
    return next(iter(trial.runs((seed,))))
