"""How a Pod ends: its preStop hook and SIGTERM within one grace period, then SIGKILL.

The kubelet counts whole seconds: what a hook, or the wait for other containers, took beyond a whole second
does not shorten the rest. Source: kubernetes, pkg/kubelet/kuberuntime (killContainer, executePreStopHook,
kuberuntime_termination_order.go); KEP-753.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from sim.cluster.life.figures import GRACE_S, LEAST_AFTER_SIGTERM_S


@dataclass(frozen=True)
class StoppingContainer:
    """How a container behaves when it is told to go.

    Args:
        exit_after_s: from SIGTERM to its exit; infinite: never.
        prestop_s: how long its preStop hook takes; infinite: for ever.
    """

    exit_after_s: float
    prestop_s: float = 0.0


@dataclass(frozen=True)
class ContainerEnd:
    """The end of a container; seconds from the request to delete the Pod.

    Args:
        killed: whether SIGKILL ended it.
        prestop_cut: whether its hook was still at work when SIGTERM came.
    """

    sigterm_s: float
    exit_s: float
    killed: bool
    prestop_cut: bool = False


def container_end(
    container: StoppingContainer, grace_s: float = GRACE_S, turn_s: float = 0.0
) -> ContainerEnd:
    """When a container is told to stop, and when it has. Without a grace period no hook runs.

    Args:
        grace_s: of the Pod, or of the request to delete it.
        turn_s: when it is its turn; the hook does not wait for that.

    >>> container_end(StoppingContainer(exit_after_s=4, prestop_s=29))
    ContainerEnd(sigterm_s=29.0, exit_s=31.0, killed=True, prestop_cut=False)
    """
    hook_s = min(container.prestop_s, grace_s)
    left_s = grace_s - floor(hook_s)
    waited_s = min(max(0.0, turn_s - hook_s), left_s)
    left_s = max(left_s - floor(waited_s), LEAST_AFTER_SIGTERM_S)
    sigterm_s, exit_after_s = hook_s + waited_s, min(container.exit_after_s, left_s)
    return ContainerEnd(
        sigterm_s,
        sigterm_s + exit_after_s,
        container.exit_after_s > left_s,
        container.prestop_s > grace_s,
    )


@dataclass(frozen=True)
class PodEnd:
    """The end of a Pod, container by container, as they were given."""

    mains: tuple[ContainerEnd, ...]
    sidecars: tuple[ContainerEnd, ...]

    @property
    def mains_s(self) -> float:
        """When the last main container has stopped."""
        return max((c.exit_s for c in self.mains), default=0.0)

    @property
    def end_s(self) -> float:
        """When the last container has stopped."""
        return max((c.exit_s for c in (*self.mains, *self.sidecars)), default=0.0)


def pod_end(
    mains: Sequence[StoppingContainer], sidecars: Sequence[StoppingContainer] = (), grace_s: float = GRACE_S
) -> PodEnd:
    """The end of a Pod: main containers at once, then sidecars, the last one first.

    A sidecar waits for the main containers and for all sidecars after it, but not beyond the grace period.

    Args:
        sidecars: restartable init containers, in the order of the manifest.
    """
    stopped = tuple(container_end(c, grace_s) for c in mains)
    turn_s = max((c.exit_s for c in stopped), default=0.0)
    ends: list[ContainerEnd] = []
    for sidecar in reversed(sidecars):
        end = container_end(sidecar, grace_s, turn_s)
        ends.insert(0, end)
        turn_s = max(turn_s, end.exit_s)
    return PodEnd(stopped, tuple(ends))
