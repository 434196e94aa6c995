"""A scenario in, a page out: what `sim replay` does between reading and writing.

`replay(experiment)` runs its plans under the same draws and returns a `Replay`, which has the page as text
and shows itself in a notebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from sim import __version__
from sim.cluster import Cluster, LinkedService
from sim.comparing import Progress, Ran, run_plan
from sim.design import request_of
from sim.errors import UsageError
from sim.experiments import Experiment
from sim.plans import Plan
from sim.report.page import data_text, page_html
from sim.report.page.recording import recording
from sim.routing import Request, Trace, route
from sim.scenario import Scenario, TrafficRow

MOST_REQUESTS = 50_000
"""Of a page; more would make it larger than a mail takes, and nobody steps through them."""


@dataclass(frozen=True)
class Replay:
    """The runs of a scenario's plans, ready to be played back.

    Args:
        data: plain values, as the page reads them.
        cluster, trace: of the first plan and its first traffic row, for the picture that stands still.
    """

    data: dict[str, Any]
    cluster: Cluster
    trace: Trace | None

    def html(self) -> str:
        """One self-contained page."""
        return page_html(self.data)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The page as a widget, and a picture for where widgets do not run."""
        from sim.report.topology_picture import topology_picture

        still = topology_picture(self.cluster, self.trace, size="notebook")._repr_html_()
        return {"text/html": still, **_widget(data_text(self.data))}


def _widget(data: str) -> dict[str, Any]:
    if find_spec("anywidget") is None:
        return {}
    from sim.report.page.widget import ReplayWidget

    shown = ReplayWidget(data=data)._repr_mimebundle_()
    bundle: dict[str, Any] = shown[0] if isinstance(shown, tuple) else shown or {}
    return bundle


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
    traces = [traces_of(experiment, one.plan, one.design.services) for one in ran]
    recordings = [_recorded(experiment, *both) for both in zip(ran, traces, strict=True)]
    data = {
        "name": experiment.name,
        "title": title(experiment.name, ran),
        "version": __version__,
        "plans": recordings,
    }
    return Replay(data, ran[0].plan.cluster, next(iter(traces[0]), None))


def _bounded(scenario: Scenario, requests: int | None) -> None:
    expected = requests or sum(_expected(row) for row in scenario.traffic)
    if expected > MOST_REQUESTS:
        raise UsageError(
            f"about {expected:,.0f} requests are more than a page holds ({MOST_REQUESTS:,}); "
            "ask for fewer, such as --requests 5000"
        )


def _expected(row: TrafficRow) -> float:
    return row.requests or (row.rps or 0.0) * (row.duration_s or 0.0)


def _recorded(experiment: Experiment, ran: Ran, traces: Sequence[Trace]) -> dict[str, Any]:
    command = f"sim trace --scenario {experiment.name} --plan {ran.plan.name}"
    return recording(
        ran.plan,
        ran.design,
        experiment.scenario,
        ran.summary.first,
        dict(enumerate(traces)),
        command,
        __version__,
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
    """The trace of one traffic row in a plan; a Service's own load balancer is asked on its port."""
    own = plan.cluster.services.get(service)
    request, delays = request_of(row, rules), experiment.scenario.delays
    if own is None or not own.wants_load_balancer:
        return route(plan.cluster, request, delays=delays)
    return route(
        plan.cluster, replace(request, port=_port(own, request, rules)), to=f"lb:{service}", delays=delays
    )


def _port(own: LinkedService, request: Request, rules: Any) -> int | None:
    """The port to ask a load balancer on: the usual one (None), else that of the rule."""
    numbers = [port.number for port in own.ports if port.protocol == "TCP"]
    if request.target_port in numbers or not numbers:
        return request.port
    said = (route(rules, request).final.backend or "").rpartition(":")[2]
    return int(said) if said.isdigit() and int(said) in numbers else numbers[0]


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
