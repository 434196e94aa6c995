"""A scenario in, a page out: what `sim replay` does between reading and writing.

`replay(experiment)` runs its plans under the same draws and returns a `Replay`, which has the page as text
and shows itself in a notebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim import __version__
from sim.comparing import Progress, Ran, run_plan
from sim.design import request_of
from sim.errors import UsageError
from sim.experiments import Experiment
from sim.plans import Plan
from sim.report.page import page_html
from sim.report.page.recording import recording
from sim.routing import Trace, route
from sim.scenario import Scenario, TrafficRow

MOST_REQUESTS = 50_000
"""Of a page; more would make it larger than a mail takes, and nobody steps through them."""


@dataclass(frozen=True)
class Replay:
    """The runs of a scenario's plans, ready to be played back.

    Args:
        data: plain values, as the page reads them.
    """

    data: dict[str, Any]

    def html(self) -> str:
        """One self-contained page."""
        return page_html(self.data)


def replay(
    experiment: Experiment,
    plans: Sequence[str] = (),
    seed: int | None = None,
    requests: int | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Run a scenario's plans and record them.

    Args:
        plans: names; empty: what the manifests come closest to. Two are shown on one clock.
        seed: the scenario's own by default.
        requests: about how many to send, instead of the scenario's duration.

    Raises:
        UsageError: more than two plans, or more requests than a page holds.
    """
    if len(plans) > 2:
        raise UsageError("a page shows one plan or two; give --plan at most twice")
    _bounded(experiment.scenario, requests)
    chosen = [experiment.plan_to_run(name) for name in (plans or (None,))]
    ran = [
        run_plan(experiment, plan, seed, requests=requests, progress=progress, engine="replay")
        for plan in chosen
    ]
    recordings = [_recorded(experiment, one) for one in ran]
    return Replay({"title": title(experiment.name, ran), "version": __version__, "plans": recordings})


def _bounded(scenario: Scenario, requests: int | None) -> None:
    expected = requests or sum(_expected(row) for row in scenario.traffic)
    if expected > MOST_REQUESTS:
        raise UsageError(
            f"about {expected:,.0f} requests are more than a page holds ({MOST_REQUESTS:,}); "
            "ask for fewer, such as --requests 5000"
        )


def _expected(row: TrafficRow) -> float:
    return row.requests or (row.rps or 0.0) * (row.duration_s or 0.0)


def _recorded(experiment: Experiment, ran: Ran) -> dict[str, Any]:
    command = f"sim trace --scenario {experiment.name} --plan {ran.plan.name}"
    traces = dict(enumerate(traces_of(experiment, ran.plan, ran.design.services)))
    return recording(
        ran.plan, ran.design, experiment.scenario, ran.summary.first, traces, command, __version__
    )


def traces_of(experiment: Experiment, plan: Plan, services: Sequence[str]) -> list[Trace]:
    """The trace of each traffic row in a plan.

    Args:
        services: `NAMESPACE/NAME` behind each row; its own load balancer is the way in.
    """
    rules = experiment.rules
    return [
        trace_of(experiment, plan, row, service, rules)
        for row, service in zip(experiment.scenario.traffic, services, strict=True)
    ]


def trace_of(experiment: Experiment, plan: Plan, row: TrafficRow, service: str, rules: Any) -> Trace:
    """The trace of one traffic row in a plan."""
    own = plan.cluster.services.get(service)
    to = f"lb:{service}" if own is not None and own.wants_load_balancer else None
    return route(plan.cluster, request_of(row, rules), to=to, delays=experiment.scenario.delays)


def title(name: str, ran: Sequence[Ran]) -> str:
    """What the runs show, in a sentence."""
    ends = [_end(one) for one in ran]
    if len(ran) == 1:
        return f"{name}, {ran[0].plan.name}: {ends[0]}"
    if ends[0] == ends[1]:
        return f"{name}: {ends[0]} in both plans"
    return f"{name}: {'; '.join(f'{one.plan.name}: {end}' for one, end in zip(ran, ends, strict=True))}"


def _end(ran: Ran) -> str:
    result = ran.summary.first
    if not result.sent:
        return "no request is sent"
    if not result.failures:
        return "every request is answered"
    worst = max(result.failed, key=lambda reason: result.failed[reason])
    return f"{result.failures:,} of {result.sent:,} requests fail: {worst}"
