"""Whether a Pod is ready, and what its status says where it is not: the word that an engineer looks for.

As `kubectl get pods` does, what keeps a container from running comes before the conditions, and init
containers come first. Source: kubernetes, pkg/printers/internalversion/printers.go (printPod).
Where no status says anything, a probe that can never succeed does: the kubelet throws away what a probe says
whose port it cannot find. Source: kubernetes, pkg/probe/util.go (ResolveContainerPort), pkg/kubelet/prober.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.manifests.objects.workloads import (
    Container,
    ContainerReason,
    ContainerStatus,
    Pod,
    PodCondition,
    PodSpec,
    PodStatus,
)
from sim.units import counted

_UNREADY_PHASES = frozenset({"Failed", "Succeeded", "Pending"})
_BEFORE_READY = frozenset({"readinessProbe", "startupProbe"})


@dataclass(frozen=True)
class LostProbe:
    """A probe whose port no port of its container has as a name.

    Args:
        path: of the port, below the spec of the Pod.
        there: the names that the container has, in order.
    """

    container: str
    probe: str
    port: str
    path: tuple[str | int, ...]
    there: tuple[str, ...]

    @property
    def keeps_unready(self) -> bool:
        """Whether the Pod never becomes ready; a lost liveness probe only never ends it."""
        return self.probe in _BEFORE_READY

    @property
    def says(self) -> str:
        """What is wrong, for a reader."""
        names = f"its ports are {', '.join(self.there)}" if self.there else "it names no port"
        return f"{self.probe} of container {self.container} asks port {self.port}, and {names}"


def lost_probes(spec: PodSpec) -> Iterator[LostProbe]:
    """Probes that ask for a named port which their own container does not have, of whatever protocol."""
    for field, containers in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for number, container in enumerate(containers):
            if field == "containers" or container.restart_policy == "Always":
                yield from _lost((field, number), container)


def _lost(place: tuple[str | int, ...], container: Container) -> Iterator[LostProbe]:
    there = tuple(p.name for p in container.ports if p.name)
    probes = {
        "startupProbe": container.startup_probe,
        "readinessProbe": container.readiness_probe,
        "livenessProbe": container.liveness_probe,
    }
    for name, probe in probes.items():
        for way in ("httpGet", "tcpSocket"):
            port = _port(probe, way)
            if isinstance(port, str) and port not in there:
                yield LostProbe(container.name, name, port, (*place, name, way, "port"), there)


def _port(probe: dict[str, Any] | None, way: str) -> Any:
    asked = (probe or {}).get(way)
    return asked.get("port") if isinstance(asked, dict) else None


def never_ready(spec: PodSpec) -> str:
    """Why Pods of this kind can never become ready; empty: nothing that a file shows."""
    lost = next((p for p in lost_probes(spec) if p.keeps_unready), None)
    return f"never ready: {lost.says}" if lost else ""


def readiness(pod: Pod) -> tuple[bool, str]:
    """Whether it is ready, which it is unless its status says otherwise; and why not, empty if it is."""
    status = pod.status
    ready = next((c for c in status.conditions if c.type == "Ready"), None)
    if ready is not None and ready.status == "True":
        return True, ""
    if ready is None and status.phase not in _UNREADY_PHASES and not any(_unready(status)):
        why = never_ready(pod.spec)
        return not why, why
    reason = next(_reasons(status, ready), None)
    phase = f"in phase {status.phase}" if ready is None and status.phase in _UNREADY_PHASES else "not ready"
    return False, f"{phase}: {reason}" if reason else phase if ready is None else f"{phase}: no reason given"


def _unready(status: PodStatus) -> Iterator[ContainerStatus]:
    return (c for c in status.container_statuses if c.ready is False)


def _reasons(status: PodStatus, ready: PodCondition | None) -> Iterator[str]:
    """What the status gives as reasons, the most telling one first."""
    if status.reason:
        yield _with(status.reason, status.message)
    yield from _of_containers("init container", status.init_container_statuses)
    yield from _of_containers("container", status.container_statuses)
    others = (c for c in status.conditions if c is not ready and c.status == "False")
    telling = (c for c in others if c.type not in {"Initialized", "ContainersReady"})
    yield from (f"{c.type} is False: {_with(c.reason, c.message)}" for c in telling if c.reason or c.message)
    if ready is not None and (ready.reason or ready.message):
        yield _with(ready.reason, ready.message)


def _of_containers(what: str, statuses: Iterable[ContainerStatus]) -> Iterator[str]:
    for one in statuses:
        waiting, ended = one.state.waiting, one.state.terminated
        if waiting is not None and waiting.reason and waiting.reason != "PodInitializing":
            yield f"{what} {one.name} waits: {_with(waiting.reason, waiting.message)}{_before(one)}"
        elif ended is not None and ended.exit_code != 0:
            yield f"{what} {one.name} has ended: {_end(ended)}{_before(one)}"


def _before(one: ContainerStatus) -> str:
    """How it ended the last time, and how often it was started again."""
    last = one.last_state.terminated
    so_far = f", {counted(one.restart_count, 'restart')}" if one.restart_count else ""
    return f"{so_far}, the last time it ended: {_end(last)}" if last is not None else so_far


def _end(ended: ContainerReason) -> str:
    reason = _with(ended.reason or "no reason given", ended.message)
    return reason if ended.exit_code is None else f"{reason}, exit code {ended.exit_code}"


def _with(reason: str | None, message: str | None) -> str:
    """A reason with its message in brackets, in one line."""
    said = " ".join((message or "").split())
    return f"{reason} ({said})" if reason and said else reason or said
