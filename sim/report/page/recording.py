"""One plan's run as plain values for the page: who is there, every row's way with its reasons, the columns.

Explanations are made once per traffic row, by `sim.routing`, and never by the page: it only shows them. A
request's own choices (which node, which Pod) come from the columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import PurePath
from typing import Any

from sim.cluster.cluster import Cluster, RunningPod
from sim.comparison.recorded import RecordedRun
from sim.report.page.columns import packed, packed_times
from sim.report.text.terminal import trace_lines
from sim.report.theme import FAILED, FAMILIES, PLANS
from sim.report.words.ends import share_of_requests
from sim.routing.trace import Hop, Request, Step, Trace
from sim.scenario import Scenario
from sim.simulation.design import Design, Flow, Outage
from sim.simulation.result import Result
from sim.units import attributes

MOST_ROWS = 12
"""Rows of one rule table that the page lists; the rest is counted."""

BROKEN = {"bad_rule": "another Ingress takes what {} claims"}
"""How things break that do not fail."""

Shown = dict[str, Any]


def recording(run: RecordedRun, scenario: Scenario, command: str, version: str) -> Shown:
    """What the page needs to know about the run of one plan.

    Args:
        command: what prints the trace of a row in a terminal, without the URL.
    """
    plan, design, result = run.plan, run.design, run.result
    look = PLANS[plan.name]
    delays = scenario.delays
    return {
        "plan": plan.name,
        "mark": look.mark,
        "colour": look.colour.replace("_", "-"),
        **attributes(result, "seed end_s"),
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
        "rows": [
            _row(plan.cluster, design, row, run.traces[row], run.entries[row], command, version)
            for row in range(len(design.flows))
        ],
        "ends": [{"reason": reason, "family": family_of(reason)} for reason in result.ends],
        "faults": [_fault(fault) for fault in scenario.faults],
        "outages": {
            "balancer": _outages(design.outages.destinations),
            "node": _outages(design.outages.nodes),
            "station": _outages(design.outages.stations),
        },
        "columns": packed(result),
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


def _node_port(cluster: Cluster, key: str, request: Request) -> int | None:
    """The node port behind the port that is asked; None where there is none, or no load balancer."""
    linked = cluster.services.get(key)
    port = linked.port(request.target_port) if linked else None
    return port.node_port if port else None


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


def _pod_state(pod: RunningPod) -> str:
    """Why a Pod is not among those that serve, in a word or two."""
    if pod.terminating:
        return "terminating"
    if pod.ready:
        return "gets nothing"
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
            for station in _behind(design, way):
                found.setdefault(station, way.service or service)
    return found


def _behind(design: Design, flow: Flow) -> Sequence[int]:
    """The application's Pods that a flow may reach."""
    if flow.upstream is not None:
        return design.upstreams[flow.upstream].stations
    return () if flow.end else [station for pods in flow.pods for station in pods]


def _row(
    cluster: Cluster, design: Design, row: int, trace: Trace, entry: str | None, command: str, version: str
) -> Shown:
    lines = trace_lines(trace, version)
    flow, request, final = design.flows[row], trace.request, trace.final
    return {
        "request": f"{request.method} {request.url}",
        **attributes(request, "method host path"),
        "service": design.services[row],
        "destination": flow.destination,
        "port": _node_port(cluster, design.destinations[flow.destination], request),
        **_reachable(design, flow),
        "hops": [_hop(hop, request.host, entry) for hop in trace.hops],
        "final": attributes(final, "state status message code fix backend"),
        "details": {k: v for k, v in final.more().items() if isinstance(v, str | int | list | tuple)},
        "command": " ".join((command, *_stated(request, entry), request.url)),
        "transcript": "\n".join(line.plain.rstrip() for line in lines),
    }


def _reachable(design: Design, flow: Flow) -> Shown:
    """The nodes and Pods of all ways together; where there are several, that weights split."""
    ways = [way for _, way in flow.parts]
    pairs = dict.fromkeys(pair for way in ways for pair in zip(way.nodes, way.pods, strict=True))
    behind = [pod for way in ways if way.upstream is not None for pod in _behind(design, way)]
    return {
        "nodes": [node for node, _ in pairs],
        "pods": [pods for _, pods in pairs],
        "end": flow.end,
        "upstream": list(dict.fromkeys(behind)) or None,
        "split": len(ways) > 1,
    }


def _stated(request: Request, entry: str | None) -> Iterator[str]:
    """What a command says of a request besides its URL."""
    if entry:
        yield f"--to {entry}"
    if request.method != "GET":
        yield f"-X {request.method}"
    if request.client_ip != Request.client_ip:
        yield f"--client-ip {request.client_ip}"


def _hop(hop: Hop, host: str, entry: str | None) -> Shown:
    rules = [s for s in hop.steps if s.rule] if hop.kind == "controller" else list(hop.steps)
    return {
        **attributes(hop, "kind name before after"),
        "says": f"{host} leads to this load balancer" if entry and hop.kind == "client" else _says(hop),
        "steps": [_step(step) for step in rules[:MOST_ROWS]],
        "more": max(0, len(rules) - MOST_ROWS),
    }


def _says(hop: Hop) -> str:
    """What a hop says; of a controller that weights lead on from, the share of each way too."""
    if hop.kind != "controller" or not hop.branches:
        return hop.says
    return f"{hop.says}; {', '.join(f'{share_of_requests(b.probability)} to {b.to}' for b in hop.branches)}"


def _step(step: Step) -> Shown:
    path, _, line = (step.source or "").rpartition(":")
    source = f"{PurePath(path).name}:{line}" if path else ""
    return attributes(step, "row because wins held") | {"source": source}


def _fault(fault: Any) -> Shown:
    """What breaks, in words, from when to when."""
    kind = fault.targets[0]
    words = BROKEN.get(kind, f"{kind.replace('_', ' ').replace('pod', 'Pod')} {{}} fails")
    what = words.format(getattr(fault, kind))
    times = {"at_s": fault.at, "detected_s": fault.detected_s, "until_s": fault.until_s}
    return {"what": what, **{k: v if isfinite(v) else None for k, v in times.items()}}
