"""One plan's run as plain values for the page: who is there, every row's way with its reasons, the columns.

Explanations are made once per traffic row, by `sim.routing`, and never by the page: it only shows them. A
request's own choices (which node, which Pod) come from the columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from sim.cluster.cluster import Cluster, RunningPod
from sim.comparison.recorded import RecordedRun
from sim.report.page.absent import shown_absent
from sim.report.page.columns import end_of, packed, packed_times
from sim.report.page.life import shown_life
from sim.report.page.memory import shown_memory
from sim.report.page.rows import Shown, TracedRow, behind, shown_row
from sim.report.theme import FAILED, FAMILIES, PLANS
from sim.report.words.answers import answer_of
from sim.report.words.plans import summary_of
from sim.report.words.predictions import PossibleAnswer
from sim.routing import Trace
from sim.scenario import Scenario
from sim.simulation.design import Design, Outage
from sim.simulation.result import Result
from sim.units import attributes

BROKEN = {"bad_rule": "another Ingress takes what {} claims"}
"""How things break that do not fail."""


def recording(
    run: RecordedRun, scenario: Scenario, asked: Sequence[PossibleAnswer], command: str, version: str
) -> Shown:
    """What the page needs to know about the run of one plan.

    Args:
        asked: how requests of the page may end, as choices of a question.
        command: what prints the trace of a row in a terminal, without the URL.
    """
    plan, design, result = run.plan, run.design, run.result
    look = PLANS[plan.name]
    delays = scenario.delays
    return {
        "plan": plan.name,
        "summary": summary_of(plan),
        "mark": look.mark,
        "colour": look.colour.replace("_", "-"),
        "seed": result.seed,
        "end_s": end_of(result),
        "sent": len(result),
        "delays": {
            "client": delays.client_s,
            "balancer": delays.load_balancer_s,
            "zone": delays.zone_s,
            "cross": delays.cross_zone_s,
        },
        "nodes": [attributes(n, "name zone address") for n in plan.cluster.nodes],
        "balancers": [_balancer(plan.cluster, key) for key in design.destinations],
        "stations": list(_stations(design, result, plan.cluster)),
        "idle": list(_idle(design, plan.cluster)),
        "services": list(_services(design, plan.cluster, len(result.stations))),
        "rows": [
            _that_came(
                shown_row(
                    TracedRow(plan.cluster, design, row, run.traces[row], run.entries[row]),
                    asked,
                    command,
                    version,
                ),
                len(result.stations),
            )
            for row in range(len(design.flows))
        ],
        "ends": [_end(reason, run.traces) for reason in result.ends],
        "absent": shown_absent(plan.cluster, run.traces),
        "faults": [_fault(fault, scenario) for fault in scenario.faults],
        "outages": {
            "balancer": _outages(design.outages.destinations),
            "node": _outages(design.outages.nodes),
            "station": _outages(design.outages.stations),
        },
        "columns": packed(result),
        **({"life": life} if (life := shown_life(result)) else {}),
        **({"memory": memory} if (memory := shown_memory(design, result)) else {}),
    }


def _end(reason: str, traces: Sequence[Trace]) -> Shown:
    """A way to end, who wrote the answer, and what it means."""
    answer = answer_of(reason, traces)
    return {
        "reason": reason,
        "family": family_of(reason),
        "words": answer.whole,
        "short": answer.short,
        **attributes(answer, "by status look_at"),
    }


def family_of(reason: str) -> str:
    """The family of a way to end: delivered, redirected, timed-out or failed."""
    return FAMILIES.get(reason.partition(" ")[0], FAILED).word.replace(" ", "-")


def _balancer(cluster: Cluster, key: str) -> Shown:
    """A load balancer by the Service it belongs to; a key that is none is a reason why there is none."""
    linked = cluster.services.get(key)
    if linked is None:
        return {"name": "", "service": "", "address": ""}
    return {
        "name": key.partition("/")[2],
        "service": key,
        "address": next(iter(linked.load_balancer), "pending"),
    }


def _that_came(row: Shown, count: int) -> Shown:
    """A row without the Pods that an autoscaler might have made, and did not.

    Args:
        count: stations of the run.
    """
    pairs = [
        (node, [pod for pod in pods if pod < count])
        for node, pods in zip(row["nodes"], row["pods"], strict=True)
        if not pods or min(pods) < count
    ]
    upstream = row["upstream"] and [pod for pod in row["upstream"] if pod < count]
    return {**row, "nodes": [n for n, _ in pairs], "pods": [p for _, p in pairs], "upstream": upstream}


def _stations(design: Design, result: Result, cluster: Cluster) -> Iterator[Shown]:
    owners = _owners(design)
    for number, record in enumerate(result.stations):
        spec = record.spec
        pod = cluster.pods.get(spec.name)
        yield {
            "name": spec.name.partition("/")[2] or spec.name,
            "node": spec.node,
            "zone": spec.zone,
            "address": pod.address if pod else "",
            "workers": spec.workers,
            "controller": spec.is_controller,
            "service": owners.get(number, ""),
            "starts": packed_times(record.starts_s),
            "stops": packed_times(record.stops_s),
        }


def _idle(design: Design, cluster: Cluster) -> Iterator[Shown]:
    """The Pods of the Services in sight that take no new connections, and why."""
    used = {station.name for station in design.stations}
    for key in dict.fromkeys(filter(None, design.services)):
        linked = cluster.services.get(key)
        endpoints = [e for port in (linked.ports if linked else ()) for e in port.endpoints]
        for name in dict.fromkeys(e.pod for e in endpoints if e.pod and e.pod not in used):
            pod = cluster.pods.get(name)
            if pod is not None:
                yield {"name": pod.name, "node": pod.node, "service": key, "state": _pod_state(pod)}


def _services(design: Design, cluster: Cluster, count: int) -> Iterator[Shown]:
    """The Services that Pods of the run serve, in the manifests' order, each with its Pods.

    Args:
        count: stations of the run.
    """
    owners, idle = _owners(design), list(_idle(design, cluster))
    used = {*owners.values(), *(pod["service"] for pod in idle)}
    for key in [*(key for key in cluster.services if key in used), *sorted(used - set(cluster.services))]:
        yield {
            "key": key,
            "name": key.partition("/")[2] or key,
            "stations": [n for n, owner in owners.items() if owner == key and n < count],
            "idle": [
                {name: pod[name] for name in ("name", "node", "state")}
                for pod in idle
                if pod["service"] == key
            ],
        }


def _pod_state(pod: RunningPod) -> str:
    """Why a Pod is not among those that serve, in a word or two."""
    if pod.terminating:
        return "terminating"
    if pod.ready:
        return "ready"
    return "starting" if pod.state.endswith("Pending") else "not ready"


def _outages(breaks: Mapping[int, Sequence[Outage]]) -> dict[str, list[list[float | None]]]:
    """Number of a thing -> from when to when it is out of order; None: to the end of the run."""
    return {
        str(number): [[one.at_s, one.until_s if isfinite(one.until_s) else None] for one in found]
        for number, found in breaks.items()
    }


def _owners(design: Design) -> dict[int, str]:
    """Station -> the Service that led to it first."""
    found: dict[int, str] = {}
    for flow, service in zip(design.flows, design.services, strict=True):
        for _, way in flow.parts:
            for station in behind(design, way):
                found.setdefault(station, way.service or service)
    return found


def _fault(fault: Any, scenario: Scenario) -> Shown:
    """What breaks, in words, from when to when."""
    kind = fault.targets[0]
    does = "stops gracefully" if fault.graceful else "fails"
    words = BROKEN.get(kind, f"{kind.replace('_', ' ').replace('pod', 'Pod')} {{}} {does}")
    what = words.format(getattr(fault, kind))
    times = {
        "at_s": fault.at,
        "detected_s": fault.detected_s(scenario.load_balancer.health),
        "until_s": fault.until_s,
    }
    return {"what": what, **{k: v if isfinite(v) else None for k, v in times.items()}}
