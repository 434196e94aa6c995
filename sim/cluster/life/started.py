"""When a new Pod is ready: how long its application takes to answer, and when its probes see that.

The application answers from a moment on that is counted from the creation of the Pod, image and scheduling
included; its containers, and with them the ticks of their probes, begin at the creation. Without a readiness
probe a Pod is ready as soon as it answers.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

from sim.cluster.life.probes import AppPhase, ProbeAnswer, ProbeSettings, ProbeWorker, outcome
from sim.manifests.objects.workloads import Container, PodSpec


def ready_after_s(spec: PodSpec, answers_s: float) -> float:
    """From its creation until a Pod is ready; infinite: never, for a probe ends it before.

    Args:
        answers_s: from its creation until its containers answer.
    """
    if answers_s == inf:
        return inf
    return max((_ready_s(container, answers_s) for container in spec.serving), default=answers_s)


def _ready_s(container: Container, answers_s: float) -> float:
    app = (AppPhase(answers_s, inf, ProbeAnswer.OK),)
    started_s: float | None = 0.0
    if container.startup_probe is not None:
        started_s = outcome(ProbeWorker(probe_of(container.startup_probe), app), startup=True).started_s
    if started_s is None or _is_ended(container, app, started_s, answers_s):
        return inf
    if container.readiness_probe is None:
        return max(answers_s, started_s)
    worker = ProbeWorker(probe_of(container.readiness_probe), app, from_s=started_s)
    return next(result.at_s for result in worker.results() if worker.says(result))


def _is_ended(container: Container, app: tuple[AppPhase, ...], started_s: float, answers_s: float) -> bool:
    """Whether the liveness probe ends a container before it answers; then it begins anew, for ever."""
    if container.liveness_probe is None:
        return False
    worker = ProbeWorker(probe_of(container.liveness_probe), app, from_s=started_s, until_s=answers_s)
    return outcome(worker).restart_s is not None


def probe_of(stated: Mapping[str, Any]) -> ProbeSettings:
    """A probe as the manifest has it; what it does not say, or says wrong, is as usual."""
    usual = ProbeSettings()

    def number(key: str, default: float, least: float) -> float:
        value = stated.get(key)
        return float(value) if isinstance(value, int | float) and value >= least else default

    return ProbeSettings(
        number("initialDelaySeconds", usual.initial_delay_s, 0),
        number("periodSeconds", usual.period_s, 1),
        number("timeoutSeconds", usual.timeout_s, 1),
        int(number("successThreshold", usual.successes, 1)),
        int(number("failureThreshold", usual.failures, 1)),
    )
