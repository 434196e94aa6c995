"""How many replicas a workload is given over time, and who says so."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.units import attributes


class ReplicaChange(NamedTuple):
    """From a moment on, so many Pods are wanted.

    Args:
        because: the event, or what an autoscaler saw; empty: so it begins.
    """

    at_s: float
    replicas: int
    because: str = ""


class ScalerSync(NamedTuple):
    """What an autoscaler saw when it looked.

    Args:
        percent: utilisation of the requests, in whole percent; None: its metric failed.
    """

    at_s: float
    percent: int | None


@dataclass(frozen=True)
class ScaledWorkload:
    """A workload whose number of Pods is changed.

    Args:
        key: `NAMESPACE/NAME`.
        changes: in order of time; the first is what it begins with, at 0.
        syncs: each time that its autoscaler looked; empty: it has none.
        target: what its autoscaler aims at, in percent of the requests; None: it has none.
    """

    key: str
    changes: tuple[ReplicaChange, ...]
    syncs: tuple[ScalerSync, ...] = ()
    target: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As `sim run` shows it."""
        return attributes(self, "key target") | {
            "changes": [change._asdict() for change in self.changes],
            "syncs": [sync._asdict() for sync in self.syncs],
        }
