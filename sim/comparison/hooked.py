"""A workload with another preStop hook: its objects, and the patch of the files that they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any

from sim.analysis.fix import read_again, texts_of
from sim.analysis.fix.edits import Put, applied, splices
from sim.analysis.fix.patch import unified
from sim.analysis.fix.private import private_lines
from sim.cluster.life.pods import SLEEP, grace_s, prestop_s
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.workloads import PodSpec, WorkloadResource


@dataclass(frozen=True)
class PodHook:
    """How long a Pod's containers sleep before SIGTERM, and how long it may take to end, in whole seconds."""

    prestop_s: int
    grace_s: int


def least_hook(sleep_s: int) -> PodHook:
    """A hook with the shortest grace period that does not cut it."""
    return PodHook(sleep_s, sleep_s + 1)


def usual_hook(pod: PodSpec, sleep_s: int) -> PodHook:
    """A hook with the grace period of now; if that is too short, with as much time after it as now."""
    stated_s = int(grace_s(pod))
    if stated_s > sleep_s:
        return PodHook(sleep_s, stated_s)
    after_s = ceil(stated_s - min(stated_s, prestop_s(pod)))
    return PodHook(sleep_s, max(sleep_s + after_s, least_hook(sleep_s).grace_s))


def hooked_objects(manifests: Manifests, workload: str, hook: PodHook) -> Manifests:
    """The same set, its files aside, where a workload's containers that serve sleep before they stop."""
    objects = tuple(_hooked(o, hook) if _is(o, workload) else o for o in manifests.objects)
    return replace(manifests, objects=objects)


def _is(o: KubernetesObject, workload: str) -> bool:
    return isinstance(o, WorkloadResource) and o.key == workload


def _hooked(o: KubernetesObject, hook: PodHook) -> KubernetesObject:
    assert isinstance(o, WorkloadResource)
    pod, before_stop = o.spec.template.spec, {"preStop": _sleep(hook)}
    serving = _serving(pod)
    containers = tuple(
        c.model_copy(update={"lifecycle": {**(c.lifecycle or {}), **before_stop}}) if n in serving else c
        for n, c in enumerate(pod.containers)
    )
    told = {"containers": containers, "termination_grace_period_seconds": hook.grace_s}
    template = o.spec.template.model_copy(update={"spec": pod.model_copy(update=told)})
    return o.model_copy(update={"spec": o.spec.model_copy(update={"template": template})})


def _sleep(hook: PodHook) -> dict[str, dict[str, int]]:
    return {"sleep": {"seconds": hook.prestop_s}}


def _serving(pod: PodSpec) -> list[int]:
    """The containers that take requests, by number: those with ports, else the first."""
    return [n for n, c in enumerate(pod.containers) if c.ports] or [0]


def patch_of(manifests: Manifests, workload: WorkloadResource, hook: PodHook) -> str:
    """The change of the files that gives a workload a hook, for `patch -p0`.

    Returns:
        An empty text where the files cannot be changed in place, or a line would change that nobody may see.
    """
    texts = texts_of(manifests)
    changed = applied(splices(list(_changes(workload, hook)), texts), texts) if texts else {}
    if not texts or not changed or read_again(manifests, changed) is None:
        return ""
    return unified(changed, texts, {}, {file: private_lines(texts[file], file) for file in changed})


def _changes(workload: WorkloadResource, hook: PodHook) -> Iterator[Put]:
    pod, spec = workload.spec.template.spec, ("spec", "template", "spec")
    for number in _serving(pod):
        lifecycle = pod.containers[number].lifecycle if pod.containers else None
        where, value = _change((lifecycle or {}).get("preStop") or {}, hook)
        yield Put(workload, (*spec, "containers", number, "lifecycle", "preStop", *where), value)
    if hook.grace_s != grace_s(pod):
        yield Put(workload, (*spec, "terminationGracePeriodSeconds"), hook.grace_s)


def _change(there: Mapping[str, Any], hook: PodHook) -> tuple[tuple[str | int, ...], Any]:
    """What to put where below preStop: one that sleeps already, itself or in a command, sleeps longer."""
    if "sleep" in there:
        return ("sleep", "seconds"), hook.prestop_s
    command = [str(word) for word in (there.get("exec") or {}).get("command") or ()]
    for number, word in enumerate(command):
        if SLEEP.search(word):
            return ("exec", "command", number), SLEEP.sub(partial(_longer, hook), word)
        if word.rpartition("/")[2] == "sleep" and number + 1 < len(command):
            return ("exec", "command", number + 1), str(hook.prestop_s)
    return (), _sleep(hook)


def _longer(hook: PodHook, found: re.Match[str]) -> str:
    return found[0].replace(found["length"], str(hook.prestop_s))
