"""How long the kubelet waits before it starts a container again: CrashLoopBackOff.

The first restart comes at once; then the wait doubles up to a limit. It begins anew after a container has
lived long enough. Source: kubernetes, pkg/kubelet/kuberuntime (doBackOff); client-go,
util/flowcontrol/backoff.go; KEP-4603.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.cluster.life.figures import CRASH_FIRST_S, CRASH_FORGOTTEN_S, CRASH_MOST_S


@dataclass(frozen=True)
class BackOffLimits:
    """The kubelet's settings.

    Args:
        forgotten_s: a container that lived longer begins with the first wait again.
    """

    first_s: float = CRASH_FIRST_S
    most_s: float = CRASH_MOST_S
    forgotten_s: float = CRASH_FORGOTTEN_S


def waits_s(lived_s: Iterable[float], limits: BackOffLimits | None = None) -> tuple[float, ...]:
    """The wait after each end of a container, by how long it had lived each time.

    >>> waits_s([1, 1, 1, 1, 700, 1])
    (0.0, 10.0, 20.0, 40.0, 0.0, 10.0)
    """
    known = limits or BackOffLimits()
    waits: list[float] = []
    due_s = 0.0
    for lived in lived_s:
        wait_s = 0.0 if lived > known.forgotten_s else due_s
        waits.append(wait_s)
        due_s = min(wait_s * 2 or known.first_s, known.most_s)
    return tuple(waits)


def starts_s(lived_s: Iterable[float], limits: BackOffLimits | None = None) -> tuple[float, ...]:
    """When a container starts, from 0 on; one more than it ended."""
    lived = tuple(lived_s)
    starts = [0.0]
    for alive_s, wait_s in zip(lived, waits_s(lived, limits), strict=True):
        starts.append(starts[-1] + alive_s + wait_s)
    return tuple(starts)
