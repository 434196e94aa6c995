"""What clients try again: after which ends, after which pauses, and how much of it their budget lets through.

In a budget each request adds its share of a retry, each retry takes a whole one, and both are forgotten after
the window. The clients of a traffic row share one, as those of one program do. Source: Finagle, RetryBudget,
whose further ten retries a second are left out.
"""

from collections import deque
from collections.abc import Callable

import simpy

from sim.cluster.life.figures import FIGURES
from sim.simulation.engines.idle import IDLE_ENDS
from sim.simulation.engines.proxies import Attempt
from sim.simulation.engines.record import Visit
from sim.simulation.engines.station import QUEUE_FULL
from sim.simulation.engines.tally import Tally
from sim.simulation.workload import Column, Draws, Workload

WINDOW_S = FIGURES["retry-budget-window"].value
ROUNDING = 1e-9

NO_ANSWER = ("timeout", "connect-timeout", "refused", "reset", "lb-closed", "lb-no-healthy-target", "dropped")
TRIED_AGAIN = frozenset((*NO_ANSWER, QUEUE_FULL, *IDLE_ENDS))


def is_tried_again(reason: str) -> bool:
    """Whether a client tries again what ended so: no answer, or one that says that nobody could."""
    return reason in TRIED_AGAIN or reason.endswith((" 502", " 503", " 504"))


class RetryBudget:
    """The budget of one traffic row.

    Args:
        share: retries for each request.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._sent, self._retried = deque[float](), deque[float]()

    def sent(self, now_s: float) -> None:
        """A request was sent for the first time."""
        self._sent.append(now_s)

    def withdraw(self, now_s: float) -> bool:
        """Take a retry out of the budget; False: there is none left."""
        for instants in (self._sent, self._retried):
            while instants and instants[0] <= now_s - WINDOW_S:
                instants.popleft()
        if len(self._retried) + 1 > self._share * len(self._sent) + ROUNDING:
            return False
        self._retried.append(now_s)
        return True


class ClientRetries:
    """Further attempts of all clients."""

    def __init__(self, env: simpy.Environment, workload: Workload, tally: Tally) -> None:
        self._env, self._workload, self._tally = env, workload, tally
        shares = ((row, traffic.retry_budget) for row, traffic in enumerate(workload.scenario.traffic))
        self.budgets = {row: RetryBudget(share) for row, share in shares if share is not None}
        self._later: dict[str, tuple[Draws, Column]] = {}

    def note(self, row: int) -> None:
        """A request of a row was sent for the first time."""
        if row in self.budgets:
            self.budgets[row].sent(self._env.now)

    def again(
        self, visit: Visit, reason: str | None, name: str | None, attempt_of: Callable[[Visit], Attempt]
    ) -> Attempt:
        """Later attempts, each after a pause of its own and with draws of its own.

        Args:
            name: of the streams that it draws from; None: those of its row.
            attempt_of: makes one.
        """
        row, backoff = visit.entry.row, visit.traffic.backoff
        if name is None:
            visit.number = int(self._workload.requests.number[visit.number])
        stream = name or self._workload.row_name(row)
        for attempt in range(1, visit.traffic.retries + 1):
            if reason is None or not is_tried_again(reason) or not self._may(row):
                return reason
            visit.draws, pauses = self._drawn(row, f"{stream}/attempt/{attempt}")
            yield self._env.timeout(backoff.pause_s(attempt, pauses[visit.number]))
            self._tally.retried += 1
            visit.entry.renew()
            reason = yield from attempt_of(visit)
        return reason

    def _may(self, row: int) -> bool:
        """Whether the budget of a row allows another attempt; it then counts as made."""
        return row not in self.budgets or self.budgets[row].withdraw(self._env.now)

    def _drawn(self, row: int, name: str) -> tuple[Draws, Column]:
        """The draws of an attempt, and what spreads the pauses before it."""
        if name not in self._later:
            self._later[name] = self._workload.draws(row, name), self._workload.backoffs(name)
        return self._later[name]
