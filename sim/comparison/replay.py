"""A scenario run for playing it back: its plans under the same draws, and the trace of every traffic row."""

from collections.abc import Sequence
from dataclasses import replace

from sim import __version__
from sim.analysis.trace import Client
from sim.cluster.cluster import Cluster, LinkedService
from sim.comparison.compare import Progress, Ran, assemble, run_plan, stated_prices
from sim.comparison.comparison import Comparison
from sim.comparison.recorded import Recorded, RecordedRun
from sim.costs.sheets import sheets
from sim.errors import UsageError
from sim.plans import Plan
from sim.routing import Request, route
from sim.scenario import Scenario
from sim.scenario.experiment import Experiment
from sim.simulation.design import request_of

MOST_REQUESTS = 50_000
"""Of a page; more would make it larger than a mail takes, and nobody steps through them."""


def record(
    experiment: Experiment,
    plans: Sequence[str] = (),
    seed: int | None = None,
    requests: int | None = None,
    progress: Progress | None = None,
    remember: bool = False,
) -> Recorded:
    """Run a scenario's plans and record them.

    Args:
        plans: names; empty: what the manifests come closest to. Two are shown on one clock.
        seed: the scenario's own by default.
        requests: about how many to send, instead of the scenario's duration.
        remember: write down what proxies remember too.

    Raises:
        UsageError: more than two plans, or more requests than a page holds.
    """
    if len(plans) > 2:
        raise UsageError("a page shows one plan or two; give --plan at most twice")
    _bounded(experiment.scenario, requests)
    chosen = [experiment.plan_to_run(name) for name in (plans or (None,))]
    ran = [run_plan(experiment, plan, seed, 1, requests, progress, "replay", remember) for plan in chosen]
    runs = tuple(_recorded(experiment, one) for one in ran)
    return Recorded(experiment.name, experiment.scenario, runs, _compared(experiment, ran, seed))


def _compared(experiment: Experiment, ran: Sequence[Ran], seed: int | None) -> Comparison | None:
    """What two plans cost, and how their latencies differ: as `sim compare` has it of the same runs."""
    if len(ran) < 2:
        return None
    return assemble(experiment, ran, sheets(None, stated_prices(experiment)), __version__, seed)


def _recorded(experiment: Experiment, ran: Ran) -> RecordedRun:
    clients = [_client(ran.plan, service) for service in ran.design.services]
    rules = experiment.rules
    traces = [
        client.patched(client.trace(_request(client, request_of(row, rules), rules)))
        for client, row in zip(clients, experiment.scenario.traffic, strict=True)
    ]
    entries = tuple(client.to for client in clients)
    return RecordedRun(ran.plan, ran.design, ran.summary.first, tuple(traces), entries)


def _bounded(scenario: Scenario, requests: int | None) -> None:
    expected = requests or sum(r.requests or (r.rps or 0.0) * (r.duration_s or 0.0) for r in scenario.traffic)
    if expected > MOST_REQUESTS:
        raise UsageError(
            f"about {expected:,.0f} requests are more than a page holds ({MOST_REQUESTS:,}); "
            "ask for fewer, such as --requests 5000"
        )


def _client(plan: Plan, service: str) -> Client:
    """Who sends the requests for a Service in a plan: to its own load balancer, if it has one."""
    own = plan.cluster.services.get(service)
    return Client(plan.cluster, to=f"lb:{service}" if own is not None and own.wants_load_balancer else None)


def _request(client: Client, request: Request, rules: Cluster) -> Request:
    """As it is sent: a Service's own load balancer is asked on its port."""
    own = client.cluster.services.get((client.to or "").removeprefix("lb:"))
    return request if own is None else replace(request, port=_port(own, request, rules))


def _port(own: LinkedService, request: Request, rules: Cluster) -> int | None:
    """The port to ask a load balancer on: the usual one (None), else that of the rule."""
    numbers = [port.number for port in own.ports if port.protocol == "TCP"]
    if request.target_port in numbers or not numbers:
        return request.port
    said = (route(rules, request).final.backend or "").rpartition(":")[2]
    return int(said) if said.isdigit() and int(said) in numbers else numbers[0]
