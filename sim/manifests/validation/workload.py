"""What the API server checks in what makes Pods: selector against template, counts, roll-outs, the template.

And what it says to the Pods themselves where it took their maker: of a StatefulSet it checks no template at
all, and ports of the node's network are known only in a Pod. Source: kubernetes `pkg/apis/apps/validation`,
`pkg/apis/batch/validation`, `pkg/apis/core/validation` (ReplicationController), and their defaults. Left out:
schedules, the policies of Jobs, selectors of Jobs (the server writes them).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sim.manifests.validation.container import negative
from sim.manifests.validation.faults import Fault, Place, forbidden, invalid, required, unsupported
from sim.manifests.validation.formats import percent
from sim.manifests.validation.metadata import Object, label_faults
from sim.manifests.validation.pod import (
    made_pod_faults,
    restart_policy,
    template_faults,
    template_metadata_faults,
)
from sim.manifests.validation.selector import fits, selector_faults

_SPEC = Place("spec", ("spec",))
_TEMPLATE = _SPEC.child("template")
_DOES_NOT_FIT = "`selector` does not match template `labels`"
_PROGRESS_S = 600
"""progressDeadlineSeconds where a file does not say."""


def deployment_faults(deployment: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a Deployment."""
    spec = deployment.get("spec", {})
    yield from _counts(spec, "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    yield from _selector(spec, "deployment")
    yield from _always_running(spec, "ReplicaSet")
    yield from _strategy(spec.get("strategy", {}), _SPEC.child("strategy"))
    deadline_s, ready_s = spec.get("progressDeadlineSeconds", _PROGRESS_S), spec.get("minReadySeconds", 0)
    if deadline_s <= ready_s:
        at = _SPEC.child("progressDeadlineSeconds")
        yield from invalid(at, deadline_s, "must be greater than minReadySeconds")


def replica_set_faults(replica_set: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a ReplicaSet."""
    spec = replica_set.get("spec", {})
    yield from _counts(spec, "replicas", "minReadySeconds")
    yield from _selector(spec, "deployment")
    yield from _always_running(spec, "ReplicaSet")


def daemon_set_faults(daemon_set: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a DaemonSet; one without a selector fits no template."""
    spec = daemon_set.get("spec", {})
    yield from _counts(spec, "minReadySeconds", "revisionHistoryLimit")
    yield from _selector(spec, "daemonset", is_asked_for=False)
    yield from _always_running(spec, "DaemonSet")
    yield from _daemons_update(spec.get("updateStrategy", {}), _SPEC.child("updateStrategy"))


def stateful_set_faults(stateful_set: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a StatefulSet. Its template is looked at when a Pod is made of it."""
    spec = stateful_set.get("spec", {})
    yield from _counts(spec, "replicas", "minReadySeconds")
    yield from _selector(spec, "statefulset")
    yield from template_metadata_faults(spec.get("template", {}), _TEMPLATE)
    yield from _restarts_always(spec, "StatefulSet")
    policy, at = spec.get("podManagementPolicy") or "OrderedReady", _SPEC.child("podManagementPolicy")
    if policy not in {"OrderedReady", "Parallel"}:
        yield from invalid(at, policy, "must be 'OrderedReady' or 'Parallel'")
    yield from _stateful_update(spec.get("updateStrategy", {}), _SPEC.child("updateStrategy"))


def replication_controller_faults(controller: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a ReplicationController; its labels may stand for its selector."""
    spec = controller.get("spec", {})
    yield from _counts(spec, "replicas", "minReadySeconds")
    if "template" not in spec:
        yield required(_TEMPLATE)
        return
    labels = _labels(spec)
    selector, at = spec.get("selector") or labels, _SPEC.child("selector")
    if not selector:
        yield required(at)
    yield from label_faults(selector, at)
    if not fits({"matchLabels": selector}, labels):
        yield from invalid(_TEMPLATE.child("metadata", "labels"), labels, _DOES_NOT_FIT)
    yield from _always_running(spec, "ReplicaSet")


def job_faults(job: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a Job."""
    yield from _job_spec(job.get("spec", {}), _SPEC)


def cron_job_faults(cron_job: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a CronJob, but for the form of its schedule."""
    spec = cron_job.get("spec", {})
    if not spec.get("schedule"):
        yield required(_SPEC.child("schedule"))
    policy, at = spec.get("concurrencyPolicy") or "Allow", _SPEC.child("concurrencyPolicy")
    yield from unsupported(at, policy, ("Allow", "Forbid", "Replace"))
    yield from _counts(
        spec, "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"
    )
    inside = spec.get("jobTemplate", {}).get("spec", {})
    yield from _job_spec(inside, _SPEC.child("jobTemplate", "spec"))


def _job_spec(spec: Object, place: Place) -> Iterator[Fault]:
    for field in (
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
    ):
        yield from negative(spec, field, place)
    template, at = spec.get("template", {}), place.child("template")
    yield from template_faults(template, at)
    policy, at = restart_policy(template.get("spec", {})), at.child("spec", "restartPolicy")
    if policy == "Always":
        yield required(at, 'valid values: "OnFailure", "Never"')
    else:
        yield from unsupported(at, policy, ("OnFailure", "Never"))


def _counts(spec: Object, *fields: str) -> Iterator[Fault]:
    return (fault for field in fields for fault in negative(spec, field, _SPEC))


def _labels(spec: Object) -> Object:
    """The labels of the Pods to be made."""
    labels: Object = spec.get("template", {}).get("metadata", {}).get("labels", {})
    return labels


def _selector(spec: Object, kind: str, is_asked_for: bool = True) -> Iterator[Fault]:
    """A selector must be there, ask for something, and fit the labels of the template."""
    selector, place, labels = spec.get("selector"), _SPEC.child("selector"), _labels(spec)
    at_labels = _TEMPLATE.child("metadata", "labels")
    if selector is None:
        if is_asked_for:
            yield required(place)
        yield from invalid(at_labels, labels, _DOES_NOT_FIT)
        return
    faults = [*selector_faults(selector, place)]
    yield from faults
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield from invalid(place, selector, f"empty selector is invalid for {kind}")
    elif not faults and not fits(selector, labels):
        yield from invalid(at_labels, labels, _DOES_NOT_FIT)


def _always_running(spec: Object, kind: str) -> Iterator[Fault]:
    """The template of Pods that never end."""
    yield from template_faults(spec.get("template", {}), _TEMPLATE)
    yield from _restarts_always(spec, kind)


def _restarts_always(spec: Object, kind: str) -> Iterator[Fault]:
    pod, place = spec.get("template", {}).get("spec", {}), _TEMPLATE.child("spec")
    yield from unsupported(place.child("restartPolicy"), restart_policy(pod), ("Always",))
    if "activeDeadlineSeconds" in pod:
        message = f"activeDeadlineSeconds in {kind} is not Supported"
        yield forbidden(place.child("activeDeadlineSeconds"), message)


def _strategy(strategy: Object, place: Place) -> Iterator[Fault]:
    kind, rolling = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate")
    at = place.child("rollingUpdate")
    if kind == "Recreate" and rolling is not None:
        yield forbidden(at, "may not be specified when strategy `type` is 'Recreate'")
    elif kind == "RollingUpdate":
        yield from _rolling_update(rolling or {}, at)
    elif kind != "Recreate":
        yield from unsupported(place, kind, ("Recreate", "RollingUpdate"))


def _rolling_update(rolling: Object, place: Place) -> Iterator[Fault]:
    missing, more = rolling.get("maxUnavailable", "25%"), rolling.get("maxSurge", "25%")
    at = place.child("maxUnavailable")
    yield from _part(missing, at)
    yield from _part(more, place.child("maxSurge"))
    if not _count(missing) and not _count(more):
        yield from invalid(at, missing, "may not be 0 when `maxSurge` is 0")
    yield from _at_most_all(missing, at)


def _daemons_update(strategy: Object, place: Place) -> Iterator[Fault]:
    kind, rolling = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate", {})
    yield from unsupported(place, kind, ("RollingUpdate", "OnDelete"))
    if kind != "RollingUpdate":
        return
    missing, more = rolling.get("maxUnavailable", 1), rolling.get("maxSurge", 0)
    for field, value in (("maxUnavailable", missing), ("maxSurge", more)):
        at = place.child("rollingUpdate", field)
        yield from _part(value, at)
        yield from _at_most_all(value, at)
    if _count(missing) and _count(more):
        at = place.child("rollingUpdate", "maxSurge")
        yield from invalid(at, more, "may not be set when maxUnavailable is non-zero")
    elif not _count(missing) and not _count(more):
        yield required(place.child("rollingUpdate", "maxUnavailable"), "cannot be 0 when maxSurge is 0")


def _stateful_update(strategy: Object, place: Place) -> Iterator[Fault]:
    kind, rolling = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate")
    at = place.child("rollingUpdate")
    if kind == "OnDelete" and rolling is not None:
        yield from invalid(at, rolling, "only allowed for updateStrategy 'RollingUpdate'")
    elif kind == "RollingUpdate":
        yield from negative(rolling or {}, "partition", at)
    elif kind != "OnDelete":
        yield from invalid(place, kind, "must be 'RollingUpdate' or 'OnDelete'")


def _part(value: int | str, place: Place) -> Iterator[Fault]:
    """A number of Pods, or a share of them."""
    if isinstance(value, str):
        yield from invalid(place, value, *percent(value))
    elif value < 0:
        yield from invalid(place, value, "must be greater than or equal to 0")


def _count(value: int | str) -> int:
    """The number in a number of Pods or a share; 0 for what is neither."""
    if isinstance(value, int):
        return value
    digits = value.removesuffix("%").lstrip("0")
    return int(digits[:9]) if digits.isdecimal() else 0


def _at_most_all(value: int | str, place: Place) -> Iterator[Fault]:
    if isinstance(value, str) and not percent(value) and _count(value) > 100:
        yield from invalid(place, value, "must not be greater than 100%")


def faults_of_made_pods(workload: Object, kind: str) -> Iterator[Fault]:
    """What the server says to the Pods that a workload would make, at the places of the workload.

    Args:
        workload: one that the server takes.
        kind: of the workload.
    """
    spec, at = workload.get("spec", {}), _SPEC
    if kind == "CronJob":
        spec, at = spec.get("jobTemplate", {}).get("spec", {}), at.child("jobTemplate", "spec")
    claims = [c.get("metadata", {}).get("name", "") for c in spec.get("volumeClaimTemplates", [])]
    for fault in made_pod_faults(spec.get("template", {}), at.child("template"), claims):
        yield replace(fault, layer="pods")


WORKLOAD_RULES: dict[tuple[str, str], Callable[[Object], Iterator[Fault]]] = {
    ("v1", "ReplicationController"): replication_controller_faults,
    ("apps/v1", "DaemonSet"): daemon_set_faults,
    ("apps/v1", "Deployment"): deployment_faults,
    ("apps/v1", "ReplicaSet"): replica_set_faults,
    ("apps/v1", "StatefulSet"): stateful_set_faults,
    ("batch/v1", "CronJob"): cron_job_faults,
    ("batch/v1", "Job"): job_faults,
}
"""(apiVersion, kind) -> what is checked in a workload."""
