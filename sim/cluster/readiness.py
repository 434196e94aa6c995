"""Whether a Pod is ready, and what its status says where it is not: the word that an engineer looks for.

As `kubectl get pods` does, what keeps a container from running comes before the conditions, and init
containers come first. Source: kubernetes, pkg/printers/internalversion/printers.go (printPod).
"""

from collections.abc import Iterable, Iterator

from sim.manifests.objects.workloads import ContainerReason, ContainerStatus, Pod, PodCondition, PodStatus
from sim.units import counted

_UNREADY_PHASES = frozenset({"Failed", "Succeeded", "Pending"})


def readiness(pod: Pod) -> tuple[bool, str]:
    """Whether it is ready, which it is unless its status says otherwise; and why not, empty if it is."""
    status = pod.status
    ready = next((c for c in status.conditions if c.type == "Ready"), None)
    if ready is not None and ready.status == "True":
        return True, ""
    if ready is None and status.phase not in _UNREADY_PHASES and not any(_unready(status)):
        return True, ""
    why = next(_reasons(status, ready), None)
    phase = f"in phase {status.phase}" if ready is None and status.phase in _UNREADY_PHASES else "not ready"
    return False, f"{phase}: {why}" if why else phase if ready is None else f"{phase}: no reason given"


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
