"""The warm-up of runs that begin empty, found from the runs themselves by MSER-5.

MSER-5 leaves out as many batches of five as make the standard error of the rest the least (K. P. White, An
effective truncation heuristic for bias reduction in simulation output, 1997), here of the mean of all runs.
Two cares: a busy queue fills so slowly that its warm-up is not seen, so a tenth of each run is left out at
least; and a run that happens to begin with a slow spell has no warm-up for that, so what is longer must
differ from the rest by more than chance gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.units import attributes

Floats = NDArray[np.float64]

BATCH = 5
LEAST = 0.1
"""Share of a run that is left out whatever MSER-5 says."""
_CLEAR = 3.0
"""Standard errors by which the part that is left out must differ from the rest."""
MSER, TENTH = "mser-5", "tenth"


@dataclass(frozen=True)
class WarmUp:
    """What is left out at the beginning of each run.

    Args:
        until_s: requests that are sent before count for no figure of latency.
        found_by: MSER-5, or the least that is left out.
    """

    until_s: float
    found_by: str

    def to_json(self) -> dict[str, object]:
        """As `sim run -o json` shows it."""
        return attributes(self, "until_s found_by")


def mser5(batches: Floats) -> int:
    """How many batches to leave out, at most half of them.

    Args:
        batches: means of five values each, in order of time, shape (n,).

    >>> mser5(np.array([9.0, 7.0, 1.0, 1.5, 0.5, 1.0, 1.2, 0.8]))
    2
    """
    left = np.arange(len(batches), 0, -1)
    sums, squares = (np.cumsum(values[::-1])[::-1] for values in (batches, batches**2))
    errors = (squares / left - (sums / left) ** 2) / left
    return int(np.argmin(errors[: len(batches) // 2 + 1])) if len(batches) else 0


def find_warm_up(sent_s: Sequence[Floats], latency_s: Sequence[Floats]) -> WarmUp:
    """The warm-up of replications, the same for all.

    Args:
        sent_s: of each run when its answered requests were sent, in order, shape (n,).
        latency_s: and how long each took.
    """
    tenth_s = LEAST * max((float(sent[-1]) for sent in sent_s if len(sent)), default=0.0)
    count = min(map(len, sent_s), default=0) // BATCH
    if count == 0:
        return WarmUp(tenth_s, TENTH)
    batches = np.array([run[: count * BATCH].reshape(count, BATCH).mean(axis=1) for run in latency_s])
    cut = mser5(batches.mean(axis=0))
    if not _is_clear(batches, cut):
        return WarmUp(tenth_s, TENTH)
    until_s = float(np.median([sent[cut * BATCH] for sent in sent_s]))
    return WarmUp(until_s, MSER) if until_s > tenth_s else WarmUp(tenth_s, TENTH)


def _is_clear(batches: Floats, cut: int) -> bool:
    """Whether the beginning differs from the rest by more than chance gives.

    Args:
        batches: shape (runs, n).
    """
    if cut == 0:
        return False
    change = batches[:, :cut].mean(axis=1) - batches[:, cut:].mean(axis=1)
    spread = float(change.std(ddof=1)) if len(change) > 1 else float(batches.std())
    return abs(float(change.mean())) > _CLEAR * spread / sqrt(len(change))
