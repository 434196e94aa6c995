"""The warm-up of runs that begin empty, found from the runs themselves by MSER-5.

MSER-5 leaves out as many batches of five as make the standard error of the rest the least (K. P. White, An
effective truncation heuristic for bias reduction in simulation output, 1997), here of the mean of all runs.
Three cares: a busy queue fills so slowly that its warm-up is not seen, so a tenth of each run is left out at
least; a run that happens to begin with a slow spell has no warm-up for that, so what is longer must differ
from the rest by more than chance gives; and clients open their first connections together and so their next
ones, waves that MSER-5 takes for noise, so each client is given time for some requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.simulation.intervals import half_width
from sim.units import attributes

Floats = NDArray[np.float64]

BATCH = 5
LEAST = 0.1
"""Share of a run that is left out whatever MSER-5 says."""
MOST = 0.5
"""Share of a run that is left out at most; MSER-5 looks no further."""
_CLEAR = 0.99
"""Confidence with which the part that is left out must differ from the rest."""
_AT_LIMIT = 0.45
"""A warm-up that MSER-5 ends here or later may not be over."""
MSER, TENTH, CLIENTS, HALF = "mser-5", "tenth", "clients", "half"


@dataclass(frozen=True)
class WarmUp:
    """What is left out at the beginning of each run.

    Args:
        until_s: requests that are sent before count for no figure of latency.
        found_by: MSER-5; the least, or the most, that is left out; or the clients.
        longer: how many times as long the runs must be for it to be over in them; 0: it is.
    """

    until_s: float
    found_by: str
    longer: float = 0.0

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


def find_warm_up(sent_s: Sequence[Floats], latency_s: Sequence[Floats], clients_s: float = 0.0) -> WarmUp:
    """The warm-up of replications, the same for all.

    Args:
        sent_s: of each run when its answered requests were sent, in order, shape (n,).
        latency_s: and how long each took.
        clients_s: what clients take to have their connections.
    """
    end_s = max((float(sent[-1]) for sent in sent_s if len(sent)), default=0.0)
    if clients_s > MOST * end_s:
        return WarmUp(MOST * end_s, HALF, clients_s / (MOST * end_s) if end_s else 0.0)
    cut = _clear_cut(latency_s)
    cut_s = float(np.median([sent[cut] for sent in sent_s])) if cut else 0.0
    until_s, found_by = max((cut_s, MSER), (LEAST * end_s, TENTH), (clients_s, CLIENTS))
    is_over = found_by != MSER or cut_s < _AT_LIMIT * end_s
    return WarmUp(until_s, found_by, 0.0 if is_over else 1 / MOST)


def _clear_cut(latency_s: Sequence[Floats]) -> int:
    """How many requests MSER-5 leaves out; none where what they take may differ from the rest by chance."""
    count = min(map(len, latency_s), default=0) // BATCH
    if count == 0:
        return 0
    batches = np.array([run[: count * BATCH].reshape(count, BATCH).mean(axis=1) for run in latency_s])
    cut = mser5(batches.mean(axis=0))
    return cut * BATCH if cut and _is_clear(batches, cut) else 0


def _is_clear(batches: Floats, cut: int) -> bool:
    """Whether the beginning differs from the rest by more than chance gives; of one run, from batch to batch.

    Args:
        batches: shape (runs, n).
    """
    if len(batches) > 1:
        change = batches[:, :cut].mean(axis=1) - batches[:, cut:].mean(axis=1)
        half = half_width(change.tolist(), _CLEAR)
        return half is not None and abs(float(change.mean())) > half
    begin, rest = batches[0, :cut], batches[0, cut:]
    error = sqrt(float(begin.var()) / len(begin) + float(rest.var()) / len(rest))
    return abs(float(begin.mean() - rest.mean())) > 3 * error
