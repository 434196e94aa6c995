"""What the kubelet makes of a container's probes over time: ready or not, started, to be restarted.

One worker per probe ticks every period from the start of the container. Ticks during the initial delay are
skipped, in whole seconds, and so are those of readiness and liveness before the start-up probe has succeeded.
While a probe runs one tick is kept. Left out: the extra readiness probe at an update of the status, by which
a Pod can be ready earlier than its ticks say, and the random wait after a restart of the kubelet itself.
Source: kubernetes, pkg/kubelet/prober/worker.go; pkg/apis/core/v1/defaults.go (SetDefaults_Probe).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import floor, inf
from typing import NamedTuple

from sim.cluster.life.figures import PROBE

INITIALLY: Mapping[str, bool | None] = {"readiness": False, "liveness": True, "startup": None}
"""What the kubelet takes each probe for before it has run; None: not known. Source: newWorker."""


class ProbeAnswer(Enum):
    """What a probe meets."""

    OK = "ok"
    BAD = "bad"
    HANG = "hang"


class AppPhase(NamedTuple):
    """What a probe that starts in a span of time would meet; seconds from the start of the container."""

    from_s: float
    to_s: float
    answer: ProbeAnswer


@dataclass(frozen=True)
class ProbeSettings:
    """A probe as the manifest has it.

    Args:
        successes, failures: how many in a row change the state.
    """

    initial_delay_s: float = PROBE["initial"]
    period_s: float = PROBE["period"]
    timeout_s: float = PROBE["timeout"]
    successes: int = int(PROBE["success"])
    failures: int = int(PROBE["failure"])


class ProbeResult(NamedTuple):
    """One probe: when it ended, and how; `row` counts equal ends up to it."""

    at_s: float
    ok: bool
    row: int


@dataclass(frozen=True)
class ProbeWorker:
    """One probe of one container; seconds from the start of the container.

    Args:
        first_tick_s: less than a period.
        app: what it meets, in order; outside of it nobody listens.
        from_s: when the start-up probe has succeeded; 0 where there is none.
        until_s: the last moment at which a probe may start.
    """

    settings: ProbeSettings
    app: Sequence[AppPhase]
    first_tick_s: float = 0.0
    from_s: float = 0.0
    until_s: float = inf

    def starts(self) -> Iterator[float]:
        """When probes start. Without an end it never ends."""
        tick, at_s = 0, self.first_tick_s
        while at_s <= self.until_s:
            runs = floor(at_s) >= self.settings.initial_delay_s and at_s >= self.from_s
            if runs:
                yield at_s
            tick, at_s = self._next(tick, at_s + self._takes_s(at_s) if runs else at_s)

    def _next(self, tick: int, ended_s: float) -> tuple[int, float]:
        """The tick that counts next, and when it does: at once where it came while a probe ran."""
        if self._tick_s(tick + 1) > ended_s:
            return tick + 1, self._tick_s(tick + 1)
        while self._tick_s(tick + 1) <= ended_s:
            tick += 1
        return tick, ended_s

    def _tick_s(self, number: int) -> float:
        return self.first_tick_s + number * self.settings.period_s

    def _met(self, at_s: float) -> ProbeAnswer:
        return next((p.answer for p in self.app if p.from_s <= at_s < p.to_s), ProbeAnswer.BAD)

    def _takes_s(self, at_s: float) -> float:
        return self.settings.timeout_s if self._met(at_s) is ProbeAnswer.HANG else 0.0

    def results(self) -> Iterator[ProbeResult]:
        """Every probe with its end, in order."""
        was, row = None, 0
        for at_s in self.starts():
            ok = self._met(at_s) is ProbeAnswer.OK
            row = row + 1 if ok == was else 1
            was = ok
            yield ProbeResult(at_s + self._takes_s(at_s), ok, row)

    def says(self, result: ProbeResult) -> bool | None:
        """What a result makes of the state; None: it is below its threshold."""
        enough = self.settings.successes if result.ok else self.settings.failures
        return result.ok if result.row >= enough else None


def readiness_changes(worker: ProbeWorker) -> tuple[tuple[float, bool], ...]:
    """When a container turns ready and unready; before the first change it is not ready."""
    changes: list[tuple[float, bool]] = []
    for result in worker.results():
        ready = worker.says(result)
        if ready is not None and ready != (changes[-1][1] if changes else False):
            changes.append((result.at_s, ready))
    return tuple(changes)


@dataclass(frozen=True)
class ProbeOutcome:
    """How a liveness or start-up probe ends.

    Args:
        started_s: when start-up has succeeded; None: it has not, or it is no start-up probe.
        restart_s: when the kubelet decides to kill the container; None: it does not.
        probes: how many there were until then.
    """

    started_s: float | None
    restart_s: float | None
    probes: int


def outcome(worker: ProbeWorker, startup: bool = False) -> ProbeOutcome:
    """How a liveness or start-up probe ends; a container that has started is asked for it no more."""
    probes = 0
    for result in worker.results():
        probes += 1
        said = worker.says(result)
        if said is False:
            return ProbeOutcome(None, result.at_s, probes)
        if said and startup:
            return ProbeOutcome(result.at_s, None, probes)
    return ProbeOutcome(None, None, probes)
